# SPDX-License-Identifier: GPL-2.0
"""Several machines working off one list of jobs.

Each thread owns a machine with a snapshot of the configured driver, and takes
jobs until none is left.  A machine that is beyond repair is replaced; a job
that breaks the harness itself is a result like any other, made by its caller.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from harness.demo.driver import Driver
from harness.demo.target import Target
from harness.outcome import GuestLost, HarnessError
from harness.qemu import Machine
from harness.spec import Spec

J = TypeVar("J")
R = TypeVar("R")

# A job gets this many fresh machines when its own is lost before it has begun.
_MACHINES_A_JOB = 2
_TICK_S = 0.1


class Pool(Generic[J, R]):
    """Threads with a machine each; use it as a context manager."""

    def __init__(self, spec: Spec, driver: Driver, width: int, logs: Path) -> None:
        """Start booting `width` machines."""
        self._spec = spec
        self._driver = driver
        self._logs = logs
        self._jobs: queue.Queue[tuple[J, Callable[[Target, J], R]] | None] = queue.Queue()
        self._done: queue.Queue[tuple[J, R] | BaseException] = queue.Queue()
        self._stop = threading.Event()
        self._machines: dict[int, Machine] = {}
        self._booted: queue.Queue[Machine] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, args=(index,), daemon=True) for index in range(width)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Pool[J, R]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def await_machine(self) -> Machine:
        """Wait for the first machine; raise if one cannot be made."""
        while True:
            try:
                return self._booted.get(timeout=_TICK_S)
            except queue.Empty:
                self._raise_if_failed()

    def _raise_if_failed(self) -> None:
        with suppress(queue.Empty):
            done = self._done.get_nowait()
            if isinstance(done, BaseException):
                raise done
            self._done.put(done)

    def run(self, jobs: Iterable[J], work: Callable[[Target, J], R], report: Callable[[J, R], None]) -> None:
        """Do all jobs; `report` is called here for each as it ends, in any order."""
        left = 0
        for job in jobs:
            self._jobs.put((job, work))
            left += 1
        while left:
            try:
                done = self._done.get(timeout=_TICK_S)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            if isinstance(done, BaseException):
                raise done
            report(*done)
            left -= 1

    def close(self) -> None:
        """End all machines, busy or not."""
        self._stop.set()
        for _ in self._threads:
            self._jobs.put(None)
        for machine in list(self._machines.values()):
            # A thread that waits for its guest sees QEMU die, at once.
            with suppress(HarnessError, ProcessLookupError):
                os.kill(machine.pid, signal.SIGKILL)
        for thread in self._threads:
            thread.join(timeout=20)

    def _work(self, index: int) -> None:
        target: Target | None = None
        try:
            target = self._boot(index)
            self._booted.put(target.machine)
            while not self._stop.is_set():
                item = self._jobs.get()
                if item is None:
                    break
                job, work = item
                target = self._usable(index, target)
                self._done.put((job, work(target, job)))
        except BaseException as error:  # handed to whoever waits in run()
            if not self._stop.is_set():
                self._done.put(error)
        finally:
            if target:
                target.machine.close()

    def _boot(self, index: int) -> Target:
        machine = Machine(self._spec, log=self._logs / f"console-{index}.txt")
        self._machines[index] = machine
        try:
            machine.boot()
            target = Target(machine, self._driver)
            target.prepare()
        except BaseException:
            machine.close()
            raise
        return target

    def _usable(self, index: int, target: Target) -> Target:
        """Return a target that can be rewound, in a new machine if need be."""
        for _ in range(_MACHINES_A_JOB):
            try:
                target.rewind()
                return target
            except (GuestLost, HarnessError):
                target.machine.close()
                target = self._boot(index)
        return target
