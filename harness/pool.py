# SPDX-License-Identifier: GPL-2.0
"""Several machines working off one list of jobs.

Each thread owns a machine with a snapshot to go back to, and takes jobs until
none is left.  A machine that is beyond repair is replaced; a job
that breaks the harness itself is a result like any other, made by its caller.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from harness.outcome import GuestLost, HarnessError
from harness.qemu import Machine


class Rewindable(Protocol):
    """What is set up in a machine once, and gone back to."""

    machine: Machine

    def prepare(self) -> None:
        """Set it up and save a snapshot."""

    def rewind(self) -> None:
        """Load the snapshot."""


T = TypeVar("T", bound=Rewindable)
J = TypeVar("J")
R = TypeVar("R")

# A job gets this many fresh machines when its own is lost before it has begun.
_MACHINES_A_JOB = 2
_TICK_S = 0.1


class Pool(Generic[T, J, R]):
    """Threads with a machine each; use it as a context manager."""

    def __init__(self, make: Callable[[int], T], width: int) -> None:
        """Start booting `width` machines; `make` describes one, by its index."""
        self._make = make
        self._jobs: queue.Queue[tuple[J, Callable[[T, J], R]] | None] = queue.Queue()
        self._done: queue.Queue[tuple[J, R] | BaseException] = queue.Queue()
        self._stop = threading.Event()
        self._machines: dict[int, Machine] = {}
        self._booted: queue.Queue[Machine] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, args=(index,), daemon=True) for index in range(width)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Pool[T, J, R]:
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

    def run(self, jobs: Iterable[J], work: Callable[[T, J], R], report: Callable[[J, R], None]) -> None:
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
        target: T | None = None
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

    def _boot(self, index: int) -> T:
        target = self._make(index)
        self._machines[index] = target.machine
        try:
            target.machine.boot()
            target.prepare()
        except BaseException:
            target.machine.close()
            raise
        return target

    def _usable(self, index: int, target: T) -> T:
        """Return a target that can be rewound, in a new machine if need be."""
        for _ in range(_MACHINES_A_JOB):
            try:
                target.rewind()
                return target
            except (GuestLost, HarnessError):
                target.machine.close()
                target = self._boot(index)
        return target
