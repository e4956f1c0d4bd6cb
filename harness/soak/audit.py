# SPDX-License-Identifier: GPL-2.0
"""Does the machine still own what it should, and no more: looked at while it is quiet.

What must not change at all is compared with the first look; memory is compared
with the look after the warm-up, within a bound that is a rule and not a guess:
a leak of one object a fault is above it, the noise of a quiet kernel below.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

# A leak of the smallest object worth the name at every fault, and what the
# kernel's own caches move by between two quiet moments.
LEAK_BYTES_A_FAULT = 64
NOISE_BYTES = 512 << 10
_SLAB = re.compile(r"^(\S+)\s+(\d+)\s+\d+\s+(\d+)\s", re.MULTILINE)
_MAPPINGS = "vmap_area"
_MEMINFO = re.compile(r"^(\w+(?:\(\w+\))?):\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Look:
    """The quiet machine at one moment."""

    faults: int  # struck until then
    ranges: str
    victim: str
    references: int  # to the driver's module
    settings: dict[str, str | None]
    slab: dict[str, int]  # bytes of live objects by cache
    unreclaimable: int
    traffic: bool

    def fields(self) -> dict[str, Any]:
        """Return what goes into the events."""
        fields = asdict(self)
        fields["slab_bytes"] = sum(fields.pop("slab").values())
        return fields


def parse_slabinfo(text: str, unpurged: int = 0) -> dict[str, int]:
    """Return the bytes of live objects in each cache.

    Of mappings taken away the kernel keeps `unpurged`, and their objects, until
    they are many or somebody flushes; nobody owns these any more.
    """
    found = {name: (int(active), int(size)) for name, active, size in _SLAB.findall(text) if not name.startswith("#")}
    return {name: (active - (unpurged if name == _MAPPINGS else 0)) * size for name, (active, size) in found.items()}


def parse_meminfo(text: str) -> dict[str, int]:
    """Return /proc/meminfo in bytes."""
    return {name: int(value) << 10 for name, value in _MEMINFO.findall(text)}


def allowed_growth(faults: int) -> int:
    """Return how much the slab caches may have grown over so many faults."""
    return NOISE_BYTES + LEAK_BYTES_A_FAULT * faults


def grown(before: dict[str, int], after: dict[str, int], least: int = 4096) -> dict[str, int]:
    """Return the caches that have grown, the most first."""
    growth = {name: size - before.get(name, 0) for name, size in after.items()}
    return dict(sorted(((name, size) for name, size in growth.items() if size >= least), key=lambda pair: -pair[1]))


def differences(first: Look, now: Look) -> list[str]:
    """Return what is not as it was at the first look, a sentence each."""
    wrong = []
    if now.victim != "intact":
        wrong.append(f"memory of another module is {now.victim}")
    if now.ranges != first.ranges:
        wrong.append(f"the driver's memory was '{_line(first.ranges)}', is '{_line(now.ranges)}'")
    if now.references != first.references:
        wrong.append(f"references to the module were {first.references}, are {now.references}")
    wrong += [f"setting {name} was {value}, is {now.settings.get(name)}"
              for name, value in first.settings.items() if now.settings.get(name) != value]
    if not now.traffic:
        wrong.append("no traffic")
    return wrong


def leak(baseline: Look, now: Look) -> str:
    """Return what is wrong with memory, "" if nothing."""
    growth = sum(now.slab.values()) - sum(baseline.slab.values())
    bound = allowed_growth(now.faults - baseline.faults)
    if growth <= bound:
        return ""
    most = ", ".join(f"{name} {size >> 10} KiB" for name, size in list(grown(baseline.slab, now.slab).items())[:4])
    return f"slab grew by {growth >> 10} KiB over {now.faults - baseline.faults} faults, {bound >> 10} are allowed: {most}"


def _line(text: str) -> str:
    return ", ".join(text.split("\n")).strip(", ")
