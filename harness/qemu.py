# SPDX-License-Identifier: GPL-2.0
"""A running virtual machine: QEMU, its console, its monitor and the guest's agent.

All four are watched by one loop, `_wait`, which every public method that waits
goes through.  Whatever ends first decides what happened, so a QEMU that dies
while the agent is being asked is reported as such, at once, and not as a
time-out later.
"""

from __future__ import annotations

import base64
import ctypes
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from harness import accel, image, kernel
from harness.agent import AgentError, AgentGarbled, Link, Result
from harness.console import Console, Report
from harness.mouse import Hand
from harness.outcome import GuestLost, HarnessError, Outcome, is_disk_full
from harness.paths import scratch_dir
from harness.qmp import Qmp, QmpClosed, QmpError, QmpTimeout
from harness.spec import NUT_MAC, Files, Spec, arguments
from harness.usb.model import Model, Sockets
from harness.usb.model import environment as usb_environment

T = TypeVar("T")

_START_S = 20.0  # QEMU opens its monitor
_SYMBOLS_S = 60.0  # guest seconds for its kernel's symbols, 200,000 lines
# The agent answers, wall clock, under emulation: 8 s and 30 s on an idle host,
# ten times that on one shared by many.
_BOOT_S = 120.0
_BOOT_ICOUNT_S = 300.0
_BOOT_ORACLE_S = 900.0  # every access is checked
_PING_S = 10.0  # a guest that does not answer within this is hung
_LOOK_CPU_S = 0.3  # QEMU's processor time between two looks whether the guest waits for a lock in vain
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_TICK_S = 0.05  # how often the console's file is looked at
# Sleeping until an idle guest's next timer (sleep=on), QEMU has been seen to go by
# one hours away, after it went back to a snapshot.  It looks again when nudged.
_NUDGE_S = 2.0
_PR_SET_PDEATHSIG = 1
_CHUNK = 256 << 10
# Guest seconds a command may take, in wall seconds: when instructions are
# counted a busy guest's clock runs much slower than the wall's.
_WALL_FACTOR = 3.0
_WALL_FACTOR_ICOUNT = 30.0
_WALL_SLACK_S = 15.0
# What QEMU's events say about the guest's end.
_FATAL_EVENTS = {
    "GUEST_PANICKED": Outcome.GUEST_PANIC,
    "GUEST_CRASHLOADED": Outcome.GUEST_PANIC,
    "SHUTDOWN": Outcome.GUEST_RESET,
}
_WATCHDOG = "WATCHDOG"  # of a guest that feeds one: guest/pulse.h
# Functions of the kernel in which a CPU waits for another one.
_LOCK_WAITS = ("native_queued_spin_lock_slowpath", "queued_read_lock_slowpath", "queued_write_lock_slowpath")

# What QEMU says, in words: its monitor has no error numbers.
_NO_SUCH_SNAPSHOT = "does not exist"
_ROOM = 4 << 20  # QEMU writes no more than this at once
# States QEMU refuses to go on from without a reset.
_DEAD_STATES = ("shutdown", "internal-error")


@dataclass(frozen=True)
class Attempt:
    """A command and what came of it, the guest's death included."""

    outcome: Outcome
    result: Result | None  # None: the guest was lost before it answered
    reports: tuple[Report, ...]  # kernel reports printed meanwhile
    detail: str


