# SPDX-License-Identifier: GPL-2.0
"""The driver under test in a fresh guest: loaded, configured, and in use.

What is left in the guest's /run is what the triggers count on: `configure`,
`unbind` and `bind`.
"""

from __future__ import annotations

from harness.driver import Driver
from harness.modules import load_needed, prepare_device
from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine

# Guest seconds, on a machine whose host is busy.
_COMMAND_S = 60.0

# A probe that failed has left nothing to let go.
_UNBIND = """
device=$(cat /run/device)
[ ! -e "/sys/bus/{bus}/drivers/{module}/$device" ] || echo "$device" > /sys/bus/{bus}/drivers/{module}/unbind
"""
# Bound already, where a fault kept it from being let go: set up all the same.
_BIND = """
device=$(cat /run/device)
[ -d "/sys/bus/{bus}/drivers/{module}/$device" ] ||
	echo "$device" > /sys/bus/{bus}/drivers/{module}/bind || exit 1
{configured} || exec sh /run/configure
"""


def write_scripts(machine: Machine, driver: Driver) -> None:
    """Write what has to be done more than once."""
    machine.write_file("/run/configure", f"set -e\n{driver.configure}".encode())
    for name, text in (("unbind", _UNBIND), ("bind", _BIND)):
        machine.write_file(f"/run/{name}", text.format(module=driver.module, bus=driver.hardware.bus, configured=driver.service.configured).encode())


def load(machine: Machine, driver: Driver) -> None:
    """Load runtime and driver, and prepare the service."""
    machine.check(driver.service.before)
    prepare_device(machine, driver)
    load_needed(machine, driver.name)
    # Dumps nobody reads would wait, and count as memory a fault has leaked.
    machine.check("echo 1 > /sys/class/devcoredump/disabled")
    machine.check(driver.load, timeout_s=_COMMAND_S)
    note_device(machine, driver)
    machine.check(driver.service.prepare)


def note_device(machine: Machine, driver: Driver) -> None:
    """Write down which device the driver is bound to."""
    # The link a driver's directory has for each of its devices.
    machine.check(f"cd /sys/bus/{driver.hardware.bus}/drivers/{driver.module} && "
                  "for each in *; do [ -e $each/uevent ] && [ $each != module ] && echo $each && break; done > /run/device")


def configure(machine: Machine, driver: Driver) -> None:
    """Apply the user's configuration and see a user served."""
    machine.check("sh /run/configure", timeout_s=_COMMAND_S)
    if machine.run(driver.service.ready, timeout_s=_COMMAND_S).outcome is not Outcome.PASSED:
        raise HarnessError(f"no service after {driver.name} was configured\n{machine.console.tail()}")


def start_helpers(machine: Machine, driver: Driver) -> None:
    """Start what a user of the device needs beside it."""
    for command in driver.service.helpers:
        machine.background(command)
