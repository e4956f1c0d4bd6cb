# SPDX-License-Identifier: GPL-2.0
"""A campaign as one page of HTML that needs nothing but itself.

Template, style and script are in templates/; here is what they are filled with.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.campaign import plots
from harness.campaign.record import STEPS, Outcome
from harness.campaign.stats import CONFIDENCE, Share, percent
from harness.campaign.summary import MISSES, Group, Miss, Summary, replay, times
from harness.demo.table import duration
from harness.paths import write_whole
from harness.picture import Plot

_TEMPLATES = Path(__file__).resolve().parent / "templates"

# In the order of bars and columns: from nothing happened, over put right, to the worst.
ORDER = (Outcome.NOT_REACHED, Outcome.NO_EFFECT, Outcome.RECOVERED, Outcome.WRONG_RESULT, Outcome.ESCALATED,
         Outcome.UNDETECTED_HARMFUL, Outcome.HUNG, Outcome.KERNEL_DIED, Outcome.HARNESS_ERROR)
_STEP_WORDS = {
    "undo": "memory and kernel effects put back",
    "registers": "and plain registers written back",
    "again": "and the entry point run once more",
    "pm": "and the device re-initialised by the driver's own suspend and resume",
    "bus_reset": "with a reset of the device in between",
    "rebind": "driver unbound and bound, settings replayed",
    "failed": "the device could not be brought back",
}
assert tuple(_STEP_WORDS) == STEPS


@dataclass(frozen=True)
class Piece:
    """A part of a bar."""

    outcome: Outcome
    count: int


@dataclass(frozen=True)
class Bar:
    """How the runs of a group ended, as pieces of a bar and in words."""

    mode: str
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> str:
        """What the bar shows."""
        return f"{self.mode}: " + (", ".join(f"{piece.count} {words(piece.outcome)}" for piece in self.pieces) or "none")


def words(outcome: Outcome) -> str:
    """Return an outcome's name for a person."""
    return outcome.value.replace("_", " ")


def bar(mode: str, counter: Counter[Outcome]) -> Bar:
    """Return the bar of some runs."""
    return Bar(mode, tuple(Piece(outcome, counter[outcome]) for outcome in ORDER if counter[outcome]))


def bars(group: Group) -> tuple[Bar, Bar]:
    """Return the two bars of a group."""
    return bar("native", group.native), bar("isolated", group.isolated)


@dataclass(frozen=True)
class Headline:
    """A proportion at the top of the page."""

    title: str
    share: Share
    of: str  # what the denominator counts

    @property
    def value(self) -> str:
        """The proportion."""
        return percent(self.share.value)

    @property
    def interval(self) -> str:
        """Its interval."""
        found = self.share.interval
        return f"{percent(found[0])} to {percent(found[1])}" if found else "not known"


def _headlines(summary: Summary) -> list[Headline]:
    activated = "activated faults"
    return [
        Headline("Kernel survived", summary.survival, activated),
        Headline("Survived what is fatal natively", summary.fatal_survival, "faults that kill or hang the native kernel"),
        Headline("Applications saw no wrong data", summary.app_correct, activated),
        Headline("Nothing leaked or left locked", summary.resources_clean, activated),
    ]


def _plots(summary: Summary) -> list[Plot]:
    by_family: dict[str, list[int]] = {}
    for trial in summary.trials:
        if trial.isolated.detection_ns is not None:
            by_family.setdefault(trial.fault.family, []).append(trial.isolated.detection_ns)

    def by_step(name: str) -> Mapping[str, Sequence[int]]:
        # What took no time was not done.
        return {step: [value for value in times(runs, name) if value] for step, runs in summary.steps.items()}

    found = [
        plots.distribution("detection", "Detection latency", "from the fault's strike to its detection, guest time",
                           dict(sorted(by_family.items()))),
        plots.boxes("rollback", "Rollback, by the highest step taken", "undo of memory and kernel effects, guest time",
                    by_step("rollback_ns")),
        plots.boxes("restore", "Device restored, by the highest step taken", "bringing the device back, guest time",
                    by_step("restore_ns")),
        plots.boxes("outage", "Outage, by the highest step taken", "longest time without data, guest time", by_step("outage_ns")),
    ]
    return [plot for plot in found if plot]


@dataclass(frozen=True)
class Cell:
    """A field of the paired matrix."""

    count: int
    depth: float  # 0 to 1: how strongly it is coloured
    better: bool | None  # isolated less bad than native, worse, or neither


_BADNESS = {outcome: 0 for outcome in Outcome} | {Outcome.WRONG_RESULT: 1, Outcome.ESCALATED: 2,
                                                  Outcome.UNDETECTED_HARMFUL: 3, Outcome.HUNG: 4, Outcome.KERNEL_DIED: 4}


def _matrix(summary: Summary) -> tuple[list[Outcome], list[tuple[Outcome, list[Cell], int]]]:
    columns = [outcome for outcome in ORDER if summary.isolated[outcome]]
    rows = []
    for native in ORDER:
        if not summary.native[native]:
            continue
        cells = []
        for isolated in columns:
            count = summary.pairs[native, isolated]
            difference = _BADNESS[native] - _BADNESS[isolated]
            known = not {Outcome.HARNESS_ERROR, Outcome.NOT_REACHED} & {native, isolated}
            cells.append(Cell(count, count / summary.native[native], difference > 0 if known and difference else None))
        rows.append((native, cells, summary.native[native]))
    return columns, rows


def _choices(misses: list[Miss]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what the table can be filtered by: attribute, title, values with their names."""
    def values(of: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in sorted({of(miss) for miss in misses})]

    outcomes = [(outcome.value, words(outcome)) for outcome in MISSES if any(miss.run.outcome is outcome for miss in misses)]
    return [
        ("outcome", "outcome", outcomes),
        ("family", "family", values(lambda miss: miss.trial.fault.family)),
        ("operator", "operator", values(lambda miss: miss.trial.fault.operator)),
        ("entry", "entry point", values(lambda miss: miss.trial.fault.entry)),
        ("kernel", "kernel", values(lambda miss: miss.run.kernel.value)),
    ]


def render(summary: Summary, fields: dict[str, Any]) -> str:
    """Return the page; `fields` is the content of summary.json."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"words": words, "time": lambda value: "–" if value is None else duration(value),
                            "percent": percent}
    columns, rows = _matrix(summary)
    anchors: set[str] = set()

    def anchor(miss: Miss) -> str:
        """Return the miss's name in the page; a trial may miss on both kernels."""
        name = f"trial-{miss.trial.id}"
        if name in anchors:
            name += f"-{miss.run.kernel.value}"
        anchors.add(name)
        return name

    return environment.get_template("page.html").render(
        summary=summary, plan=summary.plan, fields=fields, command=shlex.join(fields["command"]),
        headlines=_headlines(summary), confidence=f"{CONFIDENCE:.0%}".replace("%", "\N{NO-BREAK SPACE}%"), bar=bar, bars=bars, order=ORDER,
        present=[outcome for outcome in ORDER if summary.native[outcome] + summary.isolated[outcome] + summary.oracle[outcome]],
        columns=columns, rows=rows, plots=_plots(summary), choices=_choices(summary.misses), steps=_STEP_WORDS,
        misses=[(anchor(miss), miss, replay(summary.plan.driver, miss.trial)) for miss in summary.misses],
        errors=[(trial, run, replay(summary.plan.driver, trial)) for trial, run in summary.errors])


def write(path: Path, summary: Summary, fields: dict[str, Any]) -> Path:
    """Write the page."""
    write_whole(path, render(summary, fields))
    return path
