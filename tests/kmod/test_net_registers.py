# SPDX-License-Identifier: GPL-2.0
"""e1000 struck behind a device write, under traffic: its registers go back, no restore, traffic goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import checked

from harness.qemu import Machine

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/e1000"
INJECT = "/sys/kernel/fgft/inject"
LOAD_S = 120.0
FAULTS = 20
# How many calls write depends on how the host lets frames come: on a busy one, one in six.
TRIES = 16 * FAULTS
# A call is profiled first, for the site behind its first write.  Not every call writes: then it is the next one's turn.
STRIKE = f"""
strike() {{
	for i in $(seq 200); do
		echo e1000 $1 profile > {INJECT}
		eval "$2" >/dev/null
		for j in $(seq 200); do grep -q profiled {INJECT} && break; usleep 5000; done
		at=$(sed -n 's/^first_write: *//p' {INJECT})
		eval "$3" >/dev/null
		[ "$at" -gt 0 ] && break
	done
	before=$(cat {CONTROL}/faults)
	echo e1000 $1 null-load $at > {INJECT}
	eval "$2" >/dev/null 2>&1
	for i in $(seq 300); do [ $(cat {CONTROL}/faults) != $before ] && break; usleep 5000; done
	echo $(sed -n 's/^step: //p;s/^register_writes: //p' {CONTROL}/last_fault)
	eval "$3" >/dev/null
}}
"""


@pytest.fixture(scope="module")
def nut(modules: dict[str, Path], kernel_name: str) -> Iterator[Machine]:
    """A guest that sends an echo request as soon as the last one is answered."""
    with checked(kernel_name, modules=(modules["fgft"], modules["e1000"])) as machine:
        machine.check("insmod /modules/fgft.ko repeats=0 && insmod /modules/e1000.ko && "
                      "ip link set $(ls /sys/bus/pci/drivers/e1000/*/net) name nut && "
                      "fgft-net nut && fgft-net wait", timeout_s=LOAD_S)
        machine.check(f"echo always > {CONTROL}/policy")
        machine.check("ping -A -q 10.77.0.2 >/dev/null 2>&1 & sleep 1")
        yield machine


@pytest.mark.parametrize(("entry", "trigger", "undo", "step"), [
    ("e1000_intr", "", "", "registers"),
    ("e1000_clean", "", "", "registers"),
    ("e1000_get_eeprom", "ethtool -e nut", "", "registers"),
    ("e1000_set_rx_mode", "ip link set nut promisc on", "ip link set nut promisc off", "again"),
])
def test_registers_suffice(nut: Machine, entry: str, trigger: str, undo: str, step: str) -> None:
    """Struck again and again: no restore, no link lost, and packets flow."""
    changes = nut.check("cat /sys/class/net/nut/carrier_changes")
    faults = nut.check(f"""{STRIKE}
n=0
for k in $(seq {TRIES}); do
	told=$(strike {entry} '{trigger}' '{undo}')
	echo $told
	[ "${{told#* }}" = 0 ] || n=$((n + 1))
	[ $n = {FAULTS} ] && break
done
echo off > {INJECT}""", timeout_s=3 * LOAD_S)
    told = [line.split() for line in faults.splitlines()]
    # A call that takes another way may be struck before it has written.
    assert sum(writes != "0" for _, writes in told) == FAULTS, faults
    assert {taken for taken, writes in told if writes != "0"} == {step}
    assert {taken for taken, writes in told if writes == "0"} <= {"undo", "again"}
    assert nut.check("cat /sys/class/net/nut/carrier_changes") == changes
    before = int(nut.check("cat /sys/class/net/nut/statistics/rx_packets"))
    nut.check("sleep 1 && ping -c 2 -W 5 10.77.0.2", timeout_s=LOAD_S)
    # The two of this ping, and those of the other one that is still running.
    assert int(nut.check("cat /sys/class/net/nut/statistics/rx_packets")) > before + 20
