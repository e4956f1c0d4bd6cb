# SPDX-License-Identifier: GPL-2.0
"""The hand on the guest's mouse: moves it one step whenever the guest asks.

The guest asks through a port of its own, by a byte, and gets one back when QEMU
has taken the movement.  So it is the guest's clock that decides when the mouse
moves, and the time QEMU's monitor took is known in the guest.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from pathlib import Path

from harness.qmp import Qmp, QmpClosed, QmpError, QmpTimeout

PORT = "fgft.mouse"
_STEP = [{"type": "rel", "data": {"axis": "x", "value": 1}}]
_STOP_S = 5.0
_PAUSE_S = 0.01


def arguments(directory: Path) -> list[str]:
    """Return what QEMU needs: the port, and a monitor that nobody else talks to."""
    return [
        "-qmp", f"unix:{directory / 'mouse-qmp'},server=on,wait=off",
        "-device", "virtio-serial-pci,id=mouse,max_ports=2",
        "-chardev", f"socket,id=mouse-port,path={directory / 'mouse-port'},server=on,wait=off",
        "-device", f"virtserialport,bus=mouse.0,chardev=mouse-port,name={PORT}",
    ]


class Hand:
    """A thread that answers one guest."""

    def __init__(self, directory: Path) -> None:
        """Connect to a QEMU that listens."""
        self._qmp = Qmp.connect(directory / "mouse-qmp")
        self._port = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._port.connect(str(directory / "mouse-port"))
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        while True:
            ready, _, _ = select.select([self._port, self._wake], [], [])
            if self._wake in ready:
                return
            try:
                asked = self._port.recv(64)
                for _ in asked:
                    self._move()
                    self._port.send(b"d")
            except (OSError, QmpClosed, QmpTimeout):
                return  # QEMU has ended
            if not asked:
                return

    def _move(self) -> None:
        """Move the mouse; a machine that is stopped may have asked before."""
        while True:
            try:
                self._qmp.command("input-send-event", events=_STEP)
                return
            except (QmpClosed, QmpTimeout):
                raise
            except QmpError:
                if self._wake in select.select([self._wake], [], [], _PAUSE_S)[0]:
                    return

    def close(self) -> None:
        """End it."""
        os.close(self._waker)
        self._thread.join(_STOP_S)
        os.close(self._wake)
        self._port.close()
        self._qmp.close()
