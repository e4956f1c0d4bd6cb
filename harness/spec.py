# SPDX-License-Identifier: GPL-2.0
"""A virtual machine as data, and QEMU's command line made from it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from harness import mouse
from harness.usb import model as usb

QEMU = "qemu-system-x86_64"
PORT = "fgft.0"
# The tables of "pc" compute the routes of interrupts in a loop, which ACPI gives
# up when it takes longer than 30 s, as it may under KASAN.  q35's have them as they are.
_MACHINES = {"stock": "pc", "oracle": "q35"}
# guest/fgft-net finds the interfaces by these.
NUT_MAC = "52:54:00:46:47:01"
PEER_MAC = "52:54:00:46:47:02"


@dataclass(frozen=True)
class Spec:
    """What machine to boot; two equal ones behave alike."""

    kernel: str = "stock"  # one of kernel.CHOICES
    smp: int = 2
    cpu: str = "max"
    memory_mb: int = 256
    icount: bool = False  # guest time counts instructions
    icount_shift: int = 0  # one is 2^shift ns: a larger one makes the guest's delays cheap
    accel: str | None = None  # None: the best that works here
    modules: tuple[Path, ...] = ()  # put into the guest's /modules, not loaded
    nut: str = "none"  # driver of the distribution to load for the NIC under test
    nut_model: str = "e1000-82545em"  # the NIC under test; "": none
    mouse: bool = False  # moved by the host when the guest asks: see harness/mouse.py
    usb: str = ""  # device of ours on the peer's network: see harness/usb; none
    nut_bridge: bool = False  # alone behind a bridge, so that its bus can be reset
    peer_timer_ns: int | None = None  # the peer sends by guest time; None: as soon as the host gets to it
    devices: tuple[str, ...] = ("edu",)
    arguments: tuple[str, ...] = ()  # for QEMU; {directory} is where this machine's files lie
    panic_on_oops: bool = False
    soft_lockup_panic: bool = False
    soft_lockup_s: int = 10  # kernel's watchdog_thresh: reported after twice this
    kernel_args: tuple[str, ...] = ()
    interactive: bool = False
    qemu: str = QEMU
    plugin: str = ""  # with its arguments, for -plugin

    @property
    def patience(self) -> int:
        """How many times longer than on the stock kernel things may take."""
        # Every access and every lock is checked.
        return 4 if self.kernel == "oracle" else 1

    @property
    def sleeps(self) -> bool:
        """Whether an idle guest waits in the wall's time although instructions are counted."""
        # The clock of an idle guest leaps to its next timer, unless it waits for
        # somebody who lives by the wall's.  For a USB device of ours it stands still.
        return self.icount and self.mouse

    def cmdline(self) -> str:
        """Return the kernel's command line."""
        words = [
            "console=ttyS0",
            "panic=0",  # stay: the machine is paused by its panic device
            "ipv6.disable=1",  # its router solicitations would be stray traffic
            "tsc=reliable",  # else calibration against emulated timers decides
            f"sysctl.kernel.panic_on_oops={int(self.panic_on_oops)}",
            f"sysctl.kernel.softlockup_panic={int(self.soft_lockup_panic)}",
            f"sysctl.kernel.watchdog_thresh={self.soft_lockup_s}",
            f"fgft.nut={self.nut}",
            # KASAN finds more than SLUB's own checks, but not what a device writes
            # into pages that are free.
            *(["slub_debug=-", "page_poison=1"] if self.kernel == "oracle" else []),
            # guest/rest.cc says why CPUs have to be started late then.
            *(["maxcpus=1", "fgft.late_cpus"] if self.icount and self.smp > 1 else []),
            *(["fgft.console"] if self.interactive else []),
            *self.kernel_args,
        ]
        return " ".join(words)

    def cli(self, command: str = "") -> str:
        """Return the harness command that boots this machine again."""
        words = ["python3", "-m", "harness", "boot", "--smp", str(self.smp), "--cpu", self.cpu,
                 "--memory", str(self.memory_mb), "--nut", self.nut]
        words += ["--kernel", self.kernel] if self.kernel != "stock" else []
        words += ["--usb", self.usb] if self.usb else []
        words += ["--mouse"] if self.mouse else []
        words += ["--icount"] if self.icount else []
        words += ["--accel", self.accel] if self.accel else []
        words += ["--panic-on-oops"] if self.panic_on_oops else []
        words += ["--soft-lockup-panic"] if self.soft_lockup_panic else []
        for word in self.kernel_args:
            words += ["--append", word]
        if self.modules:
            words += ["--modules", *map(str, self.modules)]
        if command:
            words += ["--cmd", command]
        return shlex.join(words)


