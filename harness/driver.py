# SPDX-License-Identifier: GPL-2.0
"""A driver as the harness sees it: data, read from drivers/<name>/workload.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from harness import service
from harness.outcome import HarnessError
from harness.paths import REPO
from harness.service import Service
from harness.service import triggers as reached
from harness.service.triggers import Catalogue, Trigger
from harness.spec import Spec

DRIVERS = REPO / "drivers"
FILE = "workload.toml"


class UnknownName(HarnessError):
    """A driver, entry point or fault that does not exist; the message lists those that do."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        super().__init__(f"no {kind} '{name}': there {'is' if len(known) == 1 else 'are'} {', '.join(known)}")


@dataclass(frozen=True)
class Setting:
    """Something the user has set and can read back."""

    name: str
    command: str
    pattern: str

    def read(self, output: str) -> str | None:
        """Return the value in the command's output; None when it is not there."""
        found = re.search(self.pattern, output)
        return " ".join(found.groups()) if found else None


@dataclass(frozen=True)
class Entry:
    """An entry point and what makes the kernel call it."""

    name: str
    change: str
    back: str
    errno: bool
    sets: dict[str, str]


@dataclass(frozen=True)
class Hardware:
    """The device under test in the virtual machine."""

    nic: str  # model of a network card, put on the peer's network; "" for what is none
    usb: str  # a device of harness/usb, put there; "" for what is none
    mouse: bool  # steps of the mouse can be asked for
    bus: str  # as in /sys/bus/
    arguments: list[str]  # further ones for QEMU; {directory} is the machine's own
    modules: list[str]  # of harness/kmod/, with their parameters, to load before the driver


@dataclass(frozen=True)
class Driver:
    """All the harness knows about one driver."""

    name: str  # of its directory and of the module's file
    module: str  # as the kernel calls it
    unload: str
    load: str
    configure: str
    allocations: str
    service: Service
    hardware: Hardware
    settings: tuple[Setting, ...]
    entries: tuple[Entry, ...]
    triggers: tuple[Trigger, ...]  # of what is this driver's alone

    def catalogue(self) -> Catalogue:
        """Return how its entry points are reached: its own triggers, then those of its class."""
        found = reached.load(self.service.triggers)
        return replace(found, triggers=self.triggers + found.triggers)

    def entry(self, name: str) -> Entry:
        """Return an entry point by name."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise UnknownName("entry point", name, [entry.name for entry in self.entries])

    def machine(self, spec: Spec) -> Spec:
        """Return a machine with the driver's device in it."""
        return replace(spec, nut_model=self.hardware.nic, usb=self.hardware.usb, mouse=self.hardware.mouse,
                       arguments=tuple(self.hardware.arguments))


def available(directory: Path = DRIVERS) -> list[str]:
    """Return the names of the drivers that have a description."""
    return sorted(path.parent.name for path in directory.glob(f"*/{FILE}"))


def _take(path: Path, what: str, table: dict[str, Any], kind: type, **defaults: Any) -> dict[str, Any]:
    """Check that a table has the fields of a dataclass, no other, of the right types."""
    hints = get_type_hints(kind)
    types = {field.name: getattr(hints[field.name], "__origin__", hints[field.name]) for field in fields(kind)}
    types = {name: found for name, found in types.items() if found in (str, bool, dict, list)}
    table = {**defaults, **table}
    for name in table:
        if name not in types:
            raise HarnessError(f"{path}: {what}: unknown field '{name}'")
    for name, expected in types.items():
        if name not in table:
            raise HarnessError(f"{path}: {what}: field '{name}' is missing")
        if not isinstance(table[name], expected):
            raise HarnessError(f"{path}: {what}: field '{name}' must be of type {expected.__name__}")
    return table


def _defaults(name: str, module: str) -> dict[str, str]:
    """Return what most drivers need not say."""
    return {
        "name": name,
        "module": module,
        "unload": f"rmmod {module}",
        "load": f"insmod /modules/{name}.ko",
        # The driver's areas in the kernel's own books.  A dump is kept for its
        # reader for five minutes: that is no leak.
        "allocations": f"grep -e '\\[{module}\\]' -e '\\[fgft\\]' /proc/vmallocinfo | grep -vc dump_encode",
    }


def load(name: str, directory: Path = DRIVERS) -> Driver:
    """Read a driver's description."""
    path = directory / name / FILE
    if name not in available(directory):
        raise UnknownName("driver", name, available(directory))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise HarnessError(f"{path}: {error}") from None
    settings = tuple(Setting(**_take(path, "a setting", item, Setting)) for item in table.pop("setting", []))
    entries = tuple(Entry(**_take(path, "an entry", item, Entry, sets={})) for item in table.pop("entry", []))
    own = reached.rows(path, table.pop("trigger", []))
    hardware = Hardware(**_take(path, "the machine", table.pop("machine", {}), Hardware, nic="", usb="", mouse=False, bus="pci", arguments=[],
                                modules=[]))
    serves = service.get(path, table.pop("service", None))
    words = _take(path, "the driver", table, Driver, **_defaults(name, str(table.get("module", name.replace("-", "_")))))
    driver = Driver(**words, service=serves, hardware=hardware, settings=settings, entries=entries, triggers=own)
    _verify(path, driver)
    return driver


def _verify(path: Path, driver: Driver) -> None:
    names = [setting.name for setting in driver.settings]
    if not driver.entries or not names:
        raise HarnessError(f"{path}: needs at least one entry and one setting")
    for setting in driver.settings:
        try:
            groups = re.compile(setting.pattern).groups
        except re.error as error:
            raise HarnessError(f"{path}: pattern of setting '{setting.name}': {error}") from None
        if not groups:
            raise HarnessError(f"{path}: pattern of setting '{setting.name}' captures nothing")
    for entry in driver.entries:
        for name in entry.sets:
            if name not in names:
                raise HarnessError(f"{path}: entry '{entry.name}' sets '{name}', which is no setting")
