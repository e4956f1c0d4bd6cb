# SPDX-License-Identifier: GPL-2.0
"""What a campaign writes down: faults, the runs of each, and the plan they come from.

A trial is one line of JSON in out/campaign/<driver>/trials.jsonl; the plan is
plan.json beside it.  Whoever reads them, now or in years, needs this file only.
What is not known is null, never 0.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from harness.outcome import Outcome as MachineOutcome

SCHEMA = 1


class RecordError(Exception):
    """A record lacks a field or has one of the wrong kind; the message says which."""


class Outcome(enum.Enum):
    """What became of one run of a fault."""

    NOT_REACHED = "not_reached"
    NO_EFFECT = "no_effect"
    WRONG_RESULT = "wrong_result"
    RECOVERED = "recovered"
    ESCALATED = "escalated"
    UNDETECTED_HARMFUL = "undetected_harmful"
    KERNEL_DIED = "kernel_died"
    HUNG = "hung"
    HARNESS_ERROR = "harness_error"

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return _MEANING[self]

    @property
    def fatal(self) -> bool:
        """Whether the kernel did not live through it."""
        return self in (Outcome.KERNEL_DIED, Outcome.HUNG)


_MEANING = {
    Outcome.NOT_REACHED: "the workload did not pass the fault",
    Outcome.NO_EFFECT: "the fault struck, and nothing was different from a run without it",
    Outcome.WRONG_RESULT: "the fault struck; only the call's own answer was wrong, and the next one was right",
    Outcome.RECOVERED: "the fault was detected and undone; all is as before, and the call works again",
    Outcome.ESCALATED: "the fault was detected, but the device, a setting or memory is not as before",
    Outcome.UNDETECTED_HARMFUL: "nobody noticed the fault, and something is broken, changed or leaked",
    Outcome.KERNEL_DIED: "the kernel oopsed, panicked or reset, or reported that it is corrupt",
    Outcome.HUNG: "the kernel, a CPU or the caller did not come back",
    Outcome.HARNESS_ERROR: "the harness itself went wrong; says nothing about the fault",
}


class Mode(enum.Enum):
    """How the driver's calls are run."""

    NATIVE = "native"
    ISOLATED = "isolated"


class Kernel(enum.Enum):
    """Which kernel the driver is in; a row of harness.kernel.CHOICES."""

    STOCK = "stock"
    ORACLE = "oracle"


# The ladder of the runtime, as last_fault names its steps.
STEPS = ("undo", "registers", "again", "pm", "bus_reset", "rebind", "failed")


def _take(kind: type, data: Any) -> dict[str, Any]:
    """Return the fields of a dataclass from a JSON object; unknown ones are left out."""
    if not isinstance(data, dict):
        raise RecordError(f"{kind.__name__}: not an object: {data!r:.80}")
    try:
        return {field.name: data[field.name] for field in fields(kind)}
    except KeyError as error:
        raise RecordError(f"{kind.__name__}: field {error} is missing") from None


def _member(kind: type[enum.Enum], value: Any) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise RecordError(str(error)) from None


@dataclass(frozen=True, order=True)
class Fault:
    """A mutant and the way on which it is reached."""

    id: str  # "<driver>-<unit>-<number>-<entry>", the same in every campaign on this build
    unit: str
    number: int
    operator: str
    family: str
    function: str
    line: int
    entry: str  # entry point through which it is reached
    trigger: str  # shell command that has the kernel call the entry point; "": traffic and time do

    @classmethod
    def from_json(cls, data: Any) -> Fault:
        """Check and take over."""
        return cls(**_take(cls, data))

    def to_json(self) -> dict[str, Any]:
        """Return what goes into the file."""
        return asdict(self)


def fault_id(driver: str, unit: str, number: int, entry: str) -> str:
    """Name a fault; `Fault.id` is made here only."""
    return f"{driver}-{unit}-{number}-{entry}"


