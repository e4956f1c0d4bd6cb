// SPDX-License-Identifier: GPL-2.0
// A tone whose every sample says which it is, and a speaker that hums.
//
//	tone		a second and a half of the tone, raw, to be repeated: 44100 Hz,
//			16 bit, two channels; harness/service/sound.py knows it
//	tone hum	the PC speaker on, below what can be heard
//
// QEMU writes down what it mixes, and mixes only while somebody plays.  The hum
// is somebody who always does: a pause of the tone is as long in the recording as
// it was.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/io.h>
#include <unistd.h>

namespace {

constexpr int kPeriod = 100; // samples of the sine, 441 Hz
constexpr int kPeriods = 655;
constexpr double kLoud = 12000;
constexpr int kLowest = 1000, kStep = 32; // the other channel counts periods

int play()
{
	for (int i = 0; i < kPeriods * kPeriod; i++) {
		const auto angle = 2 * M_PI * (i % kPeriod) / kPeriod;
		const int16_t frame[] = {static_cast<int16_t>(std::lround(kLoud * std::sin(angle))),
					 static_cast<int16_t>(kLowest + kStep * (i / kPeriod))};

		if (std::fwrite(static_cast<const void *>(frame), sizeof(frame), 1, stdout) != 1)
			return 1;
	}
	return std::fflush(stdout) ? 1 : 0;
}

constexpr unsigned short kTimer = 0x42, kTimerControl = 0x43, kSpeaker = 0x61;
constexpr unsigned char kSquareWave = 0xb6, kOn = 0x03;
constexpr unsigned int kAudible = 100;	// of 1193182 Hz
constexpr unsigned int kInaudible = 20; // QEMU makes a constant of it
constexpr unsigned int kHeardUs = 60000; // six rounds of its mixer

void set_timer(unsigned int count)
{
	outb(kSquareWave, kTimerControl);
	outb(static_cast<unsigned char>(count & 0xff), kTimer);
	outb(static_cast<unsigned char>(count >> 8), kTimer);
}

// QEMU fills its buffer when the frequency changes, and not before.
int hum()
{
	if (ioperm(kTimer, 2, 1) || ioperm(kSpeaker, 1, 1)) {
		std::perror("tone");
		return 1;
	}
	set_timer(kAudible);
	outb(kOn, kSpeaker);
	usleep(kHeardUs);
	set_timer(kInaudible);
	usleep(kHeardUs);
	return 0;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc == 1)
		return play();
	if (argc == 2 && std::string(argv[1]) == "hum")
		return hum();
	std::fprintf(stderr, "usage: tone [hum]\n");
	return 2;
}
