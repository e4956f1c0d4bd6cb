# SPDX-License-Identifier: GPL-2.0
"""Builds the module that crashes on request, and boots the guest it goes into."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from harness import kernel
from harness.spec import Spec

SOURCE = Path(__file__).resolve().parent / "crash"
CONTROL = "/sys/kernel/debug/crash"
SNAPSHOT = "clean"
BUILD_S = 300


def build(directory: Path, kdir: Path | None = None) -> Path:
    """Build crash.ko below `directory`, for the distribution's kernel or that of `kdir`."""
    for source in SOURCE.iterdir():
        shutil.copy(source, directory)
    headers = kdir or Path("/lib/modules") / kernel.headers_release() / "build"
    done = subprocess.run(["make", "-C", str(headers), f"M={directory}", "modules"],
                          capture_output=True, text=True, timeout=BUILD_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "crash.ko"


def spec(module: Path, heap: str = "") -> Spec:
    """Return a machine on which every kind of crash is reported within seconds.

    A stall report makes the soft lockup detector start anew: it must come later.
    `heap` asks for checks of SLUB's.
    """
    return Spec(smp=2, nut="e1000", modules=(module,), soft_lockup_s=1,
                kernel_args=("rcupdate.rcu_cpu_stall_timeout=6", "sysctl.kernel.hung_task_timeout_secs=2",
                             *([f"slub_debug={heap}"] if heap else [])))


def oracle_spec(module: Path) -> Spec:
    """Return a machine whose kernel has checkers; what takes time is not looked for."""
    return Spec(kernel="oracle", smp=2, nut="e1000", memory_mb=1024, modules=(module,), soft_lockup_s=60,
                kernel_args=("rcupdate.rcu_cpu_stall_timeout=120",))
