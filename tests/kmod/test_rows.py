# SPDX-License-Identifier: GPL-2.0
"""Every row of the kernel-function table: reached by a test, which passes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_ktap import parse

from harness import kernel, rows
from harness.paths import REPO
from harness.qemu import Machine
from harness.spec import Spec

LOAD_S = 240.0
# Freed memory is poisoned, and objects have red zones.
CHECKED_HEAP = "slub_debug=FZP"
TAINT_WARN = 1 << 9
TAINT_MODULES = 1 << 12 | 1 << 13  # from outside the tree, and unsigned
# Rows of functions only a debugging kernel has.
ELSEWHERE = {
    "__might_fault": "CONFIG_PROVE_LOCKING or CONFIG_DEBUG_ATOMIC_SLEEP",
    "mutex_lock_nested": "CONFIG_DEBUG_LOCK_ALLOC",
}


def test_every_row_is_reached() -> None:
    """The act of a test reaches its row, and every row has one that does."""
    reports = REPO / "build" / kernel.headers_release() / "inject" / "report" / "rows"
    proven = rows.proven(reports)
    claimed = {test.name for test in rows.tests()}
    assert not claimed - proven, f"tests that do not reach their row: {sorted(claimed - proven)}"
    untested = sorted(rows.table().keys() - proven - ELSEWHERE.keys())
    assert not untested, f"rows no test touches: {untested}"


def test_tests_are_of_rows() -> None:
    """No test outlives its row, and none is there twice."""
    counts = Counter(test.name for test in rows.tests())
    assert not [name for name, count in counts.items() if count > 1]
    assert not counts.keys() - rows.table().keys()


def test_elsewhere() -> None:
    """What is said to be missing from this kernel is not exported by it, and has a row."""
    exports = (Path("/lib/modules") / kernel.headers_release() / "build" / "Module.symvers").read_text(encoding="utf-8")
    assert not ELSEWHERE.keys() & {line.split("\t")[1] for line in exports.splitlines()}
    assert ELSEWHERE.keys() <= rows.table().keys()


@dataclass(frozen=True)
class Report:
    """What the module said, and what it left behind."""

    planned: int
    results: dict[str, str]  # "ok", or why it is not
    tainted: int
    left: str  # modules of ours after unloading
    heap: tuple[str, ...]  # what the allocator found


@pytest.fixture(scope="module")
def report(modules: dict[str, Path]) -> Report:
    """One run of all tests; no entry point is given up for its many faults."""
    with Machine(Spec(panic_on_oops=True, modules=(modules["fgft"], modules["fgft_rows"]), devices=("rtl8139,romfile=",),
                      kernel_args=(CHECKED_HEAP, "swiotlb=1024,force", "quiet"))) as machine:
        machine.check("mount -t debugfs none /sys/kernel/debug; insmod /modules/fgft.ko repeats=0", timeout_s=LOAD_S)
        machine.check("insmod /modules/fgft_rows.ko dyndbg=+p", timeout_s=LOAD_S)
        planned, results = parse(machine.check("cat /proc/fgft_rows"))
        machine.check("rmmod fgft_rows && rmmod fgft", timeout_s=LOAD_S)
        tainted = int(machine.check("cat /proc/sys/kernel/tainted"))
        left = machine.check("grep fgft /proc/modules || true")
        heap = machine.check("dmesg | grep -E 'BUG [a-z0-9_-]+ .*: |FIX |refcount_t' || true")
    return Report(planned, results, tainted, left, tuple(heap.splitlines()))


@pytest.mark.boot
@pytest.mark.parametrize("name", [test.result for test in rows.tests()])
def test_row(report: Report, name: str) -> None:
    """An aborted call leaves nothing of what the row's function does; a committed one does it."""
    assert report.results.get(name, "never ran") == "ok"


@pytest.mark.boot
def test_plan(report: Report) -> None:
    """Every test listed has run, and no other."""
    assert report.planned == len(report.results)
    assert sorted(report.results) == sorted(test.result for test in rows.tests())


@pytest.mark.boot
def test_nothing_left(report: Report) -> None:
    """No taint but that of the modules, and of the warning __copy_overflow() is."""
    assert report.tainted & ~(TAINT_MODULES | TAINT_WARN) == 0
    assert report.left == ""
    assert not report.heap
