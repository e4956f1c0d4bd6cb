// SPDX-License-Identifier: GPL-2.0
// Runs commands in random order until SIGTERM, and counts how they end.
//
//	churn SEED PAUSE_MS STATUS < COMMANDS
//
// COMMANDS are lines of "<name> <weight> <shell command>"; a command of weight 2
// is run twice as often as one of weight 1.  STATUS holds the counts as JSON.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "result.h"

namespace {

volatile sig_atomic_t ended;

void on_end(int)
{
	ended = 1;
}

struct Operation {
	std::string name, shell;
	unsigned long weight = 0;
	unsigned long done = 0, failed = 0;
};

std::vector<Operation> read_operations()
{
	std::vector<Operation> operations;
	char *text = nullptr;
	size_t size = 0;
	ssize_t length = 0;

	while ((length = getline(&text, &size, stdin)) > 0) {
		std::string line(text, static_cast<size_t>(length));
		if (line.back() == '\n')
			line.pop_back();
		const size_t first = line.find(' ');
		const size_t second = first == std::string::npos ? first : line.find(' ', first + 1);
		if (second == std::string::npos)
			continue;
		Operation operation;
		operation.name = line.substr(0, first);
		operation.weight = std::strtoul(line.c_str() + first, nullptr, 10);
		operation.shell = line.substr(second + 1);
		operations.push_back(operation);
	}
	std::free(text);
	return operations;
}

void publish(const std::string &path, const std::vector<Operation> &operations)
{
	const std::string partial = path + ".partial";
	FILE *file = std::fopen(partial.c_str(), "w");
	const char *comma = "";

	if (!file)
		return;
	std::fputs("{", file);
	for (const Operation &operation : operations) {
		std::fprintf(file, "%s\"%s\": {\"done\": %lu, \"failed\": %lu}", comma, operation.name.c_str(),
			     operation.done, operation.failed);
		comma = ", ";
	}
	std::fputs("}\n", file);
	if (std::fclose(file) == 0)
		std::rename(partial.c_str(), path.c_str());
}

// A fault may strike in a command: its failure is counted, not told.
bool perform(const std::string &shell)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		// Who ends us by our group must not end a command between its halves.
		setsid();
		if (std::freopen("/dev/null", "r", stdin) && std::freopen("/dev/null", "w", stdout) &&
		    std::freopen("/dev/null", "w", stderr))
			execl("/bin/sh", "sh", "-c", shell.c_str(), static_cast<char *>(nullptr));
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 4) {
		std::fprintf(stderr, "usage: churn SEED PAUSE_MS STATUS < COMMANDS\n");
		return 2;
	}
	struct sigaction action = {};
	action.sa_handler = on_end;
	sigaction(SIGTERM, &action, nullptr);

	std::vector<Operation> operations = read_operations();
	unsigned long total = 0;
	for (const Operation &operation : operations)
		total += operation.weight;
	if (!total) {
		std::fprintf(stderr, "churn: no command with a weight\n");
		return 2;
	}
	uint64_t state = std::strtoull(argv[1], nullptr, 10);
	const auto pause_us = static_cast<useconds_t>(std::strtoul(argv[2], nullptr, 10) * 1000);
	while (!ended) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		unsigned long left = (state >> 33) % total;
		for (Operation &operation : operations) {
			if (left >= operation.weight) {
				left -= operation.weight;
				continue;
			}
			operation.done++;
			operation.failed += !perform(operation.shell);
			break;
		}
		publish(argv[3], operations);
		usleep(pause_us);
	}
	return 0;
}
