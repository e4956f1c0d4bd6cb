# SPDX-License-Identifier: GPL-2.0
"""What a campaign says in the end: counted once, for summary.json, the terminal and the page.

What is counted among what:

* A fault is *activated* when the isolated run passed it.  Activated faults are
  the denominator of every proportion, whatever became of them: those the
  runtime did not notice, refused to handle or could not undo are in it.
* A run in which the harness failed says nothing about its fault.  Such trials
  are in no proportion, are counted apart, and `if_errors_failed` gives the
  proportions as they would be if all of them had gone wrong.
* What is not known counts as not so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.campaign.record import STEPS, Outcome, Plan, Run, Trial
from harness.campaign.stats import Share, quantiles
from harness.campaign.store import SUMMARY
from harness.demo.results import header
from harness.paths import write_whole

# Worst first: the order of every list of trials that went wrong.
MISSES = (Outcome.KERNEL_DIED, Outcome.HUNG, Outcome.UNDETECTED_HARMFUL, Outcome.ESCALATED, Outcome.WRONG_RESULT)
_INACTIVE = (Outcome.NOT_REACHED, Outcome.HARNESS_ERROR)
_MILD = (*_INACTIVE, Outcome.NO_EFFECT)


def activated(run: Run) -> bool:
    """Whether the run passed its fault and was watched to the end."""
    return run.outcome not in _INACTIVE


@dataclass(frozen=True)
class Group:
    """Trials that have something in common: an operator, an entry point."""

    name: str
    family: str  # of the operator; "" of others
    native: Counter[Outcome]
    isolated: Counter[Outcome]
    survived: Share

    @property
    def trials(self) -> int:
        """How many."""
        return self.isolated.total()

    def fields(self) -> dict[str, Any]:
        """Return what goes into the summary."""
        return {**({"family": self.family} if self.family else {}), "trials": self.trials,
                "survival": self.survived.fields(), "native": counts(self.native), "isolated": counts(self.isolated)}


@dataclass(frozen=True)
class Miss:
    """A run that did not end as isolation promises."""

    trial: Trial
    run: Run

    @property
    def cause(self) -> str:
        """What went wrong, in words."""
        # A report may be printed by every call.
        words = Counter([*self.run.problems, *self.run.console])
        said = "; ".join(text if count == 1 else f"{text} ({count} times)" for text, count in words.items())
        return said or self.run.cause or self.run.outcome.meaning

    def fields(self, driver: str) -> dict[str, Any]:
        """Return what goes into the summary."""
        fault = self.trial.fault
        return {"trial": self.trial.id, "fault": fault.id, "operator": fault.operator, "family": fault.family,
                "function": fault.function, "line": fault.line, "entry": fault.entry,
                "kernel": self.run.kernel.value, "native": self.trial.native.outcome.value,
                "outcome": self.run.outcome.value, "machine": self.run.machine.value, "cause": self.cause,
                "replay": replay(driver, self.trial)}


def replay(driver: str, trial: Trial) -> str:
    """Return the command that runs a trial again."""
    return f"python3 -m harness campaign --driver {driver} replay {trial.id}"


def counts(counter: Counter[Outcome]) -> dict[str, int]:
    """Return every outcome with its count, none left out."""
    return {outcome.value: counter[outcome] for outcome in Outcome}


def _share(runs: Iterable[Run], holds: Callable[[Run], bool | None]) -> Share:
    found = [holds(run) for run in runs]
    return Share(sum(value is True for value in found), len(found), sum(value is None for value in found))


class Summary:
    """The figures of a campaign."""

    def __init__(self, plan: Plan, trials: Sequence[Trial]) -> None:
        self.plan = plan
        self.trials = sorted(trials, key=lambda trial: trial.index)
        self.native = Counter(trial.native.outcome for trial in self.trials)
        self.isolated = Counter(trial.isolated.outcome for trial in self.trials)
        self.oracle = Counter(trial.oracle.outcome for trial in self.trials if trial.oracle)
        self.pairs = Counter((trial.native.outcome, trial.isolated.outcome) for trial in self.trials)
        self.runs = [trial.isolated for trial in self.trials if activated(trial.isolated)]
        self.survival = _share(self.runs, lambda run: not run.outcome.fatal)
        self.app_correct = _share(self.runs, lambda run: run.application_correct)
        self.resources_clean = _share(self.runs, lambda run: run.resources_clean)
        deadly = [trial for trial in self.trials if trial.native.outcome.fatal]
        self.fatal = len(deadly)
        # Only where the isolated run passed the fault too can it be said to have lived through it.
        self.fatal_survival = _share((trial.isolated for trial in deadly if activated(trial.isolated)),
                                     lambda run: not run.outcome.fatal)
        # Where isolation itself did the harm.
        self.only_isolated_fatal = [trial for trial in self.trials if activated(trial.native) and not trial.native.outcome.fatal
                                    and trial.isolated.outcome.fatal]
        # In no proportion, so they are told.
        self.only_native_activated = [trial for trial in self.trials
                                      if activated(trial.native) and trial.isolated.outcome is Outcome.NOT_REACHED]
        self.holes = sorted(set(range(len(plan.faults))) - {trial.index for trial in self.trials})

    # Parts

    @property
    def operators(self) -> list[Group]:
        """By kind of mistake, families together."""
        return sorted(self._groups(lambda trial: (trial.fault.operator, trial.fault.family)),
                      key=lambda group: (group.family, group.name))

    @property
    def entries(self) -> list[Group]:
        """By entry point through which the fault was reached."""
        return sorted(self._groups(lambda trial: (trial.fault.entry, "")), key=lambda group: group.name)

    @property
    def families(self) -> list[Group]:
        """By family of mistakes."""
        return sorted(self._groups(lambda trial: (trial.fault.family, "")), key=lambda group: group.name)

    def _groups(self, key: Callable[[Trial], tuple[str, str]]) -> list[Group]:
        parts: dict[tuple[str, str], list[Trial]] = {}
        for trial in self.trials:
            parts.setdefault(key(trial), []).append(trial)
        return [Group(name, family, Counter(trial.native.outcome for trial in part),
                      Counter(trial.isolated.outcome for trial in part),
                      _share((trial.isolated for trial in part if activated(trial.isolated)),
                             lambda run: not run.outcome.fatal))
                for (name, family), part in parts.items()]

    @property
    def misses(self) -> list[Miss]:
        """What went wrong on either kernel, worst first."""
        found = [Miss(trial, run) for trial in self.trials for run in (trial.isolated, trial.oracle)
                 if run and run.outcome in MISSES]
        return sorted(found, key=lambda miss: (MISSES.index(miss.run.outcome), miss.trial.index))

    @property
    def errors(self) -> list[tuple[Trial, Run]]:
        """Runs in which the harness failed."""
        return [(trial, run) for trial in self.trials for run in (trial.native, trial.isolated, trial.oracle)
                if run and run.outcome is Outcome.HARNESS_ERROR]

    @property
    def steps(self) -> dict[str, list[Run]]:
        """Activated runs by the highest step of the ladder they took."""
        found = {step: [run for run in self.runs if run.step == step] for step in STEPS}
        return {step: runs for step, runs in found.items() if runs}

    @property
    def funnel(self) -> dict[str, int]:
        """How far the faults got, from planned to all as before."""
        return {
            "planned": len(self.plan.faults),
            "run": len(self.trials),
            "activated": len(self.runs),
            "manifested_natively": sum(trial.native.outcome not in _MILD for trial in self.trials if activated(trial.isolated)),
            "contained": sum(run.contained is True for run in self.runs),
            "detected": sum(run.detected is True for run in self.runs),
            "recovered": sum(run.outcome is Outcome.RECOVERED for run in self.runs),
        }

    def _if_errors_failed(self, share: Share) -> dict[str, Any]:
        lost = self.isolated[Outcome.HARNESS_ERROR]
        return Share(share.n, share.of + lost, share.unknown).fields()

    # Out

    def fields(self, command: list[str], wall_s: float | None) -> dict[str, Any]:
        """Return what goes into summary.json; times are guest nanoseconds."""
        head = header(command)
        head["kernel"]["release"] = self.plan.kernel
        shares = {"survival": self.survival, "app_correct": self.app_correct, "resources_clean": self.resources_clean}
        return {
            **head,
            "driver": self.plan.driver,
            "seed": self.plan.seed,
            "build": self.plan.build,
            "icount": self.plan.icount,
            "distinct_faults": self.plan.distinct_faults,
            "reachable_faults": self.plan.reachable_faults,
            "activated_faults": len({trial.fault.id for trial in self.trials if activated(trial.isolated)}),
            "operators": len(self.plan.operators),
            "entries": len(self.plan.entries),
            "unreached_entries": self.plan.unreached,
            "planned": len(self.plan.faults),
            "trials": len(self.trials),
            "trials_missing": len(self.holes),
            "wall_s": None if wall_s is None else round(wall_s, 1),
            "rate_per_s": round(len(self.trials) / wall_s, 3) if wall_s else None,
            "native": counts(self.native),
            "isolated": counts(self.isolated),
            "paired": {native.value: {isolated.value: count for isolated in Outcome if (count := self.pairs[native, isolated])}
                       for native in Outcome if self.native[native]},
            "fatal": self.fatal,
            "fatal_survived": self.fatal_survival.n,
            "fatal_survival": self.fatal_survival.fields(),
            "only_native_activated": len(self.only_native_activated),
            "only_isolated_fatal": len(self.only_isolated_fatal),
            **{name: share.fields() for name, share in shares.items()},
            "if_errors_failed": {name: self._if_errors_failed(share) for name, share in shares.items()},
            "funnel": self.funnel,
            "steps": {step: len(runs) for step, runs in self.steps.items()},
            "by_family": {group.name: group.fields() for group in self.families},
            "by_operator": {group.name: group.fields() for group in self.operators},
            "by_entry": {group.name: group.fields() for group in self.entries},
            "detection_ns": quantiles(times(self.runs, "detection_ns")),
            "recovery": {step: {name: quantiles(times(runs, name)) for name in ("rollback_ns", "restore_ns", "outage_ns")}
                         for step, runs in self.steps.items()},
            "oracle": {"every": self.plan.oracle_every, "due": len(self.plan.due(self.trials)), "runs": self.oracle.total(),
                       "outcomes": counts(self.oracle)},
            "misses": [miss.fields(self.plan.driver) for miss in self.misses],
            "harness_errors": len({trial.id for trial, _run in self.errors}),
            "errors": [{"trial": trial.id, "mode": run.mode.value, "kernel": run.kernel.value, "machine": run.machine.value,
                        "cause": "; ".join(run.problems), "replay": replay(self.plan.driver, trial)}
                       for trial, run in self.errors],
        }


def times(runs: Iterable[Run], name: str) -> list[int]:
    """Return the known times of a kind."""
    return [value for run in runs if (value := getattr(run, name)) is not None]


def write(directory: Path, fields: dict[str, Any]) -> Path:
    """Write summary.json, whole or not at all."""
    path = directory / SUMMARY
    write_whole(path, json.dumps(fields, indent=1) + "\n")
    return path
