# SPDX-License-Identifier: GPL-2.0
"""Which accelerator works: hardware virtualisation, tried with a real boot.

/dev/kvm may exist and still hang every guest, in firmware even, where nested
virtualisation is incomplete.  So a stock kernel is started with it once, and
the verdict kept until the host boots anew or QEMU changes.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.paths import cache_dir, cache_lock, scratch_dir

_BOOT_S = 10.0
_ALIVE = "Linux version"


@dataclass(frozen=True)
class Accelerator:
    """An accelerator and why it was chosen."""

    name: str  # as QEMU's -accel takes it
    reason: str


def choose(qemu: str, kernel_image: Path, kvm_device: Path = Path("/dev/kvm")) -> Accelerator:
    """Return the accelerator to use; boots a guest the first time."""
    if not os.access(kvm_device, os.R_OK | os.W_OK):
        return Accelerator("tcg", f"{kvm_device} absent or not accessible")
    key = [Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(), _identity(qemu), str(kvm_device)]
    verdict = cache_dir() / "accelerator.json"
    with cache_lock("accelerator"):
        try:
            cached = json.loads(verdict.read_text(encoding="utf-8"))
            if cached["key"] == key:
                return Accelerator(cached["name"], cached["reason"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # no verdict yet, or from another version: find out
        found = _try_kvm(qemu, kernel_image)
        verdict.write_text(json.dumps({"key": key, **asdict(found)}), encoding="utf-8")
    return found


def _identity(qemu: str) -> str:
    done = subprocess.run([qemu, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def _try_kvm(qemu: str, kernel_image: Path) -> Accelerator:
    with scratch_dir() as scratch:
        console = Path(scratch) / "console"
        process = subprocess.Popen(
            [qemu, "-accel", "kvm", "-cpu", "max", "-m", "128", "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", str(kernel_image), "-append", "console=ttyS0 panic=-1", "-serial", f"file:{console}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + _BOOT_S
            while time.monotonic() < deadline:
                if console.exists() and _ALIVE in console.read_text(errors="replace"):
                    return Accelerator("kvm", "a guest booted with it")
                if process.poll() is not None:
                    error = (process.stderr.read() if process.stderr else "").strip().splitlines()
                    return Accelerator("tcg", f"KVM refused: {error[-1] if error else 'QEMU ended silently'}")
                time.sleep(0.05)
            return Accelerator("tcg", f"a KVM guest printed nothing within {_BOOT_S:.0f} s")
        finally:
            process.kill()
            process.wait(timeout=10)
