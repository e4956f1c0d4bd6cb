# SPDX-License-Identifier: GPL-2.0
"""pegasus on our USB device: faults of its handlers and settings, and how it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import driver as drivers
from harness.modules import closure, load_needed
from harness.qemu import Machine
from harness.spec import Spec

HOME = "/sys/kernel/fgft/pegasus"
SNAPSHOT = "pegasus"
LOAD_S = 60.0
PING = "ping -c 5 -i 0.05 -W 2 10.77.0.2"


@pytest.fixture(scope="module")
def booted(built: Path) -> Iterator[Machine]:
    """A guest with the driver configured and isolated, saved in that state."""
    driver = drivers.load("pegasus")
    assert (built / "modules" / "pegasus.ko").is_file(), "run `make modules FGFT_TESTS=1 INJECT=1`"
    spec = driver.machine(Spec(smp=2, panic_on_oops=True, devices=(), modules=closure(built / "modules", "pegasus")))
    with Machine(spec) as machine:
        load_needed(machine, "pegasus")
        machine.check(driver.load, timeout_s=LOAD_S)
        machine.check(driver.service.prepare, timeout_s=LOAD_S)
        machine.check("set -e\n" + driver.configure, timeout_s=LOAD_S)
        machine.check(driver.service.ready, timeout_s=LOAD_S)
        machine.check(f"echo always > {HOME}/policy")
        machine.save(SNAPSHOT)
        yield machine


@pytest.fixture
def guest(booted: Machine) -> Machine:
    """That guest as it was saved."""
    booted.load(SNAPSHOT)
    return booted


def last_fault(guest: Machine, wait: str = "") -> dict[str, str]:
    """Return the newest fault, once its device is back."""
    guest.check(f"{wait}\nfor i in $(seq 100); do [ $(cat {HOME}/recovering) = 0 ] && break; usleep 50000; done", timeout_s=LOAD_S)
    return dict(line.split(": ", 1) for line in guest.check(f"cat {HOME}/last_fault").splitlines() if ": " in line)


@pytest.mark.boot
@pytest.mark.parametrize("entry, step", [("pegasus_start_xmit", "undo"), ("read_bulk_callback", "again")])
def test_traffic_goes_on(guest: Machine, entry: str, step: str) -> None:
    """A fault on the way of a frame leaves the way open."""
    guest.check(f"echo pegasus {entry} null-load 1 > /sys/kernel/fgft/inject")
    guest.check(PING, timeout_s=LOAD_S)
    fault = last_fault(guest)
    assert (fault["entry"], fault["step"]) == (entry, step)
    assert "5 packets received" in guest.check(PING, timeout_s=LOAD_S)


@pytest.mark.boot
def test_no_frame_comes_in_between(guest: Machine) -> None:
    """What a call opens is open when it is over: until then another CPU sends nothing, with a buffer that is in use."""
    guest.check("echo pegasus write_bulk_callback profile > /sys/kernel/fgft/inject; " + PING, timeout_s=LOAD_S)
    hits = int(dict(line.split(": ") for line in guest.check("cat /sys/kernel/fgft/inject").splitlines())["hits"])
    errors = "cat /sys/class/net/nut/statistics/tx_errors"
    before = guest.check(errors)
    for _ in range(10):
        guest.check(f"echo pegasus write_bulk_callback loop {hits} > /sys/kernel/fgft/inject; "
                    "for cpu in 1 2; do taskset $cpu ping -c 30 -i 0.002 -W 1 10.77.0.2 & done; wait", timeout_s=LOAD_S)
    fault = last_fault(guest)
    assert (fault["entry"], fault["step"]) == ("write_bulk_callback", "again")
    assert int(guest.check(f"cat {HOME}/faults")) == 10
    assert guest.check(errors) == before


@pytest.mark.boot
def test_link_is_kept(guest: Machine) -> None:
    """The user gets the error, and the PHY what it was told before."""
    before = guest.check("ethtool nut", timeout_s=LOAD_S)
    assert "Speed: 100Mb/s" in before and "Auto-negotiation: off" in before
    guest.check("echo pegasus pegasus_set_link_ksettings profile > /sys/kernel/fgft/inject; "
                "ethtool -s nut autoneg off speed 10 duplex half; ethtool -s nut autoneg off speed 100 duplex full", timeout_s=LOAD_S)
    said = guest.check("cat /sys/kernel/fgft/inject")
    hits = int(dict(line.split(": ") for line in said.splitlines())["hits"])
    guest.check(f"echo pegasus pegasus_set_link_ksettings null-load {hits} > /sys/kernel/fgft/inject")
    assert guest.run("ethtool -s nut autoneg off speed 10 duplex half", timeout_s=LOAD_S).rc
    fault = last_fault(guest)
    assert (fault["entry"], fault["step"], fault["result"]) == ("pegasus_set_link_ksettings", "registers", "-5")
    assert guest.check("ethtool nut", timeout_s=LOAD_S) == before
    assert "5 packets received" in guest.check(PING, timeout_s=LOAD_S)


@pytest.mark.boot
def test_registers_go_back(guest: Machine) -> None:
    """An open that fails leaves the receiver off, as it was, without the driver's callbacks."""
    guest.check("ip link set nut down; echo pegasus pegasus_open profile > /sys/kernel/fgft/inject; "
                "ip link set nut up; ip link set nut down", timeout_s=LOAD_S)
    hits = int(dict(line.split(": ") for line in guest.check("cat /sys/kernel/fgft/inject").splitlines())["hits"])
    guest.check(f"echo pegasus pegasus_open null-load {hits} > /sys/kernel/fgft/inject")
    assert guest.run("ip link set nut up", timeout_s=LOAD_S).rc
    fault = last_fault(guest)
    assert (fault["entry"], fault["step"]) == ("pegasus_open", "registers")
    assert int(fault["undone_calls"]) >= 2  # the address, and what is sent and accepted; transfers wait for commit
    guest.check("ip link set nut up; ip neigh replace 10.77.0.2 lladdr 52:54:00:46:47:02 nud permanent dev nut", timeout_s=LOAD_S)
    assert "5 packets received" in guest.check(PING, timeout_s=LOAD_S)


