# SPDX-License-Identifier: GPL-2.0
"""The demo's results as one table a person understands at a glance."""

from __future__ import annotations

import statistics

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.demo.case import Case
from harness.demo.faults import Fault
from harness.demo.native import NativeOutcome
from harness.demo.restart import Restart
from harness.driver import Driver

_WIDTH = 126
_NATIVE_STYLE = {
    NativeOutcome.OOPS: "red", NativeOutcome.PANIC: "red", NativeOutcome.HANG: "red",
    NativeOutcome.CORRUPTION: "red", NativeOutcome.SURVIVED: "dim",
}
_LEGEND = (
    "First line: what the fault does to the kernel without isolation (it panics on an oops). Below: the same fault "
    "isolated: the step that put it right; the longest time a client got nothing, and {lost}.",
    "undo: memory and kernel back, device never written.  registers: and plain registers written back.  "
    "pm: and the device re-initialised by the driver's own suspend and resume.  TOO LONG: more than a fifth of a restart.  "
    "no fault: what the same call costs when nothing is wrong.",
)


def duration(nanoseconds: float) -> str:
    """Return a time with three digits at most, for a person."""
    if nanoseconds <= 0:
        return "0"
    if nanoseconds < 1e3:
        return f"{nanoseconds:.0f} ns"
    if nanoseconds < 1e5:
        return f"{nanoseconds / 1e3:.1f} µs"
    if nanoseconds < 1e9:
        return f"{nanoseconds / 1e6:.1f} ms" if nanoseconds < 1e8 else f"{nanoseconds / 1e6:.0f} ms"
    return f"{nanoseconds / 1e9:.2f} s"


def _cell(case: Case | None) -> Text:
    if not case:
        return Text("not run", style="yellow")
    cell = Text()
    if case.native and case.native.outcome:
        cell.append(case.native.outcome.value, style=_NATIVE_STYLE[case.native.outcome])
    else:
        cell.append("not struck" if case.native else "not run", style="yellow")
    cell.append("\n")
    isolated = case.isolated
    if not isolated:
        cell.append("not run", style="yellow")
    elif not case.recovered:
        cell.append(isolated.outcome.value.upper(), style="bold red")
    else:
        style = "green" if isolated.in_bounds else "bold yellow"
        cell.append(isolated.fault.step if isolated.fault else "?", style=style)
        if isolated.traffic:
            cell.append(f"\n{duration(isolated.traffic.outage_ns)}, {isolated.traffic.lost} lost", style=style)
        if not isolated.in_bounds:
            cell.append("\nTOO LONG" if not isolated.checks.get("outage_bounded", True) else "\nLOSS", style=style)
    return cell


def _entry(name: str, row: list[Case | None]) -> Text:
    """Return an entry point and how long its call alone stops service."""
    cell = Text(name)
    undisturbed = next((case.undisturbed for case in row if case and case.undisturbed), None)
    if undisturbed:
        cell.append(f"\nno fault:\n{duration(undisturbed.outage_ns)}", style="dim")
    return cell


def render(driver: Driver, entries: list[str], faults: list[Fault], cases: list[Case], restart: Restart | None) -> RenderableType:
    """Return the table, the restart for comparison, the verdict and the legend."""
    table = Table(title=f"{driver.name}: every fault, natively and isolated", show_lines=True, expand=False)
    table.add_column("entry point", no_wrap=True)
    for fault in faults:
        table.add_column(fault.title)
    by_name = {(case.entry.name, case.fault.name): case for case in cases}
    for entry in entries:
        row = [by_name.get((entry, fault.name)) for fault in faults]
        table.add_row(_entry(entry.removeprefix(f"{driver.name}_"), row), *map(_cell, row))
    parts: list[RenderableType] = [table]
    parts += [Text(line) for line in _comparison(cases, restart)]
    parts += [Text(line.format(lost=driver.service.lost), style="dim") for line in _LEGEND]
    return Group(*parts)


def _comparison(cases: list[Case], restart: Restart | None) -> list[str]:
    if not restart:
        return ["Restart of the driver: not measured"]
    outage = restart.traffic.outage_ns
    lines = [f"Restart of the driver (out, in, configured again): {duration(outage)} without service, "
             f"{restart.traffic.lost} lost."]
    outages = [case.isolated.traffic.outage_ns for case in cases if case.isolated and case.isolated.traffic]
    if outages:
        middle = statistics.median(outages)
        share = f", {middle / outage:.2%} of a restart's" if outage else ""
        lines.append(f"Median outage of all isolated cases: {duration(middle)}{share}.")
        worst = max(outages)
        ratio = f", 1/{outage / worst:.0f} of a restart" if worst > 0 else ""
        lines.append(f"Longest outage of all isolated cases: {duration(worst)}{ratio}.")
    return lines


def verdict(cases: list[Case], expected: int) -> str:
    """Return the last line: how many cases did what they should."""
    recovered = sum(case.recovered for case in cases)
    late = sum(case.recovered and case.isolated is not None and not case.isolated.in_bounds for case in cases)
    fatal = sum(case.native is not None and case.native.outcome not in (None, NativeOutcome.SURVIVED) for case in cases)
    return (f"{recovered} of {expected} faults recovered from{f', {late} of them out of bounds' if late else ''}; "
            f"natively {fatal} panic, hang or corrupt the kernel.")


def console(stderr: bool = False) -> Console:
    """Return a console; without a terminal as wide as the table needs."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH)
