# SPDX-License-Identifier: GPL-2.0
"""What a user does today: take the driver out, put it back, configure it again.

Measured with the same client as a recovery, natively, by a script that does the
steps one right after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.demo.target import Target
from harness.outcome import HarnessError
from harness.service import Seen

_MARGIN_US = 30000


@dataclass(frozen=True)
class Restart:
    """A restart of the driver as its user saw it."""

    traffic: Seen


def run(target: Target) -> Restart:
    """Restart the driver and measure the outage."""
    target.rewind()
    before = target.settings()
    client = target.driver.service.start(target.machine)
    target.machine.run(["usleep", str(_MARGIN_US)])
    target.machine.check("\n".join(["set -e", target.driver.unload, target.driver.load, target.driver.configure]),
                         timeout_s=30)
    if not target.served():
        raise HarnessError(f"no service after a restart\n{target.machine.console.tail()}")
    target.machine.run(["usleep", str(_MARGIN_US)])
    traffic = client.stop()
    after = target.settings()
    if after != before:
        raise HarnessError(f"the configuration after a restart differs: {before} before, {after} after")
    return Restart(traffic)
