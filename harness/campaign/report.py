# SPDX-License-Identifier: GPL-2.0
"""What is made of trials: summary, page and terminal table; merging; commands for both."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from harness import apt, packages
from harness.campaign import merge, store
from harness.campaign.record import Plan, Trial
from harness.outcome import HarnessError
from harness.ui import note


def require_packages() -> None:
    """Say what to do when the packages of a report are missing; call before what takes hours."""
    missing = apt.missing(list(packages.REPORT))
    if missing:
        raise HarnessError(f"no report without {', '.join(missing)}: run `python3 -m harness setup --with report`")


def finish(directory: Path, plan: Plan, trials: list[Trial], ran: list[str], wall_s: float | None) -> Path:
    """Write summary.json and the page of a campaign, show its table; return the page.

    `ran` is what ran the campaign, `wall_s` how long it took, if one
    machine ran all of it.
    """
    require_packages()
    from harness.campaign import page, summary, table
    from harness.demo.table import console

    found = summary.Summary(plan, trials)
    fields = found.fields(ran, wall_s)
    summary.write(directory, fields)
    path = page.write(directory / store.PAGE, found, fields)
    console().print(table.render(found, Path(os.path.relpath(path))))
    return path


def command() -> list[str]:
    """Return this process's command line."""
    return ["python3", "-m", "harness", *sys.argv[1:]]


def known_before(directory: Path) -> tuple[list[str], float | None]:
    """Return command and time of the campaign as the summary of its run has them."""
    try:
        fields = json.loads((directory / store.SUMMARY).read_text(encoding="utf-8"))
        return list(fields["command"]), fields["wall_s"]
    except (OSError, ValueError, KeyError, TypeError):
        return command(), None


def run_report(args: argparse.Namespace) -> int:
    """Make the report of a campaign anew."""
    directory: Path = args.directory or args.out / args.driver
    found = store.read(directory)
    for notice in found.notices:
        note(f"campaign: {notice}")
    finish(directory, found.plan, list(found.trials), *known_before(directory))
    return 0


def run_merge(args: argparse.Namespace) -> int:
    """Put shares together and report on the whole; 1 when something is missing or contradicts."""
    require_packages()
    found = merge.merge(args.directories)
    out: Path = args.out / found.plan.driver
    merge.write(out, found)
    finish(out, found.plan, list(found.trials), command(), None)
    for notice in found.notices:
        note(f"campaign: {notice}")
    for text in found.disagreements:
        note(f"campaign: machines disagree: {text}")
    if found.holes:
        note(f"campaign: {len(found.holes)} of {len(found.plan.faults)} trials are missing: {merge.ranges(found.holes)}")
    return 0 if found.whole else 1


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands below `campaign`."""
    parser = subparsers.add_parser("report", help="make summary, page and table of a campaign's trials anew")
    parser.add_argument("directory", nargs="?", type=Path, help="where plan.json and trials.jsonl are (default: those of --out and --driver)")
    parser.set_defaults(run=run_report)
    parser = subparsers.add_parser("merge", help="put the shares of several machines together")
    parser.add_argument("directories", nargs="+", type=Path, metavar="DIR", help="holds plan.json and trials.jsonl")
    parser.set_defaults(run=run_merge)
