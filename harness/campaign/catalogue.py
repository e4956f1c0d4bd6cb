# SPDX-License-Identifier: GPL-2.0
"""Which mutants a build has, and which of them each known workload passes.

The first is read from the isolator's reports.  The second is measured in one
guest, an entry point after the other, and kept for the next campaign on the
same modules.  With it is kept how a run of each workload ends when nothing is
wrong: that is what a trial is compared with.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.campaign.machine import Subject, answer_of
from harness.campaign.record import Fault, fault_id
from harness.driver import Driver
from harness.outcome import HarnessError
from harness.paths import REPO, cache_dir
from harness.qemu import Machine
from harness.service import triggers
from harness.spec import Spec

# Calls of an entry point whose mutants are noted; of what traffic reaches, more.
_CALLS = 2
_CALLS_TRAFFIC = 12
# A mutant's number has its place in the unit's list in these bits.
_PLACE = (1 << 24) - 1


@dataclass(frozen=True)
class Mutant:
    """A mistake that was compiled in, as the isolator's report lists it."""

    unit: str
    number: int
    operator: str
    family: str
    function: str
    line: int


@dataclass(frozen=True)
class Reference:
    """A run in which nothing was woken."""

    rc: int
    again_rc: int
    connection_kept: bool
    slab_bytes: int  # growth of the caches that grew
    settings: dict[str, Any]  # after the call
    settings_in_end: dict[str, Any]  # after the second one


@dataclass(frozen=True)
class Entry:
    """An entry point, how it is reached, and what calls of it pass."""

    name: str
    trigger: str
    reach_ms: int
    covered: dict[str, tuple[int, ...]]  # unit -> places of the mutants in its list
    references: dict[str, Reference]  # by mode


@dataclass(frozen=True)
class Catalogue:
    """A build's mutants and what is known of reaching them."""

    driver: str
    build: str
    release: str
    mutants: tuple[Mutant, ...]
    entries: tuple[Entry, ...]
    unreached: dict[str, str]  # entry point -> why

    def entry(self, name: str) -> Entry:
        """Return an entry point by name."""
        return next(entry for entry in self.entries if entry.name == name)

    def faults(self) -> list[Fault]:
        """Return every mutant with every entry point that passes it, in a fixed order."""
        by_place = {(mutant.unit, mutant.number & _PLACE): mutant for mutant in self.mutants}
        found = []
        for entry in self.entries:
            for unit, places in entry.covered.items():
                for place in places:
                    mutant = by_place[unit, place]
                    found.append(Fault(fault_id(self.driver, mutant.unit, mutant.number, entry.name), mutant.unit,
                                       mutant.number, mutant.operator, mutant.family, mutant.function, mutant.line,
                                       entry.name, entry.trigger))
        return sorted(found)


