/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sign of life by the guest's own clock: QEMU's ib700, a watchdog, is fed as
 * long as programs run.  When it is not, QEMU stops the machine and says so.
 *
 * That is the same moment of the guest's time, give or take a feed, however busy
 * the host is.
 */
#ifndef FGFT_GUEST_PULSE_H
#define FGFT_GUEST_PULSE_H

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "result.h"

namespace fgft {

class Pulse {
public:
	// Feeds for so many seconds at most, even if programs run; without any, never.
	explicit Pulse(int64_t limit_s) : ports_(open("/dev/port", O_WRONLY | O_CLOEXEC))
	{
		if (ports_ >= 0 && limit_s > 0)
			thread_ = std::thread([this, limit_s] { feed(now_ns() + limit_s * kNsPerSec); });
	}
	Pulse(const Pulse &) = delete;
	Pulse &operator=(const Pulse &) = delete;
	~Pulse()
	{
		if (thread_.joinable()) {
			{
				const std::lock_guard<std::mutex> guard(lock_);
				ended_ = true;
			}
			changed_.notify_all();
			thread_.join();
			write(kStop, 0);
		}
		close(ports_);
	}

private:
	// Ports of the device, and its code for 26 s: the runtime ends a call that loops
	// after 11 s at most, and a second run of it after 11 s more.
	static constexpr off_t kStop = 0x441, kFeed = 0x443;
	static constexpr char kPatience = 2;
	static constexpr auto kPeriod = std::chrono::seconds(1);

	void write(off_t port, char value) const
	{
		// Nothing can be done about a port that is not there.
		[[maybe_unused]] const ssize_t done = pwrite(ports_, &value, 1, port);
	}

	void feed(int64_t until_ns)
	{
		std::unique_lock<std::mutex> guard(lock_);

		while (!ended_ && now_ns() < until_ns) {
			write(kFeed, kPatience);
			changed_.wait_for(guard, kPeriod);
		}
	}

	int ports_;
	std::mutex lock_;		// of what follows
	std::condition_variable changed_;
	bool ended_ = false;
	std::thread thread_;
};

} // namespace fgft

#endif /* FGFT_GUEST_PULSE_H */
