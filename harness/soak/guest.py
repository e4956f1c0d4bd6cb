# SPDX-License-Identifier: GPL-2.0
"""The machine of a soak: set up, loaded, struck and looked at."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import subject
from harness.driver import Driver
from harness.demo.target import parse_pairs, parse_sections
from harness.outcome import HarnessError, Outcome
from harness.qemu import Attempt, Machine
from harness.soak import audit
from harness.soak.plan import BATCH, Aim, Strike
from harness.service.net import PEER, PORT
from harness.service.triggers import Catalogue, Operation
from harness.ui import note

_SYSFS = "/sys/kernel/fgft"
_MARK = "@@@ "
# Guest seconds, on a machine whose host is busy.
_COMMAND_S = 60.0
_QUIET_S = 60.0
_RECOVER_MS = 20000
# Each of the two commands of a strike.
_STRIKE_COMMAND_MS = 20000
_KMEMLEAK_S = 100.0
# A test of iperf3, and the most it may take when a fault stops its traffic.
_IPERF_S = 8
_IPERF_LIMIT_S = 40
# Little enough to leave time to the rest on the stock kernel; a slower one gets
# less.  In kbit/s, both ways at once, and in bytes a second.
_IPERF_RATE_K = 10000
_STREAM_RATE = 512 << 10
_CHURN_PAUSE_MS = 400
_STREAM_STATUS = "/run/stream.json"
_CHURN_STATUS = "/run/churn.json"
_IPERF_LOG = "/run/iperf.json"


def iperf_script(patience: int) -> str:
    """Return the script that makes test after test."""
    return f"""
