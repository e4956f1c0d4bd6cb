# SPDX-License-Identifier: GPL-2.0
"""Stop and remove of e1000 fail again and again, and their callers take no error: what the driver is left with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import checked

from harness.qemu import Machine

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/e1000"
LOAD_S = 120.0
WAIT_S = 60.0
UP = """
ip link set $(ls /sys/bus/pci/drivers/e1000/*/net) name nut
ip addr add 10.77.0.1/24 dev nut
ip link set nut address 02:46:47:46:54:01 up
ip -n peer neigh replace 10.77.0.1 lladdr 02:46:47:46:54:01 nud permanent dev peer0
ip neigh replace 10.77.0.2 lladdr 52:54:00:46:47:02 nud permanent dev nut
for i in $(seq 100); do [ "$(cat /sys/class/net/nut/carrier)" = 1 ] && break; usleep 100000; done
ping -c 2 -W 5 10.77.0.2 >/dev/null
"""
STOP = "ip link set nut down"
REMOVE = "slot=$(basename $(readlink -f /sys/class/net/nut/device)); echo $slot > /sys/bus/pci/drivers/e1000/unbind"


@pytest.fixture(scope="module")
def nut(modules: dict[str, Path], kernel_name: str) -> Iterator[Machine]:
    """A guest with e1000, isolated; repeats do not climb, the step is that of the one fault."""
    with checked(kernel_name, modules=(modules["fgft"], modules["e1000"])) as machine:
        machine.check("insmod /modules/fgft.ko repeats=0 && insmod /modules/e1000.ko", timeout_s=LOAD_S)
        machine.check(f"echo always > {CONTROL}/policy; slot=$(basename $(ls -d /sys/bus/pci/drivers/e1000/0*)); "
                      f"echo $slot > /run/slot; {UP}", timeout_s=WAIT_S)
        yield machine


def strike(nut: Machine, entry: str, times: int, command: str) -> tuple[int, str]:
    """Have the next calls of an entry point fail at their last place; return the faults, and the last one's step."""
    before = int(nut.check(f"cat {CONTROL}/faults"))
    nut.check(f"echo e1000 {entry} null-load 3 {times} > /sys/kernel/fgft/inject; {command}", timeout_s=WAIT_S)
    nut.check(f"for i in $(seq 200); do [ $(cat {CONTROL}/recovering) = 0 ] && exit 0; usleep 100000; done; exit 1",
              timeout_s=WAIT_S)
    faults = int(nut.check(f"cat {CONTROL}/faults")) - before
    return faults, nut.check(f"sed -n 's/^step: //p' {CONTROL}/last_fault").strip()


def references(nut: Machine) -> int:
    """Return how many hold the driver's module."""
    return int(nut.check("cat /sys/module/e1000/refcnt"))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_stop(nut: Machine, times: int) -> None:
    """Run again at once, and again when the interface is down: it is stopped, and can be taken up."""
    assert strike(nut, "e1000_close", times, STOP) == (times, "again")
    assert nut.check("grep -c nut /proc/interrupts || true").strip() == "0"
    nut.check(f"{UP}", timeout_s=WAIT_S)
    assert references(nut) == 0


@pytest.mark.parametrize("times", [1, 2, 3])
def test_remove(nut: Machine, times: int) -> None:
    """The same when the device has no driver any more: the interface is gone, and the driver can be bound."""
    assert strike(nut, "e1000_remove", times, REMOVE) == (times, "again")
    assert nut.run("test -e /sys/class/net/nut").rc == 1
    nut.check(f"cat /run/slot > /sys/bus/pci/drivers/e1000/bind; {UP}", timeout_s=WAIT_S)
    assert references(nut) == 0


def test_stop_that_always_fails(nut: Machine) -> None:
    """Nothing helps: the kernel lives, the interface stays away, the module cannot be unloaded."""
    assert strike(nut, "e1000_close", 4, STOP) == (4, "failed")
    assert references(nut) == 1
    assert nut.run("ip link set nut up").rc != 0
    nut.check(f"echo off > /sys/kernel/fgft/inject; cat {CONTROL}/entries/e1000_close/faults")
