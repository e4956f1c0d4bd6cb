# SPDX-License-Identifier: GPL-2.0
"""Every row of the kernel-function table: reached by a test, which passes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from guests import found_by_checkers, machine
from test_ktap import parse

from harness import kernel, rows
from harness.modules import closure, load_needed
from harness.oracle import build as oracle

LOAD_S = 240.0
# The bus looks for its devices by itself, and takes a moment for it.
PLUG = "modprobe xhci_pci; for i in $(seq 100); do [ -e /sys/bus/usb/devices/1-1:1.0/bInterfaceClass ] && break; usleep 50000; done"
# SLUB: freed memory is poisoned, and objects have red zones.
CHECKED_HEAP = "FZP"
TAINT_WARN = 1 << 9
TAINT_MODULES = 1 << 12 | 1 << 13  # from outside the tree, and unsigned
# Rows of functions only a debugging kernel has.
ELSEWHERE = {
    "__might_fault": "CONFIG_PROVE_LOCKING or CONFIG_DEBUG_ATOMIC_SLEEP",
    "mutex_lock_nested": "CONFIG_DEBUG_LOCK_ALLOC",
    "mutex_lock_interruptible_nested": "CONFIG_DEBUG_LOCK_ALLOC",
    "mutex_lock_killable_nested": "CONFIG_DEBUG_LOCK_ALLOC",
    "trace_hardirqs_on": "CONFIG_TRACE_IRQFLAGS",
    "trace_hardirqs_off": "CONFIG_TRACE_IRQFLAGS",
    "__raw_spin_lock_init": "CONFIG_DEBUG_SPINLOCK",
    "__rwlock_init": "CONFIG_DEBUG_SPINLOCK",
    "lockdep_init_map_type": "CONFIG_LOCKDEP",
}
# What the headers of a debugging kernel make of other functions' names.
INSTEAD = {
    "might_fault": "__might_fault",
    "mutex_lock": "mutex_lock_nested",
    "mutex_lock_interruptible": "mutex_lock_interruptible_nested",
    "mutex_lock_killable": "mutex_lock_killable_nested",
}


def test_every_row_is_reached(built: Path, kernel_name: str) -> None:
    """The act of a test reaches its row, and every row has one that does."""
    proven = rows.proven(built / "report" / "rows", instead=INSTEAD if kernel_name == "oracle" else {})
    claimed = {test.name for test in rows.tests()}
    assert not claimed - proven, f"tests that do not reach their row: {sorted(claimed - proven)}"
    untested = sorted(rows.table().keys() - proven - ELSEWHERE.keys())
    assert not untested, f"rows no test touches: {untested}"


def test_tests_are_of_rows() -> None:
    """No test outlives its row, and none is there twice."""
    counts = Counter(test.name for test in rows.tests())
    assert not [name for name, count in counts.items() if count > 1]
    assert not counts.keys() - rows.table().keys()


def test_elsewhere(kernel_name: str) -> None:
    """What only a debugging kernel has is not exported by the stock one, is by the other, and has a row."""
    stock = Path("/lib/modules") / kernel.headers_release() / "build"
    kdir = oracle.kdir(kernel.select("oracle")) if kernel_name == "oracle" else stock
    exports = {line.split("\t")[1] for line in (kdir / "Module.symvers").read_text(encoding="utf-8").splitlines()}
    assert ELSEWHERE.keys() & exports == (ELSEWHERE.keys() if kernel_name == "oracle" else set())
    assert ELSEWHERE.keys() <= rows.table().keys()


@dataclass(frozen=True)
class Report:
    """What the module said, and what it left behind."""

    planned: int
    results: dict[str, str]  # "ok", or why it is not
    tainted: int
    left: str  # modules of ours after unloading
    found: tuple[str, ...]  # by the allocator and by other checkers


@pytest.fixture(scope="module")
def report(modules: dict[str, Path], kernel_name: str) -> Report:
    """One run of all tests; no entry point is given up for its many faults."""
    with machine(kernel_name, CHECKED_HEAP, ("swiotlb=1024,force", "loglevel=5"), usb="pegasus",
                 modules=closure(modules["fgft_rows"].parent, "fgft_rows"), devices=("rtl8139,romfile=",)) as guest:
        guest.run("mount -t debugfs none /sys/kernel/debug")  # unless it is there
        guest.check(PLUG, timeout_s=LOAD_S)
        load_needed(guest, "fgft_rows", "repeats=0")
        planned, results = 0, {}
        for parameters in ("", "suite=usb"):
            guest.check(f"insmod /modules/fgft_rows.ko dyndbg=+p {parameters}", timeout_s=LOAD_S)
            count, some = parse(guest.check("cat /proc/fgft_rows; rmmod fgft_rows", timeout_s=LOAD_S))
            planned, results = planned + count, results | some
        guest.check(f"rmmod {' '.join(path.stem for path in reversed(guest.spec.modules[:-1]))}", timeout_s=LOAD_S)
        tainted = int(guest.check("cat /proc/sys/kernel/tainted"))
        left = guest.check("grep fgft /proc/modules || true")
        heap = guest.check("dmesg | grep -E 'BUG [a-z0-9_-]+ .*: |FIX |refcount_t' || true")
        checkers = [report.title for report in found_by_checkers(guest)]
    return Report(planned, results, tainted, left, (*heap.splitlines(), *checkers))


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
    assert not report.found
