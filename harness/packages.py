# SPDX-License-Identifier: GPL-2.0
"""Debian packages the project needs, each with its reason."""

from __future__ import annotations

# Installed on the host by `setup`.  No kernel image: that of the guest is only
# unpacked into the cache.
HOST: dict[str, str] = {
    "build-essential": "make, binutils and the C library's static half",
    "gcc-12": "the compiler the distribution's kernel was built with",
    "g++-12": "builds the isolator and the guest programs",
    "gcc-12-plugin-dev": "headers the isolator is built against",
    "linux-headers-amd64": "what modules are built against",
    "linux-source-6.1": "driver sources, checkpatch and kernel-doc",
    "libelf-dev": "objtool of a kernel build",
    "bc": "kernel build",
    "bison": "configures the oracle kernel",
    "flex": "configures the oracle kernel",
    "kmod": "depmod for the guest's modules",
    "patch": "applies patches/<driver>/",
    "xz-utils": "unpacks linux-source",
    "zstd": "unpacks Debian packages",
    "cpio": "looks into a guest image",
    "qemu-system-x86": "the virtual machine",
    "qemu-utils": "qemu-img, for the disk that holds snapshots",
    "nlohmann-json3-dev": "JSON in the guest agent, the isolator and fgft-decode",
    "libgtest-dev": "C++ unit tests",
    "libusbredirparser-dev": "protocol between QEMU and our USB device",
    "python3-pytest": "runs the tests",
    "python3-pytest-xdist": "runs tests beside those that wait for a guest",
    "python3-rich": "tables and progress",
    "python3-docutils": "checks the documentation and turns it into HTML",
    "git": "tells the tests which files are the project's",
    "mypy": "checks the harness's types",
    "pyflakes3": "checks the harness's names",
    "shellcheck": "checks shell scripts",
    "clang-tidy": "checks C++",
    "spin": "explores the model of the transaction protocol",
}

# What draws reports, and what the bench compares with: `setup --with report`.
REPORT: dict[str, str] = {
    "python3-scipy": "confidence intervals of a campaign's figures",
    "python3-matplotlib": "plots of a campaign's page",
    "python3-jinja2": "template of a campaign's page",
    "libbenchmark-dev": "micro-benchmarks of the bench",
    "libitm1": "GCC's transactional memory, which they are compared with",
}

# Only for `make check`: `setup --with tests`.
TESTS: dict[str, str] = {
    "chromium": "renders a campaign's page as a person would see it",
    "clang-14": "compiles the fuzzer of our USB device",
    "libclang-rt-14-dev": "that fuzzer's engine and its sanitizers",
}

# Unpacked into the cache by `make check` and never installed: their daemons
# would be started with every boot of the host.
SLURM: dict[str, str] = {
    "slurmctld": "controller that a job array is submitted to",
    "slurmd": "node that runs its tasks",
    "slurm-client": "sbatch and squeue",
    "slurm-wlm-basic-plugins": "what the three load",
    "munge": "signs what the three say to each other",
}

# Unpacked into the guest image, with the libraries they turn out to need.
GUEST: dict[str, str] = {
    "busybox-static": "small tools",
    "dash": "sh; that of busybox would run its own ip and modprobe instead of the real ones",
    "iproute2": "ip, with network namespaces",
    "ethtool": "reaches the driver's ethtool operations",
    "iperf3": "bulk traffic",
    "kmod": "modprobe as the distribution has it",
    "alsa-utils": "aplay, arecord and amixer use a sound card",
    "libasound2-data": "what libasound calls the devices of a card",
}

# All programs of a package go into the image, but of these only what is named:
# files, and directories with all that is below.
GUEST_ONLY: dict[str, tuple[str, ...]] = {
    "alsa-utils": ("usr/bin/aplay", "usr/bin/arecord", "usr/bin/amixer"),
    "libasound2-data": ("usr/share/alsa",),
}

# Modules of the stock kernel present in the guest, dependencies come along.
GUEST_MODULES: dict[str, str] = {
    "virtio_pci": "virtio transport",
    "virtio_console": "the agent's channel",
    "virtio_net": "the live peer",
    "pvpanic_pci": "tells QEMU of a panic",
    "e1000": "the distribution's own driver, for comparison",
    "xhci_pci": "controller that our USB device is plugged into",
    "pegasus": "the distribution's own driver of that",
    "pktgen": "sends packets at a fixed cost",
    "mii": "PHYs of simple network cards, for their drivers",
    "8139cp": "the distribution's own driver, for comparison",
    "8139too": "the distribution's own driver, for comparison",
    "snd_ens1370": "the distribution's own driver, for comparison",
    "evdev": "input events as programs read them",
    "psmouse": "the distribution's own driver, for comparison",
    "8021q": "VLANs, for the driver's filter",
}

# Loaded by init, in this order; the rest only lies there.
GUEST_LOADED = ("virtio_pci", "virtio_console", "virtio_net", "pvpanic_pci")
