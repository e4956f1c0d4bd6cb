# SPDX-License-Identifier: GPL-2.0
"""One guest, one run: a driver natively, then ours with its policy off, in part and wholly on.

The guest counts instructions: one takes a nanosecond of its time, whatever the
host does.  It has one CPU, so that what the sender, the interrupt and the poll
cost adds up in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.bench import growth, pktgen
from harness.bench.profile import Profile
from harness.driver import Driver
from harness.modules import load_needed, prepare_device
from harness.outcome import HarnessError
from harness.qemu import Machine
from harness.spec import NUT_MAC, PEER_MAC
from harness.ui import note

_SYSFS = "/sys/kernel/fgft"
_NUT_ADDRESS, _PEER_ADDRESS = "10.77.0.1", "10.77.0.2"
_NOBODY = "52:54:00:46:47:0f"  # a frame for it goes all the way to the NIC's filter
# No route leads there: the stack drops the frame early, and the driver's share is large.
_NOWHERE = "10.99.0.1"
_SETTLE_US = 200_000  # frames still on their way
_WARM = 1000  # packets before the first that count
_RUN_S = 60.0
_SETUP_S = 60.0
# The kernel's own count of what the processor was idle for, to the nanosecond.
_CLOCK = "grep -m 2 -E '^now at|idle_sleeptime' /proc/timer_list"
# Tables of operations nothing goes through while packets flow.
_CONTROL_TABLES = ("ethtool_ops.",)


@dataclass(frozen=True)
class Cost:
    """Instructions a packet, the least of the rounds: how many frames come at once is partly the host's doing."""

    transmit: float
    receive: float  # what sending alone takes is not in it
    receive_whole: float  # and here it is


@dataclass
class Measured:
    """What a run found out; None is not measured."""

    modes: dict[str, Cost] = field(default_factory=dict)
    entries: dict[str, list[str]] = field(default_factory=dict)  # mode: entry points that are on
    calls: dict[str, int] = field(default_factory=dict)  # entry point: transactions with everything on
    call_insns: float | None = None
    module_bytes: dict[str, int] = field(default_factory=dict)  # as loaded: native, isolated, runtime


def busy_ns(text: str) -> int:
    """Return how long the processor was not idle between two readings of /proc/timer_list."""
    found = [int(number) for number in re.findall(r"(?:now at|idle_sleeptime\s*:) *(\d+) nsecs", text)]
    if len(found) != 4:
        raise HarnessError(f"/proc/timer_list tells no idle time: {text.strip()[-300:]!r}")
    return (found[2] - found[0]) - (found[3] - found[1])


