# SPDX-License-Identifier: GPL-2.0
"""A fault in the driver as it is: what becomes of the system.

The kernel panics on an oops, as servers are set up to.  A fault that leaves it
running is looked for by what a user would notice: a command that does not come
back, a CPU nothing runs on any more, another module's data changed, service
that stays away.
"""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass

from harness.agent import AgentError
from harness.console import Report
from harness.driver import Entry
from harness.demo.faults import Fault
from harness.demo.target import Profile, Target, last_lines
from harness.outcome import GuestLost, HarnessError, Outcome

# Wall seconds.  A loop with pauses emulates so slowly that guest time is no
# measure; the workloads take far below one second.
_HANG_S = 2.0
_HANG_FACTOR = 5.0
_PINNED_S = 2.0
_POLL_S = 0.05
_DEATH_S = 2.0
_STRIKE = "__fgft_strike"


class NativeOutcome(enum.Enum):
    """What a fault does to a system without isolation."""

    OOPS = "oops"  # the kernel reported it and went on
    PANIC = "panic"
    HANG = "hang"
    CORRUPTION = "corruption"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Native:
    """A native case; no outcome means that the case itself went wrong."""

    outcome: NativeOutcome | None
    detail: str
    evidence: str = ""  # the console's last lines
    wall_s: float = 0.0


def run(target: Target, entry: Entry, fault: Fault, profile: Profile, normal_wall_s: float) -> Native:
    """Strike one entry point natively and see what becomes of the guest."""
    begun = time.monotonic()
    target.rewind()
    mark = target.machine.console.mark()
    try:
        target.arm(entry, fault.name, profile.half_way)
        outcome, detail = _observe(target, entry, mark, max(_HANG_S, _HANG_FACTOR * normal_wall_s))
    except GuestLost as lost:
        outcome, detail = of_lost(lost, target.machine.console.since(mark), entry)
    except (HarnessError, AgentError) as error:
        outcome, detail = None, str(error)
    return Native(outcome, detail, last_lines(target, mark), time.monotonic() - begun)


def of_lost(lost: GuestLost, reports: list[Report], entry: Entry) -> tuple[NativeOutcome | None, str]:
    """Classify a guest that is gone; it must be our fault that took it."""
    if lost.outcome is Outcome.GUEST_PANIC:
        if not any(_STRIKE in line or f" {entry.name}+" in line for report in reports for line in report.lines):
            return None, "the guest panicked, but not where the fault struck"
        return NativeOutcome.PANIC, reports[0].title
    if lost.outcome in (Outcome.HUNG_SILENT, Outcome.HUNG_WITH_OUTPUT):
        return NativeOutcome.HANG, f"the guest stopped answering ({lost.outcome.value})"
    return None, f"{lost.outcome.value}: {lost.detail}"


def _observe(target: Target, entry: Entry, mark: int, patience_s: float) -> tuple[NativeOutcome | None, str]:
    machine = target.machine
    job = machine.background(entry.change or "true")
    result = None
    deadline = time.monotonic() + patience_s
    struck = False
    while time.monotonic() < deadline and (result is None or not struck):
        result = result or machine.collect(job, wait_s=0)
        struck = struck or "struck" in machine.read_file("/sys/kernel/fgft/inject", patience_s).decode()
        # Not in the guest: while one CPU spins its clock all but stands still.
        time.sleep(_POLL_S)
    if not struck:
        return None, f"the fault did not strike within {patience_s:.1f} s"
    reports = machine.console.since(mark)
    oopses = [report for report in reports if report.kind.is_oops]
    if oopses:
        _await_end(target)
        return NativeOutcome.OOPS, oopses[0].title
    if result is None:
        return NativeOutcome.HANG, f"'{entry.change}' did not come back within {patience_s:.1f} s"
    return _aftermath(target)


def _await_end(target: Target) -> None:
    """Give a kernel that has begun to die the time to do so; raises GuestLost then."""
    deadline = time.monotonic() + _DEATH_S
    while time.monotonic() < deadline:
        target.machine.clock_ns()
        time.sleep(_POLL_S)


def _aftermath(target: Target) -> tuple[NativeOutcome, str]:
    """The command came back: find out what it left behind."""
    machine = target.machine
    for cpu in range(machine.spec.smp):
        job = machine.background(["taskset", str(1 << cpu), "true"])
        if not _comes_back(target, job):
            return NativeOutcome.HANG, f"nothing runs on CPU {cpu} any more"
    view = target.look()
    if view.victim != "intact":
        return NativeOutcome.CORRUPTION, "data of another module was overwritten"
    if not target.served():
        return NativeOutcome.CORRUPTION, "nobody is served any more"
    lost = [name for name, value in view.settings.items() if value is None]
    if lost:
        return NativeOutcome.CORRUPTION, f"cannot be read any more: {', '.join(lost)}"
    return NativeOutcome.SURVIVED, "went on as if nothing had happened"


def _comes_back(target: Target, job: int) -> bool:
    deadline = time.monotonic() + _PINNED_S
    while time.monotonic() < deadline:
        if target.machine.collect(job, wait_s=0):
            return True
        time.sleep(_POLL_S)
    return False
