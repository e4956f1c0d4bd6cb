# SPDX-License-Identifier: GPL-2.0
"""e1000 behind a bridge, one step of the ladder after the other: what the user set stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import checked

from harness.qemu import Machine

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/e1000"
MAC = "02:46:47:46:54:01"
LOAD_S = 120.0
RESTORE_S = 60.0
# Nothing of this is a default, so that "kept" and "lost" can be told apart.
CONFIGURE = f"""
dev=$(ls /sys/bus/pci/drivers/e1000/*/net)
ip link set $dev name nut
ip link set nut address {MAC}
ip link set nut mtu 1400
ethtool -G nut rx 128 tx 160
ethtool -C nut rx-usecs 50
ethtool -K nut tso off
ip addr add 10.77.0.1/24 dev nut
ip link set nut up
ip link set nut promisc on
ip -n peer neigh replace 10.77.0.1 lladdr {MAC} nud permanent dev peer0
ip neigh replace 10.77.0.2 lladdr 52:54:00:46:47:02 nud permanent dev nut
ip route add 10.99.0.0/16 via 10.77.0.2
for i in $(seq 100); do [ "$(cat /sys/class/net/nut/carrier)" = 1 ] && break; usleep 100000; done
"""
# But for the interface's number, which is new.
SHOW = ("ip -o addr show nut | cut -d: -f2-; ip -o link show nut | grep -o '<.*mtu [0-9]*'; "
        "ip route; ip neigh; cat /sys/class/net/nut/address /sys/class/net/nut/carrier; "
        "ethtool -g nut; ethtool -c nut; ethtool -k nut | grep -v fixed")
STRIKE = f"""
faults={CONTROL}/entries/e1000_get_regs/faults
before=$(cat $faults)
echo e1000 e1000_get_regs null-load 2 > /sys/kernel/fgft/inject
ethtool -d nut >/dev/null
for i in $(seq 600); do
	[ $(cat $faults) != $before ] && [ $(cat {CONTROL}/recovering) = 0 ] && break
	usleep 50000
done
sed -n 's/^step: //p' {CONTROL}/last_fault
"""


@pytest.fixture(scope="module")
def nut(modules: dict[str, Path], kernel_name: str) -> Iterator[Machine]:
    """A guest whose NIC is alone on its bus, every fault climbing a step."""
    with checked(kernel_name, nut_bridge=True, modules=(modules["fgft"], modules["e1000"])) as machine:
        machine.check("insmod /modules/fgft.ko repeats=1 repeat_s=600 && insmod /modules/e1000.ko", timeout_s=LOAD_S)
        machine.check(CONFIGURE, timeout_s=RESTORE_S)
        machine.check(f"echo always > {CONTROL}/policy")
        yield machine


def test_every_step_keeps_the_settings(nut: Machine) -> None:
    """PM, bus reset and rebind in turn: same settings, same addresses and routes, traffic flows."""
    before = nut.check(SHOW)
    assert MAC in before
    for step in ("pm", "bus_reset", "rebind"):
        assert nut.check(STRIKE, timeout_s=RESTORE_S).strip() == step
        assert nut.check(SHOW) == before
        nut.check("ping -c 2 -W 5 10.77.0.2", timeout_s=RESTORE_S)


def test_quarantine_leaves_the_others(nut: Machine) -> None:
    """The fault after the last step: the entry point is not called any more, the others are."""
    step = nut.check(STRIKE, timeout_s=RESTORE_S).strip()
    assert step == "undo", nut.check(f"cat {CONTROL}/last_fault; dmesg | grep fgft: | tail -20")
    assert nut.check(f"cat {CONTROL}/entries/e1000_get_regs/quarantined").strip() == "1"
    calls = nut.check(f"cat {CONTROL}/entries/e1000_get_regs/calls")
    nut.check("ethtool -d nut >/dev/null")
    assert nut.check(f"cat {CONTROL}/entries/e1000_get_regs/calls") == calls
    nut.check("ethtool -C nut rx-usecs 30 && ping -c 2 -W 5 10.77.0.2", timeout_s=RESTORE_S)
    nut.check(f"echo 0 > {CONTROL}/entries/e1000_get_regs/quarantined && ethtool -d nut >/dev/null")
    assert nut.check(f"cat {CONTROL}/entries/e1000_get_regs/calls") != calls
