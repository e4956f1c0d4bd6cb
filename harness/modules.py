# SPDX-License-Identifier: GPL-2.0
"""The modules under test: fgft.ko and a driver's, built when asked for."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from harness.driver import Driver
from harness.kernel import Kernel
from harness.outcome import HarnessError
from harness.paths import REPO

_RUNTIME = "fgft"
_BUILD_S = 1800


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
    paths = tuple(directory / f"{name}.ko" for name in (_RUNTIME, driver.name))
    for path in paths:
        if not path.is_file():
            raise HarnessError(f"{path} is missing: run `{shlex.join(argv)}`")
    return paths
