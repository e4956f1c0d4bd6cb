# SPDX-License-Identifier: GPL-2.0
"""Runs a plan's trials on several machines, and writes each down as it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harness.campaign.journal import Journal
from harness.campaign.record import Plan, Trial
from harness.campaign.share import WHOLE, Share
from harness.pool import Pool, Rewindable
from harness.progress import progress

T = TypeVar("T", bound=Rewindable)

_TOLD_EVERY_S = 15.0


def run(made: Plan, journal: Journal, make: Callable[[int], T], work: Callable[[T, int], Trial], width: int,
        share: Share = WHOLE) -> None:
    """Run what of a share is not done yet; `work` is given a rewound machine and a trial's index."""
    ours = [index for index in range(len(made.faults)) if share.has(index)]
    left = [index for index in ours if index not in journal.done]
    if not left:
        return
    with progress("campaign", len(left), _TOLD_EVERY_S) as step, Pool[T, int, Trial](make, min(width, len(left))) as pool:
        step(f"{len(ours) - len(left)} trials done, {len(left)} to go, {min(width, len(left))} machines", 0)

        def report(_: int, trial: Trial) -> None:
            journal.append(trial)
            step(told(trial), 1)

        pool.run(left, work, report)


def told(trial: Trial) -> str:
    """Return a trial in one line."""
    isolated = trial.isolated
    how = f" ({isolated.step})" if isolated.step else ""
    return (f"{trial.id} {trial.fault.operator} in {trial.fault.function} by {trial.fault.entry}: "
            f"native {trial.native.outcome.value}, isolated {isolated.outcome.value}{how}")
