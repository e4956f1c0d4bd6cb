# SPDX-License-Identifier: GPL-2.0
"""A part of a plan's trials, for one of several machines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.outcome import HarnessError

_SHARE = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Share:
    """Which trials of a plan a process runs."""

    number: int  # from 0
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read what --share is given: "2/16" is the third of sixteen."""
        found = _SHARE.fullmatch(text)
        if not found or int(found[1]) >= int(found[2]):
            raise HarnessError(f"--share {text}: a share is I/N with I from 0 to N-1")
        return cls(int(found[1]), int(found[2]))

    def has(self, index: int) -> bool:
        """Whether a trial is in the share."""
        return index % self.of == self.number


WHOLE = Share(0, 1)
