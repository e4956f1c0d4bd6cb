/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user of a mouse: steps that are asked for and seen, and the settings of
 * the device, which are files of its driver.
 */
#ifndef FGFT_GUEST_INPUT_USER_H
#define FGFT_GUEST_INPUT_USER_H

#include <memory>
#include <string>
#include <vector>

#include "pointer.h"
#include "user.h"

namespace fgft {

// REQUEST: {"class": "input", "devices", "spacing_us", "settings", "directory", "interrupt"}.
class InputUser : public User {
public:
	explicit InputUser(const json &request)
		: devices_(request.value("devices", "")), directory_(request.value("directory", "")),
		  interrupt_(request.value("interrupt", "")),
		  files_(request.value("settings", std::vector<std::string>{})),
		  spacing_ns_(request.value("spacing_us", int64_t{1000}) * 1000)
	{
	}
	void connect() override
	{
		disconnect();
		pointer_ = std::make_unique<Pointer>(devices_, spacing_ns_);
	}
	void disconnect() override
	{
		if (!pointer_)
			return;
		/* An answer to this one must not be taken for one to the next. */
		pointer_->rest();
		const int64_t end = now_ns() + kAnswerNs;
		while (!pointer_->answered() && now_ns() < end)
			pointer_->step(1);
		wrong_ += pointer_->wrong() + pointer_->duplicated();
		pointer_.reset();
	}
	void step(int ms) override { pointer_->step(ms); }
	bool broken() const override { return pointer_->broken(); }
	uint64_t served() const override { return pointer_->seen(); }
	uint64_t proof() const override { return 4; }
	uint64_t wrong() const override { return wrong_ + (pointer_ ? pointer_->wrong() : 0); }
	int64_t longest_gap_ns() const override { return pointer_->longest_gap_ns(); }
	json settings() override
	{
		json found = json::object();

		found["up"] = !read_text(directory_ + "/protocol").empty();
		for (const std::string &name : files_) {
			const std::string text = read_text(directory_ + "/" + name);
			found[name] = text.empty() ? json() : json(text.substr(0, text.find('\n')));
		}
		return found;
	}
	std::string interrupt() const override { return interrupt_; }

private:
	static constexpr int64_t kAnswerNs = 500 * kNsPerMs;
	std::string devices_, directory_, interrupt_;
	std::vector<std::string> files_;
	int64_t spacing_ns_;
	std::unique_ptr<Pointer> pointer_;
	uint64_t wrong_ = 0;
};

} // namespace fgft

#endif /* FGFT_GUEST_INPUT_USER_H */
