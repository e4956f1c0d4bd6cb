# SPDX-License-Identifier: GPL-2.0
"""The kernel's packet generator in the guest: how it is told, what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.outcome import HarnessError

PATH = "/bin/fgft-pktgen"
UNIT = "packets"  # of the classes of devices it can use
SIZE = 60  # bytes of a frame without its checksum, the shortest there is

# fgft-pktgen DEVICE COUNT SOURCE DESTINATION ADDRESS, in DEVICE's namespace.
SCRIPT = f"""#!/bin/sh
set -e
modprobe pktgen
cd /proc/net/pktgen
tell() {{ echo "$2" > "$1"; }}
tell kpktgend_0 rem_device_all
tell kpktgend_0 "add_device $1"
for word in "count $2" "pkt_size {SIZE}" "delay 0" "clone_skb 0" "src_min $3" "src_max $3" \\
	"dst $4" "dst_mac $5" "udp_src_min 9" "udp_src_max 9" "udp_dst_min 9" "udp_dst_max 9"; do
	tell "$1" "$word"
done
tell pgctrl start
cat "$1"
tell kpktgend_0 rem_device_all
"""

_RESULT = re.compile(r"^Result: OK: \d+\(c(?P<busy>\d+)\+d\d+\) usec, (?P<sent>\d+) ", re.MULTILINE)
_ERRORS = re.compile(r"^\s*pkts-sofar: \d+\s+errors: (?P<errors>\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """A finished run."""

    packets: int
    insns: int  # of the whole guest, waiting not counted

    @property
    def per_packet(self) -> float:
        """Instructions a packet."""
        return self.insns / self.packets


def parse(text: str, wanted: int) -> Sent:
    """Read a device's file after a run of `wanted` packets on a guest that counts instructions."""
    result, errors = _RESULT.search(text), _ERRORS.search(text)
    if not result or not errors:
        raise HarnessError(f"pktgen printed no result: {text.strip()[-300:]!r}")
    if int(result["sent"]) != wanted:
        raise HarnessError(f"pktgen sent {result['sent']} of {wanted} packets, {errors['errors']} errors")
    return Sent(wanted, int(result["busy"]) * 1000)