while :; do
	timeout {_IPERF_LIMIT_S * patience} iperf3 -c {PEER} --bidir -b {_IPERF_RATE_K // patience}K -t {_IPERF_S} -i 0 -J \
		--connect-timeout {3000 * patience} --rcv-timeout {10000 * patience} >> {_IPERF_LOG} 2>&1
	usleep 200000
done
"""


@dataclass
class Load:
    """What the workloads of one segment did."""

    iperf_tests: int = 0
    iperf_failed: int = 0
    iperf_bytes: int = 0
    stream_bytes: int = 0
    stream_bad_bytes: int = 0
    stream_connections: int = 0
    stream_broken: int = 0
    longest_gap_ms: int = 0
    operations: dict[str, list[int]] | None = None  # name -> done, failed

    def add(self, other: Load) -> None:
        """Add what another segment did."""
        for name in ("iperf_tests", "iperf_failed", "iperf_bytes", "stream_bytes", "stream_bad_bytes",
                     "stream_connections", "stream_broken"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_gap_ms = max(self.longest_gap_ms, other.longest_gap_ms)
        mine = self.operations or {}
        for name, (done, failed) in (other.operations or {}).items():
            before = mine.get(name, [0, 0])
            mine[name] = [before[0] + done, before[1] + failed]
        self.operations = mine


def parse_iperf(text: str) -> tuple[int, list[str], int]:
    """Return tests that ended well, why others did not, and bytes received both ways."""
    decoder = json.JSONDecoder()
    good = received = at = 0
    failed: list[str] = []
    while (at := text.find("{", at)) >= 0:
        try:
            result, at = decoder.raw_decode(text, at)
        except ValueError:
            failed.append("cut off")
            break
        end = result.get("end", {})
        if "error" in result or not end:
            failed.append(str(result.get("error", "no result")))
            continue
        good += 1
        received += sum(int(end.get(name, {}).get("bytes", 0)) for name in ("sum_received", "sum_received_bidir_reverse"))
    return good, failed, received


class Guest:
    """The driver under soak in a running machine."""

    def __init__(self, machine: Machine, driver: Driver, catalogue: Catalogue) -> None:
        self.machine = machine
        self.driver = driver
        self.catalogue = catalogue
        self._home = f"{_SYSFS}/{driver.module}"
        self._jobs: list[int] = []
        self._patience = machine.spec.patience
        self.iperf_errors: list[str] = []
        self.unreached: dict[str, str] = {}  # entry point -> why no fault is planted there

    # Setting up

    def prepare(self, seed: int) -> None:
        """Load and configure the driver, all of it isolated, and start what stays up."""
        subject.write_scripts(self.machine, self.driver)
        churn = "".join(f"{op.name} {op.weight} {op.command}\n" for op in self.catalogue.churn)
        self.machine.write_file("/run/churn", churn.encode())
        self.machine.write_file("/run/iperf", iperf_script(self._patience).encode())
        self.machine.write_file("/run/seed", f"{seed}\n".encode())
        subject.load(self.machine, self.driver)
        self.machine.check(f"echo always > {self._home}/policy")
        subject.configure(self.machine, self.driver)
        self.machine.background("exec ip netns exec peer iperf3 -s > /dev/null 2>&1")
        subject.start_helpers(self.machine, self.driver)

    def aims(self) -> list[Aim]:
        """See which entry points can be reached, and how many sites a call of each passes."""
        listed = self.machine.check(f"cd {self._home}/entries && for e in *; do read -r t < $e/table; echo \"$e $t\"; done")
        found = []
        for line in listed.splitlines():
            entry, _, table = line.partition(" ")
            trigger = self.catalogue.find(table)
            if not trigger:
                self.unreached[entry] = f"nothing is known to call it ({table or 'in no table'})"
                continue
            found.append(Aim(entry, trigger.shell, trigger.weight, trigger.reach_ms, 1))
        # What traffic reaches goes first: some commands take the link down for a while.
        found.sort(key=lambda aim: (bool(aim.shell), aim.entry))
        self.start_load()
        lines = [self._line(aim, "profile", 0) for aim in found]
        answers: list[dict[str, Any]] = []
        while len(answers) < len(lines):
            note(f"soak: calling every entry point once: {len(answers)} of {len(lines)}")
            answers += self._send(lines[len(answers):len(answers) + BATCH])
        self.stop_load()
        aims = []
        for aim, answer in zip(found, answers, strict=True):
            hits = int(answer.get("hits", 0))
            if not answer.get("struck") or not hits:
                said = str(answer.get("error") or answer.get("said") or "no call came").strip()[-200:]
                self.unreached[aim.entry] = f"not reached by '{aim.shell or 'traffic'}': {said}"
                continue
            aims.append(Aim(aim.entry, aim.shell, aim.weight, aim.reach_ms, hits))
        return aims

    # Load

    def start_load(self) -> None:
        """Start traffic and operations."""
        self.machine.check(f"rm -f {_IPERF_LOG} {_STREAM_STATUS} {_CHURN_STATUS}")
        self._jobs = [
            self.machine.background("exec sh /run/iperf"),
            self.machine.background(f"exec stream send {PEER} {PORT} {_STREAM_STATUS} "
                                    f"{_STREAM_RATE // self._patience}"),
            self.machine.background(f"read -r seed < /run/seed; exec churn $seed {_CHURN_PAUSE_MS * self._patience} "
                                    f"{_CHURN_STATUS} < /run/churn"),
        ]

    def stop_load(self) -> Load:
        """End traffic and operations; return what they did."""
        iperf, *rest = self._jobs
        self._jobs = []
        # iperf3 in the middle of a test is no failure of ours.
        self.machine.signal(iperf, 9)
        for job in rest:
            self.machine.signal(job, 15)
        for job in (iperf, *rest):
            if self.machine.collect(job, _QUIET_S) is None:
                self.machine.signal(job, 9)
                self.machine.collect(job, _QUIET_S)
        text = parse_sections(self.machine.run(
            f"echo '{_MARK}iperf'; cat {_IPERF_LOG}; echo; echo '{_MARK}stream'; cat {_STREAM_STATUS}; "
            f"echo '{_MARK}churn'; cat {_CHURN_STATUS}", timeout_s=_COMMAND_S).out)
        good, failed, received = parse_iperf(text.get("iperf", ""))
        stream = _object(text.get("stream", ""))
        operations = {name: [counts["done"], counts["failed"]] for name, counts in _object(text.get("churn", "")).items()}
        self.iperf_errors += failed
        return Load(good, len(failed), received, stream.get("bytes", 0), stream.get("bad_bytes", 0),
                    stream.get("connections", 0), stream.get("broken", 0), stream.get("longest_gap_ms", 0), operations)

    # Faults

    def _line(self, aim: Aim, fault: str, site: int) -> dict[str, Any]:
        return {"module": self.driver.module, "entry": aim.entry, "fault": fault, "site": site, "trigger": aim.shell,
                "reach_ms": aim.reach_ms * self._patience, "recover_ms": _RECOVER_MS * self._patience,
                "command_ms": _STRIKE_COMMAND_MS * self._patience}

    def _send(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        waits = sum(line["reach_ms"] + line["recover_ms"] * 2 + line["command_ms"] * 2 for line in lines) / self._patience
        longest = waits / 1000
        result = self.machine.run(["strike"], timeout_s=longest, stdin=text)
        answers = [_object(line) for line in result.out.splitlines()]
        # What was not begun for want of time is not an answer.
        answers += [{"error": f"strike ended with {result.rc}: {result.err.strip()[-200:]}"}] * (len(lines) - len(answers))
        return answers

    def strike(self, strikes: Sequence[Strike]) -> list[dict[str, Any]]:
        """Plant faults; return what became of each, as guest/strike.cc says it."""
        return self._send([self._line(strike.aim, strike.fault, strike.site) for strike in strikes])

    def operate(self, operation: Operation) -> Attempt:
        """Do something that stops traffic, with nothing planted."""
        return self.machine.attempt(operation.command, timeout_s=_COMMAND_S)

    # Looking

    def traffic_flows(self) -> bool:
        """Wait until a round trip through the interface succeeds."""
        return self.machine.run(self.driver.service.ready, timeout_s=_COMMAND_S).outcome is Outcome.PASSED

    def look(self, faults: int) -> audit.Look:
        """Return what the quiet machine owns; nothing is running but us."""
        traffic = self.traffic_flows()
        commands = list(dict.fromkeys(setting.command for setting in self.driver.settings))
        script = [
            "echo off > /sys/kernel/fgft/inject",
            # What waits for a grace period or for a batch to fill is not a leak.
            "sync; echo 3 > /proc/sys/vm/drop_caches; sleep 1",
            # Nor what a CPU keeps of a cache for itself, or KASAN keeps to find late users of it.
            "for shrink in /sys/kernel/slab/*/shrink; do [ -L ${shrink%/*} ] || echo 1 > $shrink; done",
            f"echo '{_MARK}ranges'; cat {self._home}/ranges",
            f"echo '{_MARK}victim'; cat {_SYSFS}/victim",
            f"echo '{_MARK}references'; cat /sys/module/{self.driver.module}/refcnt",
            f"echo '{_MARK}unpurged'; grep -c unpurged /proc/vmallocinfo || true",
            f"echo '{_MARK}slab'; cat /proc/slabinfo",
            f"echo '{_MARK}meminfo'; cat /proc/meminfo",
            *(f"echo '{_MARK}command {index}'; {command} 2>&1" for index, command in enumerate(commands)), "true"]
        text = parse_sections(self.machine.check("\n".join(script), timeout_s=_COMMAND_S))
        try:
            settings = {setting.name: setting.read(text[f"command {commands.index(setting.command)}"])
                        for setting in self.driver.settings}
            return audit.Look(
                faults=faults, ranges=text["ranges"], victim=text["victim"].strip(), references=int(text["references"]),
                settings=settings, slab=audit.parse_slabinfo(text["slab"], int(text["unpurged"])),
                unreclaimable=audit.parse_meminfo(text["meminfo"])["SUnreclaim"], traffic=traffic)
        except (KeyError, ValueError) as error:
            raise HarnessError(f"the guest's state cannot be read: {error!r}") from None

    def last_fault(self) -> dict[str, str]:
        """Return the newest fault as the runtime tells it."""
        return parse_pairs(self.machine.read_file(f"{self._home}/last_fault").decode())

    def counters(self) -> dict[str, dict[str, int]]:
        """Return calls and faults of each entry point."""
        text = self.machine.check(f"cd {self._home}/entries && for e in *; do read -r c < $e/calls; read -r f < $e/faults; "
                                  "echo \"$e $c $f\"; done")
        return {name: {"calls": int(calls), "faults": int(faults)}
                for name, calls, faults in (line.split() for line in text.splitlines())}

    def kmemleak(self) -> str | None:
        """Scan for memory nothing points to; None if this kernel cannot."""
        if self.machine.run(["test", "-w", "/sys/kernel/debug/kmemleak"]).outcome is not Outcome.PASSED:
            return None
        # An object that is found once may be on its way from one owner to the next.
        script = "echo scan > /sys/kernel/debug/kmemleak; sleep 6; echo scan > /sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak"
        return self.machine.check(script, timeout_s=_KMEMLEAK_S)

    def unload(self) -> Attempt:
        """Take the driver and the runtime out, as at the end of everything."""
        return self.machine.attempt(f"{self.driver.unload} && rmmod fgft && ! grep -q {shlex.quote(self.driver.module)} /proc/modules",
                                    timeout_s=_COMMAND_S)


def _object(text: str) -> dict[str, Any]:
    """Parse one JSON object; an empty one if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
