# SPDX-License-Identifier: GPL-2.0
"""A driver as the demo sees it: data, read from demo/drivers/<name>.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.outcome import HarnessError

DRIVERS = Path(__file__).resolve().parent / "drivers"


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
class Driver:
    """All the demo knows about one driver."""

    name: str
    module: str
    nic: str
    unload: str
    load: str
    configure: str
    configure_peer: str
    await_traffic: str
    allocations: str
    settings: tuple[Setting, ...]
    entries: tuple[Entry, ...]

    def entry(self, name: str) -> Entry:
        """Return an entry point by name."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise UnknownName("entry point", name, [entry.name for entry in self.entries])


def available(directory: Path = DRIVERS) -> list[str]:
    """Return the names of the drivers that have a description."""
    return sorted(path.stem for path in directory.glob("*.toml"))


def _take(path: Path, what: str, table: dict[str, Any], kind: type, **defaults: Any) -> dict[str, Any]:
    """Check that a table has the fields of a dataclass, no other, of the right types."""
    types = {field.name: {"str": str, "bool": bool, "dict[str, str]": dict}[str(field.type)]
             for field in fields(kind) if str(field.type) in ("str", "bool", "dict[str, str]")}
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


def load(name: str, directory: Path = DRIVERS) -> Driver:
    """Read a driver's description."""
    path = directory / f"{name}.toml"
    if name not in available(directory):
        raise UnknownName("driver", name, available(directory))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise HarnessError(f"{path}: {error}") from None
    settings = tuple(Setting(**_take(path, "a setting", item, Setting)) for item in table.pop("setting", []))
    entries = tuple(Entry(**_take(path, "an entry", item, Entry, sets={})) for item in table.pop("entry", []))
    driver = Driver(**_take(path, "the driver", {"name": name, **table}, Driver), settings=settings, entries=entries)
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
