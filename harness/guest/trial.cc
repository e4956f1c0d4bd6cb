// SPDX-License-Identifier: GPL-2.0
// One run of a mutant, from the first look at the machine to the last.
//
//	trial REQUEST		prints one line of JSON
//
// REQUEST is JSON:
//	{"module", "user", "policy", "entry", "trigger", "reach_ms", "unit", "number",
//	 "times", "seed", "patience", "limit_s"}
// "user" says who uses the device meanwhile: its "class", and what that one asks for.
// With a null number nothing is woken: the run is what others are compared
// with.  With "cover" instead, the mutants that calls of "entry" pass are noted,
// over so many calls.  After "limit_s" the guest counts as hung.
//
// The order: look, start to use the device, wake the mutant, trigger, watch, put it
// to sleep, see it serve, look, trigger again, see it serve again, look.
//
// The mutant is awake within one call of the entry point, in all that this call
// does: the first one that passes it.
//
// In the guest and not on the host: each question would be a round trip.

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "command.h"
#include "files.h"
#include "look.h"
#include "input_user.h"
#include "net_user.h"
#include "pulse.h"
#include "sound_user.h"
#include "result.h"
#include "user.h"

// A class of devices is a row here, and a header with its user.
std::unique_ptr<fgft::User> fgft::make_user(const json &request)
{
	using Make = std::unique_ptr<User> (*)(const json &);
	static const std::map<std::string, Make> classes = {
		{"input", [](const json &r) -> std::unique_ptr<User> { return std::make_unique<InputUser>(r); }},
		{"net", [](const json &r) -> std::unique_ptr<User> { return std::make_unique<NetUser>(r); }},
		{"sound", [](const json &r) -> std::unique_ptr<User> { return std::make_unique<SoundUser>(r); }},
	};
	const auto found = classes.find(request.value("class", ""));

	return found == classes.end() ? nullptr : found->second(request);
}

namespace {

using fgft::Command;
using fgft::kNsPerMs;
using fgft::kNsPerSec;
using fgft::now_ns;
using fgft::pairs_of;
using fgft::read_number;
using fgft::read_text;
using fgft::User;
using fgft::value_of;
using fgft::write_text;
using nlohmann::json;

const std::string kRoot = "/sys/kernel/fgft/";
const std::string kMutant = kRoot + "mutant";
const std::string kCall = kRoot + "inject";
constexpr int kStepMs = 10;
constexpr int64_t kCommandMs = 25000;
// Calls that a command asks for and does not wait for.
constexpr int64_t kAfterwardsMs = 500;
// What a strike does may show later: at the next interrupt, in the next frame.
constexpr int64_t kSettleMs = 300;
constexpr int64_t kRecoverMs = 20000;
// The link comes up again after some seconds.
constexpr int64_t kTrafficMs = 12000;
constexpr int64_t kQuietMs = 1500;
constexpr int64_t kPhaseNs = 4 * kNsPerSec;	// twice a watchdog's period

struct Request {
	std::string module, policy, entry, trigger, unit;
	json user;
	int64_t reach_ms = 0;
	int64_t limit_s = 0;
	int64_t patience = 1;	// so many times longer everything may take
	std::optional<uint64_t> number;
	uint64_t times = 0, seed = 0, cover = 0;

	static bool parse(const char *text, Request &request)
	{
		const json given = json::parse(text, nullptr, false);

		if (!given.is_object())
			return false;
		request.module = given.value("module", "");
		request.user = given.value("user", json::object());
		request.policy = given.value("policy", "");
		request.entry = given.value("entry", "");
		request.trigger = given.value("trigger", "");
		request.unit = given.value("unit", "");
		request.reach_ms = given.value("reach_ms", 0);
		request.patience = given.value("patience", 1);
		request.limit_s = given.value("limit_s", 0);
		if (given.contains("number") && given["number"].is_number_unsigned())
			request.number = given["number"].get<uint64_t>();
		request.times = given.value("times", 0U);
		request.seed = given.value("seed", uint64_t{0});
		request.cover = given.value("cover", 0U);
		return !request.module.empty() && !request.policy.empty();
	}
	std::string home() const { return kRoot + module; }
	std::string arming() const
	{
		return module + " " + unit + " " + std::to_string(*number) + " " + std::to_string(times) + " " +
		       std::to_string(seed) + " within";
	}
	std::string call() const { return module + " " + entry + " profile"; }
};

class Trial {
public:
	Trial(const Request &request, User &user) : request_(request), user_(user) {}

