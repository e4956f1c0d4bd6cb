# SPDX-License-Identifier: GPL-2.0
"""A campaign's files read back by whoever does not write them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.journal import read_trials, with_checked
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


def read(directory: Path) -> Read:
    """Read a campaign; one that has not begun has no trials."""
    plan = read_plan(directory)
    path = directory / TRIALS
    trials, whole = read_trials(path)
    torn = path.stat().st_size - whole if path.exists() else 0
    notices = (f"{path}: the last line is torn ({torn} bytes) and left out: its trial has to be run again",) if torn else ()
    return Read(plan, tuple(sorted(with_checked(trials, directory), key=lambda trial: trial.index)), notices)
