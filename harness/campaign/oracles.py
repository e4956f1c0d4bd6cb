# SPDX-License-Identifier: GPL-2.0
"""What became of a run: every question that is asked of it, and the outcome.

The guest's program has asked the kernel (guest/trial.cc); here its answer is
compared with what it said before the fault, and with a run without any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.campaign.catalogue import Reference
from harness.campaign.record import STEPS, Kernel, Mode, Outcome, Run
from harness.console import Kind, Report
from harness.outcome import Outcome as MachineOutcome
from harness.paths import REPO
from harness.qemu import Attempt

# What the caches of the kernel may grow by more than in a run without a fault:
# room for what else a quiet kernel does.  What the driver owns is compared to
# the byte, in `ranges`.
SLAB_NOISE_BYTES = 64 << 10

# After these the kernel goes on, but not as a kernel one may trust.
_DEATHS = frozenset({kind for kind in Kind if kind.is_oops} | {Kind.PANIC, Kind.BAD_PAGE, Kind.BAD_ACCESS, Kind.BAD_OBJECT})
_HANGS = frozenset({Kind.SOFT_LOCKUP, Kind.HARD_LOCKUP, Kind.HUNG_TASK, Kind.RCU_STALL})

# How the guest's end is told.
_LOST = {
    MachineOutcome.GUEST_PANIC: Outcome.KERNEL_DIED,
    MachineOutcome.GUEST_OOPS: Outcome.KERNEL_DIED,
    MachineOutcome.GUEST_RESET: Outcome.KERNEL_DIED,
    MachineOutcome.HUNG_SILENT: Outcome.HUNG,
    MachineOutcome.HUNG_WITH_OUTPUT: Outcome.HUNG,
    MachineOutcome.TIMEOUT: Outcome.HUNG,  # the caller did not come back
}

# Return codes of guest/command.h: the command overran, or could not be ended.
_OVERRAN, _STUCK = -1000, -1001


@dataclass(frozen=True)
class Circumstances:
    """How a run was made."""

    mode: Mode
    kernel: Kernel
    reference: Reference
    wall_s: float


def judge(how: Circumstances, attempt: Attempt, answer: dict[str, Any] | None) -> Run:
    """Return the record of a run; no answer: the guest was lost, or the harness failed."""
    # One that repeats itself fills a file with what is known.
    console = tuple(dict.fromkeys(_title(report) for report in attempt.reports))
    if answer is None:
        return _lost(how, attempt, console)
    if not answer["ready"]:
        return _run(how, Outcome.HARNESS_ERROR, attempt, console, problems=("nobody was served before the fault",))
    if not answer["struck"]:
        return _run(how, Outcome.NOT_REACHED, attempt, console, problems=tuple(_notes(how, answer)), reached=False, hits=0)
    detected = answer["faults"] > 0
    causes = [name for name in answer["causes"] if answer["causes"][name] != "0"] if detected else []
    checks = _checks(how, answer, _complaints(attempt.reports, causes))
    problems = tuple(text for texts in checks.values() for text in texts)
    steps = [step for step in STEPS if answer["steps"].get(step, "0") != "0"] if detected else []
    one = answer["faults"] == 1
    last = answer["last"]
    fields = {
        "reached": True, "hits": answer["passed"], "detected": detected,
        "cause": (last.get("cause") if detected else None), "step": steps[-1] if steps else None,
        "contained": not checks["kernel"] and not checks["others"],
        "recovered": detected and not problems and "failed" not in steps,
        "application_correct": not checks["data"] and not checks["traffic"] and not checks["retry"],
        "resources_clean": not checks["resources"], "retry_ok": not checks["retry"],
        "traffic_ok": not checks["traffic"], "settings_kept": not checks["settings"],
        "detection_ns": _positive(answer["fault_ns"] - answer["first_ns"]) if one else None,
        "rollback_ns": _number(last, "rollback_ns") if detected else None,
        "restore_ns": _number(last, "restore_ns") if detected else None,
        "outage_ns": answer["gap_ns"],
    }
    outcome = _outcome(how, attempt.reports, causes, answer, detected, problems)
    notes = tuple(_notes(how, answer))
    return _run(how, outcome, attempt, console, problems=problems + notes, **fields)


def _outcome(how: Circumstances, reports: tuple[Report, ...], causes: list[str], answer: dict[str, Any], detected: bool,
             problems: tuple[str, ...]) -> Outcome:
    kinds = {report.kind for report in _serious(reports, causes)}
    if kinds & _DEATHS:
        return Outcome.KERNEL_DIED
    if kinds & _HANGS or _STUCK in (answer["first"]["rc"], answer["again"]["rc"]):
        return Outcome.HUNG
    if problems:
        return Outcome.ESCALATED if detected else Outcome.UNDETECTED_HARMFUL
    if detected:
        return Outcome.RECOVERED
    return Outcome.WRONG_RESULT if _refused(how, answer) else Outcome.NO_EFFECT


def _serious(reports: tuple[Report, ...], causes: list[str]) -> list[Report]:
    """Leave out the line BUG() prints before anyone is asked, where it was undone."""
    return [report for report in reports if not (report.kind is Kind.BUG and not report.symbol and "BUG" in causes)]


def _title(report: Report) -> str:
    """Return what it says, with files as they are called in the tree: where that lies is nobody's business."""
    return report.title.replace(f"{REPO}/", "")


