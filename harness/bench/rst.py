# SPDX-License-Identifier: GPL-2.0
"""What recoveries take, of all drivers, as a page of the documentation, made of summary.json alone."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.bench import results
from harness.bench.recovery import STEPS
from harness.demo.table import duration
from harness.paths import write_whole

PAGE = "recovery.rst"
_HEAD = """\
.. SPDX-License-Identifier: GPL-2.0

=============================
Recovery of drivers, measured
=============================

Written by ``make bench DRIVER=<name>``: one run a driver, in one guest with one CPU, an
instruction a nanosecond. The newest run was, on {date}::

	{command}

with Linux {release}, {qemu} and
{compiler}.

A NULL load strikes each entry point of ``drivers/<name>/workload.toml`` before its call has
written to the device, and half way; the runtime says which step that took. A step's row
has its longest outage as a client sees it, what the fault adds to what the same call does
to that client without one, where a client sees so little, and the runtime's own time:
rollback, or until the device is back. ``rebind`` unbinds and binds by sysfs,
``restart`` removes and loads the module; both configure the device as its user would.
``suspend_resume`` is all devices at once.

Of a row's units, ``lost`` and ``twice`` tell; the last column, what its user had to set
again. For what one of the classes sees, read ``harness/service/``: a packet a
millisecond each way and, where that sees nothing, one each 40 us; samples of a tone; an
event each 5 ms. Outages of sound and input shorter than that are 0.
"""
_COLUMNS = ("step", "faults", "outage", "added", "inside", "lost", "twice", "to be set again")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a simple table; the first row is its head."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    # An empty first cell would go on with the row above; so would an empty row.
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def _time(value: int | None) -> str:
    return "\\-" if value is None else duration(value).replace("µ", "u")


def _row(step: str, fields: dict[str, Any], missing: dict[str, str]) -> list[str]:
    if fields["outage_ns"] is None:
        return [step, "0", "\\-", "\\-", "\\-", "\\-", "\\-", missing.get(step, "no fault took this step")]
    added = [row for row in (fields["added_max_ns"],) if row is not None]
    again = fields["set_up_again"]
    return [step, str(fields["of"]), _time(fields["outage_ns"]), _time(added[0] if added else None), _time(fields["inside_ns"]),
            str(fields["lost"]), str(fields["duplicated"]), ", ".join(again) if again else "nothing"]


def section(name: str, recovery: dict[str, Any]) -> str:
    """Return a driver's part."""
    rows = [_row(step, recovery[step], recovery["missing"]) for step in STEPS]
    parts = [name, "=" * len(name), "", table([_COLUMNS, *rows]), ""]
    parts += [f"- {results.verdict(bound)}" for bound in results.bounds(recovery)]
    parts += [f"- not measured: {what}: {why}" for what, why in recovery["missing"].items() if what not in STEPS]
    return "\n".join(parts)


def render(summary: dict[str, Any]) -> str:
    """Return the page of out/bench/summary.json's content."""
    head = _HEAD.format(release=summary["kernel"]["release"], qemu=summary["qemu"], compiler=summary["compiler"],
                        date=summary["date"][:10], command=shlex.join(summary["command"]))
    measured = {name: fields["recovery"] for name, fields in sorted(summary["drivers"].items()) if fields["recovery"]["rows"]}
    return "\n\n".join([head.rstrip(), *(section(name, recovery) for name, recovery in measured.items())]) + "\n"


def write(path: Path, summary: dict[str, Any]) -> Path:
    """Write the page."""
    write_whole(path, render(summary))
    return path
