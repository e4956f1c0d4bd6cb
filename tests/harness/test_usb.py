# SPDX-License-Identifier: GPL-2.0
"""The USB device of ours in a guest: frames both ways, and what snapshots hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine
from harness.spec import Files, Spec, arguments
from harness.usb import model

SNAPSHOT = "usb"
LOAD = """
modprobe xhci_pci && modprobe pegasus
for i in $(seq 100); do [ -e /sys/bus/usb/drivers/pegasus/*:*/net ] && break; usleep 50000; done
fgft-net nut
"""
# Of 20 frames each way at 50 a second, the last comes back.
PING = "ping -c 20 -i 0.02 10.77.0.2"


@pytest.fixture(scope="module")
def guest() -> Iterator[Machine]:
    """A guest with the distribution's pegasus at work, saved in that state."""
    with Machine(Spec(smp=1, nut_model="", usb="pegasus", devices=(), panic_on_oops=True)) as machine:
        machine.check(LOAD, timeout_s=20)
        machine.save(SNAPSHOT)
        yield machine


@pytest.mark.boot
def test_frames_pass(guest: Machine) -> None:
    """The distribution's driver knows the device, and every frame comes back."""
    guest.load(SNAPSHOT)
    assert "20 packets received" in guest.check(PING)
    assert "AN986" in guest.check("dmesg")
    said = guest.check("ethtool eth0")
    assert "Speed: 100Mb/s" in said and "Link detected: yes" in said


@pytest.mark.boot
@pytest.mark.parametrize("end", ["sleep 1", "sleep 1; echo c > /proc/sysrq-trigger"], ids=["running", "panicked"])
def test_snapshot_under_load(guest: Machine, end: str) -> None:
    """A snapshot is loaded while frames are under way, and frames pass."""
    guest.load(SNAPSHOT)
    guest.run("ip netns exec peer iperf3 -s -D")
    attempt = guest.attempt(f"iperf3 -c 10.77.0.2 -t 60 > /dev/null & {end}")
    assert attempt.outcome is (Outcome.PASSED if end == "sleep 1" else Outcome.GUEST_PANIC)
    guest.load(SNAPSHOT)
    assert "20 packets received" in guest.check(PING)
    # The device takes in what is sent to its address, which the snapshot has to bring back.
    guest.check("ip link set eth0 down; ip link set eth0 address 02:46:47:46:54:01; ip link set eth0 up")
    guest.load(SNAPSHOT)
    assert "20 packets received" in guest.check(PING)


def test_command_line(tmp_path: Path) -> None:
    """The clock of a machine with such a device does not leap while it is idle."""

    def clock(usb: str) -> str:
        argv = arguments(Spec(icount=True, usb=usb), "tcg", tmp_path, Files(tmp_path))
        return argv[argv.index("-icount") + 1]

    assert clock("pegasus") == "shift=0,sleep=on" and clock("") == "shift=0,sleep=off"
    assert "--usb pegasus" in Spec(usb="pegasus").cli()


def test_unknown_device() -> None:
    """A device that does not exist is refused with those that do."""
    with pytest.raises(HarnessError, match="there are pegasus"):
        model.build("floppy")