@dataclass(frozen=True)
class Files:
    """Where one machine's sockets and files lie."""

    directory: Path
    console: Path = field(init=False)
    stderr: Path = field(init=False)
    qmp: Path = field(init=False)
    port: Path = field(init=False)
    disk: Path = field(init=False)
    initramfs: Path = field(init=False)

    def __post_init__(self) -> None:
        for name in ("console", "stderr", "qmp", "port", "disk", "initramfs"):
            object.__setattr__(self, name, self.directory / name)


def _nut(spec: Spec) -> list[str]:
    """Return the arguments for the NIC under test, on the network of its peer."""
    if not spec.nut_model:
        return []
    return [
        "-netdev", "hubport,id=nut-port,hubid=0",
        # Without its hot-plug controller, which would put the bus into its own care.
        *(["-device", "pci-bridge,id=nut-bridge,chassis_nr=9,shpc=off"] if spec.nut_bridge else []),
        "-device", f"{spec.nut_model},netdev=nut-port,id=nut,mac={NUT_MAC},romfile=" +
        (",bus=nut-bridge,addr=1" if spec.nut_bridge else ""),
    ]


def arguments(spec: Spec, accel: str, kernel_image: Path, files: Files) -> list[str]:
    """Return QEMU's command line."""
    console = "stdio,signal=off" if spec.interactive else "null"
    argv = [
        spec.qemu, "-nodefaults", "-display", "none", "-no-user-config",
        "-machine", f"{_MACHINES[spec.kernel]},graphics=off", "-accel", "tcg" if spec.icount else accel,
        "-cpu", spec.cpu, "-smp", str(spec.smp), "-m", str(spec.memory_mb),
        "-kernel", str(kernel_image), "-initrd", str(files.initramfs), "-append", spec.cmdline(),
        # The guest's death must leave a machine that a snapshot can be loaded into.
        "-action", "panic=pause,reboot=shutdown,shutdown=pause,watchdog=pause", "-device", "pvpanic-pci",
        "-chardev", f"{console},id=console,logfile={files.console}", "-serial", "chardev:console",
        "-qmp", f"unix:{files.qmp},server=on,wait=off",
        "-device", "virtio-serial-pci,max_ports=2",
        "-chardev", f"socket,id=port,path={files.port},server=on,wait=off",
        "-device", f"virtserialport,chardev=port,name={PORT}",
        # No device of the guest: it only holds the snapshots.
        "-drive", f"if=none,id=snapshots,format=qcow2,cache=unsafe,file={files.disk}",
        *_nut(spec),
        "-netdev", "hubport,id=peer-port,hubid=0",
        "-device", f"virtio-net-pci,netdev=peer-port,id=peer,mac={PEER_MAC},romfile="
        # Else the main loop learns of what is to be sent by a file, when the host lets it run.
        + (f",tx=timer,x-txtimer={spec.peer_timer_ns},ioeventfd=off" if spec.peer_timer_ns is not None else ""),
    ]
    for device in spec.devices:
        argv += ["-device", device]
    argv += [argument.replace("{directory}", str(files.directory)) for argument in spec.arguments]
    if spec.usb:
        argv += usb.arguments(usb.Sockets(files.directory))
    if spec.mouse:
        argv += mouse.arguments(files.directory)
    if spec.icount:
        argv += ["-icount", f"shift={spec.icount_shift},sleep={'on' if spec.sleeps else 'off'}"]
        # What the guest gets for random, its kernel's place in memory included.
        argv += ["-seed", "1"]
    if spec.plugin:
        argv += ["-plugin", spec.plugin]
    return argv