def read_mutants(reports: Path) -> tuple[Mutant, ...]:
    """Read the isolator's reports of a driver."""
    found = []
    for path in sorted(reports.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")).get("mutants", []):
            found.append(Mutant(path.stem, row["number"], row["operator"], row["family"], row["function"], row["line"]))
    if not found:
        raise HarnessError(f"no mutants in {reports}: run `make modules INJECT=1 MUTANTS=1`")
    return tuple(found)


def parse_covered(text: str) -> dict[str, tuple[int, ...]]:
    """Read /sys/kernel/fgft/covered."""
    covered = {}
    for line in text.splitlines():
        unit, _, ranges = line.partition(":")
        places: list[int] = []
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", ranges):
            places += range(int(first), int(last or first) + 1)
        covered[unit] = tuple(places)
    return covered


def digest(driver: Driver, reports: Path, spec: Spec) -> str:
    """Name everything that decides which mutants are passed, and when."""
    state = hashlib.sha256()
    paths = [*spec.modules, *sorted(reports.glob("*.json")), driver.service.triggers, *sorted((REPO / "harness" / "guest").iterdir()),
             Path(__file__), Path(__file__).with_name("machine.py")]
    for path in paths:
        state.update(path.name.encode() + b"\0" + path.read_bytes())
    state.update(f"{spec.kernel} {spec.icount} {spec.icount_shift} {spec.smp} {spec.memory_mb} {driver}".encode())
    return state.hexdigest()[:16]


def fetch(spec: Spec, driver: Driver, release: str, reports: Path, log: Path, show: Callable[[str], None]) -> Catalogue:
    """Return the catalogue of a build, measured in a guest when no kept one fits."""
    build = digest(driver, reports, spec)
    kept = cache_dir() / "campaign" / f"{driver.name}-{build}.json"
    mutants = read_mutants(reports)
    if kept.exists():
        return _from_json(json.loads(kept.read_text(encoding="utf-8")), mutants)
    with Machine(spec, log=log) as machine:
        subject = Subject(machine, driver)
        subject.prepare()
        catalogue = measure(subject, build, release, mutants, show)
    kept.parent.mkdir(exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(_to_json(catalogue)), encoding="utf-8")
    partial.rename(kept)
    return catalogue


def measure(subject: Subject, build: str, release: str, mutants: tuple[Mutant, ...], show: Callable[[str], None],
            only: Collection[str] = ()) -> Catalogue:
    """Make the catalogue in a prepared guest; with `only`, of these entry points alone."""
    known = subject.driver.catalogue()
    home = f"/sys/kernel/fgft/{subject.driver.module}/entries"
    listed = subject.machine.check(f"cd {home} && for e in *; do read -r t < $e/table; echo \"$e $t\"; done").splitlines()
    entries = []
    unreached = {}
    references: dict[str, dict[str, Reference]] = {}
    for index, line in enumerate(sorted(listed)):
        name, _, table = line.partition(" ")
        if only and name not in only:
            continue
        trigger = known.find(table)
        if not trigger:
            unreached[name] = f"nothing is known to call it ({table or 'in no table'})"
            continue
        show(f"coverage: {index + 1} of {len(listed)} entry points, {name}")
        covered = _cover(subject, name, trigger)
        if not any(covered.values()):
            unreached[name] = f"not reached by '{trigger.shell or 'traffic'}'"
            continue
        if trigger.shell not in references:
            references[trigger.shell] = {mode: reference(subject, mode, name, trigger.shell, trigger.reach_ms)
                                         for mode in ("native", "isolated")}
        entries.append(Entry(name, trigger.shell, trigger.reach_ms, covered, references[trigger.shell]))
    return Catalogue(subject.driver.name, build, release, mutants, tuple(entries), unreached)


def _cover(subject: Subject, name: str, trigger: triggers.Trigger) -> dict[str, tuple[int, ...]]:
    subject.rewind()
    calls = _CALLS if trigger.shell else _CALLS_TRAFFIC
    answer = answer_of(subject.ask("native", name, trigger.shell, trigger.reach_ms, cover=calls))
    return parse_covered(answer["covered"])


def reference(subject: Subject, mode: str, name: str, shell: str, reach_ms: int) -> Reference:
    """Run what reaches an entry point without any fault; raise HarnessError if it does not end well."""
    subject.rewind()
    answer = answer_of(subject.ask(mode, name, shell, reach_ms, number=None))
    wrong = [what for what in ("ready", "traffic") if not answer.get(what)]
    if wrong or not answer["again"]["traffic"] or answer["faults"]:
        raise HarnessError(f"without any fault, {mode}, '{shell or 'traffic'}' does not end well ({', '.join(wrong)}): {answer}")
    return Reference(answer["first"]["rc"], answer["again"]["rc"], answer["connection_kept"],
                     sum(size for size in answer["slab"].values() if size > 0), answer["settings"]["after"],
                     answer["again"]["settings"])


def _to_json(catalogue: Catalogue) -> dict[str, Any]:
    data = asdict(catalogue)
    del data["mutants"]  # they are in the reports
    return data


def _from_json(data: dict[str, Any], mutants: tuple[Mutant, ...]) -> Catalogue:
    entries = tuple(
        Entry(row["name"], row["trigger"], row["reach_ms"], {unit: tuple(places) for unit, places in row["covered"].items()},
              {mode: Reference(**reference) for mode, reference in row["references"].items()})
        for row in data["entries"])
    return Catalogue(data["driver"], data["build"], data["release"], mutants, entries, data["unreached"])
