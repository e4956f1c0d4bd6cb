# SPDX-License-Identifier: GPL-2.0
"""A campaign's files: the plan, and a line for each finished trial.

A line is on the disk before the next trial of its machine begins, so whatever
ends a campaign, `kill -9` and power cuts included, what is done stays done.  The
one line that may have been cut is dropped when the campaign is resumed, and its
trial is run again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO

from harness.campaign.record import Plan, RecordError, Run, Trial
from harness.outcome import HarnessError

CHECKED = "oracle.jsonl"


def read_trials(path: Path) -> tuple[list[Trial], int]:
    """Return the trials in a file, and how many bytes of it hold whole lines."""
    trials: list[Trial] = []
    whole = 0
    if not path.exists():
        return trials, whole
    data = path.read_bytes()
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        last = whole + len(line) == len(data)
        try:
            if not line.endswith(b"\n"):
                raise ValueError("cut off")
            trials.append(Trial.from_json(json.loads(line)))
        except (ValueError, RecordError) as error:
            if last:
                break
            raise HarnessError(f"{path}:{number}: {error}: not written by a campaign; remove the line to go on") from None
        whole += len(line)
    return trials, whole


def read_checked(path: Path) -> tuple[dict[str, Run], int]:
    """Return the runs on the kernel with checkers, by trial, and how many bytes hold whole lines."""
    runs: dict[str, Run] = {}
    whole = 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        try:
            data = json.loads(line) if line.endswith(b"\n") else {}
            runs[data["id"]] = Run.from_json(data["oracle"])
        except (ValueError, KeyError, RecordError):
            break  # cut off: it is run again
        whole += len(line)
    return runs, whole


def with_checked(trials: Iterable[Trial], directory: Path) -> list[Trial]:
    """Return trials with what the second pass has found of them."""
    runs, _ = read_checked(directory / CHECKED)
    return [replace(trial, oracle=runs[trial.id]) if trial.id in runs else trial for trial in trials]


class Journal:
    """The files of one campaign, kept by one process at a time; use it as a context manager."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._path = directory / "trials.jsonl"
        self._plan_path = directory / "plan.json"
        self._stream: IO[bytes] | None = None
        self.done: dict[int, Trial] = {}  # by index

    def __enter__(self) -> Journal:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._stream = self._path.open("ab")
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._stream.close()
            raise HarnessError(f"{self._path} is being written by another campaign") from None
        trials, whole = read_trials(self._path)
        self._stream.truncate(whole)
        self.done = {trial.index: trial for trial in trials}
        return self

    def __exit__(self, *exception: object) -> None:
        if self._stream:
            self._stream.close()

    def plan(self) -> Plan | None:
        """Return the plan of the campaign these files are of."""
        if not self._plan_path.exists():
            return None
        try:
            return Plan.from_json(json.loads(self._plan_path.read_text(encoding="utf-8")))
        except (ValueError, RecordError) as error:
            raise HarnessError(f"{self._plan_path}: {error}; --fresh begins anew") from None

    def begin(self, plan: Plan, fresh: bool) -> None:
        """Go on with a campaign, or begin one; the plan may have become longer or shorter."""
        before = self.plan()
        if self.done and not fresh:
            if not before or before.build != plan.build or not _same_begin(before, plan):
                raise HarnessError(f"{self.directory} holds {len(self.done)} trials of another campaign or build: "
                                   "--fresh drops them, --out goes elsewhere")
        elif self._stream:
            self._stream.truncate(0)
            (self.directory / CHECKED).unlink(missing_ok=True)
            self.done = {}
        partial = self._plan_path.with_suffix(".partial")
        partial.write_text(json.dumps(plan.to_json(), indent=1) + "\n", encoding="utf-8")
        partial.rename(self._plan_path)

    def append_checked(self, trial: Trial, run: Run) -> None:
        """Write a run on the kernel with checkers, to the disk."""
        path = self.directory / CHECKED
        _, whole = read_checked(path)
        with path.open("ab") as stream:
            stream.truncate(whole)
            stream.write(json.dumps({"id": trial.id, "oracle": run.to_json()}).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def append(self, trial: Trial) -> None:
        """Write a finished trial, to the disk."""
        if trial.index in self.done or not self._stream:
            raise ValueError(f"trial {trial.index} is written already, or nowhere to write to")
        self._stream.write(json.dumps(trial.to_json()).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.done[trial.index] = trial


def _same_begin(before: Plan, now: Plan) -> bool:
    """Whether one plan is the beginning of the other, and all else is the same."""
    common = min(len(before.faults), len(now.faults))
    return ((before.seed, before.icount, before.driver, before.faults[:common])
            == (now.seed, now.icount, now.driver, now.faults[:common]))
