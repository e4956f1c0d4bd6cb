# SPDX-License-Identifier: GPL-2.0
"""Putting together what several machines ran of one plan."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.record import Plan, Run, Trial
from harness.campaign.store import PLAN, TRIALS, digest, read
from harness.campaign.summary import MISSES
from harness.outcome import HarnessError
from harness.paths import write_whole


@dataclass(frozen=True)
class Merged:
    """The whole, and what is wrong with it."""

    plan: Plan
    trials: tuple[Trial, ...]
    notices: tuple[str, ...]  # a sentence each, for a person
    disagreements: tuple[str, ...]  # trials that several machines ran and that ended differently
    holes: tuple[int, ...]  # indices nobody has run

    @property
    def whole(self) -> bool:
        """Whether every trial was run, and no two machines contradict each other."""
        return not self.holes and not self.disagreements


def _runs(trial: Trial) -> tuple[Run | None, ...]:
    return trial.native, trial.isolated, trial.oracle


def _badness(trial: Trial) -> tuple[int, ...]:
    """Return what orders trials of one fault: the worse one is larger."""
    return tuple(0 if run is None else 1 if run.outcome not in MISSES else len(MISSES) + 1 - MISSES.index(run.outcome)
                 for run in (trial.isolated, trial.oracle, trial.native))


def _difference(one: Trial, other: Trial) -> str:
    """Say how two runs of a trial differ; "" when they agree as far as both were run."""
    words = [f"{a.mode.value} on {a.kernel.value}: {a.outcome.value} and {b.outcome.value}"
             for a, b in zip(_runs(one), _runs(other), strict=True) if a and b and a.outcome is not b.outcome]
    return "; ".join(words)


def _check(plan: Plan, trial: Trial, where: Path) -> None:
    if not 0 <= trial.index < len(plan.faults) or plan.faults[trial.index] != trial.fault:
        raise HarnessError(f"{where}: trial {trial.id} is of fault {trial.fault.id}, which is not number {trial.index} of the plan")


def combine(plan: Plan, sources: Iterable[tuple[Path, Sequence[Trial]]], notices: Sequence[str] = ()) -> Merged:
    """Merge trials; of two that disagree the worse one stays, so that no merge flatters."""
    kept: dict[str, tuple[Path, Trial]] = {}
    said, disagreements = list(notices), []
    doubled = 0
    for where, trials in sources:
        for trial in trials:
            _check(plan, trial, where)
            if trial.id not in kept:
                kept[trial.id] = where, trial
                continue
            doubled += 1
            first_where, first = kept[trial.id]
            difference = _difference(first, trial)
            if difference:
                disagreements.append(f"{trial.id} ({first_where} and {where}): {difference}; the worse one is kept")
            if _badness(trial) > _badness(first):
                kept[trial.id] = where, trial
    if doubled:
        said.append(f"{doubled} trials were there more than once, {len(disagreements)} of them disagree")
    found = sorted((trial for _where, trial in kept.values()), key=lambda trial: trial.index)
    holes = sorted(set(range(len(plan.faults))) - {trial.index for trial in found})
    return Merged(plan, tuple(found), tuple(said), tuple(disagreements), tuple(holes))


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers in short: 1-3, 7."""
    words = []
    for _key, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        part = [number for _at, number in group]
        words.append(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}")
    return ", ".join(words)


def merge(sources: Sequence[Path]) -> Merged:
    """Read and merge directories of campaigns of one plan."""
    if not sources:
        raise HarnessError("merge: name at least one directory")
    found = [(source, read(source)) for source in sources]
    first, plan = found[0][0], found[0][1].plan
    for source, part in found[1:]:
        if digest(part.plan) != digest(plan):
            raise HarnessError(f"{source} and {first} are of different plans ({_differing(plan, part.plan)}): "
                               "only shares of one plan can be merged")
    return combine(plan, ((source, part.trials) for source, part in found),
                   [notice for _source, part in found for notice in part.notices])


def _differing(one: Plan, other: Plan) -> str:
    a, b = one.to_json(), other.to_json()
    return ", ".join(name for name in a if a[name] != b[name]) or "nothing but their order"


def write(directory: Path, merged: Merged) -> None:
    """Write plan and trials as one campaign's."""
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(directory / PLAN, json.dumps(merged.plan.to_json(), indent=1) + "\n")
    write_whole(directory / TRIALS, "".join(json.dumps(trial.to_json()) + "\n" for trial in merged.trials))
