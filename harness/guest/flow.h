/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A user of the network: a connection to `stream serve` on which a block goes
 * out, comes back, is compared, and then the next one goes out.
 */
#ifndef FGFT_GUEST_FLOW_H
#define FGFT_GUEST_FLOW_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "pattern.h"
#include "result.h"

namespace fgft {

class Flow {
public:
	static constexpr size_t kBlock = 1024;

	Flow(const char *address, uint16_t port, uint64_t id) : id_(id), heard_(now_ns())
	{
		struct sockaddr_in to = {};

		to.sin_family = AF_INET;
		to.sin_port = htons(port);
		inet_pton(AF_INET, address, &to.sin_addr);
		fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		const int one = 1;
		setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (connect(fd_, reinterpret_cast<const sockaddr *>(&to), sizeof(to)) && errno != EINPROGRESS)
			fail();
	}
	Flow(const Flow &) = delete;
	Flow &operator=(const Flow &) = delete;
	~Flow() { fail(); }

	uint64_t bytes() const { return back_; }
	uint64_t bad() const { return bad_; }
	bool broken() const { return fd_ < 0; }
	int64_t longest_gap_ns() const { return std::max(gap_, back_ == sent_ ? 0 : now_ns() - heard_); }

	// Sends if nothing is under way, and takes what has come, for `ms` at most.
	void step(int ms)
	{
		if (fd_ < 0) {
			usleep(static_cast<useconds_t>(ms) * 1000);
			return;
		}
		if (back_ == sent_)
			heard_ = now_ns();	// nothing was to come: no gap
		struct pollfd ready = {fd_, static_cast<short>(back_ == sent_ || out_ ? POLLIN | POLLOUT : POLLIN), 0};
		if (poll(&ready, 1, ms) <= 0)
			return;
		if (ready.revents & POLLOUT)
			send_some();
		if (fd_ >= 0 && (ready.revents & (POLLIN | POLLHUP | POLLERR)))
			take_some();
	}

private:
	void fail()
	{
		if (fd_ >= 0)
			close(fd_);
		fd_ = -1;
	}

	void send_some()
	{
		std::array<char, kBlock> block;

		if (!out_)
			out_ = kBlock;
		for (size_t i = 0; i < out_; i++)
			block[i] = static_cast<char>(expected(id_, sent_ + i));
		const ssize_t done = send(fd_, block.data(), out_, MSG_NOSIGNAL);
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			return fail();
		if (done > 0) {
			sent_ += static_cast<uint64_t>(done);
			out_ -= static_cast<size_t>(done);
		}
	}

	void take_some()
	{
		std::array<char, kBlock> block;
		const ssize_t got = recv(fd_, block.data(), block.size(), 0);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return fail();
		for (size_t i = 0; got > 0 && i < static_cast<size_t>(got); i++)
			bad_ += static_cast<unsigned char>(block[i]) != expected(id_, back_ + i);
		if (got > 0) {
			back_ += static_cast<uint64_t>(got);
			gap_ = std::max(gap_, now_ns() - heard_);
			heard_ = now_ns();
		}
	}

	int fd_ = -1;
	uint64_t id_;
	int64_t heard_;
	int64_t gap_ = 0;
	uint64_t sent_ = 0;
	uint64_t back_ = 0;
	uint64_t bad_ = 0;
	size_t out_ = 0;	// of the block under way, still to be sent
};

} // namespace fgft

#endif /* FGFT_GUEST_FLOW_H */
