# SPDX-License-Identifier: GPL-2.0
"""The guest's kernel: which release, its image and its modules.

The release is that of the newest installed headers, for that is what modules
are built against; the kernel the host runs does not matter.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness import apt
from harness.outcome import HarnessError
from harness.paths import cache_lock

CHOICES = ("stock", "oracle")
_HEADERS = re.compile(r"linux-headers-(\d[\d.]*(?:-\d+|\+deb\d+)?-amd64)$")


@dataclass(frozen=True)
class Kernel:
    """A kernel's image and modules, as its package lays them out."""

    release: str
    version: str
    root: Path
    trimmed: bool = False  # lacks modules of the distribution's

    @property
    def image(self) -> Path:
        """The bootable image."""
        return self.root / "boot" / f"vmlinuz-{self.release}"

    @property
    def modules(self) -> Path:
        """The directory a guest sees as /lib/modules/<release>."""
        return self.root / "lib" / "modules" / self.release

    def closure(self, names: list[str]) -> list[Path]:
        """Return the files of modules and all they depend on, relative to `modules`."""
        by_name: dict[str, tuple[str, list[str]]] = {}
        for line in (self.modules / "modules.dep").read_text(encoding="ascii").splitlines():
            path, _, needs = line.partition(":")
            by_name[module_name(path)] = (path, needs.split())
        found: dict[str, None] = {}
        for name in names:
            if module_name(name) not in by_name:
                if self.trimmed:
                    continue
                raise HarnessError(f"kernel {self.release} has no module {name}")
            path, dependencies = by_name[module_name(name)]
            found.update(dict.fromkeys([*reversed(dependencies), path]))
        return [Path(path) for path in found]


def module_name(path: str) -> str:
    """Return a module's name as the kernel spells it, from a file name."""
    return re.sub(r"\.ko(\.[a-z0-9]+)?$", "", path.rsplit("/", 1)[-1]).replace("-", "_")


def headers_release(source_dir: Path = Path("/usr/src")) -> str:
    """Return the release of the newest installed kernel headers."""
    releases = [match[1] for path in source_dir.glob("linux-headers-*") if (match := _HEADERS.match(path.name))]
    if not releases:
        raise HarnessError("no kernel headers installed: run `python3 -m harness setup`")
    return max(releases, key=lambda release: [int(part) for part in re.findall(r"\d+", release)])


def select(name: str) -> Kernel:
    """Return the kernel a machine's description names: one of `CHOICES`."""
    if name == "oracle":
        # Here and not above: it is made of what this file has.
        from harness.oracle import build

        return build.fetch()
    return fetch()


def fetch(release: str | None = None) -> Kernel:
    """Return the stock kernel of `release`, downloaded and unpacked when needed."""
    release = release or headers_release()
    package = f"linux-image-{release}"
    version = apt.candidates([package])[package]
    with cache_lock("image"):
        kernel = Kernel(release, version, apt.unpack(package, version))
        if not (kernel.modules / "modules.dep").exists():
            # The package leaves this to its postinst, which never runs here.
            subprocess.run(["/sbin/depmod", "-b", str(kernel.root), release], check=True, timeout=120)
    return kernel
