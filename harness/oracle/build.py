# SPDX-License-Identifier: GPL-2.0
"""Building the oracle kernel, once per source version, configuration and compiler.

Everything is in the cache:

	oracle/source-<version>/	the distribution's source, whole
	oracle/<key>/build/		KDIR of our modules
	oracle/<key>/root/		image and modules, as a package would have them
	oracle/<key>/complete		written last: the kernel's release

A build that was interrupted goes on where it was: make knows.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness.kernel import Kernel, headers_release
from harness.outcome import HarnessError
from harness.paths import cache_dir, cache_lock
from harness.ui import note

CONFIG = Path(__file__).resolve().parent / "kernel.config"
# Raised when this file makes something else of the same inputs.
_LAYOUT = 1
_COMPILER = "gcc-12"
_SERIES = re.compile(r"(\d+\.\d+)")
_STEP = re.compile(r"^  (?:CC|AS|LD|AR|HOSTCC)\b")
_UNPACK_S = 900
_MAKE_S = 7200
_NICE = 19
# Objects, as measured: for the display only.
_OBJECTS = 1700
_SHOWN_EVERY_S = 10.0
_TAIL = 25


def wanted(text: str) -> dict[str, str]:
    """Return the settings of a configuration fragment; "n" stands for "not set"."""
    settings = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.startswith("CONFIG_"):
            settings[name] = value
    return settings


def refused(fragment: str, config: str) -> list[str]:
    """Return the settings of `fragment` that `config`, made from it, does not have."""
    got = wanted(config)
    return [f"{name}={value}" for name, value in wanted(fragment).items() if got.get(name, "n") != value]


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise HarnessError(f"{command[0]} does not answer: run `python3 -m harness setup`") from None


def source_package() -> tuple[str, str]:
    """Return name and version of the package that holds the kernel's source."""
    series = _SERIES.match(headers_release())
    name = f"linux-source-{series[1] if series else ''}"
    return name, _output(["dpkg-query", "-W", "-f", "${Version}", name])


def key(version: str) -> str:
    """Return the name of the build that these inputs lead to."""
    parts = [str(_LAYOUT), version, _output([_COMPILER, "--version"]).splitlines()[0],
             repr(sorted(wanted(CONFIG.read_text(encoding="utf-8")).items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _unpack(package: str, version: str) -> Path:
    """Return the whole source tree, whole or not at all."""
    target = cache_dir() / "oracle" / f"source-{version}"
    if target.exists():
        return target
    archive = Path(f"/usr/src/{package}.tar.xz")
    if not archive.is_file():
        raise HarnessError(f"{archive} is missing: apt-get install {package}")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    note(f"oracle: unpacking {archive} (1.5 GB)")
    subprocess.run(["tar", "-xJf", str(archive), "-C", str(partial), "--strip-components=1"],
                   check=True, timeout=_UNPACK_S)
    partial.rename(target)
    return target


class _Progress:
    """Counts what make says it does, and shows it."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._begun = self._shown = time.monotonic()
        self._done = 0

    def line(self, text: str) -> None:
        """Take in a line of make's output."""
        self._done += bool(_STEP.match(text))
        now = time.monotonic()
        if now - self._shown >= _SHOWN_EVERY_S:
            self._shown = now
            self._show(f"oracle: {self._done} objects built of about {_OBJECTS}, {now - self._begun:.0f} s")


def _make(build: Path, *words: str) -> None:
    """Run make in the build directory, when nobody else wants the CPUs; its output goes to a log."""
    log = build / "make.log"
    command = ["nice", "-n", str(_NICE), "make", "-C", str(build), f"-j{os.cpu_count() or 1}", f"CC={_COMPILER}", *words]
    progress = _Progress(note)
    tail: list[str] = []
    deadline = time.monotonic() + _MAKE_S
    # Not ours: its job server and flags would be another make's.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with log.open("a", encoding="utf-8") as stream, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=environment) as process:
        try:
            for line in process.stdout or ():
                stream.write(line)
                tail = [*tail[-_TAIL:], line]
                progress.line(line)
                if time.monotonic() > deadline:
                    raise HarnessError(f"the oracle kernel is not built after {_MAKE_S} s; run it again to go on")
        except BaseException:
            process.terminate()
            note("oracle: interrupted; the same command goes on where it was")
            raise
    if process.returncode:
        raise HarnessError(f"the oracle kernel does not build, see {log}:\n{''.join(tail)}")


def _configure(source: Path, build: Path) -> None:
    build.mkdir(parents=True, exist_ok=True)
    config = build / ".config"
    fragment = CONFIG.read_text(encoding="utf-8")
    # What was configured before the interruption stays: a new file would make
    # everything be built again.
    if not config.exists() or refused(fragment, config.read_text(encoding="utf-8")):
        done = subprocess.run(
            ["make", "-C", str(source), f"O={build}", f"CC={_COMPILER}", "allnoconfig"], capture_output=True, text=True,
            timeout=300, check=False, env={**os.environ, "KCONFIG_ALLCONFIG": str(CONFIG), "MAKEFLAGS": ""})
        if done.returncode:
            raise HarnessError(f"the oracle kernel cannot be configured:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    lost = refused(fragment, config.read_text(encoding="utf-8"))
    if lost:
        config.unlink()
        raise HarnessError(f"the kernel's configuration does not take {', '.join(lost)}: see {CONFIG}")


def _publish(build: Path, root: Path) -> str:
    """Install image and modules below `root`; return the release."""
    release = (build / "include" / "config" / "kernel.release").read_text(encoding="ascii").strip()
    shutil.rmtree(root, ignore_errors=True)
    (root / "boot").mkdir(parents=True)
    shutil.copyfile(build / "arch" / "x86" / "boot" / "bzImage", root / "boot" / f"vmlinuz-{release}")
    _make(build, f"INSTALL_MOD_PATH={root}", "modules_install")
    return release


def kernel_directory(directory: Path) -> Path:
    """Return what modules are built against."""
    return directory / "build"


def fetch() -> Kernel:
    """Return the oracle kernel, built when the cache has none that fits."""
    package, version = source_package()
    name = key(version)
    directory = cache_dir() / "oracle" / name
    complete = directory / "complete"
    if not complete.exists():
        with cache_lock("oracle"):
            if not complete.exists():
                note(f"oracle: building a kernel with checkers, once; about 15 minutes on two CPUs ({directory})")
                source = _unpack(package, version)
                build = kernel_directory(directory)
                _configure(source, build)
                _make(build, "bzImage", "modules")
                release = _publish(build, directory / "root")
                partial = complete.with_suffix(".partial")
                partial.write_text(release, encoding="ascii")
                partial.rename(complete)
    return Kernel(complete.read_text(encoding="ascii"), f"oracle-{name}", directory / "root", trimmed=True)


def kdir(oracle: Kernel) -> Path:
    """Return the build directory of the oracle kernel."""
    return kernel_directory(oracle.root.parent)


def build_modules(oracle: Kernel, drivers: str, environment: dict[str, str]) -> None:
    """Build fgft.ko and drivers against the oracle kernel, as `make modules KDIR=` does."""
    command = ["make", "--no-print-directory", "modules", f"KDIR={kdir(oracle)}"]
    command += [f"DRIVERS={drivers}"] if drivers else []
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=sys.stderr, timeout=1800, check=False,
                          cwd=Path(__file__).resolve().parent.parent.parent)
    if done.returncode:
        raise HarnessError("the modules do not build against the oracle kernel; make above says why")
