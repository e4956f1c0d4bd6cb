# SPDX-License-Identifier: GPL-2.0
"""The driver under test in a fresh guest: loaded, configured, and in use.

What is left in the guest's /run is what triggers.toml counts on: `configure`,
`unbind` and `bind`.
"""

from __future__ import annotations

from harness.demo.driver import Driver
from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine

PEER = "10.77.0.2"
PORT = 7707
# Sends back what it gets.
ECHO = f"exec ip netns exec peer stream serve {PORT}"
# Guest seconds, on a machine whose host is busy.
_COMMAND_S = 60.0

# A probe that failed has left nothing to let go.
_UNBIND = """
nut=$(cat /run/nut.pci)
[ ! -e "/sys/bus/pci/drivers/{module}/$nut" ] || echo "$nut" > /sys/bus/pci/drivers/{module}/unbind
"""
# Bound already, where a fault kept it from being let go: set up all the same.
_BIND = """
[ -d /sys/bus/pci/drivers/{module}/$(cat /run/nut.pci) ] ||
	echo "$(cat /run/nut.pci)" > /sys/bus/pci/drivers/{module}/bind || exit 1
[ -d /sys/class/net/nut ] || exec sh /run/configure
"""


def write_scripts(machine: Machine, driver: Driver) -> None:
    """Write what has to be done more than once."""
    machine.write_file("/run/configure", f"set -e\n{driver.configure}".encode())
    for name, text in (("unbind", _UNBIND), ("bind", _BIND)):
        machine.write_file(f"/run/{name}", text.format(module=driver.module).encode())


def load(machine: Machine, driver: Driver) -> None:
    """Load runtime and driver, and make the peer ready."""
    # Before anything is looked at: it has the driver filter by VLAN.
    machine.check("modprobe 8021q")
    machine.check("insmod /modules/fgft.ko")
    # Dumps nobody reads would wait, and count as memory a fault has leaked.
    machine.check("echo 1 > /sys/class/devcoredump/disabled")
    machine.check(driver.load, timeout_s=_COMMAND_S)
    machine.check(f"basename $(ls -d /sys/bus/pci/drivers/{driver.module}/0*) > /run/nut.pci")
    machine.check(driver.configure_peer)


def configure(machine: Machine, driver: Driver) -> None:
    """Apply the user's configuration and see traffic flow."""
    machine.check("sh /run/configure", timeout_s=_COMMAND_S)
    if machine.run(driver.await_traffic, timeout_s=_COMMAND_S).outcome is not Outcome.PASSED:
        raise HarnessError(f"no traffic after {driver.name} was configured\n{machine.console.tail()}")
