# SPDX-License-Identifier: GPL-2.0
"""A campaign as a Slurm job array: each task runs its share of the plan.

A share is every n-th trial, so that each has the whole mix of faults.  Tasks
write below directories of their own; a task that is run again goes on where it
was.  All of them see the same checkout and cache, as is usual with a home
directory that a cluster shares.
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path

from harness.outcome import HarnessError
from harness.paths import REPO
from harness.ui import note

# A guest with QEMU around it, and the harness.
_MEMORY_MB = 1024


@dataclass(frozen=True)
class Array:
    """What the job array looks like."""

    driver: str
    faults: int
    seed: int
    out: Path
    tasks: int
    cpus: int  # of a task, and guests at a time
    time: str  # Slurm's format
    partition: str | None
    options: tuple[str, ...] = ()  # of the campaign, further ones
    program: tuple[str, ...] = ("/usr/bin/python3", "-m", "harness")

    @property
    def shares(self) -> Path:
        """Where tasks write."""
        return self.out / "shares"

    @property
    def logs(self) -> Path:
        """What tasks say."""
        return self.out / "slurm"

    @property
    def merge(self) -> str:
        """The command that puts the shares together."""
        where = f"{shlex.quote(str(self.shares))}/*/{shlex.quote(self.driver)}"
        return f"{_command(self.driver, self.out)} merge {where}"

    def script(self) -> str:
        """Return the batch script."""
        settings = [f"--job-name=fgft-{self.driver}", f"--array=0-{self.tasks - 1}", f"--cpus-per-task={self.cpus}",
                    f"--mem-per-cpu={_MEMORY_MB}M", f"--time={self.time}", "--requeue",
                    f'--output="{self.logs}/%A_%a.log"',
                    *([f"--partition={self.partition}"] if self.partition else [])]
        words = [f"--faults={self.faults}", f"--seed={self.seed}", "--jobs=" + '"$SLURM_CPUS_PER_TASK"', "--no-build",
                 f'--share="$SLURM_ARRAY_TASK_ID/{self.tasks}"', *map(shlex.quote, self.options)]
        share = f'{shlex.quote(str(self.shares))}/"$SLURM_ARRAY_TASK_ID"'
        return "\n".join([
            "#!/bin/sh",
            "# SPDX-License-Identifier: GPL-2.0",
            *(f"#SBATCH {setting}" for setting in settings),
            f"# {self.tasks} shares of {self.faults} faults.  When all have ended:",
            f"#   {self.merge}",
            "set -eu",
            f"cd {shlex.quote(str(REPO))}",
            f"exec {shlex.join(self.program)} campaign --driver={self.driver} --out={share} \\",
            "\t" + " ".join(words),
            ""])


def _command(driver: str, out: Path) -> str:
    return shlex.join(["python3", "-m", "harness", "campaign", "--driver", driver, "--out", str(out)])


def _check(tasks: int, faults: int) -> None:
    if not 1 <= tasks <= faults:
        raise HarnessError(f"--tasks {tasks}: from 1 to the number of faults, {faults}")


def write(array: Array) -> Path:
    """Write the batch script; return its path."""
    _check(array.tasks, array.faults)
    array.logs.mkdir(parents=True, exist_ok=True)
    path = array.out / f"{array.driver}.sbatch"
    path.write_text(array.script(), encoding="utf-8")
    path.chmod(0o755)
    return path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command below `campaign`."""
    parser = subparsers.add_parser("slurm", help="write a batch script that runs the campaign as a Slurm job array")
    parser.add_argument("--tasks", type=int, required=True, metavar="N", help="shares, a task each")
    parser.add_argument("--cpus", type=int, default=2, metavar="N", help="CPUs of a task, and guests at a time (default: 2)")
    parser.add_argument("--time", default="08:00:00", metavar="T", help="limit of a task, as Slurm writes it (default: 08:00:00)")
    parser.add_argument("--partition", metavar="P", help="where to run (default: the cluster's)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, measure what workloads reach, and write the script: tasks then find both done."""
    from harness.campaign import app

    _check(args.tasks, args.faults)
    made = app.plan_of(args)[0]
    options = (*([] if args.icount else ["--no-icount"]), f"--smp={args.smp}")
    array = Array(made.driver, len(made.faults), args.seed, args.out.resolve(), args.tasks, args.cpus, args.time,
                  args.partition, options)
    path = write(array)
    note(f"campaign: {len(made.faults)} faults in {args.tasks} shares; submit, and merge when all tasks have ended, with:")
    print(f"sbatch {shlex.quote(str(path))}\n{array.merge}")
    return 0