class Bench:
    """The steps of a run on one machine."""

    def __init__(self, machine: Machine, driver: Driver, packets: int, rounds: int, profile: Profile | None = None) -> None:
        """Take a booted machine with our modules in /modules and no driver loaded; `profile` is told of runs."""
        self._machine = machine
        self._driver = driver
        self._packets = packets
        self._rounds = rounds
        self._profile = profile
        self._nut = ""

    def run(self) -> Measured:
        """Measure everything; the guest is used up afterwards."""
        found = Measured()
        self._prepare()
        self._load(f"modprobe {self._driver.module}")
        found.module_bytes["native"] = self._loaded_bytes(self._driver.module)
        found.modes["native"] = self._cost("native")
        self._machine.check(self._driver.unload, _SETUP_S)
        load_needed(self._machine, self._driver.name)
        self._load(self._driver.load)
        found.module_bytes |= {"isolated": self._loaded_bytes(self._driver.module), "runtime": self._loaded_bytes("fgft")}
        tables = self._tables()
        for mode, entries in modes(tables).items():
            self._switch(tables, entries)
            found.entries[mode] = entries
            found.modes[mode] = self._cost(mode)
        found.calls = {name: self._number(f"{self._home}/entries/{name}/calls") for name in sorted(tables)}
        faults = self._number(f"{self._home}/faults")
        if faults:
            raise HarnessError(f"{faults} faults while measuring: "
                               + self._machine.check(f"cat {self._home}/last_fault"))
        found.call_insns = self._empty_call()
        return found

    def transmit_isolated(self) -> float:
        """Return the instructions of sending a packet, every entry point isolated; the guest is used up afterwards."""
        self._prepare()
        load_needed(self._machine, self._driver.name)
        self._load(self._driver.load)
        tables = self._tables()
        self._switch(tables, sorted(tables))
        return min(self._sending("all"))

    @property
    def _home(self) -> str:
        return f"{_SYSFS}/{self._driver.module}"

    def _number(self, path: str) -> int:
        return int(self._machine.check(["cat", path]))

    def _loaded_bytes(self, module: str) -> int:
        return int(self._machine.check(f"grep '^{module} ' /proc/modules").split()[1])

    def _prepare(self) -> None:
        self._machine.write_file(pktgen.PATH, pktgen.SCRIPT.encode(), 0o755)
        prepare_device(self._machine, self._driver)
        # It lets the kernel's threads for packets run before the sender: frames
        # that wait for the receiver would be lost, or come many at a time.
        if self._driver.service.fine:
            self._machine.check(f"insmod /modules/{self._driver.service.fine}.ko", _SETUP_S)

    def _load(self, command: str) -> None:
        """Load a driver and bring its interface up."""
        self._machine.check(f"{command} && fgft-net nut && fgft-net wait", _SETUP_S)
        self._nut = self._machine.check(f"grep -l {NUT_MAC} /sys/class/net/*/address").split("/")[4]

    def _tables(self) -> dict[str, str]:
        """Return the table each entry point of the loaded driver sits in."""
        lines = self._machine.check(f"cd {self._home}/entries; for e in *; do echo $e $(cat $e/table); done")
        return {name: table for name, _, table in (line.partition(" ") for line in lines.splitlines())}

    def _switch(self, tables: dict[str, str], entries: list[str]) -> None:
        for name in sorted(tables):
            policy = "always" if name in entries else "off"
            self._machine.check(f"echo {policy} > {self._home}/entries/{name}/policy")

    def _transmit(self, count: int) -> float:
        text = self._machine.check(f"fgft-pktgen {self._nut} {count} {_NUT_ADDRESS} {_PEER_ADDRESS} {PEER_MAC}", _RUN_S)
        return pktgen.parse(text, count).per_packet

    def _from_peer(self, mac: str, count: int) -> float:
        """Return the instructions of the whole guest: some of the receiving is done when the sender sleeps, or is through."""
        text = self._machine.check(f"{_CLOCK}; ip netns exec peer fgft-pktgen peer0 {count} {_PEER_ADDRESS} {_NOWHERE} {mac}; "
                                   f"usleep {_SETTLE_US}; {_CLOCK}", _RUN_S)
        pktgen.parse(text, count)
        return busy_ns(text) / count

    def _received(self) -> int:
        text = self._machine.check(f"usleep {_SETTLE_US}; ethtool -S {self._nut}")
        found = re.search(r"^\s*rx_packets: (\d+)$", text, re.MULTILINE)
        if not found:
            raise HarnessError(f"ethtool -S {self._nut} tells no rx_packets")
        return int(found[1])

    def _repeat(self, mode: str, direction: str, measure: Callable[[], float]) -> list[float]:
        """Measure once a round."""
        if self._profile:
            self._profile.begin()
        found = [measure() for _ in range(self._rounds)]
        if self._profile:
            self._profile.end(mode, direction, self._packets * self._rounds)
        return found

    def _sending(self, mode: str) -> list[float]:
        # Nobody listens: what the peer's own driver would do for a frame is not the question.
        self._machine.check("ip -n peer link set peer0 down")
        self._transmit(_WARM)
        return self._repeat(mode, "transmit", lambda: self._transmit(self._packets))

    def _cost(self, mode: str) -> Cost:
        transmit = self._sending(mode)
        self._machine.check("ip -n peer link set peer0 up; ip -n peer neigh replace "
                            f"{_NUT_ADDRESS} lladdr {NUT_MAC} nud permanent dev peer0")
        self._from_peer(NUT_MAC, _WARM)
        before = self._received()
        whole = self._repeat(mode, "receive", lambda: self._from_peer(NUT_MAC, self._packets))
        received = self._received() - before
        # A handful more are the peer's own.
        if received < self._packets * self._rounds:
            raise HarnessError(f"{received} of {self._packets * self._rounds} frames received")
        alone = [self._from_peer(_NOBODY, self._packets) for _ in range(self._rounds)]
        cost = Cost(min(transmit), min(whole) - min(alone), min(whole))
        note(f"{mode}: transmit {', '.join(f'{x:.0f}' for x in transmit)}; "
             f"receive {', '.join(f'{x:.0f}' for x in whole)} with sending, which takes "
             f"{', '.join(f'{x:.0f}' for x in alone)}")
        return cost

    def _empty_call(self) -> float:
        """Return what begin and commit of a call that does nothing take."""
        self._machine.check("insmod /modules/fgft_bench.ko", _SETUP_S)
        spent = {policy: growth.call(self._machine, policy) for policy in ("off", "always")}
        self._machine.check("rmmod fgft_bench", _SETUP_S)
        return spent["always"] - spent["off"]


def modes(tables: dict[str, str]) -> dict[str, list[str]]:
    """Return which entry points are on in each mode of our build."""
    control = sorted(name for name, table in tables.items() if table.startswith(_CONTROL_TABLES))
    return {"off": [], "control": control, "all": sorted(tables)}
