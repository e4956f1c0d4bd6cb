# SPDX-License-Identifier: GPL-2.0
"""The console parser, on consoles recorded from guests that failed for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import console
from harness.console import Console, Kind
from tests.harness.record_consoles import CONSOLES, HEAP, ORACLE, RECORDINGS, expectation, read

FILES = sorted(CONSOLES.glob("*.log"))


def test_every_recording_is_there() -> None:
    """A recording that cannot be made any more, or was never made, shows here."""
    assert {path.stem for path in FILES} == {*RECORDINGS, *HEAP, *ORACLE, "boot", "boot-slub", "boot-oracle"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_recording(path: Path) -> None:
    """The parser finds what is written at the recording's head, nothing else."""
    expected, text = read(path)
    assert [expectation(report) for report in console.parse(text)] == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_invariants(path: Path) -> None:
    """Reports are in order, do not overlap, and quote the console."""
    lines = read(path)[1].splitlines()
    at = 0
    for report in console.parse("\n".join(lines)):
        at = lines.index(report.lines[0], at) + len(report.lines)
        assert lines[at - len(report.lines):at] == list(report.lines)
        assert report.title in report.lines[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_truncated(path: Path) -> None:
    """A console cut off anywhere gives a beginning of the same reports."""
    text = read(path)[1]
    whole = [(report.kind, report.title) for report in console.parse(text)]
    for end in range(0, len(text), 97):
        part = [(report.kind, report.title) for report in console.parse(text[:end])]
        # The last title may itself be cut off.
        assert part[:-1] == whole[:max(len(part) - 1, 0)]


def test_damaged() -> None:
    """Bytes that are no text neither raise nor hide what is whole."""
    text = read(CONSOLES / "bug.log")[1]
    assert [report.kind for report in console.parse("\0\ufffd\n" + text + "\n[  9.9")] == [Kind.BUG]


def test_own_reports_are_not_the_kernels() -> None:
    """A fault FGFT has recovered from is not an oops."""
    assert console.parse("[    1.000000] fgft: BUG: bad load in e1000_set_ringparam\n") == []


def test_kinds_have_recordings() -> None:
    """Every kind was seen in a real guest, but for those that cannot be made there."""
    seen = {report.kind for path in FILES for report in console.parse(read(path)[1])}
    # No PMU under emulation (hard lockup), and no way to meet another trap that
    # would leave a guest to tell.  A complaint is what has no row of its own yet;
    # nobody has recorded a network device that cannot go.
    assert set(Kind) - seen == {Kind.HARD_LOCKUP, Kind.OOPS, Kind.COMPLAINT, Kind.HELD_REFERENCE}


def test_console_file(tmp_path: Path) -> None:
    """The log file is followed as it grows, split characters and carriage returns included."""
    path = tmp_path / "console"
    follower = Console(path)
    assert not follower.poll()
    path.write_bytes(b"one\r\n")
    assert follower.poll()
    mark = follower.mark()
    with path.open("ab") as stream:
        stream.write(b"[    2.000000] kernel BUG at a.c:1!\r\n\xff\r\n")
    assert [report.kind for report in follower.since(mark)] == [Kind.BUG]
    assert follower.tail(1) == "\ufffd"
    assert not follower.poll()


def test_evidence(tmp_path: Path) -> None:
    """What a lost guest printed last is shown from its beginning, if it is a report; otherwise the last lines are."""
    path = tmp_path / "console"
    follower = Console(path)
    before = "".join(f"[    1.{line:06}] fine\n" for line in range(40))
    report = "[    2.000000] watchdog: BUG: soft lockup - CPU#1 stuck for 26s!\n" + "".join(
        f"[    2.{line:06}]  ? frame\n" for line in range(1, 40))
    path.write_text(before)
    assert follower.evidence() == follower.tail()
    path.write_text(before + report)
    assert follower.evidence() == report.rstrip("\n")
    path.write_text(before + report + 3 * before)
    assert follower.evidence() == follower.tail()
