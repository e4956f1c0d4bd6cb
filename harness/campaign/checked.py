# SPDX-License-Identifier: GPL-2.0
"""One trial in so many again, isolated, on the kernel with checkers.

That kernel sees what the stock one survives without a word: a byte behind an
object, a lock taken in two orders.  It is slow, so it is a pass of its own over a
campaign that has been run, in one machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.campaign.catalogue import Catalogue, Mutant, Reference, reference
from harness.campaign.machine import Subject
from harness.campaign.record import Fault, Kernel, Mode, Run, Trial
from harness.campaign.trial import Conditions, strike
from harness.driver import Driver
from harness.outcome import GuestLost, HarnessError
from harness.qemu import Machine
from harness.spec import Spec


def _places(mutants: Sequence[Mutant]) -> dict[tuple[str, str, str, int], list[int]]:
    found: dict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for mutant in mutants:
        found[mutant.unit, mutant.operator, mutant.function, mutant.line].append(mutant.number)
    return found


class Counterparts:
    """The same mutants in two builds, whose headers differ and with them the numbers."""

    def __init__(self, here: Sequence[Mutant], there: Sequence[Mutant]) -> None:
        self._here = _places(here)
        self._there = _places(there)

    def of(self, fault: Fault) -> int | None:
        """Return a fault's number in the other build; None where the line is not compiled to the same places."""
        key = (fault.unit, fault.operator, fault.function, fault.line)
        here, there = self._here.get(key, []), self._there.get(key, [])
        return there[here.index(fault.number)] if len(here) == len(there) and fault.number in here else None


class Checked:
    """A machine with the kernel with checkers; use it as a context manager."""

    def __init__(self, spec: Spec, driver: Driver, catalogue: Catalogue, counterparts: Counterparts, log: Path) -> None:
        self._spec = spec
        self._driver = driver
        self._catalogue = catalogue
        self._counterparts = counterparts
        self._log = log
        self._references: dict[str, Reference] = {}  # by trigger
        self._subject: Subject | None = None

    def __enter__(self) -> Checked:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the machine."""
        if self._subject:
            self._subject.machine.close()
        self._subject = None

    def run(self, trial: Trial) -> Run:
        """Run a trial's fault, isolated; one that is not in this build was not reached."""
        fault = trial.fault
        number = self._counterparts.of(fault)
        if number is None:
            return absent(trial.isolated)
        entry = self._catalogue.entry(fault.entry)
        subject = self._usable()
        if entry.trigger not in self._references:
            self._references[entry.trigger] = reference(subject, Mode.ISOLATED.value, entry.name, entry.trigger, entry.reach_ms)
        return strike(subject, entry, replace(fault, number=number), trial.seed,
                      Conditions(Mode.ISOLATED, Kernel.ORACLE, self._references[entry.trigger]))

    def _usable(self) -> Subject:
        """Return the machine at its snapshot, or another if it cannot be had back."""
        if self._subject:
            with suppress(GuestLost, HarnessError):
                self._subject.rewind()
                return self._subject
        self.close()
        self._subject = subject = Subject(Machine(self._spec, log=self._log), self._driver)
        subject.machine.boot()
        subject.prepare()
        return subject


def absent(like: Run) -> Run:
    """Return the record of a run that could not be: the other kernel's headers make other code of the line."""
    unknown: dict[str, Any] = dict.fromkeys(Run.__dataclass_fields__) | {
        "mode": Mode.ISOLATED.value, "kernel": Kernel.ORACLE.value, "outcome": "not_reached", "machine": like.machine.value,
        "reached": False, "problems": ["the mutant is not in the build for this kernel"], "console": [], "wall_s": 0.0}
    return Run.from_json(unknown)
