#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Records consoles/*.log: makes a guest fail in every known way and keeps what it says.

    PYTHONPATH=. tests/harness/record_consoles.py          record anew (minutes)
    PYTHONPATH=. tests/harness/record_consoles.py --expect  rewrite the expectations only

A recording starts with what the parser made of it, one line a report, behind
"# expect:".  Whoever rewrites those reads the difference before committing it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from harness import console
from harness.qemu import Machine
from tests.harness import crash_module

CONSOLES = Path(__file__).resolve().parent / "consoles"
EXPECT = "# expect: "

# Name of the recording -> command, panic on oops, guest seconds to wait.
RECORDINGS: dict[str, tuple[str, bool, float]] = {
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


def record() -> None:
    """Boot once, then crash from the same snapshot again and again."""
    with tempfile.TemporaryDirectory() as scratch:
        module = crash_module.build(Path(scratch))
        with Machine(crash_module.spec(module)) as machine:
            machine.check("insmod /modules/crash.ko; fgft-net wait")
            write(CONSOLES / "boot.log", machine.console.text)
            machine.save(crash_module.SNAPSHOT)
            for name, (command, panic, wait_s) in RECORDINGS.items():
                machine.load(crash_module.SNAPSHOT)
                machine.check(f"sysctl -q -w kernel.panic_on_oops={int(panic)}")
                mark = machine.console.mark()
                attempt = machine.attempt(command.format(control=crash_module.CONTROL), timeout_s=wait_s,
                                          wall_s=wait_s * 4)
                write(CONSOLES / f"{name}.log", machine.console.text[mark:])
                print(f"{name}: {attempt.outcome.value}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--expect"]:
        for recording in sorted(CONSOLES.glob("*.log")):
            write(recording, read(recording)[1])
    else:
        record()
