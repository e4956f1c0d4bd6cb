# SPDX-License-Identifier: GPL-2.0
"""Guests for the tests of our modules: on the kernel asked for, and nothing found by its checkers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import driver as drivers
from harness import subject
from harness.console import Report
from harness.modules import needed
from harness.qemu import Machine
from harness.soak.results import expected_noise
from harness.spec import Spec

_MEMORY_MB = {"stock": 256, "oracle": 1024}


def machine(kernel: str, heap: str = "", kernel_args: tuple[str, ...] = (), **parts: Any) -> Machine:
    """Describe a guest whose allocator has these of SLUB's checks, unless KASAN does more."""
    args = (f"slub_debug={heap}",) if heap and kernel == "stock" else ()
    return Machine(Spec(kernel=kernel, panic_on_oops=True, memory_mb=_MEMORY_MB[kernel], kernel_args=args + kernel_args, **parts))


def found_by_checkers(guest: Machine) -> list[Report]:
    """Return what KASAN, lockdep and their like have said since the guest was started."""
    return [report for report in guest.console.since(0) if report.kind.of_checkers and not expected_noise(report)]


@contextlib.contextmanager
def checked(kernel: str, **parts: Any) -> Iterator[Machine]:
    """Run a guest; in the end its kernel must not have found anything."""
    with machine(kernel, **parts) as guest:
        yield guest
        found = found_by_checkers(guest)
        assert not found, "\n\n".join("\n".join(report.lines) for report in found)


@contextlib.contextmanager
def configured(kernel: str, name: str, modules: Path) -> Iterator[Machine]:
    """Run a guest with a driver set up as its user does, all of it isolated; repeats do not climb."""
    driver = drivers.load(name)
    with checked(kernel, modules=needed(modules, driver), nut_model=driver.hardware.nic) as guest:
        subject.write_scripts(guest, driver)
        subject.load(guest, driver)
        subject.configure(guest, driver)
        guest.check("echo 0 > /sys/module/fgft/parameters/repeats")
        guest.check(f"echo always > /sys/kernel/fgft/{driver.module}/policy")
        yield guest
