# SPDX-License-Identifier: GPL-2.0
"""The demo as a program: arguments checked, modules built, results told."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from harness import kernel
from harness import driver as drivers
from harness.demo import results, table
from harness.demo.case import Case
from harness.demo.faults import FAULTS, fault
from harness.demo.runner import Run
from harness.modules import built
from harness.outcome import HarnessError
from harness.spec import Spec


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 if every case was recovered, and nothing lost that need not be."""
    begun = time.monotonic()
    try:
        demo = _prepare(args)
    except drivers.UnknownName as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 2
    interrupted = False
    # Ended by a time limit or by hand, the machines end and what is done is told.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        demo.execute()
    except KeyboardInterrupt:
        interrupted = True
        print("demo: interrupted", file=sys.stderr)
    if interrupted and not demo.cases:
        return 130
    summary = results.write(demo.directory, ["python3", "-m", "harness", *sys.argv[1:]], args.driver, demo.spec, demo.cases,
                            demo.restart, time.monotonic() - begun)
    if args.json:
        print(summary.read_text(encoding="utf-8"), end="")
    else:
        _print(demo, summary, time.monotonic() - begun)
    if interrupted:
        return 130
    return 0 if demo.cases and all(case.passed for case in demo.cases) else 1


def _prepare(args: argparse.Namespace) -> Run:
    """Check the arguments, see that the modules are built, describe the run."""
    driver = drivers.load(args.driver)
    entries = [driver.entry(name) for name in args.entry] or list(driver.entries)
    faults = [fault(name) for name in args.fault] or list(FAULTS)
    if args.jobs < 1 or args.smp < 1:
        raise HarnessError("--jobs and --smp take a number from 1 up")
    modules = built(driver, kernel.fetch(), build=not args.no_build)
    spec = driver.machine(Spec(smp=args.smp, cpu=args.cpu, icount=True, panic_on_oops=True, modules=modules))
    width = min(args.jobs, 2 * len(entries) * len(faults))
    return Run(driver, entries, faults, spec, width, args.out / driver.name)


def _print(demo: Run, summary: Path, wall_s: float) -> None:
    out = table.console()
    out.print(table.render(demo.driver, [entry.name for entry in demo.entries], demo.faults, demo.cases, demo.restart))
    for case in demo.cases:
        if not case.passed:
            _print_failure(case)
    _print_late(demo)
    out.print(f"{table.verdict(demo.cases, demo.total)} {wall_s:.0f} s. {os.path.relpath(summary)}",
              style="bold", soft_wrap=True)


def _print_late(demo: Run) -> None:
    """Name the entry points whose cases took longer than hoped for: all is well but the time."""
    late = [case for case in demo.cases if case.passed and not case.shown]
    for entry in demo.entries:
        outages = [case.isolated.traffic.outage_ns for case in late
                   if case.entry is entry and case.isolated and case.isolated.traffic]
        if outages:
            print(f"{entry.name}: recovered in up to {table.duration(max(outages))}, more than a fifth of a restart; "
                  f"run one again with: python3 -m harness demo --driver {demo.driver.name} --entry {entry.name}")


def _print_failure(case: Case) -> None:
    """Say what went wrong with a case, what the guest last said, and how to see it again."""
    print(f"{case.entry.name}, {case.fault.title}:")
    for reason in case.reasons:
        print(f"  {reason}")
    for side in (case.native if not case.native or not case.native.outcome else None,
                 case.isolated if not case.recovered else None):
        if side and side.evidence:
            print("  --- last console lines")
            print("\n".join(f"  {line}" for line in side.evidence.splitlines()))
    print(f"  run again with: {case.command}")
