# SPDX-License-Identifier: GPL-2.0
"""What a user of a device waits for: each step of the ladder, and what people do instead.

All in one guest with one CPU whose clock counts instructions.  Faults strike
every entry point of the driver's workload twice, before its call has written to
the device and after; the runtime tells which step that took.  Outages are
those of the client of the driver's class.  Steps that leave the device alone
end within microseconds, so they are measured again with a client that sees so
little, and so is the same call without a fault: what a call does to a client is
no outage of the recovery.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median_low
from typing import Any

from harness import subject
from harness.demo.faults import fault
from harness.demo.target import SNAPSHOT, LastFault, Profile, Target
from harness.driver import Driver, Entry
from harness.outcome import HarnessError
from harness.qemu import Machine
from harness.service import Seen
from harness.ui import note

# In the order of the table; the first five are the runtime's.
STEPS = ("undo", "registers", "again", "pm", "rebind", "restart", "updown", "suspend_resume")
# What is seen by the usual client for less than this is measured again with one that sees more.
_FINE_NS = 10_000_000
_FAULT = fault("null-load").name
_RECOVERY_S = 15.0
_COMMAND_S = 60.0
_MARGIN_US = 30000
_DOWN_UP = "down-up"  # of the class's interludes
# All devices go to sleep and wake up; the machine itself stays awake.
_SUSPEND = ("echo 0 > /sys/module/suspend/parameters/pm_test_delay; echo devices > /sys/power/pm_test; "
            "echo freeze > /sys/power/state")
# In the emulator each byte the kernel clears counts as an instruction; and a
# program that is started must not keep the client waiting.
KERNEL_ARGS = ("init_on_alloc=0", "preempt=full")


@dataclass
class Row:
    """One measurement."""

    step: str
    what: str  # an entry point, or a command
    site: int | None = None  # where in the call the fault struck
    outage_ns: int | None = None
    lost: int | None = None
    duplicated: int | None = None
    undisturbed_ns: int | None = None  # the same call without a fault, same client
    added_ns: int | None = None  # what the fault adds
    inside_ns: int | None = None  # by the runtime's own clock
    rollback_ns: int | None = None
    restore_ns: int | None = None
    device_written: bool | None = None
    set_up_again: list[str] | None = None  # settings that were gone
    client: str = "usual"

    def saw(self, seen: Seen) -> None:
        """Take what the client saw."""
        self.outage_ns, self.lost, self.duplicated = seen.outage_ns, seen.lost, seen.duplicated

    def told(self, last: LastFault) -> None:
        """Take what the runtime tells of a fault."""
        self.step, self.device_written = last.step, last.device_written
        self.rollback_ns, self.restore_ns = last.rollback_ns, last.restore_ns
        self.inside_ns = last.restore_ns or last.rollback_ns


@dataclass
class Recovery:
    """All that was measured, and why something was not."""

    rows: list[Row] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # step or entry point: reason

    def of(self, step: str) -> list[Row]:
        """Return the measurements of a step, by the best client there was for each."""
        fine = {(row.what, row.site) for row in self.rows if row.client == "fine"}
        return [row for row in self.rows
                if row.step == step and (row.client == "fine" or (row.what, row.site) not in fine)]

    def worst(self, step: str) -> Row | None:
        """Return the one with the longest outage."""
        rows = self.of(step)
        return max(rows, key=lambda row: row.outage_ns or 0) if rows else None

    def fields(self) -> dict[str, Any]:
        """Return the summary's part: each step at its longest, and every measurement."""
        found: dict[str, Any] = {}
        for step in STEPS:
            found[step] = asdict(self.worst(step) or Row("", ""))
            del found[step]["step"]
            outages = [row.outage_ns for row in self.of(step) if row.outage_ns is not None]
            added = [row.added_ns for row in self.of(step) if row.added_ns is not None]
            found[step] |= {"added_max_ns": max(added) if added else None, "median_ns": median_low(outages) if outages else None,
                            "of": len(outages)}
        return {**found, "rows": [asdict(row) for row in self.rows], "missing": self.missing}


