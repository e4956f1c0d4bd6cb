# SPDX-License-Identifier: GPL-2.0
"""`window`: measure the share of its time in which a call can be undone.

An instruction-counted guest runs each entry point that the driver's demo
description knows, in turn, all entry points isolated; what happens besides
(interrupts, polls, timers) is measured with them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from harness import kernel
from harness.modules import load_needed, needed, prepare_device
from harness.outcome import HarnessError
from harness.paths import REPO
from harness.qemu import Machine
from harness.spec import Spec

OUT = REPO / "out" / "window"
_COMMAND_S = 60.0


def shares(text: str) -> dict[str, float | None]:
    """Read lines "<entry> <share>", where a share of "-" was not measured."""
    found: dict[str, float | None] = {}
    for line in text.splitlines():
        name, share = line.split()
        found[name] = None if share == "-" else float(share)
    return found


def stored(driver: str, directory: Path = OUT) -> dict[str, float | None]:
    """Return what the newest measurement of a driver says; nothing if there was none."""
    path = directory / f"{driver}.json"
    if not path.is_file():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): None if share is None else float(share) for name, share in table["window_share"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HarnessError(f"{path} cannot be read ({error!r}): run `python3 -m harness window --driver {driver}` again") from None


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("window", help="measure in which share of its time a call can be undone")
    parser.add_argument("--driver", default="e1000", help="which driver (default: e1000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="uses of each entry point (default: 5)")
    parser.add_argument("--no-icount", action="store_true", help="do not count instructions: faster, and noisy")
    parser.set_defaults(run=run)


def measure(name: str, rounds: int, icount: bool) -> dict[str, float | None]:
    """Boot a guest, use the driver in it, return each entry point's share."""
    from harness import driver as drivers

    driver = drivers.load(name)
    build = REPO / "build" / kernel.headers_release() / "plain" / "modules"
    for path in (build / "fgft.ko", build / f"{driver.name}.ko"):
        if not path.is_file():
            raise HarnessError(f"{path} is missing: run `make modules DRIVER={name}`")
    control = f"/sys/kernel/fgft/{driver.module}"
    with Machine(driver.machine(Spec(icount=icount, modules=needed(build, driver)))) as machine:
        prepare_device(machine, driver)
        load_needed(machine, driver.name, "window=1")
        for step in (driver.load, driver.service.prepare, driver.configure, driver.service.ready,
                     f"echo always > {control}/policy"):
            machine.check(step, timeout_s=_COMMAND_S)
        for _ in range(rounds):
            for entry in driver.entries:
                for command in filter(None, (entry.change, entry.back)):
                    machine.check(command, timeout_s=_COMMAND_S)
                machine.check(driver.service.ready, timeout_s=_COMMAND_S)
        text = machine.check(f"cd {control}/entries; for e in *; do echo $e $(sed -n 's/^share: //p' $e/window); done")
    return shares(text)


def run(args: argparse.Namespace) -> int:
    """Measure, store and print; 0 if every entry point the description knows was measured."""
    try:
        found = measure(args.driver, args.rounds, icount=not args.no_icount)
    except HarnessError as error:
        print(f"window: error: {error}", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{args.driver}.json").write_text(json.dumps({"driver": args.driver, "rounds": args.rounds,
                                                         "window_share": found}, indent=1) + "\n", encoding="utf-8")
    for name, share in found.items():
        print(f"{name:36} {'not called' if share is None else f'{share:.4f}'}")
    return 0 if any(share is not None for share in found.values()) else 1
