# SPDX-License-Identifier: GPL-2.0
"""One case of the demo: an entry point and a fault, natively and isolated."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from harness.driver import Driver, Entry
from harness.demo.faults import Fault
from harness.demo.isolated import Isolated, IsolatedOutcome
from harness.demo.native import Native
from harness.demo.target import Profile
from harness.service import Seen


@dataclass
class Case:
    """An entry point, a fault, and what is known so far."""

    driver: Driver
    entry: Entry
    fault: Fault
    profile: Profile
    native: Native | None = None
    isolated: Isolated | None = None
    undisturbed: Seen | None = None  # over the same call, natively, without the fault

    @property
    def reasons(self) -> list[str]:
        """Why this case does not count as shown; empty if it does."""
        reasons = []
        if not self.native or not self.native.outcome:
            reasons.append(f"native: {self.native.detail if self.native else 'not run'}")
        if not self.isolated:
            reasons.append("isolated: not run")
        else:
            reasons += [f"isolated: {reason}" for reason in self.isolated.reasons]
        return reasons

    @property
    def shown(self) -> bool:
        """Whether the fault struck natively, and was recovered from in bounds when isolated."""
        return bool(self.native and self.native.outcome and self.recovered and self.isolated and self.isolated.in_bounds)

    @property
    def recovered(self) -> bool:
        """Whether the isolated system was as before in the end, however long it took."""
        return self.isolated is not None and self.isolated.outcome is IsolatedOutcome.RECOVERED

    @property
    def passed(self) -> bool:
        """Whether it is right; how long it took is a figure to look at, not a test."""
        return bool(self.native and self.native.outcome and self.recovered
                    and self.isolated and self.isolated.checks.get("no_loss", True))

    @property
    def command(self) -> str:
        """The command that runs this case alone."""
        return shlex.join(["python3", "-m", "harness", "demo", "--driver", self.driver.name,
                           "--entry", self.entry.name, "--fault", self.fault.name])
