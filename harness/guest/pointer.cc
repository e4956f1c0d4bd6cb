// SPDX-License-Identifier: GPL-2.0
// Moves a mouse and looks at the pointer; prints what it saw as JSON.
//
//	pointer run DEVICES SPACING_US	until SIGTERM
//	pointer once DEVICES MS		0 if one step is seen within MS
//
// DEVICES is where in /sys the event device lies, with wildcards.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pointer.h"

namespace {

using fgft::kNsPerMs;
using fgft::now_ns;
using fgft::Pointer;

constexpr int kStepMs = 5;
constexpr int64_t kGraceNs = 100 * kNsPerMs;	// for what is under way at the end
constexpr int64_t kAnswerNs = 2000 * kNsPerMs;	// for the host
constexpr int64_t kOnceSpacingNs = 20 * kNsPerMs;

volatile sig_atomic_t ended;

void on_end(int)
{
	ended = 1;
}

void run(Pointer &pointer)
{
	while (!ended)
		pointer.step(kStepMs);
	pointer.rest();
	const int64_t rested = now_ns();
	while (!pointer.answered() && now_ns() - rested < kAnswerNs)
		pointer.step(kStepMs);
	const int64_t answered = now_ns();
	while (pointer.lost() && now_ns() - answered < kGraceNs)
		pointer.step(1);
	std::printf("{\"start_ns\": %lld, \"end_ns\": %lld, \"moved\": %llu, \"seen\": %llu, \"lost\": %llu, "
		    "\"duplicated\": %llu, \"wrong\": %llu, \"outage_ns\": %lld}\n",
		    static_cast<long long>(pointer.begun_ns()), static_cast<long long>(now_ns()),
		    static_cast<unsigned long long>(pointer.moved()), static_cast<unsigned long long>(pointer.seen()),
		    static_cast<unsigned long long>(pointer.lost()), static_cast<unsigned long long>(pointer.duplicated()),
		    static_cast<unsigned long long>(pointer.wrong()), static_cast<long long>(pointer.longest_gap_ns()));
}

bool once(Pointer &pointer, int64_t ms)
{
	const int64_t end = now_ns() + ms * kNsPerMs;

	while (!pointer.seen() && now_ns() < end)
		pointer.step(kStepMs);
	const bool seen = pointer.seen() > 0;
	pointer.rest();
	while (!pointer.answered() && now_ns() < end)
		pointer.step(kStepMs);
	return seen;
}

} // namespace

int main(int argc, char **argv)
{
	struct sigaction action = {};

	action.sa_handler = on_end;
	sigaction(SIGTERM, &action, nullptr);
	if (argc != 4 || (std::strcmp(argv[1], "run") != 0 && std::strcmp(argv[1], "once") != 0)) {
		std::fprintf(stderr, "usage: pointer run DEVICES SPACING_US | pointer once DEVICES MS\n");
		return 2;
	}
	const long long number = std::strtoll(argv[3], nullptr, 10);
	const bool running = std::strcmp(argv[1], "run") == 0;
	Pointer pointer(argv[2], running ? number * 1000 : kOnceSpacingNs);
	if (pointer.broken()) {
		std::fprintf(stderr, "pointer: no %s\n", Pointer::kPort);
		return 1;
	}
	if (!running)
		return once(pointer, number) ? 0 : 1;
	run(pointer);
	return 0;
}
