# SPDX-License-Identifier: GPL-2.0
"""The modules under test: fgft.ko, a driver's and what stands between them, built when asked for.

Functions that a module of the kernel exports have their wrappers in a module of
ours (fgft_mii.ko for mii.ko): a driver's own record of what it needs tells which.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from harness.driver import Driver
from harness.kernel import Kernel
from harness.outcome import HarnessError
from harness.paths import REPO
from harness.qemu import Machine

_RUNTIME = "fgft"
_BUILD_S = 1800
_LOAD_S = 60.0  # guest seconds


def build_directory(release: str, mutants: bool = False) -> Path:
    """Return where the modules for fault injection and their reports are built."""
    return REPO / "build" / release / ("mutants" if mutants else "inject")


def built(driver: Driver, guest_kernel: Kernel, build: bool, mutants: bool = False) -> tuple[Path, ...]:
    """Return fgft.ko and the driver's, for injection and against the guest's kernel; build them first if asked to."""
    argv = ["make", "-s", "-C", str(REPO), "modules", "INJECT=1", f"DRIVER={driver.name}"]
    argv += ["MUTANTS=1"] if mutants else []
    if guest_kernel.trimmed:  # not the one of the headers
        from harness.oracle import build as oracle

        argv.append(f"KDIR={oracle.kdir(guest_kernel)}")
    if build:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_BUILD_S, check=False)
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
            raise HarnessError(f"the modules do not build:\n{tail}\nrun again with: {shlex.join(argv)}")
    directory = build_directory(guest_kernel.release, mutants) / "modules"
    for name in (_RUNTIME, driver.name):
        if not (directory / f"{name}.ko").is_file():
            raise HarnessError(f"{directory / name}.ko is missing: run `{shlex.join(argv)}`")
    return needed(directory, driver)


def depends(module: Path) -> list[str]:
    """Return the names of the modules a module needs, as depmod would write them down."""
    said = subprocess.run(["modinfo", "-F", "depends", str(module)], capture_output=True, text=True, check=True).stdout
    return [name for name in said.strip().split(",") if name]


def closure(directory: Path, name: str) -> tuple[Path, ...]:
    """Return the module `name` of a directory behind those in it that it needs, in the order to load them."""
    order: list[Path] = []

    def visit(path: Path) -> None:
        for need in depends(path):
            if (directory / f"{need}.ko").is_file():
                visit(directory / f"{need}.ko")
        if path not in order:
            order.append(path)

    visit(directory / f"{name}.ko")
    return tuple(order)


def needed(directory: Path, driver: Driver) -> tuple[Path, ...]:
    """Return a driver's module of a directory behind all there that has to be loaded before it."""
    return (*(directory / f"{line.split()[0]}.ko" for line in driver.hardware.modules), *closure(directory, driver.name))


def prepare_device(machine: Machine, driver: Driver) -> None:
    """Make the machine's device one the driver takes, before any driver is loaded."""
    for line in driver.hardware.modules:
        name, *parameters = line.split()
        machine.check(["insmod", f"/modules/{name}.ko", *parameters], timeout_s=_LOAD_S)


def load_needed(machine: Machine, name: str, parameters: str = "") -> None:
    """Load what a module in the guest's /modules needs, ours and the kernel's; `parameters` are for fgft.ko."""
    ours = {path.stem: path for path in machine.spec.modules}
    loaded: set[str] = set()

    def visit(need: str) -> None:
        if need in loaded:
            return
        loaded.add(need)
        if need not in ours:
            machine.check(f"modprobe {need}", timeout_s=_LOAD_S)
            return
        for other in depends(ours[need]):
            visit(other)
        machine.check(f"insmod /modules/{need}.ko {parameters if need == _RUNTIME else ''}", timeout_s=_LOAD_S)

    for need in depends(ours[name]):
        visit(need)
