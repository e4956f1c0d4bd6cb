# SPDX-License-Identifier: GPL-2.0
"""The soak as a program: arguments checked, a guest soaked, results told.

A soak is one guest from beginning to end.  It can be stopped at any moment and
then says what it has seen; it cannot be resumed, as the guest is gone.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

from harness import kernel
from harness.console import Kind
from harness import driver as drivers
from harness.modules import built
from harness.outcome import GuestLost, HarnessError, Outcome
from harness.qemu import Machine
from harness.service import net
from harness.soak import audit, plan, results
from harness.soak.guest import Guest
from harness.soak.results import Events, Fate, Run, Tally
from harness.spec import Spec
from harness.ui import note

# Between two looks at the quiet machine.
_SEGMENT_S = 60.0
# Under emulation with more CPUs than the host has, on a busy host, a CPU may
# not run for tens of seconds: no lockup of the guest's.
_SOFT_LOCKUP_S = 60
_MEMORY_MB = {"stock": 512, "oracle": 1536}
_SHOWN_EVERY_S = 10.0
_MANY_PROBLEMS = 50
# A kernel that says one of these may not be trusted any more.
_DEATHS = frozenset(kind for kind in Kind if kind.is_oops) | {Kind.PANIC}


def run(args: argparse.Namespace) -> int:
    """Run the soak; 0 if the machine did not notice the faults."""
    try:
        driver = drivers.load(args.driver)
    except drivers.UnknownName as error:
        print(f"soak: error: {error}", file=sys.stderr)
        return 2
    if driver.service.name != net.SERVICE.name:
        print(f"soak: error: {driver.name} is of class {driver.service.name}, and there is load for {net.SERVICE.name} only; "
              f"run a campaign instead: make campaign DRIVER={driver.name}", file=sys.stderr)
        return 2
    if args.minutes <= 0 or args.smp < 1:
        print("soak: error: --minutes takes a number above 0, --smp one from 1 up", file=sys.stderr)
        return 2
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 31)
    guest_kernel = kernel.select(args.kernel)
    modules = built(driver, guest_kernel, build=not args.no_build)
    spec = driver.machine(Spec(
        kernel=args.kernel, smp=args.smp, memory_mb=_MEMORY_MB[args.kernel], modules=modules, panic_on_oops=True,
        soft_lockup_s=_SOFT_LOCKUP_S, kernel_args=("workqueue.watchdog_thresh=120", "rcupdate.rcu_cpu_stall_timeout=120")))
    state = Run(["python3", "-m", "harness", *sys.argv[1:]], driver.name, args.kernel, guest_kernel.release, seed, args.minutes)
    # Ended by a time limit or by hand, the guest ends and what was seen is told.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return _Soak(driver, spec, state, args.out / driver.name).go()


class _Soak:
    """One run."""

    def __init__(self, driver: drivers.Driver, spec: Spec, state: Run, directory: Path) -> None:
        self._driver = driver
        self._spec = spec
        self._run = state
        self._tally = Tally(spec.kernel)
        self._directory = directory
        self._events = Events(directory / "events.jsonl")
        self._console_mark = 0
        self._shown = 0.0
        self._begun = 0.0
        self._end = 0.0

    def go(self) -> int:
        """Soak, and write down whatever comes of it."""
        note(f"soak: {self._driver.name} on the {self._run.kernel} kernel, {self._run.minutes:g} min, seed {self._run.seed}")
        try:
            with Machine(self._spec, log=self._directory / "console.log") as machine:
                note(f"soak: booted in {machine.boot_wall_s:.0f} s ({machine.accelerator.name})")
                try:
                    self._soak(machine)
                finally:
                    # Even when the guest is lost: its console tells why.
                    self._read_console(machine)
        except GuestLost as lost:
            self._die(f"{lost.outcome.value}: {lost.detail}")
        except KeyboardInterrupt:
            self._run.interrupted = True
            note("soak: interrupted: the guest is ended, so this run cannot be resumed")
        if self._begun:
            self._run.soaked_wall_s = min(time.monotonic(), self._end or time.monotonic()) - self._begun
        self._events.write("end", passed=results.passed(self._run, self._tally))
        self._events.close()
        path = self._directory / "summary.json"
        results.write(path, self._run, self._tally)
        self._tell(path)
        if self._run.interrupted:
            return 130
        return 0 if results.passed(self._run, self._tally) else 1

    def _soak(self, machine: Machine) -> None:
        guest = Guest(machine, self._driver, self._driver.catalogue())
        self._console_mark = machine.console.mark()
        guest.prepare(self._run.seed)
        aims = guest.aims()
        self._run.unreached = guest.unreached
        for entry, why in guest.unreached.items():
            note(f"soak: no faults in {entry}: {why}")
        if not aims:
            raise HarnessError("no isolated entry point of this build can be reached")
        self._events.write("plan", seed=self._run.seed, aims=[vars(aim) for aim in aims], unreached=guest.unreached)
        note(f"soak: {len(aims)} entry points, {sum(aim.hits for aim in aims)} sites")
        batches = plan.batches(self._run.seed, aims, guest.catalogue.interludes)
        first = guest.look(0)
        self._events.write("look", **first.fields())
        # Later looks are compared with it: one without a link would make all of them wrong.
        if not first.traffic:
            raise HarnessError(f"no traffic after each entry point was called once\n{machine.console.tail()}")
        self._begun = time.monotonic()
        self._end = self._begun + self._run.minutes * 60
        while time.monotonic() < self._end and not self._run.died:
            until = min(self._end, time.monotonic() + _SEGMENT_S)
            guest.start_load()
            while time.monotonic() < until and not self._run.died:
                self._batch(guest, next(batches), until)
                self._read_console(machine)
                self._show()
            load = guest.stop_load()
            self._tally.load.add(load)
            self._events.write("load", **vars(load), iperf_errors=guest.iperf_errors)
            guest.iperf_errors = []
            self._look(guest, first)
        self._end = time.monotonic()
        self._finish(guest)

    def _batch(self, guest: Guest, batch: plan.Batch, until: float) -> None:
        left = until - time.monotonic()
        # The last batch of a short run must not take it far beyond its end.
        strikes = batch.strikes if left > 10 else batch.strikes[:max(1, int(left / 2))]
        for strike, answer in zip(strikes, guest.strike(strikes), strict=True):
            found = self._tally.add(strike, answer)
            self._events.write("strike", entry=strike.aim.entry, fault=strike.fault, site=strike.site, fate=found.value, **answer)
            if found not in (Fate.RECOVERED, Fate.NOT_REACHED):
                self._problem(f"{strike.aim.entry}, {strike.fault} at site {strike.site} of {strike.aim.hits}: {found.value}: "
                              f"{_why(answer)}")
        if batch.interlude and time.monotonic() < until:
            attempt = guest.operate(batch.interlude)
            self._tally.interludes[batch.interlude.name] += 1
            failed = attempt.outcome is not Outcome.PASSED
            self._tally.interludes_failed[batch.interlude.name] += failed
            said = (attempt.result.err or attempt.result.out if attempt.result else attempt.detail).strip()[-200:]
            self._events.write("interlude", name=batch.interlude.name, outcome=attempt.outcome.value, said=said)
            if failed:
                self._problem(f"{batch.interlude.name} with no fault planted: {attempt.outcome.value}: {said}")
            if not attempt.outcome.guest_usable:
                raise GuestLost(attempt.outcome, attempt.detail)

    def _look(self, guest: Guest, first: audit.Look) -> None:
        """Compare the quiet machine with what it was."""
        look = guest.look(self._tally.struck)
        self._run.looks += 1
        wrong = audit.differences(first, look)
        # The first segment warms the kernel's caches up.
        if self._run.baseline is None:
            self._run.baseline = look
        else:
            leak = audit.leak(self._run.baseline, look)
            # Judged at the end: what is on its way out now is no leak.
            self._run.last = look
            if leak:
                self._events.write("grown", text=leak)
        self._events.write("look", **look.fields(), wrong=wrong)
        for text in wrong:
            self._problem(text)

    def _finish(self, guest: Guest) -> None:
        """What is looked at once, at the end."""
        self._run.counters = guest.counters()
        if self._run.baseline and self._run.last:
            leak = audit.leak(self._run.baseline, self._run.last)
            if leak:
                self._problem(leak)
        self._run.kmemleak = guest.kmemleak()
        if self._run.kmemleak:
            self._problem(f"kmemleak: {self._run.kmemleak.count('unreferenced object')} objects that nothing points to")
        attempt = guest.unload()
        self._run.unloaded = attempt.outcome is Outcome.PASSED
        if not self._run.unloaded:
            said = attempt.result.err.strip()[-200:] if attempt.result else attempt.detail
            self._problem(f"the modules cannot be unloaded: {attempt.outcome.value}: {said}")

    def _read_console(self, machine: Machine) -> None:
        """Take in what the kernel has said since the last time."""
        machine.console.poll()
        for report in machine.console.since(self._console_mark):
            if results.expected_noise(report):
                continue
            self._tally.reports.append(report)
            self._events.write("report", kind=report.kind.value, title=report.title, symbol=report.symbol,
                               time_s=report.time_s)
            note(f"soak: kernel: {report.kind.value}: {report.title}" + (f" in {report.symbol}" if report.symbol else ""))
            if report.kind in _DEATHS:
                self._die(f"{report.kind.value}: {report.title}")
        self._console_mark = machine.console.mark()

    def _die(self, why: str) -> None:
        if not self._run.died:
            self._run.died = why
            self._events.write("died", why=why)

    def _problem(self, text: str) -> None:
        self._tally.problem(text)
        self._events.write("problem", text=text)
        if len(self._tally.wrong) <= _MANY_PROBLEMS:
            note(f"soak: {text}")

    # Telling

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < _SHOWN_EVERY_S:
            return
        self._shown = now
        soaked = now - self._begun
        fates = self._tally.fates
        note(f"soak: {soaked:.0f} s of {self._run.minutes * 60:.0f}: {self._tally.struck} struck ({self._tally.struck / soaked:.2f}/s), "
             f"{fates[Fate.RECOVERED]} recovered, {fates[Fate.NOT_REACHED]} not reached, {len(self._tally.wrong)} problems; "
             f"{max(0.0, self._end - now):.0f} s left")

    def _tell(self, path: Path) -> None:
        tally, state = self._tally, self._run
        rate = f" ({tally.struck / state.soaked_wall_s:.2f}/s)" if state.soaked_wall_s else ""
        print(f"{'entry point':28} {'table of fates'}")
        for name, counts in sorted(tally.entries.items()):
            print(f"{name:28} " + ", ".join(f"{count} {what}" for what, count in counts.items()))
        print(f"steps: {', '.join(f'{count} {step}' for step, count in tally.steps.most_common()) or 'none'}")
        print(f"data: {tally.load.stream_bytes >> 20} MiB compared, {tally.load.stream_bad_bytes} bytes wrong; "
              f"iperf3 {tally.load.iperf_bytes >> 20} MiB in {tally.load.iperf_tests} tests, {tally.load.iperf_failed} broken off")
        for text in tally.wrong[:_MANY_PROBLEMS]:
            print(f"  {text}")
        for report in tally.reports[:_MANY_PROBLEMS]:
            print(f"  kernel at {report.time_s:.0f} s: {report.kind.value}: {report.title}")
        if state.died:
            print(f"  died: {state.died}")
        verdict = "passed" if results.passed(state, tally) else "FAILED"
        print(f"{verdict}: {tally.struck} faults struck in {state.soaked_wall_s:.0f} s{rate}, "
              f"{tally.fates[Fate.RECOVERED]} recovered, {tally.fates[Fate.UNDETECTED]} undetected. {os.path.relpath(path)}")


def _why(answer: dict[str, object]) -> str:
    """Return what is worth saying of an answer that is not as it should be."""
    last = answer.get("last")
    words = [f"{name} {answer[name]}" for name in ("error", "rc", "said", "again_rc", "again_said", "again_called")
             if answer.get(name) not in (None, "", 0)]
    if isinstance(last, dict) and last:
        words.append("last fault: " + ", ".join(f"{name} {last.get(name)}" for name in ("entry", "cause", "step", "ip", "result")))
    return "; ".join(words)


