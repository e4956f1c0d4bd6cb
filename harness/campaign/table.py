# SPDX-License-Identifier: GPL-2.0
"""A campaign's figures on a terminal."""

from __future__ import annotations

import textwrap
from pathlib import Path

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.campaign.record import Outcome
from harness.campaign.stats import Share, percent, quantiles
from harness.campaign.summary import Miss, Summary, replay, times
from harness.demo.table import duration

_SHOWN_MISSES = 10
_CAUSE = 200  # columns; the page has all of it


def proportion(share: Share) -> str:
    """Return a proportion with its interval and denominator."""
    if share.interval is None:
        return f"not known: {share.n} of {share.of}"
    low, high = share.interval
    unknown = f", {share.unknown} not known" if share.unknown else ""
    return f"{percent(share.value)} ({share.n} of {share.of}{unknown}; 95 %: {percent(low)} to {percent(high)})"


def _outcomes(summary: Summary) -> Table:
    table = Table(title=f"{summary.plan.driver}: {len(summary.trials)} of {len(summary.plan.faults)} trials, "
                        "each fault natively and isolated")
    table.add_column("outcome", no_wrap=True)
    for title in ("native", "isolated", "isolated, oracle kernel"):
        table.add_column(title, justify="right")
    table.add_column("meaning")
    for outcome in Outcome:
        row = [summary.native[outcome], summary.isolated[outcome], summary.oracle[outcome]]
        if any(row):
            table.add_row(outcome.value, *(str(count) if count else "" for count in row), outcome.meaning)
    return table


def _families(summary: Summary) -> Table:
    table = Table(title="activated faults by family")
    for title in ("family", "trials", "survived"):
        table.add_column(title, justify="right" if title == "trials" else "left")
    for group in summary.families:
        table.add_row(group.name, str(group.trials), proportion(group.survived))
    return table


def _steps(summary: Summary) -> Table:
    table = Table(title="recovery by the highest step taken")
    table.add_column("step")
    for title in ("faults", "undoing, median", "99 %", "no data for, median", "99 %"):
        table.add_column(title, justify="right")
    for step, runs in summary.steps.items():
        cells = []
        for name in ("rollback_ns", "outage_ns"):
            found = quantiles(times(runs, name))
            cells += [duration(value) if (value := found[part]) is not None else "-" for part in ("p50", "p99")]
        table.add_row(step, str(len(runs)), *cells)
    return table


def _miss(summary: Summary, miss: Miss) -> str:
    fault = miss.trial.fault
    return (f"  {miss.trial.id} {miss.run.outcome.value} ({miss.run.kernel.value} kernel): {fault.operator} in {fault.function}, "
            f"line {fault.line}, through {fault.entry}: {textwrap.shorten(miss.cause, _CAUSE)}\n    {replay(summary.plan.driver, miss.trial)}")


def render(summary: Summary, page: Path | None) -> RenderableType:
    """Return the tables, the proportions and where to read on."""
    parts: list[RenderableType] = [_outcomes(summary), _families(summary)]
    if summary.steps:
        parts.append(_steps(summary))
    lines = [f"survived:           {proportion(summary.survival)}",
             f"fatal natively:     {proportion(summary.fatal_survival)} survived isolated",
             f"application right:  {proportion(summary.app_correct)}",
             f"resources clean:    {proportion(summary.resources_clean)}"]
    errors = len({trial.id for trial, _run in summary.errors})
    if errors:
        lines.append(f"HARNESS ERRORS: {errors} trials say nothing about their fault and are in none of these")
    if summary.only_native_activated:
        lines.append(f"{len(summary.only_native_activated)} faults were passed natively and not isolated, and are in none of these")
    if summary.holes:
        lines.append(f"{len(summary.holes)} of {len(summary.plan.faults)} planned trials have not been run")
    misses = summary.misses
    if misses:
        lines.append(f"{len(misses)} runs did not end as they should; the worst:")
        lines += [_miss(summary, miss) for miss in misses[:_SHOWN_MISSES]]
    if page:
        lines.append(str(page))
    return Stack(*parts, *(Text(line) for line in lines))
