# SPDX-License-Identifier: GPL-2.0
"""Mice: steps at fixed spacing, moved by the host and seen as events in the guest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine
from harness.service import Client, Service

_SPACING_US = 5000
_END_S = 10.0
_HOME = "/sys/bus/serio/devices/serio1"
_DEVICES = f"{_HOME}/input/input*/event*"
_TERM = 15


@dataclass(frozen=True)
class Motion:
    """Steps over a whole run."""

    start_ns: int
    end_ns: int
    moved: int  # the device was moved
    seen: int
    lost: int
    duplicated: int
    wrong: int  # events that were no steps
    outage_ns: int


@dataclass
class Reader:
    """A reader at work in a guest."""

    machine: Machine
    job: int

    def stop(self) -> Motion:
        """End the run and return what it saw."""
        self.machine.signal(self.job, _TERM)
        result = self.machine.collect(self.job, _END_S)
        if result is None or result.outcome is not Outcome.PASSED:
            raise HarnessError(f"pointer did not end well: {result.err if result else 'still running'}")
        try:
            data = json.loads(result.out)
            motion = Motion(**data)
        except (ValueError, TypeError) as error:
            raise HarnessError(f"pointer printed no result ({error!r}): {result.out[:300]!r}") from None
        if motion.wrong:
            raise HarnessError(f"{motion.wrong} events came that nobody caused")
        return motion


class Input(Service):
    """Events."""

    name = "input"
    unit = "events"
    lost = "events lost of one every five milliseconds"
    prepare = "modprobe evdev"
    ready = f"pointer once '{_DEVICES}' 10000"

    user: ClassVar[dict[str, Any]] = {
        "devices": _DEVICES, "spacing_us": _SPACING_US, "directory": _HOME, "interrupt": "i8042",
        "settings": ["protocol", "rate", "resolution", "resetafter", "resync_time"]}
    helpers = ()

    def start(self, machine: Machine) -> Client:
        """Start a reader, and see it read."""
        job = machine.background(["pointer", "run", _DEVICES, str(_SPACING_US)])
        machine.run(["usleep", "50000"])
        return Reader(machine, job)


SERVICE = Input()
