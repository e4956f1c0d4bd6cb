// SPDX-License-Identifier: GPL-2.0
// Plants faults, one after the other, and tells what became of each.
//
//	strike < PLAN		a line of JSON for each line of the plan
//
// A line of the plan is JSON too:
//	{"module", "entry", "fault", "site", "trigger", "reach_ms", "recover_ms"}
// `trigger` is a shell command that makes the kernel call the entry point; it
// may be empty, where something else does.  The answer is
//	{"at_ns", "struck", "detected", "recovered", "struck_ms", "recovered_ms",
//	 "rc", "said", "again_rc", "again_said", "again_called", "last": {...}}
//
// In the guest and not on the host: a fault is struck every few hundred
// milliseconds, and a round trip to the agent takes as long.

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include <nlohmann/json.hpp>

#include "result.h"

extern char **environ;

namespace {

using fgft::kNsPerMs;
using fgft::now_ns;
using nlohmann::json;

constexpr char kRoot[] = "/sys/kernel/fgft/";
constexpr useconds_t kPollUs = 2000;
constexpr int64_t kCommandMs = 20000;
// Calls that a command asks for and does not wait for.
constexpr int64_t kAfterwardsMs = 500;
constexpr size_t kSaidMax = 400;

std::string read_text(const std::string &path)
{
	std::array<char, 8192> block;
	const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	std::string text;

	if (fd < 0)
		return text;
	for (;;) {
		const ssize_t got = read(fd, block.data(), block.size());
		if (got <= 0)
			break;
		text.append(block.data(), static_cast<size_t>(got));
	}
	close(fd);
	return text;
}

bool write_text(const std::string &path, const std::string &text)
{
	const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
	close(fd);
	return done;
}

uint64_t read_number(const std::string &path)
{
	return std::strtoull(read_text(path).c_str(), nullptr, 10);
}

// The value of "key: value" in a file of such lines.
std::string value_of(const std::string &text, const std::string &key)
{
	size_t at = text.rfind(key + ": ", 0) == 0 ? 0 : text.find("\n" + key + ": ");

	if (at == std::string::npos)
		return "";
	at = text.find(": ", at) + 2;
	return text.substr(at, text.find('\n', at) - at);
}

json pairs_of(const std::string &text)
{
	json pairs = json::object();
	size_t at = 0;

	while (at < text.size()) {
		size_t end = text.find('\n', at);
		if (end == std::string::npos)
			end = text.size();
		const size_t colon = text.find(": ", at);
		if (colon != std::string::npos && colon < end)
			pairs[text.substr(at, colon - at)] = text.substr(colon + 2, end - colon - 2);
		at = end + 1;
	}
	return pairs;
}

// A shell command under way; its output goes to a file, as nobody reads a pipe.
class Command {
public:
	explicit Command(const std::string &shell)
	{
		if (shell.empty())
			return;
		posix_spawn_file_actions_t actions;
		posix_spawnattr_t attributes;
		const std::array<const char *, 4> argv = {"/bin/sh", "-c", shell.c_str(), nullptr};

		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_addopen(&actions, 1, kOutput, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		posix_spawn_file_actions_adddup2(&actions, 1, 2);
		posix_spawnattr_init(&attributes);
		// A group of its own, so that what it started can be ended with it.
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
		begun_ = now_ns();
		if (posix_spawn(&pid_, argv[0], &actions, &attributes, const_cast<char *const *>(argv.data()), environ))
			pid_ = -1;
		posix_spawn_file_actions_destroy(&actions);
		posix_spawnattr_destroy(&attributes);
	}
	Command(const Command &) = delete;
	Command &operator=(const Command &) = delete;
	~Command() { finish(); }

	bool running()
	{
		int status = 0;

		if (pid_ < 0)
			return false;
		if (waitpid(pid_, &status, WNOHANG) == pid_) {
			rc_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
			pid_ = -1;
		}
		return pid_ >= 0;
	}

	// Waits for the end, then makes it.
	json finish()
	{
		while (running() && now_ns() - begun_ < kCommandMs * kNsPerMs)
			usleep(kPollUs);
		if (running()) {
			kill(-pid_, SIGKILL);
			for (int i = 0; i < 500 && running(); i++)
				usleep(kPollUs);
			if (pid_ >= 0)
				rc_ = kStuck;
			else
				rc_ = kOverran;
			pid_ = -1;
		}
		return rc_;
	}

	static std::string said()
	{
		std::string text = read_text(kOutput);

		if (text.size() > kSaidMax)
			text.erase(0, text.size() - kSaidMax);
		return text;
	}

private:
	static constexpr char kOutput[] = "/run/strike.out";
	static constexpr int kOverran = -1000;	// ended by us
	static constexpr int kStuck = -1001;	// could not be ended

	pid_t pid_ = -1;
	int rc_ = 0;
	int64_t begun_ = 0;
};

struct Line {
	std::string module, entry, fault, trigger;
	unsigned int site = 0;
	int64_t reach_ms = 0, recover_ms = 0;

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
		if (command.running() && now - begun < kCommandMs * kNsPerMs)
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
	Command command(line.trigger);

	answer["again_rc"] = command.finish();
	answer["again_said"] = answer["again_rc"] == 0 ? "" : Command::said();
	answer["again_called"] = wait_for(now_ns() + line.reach_ms * kNsPerMs,
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
	Command command(line.trigger);
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
