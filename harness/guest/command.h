/* SPDX-License-Identifier: GPL-2.0 */
/* A shell command that is started, watched and, when it overruns, ended. */
#ifndef FGFT_GUEST_COMMAND_H
#define FGFT_GUEST_COMMAND_H

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include "files.h"
#include "result.h"

extern char **environ;

namespace fgft {

// A shell command under way; its output goes to a file, as nobody reads a pipe.
class Command {
public:
	static constexpr int kOverran = -1000;	// ended by us
	static constexpr int kStuck = -1001;	// could not be ended
	static constexpr int kNoProgram = 127;	// as a shell says it

	static constexpr int64_t kLimitMs = 20000;

	explicit Command(const std::string &shell, int64_t limit_ms = kLimitMs) : limit_ns_(limit_ms * kNsPerMs)
	{
		if (shell.empty())
			return;
		posix_spawn_file_actions_t actions;
		posix_spawnattr_t attributes;
		const std::vector<std::string> words = words_of(shell);
		std::vector<char *> argv;

		argv.reserve(words.size() + 1);
		for (const std::string &word : words)
			argv.push_back(const_cast<char *>(word.c_str()));
		argv.push_back(nullptr);
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_addopen(&actions, 1, kOutput, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		posix_spawn_file_actions_adddup2(&actions, 1, 2);
		posix_spawnattr_init(&attributes);
		// A group of its own, so that what it started can be ended with it.
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
		begun_ = now_ns();
		if (posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ)) {
			pid_ = -1;
			rc_ = kNoProgram;
		}
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
		while (running() && now_ns() - begun_ < limit_ns_)
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
	// What a shell would do no more with than start it is started without one, as
	// starting a program is slow under emulation.
	static std::vector<std::string> words_of(const std::string &shell)
	{
		std::vector<std::string> words;

		if (shell.find_first_of("|&;<>()$`\\\"'*?[]#~=%!{}\n") != std::string::npos)
			return {"/bin/sh", "-c", shell};
		std::istringstream stream(shell);
		for (std::string word; stream >> word;)
			words.push_back(word);
		return words;
	}

	static constexpr useconds_t kPollUs = 2000;
	static constexpr size_t kSaidMax = 400;
	static constexpr char kOutput[] = "/run/command.out";
	pid_t pid_ = -1;
	int rc_ = 0;
	int64_t begun_ = 0;
	int64_t limit_ns_;
};

} // namespace fgft

#endif /* FGFT_GUEST_COMMAND_H */
