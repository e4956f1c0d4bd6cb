# SPDX-License-Identifier: GPL-2.0
"""`image`: assemble the guest image, unless the cache has it."""

from __future__ import annotations

import argparse
from typing import Any

from harness import image, kernel
from harness.ui import step


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("image", help="assemble the guest image and print where it is")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fetch the kernel and assemble the base image."""
    del args
    with step("stock kernel"):
        guest_kernel = kernel.fetch()
    with step("guest image"):
        base = image.base(guest_kernel)
    print(f"kernel {guest_kernel.image} ({guest_kernel.version})")
    print(f"image  {base} ({base.stat().st_size >> 20} MiB)")
    return 0
