# SPDX-License-Identifier: GPL-2.0
"""A campaign's files read back: plan.json, and trials.jsonl with what may be wrong in it.

A trial is appended as one line.  A machine that loses power leaves half of one
at the end: that is told and left out.  Half a line anywhere else is damage.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.record import Plan, RecordError, Trial
from harness.outcome import HarnessError

PLAN = "plan.json"
TRIALS = "trials.jsonl"
SUMMARY = "summary.json"
PAGE = "report.html"


@dataclass(frozen=True)
class Read:
    """What a directory holds."""

    plan: Plan
    trials: tuple[Trial, ...]
    notices: tuple[str, ...]  # a sentence each, for a person


def digest(plan: Plan) -> str:
    """Return what tells two plans apart: same digest, same faults in the same order."""
    text = json.dumps(plan.to_json(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_plan(directory: Path) -> Plan:
    """Read the plan of a campaign."""
    path = directory / PLAN
    try:
        return Plan.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise HarnessError(f"{path} is missing: run `python3 -m harness campaign`, or name the directory "
                           "that holds a campaign") from None
    except (ValueError, RecordError, TypeError) as error:
        raise HarnessError(f"{path} is no plan of a campaign: {error}") from None


def read_trials(path: Path) -> tuple[list[Trial], list[str]]:
    """Return the trials of a file, and notices about it; a file not there has none."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return [], [f"{path}: not there, so no trials from it"]
    lines = text.split(b"\n")
    # A whole file ends in a newline.
    torn = lines.pop()
    trials, notices = [], []
    for number, line in enumerate(lines, 1):
        try:
            trials.append(Trial.from_json(json.loads(line)))
        except (ValueError, RecordError, TypeError) as error:
            raise HarnessError(f"{path}, line {number} is no trial: {error}; remove the line to go on without it") from None
    if torn:
        notices.append(f"{path}: the last line is torn ({len(torn)} bytes) and left out: its trial has to be run again")
    return trials, notices


def read(directory: Path) -> Read:
    """Read a campaign."""
    plan = read_plan(directory)
    trials, notices = read_trials(directory / TRIALS)
    return Read(plan, tuple(sorted(trials, key=lambda trial: trial.index)), tuple(notices))
