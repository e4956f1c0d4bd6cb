# SPDX-License-Identifier: GPL-2.0
"""The bench's results: summary.json of a driver, of all drivers, and a table."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from harness.bench.measure import Cost, Measured
from harness.demo.results import header
from harness.paths import write_whole

_RECOVERY_STEPS = ("undo", "registers", "pm", "rebind", "restart", "updown", "suspend_resume")
_RECOVERY_FIELDS = ("outage_ns", "lost", "duplicated", "inside_ns")
_MICRO = ("store_ns", "libitm_gl_wt_store_ns", "libitm_ml_wt_store_ns")
_RATIOS = ("off", "control", "all")


def text_bytes(module: Path) -> int:
    """Return the bytes of code in a module's file."""
    listing = subprocess.run(["readelf", "-SW", str(module)], capture_output=True, text=True, timeout=60, check=True)
    total = 0
    for line in listing.stdout.splitlines():
        # [Nr] Name Type Address Off Size ES Flg ...; the number may hold a blank.
        words = line.split("]", 1)[-1].split()
        if len(words) > 6 and words[1] == "PROGBITS" and "X" in words[6]:
            total += int(words[4], 16)
    return total


def _ratios(found: Measured, part: str) -> dict[str, Any]:
    native = found.modes.get("native")
    base = getattr(native, part) if native else None
    return {"native_insns": round(base, 1) if base else None,
            **{mode: round(getattr(found.modes[mode], part) / base, 4) if base and mode in found.modes else None
               for mode in _RATIOS}}


def driver_fields(found: Measured, text_ratio: float | None) -> dict[str, Any]:
    """Return a driver's part of the summary; what is not measured is null."""
    return {
        "recovery": {step: dict.fromkeys(_RECOVERY_FIELDS) for step in _RECOVERY_STEPS},
        "cost": {
            "unit": "packet",
            **_ratios(found, "transmit"),
            "receive": {**_ratios(found, "receive"), "with_sender": _ratios(found, "receive_whole")},
            "entries": found.entries,
            "calls": found.calls,
        },
        "call_insns": round(found.call_insns, 1) if found.call_insns is not None else None,
        "checkpoint_insns": None,
        "memory": {"module_bytes": None, "per_call_bytes": None,
                   "text_ratio": round(text_ratio, 3) if text_ratio else None},
    }


def write(out: Path, command: list[str], driver: str, fields: dict[str, Any]) -> Path:
    """Write a driver's summary and put it into that of all; return the former's path."""
    head = header(command)
    own = out / driver / "summary.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    write_whole(own, json.dumps({**head, "driver": driver, **fields}, indent=1) + "\n")
    whole = out / "summary.json"
    try:
        drivers = dict(json.loads(whole.read_text(encoding="utf-8"))["drivers"])
    except (OSError, ValueError, KeyError, TypeError):
        drivers = {}  # none yet, or one of another version
    drivers[driver] = fields
    whole_fields = {**head, "drivers": drivers, "micro": dict.fromkeys(_MICRO)}
    write_whole(whole, json.dumps(whole_fields, indent=1) + "\n")
    return own


def render(driver: str, found: Measured, fields: dict[str, Any]) -> str:
    """Return what a person reads."""
    native = found.modes["native"]
    lines = [f"{driver}: instructions a packet of 60 bytes",
             f"{'':28}{'native':>9}{'off':>9}{'control':>9}{'all':>9}"]
    for title, part in (("transmit", "transmit"), ("receive", "receive"), ("receive, with the sender", "receive_whole")):
        lines.append(f"{title:28}" + "".join(
            f"{getattr(found.modes[mode], part):9.0f}" if mode in found.modes else f"{'-':>9}"
            for mode in ("native", *_RATIOS)))
        lines.append(f"{'':28}{'':9}" + "".join(_ratio(native, found.modes.get(mode), part) for mode in _RATIOS))
    call = fields["call_insns"]
    lines.append(f"begin and commit of a call that does nothing: {'-' if call is None else f'{call:.0f}'} instructions")
    ratio = fields["memory"]["text_ratio"]
    lines.append(f"code of the module: {'-' if ratio is None else f'{ratio:.2f}'} times native")
    return "\n".join(lines)


def _ratio(native: Cost, cost: Cost | None, part: str) -> str:
    return f"{getattr(cost, part) / getattr(native, part):9.4f}" if cost else f"{'-':>9}"
