# SPDX-License-Identifier: GPL-2.0
"""The driver under test in a running guest: set it up, break it, look at it.

Everything the demo knows about the guest it learns here, from sysfs, /proc and
the tools a user has.  Looking is done by one shell command with marked
sections, since every round trip to the agent costs wall time.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from harness.agent import Result
from harness.driver import Driver, Entry
from harness.modules import load_needed, prepare_device
from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine

SNAPSHOT = "demo"
TAINT_DIE = 1 << 7
_SYSFS = "/sys/kernel/fgft"
_MARK = "@@@ "
# Guest seconds.  The watchdog of a network driver runs every two.
_REACH_S = 5.0
_LINK_S = 25.0
_COMMAND_S = 10.0
_EVIDENCE_LINES = 20
# For scripts: no programs but usleep, as starting one is slow under emulation.
_FUNCTIONS = """
above() { read -r value < "$2" && [ "$value" -gt "$1" ]; }
below() { read -r value < "$2" && [ "$value" -lt "$1" ]; }
differs() { read -r key value < "$2" && [ "$value" != "$1" ]; }
show() { while read -r line; do echo "$line"; done < "$1"; }
# await TENTHS CONDITION...: looks often at first, then ten times a second
await() {
	left=$1; soon=10; shift
	until "$@"; do
		if [ $soon -gt 0 ]; then
			soon=$((soon-1)); usleep 10000
		else
			left=$((left-1)); [ $left -lt 0 ] && return 1; usleep 100000
		fi
	done
}
"""


def parse_pairs(text: str) -> dict[str, str]:
    """Parse "key: value" lines, as the files of fgft.ko have them."""
    pairs = {}
    for line in text.splitlines():
        key, colon, value = line.partition(": ")
        if colon:
            pairs[key] = value.strip()
    return pairs


def parse_sections(text: str) -> dict[str, str]:
    """Split the output of `Target.look` by its marks."""
    sections: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        if line.startswith(_MARK):
            name = line[len(_MARK):].strip()
            sections[name] = ""
        elif name:
            sections[name] += line
    return sections


def number(text: str) -> int | None:
    """Return the whole number in `text`, None if it is none."""
    return int(text) if re.fullmatch(r"-?\d+", text.strip()) else None


def last_lines(target: Target, mark: int) -> str:
    """Return the console's last lines of one case: it is one log over all of them."""
    target.machine.console.poll()
    return "\n".join(target.machine.console.text[mark:].splitlines()[-_EVIDENCE_LINES:])


