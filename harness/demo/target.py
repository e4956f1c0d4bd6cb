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
from harness.demo.driver import Driver, Entry
from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine

SNAPSHOT = "demo"
TAINT_DIE = 1 << 7
_SYSFS = "/sys/kernel/fgft"
_MARK = "@@@ "
# Guest seconds.  The watchdog of a network driver runs every two.
_REACH_S = 5.0
_LINK_S = 15.0
_COMMAND_S = 10.0
_POLL_US = 20000
_EVIDENCE_LINES = 20


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
    inject: str
    recovering: bool
    last_fault: LastFault | None


class Target:
    """The driver in a machine."""

    def __init__(self, machine: Machine, driver: Driver) -> None:
        self.machine = machine
        self.driver = driver
        self._home = f"{_SYSFS}/{driver.module}"

    def prepare(self) -> None:
        """Load and configure the driver, see traffic flow, and save the snapshot."""
        self.machine.check("insmod /modules/fgft.ko")
        self.machine.check(self.driver.load, timeout_s=_LINK_S)
        if self.machine.run(["test", "-d", self._home]).outcome is not Outcome.PASSED:
            raise HarnessError(f"{self.driver.module}.ko was not built for isolation: "
                               f"run `make modules INJECT=1 DRIVER={self.driver.name}`")
        present = self.machine.check(["ls", f"{self._home}/entries"]).split()
        for entry in self.driver.entries:
            if entry.name not in present:
                raise HarnessError(f"{entry.name} is no isolated entry point of this build: "
                                   f"drivers/{self.driver.name}/policy lists {', '.join(present)}")
        self.machine.check(self.driver.configure_peer)
        self.configure()
        self.machine.save(SNAPSHOT)

    def configure(self) -> None:
        """Apply the user's configuration and wait for traffic."""
        self.machine.check("set -e\n" + self.driver.configure, timeout_s=_LINK_S)
        if not self.traffic_flows():
            raise HarnessError(f"no traffic after {self.driver.name} was configured\n{self.machine.console.tail()}")

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
        self.until(f"read -r key state < {_SYSFS}/inject && [ $state != armed ]", _REACH_S)
        return parse_pairs(self.machine.check(["cat", f"{_SYSFS}/inject"]))

    def until(self, condition: str, guest_s: float) -> bool:
        """Wait in the guest until a shell condition holds; False if it does not in time.

        It should need no program: emulation makes starting one slow.
        """
        tries = int(guest_s * 1e6 / _POLL_US)
        loop = (f"tries=0; until {condition}; do tries=$((tries+1)); [ $tries -gt {tries} ] && exit 1; "
                f"usleep {_POLL_US}; done; true")
        return self.machine.run(loop, timeout_s=guest_s + 5).outcome is Outcome.PASSED

    # Workloads

    def change(self, entry: Entry) -> Result:
        """Have the kernel call an entry point the way its user does."""
        return self.machine.run(entry.change or "true", timeout_s=_COMMAND_S)

    def back(self, entry: Entry) -> Result:
        """Take back what `change` changed."""
        return self.machine.run(entry.back or "true", timeout_s=_COMMAND_S)

    def works(self, entry: Entry) -> str:
        """Change and change back; return what was wrong, "" if nothing.

        Calls are counted, as a tool may find nothing to do and never call the
        driver.
        """
        if not self.traffic_flows():
            return "no traffic to begin with"
        steps: tuple[tuple[str, dict[str, str]], ...] = ((entry.change, entry.sets), (entry.back, {}))
        for action, expected in steps:
            calls = self.calls(entry)
            result = self.machine.run(action or "true", timeout_s=_COMMAND_S)
            if result.outcome is not Outcome.PASSED:
                said = (result.err or result.out).strip().splitlines()
                return f"'{action}' {result.outcome.value}: {said[-1] if said else f'rc {result.rc}'}"
            if not self.until(f"read -r n < {self._home}/entries/{entry.name}/calls && [ $n -gt {calls} ]", _REACH_S):
                return f"'{action}' did not reach {entry.name}"
            settings = self.settings() if expected else {}
            for name, value in expected.items():
                if settings[name] != value:
                    return f"after '{action}' {name} is {settings[name]}, not {value}"
        return ""

    def calls(self, entry: Entry) -> int:
        """Return how many transactions an entry point has begun."""
        return int(self.machine.check(["cat", f"{self._home}/entries/{entry.name}/calls"]))

    def traffic_flows(self, guest_s: float = _LINK_S) -> bool:
        """Wait until a round trip through the interface succeeds."""
        tries = max(1, int(guest_s))
        command = f"n=0; until {self.driver.reach_peer} >/dev/null 2>&1; do n=$((n+1)); [ $n -gt {tries} ] && exit 1; done; true"
        return self.machine.run(command, timeout_s=guest_s + 10).outcome is Outcome.PASSED

    # Looking

    def settings(self) -> dict[str, str | None]:
        """Return what the driver and the kernel say about the user's settings."""
        sections = parse_sections(self.machine.run(self._settings_script(), timeout_s=_COMMAND_S).out)
        return self._read_settings(sections)

    def _settings_script(self) -> str:
        return "\n".join(f"echo '{_MARK}{setting.name}'; {setting.command} 2>&1" for setting in self.driver.settings)

    def _read_settings(self, sections: dict[str, str]) -> dict[str, str | None]:
        return {setting.name: setting.read(sections.get(setting.name, "")) for setting in self.driver.settings}

    def look(self) -> View:
        """Return all that must be the same before and after a fault, and the newest fault."""
        files = {"ranges": f"{self._home}/ranges", "faults": f"{self._home}/faults",
                 "last_fault": f"{self._home}/last_fault", "recovering": f"{self._home}/recovering",
                 "victim": f"{_SYSFS}/victim", "inject": f"{_SYSFS}/inject", "tainted": "/proc/sys/kernel/tainted"}
        script = [f"echo '{_MARK}{name}'; cat {path}" for name, path in files.items()]
        script += [f"echo '{_MARK}allocations'; {self.driver.allocations}", self._settings_script(), "true"]
        text = parse_sections(self.machine.check("\n".join(script), timeout_s=_COMMAND_S))
        try:
            return View(settings=self._read_settings(text), ranges=text["ranges"],
                        allocations=number(text["allocations"]), tainted=int(text["tainted"]),
                        faults=int(text["faults"]), victim=text["victim"].strip(),
                        inject=parse_pairs(text["inject"]).get("state", ""),
                        recovering=text["recovering"].strip() != "0", last_fault=LastFault.parse(text["last_fault"]))
        except (KeyError, ValueError) as error:
            raise HarnessError(f"the guest's state cannot be read: {error}") from None

    def await_recovery(self, faults_before: int, guest_s: float) -> bool:
        """Wait until a fault has been reported and no device is being restored."""
        return self.until(f"read -r n < {self._home}/faults && [ $n -gt {faults_before} ] && "
                          f"read -r r < {self._home}/recovering && [ $r = 0 ]", guest_s)
