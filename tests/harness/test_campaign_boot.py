# SPDX-License-Identifier: GPL-2.0
"""Faults of a campaign in a real guest: the same outcomes twice, and what belongs to a call."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from harness import driver as drivers
from harness import kernel
from harness.campaign import catalogue, plan
from harness.campaign.machine import Subject, answer_of, spec
from harness.campaign.record import Mode, Outcome, Run
from harness.campaign.trial import Runner
from harness.modules import build_directory, built
from harness.outcome import Outcome as MachineOutcome
from harness.qemu import Attempt, Machine

pytestmark = pytest.mark.boot

# Cheap, and one for each way an entry point is reached: by a command, by traffic.
ENTRIES = ("e1000_get_drvinfo", "e1000_xmit_frame")
# The first is passed by every packet; all of them end in a wild access.
OPERATORS = ("null-pointer", "random-pointer", "wild-call", "null-argument")
# The watchdog is fed each second (guest/pulse.h).  The peer answers by the host's time, so that the mutant may be
# reached before a feed or after it, and that feed be late.
APART_NS = 1_500_000_000


@dataclass(frozen=True)
class Bench:
    """A guest that is ready for trials, and the mutants in it."""

    subject: Subject
    release: str
    mutants: tuple[catalogue.Mutant, ...]


def kept(run: Run) -> Run:
    """Leave out times and places, which differ by what the guest's processor did when the host asked."""
    problems = tuple(re.sub(r"runs at [0-9a-f]+", "runs", problem) for problem in run.problems)
    return replace(run, wall_s=0.0, detection_ns=None, rollback_ns=None, restore_ns=None, outage_ns=None, hits=None,
                   problems=problems)


@pytest.fixture(scope="module", name="bench")
def make_bench() -> Iterator[Bench]:
    """Boot a guest with the mutants of e1000."""
    driver = drivers.load("e1000")
    guest_kernel = kernel.fetch()
    modules = built(driver, guest_kernel, build=False, mutants=True)
    reports = build_directory(guest_kernel.release, mutants=True) / "report" / driver.name
    with Machine(spec(driver, modules, "stock", icount=True, smp=1)) as machine:
        subject = Subject(machine, driver)
        subject.prepare()
        yield Bench(subject, guest_kernel.release, catalogue.read_mutants(reports))


def test_the_same_seed_has_the_same_outcomes(bench: Bench) -> None:
    """Planned from a measured catalogue, run natively and isolated, and all of it again."""
    found = catalogue.measure(bench.subject, "test", bench.release, bench.mutants, print, ENTRIES)
    assert {entry.name for entry in found.entries} == set(ENTRIES)
    made = plan.make(1, found, 10_000, True, None)
    faults = [next(fault for fault in made.faults if fault.entry == entry and fault.operator in OPERATORS) for entry in ENTRIES]
    faults.append(next(fault for fault in made.faults if fault.operator == "endless-loop"))
    runner = Runner(replace(made, faults=tuple(faults)), found)
    both = []
    for _ in range(2):
        trials = []
        for index in range(len(faults)):
            bench.subject.rewind()
            trials.append(runner.run(bench.subject, index))
        both.append(trials)
    for first, second in zip(*both, strict=True):
        assert kept(first.native) == kept(second.native)
        assert kept(first.isolated) == kept(second.isolated)
        assert first.native.mode is Mode.NATIVE
        assert first.native.outcome.fatal
        assert first.isolated.outcome is Outcome.RECOVERED, first.isolated.problems


def hang(bench: Bench, table: str, entry: str, function: str, operator: str) -> tuple[Attempt, int]:
    """Wake a mutant natively; return what came of it, and the guest's time then."""
    trigger = bench.subject.driver.catalogue().find(table)
    assert trigger
    mutant = next(each for each in bench.mutants if each.function == function and each.operator == operator)
    bench.subject.rewind()
    attempt = bench.subject.ask("native", entry, trigger.shell, trigger.reach_ms, unit=mutant.unit, number=mutant.number, seed=1)
    assert attempt.outcome in (MachineOutcome.HUNG_SILENT, MachineOutcome.HUNG_WITH_OUTPUT), attempt
    # The HPET's counter, of 10 ns.
    counter = bench.subject.machine.ask_monitor("xp /1gx 0xfed000f0").partition(":")[2]
    return attempt, int(counter, 16) * 10


def test_a_hang_is_decided_by_the_guests_time(bench: Bench) -> None:
    """A loop without an end is taken for hung at the same moment but for a feed, however busy the host is."""
    where = "ethtool_ops.get_link", "e1000_get_link", "e1000_get_link"
    first, at_ns = hang(bench, *where, "endless-loop")
    assert "watchdog" in first.detail
    with subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) as busy:
        try:
            second, again_ns = hang(bench, *where, "endless-loop")
        finally:
            busy.kill()
    assert "watchdog" in second.detail
    assert abs(again_ns - at_ns) < APART_NS


def test_a_lock_nobody_can_release(bench: Bench) -> None:
    """The only CPU waits for a lock: that is known without waiting for the watchdog, and the guest can be had back."""
    attempt, _ = hang(bench, "net_device_ops.ndo_set_features", "e1000_set_features", "e1000_read_phy_reg", "double-lock")
    assert "spin lock" in attempt.detail
    bench.subject.rewind()
    assert bench.subject.machine.check("echo here") == "here\n"


def test_what_a_call_puts_off_is_part_of_it(bench: Bench) -> None:
    """Remove closes the interface at its end, when the isolated call is over: its mutant is awake there."""
    trigger = bench.subject.driver.catalogue().find("pci_driver.remove")
    assert trigger
    # The call of e1000_down(), which every close makes.
    mutant = next(each for each in bench.mutants if each.function == "e1000_close" and each.operator == "null-argument")
    bench.subject.rewind()
    answer = answer_of(bench.subject.ask("isolated", "e1000_remove", trigger.shell, trigger.reach_ms,
                                         unit=mutant.unit, number=mutant.number, seed=1))
    assert answer["struck"]
    assert answer["faults"]