@pytest.mark.boot
@pytest.mark.parametrize("times", [1, 2, 3])
def test_disconnect(guest: Machine, times: int) -> None:
    """Faults behind where it forgets its own data: called once more by a kernel that has forgotten it too, it finds it."""
    driver = drivers.load("pegasus")
    guest.check("basename $(readlink -f /sys/class/net/nut/device) > /run/slot; cd /sys/bus/usb/drivers/pegasus; "
                "echo pegasus pegasus_disconnect profile > /sys/kernel/fgft/inject; cat /run/slot > unbind; "
                "cat /sys/kernel/fgft/inject > /run/profile; cat /run/slot > bind\n" + driver.configure, timeout_s=LOAD_S)
    hits = int(guest.check("sed -n 's/^hits: *//p' /run/profile"))
    guest.check(f"echo pegasus pegasus_disconnect null-load {hits} {times} > /sys/kernel/fgft/inject; "
                "cat /run/slot > /sys/bus/usb/drivers/pegasus/unbind", timeout_s=LOAD_S)
    fault = last_fault(guest)
    assert (fault["entry"], fault["step"]) == ("pegasus_disconnect", "again")
    assert guest.check(f"cat {HOME}/faults").strip() == str(times)
    assert guest.run("test -e /sys/class/net/nut").rc == 1
    assert "netdev 0 0" in guest.check(f"cat {HOME}/ranges")
    guest.check("cat /run/slot > /sys/bus/usb/drivers/pegasus/bind\n" + driver.configure, timeout_s=LOAD_S)
    guest.check(driver.service.ready, timeout_s=LOAD_S)
    assert guest.check("cat /sys/module/pegasus/refcnt").strip() == "0"


@pytest.mark.boot
def test_it_leaves(guest: Machine) -> None:
    """Isolated, it can be unloaded with its interface up, and loaded again."""
    driver = drivers.load("pegasus")
    guest.check("rmmod pegasus", timeout_s=LOAD_S)
    assert "pegasus" not in guest.check("cat /proc/modules")
    guest.check(driver.load + "\nset -e\n" + driver.configure, timeout_s=LOAD_S)
    guest.check(driver.service.ready, timeout_s=LOAD_S)
    assert guest.check(f"cat {HOME}/faults").strip() == "0"
