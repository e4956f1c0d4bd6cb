#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Records consoles/*.log: makes a guest fail in every known way and keeps what it says.

    PYTHONPATH=. tests/harness/record_consoles.py           record anew (minutes)
    PYTHONPATH=. tests/harness/record_consoles.py <name>...  record these anew
    PYTHONPATH=. tests/harness/record_consoles.py --expect   rewrite the expectations only

Some are recorded on the oracle kernel, which is built when it is not there, and
some on the stock kernel with SLUB's checks on.

A recording starts with what the parser made of it, one line a report, behind
"# expect:".  Whoever rewrites those reads the difference before committing it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import console, kernel
from harness.oracle import build as oracle
from harness.qemu import Machine
from harness.spec import Spec
from tests.harness import crash_module

CONSOLES = Path(__file__).resolve().parent / "consoles"
EXPECT = "# expect: "

# Name of the recording -> command, panic on oops, guest seconds to wait.
Recordings = dict[str, tuple[str, bool, float]]
RECORDINGS: Recordings = {
    "null-load": ("echo null_load > {control}", False, 5),
    "null-load-panic": ("echo null_load > {control}", True, 5),
    "wild-store": ("echo wild_store > {control}", False, 5),
    "non-canonical": ("echo non_canonical > {control}", False, 5),
    "divide": ("echo divide > {control}", False, 5),
    "bug": ("echo bug > {control}", False, 5),
    "bug-panic": ("echo bug > {control}", True, 5),
    "warn": ("echo warn > {control}", False, 5),
    "atomic-sleep": ("echo atomic_sleep > {control}", False, 5),
    "soft-lockup": ("echo loop > {control}", False, 6),
    "rcu-stall": ("echo rcu_loop > {control}", False, 14),
    "hung-task": ("echo sleep_forever > {control}", False, 8),
    "sysrq-panic": ("echo c > /proc/sysrq-trigger", False, 5),
    "chatter": ("echo chatter > {control}", False, 1),
    "restart": ("rmmod e1000; modprobe e1000; fgft-net nut; fgft-net wait", False, 10),
}

# With SLUB's checks.
HEAP: Recordings = {
    "slub-use-after-free": ("echo use_after_free > {control}; echo use_after_free > {control}", False, 5),
}
# On the kernel with checkers.
ORACLE: Recordings = {
    "kasan-use-after-free": ("echo use_after_free > {control}", False, 20),
    "kasan-out-of-bounds": ("echo out_of_bounds > {control}", False, 20),
    "kasan-double-free": ("echo double_free > {control}", False, 20),
    "kasan-null-load": ("echo null_load > {control}", False, 20),
    "kasan-wild-store": ("echo wild_store > {control}", False, 20),
    "page-poison": ("echo page_poison > {control}", False, 20),
    "lock-order": ("echo lock_order > {control}", False, 20),
    "lock-irq": ("echo lock_irq > {control}", False, 20),
    "lock-kept": ("echo lock_kept > {control}", False, 20),
    "lock-in-atomic": ("echo lock_in_atomic > {control}", False, 20),
    "rcu-usage": ("echo rcu_usage > {control}", False, 20),
    "list": ("echo list > {control}", False, 20),
    # What was made a moment ago is not looked at.
    "leak": ("echo leak > {control}; sleep 6; echo scan > /sys/kernel/debug/kmemleak; sleep 6; "
             "echo scan > /sys/kernel/debug/kmemleak", False, 120),
}


def expectation(report: console.Report) -> str:
    """Return the line that stands for a report."""
    return " | ".join((report.kind.value, report.symbol, report.module, report.comm, report.title))


def write(path: Path, text: str) -> None:
    """Write a recording with its expectations before it."""
    head = "".join(f"{EXPECT}{expectation(report)}\n" for report in console.parse(text))
    path.write_text(head + text, encoding="utf-8")


def read(path: Path) -> tuple[list[str], str]:
    """Return a recording's expectations and its text."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    head = [line for line in lines if line.startswith(EXPECT)]
    return [line[len(EXPECT):].rstrip("\n") for line in head], "".join(lines[len(head):])


def record(recordings: Recordings, spec: Callable[[Path], Spec], boot: str | None, kdir: Path | None = None) -> None:
    """Boot once, then crash from the same snapshot again and again."""
    with tempfile.TemporaryDirectory() as scratch:
        module = crash_module.build(Path(scratch), kdir)
        with Machine(spec(module)) as machine:
            machine.check("insmod /modules/crash.ko; fgft-net wait", timeout_s=60)
            if boot:
                write(CONSOLES / f"{boot}.log", machine.console.text)
            machine.save(crash_module.SNAPSHOT)
            for name, (command, panic, wait_s) in recordings.items():
                machine.load(crash_module.SNAPSHOT)
                machine.check(f"sysctl -q -w kernel.panic_on_oops={int(panic)}")
                mark = machine.console.mark()
                attempt = machine.attempt(command.format(control=crash_module.CONTROL), timeout_s=wait_s,
                                          wall_s=wait_s * 4)
                write(CONSOLES / f"{name}.log", machine.console.text[mark:])
                print(f"{name}: {attempt.outcome.value}", flush=True)


def main(names: list[str]) -> None:
    """Record what is named, or everything."""
    def of(recordings: Recordings) -> Recordings:
        return {name: what for name, what in recordings.items() if not names or name in names}

    if of(RECORDINGS):
        record(of(RECORDINGS), crash_module.spec, None if names else "boot")
    if of(HEAP):
        record(of(HEAP), lambda module: crash_module.spec(module, "FZPU"), None if names else "boot-slub")
    if of(ORACLE):
        record(of(ORACLE), crash_module.oracle_spec, None if names else "boot-oracle",
               oracle.kdir(kernel.select("oracle")))


if __name__ == "__main__":
    if sys.argv[1:] == ["--expect"]:
        for recording in sorted(CONSOLES.glob("*.log")):
            write(recording, read(recording)[1])
    else:
        main(sys.argv[1:])