class Bench:
    """The measurements on one machine."""

    def __init__(self, machine: Machine, driver: Driver) -> None:
        """Take a booted machine with modules for fault injection, no driver loaded."""
        self._machine = machine
        self._driver = driver
        self._target = Target(machine, driver)
        self._service = driver.service
        self.found = Recovery()

    def run(self) -> Recovery:
        """Measure everything."""
        if self._service.fine:
            self._machine.check(f"insmod /modules/{self._service.fine}.ko", _COMMAND_S)
        self._target.prepare()
        subject.write_scripts(self._machine, self._driver)
        subject.note_device(self._machine, self._driver)
        self._machine.save(SNAPSHOT)
        for entry in self._driver.entries:
            self._try(entry.name, lambda entry=entry: self._entry(entry))  # type: ignore[misc]
        self._by_hand()
        return self.found

    def _try(self, name: str, measure: Callable[[], None]) -> None:
        try:
            measure()
        except HarnessError as error:
            self.found.missing[name] = str(error).splitlines()[0]
            note(f"{name}: not measured: {self.found.missing[name]}")

    def _keep(self, row: Row) -> None:
        self.found.rows.append(row)
        note(f"{row.step}: {row.what}{f' at {row.site}' if row.site else ''}, {row.client} client: {row.outage_ns} ns"
             + (f", {row.undisturbed_ns} without the fault" if row.undisturbed_ns is not None else "")
             + f", {row.lost} lost, inside {row.inside_ns}")

    # The ladder

    def _entry(self, entry: Entry) -> None:
        self._target.rewind()
        profile = self._target.profile(entry)
        undisturbed: Seen | None = None
        for site in sites(profile):
            row, _ = self._strike(entry, site, fine=False)
            self._keep(row)
            if not self._service.fine or (row.outage_ns or 0) > _FINE_NS:
                continue
            undisturbed = undisturbed or self._strike(entry, None, fine=True)[1]
            row, seen = self._strike(entry, site, fine=True)
            row.undisturbed_ns = undisturbed.outage_ns
            row.added_ns = max(0, seen.outage_ns - undisturbed.outage_ns)
            self._keep(row)

    def _strike(self, entry: Entry, site: int | None, fine: bool) -> tuple[Row, Seen]:
        """Call an entry point with a fault at a site, or without, while a client is at work."""
        target = self._target
        target.rewind()
        if not target.isolate():
            raise HarnessError("the policy was refused")
        before = target.look(settings=False)
        client = self._service.start_fine(self._machine) if fine else self._service.start(self._machine)
        self._machine.run(["usleep", str(_MARGIN_US)])
        if site:
            target.arm(entry, _FAULT, site)
        calls = target.calls(entry)
        target.change(entry)
        if not site and not target.await_call(entry, calls):
            raise HarnessError("it was not called")
        if site:
            state = target.await_inject()
            if state.get("state") != "struck" or not target.await_recovery(before.faults, _RECOVERY_S):
                raise HarnessError(f"the fault at site {site} did not strike, or recovery did not end: {state}")
            # Whoever looks whether it is served sends packets of its own.
            if not fine and not target.served():
                raise HarnessError("no service afterwards")
        self._machine.run(["usleep", str(_MARGIN_US)])
        seen = client.stop()
        row = Row("", entry.name, site, client="fine" if fine else "usual")
        row.saw(seen)
        last = target.look(settings=False).last_fault
        if site and last:
            row.told(last)
        return row, seen

    # What people do

    def _by_hand(self) -> None:
        driver = self._driver
        again = f"set -e\n{driver.configure}"
        self._try("rebind", lambda: self._command("rebind", ["sh /run/unbind", "sh /run/bind"], "true"))
        self._try("restart", lambda: self._command("restart", [driver.unload, driver.load], again))
        down_up = next((each.command for each in driver.catalogue().interludes if each.name == _DOWN_UP), "")
        if down_up:
            self._try("updown", lambda: self._command("updown", [down_up], ""))
        else:
            self.found.missing["updown"] = f"a {self._service.name} device is not brought down and up"
        self._try("suspend_resume", lambda: self._command("suspend_resume", [_SUSPEND], ""))

    def _command(self, step: str, commands: list[str], configure: str) -> None:
        """Do it natively, configure the device as its user would, and see when the client is served again."""
        target, machine = self._target, self._machine
        target.rewind()
        before = target.settings()
        client = self._service.start(machine)
        machine.run(["usleep", str(_MARGIN_US)])
        machine.check("\n".join(["set -e", *commands, *([configure] if configure else [])]), _COMMAND_S)
        if not target.served():
            raise HarnessError("no service afterwards")
        machine.run(["usleep", str(_MARGIN_US)])
        row = Row(step, "; ".join(commands))
        row.saw(client.stop())
        now = target.settings()
        gone = [name for name, value in before.items() if now.get(name) != value]
        if gone and configure:
            raise HarnessError(f"settings differ although the device was configured again: {before} before, {now} now")
        row.set_up_again = self._gone(commands, before) if configure else gone
        self._keep(row)

    def _gone(self, commands: list[str], before: dict[str, str | None]) -> list[str]:
        """Return the settings that are not as they were until somebody configures the device."""
        self._target.rewind()
        # What binds the device would configure it, too.
        self._machine.write_file("/run/configure", b"")
        self._machine.check("\n".join(["set -e", *commands]), _COMMAND_S)
        now = self._target.settings()
        return [name for name, value in before.items() if now.get(name) != value]


def sites(profile: Profile) -> list[int]:
    """Return where to strike: before the call has written to the device, and past that."""
    untouched = profile.first_write - 1 if profile.first_write else profile.hits
    return [*([untouched] if untouched else []), *([profile.half_way] if profile.half_way > untouched else [])]
