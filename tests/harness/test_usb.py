# SPDX-License-Identifier: GPL-2.0
"""The USB device of ours in a guest: frames both ways, and what snapshots hold."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    with Machine(Spec(smp=1, nut_model="", usb="pegasus", devices=(), panic_on_oops=True, icount=True)) as machine:
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
def test_takes_no_time(guest: Machine) -> None:
    """The guest's clock stands still while the device does not get to its work."""
    guest.load(SNAPSHOT)
    job = guest.background(f"{PING}")
    device = int(subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "/programs/pegasus-"], capture_output=True, text=True,
                                check=True).stdout)
    for _ in range(5):
        os.kill(device, signal.SIGSTOP)
        time.sleep(0.1)
        os.kill(device, signal.SIGCONT)
        time.sleep(0.02)
    result = guest.collect(job)
    assert result and "20 packets received" in result.out
    longest_ms = float(result.out.rpartition("/")[2].split()[0])
    assert longest_ms < 5


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
    """Only the clock of a machine whose mouse is moved by the host goes by the wall's while it is idle."""

    def clock(**what: Any) -> str:
        argv = arguments(Spec(icount=True, **what), "tcg", tmp_path, Files(tmp_path))
        return argv[argv.index("-icount") + 1]

    assert clock(usb="pegasus") == clock() == "shift=0,sleep=off"
    assert clock(mouse=True) == "shift=0,sleep=on"
    assert "--usb pegasus" in Spec(usb="pegasus").cli()


def test_unknown_device() -> None:
    """A device that does not exist is refused with those that do."""
    with pytest.raises(HarnessError, match="there are pegasus"):
        model.build("floppy")
