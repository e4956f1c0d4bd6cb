# SPDX-License-Identifier: GPL-2.0
"""How a boot or a command in the guest can end: an enum, never a bare bool."""

from __future__ import annotations

import enum
import errno


class Outcome(enum.Enum):
    """Every way a boot or a command can end.

    The first two are the guest's own answer; the next group is about the guest's
    kernel, then QEMU, then the harness itself.
    """

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"  # the command overran, the guest still answers
    GUEST_OOPS = "guest-oops"  # the kernel reported a fault and went on
    GUEST_PANIC = "guest-panic"
    GUEST_RESET = "guest-reset"  # triple fault, reboot or power-off
    HUNG_SILENT = "hung-silent"  # no answer, console quiet
    HUNG_WITH_OUTPUT = "hung-with-output"  # no answer, console still growing
    QEMU_DIED = "qemu-died"
    QEMU_WOULD_NOT_START = "qemu-would-not-start"
    SNAPSHOT_CORRUPT = "snapshot-corrupt"  # cannot be loaded
    DISK_FULL = "disk-full"
    UNPARSED = "unparsed"  # the answer arrived but makes no sense
    HARNESS_ERROR = "harness-error"

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return _MEANING[self]

    @property
    def guest_usable(self) -> bool:
        """Whether further commands may be sent without loading a snapshot."""
        return self in _USABLE


_MEANING = {
    Outcome.PASSED: "the command ran and returned 0",
    Outcome.FAILED: "the command ran and returned an error",
    Outcome.TIMEOUT: "the command overran its time; the guest still answers",
    Outcome.GUEST_OOPS: "the guest's kernel reported a fault and went on",
    Outcome.GUEST_PANIC: "the guest's kernel panicked",
    Outcome.GUEST_RESET: "the guest reset or powered itself off",
    Outcome.HUNG_SILENT: "the guest stopped answering and its console is quiet",
    Outcome.HUNG_WITH_OUTPUT: "the guest stopped answering; its console still grows",
    Outcome.QEMU_DIED: "the QEMU process ended by itself",
    Outcome.QEMU_WOULD_NOT_START: "QEMU could not be started",
    Outcome.SNAPSHOT_CORRUPT: "the snapshot is damaged; nothing of it can be used",
    Outcome.DISK_FULL: "there is no space left for what the harness or QEMU writes",
    Outcome.UNPARSED: "the guest's answer could not be read",
    Outcome.HARNESS_ERROR: "the harness itself went wrong; says nothing about the guest",
}

_USABLE = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.GUEST_OOPS})


def is_disk_full(error: OSError) -> bool:
    """Whether the system refused to write for want of space."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class HarnessError(Exception):
    """Something a person has to mend: the message says what to do next."""


class GuestLost(Exception):
    """The guest cannot be talked to any more; `outcome` says how it was lost."""

    def __init__(self, outcome: Outcome, detail: str, evidence: str = "") -> None:
        super().__init__(f"{outcome.value}: {detail}" + (f"\n{evidence}" if evidence else ""))
        self.outcome = outcome
        self.detail = detail
        self.evidence = evidence
