# SPDX-License-Identifier: GPL-2.0
"""The bench as a program: arguments checked, modules found, results told."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from harness import kernel
from harness.bench import growth, micro, page, pktgen, profile, recovery, results, rst
from harness.bench.measure import Bench, Measured
from harness.bench.recovery import Recovery
from harness import driver as drivers
from harness.modules import needed
from harness.outcome import GuestLost, HarnessError
from harness.paths import REPO, scratch_dir
from harness.qemu import Machine
from harness.spec import Spec
from harness.ui import note


# Else how many frames come at once depended on the host wholly, not partly.
_PEER_TIMER_NS = 50_000
# The same where single packets count, of which few come at once.
_PROMPT_PEER_NS = 5_000
_SYMBOLS_S = 60.0  # the guest prints its symbols
T = TypeVar("T")
PARTS = ("recovery", "cost", "growth", "micro")


def _directory(variant: str) -> Path:
    return REPO / "build" / kernel.headers_release() / variant / "modules"


def modules(driver: drivers.Driver, variant: str, *others: str) -> tuple[Path, ...]:
    """Return our modules, of the build "plain" or of "inject", and others of that build by name."""
    directory = _directory(variant)
    missing = [name for name in ("fgft", driver.name, *others) if not (directory / f"{name}.ko").is_file()]
    if missing:
        raise HarnessError(f"{', '.join(missing)}.ko not in {directory}: run `make bench DRIVER={driver.name}`")
    return (*needed(directory, driver), *(directory / f"{name}.ko" for name in others))


def _stock(driver: drivers.Driver) -> Path:
    """Return the distribution's own module."""
    stock = kernel.fetch()
    return next(stock.modules / path for path in stock.closure([driver.module])
                if kernel.module_name(str(path)) == driver.module)


class _Parts:
    """The parts of a run: one that fails does not take along what others have measured for minutes."""

    def __init__(self, wanted: list[str]) -> None:
        self._wanted = wanted
        self.failed: list[str] = []

    def measure(self, name: str, measure: Callable[[], T]) -> T | None:
        """Do a part if it is wanted; None if it is not, or failed."""
        if name not in self._wanted:
            return None
        try:
            return measure()
        except (HarnessError, GuestLost) as error:
            self.failed.append(name)
            print(f"bench: error: {name}: {error}", file=sys.stderr)
            return None


def _recovery(args: argparse.Namespace, driver: drivers.Driver) -> Recovery:
    """Measure outages."""
    fine = driver.service.fine
    spec = driver.machine(Spec(smp=1, icount=True, panic_on_oops=True, peer_timer_ns=_PROMPT_PEER_NS, kernel_args=recovery.KERNEL_ARGS,
                               modules=modules(driver, "inject", *([fine] if fine else []))))
    with Machine(spec, log=args.out / driver.name / "console-recovery.log") as machine:
        bench = recovery.Bench(machine, driver)
        try:
            return bench.run()
        except GuestLost as error:
            # Of minutes' work, keep what there is.
            bench.found.missing["what follows"] = str(error).splitlines()[0]
            note(f"recovery: broken off: {error}")
            return bench.found


def _growth(args: argparse.Namespace, driver: drivers.Driver) -> dict[str, Any]:
    """Measure the runtime alone, and the driver with more devices than one."""
    directory = _directory("plain")
    paths = tuple(directory / f"{name}.ko" for name in ("fgft", "fgft_bench"))
    with Machine(Spec(smp=1, icount=True, panic_on_oops=True, nut_model="", modules=paths),
                 log=args.out / "console-growth.log") as machine:
        found = growth.measure(machine)
    found["cpus"] = []
    for cpus in growth.CPUS:
        with Machine(Spec(smp=cpus, icount=True, panic_on_oops=True, nut_model="", modules=paths),
                     log=args.out / f"console-growth-{cpus}.log") as machine:
            found["cpus"].append({"cpus": cpus, "call_insns": round(growth.processors(machine), 1)})
    found["devices"] = [_among(args, driver, count) for count in growth.DEVICES] if driver.hardware.nic else []
    return found


def _among(args: argparse.Namespace, driver: drivers.Driver, count: int) -> dict[str, Any]:
    """Measure what sending takes where the driver has so many devices, of which one is used."""
    spec = driver.machine(Spec(smp=1, icount=True, panic_on_oops=True, peer_timer_ns=_PEER_TIMER_NS,
                               devices=(driver.hardware.nic,) * (count - 1),
                               modules=modules(driver, "plain", *([driver.service.fine] if driver.service.fine else []))))
    with Machine(spec, log=args.out / driver.name / f"console-devices-{count}.log") as machine:
        sent = Bench(machine, driver, args.packets, args.rounds).transmit_isolated()
    return {"devices": count, "transmit_insns": round(sent, 1)}


def _cost(args: argparse.Namespace, driver: drivers.Driver) -> tuple[Measured, profile.Profile | None]:
    """Measure instructions."""
    fine = driver.service.fine
    with scratch_dir() as scratch:
        spec = driver.machine(Spec(smp=1, icount=True, panic_on_oops=True, modules=modules(driver, "plain", "fgft_bench", *([fine] if fine else [])),
                                   peer_timer_ns=_PEER_TIMER_NS,
                                   plugin=profile.Profile.argument(Path(scratch)) if args.profile else ""))
        with Machine(spec, log=args.out / driver.name / "console.log") as machine:
            counted = (profile.Profile(Path(scratch), lambda: machine.check("cat /proc/kallsyms", _SYMBOLS_S))
                       if args.profile else None)
            return Bench(machine, driver, args.packets, args.rounds, counted).run(), counted


def run(args: argparse.Namespace) -> int:
    """Measure, write the summary and print the table."""
    try:
        driver = drivers.load(args.driver)
    except drivers.UnknownName as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 2
    if args.packets < 1 or args.rounds < 1:
        raise HarnessError("--packets and --rounds take a number from 1 up")
    parts = _Parts(args.part or list(PARTS))
    recovered = parts.measure("recovery", lambda: _recovery(args, driver))
    found, counted, text_ratio = Measured(), None, None
    if driver.service.unit == pktgen.UNIT:
        found, counted = parts.measure("cost", lambda: _cost(args, driver)) or (found, counted)
    else:
        note(f"cost: not measured: what is counted is a packet's, not of {driver.service.unit}")
    if found.modes:
        native_text = results.text_bytes(_stock(driver))
        ours = modules(driver, "plain")[-1]
        text_ratio = results.text_bytes(ours) / native_text if native_text else None
    grown = parts.measure("growth", lambda: _growth(args, driver))
    per_call = growth.call_bytes(_directory("plain").parent / "fgft" / "fgft.o")
    fields = results.driver_fields(found, text_ratio, recovered, grown, per_call)
    small = parts.measure("micro", micro.measure) or micro.empty()
    summary = results.write(args.out, ["python3", "-m", "harness", *sys.argv[1:]], driver.name, fields, small)
    whole = json.loads((args.out / "summary.json").read_text(encoding="utf-8"))
    shown = page.write(args.out / page.PAGE, whole)
    rst.write(args.out / rst.PAGE, whole)
    if args.json:
        print(summary.read_text(encoding="utf-8"), end="")
    else:
        print(results.render(driver.name, found, fields, small))
        if counted:
            print(profile.render(counted.found, driver.module))
        print(f"summary: {summary}\npage: {shown}")
    return 1 if parts.failed else 0
