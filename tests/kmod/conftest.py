# SPDX-License-Identifier: GPL-2.0
"""A guest with our modules in it, booted once; the driver is new for every test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import checked

from harness import kernel
from harness.paths import REPO
from harness.qemu import Machine

TOOL = Path(__file__).resolve().parent / "tools" / "edu.c"
BUILD_S = 60


def pytest_configure(config: pytest.Config) -> None:
    """Announce our marker, which tests/harness has too."""
    config.addinivalue_line("markers", "boot: boots a whole guest")


@pytest.fixture(scope="session")
def kernel_name(request: pytest.FixtureRequest) -> str:
    """The kernel all of these tests run on: one of kernel.CHOICES."""
    return str(request.config.getoption("--kernel"))


@pytest.fixture(scope="session")
def built(kernel_name: str) -> Path:
    """What was built for injection, and with the in-kernel tests, against that kernel."""
    return REPO / "build" / kernel.select(kernel_name).release / "inject"


@pytest.fixture(scope="session")
def modules(built: Path, kernel_name: str) -> dict[str, Path]:
    """Our modules."""
    found = {name: built / "modules" / f"{name}.ko" for name in ("fgft", "edu", "e1000", "psmouse", "fgft_test", "fgft_rows")}
    missing = [path.name for path in found.values() if not path.is_file()]
    target = "check-oracle" if kernel_name == "oracle" else "modules FGFT_TESTS=1 INJECT=1"
    assert not missing, f"{missing} not in {built}: run `make {target}`"
    return found


@pytest.fixture(scope="session")
def edu_machine(modules: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, kernel_name: str) -> Iterator[Machine]:
    """A guest with an edu device, its driver and the program for its ioctls."""
    tool = tmp_path_factory.mktemp("edu") / "edu"
    subprocess.run(["cc", "-static", "-O2", "-Wall", "-Werror", "-o", str(tool), str(TOOL)], check=True, timeout=BUILD_S)
    with checked(kernel_name, modules=(modules["fgft"], modules["edu"])) as machine:
        machine.write_file("/bin/edu", tool.read_bytes(), 0o755)
        machine.check("insmod /modules/fgft.ko", timeout_s=60)
        yield machine


@pytest.fixture
def edu(edu_machine: Machine) -> Machine:
    """That guest with the driver loaded again: native, nothing armed.

    No snapshot: QEMU's edu device has nothing in it, a loaded one would find
    its registers gone.
    """
    edu_machine.check("for m in $(grep -o ^edu /proc/modules); do rmmod $m; done; insmod /modules/edu.ko; "
                      "echo off > /sys/kernel/fgft/inject; echo reset > /sys/kernel/fgft/victim", timeout_s=60)
    return edu_machine
