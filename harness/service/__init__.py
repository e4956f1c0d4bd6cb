# SPDX-License-Identifier: GPL-2.0
"""What users get from a device, by class: packets, samples, events.

A class of devices has a module here, with a client that uses the device without
a pause and tells for how long it got nothing, and a file of the same name that
says how its entry points are reached (see triggers.py).
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Protocol

from harness.outcome import HarnessError
from harness.qemu import Machine

HOME = Path(__file__).resolve().parent


class Seen(Protocol):
    """What a client saw of a device over a while; a dataclass, written to results as it is."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def outage_ns(self) -> int:
        """The longest time it got nothing, in guest nanoseconds."""

    @property
    def lost(self) -> int:
        """Units that were due and never came."""

    @property
    def duplicated(self) -> int:
        """Units that came more than once."""


class Client(Protocol):
    """A user at work."""

    def stop(self) -> Seen:
        """End it and return what it saw."""


class Service(ABC):
    """A class of devices as its users know it."""

    name: ClassVar[str]
    unit: ClassVar[str]  # what is lost when something is: "packets"
    lost: ClassVar[str]  # the same for a table's legend
    # Shell scripts for the guest.  `before` runs once, when nothing of the driver
    # is loaded yet, and `prepare` when it has been for the first time; `ready`
    # succeeds when a user is served, and waits for that for 20 s at most.
    before: ClassVar[str] = "true"
    prepare: ClassVar[str]
    # Succeeds while a device is as /run/configure leaves it, "false" where that can
    # be done again: bound anew, it may have been set up by what binds it.
    configured: ClassVar[str] = "false"
    ready: ClassVar[str]
    # For trials: what guest/<name>_user.h is told beside the class, and commands
    # that run beside it in the guest for ever.
    user: ClassVar[dict[str, Any]]
    helpers: ClassVar[tuple[str, ...]]

    # A module of harness/kmod/ that `start_fine` needs loaded; "" for none.
    fine: ClassVar[str] = ""

    @abstractmethod
    def start(self, machine: Machine) -> Client:
        """Begin to use the device in a guest in which `ready` has succeeded."""

    def start_fine(self, machine: Machine) -> Client:
        """Begin with a client that sees outages of microseconds, where there is one."""
        return self.start(machine)

    def __repr__(self) -> str:
        """Say all that decides what a guest is asked to do: kept results are known by it."""
        words = {word: getattr(self, word) for word in ("prepare", "configured", "ready", "user", "helpers", "fine")}
        return f"{type(self).__name__}({words})"

    @property
    def triggers(self) -> Path:
        """The file that says how entry points of this class are reached."""
        return HOME / f"{self.name}.toml"


def available() -> list[str]:
    """Return the classes there are."""
    return sorted(path.stem for path in HOME.glob("*.toml"))


def get(path: Path, name: object) -> Service:
    """Return the class that the description of a driver at `path` names."""
    if name not in available():
        raise HarnessError(f"{path}: service must be one of {', '.join(available())}")
    found = importlib.import_module(f"harness.service.{name}").SERVICE
    assert isinstance(found, Service)
    return found
