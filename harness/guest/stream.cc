// SPDX-License-Identifier: GPL-2.0
// Sends data through the network and back, and compares every byte.
//
//	stream serve PORT			echoes what it gets
//	stream send ADDRESS PORT STATUS RATE	until SIGTERM; keeps its figures in STATUS
//
// RATE is how many bytes a second may be sent: others want the CPUs and the wire too.
//
// TCP checksums are made and checked by the devices under test, so a driver
// that hands on the wrong memory with a right checksum passes TCP: not this.
// The data is a function of the connection and the place in it, so that lost,
// repeated, swapped and stale bytes all show.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "pattern.h"
#include "result.h"

namespace {

using fgft::kNsPerMs;
using fgft::kNsPerSec;
using fgft::now_ns;
using fgft::expected;

constexpr size_t kBlock = 8192;
constexpr uint64_t kAhead = 128U << 10;	// bytes under way at most
constexpr int kPollMs = 20;
constexpr int64_t kStallNs = 15 * kNsPerSec;	// after which a new connection is tried
constexpr int kUserTimeoutMs = 15000;
constexpr int64_t kStatusNs = kNsPerSec / 2;
constexpr int64_t kConnectMs = 3000;

volatile sig_atomic_t ended;

void on_end(int)
{
	ended = 1;
}

// The figures, as they are written to the status file.
struct Figures {
	uint64_t bytes = 0;		// that came back right
	uint64_t bad_bytes = 0;
	uint64_t connections = 0;
	uint64_t broken = 0;		// connections that ended before we did
	int64_t longest_gap_ns = 0;	// without a byte coming back
};

void publish(const std::string &path, const Figures &figures)
{
	const std::string partial = path + ".partial";
	FILE *file = std::fopen(partial.c_str(), "w");

	if (!file)
		return;
	std::fprintf(file,
		     "{\"bytes\": %llu, \"bad_bytes\": %llu, \"connections\": %llu, \"broken\": %llu, "
		     "\"longest_gap_ms\": %lld}\n",
		     static_cast<unsigned long long>(figures.bytes),
		     static_cast<unsigned long long>(figures.bad_bytes),
		     static_cast<unsigned long long>(figures.connections),
		     static_cast<unsigned long long>(figures.broken),
		     static_cast<long long>(figures.longest_gap_ns / kNsPerMs));
	// Whole or not at all: it is read while we run.
	if (std::fclose(file) == 0)
		std::rename(partial.c_str(), path.c_str());
}

void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int connect_to(const sockaddr_in &address)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	set_nonblocking(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
	struct pollfd ready = {fd, POLLOUT, 0};
	int error = 0;
	socklen_t size = sizeof(error);
	if ((connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0 || errno == EINPROGRESS) &&
	    poll(&ready, 1, kConnectMs) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && !error)
		return fd;
	close(fd);
	return -1;
}

// One end of one connection: what was sent and what has come back.
class Connection {
public:
	Connection(int fd, uint64_t id, int64_t rate, Figures &figures)
	    : fd_(fd), id_(id), rate_(rate), figures_(figures), begun_(now_ns()), heard_(begun_)
	{
	}
	Connection(const Connection &) = delete;
	Connection &operator=(const Connection &) = delete;
	~Connection() { close(fd_); }

	// Moves what can be moved; false when the connection is over.
	bool step()
	{
		struct pollfd ready = {fd_, POLLIN, 0};

		if (sent_ - back_ < kAhead && sent_ <= allowed())
			ready.events |= POLLOUT;
		poll(&ready, 1, kPollMs);
		if ((ready.revents & POLLOUT) && !send_some())
			return false;
		if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) && !take_some())
			return false;
		return now_ns() - heard_ < kStallNs;
	}

private:
	// What may have been sent by now.
	uint64_t allowed() const
	{
		return static_cast<uint64_t>((now_ns() - begun_) / kNsPerMs * rate_ / 1000);
	}

	bool send_some()
	{
		std::array<char, kBlock> block;

		for (size_t i = 0; i < block.size(); i++)
			block[i] = static_cast<char>(expected(id_, sent_ + i));
		const ssize_t done = send(fd_, block.data(), block.size(), MSG_NOSIGNAL);
		if (done < 0)
			return errno == EAGAIN || errno == EINTR;
		sent_ += static_cast<uint64_t>(done);
		return true;
	}

	bool take_some()
	{
		std::array<char, kBlock> block;
		const ssize_t got = recv(fd_, block.data(), block.size(), 0);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!got)
			return false;
		for (size_t i = 0; i < static_cast<size_t>(got); i++) {
			if (static_cast<unsigned char>(block[i]) == expected(id_, back_ + i))
				figures_.bytes++;
			else
				figures_.bad_bytes++;
		}
		back_ += static_cast<uint64_t>(got);
		const int64_t now = now_ns();
		if (now - heard_ > figures_.longest_gap_ns)
			figures_.longest_gap_ns = now - heard_;
		heard_ = now;
		return true;
	}

	int fd_;
	uint64_t id_;
	int64_t rate_;
	Figures &figures_;
	int64_t begun_;
	int64_t heard_;
	uint64_t sent_ = 0;
	uint64_t back_ = 0;
};

int send_forever(const sockaddr_in &address, const std::string &status, int64_t rate)
{
	Figures figures;
	int64_t published = 0;

	publish(status, figures);
	while (!ended) {
		const int fd = connect_to(address);

		if (fd < 0) {
			usleep(100000);
			continue;
		}
		Connection connection(fd, ++figures.connections, rate, figures);
		bool alive = true;
		while (!ended && alive) {
			alive = connection.step();
			if (now_ns() - published > kStatusNs || !alive) {
				published = now_ns();
				publish(status, figures);
			}
		}
		if (!alive)
			figures.broken++;
	}
	publish(status, figures);
	return figures.bad_bytes ? 1 : 0;
}

// Echoes one connection until its end.
void echo(int fd)
{
	std::array<char, kBlock> block;
	ssize_t got = 0;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
	while ((got = recv(fd, block.data(), block.size(), 0)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const ssize_t done = send(fd, block.data() + at, static_cast<size_t>(got - at), MSG_NOSIGNAL);
			if (done <= 0)
				return;
			at += done;
		}
	}
}

int serve(uint16_t port)
{
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;
	struct sockaddr_in address = {};

	address.sin_family = AF_INET;
	address.sin_port = htons(port);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) || listen(listener, 4)) {
		std::perror("stream");
		return 1;
	}
	// A thread a connection: one that is stuck must not hold up the next.
	while (!ended) {
		const int fd = accept(listener, nullptr, nullptr);

		if (fd < 0)
			continue;
		std::thread([fd] {
			echo(fd);
			close(fd);
		}).detach();
	}
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	struct sigaction action = {};

	action.sa_handler = on_end;
	sigaction(SIGTERM, &action, nullptr);
	sigaction(SIGINT, &action, nullptr);
	if (argc == 3 && std::string(argv[1]) == "serve")
		return serve(static_cast<uint16_t>(std::strtoul(argv[2], nullptr, 10)));

	struct sockaddr_in address = {};
	address.sin_family = AF_INET;
	if (argc == 6 && std::string(argv[1]) == "send" && inet_pton(AF_INET, argv[2], &address.sin_addr) == 1) {
		address.sin_port = htons(static_cast<uint16_t>(std::strtoul(argv[3], nullptr, 10)));
		return send_forever(address, argv[4], std::strtoll(argv[5], nullptr, 10));
	}
	std::fprintf(stderr, "usage: stream serve PORT | stream send ADDRESS PORT STATUS RATE\n");
	return 2;
}
