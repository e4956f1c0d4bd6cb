// SPDX-License-Identifier: GPL-2.0
// Plants faults, one after the other, and tells what became of each.
//
//	strike < PLAN		a line of JSON for each line of the plan
//
// A line of the plan is JSON too:
//	{"module", "entry", "fault", "site", "trigger", "reach_ms", "recover_ms", "command_ms"}
// `trigger` is a shell command that makes the kernel call the entry point; it
// may be empty, where something else does.  It is ended after `command_ms`.  The
// answer is
//	{"at_ns", "struck", "detected", "recovered", "struck_ms", "recovered_ms",
//	 "rc", "said", "again_rc", "again_said", "again_called", "last": {...}}
//
// In the guest and not on the host: a fault is struck every few hundred
// milliseconds, and a round trip to the agent takes as long.

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

#include "command.h"
#include "files.h"
#include "result.h"

namespace {

using fgft::kNsPerMs;
using fgft::now_ns;
using fgft::Command;
using fgft::pairs_of;
using fgft::read_number;
using fgft::read_text;
using fgft::value_of;
using fgft::write_text;
using nlohmann::json;

constexpr char kRoot[] = "/sys/kernel/fgft/";
constexpr useconds_t kPollUs = 2000;
// Calls that a command asks for and does not wait for.
constexpr int64_t kAfterwardsMs = 500;

struct Line {
	std::string module, entry, fault, trigger;
	unsigned int site = 0;
	int64_t reach_ms = 0, recover_ms = 0, command_ms = 0;

	static bool parse(const std::string &text, Line &line)
	{
		const json given = json::parse(text, nullptr, false);

		if (!given.is_object())
			return false;
		line.module = given.value("module", "");
		line.entry = given.value("entry", "");
		line.fault = given.value("fault", "");
		line.trigger = given.value("trigger", "");
		line.site = given.value("site", 0U);
		line.reach_ms = given.value("reach_ms", 0);
		line.recover_ms = given.value("recover_ms", 0);
		line.command_ms = given.value("command_ms", Command::kLimitMs);
		return !line.module.empty() && !line.entry.empty() && !line.fault.empty();
	}
	std::string home() const { return kRoot + module; }
	std::string calls() const { return home() + "/entries/" + entry + "/calls"; }
	std::string arming() const
	{
		return module + " " + entry + " " + fault + (site ? " " + std::to_string(site) : "");
	}
};

template <typename Condition> bool wait_for(int64_t until_ns, Condition condition)
{
	for (;;) {
		if (condition())
			return true;
		if (now_ns() >= until_ns)
			return false;
		usleep(kPollUs);
	}
}

std::string inject_state()
{
	return value_of(read_text(std::string(kRoot) + "inject"), "state");
}

// Waits for the call: as long as the command takes, or as traffic may take.
bool reached(const Line &line, Command &command, const std::string &state)
{
	const int64_t begun = now_ns();
	int64_t until = begun + (line.trigger.empty() ? line.reach_ms : kAfterwardsMs) * kNsPerMs;

	for (;;) {
		if (inject_state() == state)
			return true;
		const int64_t now = now_ns();
		if (command.running() && now - begun < line.command_ms * kNsPerMs)
			until = now + kAfterwardsMs * kNsPerMs;
		else if (now >= until)
			return false;
		usleep(kPollUs);
	}
}

// The call after the fault: it has to be made, and to work.
void again(const Line &line, json &answer)
{
	const uint64_t before = read_number(line.calls());
	Command command(line.trigger, line.command_ms);

	answer["again_rc"] = command.finish();
	answer["again_said"] = answer["again_rc"] == 0 ? "" : Command::said();
	// A connection that lost frames is silent until its timer fires, which doubles each time.
	answer["again_called"] = wait_for(now_ns() + line.recover_ms * kNsPerMs,
					  [&] { return read_number(line.calls()) != before; });
}

json perform(const Line &line)
{
	const std::string inject = std::string(kRoot) + "inject";
	const uint64_t faults = read_number(line.home() + "/faults");
	const int64_t begun = now_ns();
	json answer = {{"at_ns", begun}, {"struck", false}, {"detected", false}, {"recovered", false}};

	if (!write_text(inject, line.arming())) {
		answer["error"] = std::string("not armed: ") + std::strerror(errno);
		return answer;
	}
	Command command(line.trigger, line.command_ms);
	const std::string struck = line.fault == "profile" ? "profiled" : "struck";
	answer["struck"] = reached(line, command, struck);
	const int64_t struck_ns = now_ns();
	answer["struck_ms"] = (struck_ns - begun) / kNsPerMs;
	answer["hits"] = std::strtoull(value_of(read_text(inject), "hits").c_str(), nullptr, 10);
	if (!answer["struck"])
		write_text(inject, "off");
	// Between the deadline and "off" it may have happened after all.
	if (line.fault != "profile" && line.fault != "none" && answer["struck"]) {
		answer["detected"] = wait_for(struck_ns + line.recover_ms * kNsPerMs,
					      [&] { return read_number(line.home() + "/faults") > faults; });
		answer["recovered"] = wait_for(struck_ns + line.recover_ms * kNsPerMs, [&] {
			return read_number(line.home() + "/recovering") == 0;
		});
		answer["recovered_ms"] = (now_ns() - struck_ns) / kNsPerMs;
		answer["last"] = pairs_of(read_text(line.home() + "/last_fault"));
	}
	answer["rc"] = command.finish();
	answer["said"] = answer["rc"] == 0 ? "" : Command::said();
	if (answer["struck"] && line.fault != "profile")
		again(line, answer);
	answer["faults"] = read_number(line.home() + "/faults") - faults;
	answer["took_ms"] = (now_ns() - begun) / kNsPerMs;
	return answer;
}

} // namespace

int main()
{
	char *text = nullptr;
	size_t size = 0;
	ssize_t length = 0;

	while ((length = getline(&text, &size, stdin)) > 0) {
		Line line;
		json answer = {{"error", "line of the plan cannot be read"}};

		if (Line::parse(std::string(text, static_cast<size_t>(length)), line))
			answer = perform(line);
		std::printf("%s\n", answer.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
		std::fflush(stdout);
	}
	std::free(text);
	return 0;
}
