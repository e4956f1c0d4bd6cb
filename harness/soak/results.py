# SPDX-License-Identifier: GPL-2.0
"""A soak's results: counted as they come, summed up in summary.json."""

from __future__ import annotations

import enum
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from harness.console import Kind, Report
from harness.demo.faults import fault
from harness.demo.results import header
from harness.paths import write_whole
from harness.soak.audit import Look
from harness.soak.guest import Load
from harness.soak.plan import Strike


class Fate(enum.Enum):
    """What became of a planted fault."""

    RECOVERED = "recovered"
    NOT_REACHED = "not-reached"  # no call came to its site in time: it never struck
    UNDETECTED = "undetected"
    NOT_RESTORED = "not-restored"  # the device is not back, or the runtime says "failed"
    WRONG_CAUSE = "wrong-cause"  # detected as something else than it is
    NO_SECOND_CALL = "no-second-call"  # recovered, but the next call fails or never comes
    UNREADABLE = "unreadable"  # no answer about it

    @property
    def struck(self) -> bool:
        """Whether the driver has executed the fault."""
        return self not in (Fate.NOT_REACHED, Fate.UNREADABLE)


# Kernel -> cause of a fault -> what else it may be found as there.  KASAN looks
# an address up before it is loaded from, and it is the look-up that faults.
_ALSO = {"oracle": {"bad load": ("general protection",)}}


def as_found(causes: tuple[str, ...], kernel: str) -> tuple[str, ...]:
    """Return these causes of a fault, and what else it may be found as on that kernel."""
    return causes + tuple(other for cause, others in _ALSO.get(kernel, {}).items() if cause in causes for other in others)


def fate(strike: Strike, answer: dict[str, Any], kernel: str = "stock") -> Fate:
    """Judge what guest/strike.cc says of a fault."""
    if "error" in answer or "struck" not in answer:
        return Fate.UNREADABLE
    if not answer["struck"]:
        return Fate.NOT_REACHED
    last = answer.get("last") or {}
    if not answer["detected"]:
        return Fate.UNDETECTED
    if not answer["recovered"] or last.get("step") == "failed":
        return Fate.NOT_RESTORED
    causes = as_found(fault(strike.fault).causes, kernel)
    # A function may be called within another entry point's call, which is then the one that is undone.
    elsewhere = last.get("entry") != strike.aim.entry and answer.get("faults") != 1
    if elsewhere or last.get("cause") not in causes:
        return Fate.WRONG_CAUSE
    if answer.get("again_rc") != 0 or not answer.get("again_called"):
        return Fate.NO_SECOND_CALL
    return Fate.RECOVERED


def expected_noise(report: Report) -> bool:
    """Whether the kernel only says what a planted BUG() makes it say.

    It prints the place before the runtime is asked.  An oops would follow with
    registers and a call trace.
    """
    return (report.kind is Kind.BUG and "fgft_strike.h" in report.title
            and not any("Call Trace" in line or "RIP:" in line for line in report.lines))


@dataclass
class Tally:
    """Everything counted so far."""

    kernel: str = "stock"
    fates: Counter[Fate] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    entries: dict[str, Counter[str]] = field(default_factory=dict)
    unplanned: int = 0  # faults the runtime found where none was planted
    interludes: Counter[str] = field(default_factory=Counter)
    interludes_failed: Counter[str] = field(default_factory=Counter)
    load: Load = field(default_factory=Load)
    wrong: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def struck(self) -> int:
        """Faults the driver has executed."""
        return sum(count for fate, count in self.fates.items() if fate.struck)

    @property
    def failed(self) -> int:
        """Faults that struck and were not recovered as they should be."""
        return self.struck - self.fates[Fate.RECOVERED]

    def add(self, strike: Strike, answer: dict[str, Any]) -> Fate:
        """Count what became of a fault."""
        found = fate(strike, answer, self.kernel)
        self.fates[found] += 1
        per_entry = self.entries.setdefault(strike.aim.entry, Counter())
        per_entry["planted"] += 1
        if found.struck:
            per_entry["struck"] += 1
            per_entry[found.value] += 1
            self.kinds[strike.fault] += 1
            step = (answer.get("last") or {}).get("step")
            if step:
                self.steps[step] += 1
        planted = 1 if found.struck and found is not Fate.UNDETECTED else 0
        self.unplanned += max(0, int(answer.get("faults", planted)) - planted)
        return found

    def problem(self, text: str) -> None:
        """Write down something that must not be."""
        self.wrong.append(text)


