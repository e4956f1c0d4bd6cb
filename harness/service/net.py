# SPDX-License-Identifier: GPL-2.0
"""Network cards: packets at fixed spacing, both ways, to a peer in the same guest.

The interface under test is called "nut"; its live peer, 10.77.0.2, sits in the
network namespace "peer" of the same guest.
"""

from __future__ import annotations

from typing import Any, ClassVar

from harness import flow, probe
from harness.qemu import Machine
from harness.service import Client, Service

PEER = "10.77.0.2"
PORT = 7707


class Net(Service):
    """Packets."""

    name = "net"
    unit = "packets"
    lost = "packets lost of those sent every millisecond each way"
    # Once: the peer does not come and go with the driver.
    before = "modprobe 8021q"  # it has the driver filter by VLAN
    prepare = "ip -n peer neigh replace 10.77.0.1 lladdr 02:46:47:46:54:01 nud permanent dev peer0"
    configured = "[ -e /sys/class/net/nut ]"
    # A round trip.  Not before there is a carrier: packets queued without one
    # make a driver reset itself.  Not operstate: it may be a second late.
    ready = f"""
for i in $(seq 75); do
	read -r carrier < /sys/class/net/nut/carrier
	[ "$carrier" = 1 ] && break
	usleep 200000
done
ping -i 0.1 -w 5 {PEER} | grep -q -m 1 'bytes from'
"""

    user: ClassVar[dict[str, Any]] = {"interface": "nut", "address": PEER, "port": PORT}
    # Sends back what it gets.
    helpers = (f"exec ip netns exec peer stream serve {PORT}",)

    fine = flow.MODULE

    def start(self, machine: Machine) -> Client:
        """Start a probe."""
        return probe.start(machine)

    def start_fine(self, machine: Machine) -> Client:
        """Start the probe in the kernel."""
        return flow.start(machine)


SERVICE = Net()
