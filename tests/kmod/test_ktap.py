# SPDX-License-Identifier: GPL-2.0
"""The tests inside fgft_test.ko, each as one test here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from guests import found_by_checkers, machine

pytestmark = pytest.mark.boot

HERE = Path(__file__).resolve().parent
PARAMETERS = "/sys/module/fgft_test/parameters"
LOAD_S = 120.0
# Alone on its bus, so that it can be reset.
EDU = ("pci-bridge,id=bridge,chassis_nr=1,shpc=off", "edu,bus=bridge,addr=1")
# SLUB: freed memory is poisoned, and objects have red zones and are checked.
CHECKED_HEAP = "FZPU"

_RESULT = re.compile(r"(?P<not>not )?ok (?P<number>\d+) (?P<name>\S+)(?P<skip> # SKIP .*)?")
_ROW = re.compile(r'^\t\{ "(\w+)", test_\w+ \},$', re.MULTILINE)


def names() -> list[str]:
    """Return the tests the sources list, as <suite>.<test>."""
    return [
        f"{source.stem.removesuffix('_test')}.{row}"
        for source in sorted(HERE.glob("*_test.c"))
        for row in _ROW.findall(source.read_text(encoding="utf-8"))
    ]


@dataclass(frozen=True)
class Report:
    """What the module said: its plan, its results, and the notes before each."""

    planned: int
    results: dict[str, str]  # "ok", or why it is not
    failed: int
    tainted: int
    left: str  # modules of ours after unloading
    found: tuple[str, ...]  # by the allocator and by other checkers, for example a use after free


def parse(text: str) -> tuple[int, dict[str, str]]:
    """Return the plan and the results of a KTAP text; anything else in it is an error."""
    lines = text.splitlines()
    assert lines[0] == "KTAP version 1", text
    planned = int(lines[1].removeprefix("1.."))
    results: dict[str, str] = {}
    notes: list[str] = []
    for line in lines[2:]:
        match = _RESULT.fullmatch(line)
        if match:
            assert int(match["number"]) == len(results) + 1, text
            bad = "not ok" if match["not"] else match["skip"]
            results[match["name"]] = "\n".join([bad, *notes]) if bad else "ok"
            notes = []
        else:
            assert line.startswith("# "), line
            notes.append(line)
    return planned, results


@pytest.fixture(scope="session")
def report(modules: dict[str, Path], kernel_name: str) -> Report:
    """One run of the module on two processors, and what it left behind."""
    with machine(kernel_name, CHECKED_HEAP, smp=2, modules=(modules["fgft"], modules["fgft_test"]), devices=EDU) as guest:
        # Tests fault at will; recover.repeats turns climbing on for itself.
        guest.check("insmod /modules/fgft.ko repeats=0", timeout_s=LOAD_S)
        guest.check("insmod /modules/fgft_test.ko", timeout_s=LOAD_S)
        planned, results = parse(guest.check(f"cat {PARAMETERS}/ktap"))
        failed = int(guest.check(f"cat {PARAMETERS}/failed"))
        guest.check("rmmod fgft_test && rmmod fgft", timeout_s=LOAD_S)
        tainted = int(guest.check("cat /proc/sys/kernel/tainted"))
        left = guest.check("grep fgft /proc/modules || true")
        heap = guest.check("dmesg | grep -E 'BUG [a-z0-9_-]+ .*: |FIX ' || true")
        checkers = [report.title for report in found_by_checkers(guest)]
    return Report(planned, results, failed, tainted, left, (*heap.splitlines(), *checkers))


@pytest.mark.parametrize("name", names())
def test_in_kernel(report: Report, name: str) -> None:
    """The module's own verdict, with what it expected."""
    assert report.results.get(name, "never ran") == "ok"


def test_plan(report: Report) -> None:
    """Every test listed has run, and no other."""
    assert report.planned == len(report.results)
    assert sorted(report.results) == sorted(names())
    assert report.failed == sum(verdict.startswith("not ok") for verdict in report.results.values())


def test_nothing_left(report: Report) -> None:
    """Faults on purpose leave no taint but that of unsigned modules from outside the tree."""
    assert report.tainted & ~(1 << 12 | 1 << 13) == 0
    assert report.left == ""
    assert not report.found
