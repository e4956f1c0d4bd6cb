# SPDX-License-Identifier: GPL-2.0
"""The harness's command line with a campaign in which no guest is booted: what a task of a job array runs in a test.

Catalogue, machines and verdicts are replaced by ready ones; arguments, shares,
journal, pool of machines and report are the real ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness import cli  # noqa: E402  (found by the line above)
from harness.campaign import app  # noqa: E402
from harness.campaign.record import Trial  # noqa: E402
from harness import driver as drivers  # noqa: E402
from harness.outcome import HarnessError  # noqa: E402
from tests.harness.campaign_trials import a_plan, mixed  # noqa: E402

FAULTS = 12


class _Machine:
    def __init__(self, *_unused: Any, **_also: Any) -> None:
        pass

    @property
    def pid(self) -> int:
        """There is none."""
        raise HarnessError("no QEMU")

    def boot(self) -> None:
        """Be booted."""

    def close(self) -> None:
        """Be gone."""


class _Subject:
    def __init__(self, machine: _Machine, _driver: Any) -> None:
        self.machine = machine

    def prepare(self) -> None:
        """Be prepared."""

    def rewind(self) -> None:
        """Be as before."""


class _Runner:
    def __init__(self, *_unused: Any) -> None:
        self._trials = mixed(FAULTS)

    def run(self, _subject: _Subject, index: int) -> Trial:
        """Return the trial of this number."""
        return self._trials[index]


def main() -> int:
    """Run the command line."""
    for name, value in {"Machine": _Machine, "Subject": _Subject, "Runner": _Runner,
                        "plan_of": lambda args: (a_plan(FAULTS), None, None, drivers.load("e1000"))}.items():
        setattr(app, name, value)
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