def _complaints(reports: tuple[Report, ...], causes: list[str]) -> list[str]:
    return list(dict.fromkeys(f"the kernel said: {_title(report)}" for report in _serious(reports, causes)))


def _checks(how: Circumstances, answer: dict[str, Any], complaints: list[str]) -> dict[str, list[str]]:
    """Return what is not as it should be, by what it is about."""
    again = answer["again"]
    traffic = []
    if not answer["traffic"] and not _absent(how, answer):
        traffic.append("nobody is served after the fault")
    if not again["traffic"]:
        traffic.append("nobody is served after the call without the fault")
    if how.reference.connection_kept and not answer["connection_kept"]:
        traffic.append("the connection broke")
    retry = []
    if again["rc"] != how.reference.again_rc:
        retry.append(f"the call without the fault: {_returned(again)}, without any {how.reference.again_rc}")
    if again["faults"]:
        retry.append(f"the call without the fault led to {again['faults']} faults more")
    runtime = [] if answer["finished"] else ["recovery did not end"]
    return {
        "kernel": complaints,
        "others": [] if answer["victim"].strip() in ("intact", "") else ["data of another module was overwritten"],
        "data": [f"{answer['bad_bytes']} wrong bytes came back"] if answer["bad_bytes"] else [],
        "traffic": traffic, "retry": retry, "runtime": runtime,
        "settings": _settings(how, answer), "resources": _resources(how, answer),
    }


def _refused(how: Circumstances, answer: dict[str, Any]) -> bool:
    """Whether the caller was told that the call failed."""
    return bool(answer["first"]["rc"] != how.reference.rc)


def _absent(how: Circumstances, answer: dict[str, Any]) -> bool:
    """Whether the call that makes the device usable was refused: then it is not there, or down."""
    return _refused(how, answer) and not answer["settings"]["after"].get("up")


def _settings(how: Circumstances, answer: dict[str, Any]) -> list[str]:
    """Compare with a run without a fault; what only the next call puts right counts as changed.

    A call that was refused has changed nothing: then the value from before it is right too.
    """
    wrong: dict[str, str] = {}
    before = answer["settings"]["before"] if _refused(how, answer) else {}
    after = {} if _absent(how, answer) else how.reference.settings
    for when, found, expected in (("after the fault", answer["settings"]["after"], after),
                                  ("in the end", answer["again"]["settings"], how.reference.settings_in_end)):
        for name, value in expected.items():
            if found.get(name) != value and (name not in before or found.get(name) != before[name]):
                wrong.setdefault(name, f"setting {name} is {found.get(name)}, not {value}, {when}")
    return list(wrong.values())


def _resources(how: Circumstances, answer: dict[str, Any]) -> list[str]:
    before, after = answer["resources"]["before"], answer["resources"]["after"]
    wrong = [f"{name}: was '{_line(before[name])}', is '{_line(after[name])}'" for name in before
             if before[name] != after[name]]
    grown = {name: size for name, size in answer["slab"].items() if size > 0}
    more = sum(grown.values()) - how.reference.slab_bytes
    if more > SLAB_NOISE_BYTES:
        most = sorted(grown, key=lambda name: -int(grown[name]))[:3]
        wrong.append(f"slab grew by {more} bytes more than without a fault: "
                     + ", ".join(f"{name} {grown[name]}" for name in most))
    return wrong


def _notes(how: Circumstances, answer: dict[str, Any]) -> list[str]:
    """Tell what a caller was told in a run that is no problem for it."""
    return [f"the call: {_returned(answer['first'])}, without a fault {how.reference.rc}"] if _refused(how, answer) else []


def _returned(command: dict[str, Any]) -> str:
    said = " ".join(str(command["said"]).split())
    how = {_OVERRAN: "did not end", _STUCK: "could not be ended"}.get(command["rc"], f"returned {command['rc']}")
    return how + (f", said '{said[-120:]}'" if said else "")


def _line(value: object) -> str:
    return ", ".join(str(value).split("\n")).strip(", ")


def _number(pairs: dict[str, str], name: str) -> int | None:
    text = pairs.get(name, "")
    return int(text) if text.isdigit() else None


def _positive(value: int) -> int | None:
    return value if value >= 0 else None


def _lost(how: Circumstances, attempt: Attempt, console: tuple[str, ...]) -> Run:
    outcome = _LOST.get(attempt.outcome, Outcome.HARNESS_ERROR)
    known = outcome.fatal
    # Whether the fault was reached is the guest's to say; it did not die of itself.
    return _run(how, outcome, attempt, console, problems=(f"{attempt.outcome.value}: {_line(attempt.detail)[-300:]}",),
                reached=True if known else None, contained=False if known else None,
                application_correct=False if known else None)


def _run(how: Circumstances, outcome: Outcome, attempt: Attempt, console: tuple[str, ...],
         problems: tuple[str, ...] = (), **known: Any) -> Run:
    """Make a record in which everything that is not given is unknown."""
    fields: dict[str, Any] = dict.fromkeys((
        "step", "reached", "hits", "detected", "cause", "contained", "recovered", "application_correct", "resources_clean",
        "retry_ok", "traffic_ok", "settings_kept", "detection_ns", "rollback_ns", "restore_ns", "outage_ns"))
    return Run(mode=how.mode, kernel=how.kernel, outcome=outcome, machine=attempt.outcome, problems=problems,
               console=console, wall_s=round(how.wall_s, 3), **(fields | known))