class Events:
    """The events of a run, a line of JSON each."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream: TextIO = path.open("w", encoding="utf-8")

    def write(self, event: str, **fields: Any) -> None:
        """Write one event; whole, as the run may end at any moment."""
        self._stream.write(json.dumps({"event": event, **fields}, default=str) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """End the file."""
        self._stream.close()


@dataclass
class Run:
    """What the summary says beside the counts."""

    command: list[str]
    driver: str
    kernel: str
    release: str
    seed: int
    minutes: float
    soaked_wall_s: float = 0.0
    interrupted: bool = False
    died: str | None = None
    unreached: dict[str, str] = field(default_factory=dict)
    baseline: Look | None = None
    last: Look | None = None
    kmemleak: str | None = None
    unloaded: bool | None = None
    looks: int = 0
    counters: dict[str, dict[str, int]] = field(default_factory=dict)


def passed(run: Run, tally: Tally) -> bool:
    """Whether the machine did not notice the faults."""
    return (not run.died and not tally.wrong and not tally.reports and tally.failed == 0 and tally.struck > 0
            and tally.fates[Fate.UNREADABLE] == 0 and tally.load.stream_bad_bytes == 0)


def summary(run: Run, tally: Tally) -> dict[str, Any]:
    """Return the fields of summary.json."""
    head = header(run.command)
    head["kernel"]["release"] = run.release
    rate = tally.struck / run.soaked_wall_s if run.soaked_wall_s else None
    slab = [sum(look.slab.values()) if look else None for look in (run.baseline, run.last)]
    return {
        **head,
        "driver": run.driver,
        "machine": run.kernel,
        "seed": run.seed,
        "minutes": run.minutes,
        "soaked_wall_s": round(run.soaked_wall_s, 1),
        "passed": passed(run, tally),
        "interrupted": run.interrupted,
        "died": run.died,
        "planted": sum(tally.fates.values()),
        "struck": tally.struck,
        "struck_per_s": round(rate, 2) if rate is not None else None,
        "detected": tally.struck - tally.fates[Fate.UNDETECTED],
        "recovered": tally.fates[Fate.RECOVERED],
        "undetected": tally.fates[Fate.UNDETECTED],
        "unplanned": tally.unplanned,
        "fates": {fate.value: tally.fates[fate] for fate in Fate},
        "steps": dict(tally.steps),
        "faults": dict(tally.kinds),
        "entries": {name: {**counts, **run.counters.get(name, {})} for name, counts in sorted(tally.entries.items())},
        "unreached": run.unreached,
        "interludes": {name: {"done": count, "failed": tally.interludes_failed[name]}
                       for name, count in tally.interludes.items()},
        "load": vars(tally.load),
        "looks": run.looks,
        "slab_bytes": {"baseline": slab[0], "last": slab[1],
                       "faults_between": run.last.faults - run.baseline.faults if run.baseline and run.last else None},
        "kmemleak": run.kmemleak,
        "unloaded": run.unloaded,
        "wrong": tally.wrong,
        "reports": [{"kind": report.kind.value, "title": report.title, "symbol": report.symbol, "time_s": report.time_s,
                     "lines": list(report.lines)} for report in tally.reports],
    }


def write(path: Path, run: Run, tally: Tally) -> None:
    """Write the summary, whole or not at all."""
    write_whole(path, json.dumps(summary(run, tally), indent=1, default=str) + "\n")
