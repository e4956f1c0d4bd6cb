// SPDX-License-Identifier: GPL-2.0
// See server.h.
//
// A snapshot of the machine is one of QEMU and one of the adapter, which must
// agree on what is under way between the two: nothing.  So the harness asks for
//
//	stop the guest, "hold", QEMU's snapshot, "save NAME", "go", let the guest run
//	"unplug", stop the guest, "load NAME", QEMU's snapshot, "go", let the guest run
//
// "hold" answers when QEMU has read all that was written to it; after it nothing
// is read or written.  QEMU writes nothing while the guest is stopped.  What it
// wrote before that and nobody wants any more, "load" reads and forgets.
//
// "unplug" is a hold too.  QEMU loads a snapshot of its usb-redir device on top of
// what that knows of transfers under way, unless it has just lost its device:
// then it knows of none.
//
// Further commands are "link up" and "link down".  Each is a line, and each is
// answered by one: "ok", or what is wrong.

#include "server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <utility>

namespace fgft::usb {

namespace {

constexpr size_t kBlock = 64U << 10;
constexpr int kSettleSteps = 5000;
constexpr int kSettleUs = 1000;

bool fill(sockaddr_un &address, const std::string &path)
{
	address = {};
	address.sun_family = AF_UNIX;
	if (path.size() >= sizeof(address.sun_path))
		return false;
	std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
	return true;
}

int bound(const std::string &path, int kind)
{
	sockaddr_un address = {};

	if (!fill(address, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	const int fd = socket(AF_UNIX, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0 ||
	    (kind == SOCK_STREAM && listen(fd, 1) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool would_block()
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// Bytes written to a unix socket that its other end has not read.
int unread(int fd)
{
	int bytes = 0;

	return fd >= 0 && ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

} // namespace

Server::~Server()
{
	for (const int fd : {host_listener_, control_listener_, pace_listener_, host_, control_, wire_, pace_})
		if (fd >= 0)
			close(fd);
}

const char *Server::open()
{
	host_listener_ = bound(paths_.host, SOCK_STREAM);
	if (host_listener_ < 0)
		return "socket of the host";
	wire_ = bound(paths_.wire, SOCK_DGRAM);
	if (wire_ < 0)
		return "socket of the wire";
	pace_listener_ = bound(paths_.pace, SOCK_STREAM);
	if (pace_listener_ < 0)
		return "socket of the pace";
	// Last: who can reach it can reach the others.
	control_listener_ = bound(paths_.control, SOCK_STREAM);
	return control_listener_ < 0 ? "socket of control" : nullptr;
}

const char *Server::run()
{
	const char *wrong = nullptr;

	while (!wrong && (control_ >= 0 || control_listener_ >= 0))
		wrong = step();
	return wrong;
}

// Waits for something to do and does it.
const char *Server::step()
{
	const bool served = !held_ && host_ >= 0;
	const bool frames_wait = !redir_.sent().empty();
	std::array<pollfd, 4> watched = {{
		{host_ >= 0 ? host_ : host_listener_, 0, 0},
		{wire_, 0, 0},
		{control_ >= 0 ? control_ : control_listener_, POLLIN, 0},
		{pace_ >= 0 ? pace_ : pace_listener_, POLLIN, 0},
	}};

	if (!held_) {
		// What the wire does not take yet holds up the host.
		watched[0].events = static_cast<short>((frames_wait ? 0 : POLLIN) |
						       (redir_.output().empty() || !served ? 0 : POLLOUT));
		watched[1].events = static_cast<short>((redir_.has_room() ? POLLIN : 0) | (frames_wait && reached_ ? POLLOUT : 0));
	}
	if (held_)
		watched[0].fd = -1;
	if (poll(watched.data(), watched.size(), -1) < 0)
		return errno == EINTR ? nullptr : "poll";
	if (watched[2].revents) {
		if (control_ < 0)
			return accept_from(control_listener_, control_);
		if (!read_control()) {
			close(control_);
			control_ = -1;
			return nullptr;
		}
	}
	if (watched[3].revents) {
		if (pace_ < 0)
			return accept_from(pace_listener_, pace_);
		if (held_ || is_done())
			tell_pace();
	}
	if (held_)
		return nullptr;
	if (watched[0].revents & (POLLIN | POLLHUP | POLLERR)) {
		if (host_ < 0)
			return accept_from(host_listener_, host_);
		if (!read_host())
			return "host";
	}
	if (watched[1].revents & POLLIN)
		read_wire();
	return host_ >= 0 && (!write_host() || !write_wire()) ? "host" : nullptr;
}

const char *Server::accept_from(int &listener, int &peer)
{
	peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (peer < 0)
		return would_block() ? nullptr : "accept";
	// One each: a second one would find nobody to talk to.
	close(std::exchange(listener, -1));
	return nullptr;
}

// Whether nothing has come that could be dealt with now.
bool Server::is_done()
{
	const bool frames_wait = !redir_.sent().empty();
	std::array<pollfd, 2> watched = {{
		{host_, static_cast<short>(frames_wait ? 0 : POLLIN), 0},
		{wire_, static_cast<short>(redir_.has_room() ? POLLIN : 0), 0},
	}};

	return poll(watched.data(), watched.size(), 0) == 0;
}

// Lets the host go on, if it waits.
void Server::tell_pace()
{
	std::array<char, 16> asked;
	const ssize_t got = pace_ >= 0 ? recv(pace_, asked.data(), asked.size(), MSG_DONTWAIT) : -1;

	if (got == 0)
		close(std::exchange(pace_, -1));
	else if (got > 0)
		send(pace_, asked.data(), static_cast<size_t>(got), MSG_NOSIGNAL);
}

// Takes in what the host has sent; false if it is gone or makes no sense.
bool Server::read_host()
{
	static std::array<uint8_t, kBlock> block;

	for (;;) {
		const ssize_t got = read(host_, block.data(), block.size());

		if (got < 0 && would_block())
			return true;
		if (got <= 0)
			return false;
		if (!redir_.feed(block.data(), static_cast<size_t>(got)))
			std::fprintf(stderr, "usb: a packet of the host cannot be read\n");
	}
}

bool Server::write_host()
{
	std::string &output = redir_.output();

	while (!output.empty()) {
		const ssize_t done = send(host_, output.data(), output.size(), MSG_NOSIGNAL);

		if (done < 0)
			return would_block();
		output.erase(0, static_cast<size_t>(done));
	}
	return true;
}

void Server::read_wire()
{
	Bytes frame(kBlock);

	while (redir_.has_room()) {
		const ssize_t got = recv(wire_, frame.data(), frame.size(), 0);

		if (got < 0)
			return;
		redir_.receive(Bytes(frame.begin(), frame.begin() + got));
	}
}

bool Server::write_wire()
{
	std::vector<Bytes> &sent = redir_.sent();
	sockaddr_un peer = {};

	if (sent.empty())
		return true;
	if (!reached_) {
		// QEMU makes its end after it has found ours.
		if (!fill(peer, paths_.peer) || connect(wire_, reinterpret_cast<const sockaddr *>(&peer), sizeof(peer)) < 0) {
			sent.clear();
			return true;
		}
		reached_ = true;
	}
	size_t done = 0;

	while (done < sent.size() && (send(wire_, sent[done].data(), sent[done].size(), MSG_NOSIGNAL) >= 0 || !would_block()))
		done++;
	sent.erase(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(done));
	return true;
}

bool Server::read_control()
{
	std::array<char, 256> block;
	const ssize_t got = read(control_, block.data(), block.size());

	if (got <= 0)
		return got < 0 && would_block();
	line_.append(block.data(), static_cast<size_t>(got));
	for (size_t end = 0; (end = line_.find('\n')) != std::string::npos; line_.erase(0, end + 1)) {
		const std::string answer = obey(std::string_view(line_).substr(0, end)) + "\n";

		if (send(control_, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

std::string Server::obey(std::string_view line)
{
	const size_t blank = line.find(' ');
	const std::string_view verb = line.substr(0, blank);
	const std::string word(blank == std::string_view::npos ? "" : line.substr(blank + 1));

	if (verb == "hold") {
		if (!held_ && !settle())
			return "the host does not read";
		held_ = true;
		return "ok";
	}
	if (verb == "unplug") {
		held_ = false;
		if (!unplug())
			return "the host does not take note";
		held_ = true;
		return "ok";
	}
	if (verb == "go") {
		held_ = false;
		return "ok";
	}
	if (verb == "link" && (word == "up" || word == "down")) {
		redir_.set_link(word == "up");
		return "ok";
	}
	if ((verb == "save" || verb == "load") && !held_)
		return "not held";
	if (verb == "save" && !word.empty()) {
		snapshots_.insert_or_assign(word, redir_.save());
		return "ok";
	}
	if (verb == "load")
		return load(word);
	return "unknown command";
}

// Until the host has read all that was written to it; false if it does not.
bool Server::settle()
{
	for (int step = 0; step < kSettleSteps && host_ >= 0; step++) {
		if (!read_host() || !write_host() || !write_wire())
			return false;
		tell_pace();
		if (redir_.output().empty() && redir_.sent().empty() && !unread(host_) && !unread(wire_))
			return true;
		usleep(kSettleUs);
	}
	return host_ < 0;
}

// Until the host has noticed that the device is gone; false if it does not.
bool Server::unplug()
{
	redir_.unplug();
	for (int step = 0; step < kSettleSteps && host_ >= 0; step++) {
		if (!write_host() || !read_host())
			return false;
		redir_.sent().clear();
		tell_pace();
		if (redir_.unplugged())
			return settle();
		usleep(kSettleUs);
	}
	return host_ < 0;
}

std::string Server::load(const std::string &name)
{
	const auto found = snapshots_.find(name);
	std::array<uint8_t, 2048> frame;

	if (found == snapshots_.end())
		return "no such snapshot";
	if (host_ >= 0 && !read_host())
		return "the host is gone";
	redir_.output().clear();
	while (recv(wire_, frame.data(), frame.size(), 0) >= 0) {
	}
	redir_.restore(found->second);
	return "ok";
}

} // namespace fgft::usb
