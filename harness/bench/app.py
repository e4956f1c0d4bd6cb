# SPDX-License-Identifier: GPL-2.0
"""The bench as a program: arguments checked, modules found, results told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import kernel
from harness.bench import profile, results
from harness.bench.measure import Bench
from harness import driver as drivers
from harness.modules import needed
from harness.outcome import HarnessError
from harness.paths import REPO, scratch_dir
from harness.qemu import Machine
from harness.spec import Spec


# Else how many frames come at once depended on the host wholly, not partly.
_PEER_TIMER_NS = 50_000
_SYMBOLS_S = 60.0  # the guest prints its symbols


def modules(driver: drivers.Driver) -> tuple[Path, ...]:
    """Return our modules, built without injection sites."""
    directory = REPO / "build" / kernel.headers_release() / "plain" / "modules"
    paths = tuple(directory / f"{name}.ko" for name in ("fgft", driver.name, "fgft_bench"))
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise HarnessError(f"{', '.join(missing)} not in {directory}: run `make bench DRIVER={driver.name}`")
    return (*needed(directory, driver), directory / "fgft_bench.ko")


def _stock(driver: drivers.Driver) -> Path:
    """Return the distribution's own module."""
    stock = kernel.fetch()
    return next(stock.modules / path for path in stock.closure([driver.module])
                if kernel.module_name(str(path)) == driver.module)


def run(args: argparse.Namespace) -> int:
    """Measure, write the summary and print the table."""
    try:
        driver = drivers.load(args.driver)
    except drivers.UnknownName as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 2
    if args.packets < 1 or args.rounds < 1:
        raise HarnessError("--packets and --rounds take a number from 1 up")
    ours = modules(driver)
    with scratch_dir() as scratch:
        spec = driver.machine(Spec(smp=1, icount=True, panic_on_oops=True, modules=ours, peer_timer_ns=_PEER_TIMER_NS,
                                   plugin=profile.Profile.argument(Path(scratch)) if args.profile else ""))
        with Machine(spec, log=args.out / driver.name / "console.log") as machine:
            counted = profile.Profile(Path(scratch), lambda: machine.check("cat /proc/kallsyms", _SYMBOLS_S))
            found = Bench(machine, driver, args.packets, args.rounds, counted if args.profile else None).run()
    native_text = results.text_bytes(_stock(driver))
    fields = results.driver_fields(found, results.text_bytes(ours[-2]) / native_text if native_text else None)
    summary = results.write(args.out, ["python3", "-m", "harness", *sys.argv[1:]], driver.name, fields)
    if args.json:
        print(summary.read_text(encoding="utf-8"), end="")
    else:
        print(results.render(driver.name, found, fields))
        if args.profile:
            print(profile.render(counted.found, driver.module))
        print(f"summary: {summary}")
    return 0
