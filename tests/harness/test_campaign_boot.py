# SPDX-License-Identifier: GPL-2.0
"""Three faults of a campaign in a real guest, twice: the same outcomes."""

from __future__ import annotations

from dataclasses import replace

from harness import kernel
from harness.campaign import catalogue, plan
from harness.campaign.machine import Subject, spec
from harness.campaign.record import Mode, Outcome, Run
from harness.campaign.trial import Runner
from harness import driver as drivers
from harness.modules import build_directory, built
from harness.qemu import Machine

# Cheap, and one for each way an entry point is reached: by a command, by traffic.
ENTRIES = ("e1000_get_drvinfo", "e1000_xmit_frame")
# The first is passed by every packet; all of them end in a wild access.
OPERATORS = ("null-pointer", "random-pointer", "wild-call", "null-argument")


def kept(run: Run) -> Run:
    """Leave out times, which differ by what the guest's processor did when the host asked, and where in it hits fell."""
    return replace(run, wall_s=0.0, detection_ns=None, rollback_ns=None, restore_ns=None, outage_ns=None, hits=None)


def test_the_same_seed_has_the_same_outcomes() -> None:
    """Planned from a measured catalogue, run natively and isolated, and all of it again."""
    driver = drivers.load("e1000")
    guest_kernel = kernel.fetch()
    modules = built(driver, guest_kernel, build=False, mutants=True)
    reports = build_directory(guest_kernel.release, mutants=True) / "report" / driver.name
    with Machine(spec(driver, modules, "stock", icount=True, smp=1)) as machine:
        subject = Subject(machine, driver)
        subject.prepare()
        found = catalogue.measure(subject, "test", guest_kernel.release, catalogue.read_mutants(reports), print, ENTRIES)
        assert {entry.name for entry in found.entries} == set(ENTRIES)
        made = plan.make(1, found, 10_000, True, None)
        faults = [next(fault for fault in made.faults if fault.entry == entry and fault.operator in OPERATORS) for entry in ENTRIES]
        faults.append(next(fault for fault in made.faults if fault.operator == "endless-loop"))
        runner = Runner(replace(made, faults=tuple(faults)), found)
        both = []
        for _ in range(2):
            trials = []
            for index in range(len(faults)):
                subject.rewind()
                trials.append(runner.run(subject, index))
            both.append(trials)
    for first, second in zip(*both, strict=True):
        assert kept(first.native) == kept(second.native)
        assert kept(first.isolated) == kept(second.isolated)
        assert first.native.mode is Mode.NATIVE
        assert first.native.outcome.fatal
        assert first.isolated.outcome is Outcome.RECOVERED, first.isolated.problems