	json run();
	json cover();

private:
	int64_t in_time(int64_t ms) const { return now_ns() + ms * request_.patience * kNsPerMs; }
	template <typename Condition> bool use_until(int64_t ms, Condition condition);
	uint64_t faults() const { return read_number(request_.home() + "/faults"); }
	bool struck() const { return read_number_of("struck") > 0; }
	bool struck_in_call();
	uint64_t read_number_of(const char *key) const
	{
		return std::strtoull(value_of(read_text(kMutant), key).c_str(), nullptr, 10);
	}
	json perform(bool until_struck);
	bool serves();
	void watch(uint64_t faults_before);
	json quiet(const json &wanted);

	const Request &request_;
	User &user_;
	json answer_ = json::object();
};

// Keeps using the device until something is so; false if it is not in time.
template <typename Condition> bool Trial::use_until(int64_t ms, Condition condition)
{
	const int64_t until = in_time(ms);

	while (!condition()) {
		if (now_ns() >= until)
			return false;
		user_.step(kStepMs);
		// Something every few milliseconds is enough to see a gap by.
		usleep(kStepMs * 1000);
	}
	return true;
}

// Whether the mutant has struck; if a call went by without that, the next one counts.
bool Trial::struck_in_call()
{
	if (struck())
		return true;
	if (value_of(read_text(kCall), "state") == "profiled" && !struck())
		write_text(kCall, request_.call());
	return struck();
}

// Has the kernel call the entry point.
json Trial::perform(bool until_struck)
{
	Command command(request_.trigger, Command::kLimitMs * request_.patience);

	use_until(kCommandMs, [&] {
		if (until_struck)
			struck_in_call();
		return !command.running();
	});
	const json rc = command.finish();
	if (until_struck)
		use_until(request_.trigger.empty() ? request_.reach_ms : kAfterwardsMs, [&] { return struck_in_call(); });
	else if (request_.trigger.empty())
		use_until(4 * kStepMs, [] { return false; });
	return {{"rc", rc}, {"said", rc == 0 ? "" : Command::said()}};
}

// Sees the device serve its user, on a new connection if the old one broke.
bool Trial::serves()
{
	const int64_t until = in_time(kTrafficMs);

	while (now_ns() < until) {
		if (user_.broken()) {
			usleep(20000);
			user_.connect();
		}
		const uint64_t goal = user_.served() + user_.proof();
		while (!user_.broken() && user_.served() < goal && now_ns() < until)
			user_.step(kStepMs);
		if (user_.served() >= goal)
			return true;
	}
	return false;
}

// Waits for what the fault leads to: its detection, and the end of recovery.
void Trial::watch(uint64_t faults_before)
{
	use_until(kSettleMs, [&] { return faults() > faults_before; });
	answer_["finished"] = use_until(kRecoverMs, [&] { return !read_number(request_.home() + "/recovering"); });
}

// Waits until resources are as they should be, or long enough.
json Trial::quiet(const json &wanted)
{
	const int64_t until = in_time(kQuietMs);
	json found;

	do {
		usleep(20000);
		found = fgft::read_resources(request_.module, user_.interrupt());
	} while (found != wanted && now_ns() < until);
	return found;
}

// Begins at the same phase of everything that goes by time: the host's request
// comes when it comes.  Waiting is free where instructions are counted.
void in_phase()
{
	const int64_t next = (now_ns() / kPhaseNs + 1) * kPhaseNs + kPhaseNs / 8;
	const struct timespec at = {next / kNsPerSec, next % kNsPerSec};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

json Trial::run()
{
	if (!write_text(request_.home() + "/policy", request_.policy))
		return {{"error", "the policy was refused"}};
	usleep(20000);
	const json settings = user_.settings();
	const auto slab = fgft::read_slab();
	const json resources = fgft::read_resources(request_.module, user_.interrupt());
	const uint64_t before = faults();
	user_.connect();
	answer_["ready"] = serves();

	if (request_.number && (!write_text(kMutant, request_.arming()) || !write_text(kCall, request_.call())))
		return {{"error", "the mutant was refused"}};
	answer_["first"] = perform(request_.number.has_value());
	answer_["struck"] = struck();
	if (request_.number && !struck()) {
		write_text(kCall, "off");
		write_text(kMutant, "off");
		return answer_;
	}
	watch(before);
	answer_["passed"] = read_number_of("passed");
	answer_["first_ns"] = read_number_of("first_ns");
	write_text(kCall, "off");
	write_text(kMutant, "off");
	answer_["connection_kept"] = !user_.broken();
	answer_["traffic"] = serves();
	answer_["gap_ns"] = user_.longest_gap_ns();
	answer_["settings"] = {{"before", settings}, {"after", user_.settings()}};
	answer_["faults"] = faults() - before;
	answer_["fault_ns"] = read_number(request_.home() + "/last_fault_ns");
	answer_["last"] = pairs_of(read_text(request_.home() + "/last_fault"));
	answer_["steps"] = pairs_of(read_text(request_.home() + "/steps"));
	answer_["causes"] = pairs_of(read_text(request_.home() + "/causes"));

	answer_["again"] = perform(false);
	user_.connect();
	answer_["again"]["traffic"] = serves();
	answer_["again"]["faults"] = faults() - before - answer_["faults"].get<uint64_t>();
	answer_["bad_bytes"] = user_.wrong();
	user_.disconnect();
	answer_["resources"] = {{"before", resources}, {"after", quiet(resources)}};
	answer_["again"]["settings"] = user_.settings();
	answer_["victim"] = read_text(kRoot + "victim");
	json grown = json::object();
	for (const auto &[name, bytes] : fgft::read_slab()) {
		const auto was = slab.find(name);
		const int64_t growth = bytes - (was == slab.end() ? 0 : was->second);
		if (growth)
			grown[name] = growth;
	}
	answer_["slab"] = grown;
	return answer_;
}

json Trial::cover()
{
	if (!write_text(request_.home() + "/policy", request_.policy) ||
	    !write_text(kMutant, request_.module + " cover within"))
		return {{"error", "coverage was refused"}};
	user_.connect();
	answer_["ready"] = serves();
	uint64_t reached = 0;
	for (uint64_t i = 0; i < request_.cover; i++) {
		if (!write_text(kCall, request_.call()))
			return {{"error", "no such entry point"}};
		answer_["first"] = perform(false);
		const auto profiled = [] { return value_of(read_text(kCall), "state") == "profiled"; };
		if (!use_until(request_.trigger.empty() ? request_.reach_ms : kAfterwardsMs, profiled))
			break;
		reached++;
	}
	answer_["reached"] = reached;
	answer_["covered"] = read_text(kRoot + "covered");
	return answer_;
}

} // namespace

int main(int argc, char **argv)
{
	Request request;

	if (argc != 2 || !Request::parse(argv[1], request)) {
		std::fprintf(stderr, "usage: trial REQUEST, see the head of trial.cc\n");
		return 2;
	}
	const std::unique_ptr<User> user = fgft::make_user(request.user);
	if (!user) {
		std::fprintf(stderr, "trial: no user of class '%s'\n", request.user.value("class", "").c_str());
		return 2;
	}
	Trial trial(request, *user);
	in_phase();
	const int64_t begun = now_ns();
	const fgft::Pulse pulse(request.limit_s);
	json answer = request.cover ? trial.cover() : trial.run();
	answer["took_ms"] = (now_ns() - begun) / kNsPerMs;
	std::printf("%s\n", answer.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
	return 0;
}
