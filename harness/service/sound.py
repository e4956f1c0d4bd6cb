# SPDX-License-Identifier: GPL-2.0
"""Sound cards: a tone that is played without a pause, and what of it comes out.

The card under test is the guest's first.  aplay sends it a tone in which every
sample says which it is (guest/tone.cc), and is started again at once when it
ends.  A client records what QEMU mixes.  Time in the recording is guest time,
also when instructions are counted: QEMU's mixer goes by that clock, and hums
when nobody plays.
"""

from __future__ import annotations

import array
import math
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from harness.outcome import HarnessError
from harness.qemu import Machine
from harness.service import Client, Service

RATE = 44100
PERIOD = 100  # as in guest/tone.cc
PERIODS = 655
TONE = PERIOD * PERIODS
_LOWEST, _STEP = 1000, 32
_HUM = 255  # what the speaker adds to both channels
_EXACT = 2  # mixing is done in floating point
_LOUD = 12000
_AUDIO = "sound"  # QEMU's name of the mixer, in a driver's [machine]
_FRAME = 4


@dataclass(frozen=True)
class Heard:
    """What a recording holds; of samples, but for the times."""

    outage_ns: int  # the longest time the tone did not go on: silence, and what was skipped with it
    lost: int  # skipped in the tone; it repeats itself, so modulo its length
    duplicated: int  # played again
    silent_ns: int  # all times without it
    distorted: int  # neither tone nor silence
    recorded: int


@dataclass
class _Run:
    """Frames in a row with one code on the counting channel."""

    code: int | None  # None: not the tone
    at: int
    length: int = 0
    distorted: int = 0


def _code(left: int, right: int) -> tuple[int | None, bool]:
    """Return the period a frame is of, if it is of the tone, and whether it is neither that nor silence."""
    right -= _HUM
    code, rest = divmod(right - _LOWEST + _STEP // 2, _STEP)
    if 0 <= code < PERIODS and abs(rest - _STEP // 2) <= _EXACT and abs(left - _HUM) <= _LOUD + _EXACT:
        return code, False
    return None, abs(right) > _EXACT or abs(left - _HUM) > _EXACT


def _runs(samples: array.array[int]) -> list[_Run]:
    runs: list[_Run] = []
    for at in range(len(samples) // 2):
        code, distorted = _code(samples[2 * at], samples[2 * at + 1])
        if not runs or runs[-1].code != code:
            runs.append(_Run(code, at))
        runs[-1].length += 1
        runs[-1].distorted += distorted
    return runs


_SINE = [round(_LOUD * math.sin(2 * math.pi * at / PERIOD)) + _HUM for at in range(PERIOD)]


def _offset(samples: array.array[int], run: _Run) -> int:
    """Return which frame of its period a run begins with, by the phase of the sine."""
    first, last = samples[2 * run.at], samples[2 * (run.at + run.length - 1)]
    for at in range(PERIOD - run.length + 1):
        if abs(_SINE[at] - first) <= _EXACT and abs(_SINE[at + run.length - 1] - last) <= _EXACT:
            return at
    return 0


def hear(samples: array.array[int]) -> Heard:
    """Look for what is missing of the tone, and what is there twice."""
    runs = _runs(samples)
    lost = duplicated = silent = gap = longest = 0
    expected: int | None = None
    for run in runs:
        if run.code is None:
            silent += run.length
            gap += run.length
            continue
        begin = run.code * PERIOD + _offset(samples, run)
        # A player started anew begins at the beginning: that says nothing of samples.
        if expected is not None and not (gap and begin == 0):
            # Ahead or behind, whichever is nearer.
            jump = (begin - expected + TONE // 2) % TONE - TONE // 2
            lost += max(jump, 0)
            duplicated += max(-jump, 0)
            gap += max(jump, 0)
        longest = max(longest, gap)
        gap = 0
        expected = (begin + run.length) % TONE
    if expected is None:
        raise HarnessError(f"nothing was heard of the tone in {len(samples) // 2} samples")
    return Heard(outage_ns=max(longest, gap) * 1_000_000_000 // RATE, lost=lost, duplicated=duplicated,
                 silent_ns=silent * 1_000_000_000 // RATE, distorted=sum(run.distorted for run in runs),
                 recorded=len(samples) // 2)


def read(path: Path) -> array.array[int]:
    """Read a recording."""
    with wave.open(str(path)) as recording:
        if (recording.getframerate(), recording.getsampwidth(), recording.getnchannels()) != (RATE, 2, 2):
            raise HarnessError(f"{path}: {recording.getparams()}")
        samples = array.array("h", recording.readframes(recording.getnframes()))
    if sys.byteorder != "little":
        samples.byteswap()
    return samples


class Listener:
    """Records from its start to its stop."""

    def __init__(self, machine: Machine) -> None:
        """Begin."""
        self._machine = machine
        self._path = machine.directory / "recording.wav"
        machine.monitor(f"wavcapture {self._path} {_AUDIO} {RATE} 16 2")

    def stop(self) -> Heard:
        """End, and listen to it."""
        self._machine.monitor("stopcapture 0")  # the newest
        samples = read(self._path)
        self._path.unlink()
        return hear(samples)


# A user who starts his player again as soon as it has ended and the card is there.
_PLAYER = """
while :; do
	while [ ! -e /dev/snd/pcmC0D0p ]; do usleep 2000; done
	{ while cat /run/tone; do :; done; } |
		aplay -q -D hw:0,0 -t raw -f S16_LE -c 2 -r 44100 --period-size=1024 --buffer-size=4096
	usleep 2000
done
"""


class Sound(Service):
    """Samples."""

    name = "sound"
    unit = "samples"
    lost = "samples lost or repeated of a tone that is played all the time"
    prepare = f"""
set -e
tone hum
tone > /run/tone
cat > /run/player << 'end'
{_PLAYER}
end
cat > /run/play << 'end'
[ -e /run/player.pid ] && kill -0 $(cat /run/player.pid) 2> /dev/null && exit
setsid sh /run/player > /run/played 2>&1 < /dev/null &
echo $! > /run/player.pid
end
cat > /run/pause << 'end'
kill $(cat /run/player.pid)
killall -q aplay
while killall -q -0 aplay; do usleep 2000; done
end
"""
    # The card's position moves on.
    ready = """
position() {
	while read -r key colon value; do
		[ "$key" = hw_ptr ] && { echo "$value"; break; }
	done 2> /dev/null < /proc/asound/card0/pcm0p/sub0/status
}
plays() {
	for i in $(seq 400); do
		was=$(position)
		usleep 40000
		is=$(position)
		[ -n "$was" ] && [ -n "$is" ] && [ "$is" -gt "$was" ] && return 0
	done
	return 1
}
plays
"""
    user: ClassVar[dict[str, Any]] = {"interrupt": "snd_"}
    helpers = ()

    def start(self, machine: Machine) -> Client:
        """Begin to listen."""
        return Listener(machine)


SERVICE = Sound()
