# SPDX-License-Identifier: GPL-2.0
"""One trial: the same fault natively and isolated, each from the same snapshot."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from harness.agent import AgentError
from harness.campaign import oracles, plan
from harness.campaign.catalogue import Catalogue, Entry, Reference
from harness.campaign.machine import Subject, answer_of
from harness.campaign.oracles import Circumstances
from harness.campaign.record import Fault, Kernel, Mode, Plan, Run, Trial
from harness.campaign.record import Outcome as Fate
from harness.outcome import GuestLost, HarnessError, Outcome
from harness.qemu import Attempt

# A run in which the harness failed is made once more.
_ATTEMPTS = 2


@dataclass(frozen=True)
class Conditions:
    """How a fault is run, and what a run without it was like."""

    mode: Mode
    kernel: Kernel
    reference: Reference


def strike(subject: Subject, entry: Entry, fault: Fault, seed: int, how: Conditions, rewind: bool = True) -> Run:
    """Run a fault once, and again if the harness failed; `rewind`: go back to the snapshot first."""
    for attempt in range(_ATTEMPTS):
        run = _attempt(subject, entry, fault, seed, how, rewind or attempt > 0)
        if run.outcome is not Fate.HARNESS_ERROR:
            break
    return run


def _attempt(subject: Subject, entry: Entry, fault: Fault, seed: int, how: Conditions, rewind: bool) -> Run:
    begun = time.monotonic()
    try:
        if rewind:
            subject.rewind()
        attempt = subject.ask(how.mode.value, entry.name, entry.trigger, entry.reach_ms,
                              unit=fault.unit, number=fault.number, seed=seed)
        answer = _answer(attempt)
    except (HarnessError, GuestLost, AgentError) as error:
        attempt = Attempt(Outcome.HARNESS_ERROR, None, (), str(error))
        answer = None
    return oracles.judge(Circumstances(how.mode, how.kernel, how.reference, time.monotonic() - begun), attempt, answer)


class Runner:
    """Runs trials of one plan; what it needs of a machine is a Subject."""

    def __init__(self, made: Plan, catalogue: Catalogue) -> None:
        self._plan = made
        self._catalogue = catalogue

    def run(self, subject: Subject, index: int) -> Trial:
        """Run the trial with this place in the plan; the machine has just been rewound."""
        fault = self._plan.faults[index]
        entry = self._catalogue.entry(fault.entry)
        seed = plan.trial_seed(self._plan, index)
        native, isolated = (
            strike(subject, entry, fault, seed, Conditions(mode, Kernel.STOCK, entry.references[mode.value]),
                   rewind=mode is not Mode.NATIVE)
            for mode in (Mode.NATIVE, Mode.ISOLATED))
        return Trial(plan.trial_id(self._plan, index), index, seed, fault, native, isolated, None)


def _answer(attempt: Attempt) -> dict[str, Any] | None:
    """Return what the guest told; None if it was lost first."""
    return answer_of(attempt) if attempt.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.GUEST_OOPS) else None
