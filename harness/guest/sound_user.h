/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user of a sound card: one who watches how far the first PCM has played,
 * which somebody else keeps playing to, and reads every control.
 *
 * By ioctl and not by amixer: starting a program is slow under emulation.
 */
#ifndef FGFT_GUEST_SOUND_USER_H
#define FGFT_GUEST_SOUND_USER_H

#include <fcntl.h>
#include <sound/asound.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "look.h"
#include "user.h"

namespace fgft {

// All controls of a card and their values.
class Mixer {
public:
	explicit Mixer(const char *path) : fd_(open(path, O_RDWR | O_CLOEXEC)) {}
	Mixer(const Mixer &) = delete;
	Mixer &operator=(const Mixer &) = delete;
	~Mixer()
	{
		if (fd_ >= 0)
			close(fd_);
	}

	bool there() const { return fd_ >= 0; }
	json values()
	{
		struct snd_ctl_elem_list list = {};
		json found = json::object();

		if (ioctl(fd_, SNDRV_CTL_IOCTL_ELEM_LIST, &list) < 0)
			return found;
		std::vector<struct snd_ctl_elem_id> ids(list.count);
		list.space = list.count;
		list.pids = ids.data();
		if (ioctl(fd_, SNDRV_CTL_IOCTL_ELEM_LIST, &list) < 0)
			return found;
		for (unsigned int i = 0; i < list.used; i++)
			found[std::to_string(ids[i].numid)] = value(ids[i]);
		return found;
	}

private:
	static constexpr unsigned int kMost = 8; // of the values of one control

	json value(const struct snd_ctl_elem_id &id)
	{
		struct snd_ctl_elem_info info = {};
		struct snd_ctl_elem_value element = {};
		json values = json::array();

		info.id = id;
		element.id = id;
		if (ioctl(fd_, SNDRV_CTL_IOCTL_ELEM_INFO, &info) < 0 ||
		    ioctl(fd_, SNDRV_CTL_IOCTL_ELEM_READ, &element) < 0)
			return {};
		for (unsigned int i = 0; i < std::min(info.count, kMost); i++)
			values.push_back(element.value.integer.value[i]);
		return values;
	}

	int fd_;
};

// REQUEST: {"class": "sound", "interrupt"}, the latter what the card's line is called.
class SoundUser : public User {
public:
	explicit SoundUser(const json &request) : interrupt_(request.value("interrupt", "")) {}
	void connect() override
	{
		frames_ = 0;
		position_ = position();
		moved_ns_ = now_ns();
		longest_gap_ns_ = 0;
	}
	void disconnect() override {}
	void step(int ms) override
	{
		usleep(static_cast<useconds_t>(std::min(ms, kLookMs)) * 1000);

		const uint64_t at = position();
		const int64_t now = now_ns();

		if (at == position_)
			return;
		// A player that begins anew counts from 0.
		frames_ += at > position_ ? at - position_ : at;
		position_ = at;
		longest_gap_ns_ = std::max(longest_gap_ns_, now - moved_ns_);
		moved_ns_ = now;
	}
	bool broken() const override { return false; }
	uint64_t served() const override { return frames_; }
	uint64_t proof() const override { return 8192; }
	uint64_t wrong() const override { return 0; }
	int64_t longest_gap_ns() const override { return std::max(longest_gap_ns_, now_ns() - moved_ns_); }
	json settings() override
	{
		Mixer mixer("/dev/snd/controlC0");
		json found = {{"up", mixer.there()}, {"hw_params", read_text(kStream + "hw_params")}};

		if (mixer.there())
			found["controls"] = mixer.values();
		return found;
	}
	std::string interrupt() const override { return interrupt_; }

private:
	static constexpr int kLookMs = 5;
	inline static const std::string kStream = "/proc/asound/card0/pcm0p/sub0/";

	// "hw_ptr      : 4711"; nothing while the PCM is closed.
	static uint64_t position()
	{
		const std::string status = read_text(kStream + "status");
		const size_t at = status.find("hw_ptr");
		const size_t colon = at == std::string::npos ? at : status.find(':', at);

		return colon == std::string::npos ? 0 : std::strtoull(status.c_str() + colon + 1, nullptr, 10);
	}

	std::string interrupt_;
	uint64_t frames_ = 0, position_ = 0;
	int64_t moved_ns_ = 0, longest_gap_ns_ = 0;
};

} // namespace fgft

#endif /* FGFT_GUEST_SOUND_USER_H */
