# SPDX-License-Identifier: GPL-2.0
"""Host side of fgft_flow.ko (harness/kmod/flow.c): a network client that sees outages of microseconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from harness.outcome import HarnessError
from harness.qemu import Machine

MODULE = "fgft_flow"
_PARAMETERS = f"/sys/module/{MODULE}/parameters"
# A packet comes every 20 us, one way or the other; half of the time there is nothing to do.
SPACING_US = 40


@dataclass(frozen=True)
class Way:
    """One direction's packets over a whole run."""

    offered: int
    received: int
    lost: int
    duplicated: int
    outage_ns: int  # longest time without a packet, less the spacing
    ended_ns: int  # and when it ended


@dataclass(frozen=True)
class Flow:
    """A finished run."""

    start_ns: int
    end_ns: int
    spacing_ns: int
    nut_to_peer: Way
    peer_to_nut: Way

    @property
    def outage_ns(self) -> int:
        """The outage of what the card sends.

        QEMU sends it in the instruction that tells the card to.  What the peer
        sends waits for QEMU's main loop, which the host lets run when it likes:
        how long is hundreds of microseconds, and another figure in each run.
        """
        return self.nut_to_peer.outage_ns

    @property
    def lost(self) -> int:
        """Packets lost both ways."""
        return self.nut_to_peer.lost + self.peer_to_nut.lost

    @property
    def duplicated(self) -> int:
        """Packets that came more than once, both ways."""
        return self.nut_to_peer.duplicated + self.peer_to_nut.duplicated


def parse(text: str) -> Flow:
    """Read what the module tells."""
    try:
        data: dict[str, Any] = json.loads(text)
        return Flow(data["start_ns"], data["end_ns"], data["spacing_ns"], Way(**data["nut_to_peer"]), Way(**data["peer_to_nut"]))
    except (ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"{MODULE} told no result ({error!r}): {text[:300]!r}") from None


@dataclass(frozen=True)
class Client:
    """The module at work."""

    machine: Machine

    def stop(self) -> Flow:
        """End the run and return what it saw."""
        return parse(self.machine.check(f"echo 0 > {_PARAMETERS}/spacing_us && cat {_PARAMETERS}/result"))


def start(machine: Machine, spacing_us: int = SPACING_US) -> Client:
    """Let packets flow; the module has been loaded."""
    machine.check(f"echo {spacing_us} > {_PARAMETERS}/spacing_us")
    return Client(machine)
