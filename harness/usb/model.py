# SPDX-License-Identifier: GPL-2.0
"""The process that is a USB device, beside the QEMU that has it plugged in."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness import program
from harness.outcome import HarnessError

_HERE = Path(__file__).resolve().parent
# Programs of this directory: their units and what they are linked with.
_UNITS = {"pegasus": ("pegasus", "server", "redir", "adapter", "chip")}
_LIBRARIES = ("-lusbredirparser",)
_START_S = 10.0
_ANSWER_S = 20.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Sockets:
    """Unix sockets of a device, in the directory of its machine."""

    directory: Path

    @property
    def host(self) -> Path:
        """QEMU's usb-redir device connects to this one."""
        return self.directory / "usb"

    @property
    def control(self) -> Path:
        """The harness connects to this one."""
        return self.directory / "usb-control"

    @property
    def wire(self) -> Path:
        """The device gets frames here, a datagram each."""
        return self.directory / "usb-wire"

    @property
    def peer(self) -> Path:
        """QEMU's network gets frames here."""
        return self.directory / "usb-peer"

    @property
    def pace(self) -> Path:
        """QEMU waits here until the device is done."""
        return self.directory / "usb-pace"


def build(name: str) -> Path:
    """Compile a device."""
    if name not in _UNITS:
        raise HarnessError(f"no USB device '{name}': there are {', '.join(_UNITS)}")
    first, *others = (_HERE / f"{unit}.cc" for unit in _UNITS[name])
    return program.build(first, _LIBRARIES, others)


def arguments(sockets: Sockets) -> list[str]:
    """Return what QEMU needs for the device and for its place on the peer's network."""
    # Of the controllers this one alone is not polled, and takes a device of any speed.
    return [
        "-device", "qemu-xhci,id=usb",
        "-chardev", f"socket,id=usb-device,path={sockets.host}",
        "-device", "usb-redir,chardev=usb-device,bus=usb.0",
        "-netdev", f"dgram,id=usb-wire,local.type=unix,local.path={sockets.peer},"
        f"remote.type=unix,remote.path={sockets.wire}",
        "-netdev", "hubport,id=usb-port,hubid=0,netdev=usb-wire",
    ]


def environment(sockets: Sockets) -> dict[str, str]:
    """Return what a QEMU that counts instructions needs, so that its clock waits for the device."""
    return {"LD_PRELOAD": str(program.build(_HERE / "pace.cc", ("-shared", "-fPIC", "-ldl"))), "FGFT_USB": str(sockets.host)}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Model:
    """A running device."""

    def __init__(self, name: str, sockets: Sockets, address: str, stderr: BinaryIO) -> None:
        """Start it; QEMU can connect when this returns."""
        argv = [str(build(name)), str(sockets.host), str(sockets.control), str(sockets.wire), str(sockets.peer),
                str(sockets.pace), address]
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                                         preexec_fn=_die_with_parent)
        try:
            self._socket = self._connect(sockets.control)
        except HarnessError:
            self._process.kill()
            self._process.wait()
            raise

    def _connect(self, path: Path) -> socket.socket:
        deadline = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_ANSWER_S)
            try:
                connection.connect(str(path))
                return connection
            except OSError:
                connection.close()
                time.sleep(0.01)
        raise HarnessError(f"the USB device {self._process.args!r} did not start")

    def command(self, line: str) -> None:
        """Have it do something: server.cc lists what there is."""
        answer = b""
        try:
            self._socket.sendall(line.encode() + b"\n")
            while not answer.endswith(b"\n"):
                block = self._socket.recv(256)
                if not block:
                    raise HarnessError(f"the USB device has ended ({self._process.wait(_ANSWER_S)})")
                answer += block
        except OSError as error:
            raise HarnessError(f"the USB device does not answer to '{line}': {error}") from None
        if answer != b"ok\n":
            raise HarnessError(f"the USB device, to '{line}': {answer.decode(errors='replace').strip()}")

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
