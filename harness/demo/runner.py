# SPDX-License-Identifier: GPL-2.0
"""The demo from beginning to end: profile, restart, then every case twice."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from harness.agent import AgentError
from harness.demo import isolated, native, restart
from harness.demo.case import Case
from harness.driver import Driver, Entry
from harness.demo.faults import Fault
from harness.demo.isolated import Isolated
from harness.demo.native import Native
from harness.demo.table import duration
from harness.demo.target import Profile, Target
from harness.outcome import GuestLost, HarnessError
from harness.pool import Pool
from harness.service import Seen
from harness.progress import progress
from harness.qemu import Machine
from harness.spec import Spec

# Outage of an isolated case, as a share of a restart's.
OUTAGE_SHARE = 1 / 5


@dataclass(frozen=True)
class Measured:
    """An entry point's profile, how long its workload takes, and what a client sees of it.

    No traffic: the call itself, without any fault, keeps this client out.
    """

    profile: Profile
    wall_s: float
    traffic: Seen | None


@dataclass(frozen=True)
class Unreachable:
    """An entry point that could not be profiled: its cases fail with this reason."""

    reason: str


@dataclass(frozen=True)
class Job:
    """A piece of work for one machine; no entry: the restart; no case: a profile."""

    entry: Entry | None = None
    case: Case | None = None
    isolated: bool = False

    @property
    def title(self) -> str:
        """For the progress line."""
        if not self.entry:
            return "restart"
        if not self.case:
            return f"{self.entry.name}: profile"
        return f"{self.entry.name}: {self.case.fault.title}, {'isolated' if self.isolated else 'native'}"


Result = Measured | Unreachable | restart.Restart | Native | Isolated


@dataclass
class Run:
    """A run and what has come of it, also when it is interrupted."""

    driver: Driver
    entries: list[Entry]
    faults: list[Fault]
    spec: Spec
    width: int
    directory: Path  # for results and consoles
    cases: list[Case] = field(default_factory=list)
    restart: restart.Restart | None = None
    _measured: dict[str, Measured] = field(default_factory=dict)
    _unreachable: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many cases there are to be."""
        return len(self.entries) * len(self.faults)

    def execute(self) -> None:
        """Do everything; results are in `cases` and `restart` as they come."""
        jobs = 1 + len(self.entries) + 2 * self.total
        with Pool[Target, Job, Result](self._target, self.width) as pool, progress("demo", jobs) as step:
            machine = pool.await_machine()
            step(f"booted in {machine.boot_wall_s:.1f} s ({machine.accelerator.name}: {machine.accelerator.reason}), "
                 f"{machine.spec.smp} CPUs, -cpu {machine.spec.cpu}, panic_on_oops={int(machine.spec.panic_on_oops)}", 0)

            def report(job: Job, result: Result) -> None:
                self._keep(job, result)
                step(f"{job.title}: {_told(result)}", 1)

            pool.run([Job(), *(Job(entry) for entry in self.entries)], self._work, report)
            self.cases = [self._case(entry, fault) for entry in self.entries for fault in self.faults]
            pool.run([Job(case.entry, case, side) for case in self.cases for side in (False, True)
                      if case.entry.name in self._measured], self._work, report)

    def _target(self, index: int) -> Target:
        return Target(Machine(self.spec, log=self.directory / f"console-{index}.txt"), self.driver)

    def _case(self, entry: Entry, fault: Fault) -> Case:
        if entry.name in self._measured:
            measured = self._measured[entry.name]
            return Case(self.driver, entry, fault, measured.profile, undisturbed=measured.traffic)
        case = Case(self.driver, entry, fault, Profile(0, 0, 0), Native(None, self._unreachable[entry.name]), Isolated())
        if case.isolated:
            case.isolated.answer("carried_out", False, self._unreachable[entry.name])
        return case

    def _work(self, target: Target, job: Job) -> Result:
        if not job.entry:
            return restart.run(target)
        if not job.case:
            return self._profile(target, job.entry)
        measured = self._measured[job.entry.name]
        if not job.isolated:
            return native.run(target, job.entry, job.case.fault, measured.profile, measured.wall_s)
        assert self.restart, "the restart is measured before any case"
        bound_ns = self.restart.traffic.outage_ns * OUTAGE_SHARE
        return isolated.run(target, job.entry, job.case.fault, measured.profile, bound_ns)

    @staticmethod
    def _profile(target: Target, entry: Entry) -> Measured | Unreachable:
        target.rewind()
        try:
            begun = time.monotonic()
            profile = target.profile(entry)
            wall_s = time.monotonic() - begun
            # Once more for the client: what it does must not be counted as sites.
            target.rewind()
            client = target.driver.service.start(target.machine)
            target.change(entry)
            # Some calls are meant to cut this client off: a new address, for one.
            flows = target.served()
            traffic = client.stop()
            return Measured(profile, wall_s, traffic if flows else None)
        except (HarnessError, GuestLost, AgentError) as error:
            return Unreachable(f"cannot be profiled: {error}")

    def _keep(self, job: Job, result: Result) -> None:
        if isinstance(result, restart.Restart):
            self.restart = result
        elif isinstance(result, Measured) and job.entry:
            self._measured[job.entry.name] = result
        elif isinstance(result, Unreachable) and job.entry:
            self._unreachable[job.entry.name] = result.reason
        elif isinstance(result, Native) and job.case:
            job.case.native = result
        elif isinstance(result, Isolated) and job.case:
            job.case.isolated = result


def _told(result: Result) -> str:
    """Return a result in a few words."""
    if isinstance(result, restart.Restart):
        return f"{duration(result.traffic.outage_ns)}, {result.traffic.lost} lost"
    if isinstance(result, Measured):
        alone = f"; {duration(result.traffic.outage_ns)} of silence when nothing is wrong" if result.traffic else ""
        return f"{result.profile.hits} sites, struck at {result.profile.half_way}{alone}"
    if isinstance(result, Unreachable):
        return result.reason
    if isinstance(result, Native):
        return result.outcome.value if result.outcome else f"no result, {result.detail}"
    step = f" ({result.fault.step})" if result.fault else ""
    return result.outcome.value + step + "".join(f"; {reason}" for reason in result.reasons)
