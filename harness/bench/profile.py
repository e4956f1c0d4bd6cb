# SPDX-License-Identifier: GPL-2.0
"""Where the instructions of a run go: counted by a plugin of QEMU, told by function.

The plugin (plugin/blocks.cc) counts the blocks of guest code in a file that this
reads before and after a run.  It sees everything the guest does in between, more
than the packet generator's own stretch of time, so that only what fgft.ko and the
driver take is told: the rest of the kernel is mostly the guest's idle time.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness import program

_SOURCE = Path(__file__).resolve().parent / "plugin" / "blocks.cc"
_FLAGS = ("-shared", "-fPIC")
_BLOCK = struct.Struct("=QQQ")  # address, instructions, runs
_BLOCKS = 1 << 20  # more than a run translates; the file has holes
_KERNEL = 1 << 63
_TEXT = "tTwW"

Counts = Counter[int]  # instructions, by address of their block

# What a function of ours is for: the first that fits.
_PURPOSES: tuple[tuple[str, re.Pattern[str]], ...] = tuple((name, re.compile(text)) for name, text in (
    ("hooks of stores", r"__fgft_store|store_slow|may_write|granted|remember|spot_look"),
    ("loop and stack bounds", r"__fgft_(loop|stack)"),
    ("begin and commit", r"fgft_call_(begin|end|give|finish)|call_(begin|end)|__fgft_enter|hits_forget|pool_take|(begin|end)_slowly|start_|retire"),
    ("registers, doorbells", r"device_(write|read|keep)|registers_|k_(read|write|io(read|write))|look_up|note_old"),
    ("DMA", r"dma|is_readable|device_look|object_is"),
    ("socket buffers", r"skb|gro_receive|tailroom|fgft_(class_)?grant|fgft_lend|eth_type|do_receive"),
    ("queues and NAPI", r"bql|queue|napi|netdev|starts_range"),
    ("undo log, deferred effects", r"undo|defer|push_bytes|write_log"),
    ("checked targets", r"icall|fgft_driver_"),
))
TWINS, OTHERS = "twins, longer than the natives", "others"


@dataclass(frozen=True)
class Function:
    """A symbol of the guest's kernel."""

    name: str
    module: str = ""  # "" is the kernel itself

    def __str__(self) -> str:
        return f"{self.name} [{self.module}]" if self.module else self.name


class Symbols:
    """The guest's /proc/kallsyms, by address."""

    def __init__(self, text: str) -> None:
        """Parse it; addresses must be shown, not zeroes."""
        found = []
        for line in text.splitlines():
            words = line.split()
            if words[1] in _TEXT and int(words[0], 16) >= _KERNEL:
                found.append((int(words[0], 16), Function(words[2], words[3].strip("[]") if words[3:] else "")))
        found.sort(key=lambda pair: pair[0])
        self._starts = [start for start, _ in found]
        self._functions = [function for _, function in found]

    def at(self, address: int) -> Function:
        """Return the function around `address`; user space is one."""
        place = bisect_right(self._starts, address) - 1
        return self._functions[place] if address >= _KERNEL and place >= 0 else Function("(user space)")


def parse(data: bytes) -> Counts:
    """Read the plugin's file up to its first empty place."""
    counts: Counts = Counter()
    for address, insns, runs in _BLOCK.iter_unpack(data):
        if not address:
            break
        counts[address] += insns * runs
    return counts


def by_function(before: Counts, after: Counts, symbols: Symbols, packets: int) -> dict[Function, float]:
    """Return the instructions a packet between two readings."""
    spent: Counter[Function] = Counter()
    for address, insns in after.items():
        if insns > before[address]:
            spent[symbols.at(address)] += insns - before[address]
    return {function: insns / packets for function, insns in spent.items()}


def _is_ours(function: Function, driver: str) -> bool:
    return function.module in ("fgft", driver)


def purpose(function: Function, driver: str) -> str:
    """Return the row of the table a function of the two modules belongs to."""
    if function.module == driver:
        return TWINS
    return next((name for name, pattern in _PURPOSES if pattern.search(function.name)), OTHERS)


def added(native: dict[Function, float], isolated: dict[Function, float], driver: str) -> dict[str, float]:
    """Return what isolation adds, by purpose, the most first."""
    sums: defaultdict[str, float] = defaultdict(float)
    for spent, sign in ((isolated, 1), (native, -1)):
        for function, insns in spent.items():
            if _is_ours(function, driver):
                sums[purpose(function, driver)] += sign * insns
    return dict(sorted(sums.items(), key=lambda row: -row[1]))


@dataclass
class Profile:
    """Readings of one run."""

    directory: Path
    kallsyms: Callable[[], str]  # reads the guest's
    found: dict[tuple[str, str], dict[Function, float]] = field(default_factory=dict)  # by mode and direction
    _before: Counts = field(default_factory=Counter)

    @staticmethod
    def argument(directory: Path) -> str:
        """Build the plugin and make its file; return what QEMU is to be told."""
        counts = Profile._file(directory)
        with counts.open("wb") as stream:
            stream.truncate(_BLOCKS * _BLOCK.size)
        return f"{program.build(_SOURCE, _FLAGS)},counts={counts}"

    @staticmethod
    def _file(directory: Path) -> Path:
        return directory / "blocks"

    def begin(self) -> None:
        """Packets are about to run."""
        self._before = parse(self._file(self.directory).read_bytes())

    def end(self, mode: str, direction: str, packets: int) -> None:
        """So many have, since the last begin."""
        after = parse(self._file(self.directory).read_bytes())
        self.found[mode, direction] = by_function(self._before, after, Symbols(self.kallsyms()), packets)


def render(found: dict[tuple[str, str], dict[Function, float]], driver: str, top: int = 40) -> str:
    """Return the tables a person reads: by purpose, and by function."""
    lines = []
    for direction in dict.fromkeys(direction for _, direction in found):
        native, isolated = (found[mode, direction] for mode in ("native", "all"))
        rows = added(native, isolated, driver)
        lines += ["", f"{direction}: instructions a packet that isolation adds"]
        lines += [f"{insns:9.0f}  {name}" for name, insns in [*rows.items(), ("all", sum(rows.values()))]]
        differences = {function: isolated.get(function, 0.0) - native.get(function, 0.0)
                       for function in {**native, **isolated} if _is_ours(function, driver)}
        most = sorted(differences.items(), key=lambda pair: -abs(pair[1]))[:top]
        lines += ["", f"{direction}: by function, the {len(most)} that add or save most"]
        lines += [f"{insns:9.1f}  {function}" for function, insns in most]
    return "\n".join(lines)
