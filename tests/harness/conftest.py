# SPDX-License-Identifier: GPL-2.0
"""What the harness's tests share: one guest for the session, as new for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.qemu import Machine
from tests.harness import crash_module


def pytest_configure(config: pytest.Config) -> None:
    """Announce our marker."""
    config.addinivalue_line("markers", "boot: boots a whole guest")


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A guest with the crashing module and e1000 loaded, saved in that state."""
    module = crash_module.build(tmp_path_factory.mktemp("crash"))
    with Machine(crash_module.spec(module)) as machine:
        machine.check("insmod /modules/crash.ko; fgft-net wait")
        machine.save(crash_module.SNAPSHOT)
        yield machine


@pytest.fixture
def guest(booted: Machine) -> Machine:
    """The session's guest as it was saved, whatever the last test did to it."""
    booted.load(crash_module.SNAPSHOT)
    return booted