@dataclass(frozen=True)
class Profile:
    """What a call of an entry point passes on its way: see /sys/kernel/fgft/inject."""

    hits: int
    first_store: int
    first_write: int

    @property
    def half_way(self) -> int:
        """The site to strike at: past the first store and the first device write."""
        return max(1, min(self.hits, max(self.hits // 2, self.first_store + 1, self.first_write + 1)))


@dataclass(frozen=True)
class LastFault:
    """The newest fault as the runtime tells it."""

    entry: str
    cause: str
    step: str
    result: int
    device_written: bool
    rollback_ns: int
    restore_ns: int
    ip: str

    @classmethod
    def parse(cls, text: str) -> LastFault | None:
        """Read /sys/kernel/fgft/<driver>/last_fault; None while there is none."""
        if text.strip() == "none":
            return None
        pairs = parse_pairs(text)
        try:
            return cls(pairs["entry"], pairs["cause"], pairs["step"], int(pairs["result"]),
                       pairs["device_written"] == "1", int(pairs["rollback_ns"]), int(pairs["restore_ns"]), pairs["ip"])
        except (KeyError, ValueError) as error:
            raise HarnessError(f"last_fault cannot be read ({error}):\n{text}") from None


@dataclass(frozen=True)
class View:
    """The guest at one moment."""

    settings: dict[str, str | None]
    ranges: str
    allocations: int | None
    tainted: int
    faults: int
    victim: str
    recovering: bool
    last_fault: LastFault | None


class Target:
    """The driver in a machine."""

    def __init__(self, machine: Machine, driver: Driver) -> None:
        self.machine = machine
        self.driver = driver
        self._home = f"{_SYSFS}/{driver.module}"

    def prepare(self) -> None:
        """Load and configure the driver, see it serve a user, and save the snapshot."""
        prepare_device(self.machine, self.driver)
        load_needed(self.machine, self.driver.name)
        self.machine.check(self.driver.load, timeout_s=_LINK_S)
        if self.machine.run(["test", "-d", self._home]).outcome is not Outcome.PASSED:
            raise HarnessError(f"{self.driver.module}.ko was not built for isolation: "
                               f"run `make modules INJECT=1 DRIVER={self.driver.name}`")
        present = self.machine.check(["ls", f"{self._home}/entries"]).split()
        for entry in self.driver.entries:
            if entry.name not in present:
                raise HarnessError(f"{entry.name} is no isolated entry point of this build: "
                                   f"drivers/{self.driver.name}/policy lists {', '.join(present)}")
        self.machine.check(self.driver.service.prepare)
        self.configure()
        self.machine.save(SNAPSHOT)

    def configure(self) -> None:
        """Apply the user's configuration and wait until a user is served."""
        self.machine.check("set -e\n" + self.driver.configure, timeout_s=_LINK_S)
        if not self.served():
            raise HarnessError(f"no service after {self.driver.name} was configured\n{self.machine.console.tail()}")

    def rewind(self) -> None:
        """Go back to the configured guest, isolation off."""
        self.machine.load(SNAPSHOT)

    def isolate(self) -> bool:
        """Isolate every entry point; False if the runtime refuses."""
        return self.write(f"{self._home}/policy", "always")

    def write(self, path: str, text: str) -> bool:
        """Write a file of sysfs; False if the kernel refuses the text."""
        return self.machine.run(f"echo {shlex.quote(text)} > {shlex.quote(path)}").outcome is Outcome.PASSED

    # Injection

    def arm(self, entry: Entry, fault: str, hit: int) -> None:
        """Let the next call of an entry point fail at its `hit`th site."""
        self._inject(f"{self.driver.module} {entry.name} {fault} {hit}")

    def profile(self, entry: Entry) -> Profile:
        """Count the sites a call of an entry point passes."""
        self._inject(f"{self.driver.module} {entry.name} profile")
        result = self.change(entry)
        state = self.await_inject()
        if state.get("state") != "profiled" or not int(state.get("hits", "0")):
            raise HarnessError(f"the workload of {entry.name} does not reach it: {state}; "
                               f"it printed: {(result.out + result.err).strip()[-300:]}")
        return Profile(int(state["hits"]), int(state["first_store"]), int(state["first_write"]))

    def _inject(self, text: str) -> None:
        if not self.write(f"{_SYSFS}/inject", text):
            raise HarnessError(f"/sys/kernel/fgft/inject refuses '{text}'")

    def await_inject(self) -> dict[str, str]:
        """Wait until what was armed has happened; return the state then, happened or not."""
        self.until(f"differs armed {_SYSFS}/inject", _REACH_S)
        return parse_pairs(self.machine.read_file(f"{_SYSFS}/inject").decode())

    def until(self, condition: str, guest_s: float) -> bool:
        """Wait in the guest until one of our conditions holds; False if it does not in time."""
        script = f"{_FUNCTIONS}await {int(guest_s * 10)} {condition}"
        return self.machine.run(script, timeout_s=guest_s + 5).outcome is Outcome.PASSED

    def await_recovery(self, faults_before: int, guest_s: float) -> bool:
        """Wait until a fault has been reported and no device is being restored."""
        return (self.until(f"above {faults_before} {self._home}/faults", guest_s)
                and self.until(f"below 1 {self._home}/recovering", guest_s))

    def calls(self, entry: Entry) -> int:
        """Return how many calls of an entry point have run isolated to their end."""
        return int(self.machine.read_file(f"{self._home}/entries/{entry.name}/calls"))

    def await_call(self, entry: Entry, calls_before: int) -> bool:
        """Wait until one more has: some entry points run by themselves, when they like."""
        return self.until(f"above {calls_before} {self._home}/entries/{entry.name}/calls", _REACH_S)

    # Workloads

    def change(self, entry: Entry) -> Result:
        """Have the kernel call an entry point the way its user does."""
        return self.machine.run(entry.change or "true", timeout_s=_COMMAND_S)

    def retry(self, entry: Entry) -> str:
        """Change, see that it took effect, and change back; return what was wrong, "" if nothing."""
        if not self.served():
            return "no service before it"
        wrong = self._perform([(entry, entry.change)])
        settings = self.settings() if entry.sets and not wrong else {}
        for name, value in entry.sets.items() if settings else ():
            if settings[name] != value:
                wrong = f"after '{entry.change}' {name} is {settings[name]}, not {value}"
        return wrong or self._perform([(entry, entry.back)] if entry.back else [])

    def sweep(self, besides: Entry) -> str:
        """Have every entry point but one called; return what was wrong, "" if nothing."""
        return self._perform([(entry, action) for entry in self.driver.entries if entry is not besides
                              for action in ([entry.change, entry.back] if entry.back else [entry.change])], traffic=True)

    def _perform(self, actions: list[tuple[Entry, str]], traffic: bool = False) -> str:
        """Do actions in one shell command, as starting a program in an emulated guest is slow.

        Calls are counted, as a tool may find nothing to do and never call the
        driver.  Some entry points are reached by traffic only: with `traffic`
        it is waited for before each.  While an action goes on its number is the
        last line printed.
        """
        script = [_FUNCTIONS]
        last = None
        for index, (entry, action) in enumerate(actions):
            calls = f"{self._home}/entries/{entry.name}/calls"
            script.append(f"echo '{_MARK}{index}'; read -r before < {calls}")
            if traffic and entry is not last:
                script.append(f"{{ {self.driver.service.ready}\n}} || {{ echo 'no service before it'; exit 1; }}")
            script.append(f"{{ {action or 'true'}; }} > /run/said 2>&1 || {{ tail -n 1 /run/said; exit 1; }}")
            script.append(f"await {int(_REACH_S * 10)} above $before {calls} || {{ echo 'not reached by it'; exit 1; }}")
            last = entry
        result = self.machine.run("\n".join(script), timeout_s=_COMMAND_S + _LINK_S * len(actions))
        if result.outcome is Outcome.PASSED:
            return ""
        sections = parse_sections(result.out)
        at = max((int(name) for name in sections), default=0)
        entry, action = actions[at]
        said = sections.get(str(at), "").strip() or result.err.strip()[-200:]
        return f"{entry.name}: '{action}' {result.outcome.value}{': ' + said if said else ''}"

    def served(self) -> bool:
        """Wait until a user of the device is served."""
        return self.machine.run(self.driver.service.ready, timeout_s=_LINK_S).outcome is Outcome.PASSED

    # Looking

    def settings(self) -> dict[str, str | None]:
        """Return what the driver and the kernel say about the user's settings."""
        return self._read_settings(parse_sections(self.machine.run(self._settings_script(), timeout_s=_COMMAND_S).out))

    def _settings_script(self) -> str:
        """Run each command once; a section is named by its command's place among them."""
        return "\n".join(f"echo '{_MARK}command {index}'; {{ {command}; }} 2>&1"
                         for index, command in enumerate(self._commands()))

    def _commands(self) -> list[str]:
        return list(dict.fromkeys(setting.command for setting in self.driver.settings))

    def _read_settings(self, sections: dict[str, str]) -> dict[str, str | None]:
        commands = self._commands()
        return {setting.name: setting.read(sections.get(f"command {commands.index(setting.command)}", ""))
                for setting in self.driver.settings}

    def look(self, settings: bool = True) -> View:
        """Return all that must be the same before and after a fault, and the newest fault.

        Asking for the settings takes several programs, which are slow to start
        in an emulated guest; without `settings` they are left out.
        """
        files = {"ranges": f"{self._home}/ranges", "faults": f"{self._home}/faults",
                 "last_fault": f"{self._home}/last_fault", "recovering": f"{self._home}/recovering",
                 "victim": f"{_SYSFS}/victim"}
        script = [_FUNCTIONS, *(f"echo '{_MARK}{name}'; show {path}" for name, path in files.items())]
        # The shell reads byte by byte, which files of /proc/sys do not support.
        script += [f"echo '{_MARK}tainted'; cat /proc/sys/kernel/tainted",
                   f"echo '{_MARK}allocations'; {self.driver.allocations}", self._settings_script() if settings else "true", "true"]
        text = parse_sections(self.machine.check("\n".join(script), timeout_s=_COMMAND_S))
        try:
            return View(settings=self._read_settings(text) if settings else {}, ranges=text["ranges"],
                        allocations=number(text["allocations"]), tainted=int(text["tainted"]),
                        faults=int(text["faults"]), victim=text["victim"].strip(),
                        recovering=text["recovering"].strip() != "0", last_fault=LastFault.parse(text["last_fault"]))
        except (KeyError, ValueError) as error:
            raise HarnessError(f"the guest's state cannot be read: {error}") from None
