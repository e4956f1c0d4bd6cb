# SPDX-License-Identifier: GPL-2.0
"""Listening to the tone: what was recorded is made here, sample by sample."""

from __future__ import annotations

import array
import math

import pytest

from harness.outcome import HarnessError
from harness.service import sound

SECOND = 1_000_000_000


def tone(begin: int, length: int) -> array.array[int]:
    """Return samples of the tone as QEMU writes them down, the hum with them."""
    frames = array.array("h")
    for at in range(begin, begin + length):
        at %= sound.TONE
        frames.append(round(12000 * math.sin(2 * math.pi * at / sound.PERIOD)) + 255)
        frames.append(1000 + 32 * (at // sound.PERIOD) + 255)
    return frames


def silence(length: int) -> array.array[int]:
    """Return the hum alone."""
    return array.array("h", [255, 255] * length)


def test_nothing_is_wrong() -> None:
    """A tone that goes on, over its end too."""
    heard = sound.hear(tone(sound.TONE - 5050, 9000))
    assert heard == sound.Heard(outage_ns=0, lost=0, duplicated=0, silent_ns=0, distorted=0, recorded=9000)


def test_pause() -> None:
    """The tone goes on where it stopped."""
    heard = sound.hear(tone(130, 1000) + silence(441) + tone(1130, 1000))
    assert (heard.outage_ns, heard.silent_ns, heard.lost, heard.duplicated) == (SECOND // 100, SECOND // 100, 0, 0)


@pytest.mark.parametrize(("skip", "lost", "duplicated"), [(4096, 4096, 0), (-777, 0, 777), (1, 1, 0), (100, 100, 0)])
def test_skip(skip: int, lost: int, duplicated: int) -> None:
    """What is left out counts as time without the tone; what is played again does not."""
    heard = sound.hear(tone(30, 1220) + tone(1250 + skip, 2000))
    assert (heard.lost, heard.duplicated) == (lost, duplicated)
    assert heard.outage_ns == lost * SECOND // sound.RATE


def test_pause_with_skip() -> None:
    """Silence and what was skipped behind it are one outage."""
    heard = sound.hear(tone(0, 500) + silence(200) + tone(800, 500))
    assert (heard.lost, heard.outage_ns) == (300, 500 * SECOND // sound.RATE)


def test_player_started_again() -> None:
    """It plays from the beginning: no samples were lost, only time."""
    heard = sound.hear(tone(7000, 500) + silence(4410) + tone(0, 500))
    assert (heard.lost, heard.duplicated, heard.outage_ns) == (0, 0, SECOND // 10)


def test_no_end_of_silence() -> None:
    """Silence at the end is an outage, too."""
    assert sound.hear(tone(0, 500) + silence(4410)).outage_ns == SECOND // 10


def test_distorted() -> None:
    """What is neither the tone nor silence is told apart, and is no service."""
    heard = sound.hear(tone(0, 500) + array.array("h", [-20000, 30000] * 10) + tone(500, 100))
    assert (heard.distorted, heard.silent_ns) == (10, 10 * SECOND // sound.RATE)


def test_nothing_heard() -> None:
    """A recording without the tone is a mistake of the harness."""
    with pytest.raises(HarnessError, match="nothing was heard"):
        sound.hear(silence(100))