def _die_with_parent() -> None:
    # The kernel kills QEMU when the thread that started it ends, however it ends.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    """One virtual machine; use it as a context manager."""

    def __init__(self, spec: Spec, log: Path | None = None, echo: Callable[[str], object] | None = None) -> None:
        """Describe a machine.

        `log` is where its console is kept when it is closed; `echo` gets the
        console's text as it comes.
        """
        self.spec = spec
        self._log = log
        self._scratch = scratch_dir()
        self._files = Files(Path(self._scratch.name))
        self.console = Console(self._files.console, echo)
        self.accelerator = accel.Accelerator(spec.accel or "tcg", "as asked")
        self.boot_wall_s = 0.0  # from QEMU's start to the agent's first answer
        self._started_at = 0.0
        self.boot_guest_ns = 0
        self.argv: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._qmp: Qmp | None = None
        self._link: Link | None = None
        self._usb: Model | None = None
        self._hand: Hand | None = None
        self._lost: GuestLost | None = None
        self._asked_at = 0  # place in the console
        self._lock_waits: tuple[range, ...] = ()

    # Starting and ending

    def __enter__(self) -> Machine:
        try:
            self.boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _prepare(self) -> None:
        """Make everything QEMU is given; slow the first time only."""
        guest_kernel = kernel.select(self.spec.kernel)
        image.initramfs(guest_kernel, self.spec.modules, self._files.initramfs)
        if self.spec.icount:
            self.accelerator = accel.Accelerator("tcg", "instructions are counted")
        elif not self.spec.accel:
            self.accelerator = accel.choose(self.spec.qemu, guest_kernel.image)
        self._make_disk()
        self.argv = arguments(self.spec, self.accelerator.name, guest_kernel.image, self._files)

    def start(self) -> None:
        """Start QEMU; the guest begins to boot."""
        try:
            self._prepare()
        except OSError as error:
            if not is_disk_full(error):
                raise
            raise self._disk_full(error.strerror) from None
        self._started_at = time.monotonic()
        with self._files.stderr.open("wb") as stderr:
            if self.spec.usb:
                self._usb = Model(self.spec.usb, Sockets(self._files.directory), NUT_MAC, stderr)
            try:
                self._process = subprocess.Popen(
                    self.argv, stdin=None if self.spec.interactive else subprocess.DEVNULL,
                    stdout=None if self.spec.interactive else stderr, stderr=stderr, preexec_fn=_die_with_parent,
                    env=self._environment())
            except OSError as error:
                raise self._lose(Outcome.QEMU_WOULD_NOT_START, f"{self.spec.qemu}: {error.strerror}") from None
        self._pidfd = os.pidfd_open(self._process.pid)
        self._connect()

    def _environment(self) -> dict[str, str]:
        """Return QEMU's environment."""
        paced = self.spec.usb and self.spec.icount
        return {**os.environ, **(usb_environment(Sockets(self._files.directory)) if paced else {})}

    def _make_disk(self) -> None:
        try:
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(self._files.disk), "1G"],
                           check=True, timeout=60, capture_output=True)
        except FileNotFoundError:
            raise HarnessError("qemu-img not found: run `python3 -m harness setup`") from None
        except subprocess.CalledProcessError as error:
            raise self._disk_error(error.stderr.decode(errors="replace").strip()) from None

    def _connect(self) -> None:
        """Reach QEMU's monitor and the agent's port, or tell why QEMU ended."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._ended():
                raise self._lose(Outcome.QEMU_WOULD_NOT_START, self._last_words())
            try:
                self._qmp = self._qmp or Qmp.connect(self._files.qmp, _START_S)
                self._link = Link.connect(self._files.port, _START_S)
                if self.spec.mouse:
                    self._hand = Hand(self._files.directory)
                return
            except (QmpClosed, OSError):
                time.sleep(0.01)  # not listening yet
        raise self._lose(Outcome.QEMU_WOULD_NOT_START, f"monitor not reachable within {_START_S:.0f} s")

    def boot(self) -> None:
        """Start QEMU and wait until the guest's agent answers."""
        timeout_s = _BOOT_ORACLE_S if self.spec.kernel == "oracle" else _BOOT_ICOUNT_S if self.spec.icount else _BOOT_S
        self.start()
        number = self._require_link().send("ping")
        reply = self._wait(lambda: self._require_link().take(number), timeout_s)
        if reply is None:
            raise self._hung(self.console.mark(), f"agent did not answer within {timeout_s:.0f} s of the start")
        self.boot_wall_s = time.monotonic() - self._started_at
        self.boot_guest_ns = reply["monotonic_ns"]

    def wait_for_end(self) -> int:
        """Wait for an interactive session's end; return QEMU's exit code."""
        self.start()
        try:
            self._wait(lambda: None, float("inf"))
        except GuestLost as lost:
            if lost.outcome not in (Outcome.GUEST_RESET, Outcome.QEMU_DIED):
                raise
        return 0

    def close(self) -> None:
        """End QEMU and remove everything of this machine but the log."""
        if self._process and not self._ended():
            self._process.kill()
        if self._process:
            self._process.wait(timeout=10)
        for part in (self._hand, self._qmp, self._link, self._usb):
            if part:
                part.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        self.console.poll()
        if self._log:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.write_text(self.console.text, encoding="utf-8")
        self._process = self._qmp = self._link = self._usb = self._hand = None
        self._scratch.cleanup()

    @property
    def pid(self) -> int:
        """QEMU's process id."""
        if not self._process:
            raise HarnessError("machine is not running")
        return self._process.pid

    def cpu_s(self) -> float:
        """Return the processor time QEMU has used so far."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / _CLOCK_TICKS

    # Waiting, in one place

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _require_link(self) -> Link:
        if self._lost:
            raise self._lost
        if not self._link:
            raise HarnessError("machine is not running")
        return self._link

    def _require_qmp(self) -> Qmp:
        if not self._qmp:
            raise HarnessError("machine is not running")
        return self._qmp

    def _wait(self, ready: Callable[[], T | None], timeout_s: float) -> T | None:
        """Wait until `ready` returns something; None when the time is over.

        Raises GuestLost when the guest or QEMU ends meanwhile.
        """
        deadline = time.monotonic() + timeout_s
        nudge = time.monotonic() + _NUDGE_S
        look_at = self.cpu_s() + _LOOK_CPU_S if self._lock_waits else float("inf")
        while True:
            self._take_in()
            found = ready()
            if found is not None:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if self._lock_waits and self.cpu_s() > look_at:
                if self._waits_in_vain():
                    raise self._hung(self._asked_at, "the only CPU waits for a spin lock, which nobody is left to release")
                look_at = self.cpu_s() + _LOOK_CPU_S
            link, qmp = self._link, self._qmp
            if qmp and self.spec.sleeps and time.monotonic() > nudge:
                qmp.nudge()
                nudge = time.monotonic() + _NUDGE_S
            watched = [self._pidfd, *([qmp] if qmp else []), *([link] if link else [])]
            select.select(watched, [link] if link and link.has_output else [], [], min(left, _TICK_S))

    def _take_in(self) -> None:
        self.console.poll()
        if self._link:
            self._link.pump()
        if self._ended():
            raise self._lose(Outcome.QEMU_DIED, self._last_words())
        try:
            self._require_qmp().pump()
        except QmpClosed as error:
            # QEMU closes its monitor just before it can be reaped.
            with suppress(subprocess.TimeoutExpired):
                if self._process:
                    self._process.wait(timeout=5)
            raise self._lose(Outcome.QEMU_DIED, f"{error}; {self._last_words()}") from None
        events = self._require_qmp().events
        while events:
            event = events.popleft()
            if event["event"] == _WATCHDOG:
                raise self._hung(self._asked_at, "no program has run for so long that the watchdog was not fed")
            outcome = _FATAL_EVENTS.get(event["event"])
            if outcome:
                data = event.get("data", {})
                raise self._lose(outcome, f"QEMU says {event['event']} ({data.get('reason') or data.get('action')})")

    def _last_words(self) -> str:
        code = self._process.poll() if self._process else None
        how = f"ended by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        words = self._files.stderr.read_text(errors="replace").strip().splitlines()[-3:]
        return "; ".join([f"QEMU {how}", *words])

    def _lose(self, outcome: Outcome, detail: str) -> GuestLost:
        """Make the exception that says how the guest was lost, with its evidence."""
        tail = self.console.evidence()
        evidence = f"--- last console lines\n{tail}\n--- " if tail else ""
        self._lost = GuestLost(outcome, detail, f"{evidence}run again with: {self.spec.cli()}")
        return self._lost

    def _disk_full(self, detail: str) -> GuestLost:
        return self._lose(Outcome.DISK_FULL, f"{detail}: make room in {self._files.directory.parent}, or let TMPDIR name another place")

    def _disk_error(self, detail: str) -> Exception:
        return self._disk_full(detail) if self._is_full() else HarnessError(detail)

    def _is_full(self) -> bool:
        """Whether there is no room for more; QEMU calls that an input/output error."""
        try:
            with tempfile.TemporaryFile(dir=self._files.directory) as probe:
                os.posix_fallocate(probe.fileno(), 0, _ROOM)
        except OSError as error:
            return is_disk_full(error)
        return False

    def _hung(self, console_mark: int, detail: str) -> GuestLost:
        grown = self.console.mark() > console_mark
        return self._lose(Outcome.HUNG_WITH_OUTPUT if grown else Outcome.HUNG_SILENT, f"{detail}{self._where()}")

    def _places(self) -> list[tuple[str, str, str]]:
        """Return where each CPU is, its level and whether it sleeps; nothing if QEMU does not answer."""
        try:
            text = self._require_qmp().ask_monitor("info registers -a", timeout_s=5)
        except (QmpError, HarnessError):
            return []
        return re.findall(r"\bRIP=(\w+) RFL=\w+ \[.*?\] CPL=(\d).*?HLT=(\d)", text)

    def _where(self) -> str:
        """Where each CPU is, for a guest that can no longer say so."""
        return "".join(f"; CPU {cpu} {'sleeps' if halted == '1' else 'runs'} at {rip}{'' if level == '0' else ' of a program'}"
                       for cpu, (rip, level, halted) in enumerate(self._places()))

    def learn_lock_waits(self) -> None:
        """From now on take a guest for hung at once whose only CPU waits for a spin lock.

        Whoever holds it cannot run before the wait is over, nor is an interrupt's
        handler the holder: it would have to end first.  When the host looks does
        not matter, as that guest never comes out of it.
        """
        if self.spec.smp > 1:
            return
        found = self.check(["grep", "-A1", "queued_.*lock_slowpath$", "/proc/kallsyms"], timeout_s=_SYMBOLS_S).splitlines()
        rows = [line.split() for line in found]
        self._lock_waits = tuple(range(int(row[0], 16), int(after[0], 16)) for row, after in pairwise(rows)
                                 if len(row) > 2 and row[2] in _LOCK_WAITS)
        if len(self._lock_waits) != len(_LOCK_WAITS):
            raise HarnessError(f"the guest's kernel has other locks than {', '.join(_LOCK_WAITS)}: {found}")

    def _waits_in_vain(self) -> bool:
        return any(int(place, 16) in lock_wait for place, level, _ in self._places() if level == "0"
                   for lock_wait in self._lock_waits)

    # Asking the guest

    def request(self, op: str, wall_s: float, **fields: Any) -> dict[str, Any]:
        """Send a request to the agent and return its answer.

        Raises GuestLost when the guest is gone or hung.  When it merely takes
        longer than `wall_s`, raises GuestLost with Outcome.TIMEOUT, after which
        the guest may still be used.
        """
        link = self._require_link()
        self._asked_at = self.console.mark()
        number = link.send(op, **fields)
        reply = self._wait(lambda: link.take(number), wall_s)
        if reply is not None:
            return reply
        mark = self.console.mark()
        ping = link.send("ping")
        answered = self._wait(lambda: link.take(ping), _PING_S) is not None
        link.forget(number)
        if not answered:
            raise self._hung(mark, f"no answer to {op} in {wall_s:.0f} s, nor to a ping after that")
        lost = self._lose(Outcome.TIMEOUT, f"{op} took longer than {wall_s:.0f} s; the guest still answers")
        self._lost = None
        raise lost

    def _wall(self, timeout_s: float) -> float:
        return timeout_s * (_WALL_FACTOR_ICOUNT if self.spec.icount else _WALL_FACTOR) + _WALL_SLACK_S

    @staticmethod
    def _command(command: str | list[str]) -> dict[str, Any]:
        return {"shell": command} if isinstance(command, str) else {"argv": command}

    def run(self, command: str | list[str], timeout_s: float = 10.0, stdin: str = "", wall_s: float | None = None) -> Result:
        """Run a command (a string goes to the shell) for at most `timeout_s` guest seconds.

        Those are seconds of the stock kernel: a slower one gets more.  A command
        that fails or overruns is a result; a guest that is lost raises.
        """
        timeout_s *= self.spec.patience
        wall_s = self._wall(timeout_s) if wall_s is None else wall_s
        reply = self.request("run", wall_s, timeout_s=timeout_s, stdin=stdin, **self._command(command))
        return self._result(reply)

    def _result(self, reply: dict[str, Any]) -> Result:
        try:
            return Result.from_reply(reply)
        except AgentGarbled as error:
            raise self._lose(Outcome.UNPARSED, str(error)) from None

    def check(self, command: str | list[str], timeout_s: float = 10.0, stdin: str = "") -> str:
        """Run a command that must succeed, and return what it printed."""
        result = self.run(command, timeout_s, stdin)
        if result.outcome is not Outcome.PASSED:
            raise HarnessError(f"in the guest, {command!r}: {result.outcome.value}, rc {result.rc}: "
                               f"{(result.err or result.out).strip()[-800:]}\n{self.console.tail()}")
        return result.out

    def attempt(self, command: str | list[str], timeout_s: float = 10.0, wall_s: float | None = None) -> Attempt:
        """Run a command that may well kill the guest; never raises GuestLost."""
        mark = self.console.mark()
        result, outcome, detail = None, Outcome.HARNESS_ERROR, ""
        try:
            result = self.run(command, timeout_s, wall_s=wall_s)
            outcome, detail = result.outcome, result.err.strip()
        except GuestLost as lost:
            outcome, detail = lost.outcome, lost.detail
        except AgentError as error:
            detail = str(error)
        reports = tuple(self.console.since(mark))
        if outcome.guest_usable and any(report.kind.is_oops for report in reports):
            outcome = Outcome.GUEST_OOPS
        return Attempt(outcome, result, reports, detail)

    def background(self, command: str | list[str], timeout_s: float = 0.0) -> int:
        """Start a command and return its job number, for `collect`."""
        return int(self.request("start", _WALL_SLACK_S, timeout_s=timeout_s, **self._command(command))["job"])

    def collect(self, job: int, wait_s: float = 10.0) -> Result | None:
        """Wait for a job for at most `wait_s` guest seconds; None if it still runs."""
        wait_s *= self.spec.patience
        reply = self.request("collect", self._wall(wait_s), job=job, wait_s=wait_s)
        return None if reply.get("running") else self._result(reply)

    def signal(self, job: int, number: int) -> None:
        """Send a signal to a job and its children."""
        self.request("signal", _WALL_SLACK_S, job=job, signal=number)

    def read_file(self, path: str, wall_s: float = _WALL_SLACK_S) -> bytes:
        """Return a file of the guest; one that takes longer than `wall_s` may be hung."""
        return base64.b64decode(self.request("read", wall_s, path=path)["data"])

    def write_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Write a file in the guest."""
        for at in range(0, max(len(data), 1), _CHUNK):
            chunk = base64.b64encode(data[at:at + _CHUNK]).decode()
            self.request("write", self._wall(1.0), path=path, data=chunk, append=at > 0, mode=mode)

    def clock_ns(self) -> int:
        """Return the guest's CLOCK_MONOTONIC."""
        return int(self.request("ping", _PING_S)["monotonic_ns"])

    # Snapshots

    def save(self, name: str) -> float:
        """Save a snapshot; return the wall seconds it took."""
        begun = time.monotonic()
        if self._usb:
            # Nothing may be under way to a device whose state QEMU does not know.
            self._require_qmp().command("stop")
            self._usb.command("hold")
        self.monitor(f"savevm {name}")
        if self._usb:
            self._usb.command(f"save {name}")
            # QEMU takes a machine that was saved for one that goes on elsewhere:
            # what is under way will never come to an end in this one.
            self.load(name)
        return time.monotonic() - begun

    def load(self, name: str) -> float:
        """Go back to a snapshot, from a dead guest too; return the wall seconds it took.

        The time includes the first answer of the agent.
        """
        begun = time.monotonic()
        qmp = self._require_qmp()
        try:
            if qmp.command("query-status")["status"] in _DEAD_STATES:
                self._revive()
            if self._usb:
                # A machine that does not run does not write to its device either.
                qmp.command("cont")
                self._usb.command("unplug")
                qmp.command("stop")
                self._usb.command(f"load {name}")
            self._load_state(name)
            # A network device that refused a packet is not asked again before
            # it says so or the machine is stopped: no snapshot holds that.
            qmp.command("stop")
            qmp.events.clear()
            if self._usb:
                self._usb.command("go")
            qmp.command("cont")
        except QmpError as error:
            raise self._monitor_failed(error) from None
        self._lost = None
        link = self._require_link()
        link.resynchronise()
        self.clock_ns()
        return time.monotonic() - begun

    def _load_state(self, name: str) -> None:
        try:
            self._require_qmp().monitor(f"loadvm {name}")
        except (QmpClosed, QmpTimeout):
            raise
        except QmpError as error:
            if _NO_SUCH_SNAPSHOT in str(error):
                raise
            raise self._lose(Outcome.SNAPSHOT_CORRUPT, str(error)) from None

    def _revive(self) -> None:
        """Bring a machine that has shut down into a state that may run again."""
        qmp = self._require_qmp()
        # A reset asked for by us must not shut the machine down like the guest's.
        qmp.command("set-action", reboot="reset")
        qmp.command("system_reset")
        deadline = time.monotonic() + _START_S
        while qmp.command("query-status")["status"] in _DEAD_STATES:
            if time.monotonic() > deadline:
                raise QmpTimeout(f"machine not reset within {_START_S:.0f} s")
            time.sleep(0.01)
        qmp.command("set-action", reboot="shutdown")

    @property
    def directory(self) -> Path:
        """Where files of this machine may lie: gone when it is closed."""
        return self._files.directory

    def ask_monitor(self, line: str) -> str:
        """Return what QEMU's monitor says."""
        try:
            return self._require_qmp().ask_monitor(line)
        except QmpError as error:
            raise self._monitor_failed(error) from None

    def monitor(self, line: str) -> None:
        """Have QEMU's monitor do something it says nothing about."""
        try:
            self._require_qmp().monitor(line)
        except QmpError as error:
            raise self._monitor_failed(error) from None

    def _monitor_failed(self, error: QmpError) -> Exception:
        if isinstance(error, QmpClosed):
            return self._lose(Outcome.QEMU_DIED, f"{error}; {self._last_words()}")
        if isinstance(error, QmpTimeout):
            return self._lose(Outcome.HARNESS_ERROR, str(error))
        return self._disk_error("; ".join(str(error).splitlines()))

    def with_evidence(self, attempt: Attempt) -> Attempt:
        """Return the attempt with the console's last lines in its detail."""
        return replace(attempt, detail=f"{attempt.detail}\n{self.console.tail()}")
