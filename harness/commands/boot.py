# SPDX-License-Identifier: GPL-2.0
"""`boot`: start a guest, then run a command in it or leave its console to the user."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness import kernel
from harness.cli import EXIT_FAILED, EXIT_USAGE
from harness.outcome import Outcome
from harness.paths import REPO
from harness.qemu import Machine
from harness.spec import Spec
from harness.ui import note

_LOG = REPO / "out" / "boot" / "console.log"


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("boot", help="boot a guest; run a command in it or use its console")
    parser.add_argument("--kernel", choices=kernel.CHOICES, default="stock",
                        help="stock: the distribution's; oracle: one built with KASAN, lockdep and more (stock)")
    parser.add_argument("--smp", type=int, default=2, metavar="N", help="number of CPUs (2)")
    parser.add_argument("--cpu", default="max", help="CPU model as QEMU names it (max)")
    parser.add_argument("--memory", type=int, default=256, metavar="MB", help="memory in MB (256)")
    parser.add_argument("--icount", action="store_true", help="count instructions: one takes 1 ns of guest time")
    parser.add_argument("--accel", choices=("kvm", "tcg"), help="accelerator (what a test boot shows to work)")
    parser.add_argument("--nut", default="none", metavar="MODULE",
                        help="the distribution's driver to load for the NIC under test (none)")
    parser.add_argument("--mouse", action="store_true", help="let the guest ask for steps of its mouse")
    parser.add_argument("--usb", default="", metavar="NAME", help="plug in a USB device of harness/usb: pegasus (none)")
    parser.add_argument("--panic-on-oops", action="store_true", help="a kernel oops ends the guest")
    parser.add_argument("--soft-lockup-panic", action="store_true", help="a soft lockup ends the guest")
    parser.add_argument("--append", action="append", default=[], metavar="ARG", help="further kernel argument")
    parser.add_argument("--modules", nargs="+", type=Path, default=[], metavar="KO", help="modules to load, in this order")
    parser.add_argument("--cmd", help="shell command to run; without it, the console is yours")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="guest seconds the command may take (60)")
    parser.add_argument("--verbose", action="store_true", help="show the guest's console")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Boot, load the modules, run the command; its exit code is ours."""
    interactive = args.cmd is None
    if interactive and not sys.stdin.isatty():
        print("harness: error: boot without --cmd needs a terminal", file=sys.stderr)
        return EXIT_USAGE
    spec = Spec(
        kernel=args.kernel, smp=args.smp, cpu=args.cpu, memory_mb=args.memory, icount=args.icount, accel=args.accel, nut=args.nut,
        usb=args.usb, mouse=args.mouse, panic_on_oops=args.panic_on_oops,
        soft_lockup_panic=args.soft_lockup_panic, kernel_args=tuple(args.append),
        modules=tuple(path.resolve() for path in args.modules), interactive=interactive)
    if interactive:
        return _converse(spec)
    with Machine(spec, log=_LOG, echo=sys.stderr.write if args.verbose else None) as machine:
        note(f"accelerator {machine.accelerator.name} ({machine.accelerator.reason}); booted in "
             f"{machine.boot_wall_s:.1f} s, {machine.boot_guest_ns / 1e9:.1f} s of guest time")
        return _run_in(machine, args)


def _run_in(machine: Machine, args: argparse.Namespace) -> int:
    loads = [f"insmod /modules/{path.name}" for path in args.modules]
    attempt = machine.attempt("\n".join(["set -e", *loads, args.cmd]), args.timeout)
    if attempt.result:
        sys.stdout.write(attempt.result.out)
        sys.stderr.write(attempt.result.err)
    for report in attempt.reports:
        note(f"kernel: {report.kind.value}: {report.title}" + (f" in {report.symbol}" if report.symbol else ""))
    if attempt.outcome is Outcome.PASSED:
        return 0
    note(f"{attempt.outcome.value}: {attempt.outcome.meaning}")
    if attempt.outcome is Outcome.FAILED and attempt.result and attempt.result.rc:
        return attempt.result.rc if attempt.result.rc > 0 else 128 - attempt.result.rc
    note(f"--- last console lines (all in {_LOG})\n{machine.console.tail()}\n--- run again with: "
         f"{machine.spec.cli(args.cmd)}")
    return EXIT_FAILED


def _converse(spec: Spec) -> int:
    machine = Machine(spec, log=_LOG)
    try:
        return machine.wait_for_end()
    finally:
        machine.close()
