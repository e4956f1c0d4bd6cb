# SPDX-License-Identifier: GPL-2.0
"""Reading a guest's console: kernel reports found in its text.

The console is evidence, not the channel results travel on.  What is recognised
is one table; each row was checked against a console recorded from a guest that
had been made to fail in that way (tests/harness/consoles/).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Kind(enum.Enum):
    """What a kernel report is about."""

    PANIC = "panic"
    PAGE_FAULT = "page-fault"
    PROTECTION_FAULT = "protection-fault"
    DIVIDE_ERROR = "divide-error"
    BUG = "bug"
    OOPS = "oops"  # any other trap that makes the kernel die
    SCHEDULING_WHILE_ATOMIC = "scheduling-while-atomic"
    SLEEPING_IN_ATOMIC = "sleeping-in-atomic"
    SOFT_LOCKUP = "soft-lockup"
    HARD_LOCKUP = "hard-lockup"
    HUNG_TASK = "hung-task"
    RCU_STALL = "rcu-stall"
    BAD_PAGE = "bad-page"
    WARNING = "warning"
    # From here on only a kernel with checkers speaks, but for the references.
    BAD_ACCESS = "bad-access"  # KASAN
    BAD_OBJECT = "bad-object"  # SLUB's own checks
    BAD_LIST = "bad-list"  # links that do not fit each other
    LOCKING = "locking"  # lockdep, RCU included
    LEAK = "leak"  # kmemleak
    HELD_REFERENCE = "held-reference"  # a network device that cannot go
    COMPLAINT = "complaint"  # any other that says BUG or WARNING

    @property
    def is_oops(self) -> bool:
        """Whether the kernel killed what it was doing, but went on."""
        return self in _OOPSES

    @property
    def of_checkers(self) -> bool:
        """Whether only a kernel built to look for mistakes says so."""
        return self in _CHECKERS


_OOPSES = frozenset({Kind.PAGE_FAULT, Kind.PROTECTION_FAULT, Kind.DIVIDE_ERROR, Kind.BUG, Kind.OOPS})

_CHECKERS = frozenset({Kind.SLEEPING_IN_ATOMIC, Kind.BAD_ACCESS, Kind.BAD_OBJECT, Kind.BAD_LIST, Kind.LOCKING, Kind.LEAK,
                       Kind.COMPLAINT})

# First match wins.  Matched against a line without its time stamp, at its start:
# "fgft: BUG: ..." is a recovered fault of ours, not a report of the kernel.
_TITLES: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple((kind, re.compile(text)) for kind, text in (
    (Kind.PANIC, r"Kernel panic - not syncing"),
    (Kind.PAGE_FAULT, r"BUG: (kernel NULL pointer dereference|unable to handle page fault)"),
    (Kind.SCHEDULING_WHILE_ATOMIC, r"BUG: scheduling while atomic"),
    (Kind.SLEEPING_IN_ATOMIC, r"BUG: sleeping function called from invalid context"),
    (Kind.BAD_PAGE, r"BUG: Bad (page|rss-counter)"),
    (Kind.BAD_PAGE, r"pagealloc: (memory corruption|single bit error)"),
    (Kind.SOFT_LOCKUP, r"watchdog: BUG: soft lockup"),
    (Kind.HARD_LOCKUP, r"(NMI )?[Ww]atchdog: .*hard LOCKUP"),
    (Kind.BUG, r"kernel BUG at "),
    (Kind.PROTECTION_FAULT, r"general protection fault"),
    (Kind.DIVIDE_ERROR, r"divide error"),
    (Kind.OOPS, r"(invalid opcode|stack segment|int3|double fault|traps: PANIC|Oops): "),
    (Kind.OOPS, r"BUG: (stack guard page was hit|TASK stack guard page)"),
    (Kind.HUNG_TASK, r"INFO: task .* blocked for more than"),
    (Kind.RCU_STALL, r"rcu: INFO: rcu_\w+ (self-)?detected"),
    (Kind.WARNING, r"WARNING: CPU: "),
    (Kind.BAD_ACCESS, r"BUG: KASAN: "),
    (Kind.BAD_OBJECT, r"BUG \S+ \((Not tainted|Tainted)"),
    (Kind.BAD_LIST, r"list_(add|del) (corruption|double add)"),
    (Kind.LOCKING, r"WARNING: (possible |inconsistent lock|bad unlock|suspicious RCU|held lock freed|lock held when)"),
    (Kind.LOCKING, r"WARNING: ((SOFT|HARD)IRQ\S* -> \S+ lock order|Nested lock was not taken|.* still has locks held)"),
    (Kind.LOCKING, r"(\[ )?BUG: Invalid wait context"),
    (Kind.LOCKING, r"INFO: trying to register non-static key"),
    (Kind.LEAK, r"kmemleak: \d+ new suspected memory leaks"),
    (Kind.HELD_REFERENCE, r"unregister_netdevice: waiting for "),
    (Kind.COMPLAINT, r"(BUG|WARNING): \S"),
))

_STAMP = re.compile(r"^\[ *(\d+)\.(\d{6})\](?:\[ *[TC]\d+\])? (.*)$")
_RIP = re.compile(r"RIP: 0010:(\w[\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(\w+)\])?")
# Where no instruction faulted the title or the stack says who it was.
_IN = re.compile(r" in (\w[\w.]*)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(\w+)\])?$")
_TASK = re.compile(r"CPU: \d+ PID: \d+ Comm: (\S+)|INFO: task (\S+):\d+ blocked")
_END = re.compile(r"---\[ end (trace|Kernel panic)")
_MAX_LINES = 120


@dataclass(frozen=True)
class Report:
    """One thing the kernel complained of."""

    kind: Kind
    title: str
    time_s: float
    symbol: str  # of the faulting instruction; "" if the report names none
    module: str  # it belongs to; "" for the kernel proper
    comm: str
    lines: tuple[str, ...]


def parse(text: str) -> list[Report]:
    """Return the reports in a console's text, in order.

    An oops has several lines that look like titles ("BUG: ...", then "Oops:
    ..."): they are one report, up to its end mark.  A panic is always its own.
    """
    reports: list[Report] = []
    title: tuple[Kind, str, float] | None = None
    body: list[str] = []

    def close() -> None:
        nonlocal title
        if title:
            reports.append(_report(*title, body))
        title = None
        body.clear()

    for line in text.splitlines():
        stamped = _STAMP.match(line)
        message = stamped[3] if stamped else ""
        kind = next((kind for kind, pattern in _TITLES if pattern.match(message)), None) if stamped else None
        if stamped and kind and (title is None or kind is Kind.PANIC or not _continues(title[0], kind)):
            close()
            title = (kind, message, float(f"{stamped[1]}.{stamped[2]}"))
        if title:
            body.append(line)
            if _END.search(message) or len(body) >= _MAX_LINES:
                close()
    close()
    return reports


def _continues(first: Kind, second: Kind) -> bool:
    """Whether a title inside a report belongs to it: "Oops:" after "BUG:" does.

    What is wrong with a list is said before the warning that shows the place.
    """
    return (second.is_oops and first.is_oops) or (first, second) == (Kind.BAD_LIST, Kind.WARNING)


def _report(kind: Kind, title: str, time_s: float, body: list[str]) -> Report:
    text = "\n".join(body)
    rip = _IN.search(title) or _RIP.search(text)
    task = _TASK.search(text)
    return Report(kind, title, time_s, rip[1] if rip else "", (rip[2] or "") if rip else "",
                  (task[1] or task[2]) if task else "", tuple(body))


class Console:
    """A console's log file as it grows."""

    def __init__(self, path: Path, echo: Callable[[str], object] | None = None) -> None:
        self._path = path
        self._echo = echo
        self._offset = 0
        self.text = ""

    def poll(self) -> bool:
        """Read what has been added; return whether anything was."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                added = stream.read()
        except FileNotFoundError:
            return False
        self._offset += len(added)
        clean = added.decode(errors="replace").replace("\r", "")
        self.text += clean
        if clean and self._echo:
            self._echo(clean)
        return bool(added)

    def mark(self) -> int:
        """Return a position for `since`."""
        self.poll()
        return len(self.text)

    def since(self, mark: int) -> list[Report]:
        """Return the reports printed after `mark`."""
        self.poll()
        return parse(self.text[mark:])

    def tail(self, lines: int = 20) -> str:
        """Return the last lines, for a failure message."""
        self.poll()
        return "\n".join(self.text.splitlines()[-lines:])

    def evidence(self) -> str:
        """Return the last lines, with the whole of a report they are the end of."""
        shown = self.tail()
        reports = parse(self.text)
        report = "\n".join(reports[-1].lines) if reports else ""
        start, end = self.text.rfind(report), self.text.rfind(shown)
        return self.text[start:].rstrip("\n") if report and start < end < start + len(report) else shown
