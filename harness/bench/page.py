# SPDX-License-Identifier: GPL-2.0
"""The bench of all drivers as one page of HTML that needs nothing but itself.

It is made of summary.json alone.  The style is that of a campaign's page.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bench import plots, results
from harness.bench.recovery import STEPS
from harness.demo.table import duration
from harness.paths import write_whole
from harness.picture import Plot

PAGE = "report.html"
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_STYLE = _TEMPLATES.parents[1] / "campaign" / "templates"
_STEP_WORDS = {
    "undo": "memory and kernel effects put back; the device was not written",
    "registers": "and plain registers written back",
    "again": "and the entry point was run once more",
    "pm": "and the device re-initialised by the driver's own suspend and resume",
    "rebind": "driver unbound and bound, device configured again",
    "restart": "module removed and loaded, device configured again",
    "updown": "interface down and up",
    "suspend_resume": "all devices suspended and resumed",
}
assert tuple(_STEP_WORDS) == STEPS
_MODES = {"off": "built in, switched off", "control": "control path", "all": "every entry point"}


@dataclass(frozen=True)
class Section:
    """A driver's part of the page."""

    name: str
    fields: dict[str, Any]
    bounds: list[tuple[str, bool | None]]
    plots: list[Plot]


def _section(at: int, name: str, fields: dict[str, Any]) -> Section:
    recovery, cost = fields["recovery"], fields["cost"]
    # Names of pictures are unique in the page, and drivers' names may begin with a digit.
    mark = f"driver{at}"
    costs: dict[str, float | None] = {}
    for title, part in (("transmit", cost), ("receive", cost["receive"])):
        costs |= {f"{title}: {words}": part[mode] for mode, words in _MODES.items()}
    grown: dict[str, Any] = {"log": [], "ranges": [], "cpus": [], "devices": []} | (fields["growth"] or {})
    log = grown["log"]
    found = [
        plots.times(f"{mark}-outage", "Outage a client sees", "longest of each step, guest time (logarithmic)",
                    {step.replace("_", " "): recovery[step]["outage_ns"] for step in STEPS}),
        plots.times(f"{mark}-inside", "The same by the runtime's clock", "rollback, or until the device is back (logarithmic)",
                    {step.replace("_", " "): recovery[step]["inside_ns"] for step in STEPS}),
        plots.ratios(f"{mark}-cost", "Instructions a packet", "times the driver as distributed", costs),
        plots.growth(f"{mark}-growth", "Cost against the length of the undo log", ("stores of a call", "instructions"),
                     {"begin to commit": [(row["stores"], row["call_insns"]) for row in log],
                      "rollback": [(row["stores"], row["rollback_ns"]) for row in log]}),
        plots.growth(f"{mark}-ranges", "Cost against the number of ranges", ("ranges of the driver's", "instructions"),
                     {"a store to any of them": [(row["ranges"], row["insns_per_store"]) for row in grown["ranges"]]}, from_zero=True),
        plots.growth(f"{mark}-cpus", "Cost against the number of CPUs", ("CPUs that call at once", "instructions of each"),
                     {"begin to commit": [(row["cpus"], row["call_insns"]) for row in grown["cpus"]]}, from_zero=True),
        plots.growth(f"{mark}-devices", "Cost against the number of devices", ("devices of the driver's", "instructions"),
                     {"a frame sent by one": [(row["devices"], row["transmit_insns"]) for row in grown["devices"]]}, from_zero=True),
    ]
    return Section(name, fields, results.bounds(recovery), [plot for plot in found if plot])


def _micro(small: dict[str, Any]) -> Plot | None:
    return plots.ratios("micro", "A store of a transaction in user space", "nanoseconds; line: half of gl_wt",
                        {"not checked, not logged": small.get("plain_store_ns"), "checked and logged": small["store_ns"],
                         "libitm, gl_wt": small["libitm_gl_wt_store_ns"], "libitm, ml_wt": small["libitm_ml_wt_store_ns"]},
                        (small["libitm_gl_wt_store_ns"] or 0) * results.STORE_SHARE)


def render(summary: dict[str, Any]) -> str:
    """Return the page of out/bench/summary.json's content."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader([_TEMPLATES, _STYLE]), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "time": lambda value: "–" if value is None else duration(value),
        "count": lambda value: "–" if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"),
        "verdict": lambda held: {True: "held", False: "missed", None: "not known"}[held],
    }
    sections = [_section(at, name, fields) for at, (name, fields) in enumerate(sorted(summary["drivers"].items()))]
    return environment.get_template("bench.html").render(
        summary=summary, sections=sections, steps=_STEP_WORDS, command=shlex.join(summary["command"]),
        micro=_micro(summary["micro"]), micro_bound=results.micro_bound(summary["micro"]))


def write(path: Path, summary: dict[str, Any]) -> Path:
    """Write the page."""
    write_whole(path, render(summary))
    return path
