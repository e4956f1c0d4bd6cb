# SPDX-License-Identifier: GPL-2.0
"""The campaign as a program: a catalogue made, trials run, and what came of them told."""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path

from harness import kernel
from harness.campaign import catalogue, checked, engine, plan, report
from harness.campaign.catalogue import Catalogue
from harness.campaign.journal import CHECKED, Journal, read_checked, with_checked
from harness.campaign.machine import Subject, spec
from harness.campaign.record import Plan, Trial
from harness.campaign.share import WHOLE, Share
from harness.campaign.trial import Runner
from harness import driver as drivers
from harness.driver import Driver
from harness.modules import build_directory, built
from harness.outcome import HarnessError
from harness.progress import progress
from harness.qemu import Machine
from harness.spec import Spec
from harness.ui import note


def run(args: argparse.Namespace) -> int:
    """Run or resume a campaign; 0 if isolation kept the kernel alive in each trial.

    Of a share 0 says that it was run: it is judged with the others.
    """
    share = Share.parse(args.share) if args.share else WHOLE
    if args.jobs < 1:
        raise HarnessError("--jobs takes a number from 1 up")
    report.require_packages()
    made, known, machine, driver = plan_of(args)
    directory = args.out / driver.name
    interrupted = False
    begun = time.monotonic()
    # Ended by a time limit or by hand: what is done is kept and told.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Journal(directory) as journal:
        journal.begin(made, args.fresh)
        resumed = bool(journal.done)
        runner = Runner(made, known)

        def make(index: int) -> Subject:
            return Subject(Machine(machine, log=directory / f"console-{index}.txt"), driver)

        try:
            engine.run(made, journal, make, runner.run, args.jobs, share)
        except KeyboardInterrupt:
            interrupted = True
            note("campaign: interrupted; the same command goes on from here")
        trials = with_checked((journal.done[index] for index in sorted(journal.done) if index < len(made.faults)), directory)
    if args.share:
        note(f"campaign: share {args.share}: {len(trials)} trials in {os.path.relpath(directory)}")
    else:
        report.finish(directory, made, trials, report.command(), None if resumed else time.monotonic() - begun)
    if interrupted:
        return 130
    return 0 if args.share or not [trial for trial in trials if _missed(trial)] else 1


def plan_of(args: argparse.Namespace) -> tuple[Plan, Catalogue, Spec, Driver]:
    """Build and measure what is needed, and return the plan with what it was made of."""
    try:
        driver = drivers.load(args.driver)
    except drivers.UnknownName as error:
        raise HarnessError(str(error)) from None
    if args.faults < 1 or args.smp < 1:
        raise HarnessError("--faults and --smp take a number from 1 up")
    if args.icount and args.smp != 1:
        raise HarnessError("instructions are counted on one CPU only: --no-icount with --smp")
    machine, known = _prepare(driver, args)
    made = plan.make(args.seed, known, args.faults, args.icount, plan.ORACLE_EVERY)
    if len(made.faults) < args.faults:
        note(f"campaign: only {len(made.faults)} faults can be reached")
    return made, known, machine, driver


def _prepare(driver: Driver, args: argparse.Namespace) -> tuple[Spec, Catalogue]:
    """Build, describe the machine, and make the catalogue."""
    guest_kernel = kernel.fetch()
    modules = built(driver, guest_kernel, build=not args.no_build, mutants=True)
    machine = spec(driver, modules, "stock", args.icount, args.smp)
    reports = build_directory(guest_kernel.release, mutants=True) / "report" / driver.name
    log = args.out / driver.name / "console-coverage.txt"
    return machine, catalogue.fetch(machine, driver, guest_kernel.release, reports, log, note)


def check(args: argparse.Namespace) -> int:
    """Run what is due of a campaign on the kernel with checkers; 0 if it had nothing to say."""
    report.require_packages()
    driver = drivers.load(args.driver)
    directory = args.out / driver.name
    with Journal(directory) as journal:
        made = journal.plan()
        if not made or not journal.done:
            raise HarnessError(f"no campaign in {directory}")
        args.icount, args.smp = made.icount, 1
        _, known = _prepare(driver, args)
        if known.build != made.build:
            raise HarnessError(f"the campaign in {directory} was run on another build than this one")
        wanted = made.due([journal.done[index] for index in sorted(journal.done)])
        left = [trial for trial in wanted if trial.id not in read_checked(directory / CHECKED)[0]]
        with _checked(driver, args, known, directory) as bench, progress("oracle", len(left)) as step:
            for trial in left:
                run_ = bench.run(trial)
                journal.append_checked(trial, run_)
                step(f"{trial.id} {trial.fault.operator} in {trial.fault.function} by {trial.fault.entry}: {run_.outcome.value}", 1)
        trials = with_checked((journal.done[index] for index in sorted(journal.done)), directory)
    report.finish(directory, made, trials, *report.known_before(directory))
    return 0 if not [trial for trial in trials if trial.oracle and (trial.oracle.outcome.fatal or trial.oracle.console)] else 1


def _checked(driver: Driver, args: argparse.Namespace, known: Catalogue, directory: Path) -> checked.Checked:
    """Build what the second pass needs, the kernel included."""
    guest_kernel = kernel.select("oracle")
    modules = built(driver, guest_kernel, build=not args.no_build, mutants=True)
    reports = build_directory(guest_kernel.release, mutants=True) / "report" / driver.name
    counterparts = checked.Counterparts(known.mutants, catalogue.read_mutants(reports))
    return checked.Checked(spec(driver, modules, "oracle", args.icount, args.smp), driver, known, counterparts,
                           directory / "console-oracle.txt")


def replay(args: argparse.Namespace) -> int:
    """Run one trial of a campaign again and show everything; 0 if isolation held."""
    driver = drivers.load(args.driver)
    with Journal(args.out / driver.name) as journal:
        made = journal.plan()
    if not made:
        raise HarnessError(f"no campaign in {args.out / driver.name}")
    seed, _, place = args.trial.partition("-")
    if not place.isdigit() or seed != str(made.seed) or int(place) >= len(made.faults):
        raise HarnessError(f"no trial '{args.trial}': there are {made.seed}-0 to {made.seed}-{len(made.faults) - 1}")
    args.icount, args.smp = made.icount, 1
    machine, known = _prepare(driver, args)
    if known.build != made.build:
        note("replay: the build is another than the campaign's: its faults may be others")
    with Machine(machine, echo=lambda text: print(text, end="", flush=True)) as guest:
        subject = Subject(guest, driver)
        subject.prepare()
        subject.rewind()
        trial = Runner(made, known).run(subject, int(place))
    _show(trial)
    return 1 if _missed(trial) else 0


def _missed(trial: Trial) -> bool:
    """Whether isolation did not keep the kernel alive."""
    return trial.isolated.outcome.fatal


def _show(trial: Trial) -> None:
    fault = trial.fault
    print(f"\n{trial.id}: {fault.id}, {fault.operator} ({fault.family}) in {fault.function}, line {fault.line}, "
          f"reached by '{fault.trigger or 'traffic'}'")
    for run_ in (trial.native, trial.isolated):
        print(f"{run_.mode.value}: {run_.outcome.value}: {run_.outcome.meaning}")
        for name, value in run_.to_json().items():
            if name not in ("mode", "outcome", "problems", "console") and value is not None:
                print(f"  {name}: {value}")
        for text in (*run_.problems, *run_.console):
            print(f"  - {text}")