@dataclass(frozen=True)
class Run:
    """One execution of a fault."""

    mode: Mode
    kernel: Kernel
    outcome: Outcome
    machine: MachineOutcome  # how the guest's command ended
    step: str | None  # of STEPS, the highest one taken; None: nothing was detected, or not known
    reached: bool | None
    hits: int | None  # how often the fault was passed
    detected: bool | None
    cause: str | None  # as last_fault names it
    contained: bool | None  # kernel alive, nothing of others touched
    recovered: bool | None  # the runtime put right what it detected
    application_correct: bool | None  # who used the device saw errors at most, no wrong data, and went on
    resources_clean: bool | None
    retry_ok: bool | None  # the call without the fault
    traffic_ok: bool | None
    settings_kept: bool | None
    problems: tuple[str, ...]  # everything that was not as it should be, a sentence each
    detection_ns: int | None  # fault struck until detected
    rollback_ns: int | None
    restore_ns: int | None
    outage_ns: int | None  # longest time in which no data came through
    console: tuple[str, ...]  # titles of kernel reports
    wall_s: float

    @classmethod
    def from_json(cls, data: Any) -> Run:
        """Check and take over."""
        taken = _take(cls, data)
        taken |= {"mode": _member(Mode, taken["mode"]), "kernel": _member(Kernel, taken["kernel"]),
                  "outcome": _member(Outcome, taken["outcome"]), "machine": _member(MachineOutcome, taken["machine"]),
                  "problems": tuple(taken["problems"]), "console": tuple(taken["console"])}
        if taken["step"] is not None and taken["step"] not in STEPS:
            raise RecordError(f"Run: unknown step {taken['step']!r}")
        return cls(**taken)

    def to_json(self) -> dict[str, Any]:
        """Return what goes into the file."""
        data = asdict(self)
        return data | {name: data[name].value for name in ("mode", "kernel", "outcome", "machine")} | {
            "problems": list(self.problems), "console": list(self.console)}


@dataclass(frozen=True)
class Trial:
    """A fault and its runs."""

    id: str  # "<seed>-<index>"; what `campaign replay` takes
    index: int  # place in the plan, from 0
    seed: int  # of this trial: decides the fault's random values
    fault: Fault
    native: Run
    isolated: Run
    oracle: Run | None  # isolated, on the kernel with checkers; None: not run there

    @classmethod
    def from_json(cls, data: Any) -> Trial:
        """Check and take over."""
        taken = _take(cls, data)
        taken |= {"fault": Fault.from_json(taken["fault"]), "native": Run.from_json(taken["native"]),
                  "isolated": Run.from_json(taken["isolated"]),
                  "oracle": None if taken["oracle"] is None else Run.from_json(taken["oracle"])}
        return cls(**taken)

    def to_json(self) -> dict[str, Any]:
        """Return one line's content."""
        return {"id": self.id, "index": self.index, "seed": self.seed, "fault": self.fault.to_json(),
                "native": self.native.to_json(), "isolated": self.isolated.to_json(),
                "oracle": self.oracle.to_json() if self.oracle else None}


@dataclass(frozen=True)
class Plan:
    """Which faults a campaign runs: out/campaign/<driver>/plan.json."""

    schema: int
    driver: str
    seed: int
    build: str  # digest of the modules and the catalogue; a campaign is resumed on the same only
    kernel: str  # release of the stock guest kernel
    icount: bool
    distinct_faults: int  # mutants in the build
    reachable_faults: int  # mutants that a known workload passes
    operators: tuple[str, ...]  # that have a reachable fault
    entries: tuple[str, ...]  # entry points that a known workload reaches
    unreached: dict[str, str]  # other entry points -> why
    oracle_every: int | None  # one trial in so many again on the oracle kernel; None: none
    faults: tuple[Fault, ...]  # in the order of their trials

    def due(self, trials: Sequence[Trial]) -> list[Trial]:
        """Return those of its trials that are to be run on the kernel with checkers, too."""
        return [trial for trial in trials if self.oracle_every and trial.index % self.oracle_every == 0]

    @classmethod
    def from_json(cls, data: Any) -> Plan:
        """Check and take over."""
        taken = _take(cls, data)
        if taken["schema"] != SCHEMA:
            raise RecordError(f"Plan: schema {taken['schema']!r}, this program knows {SCHEMA}")
        taken |= {"operators": tuple(taken["operators"]), "entries": tuple(taken["entries"]),
                  "faults": tuple(Fault.from_json(fault) for fault in taken["faults"])}
        return cls(**taken)

    def to_json(self) -> dict[str, Any]:
        """Return the file's content."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "operators": list(self.operators), "entries": list(self.entries),
            "faults": [fault.to_json() for fault in self.faults]}
