/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One who moves a mouse and looks at the pointer: asks the host for movements
 * of one step each at fixed times, and reads them as events.
 *
 * The host answers when the device has been moved (harness/mouse.py).  A step
 * was due to be seen from then on: until it is, or the next one is if it never
 * comes, there is no service.  The time the host takes to move the device does
 * not count.  Steps QEMU adds up are as many; anything but steps to the right
 * is wrong.
 */
#ifndef FGFT_GUEST_POINTER_H
#define FGFT_GUEST_POINTER_H

#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "result.h"

namespace fgft {

class Pointer {
public:
	static constexpr const char *kPort = "/dev/virtio-ports/fgft.mouse";

	// DEVICES: where in /sys its event device lies, with wildcards.
	Pointer(std::string devices, int64_t spacing_ns) : devices_(std::move(devices)), spacing_ns_(spacing_ns)
	{
		port_ = open(kPort, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		/* Somebody else asks already: it is enough to look. */
		resting_ = passive_ = port_ < 0 && errno == EBUSY;
		/* Who is not there yet sees nothing: that is no loss. */
		find();
		next_ = now_ns();
		begun_ = next_;
	}
	Pointer(const Pointer &) = delete;
	Pointer &operator=(const Pointer &) = delete;
	~Pointer()
	{
		lose();
		if (port_ >= 0)
			close(port_);
	}

	bool broken() const { return port_ < 0 && !passive_; }
	uint64_t moved() const { return answers_.size(); }
	uint64_t seen() const { return seen_; }
	uint64_t wrong() const { return wrong_; }
	uint64_t lost() const { return moved() > seen_ ? moved() - seen_ : 0; }
	uint64_t duplicated() const { return seen_ > moved() ? seen_ - moved() : 0; }
	int64_t begun_ns() const { return begun_; }
	// No more of it: what is under way may still come.
	void rest() { resting_ = true; }
	bool answered() const { return answers_.size() == requests_.size(); }

	// For `ms` at most.
	void step(int ms)
	{
		const int64_t end = now_ns() + ms * kNsPerMs;

		do {
			ask();
			wait(end);
			hear();
			see();
		} while (now_ns() < end);
	}

	// The longest time a step waited to be seen, or the next one behind it.
	int64_t longest_gap_ns() const
	{
		int64_t longest = 0, seen = begun_;
		size_t request = 0;

		for (size_t i = 0; i <= views_.size(); i++) {
			const int64_t view = i < views_.size() ? views_[i] : now_ns();
			while (request < requests_.size() && requests_[request] <= seen)
				request++;
			if (request < answers_.size())
				longest = std::max(longest, view - answers_[request]);
			seen = view;
		}
		return longest;
	}

private:
	void ask()
	{
		const int64_t now = now_ns();

		if (resting_ || now < next_ || requests_.size() - answers_.size() >= kUnderWay)
			return;
		if (write(port_, "m", 1) == 1)
			requests_.push_back(now);
		next_ = std::max(next_ + spacing_ns_, now);
	}

	void wait(int64_t end)
	{
		std::array<struct pollfd, 2> fds = {{{port_, POLLIN, 0}, {event_, POLLIN, 0}}};
		int64_t until = resting_ ? end : std::min(end, std::max(next_, now_ns() + kPatienceNs / 8));

		if (event_ < 0)
			until = std::min(until, now_ns() + kPatienceNs);
		const int64_t left = std::max<int64_t>(0, until - now_ns());
		const struct timespec timeout = {left / kNsPerSec, left % kNsPerSec};
		ppoll(fds.data(), fds.size(), &timeout, nullptr);
	}

	void hear()
	{
		std::array<char, 64> block;
		const ssize_t got = read(port_, block.data(), block.size());

		for (ssize_t i = 0; i < got && answers_.size() < requests_.size(); i++)
			answers_.push_back(now_ns());
	}

	void find()
	{
		glob_t found = {};
		std::string path;
		int clock = CLOCK_MONOTONIC;

		if (!glob(devices_.c_str(), 0, nullptr, &found) && found.gl_pathc)
			path = found.gl_pathv[0];
		globfree(&found);
		if (path.empty())
			return;
		event_ = open(("/dev/input/" + path.substr(path.rfind('/') + 1)).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (event_ >= 0)
			ioctl(event_, EVIOCSCLOCKID, &clock);
	}

	void lose()
	{
		if (event_ >= 0)
			close(event_);
		event_ = -1;
	}

	void see()
	{
		std::array<struct input_event, 64> events;

		if (event_ < 0)
			find();
		if (event_ < 0)
			return;
		const ssize_t got = read(event_, events.data(), sizeof(events));
		if (got < 0 && errno != EAGAIN)
			lose();
		for (size_t i = 0; got > 0 && i < static_cast<size_t>(got) / sizeof(events[0]); i++)
			take(events[i]);
	}

	void take(const struct input_event &event)
	{
		if (event.type == EV_SYN)
			return;
		if (event.type != EV_REL || event.code != REL_X || event.value < 0) {
			wrong_++;
			return;
		}
		seen_ += static_cast<uint64_t>(event.value);
		views_.push_back(event.input_event_sec * kNsPerSec + event.input_event_usec * 1000);
	}

	static constexpr size_t kUnderWay = 8;
	static constexpr int64_t kPatienceNs = kNsPerMs;
	std::string devices_;
	int64_t spacing_ns_, next_, begun_;
	int port_ = -1, event_ = -1;
	bool resting_ = false, passive_ = false;
	uint64_t seen_ = 0, wrong_ = 0;
	std::vector<int64_t> requests_, answers_, views_;
};

} // namespace fgft

#endif /* FGFT_GUEST_POINTER_H */
