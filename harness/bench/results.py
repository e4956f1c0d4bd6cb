# SPDX-License-Identifier: GPL-2.0
"""The bench's results: summary.json of a driver, of all drivers, and a table."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from harness.bench.measure import Cost, Measured
from harness.bench.recovery import STEPS, Recovery
from harness.demo.results import header
from harness.demo.table import duration
from harness.paths import write_whole

_RATIOS = ("off", "control", "all")
# What recoveries are to show.
UNDO_NS = 20_000
REGISTERS_NS = 100_000
PM_SHARE = 0.10
STORE_SHARE = 0.50


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


def driver_fields(found: Measured, text_ratio: float | None, recovered: Recovery | None = None,
                  grown: dict[str, Any] | None = None, per_call: int | None = None) -> dict[str, Any]:
    """Return a driver's part of the summary; what is not measured is null."""
    return {
        "recovery": (recovered or Recovery()).fields(),
        "cost": {
            "unit": "packet",
            **_ratios(found, "transmit"),
            "receive": {**_ratios(found, "receive"), "with_sender": _ratios(found, "receive_whole")},
            "entries": found.entries,
            "calls": found.calls,
        },
        "call_insns": round(found.call_insns, 1) if found.call_insns is not None else None,
        "checkpoint_insns": None,
        "growth": grown,
        "memory": {"module_bytes": found.module_bytes.get("isolated"), "native_module_bytes": found.module_bytes.get("native"),
                   "runtime_bytes": found.module_bytes.get("runtime"), "per_call_bytes": per_call,
                   "text_ratio": round(text_ratio, 3) if text_ratio else None},
    }


def write(out: Path, command: list[str], driver: str, fields: dict[str, Any], small: dict[str, Any]) -> Path:
    """Write a driver's summary and put it into that of all; return the former's path."""
    head = header(command)
    own = out / driver / "summary.json"
    own.parent.mkdir(parents=True, exist_ok=True)
    write_whole(own, json.dumps({**head, "driver": driver, **fields}, indent=1) + "\n")
    whole = out / "summary.json"
    try:
        known = dict(json.loads(whole.read_text(encoding="utf-8"))["drivers"])
        drivers = {name: of for name, of in known.items() if {*STEPS} <= {*of["recovery"]}}
    except (OSError, ValueError, KeyError, TypeError):
        drivers = {}  # none yet, or one of another version
    drivers[driver] = fields
    whole_fields = {**head, "drivers": drivers, "micro": small}
    write_whole(whole, json.dumps(whole_fields, indent=1) + "\n")
    return own


def render(driver: str, found: Measured, fields: dict[str, Any], small: dict[str, Any]) -> str:
    """Return what a person reads."""
    lines = []
    if fields["recovery"]["rows"]:
        lines += _recovery_lines(driver, fields["recovery"])
    if "native" in found.modes:
        lines += _cost_lines(driver, found, fields)
    if fields["growth"]:
        lines += _growth_lines(fields["growth"])
    if small["store_ns"] is not None:
        lines += _micro_lines(small)
    return "\n".join(lines)


def bounds(recovery: dict[str, Any]) -> list[tuple[str, bool | None]]:
    """Return what was to be shown of recoveries, and whether it is; None where that is not known."""
    def at_most(step: str, most: float | None) -> bool | None:
        # Of a call that keeps the client waiting by itself, what the fault adds.
        values = [row["outage_ns"] if row["added_ns"] is None else row["added_ns"] for row in best if row["step"] == step]
        return None if not values or most is None else max(values) <= most

    fine = {(row["what"], row["site"]) for row in recovery["rows"] if row["client"] == "fine"}
    best = [row for row in recovery["rows"] if row["client"] == "fine" or (row["what"], row["site"]) not in fine]
    untouched = [row for row in best if row["step"] == "undo"]
    restart = recovery["restart"]["outage_ns"]
    return [
        ("the device was not written: nothing is lost", all(row["lost"] == 0 for row in untouched) if untouched else None),
        (f"the device was not written: {UNDO_NS // 1000} us at most are added to the outage", at_most("undo", UNDO_NS)),
        (f"registers written back: {REGISTERS_NS // 1000} us at most are added to the outage", at_most("registers", REGISTERS_NS)),
        (f"restored by PM: {PM_SHARE:.0%} of a restart's outage at most", at_most("pm", restart and restart * PM_SHARE)),
    ]


# What a cost is measured against besides the length of the log: part of "growth",
# what size and cost are called, and their fields.
_SIZES = (
    ("ranges", "ranges", "a store to any", "ranges", "insns_per_store"),
    ("cpus", "CPUs at once", "an empty call", "cpus", "call_insns"),
    ("devices", "devices", "a frame sent by one", "devices", "transmit_insns"),
)


def _growth_lines(grown: dict[str, Any]) -> list[str]:
    lines = [f"{'stores of a call':>16}{'added, instructions':>21}{'a store':>9}{'rollback':>12}"]
    lines += [f"{row['stores']:>16}{row['call_insns']:>21.0f}{row['insns_per_store']:>9.1f}{_time(row['rollback_ns']):>12}"
              for row in grown["log"]]
    for part, of, what, size, cost in _SIZES:
        if grown[part]:
            lines.append(f"{of:>16}{what:>21}")
            lines += [f"{row[size]:>16}{row[cost]:>21.1f}" for row in grown[part]]
    return lines


def micro_bound(small: dict[str, Any]) -> tuple[str, bool | None]:
    """Return what was to be shown of a store, and whether it is."""
    ours, theirs = small["store_ns"], small["libitm_gl_wt_store_ns"]
    known = ours is not None and theirs is not None
    return f"a checked and logged store: {STORE_SHARE:.0%} of libitm's gl_wt at most", ours <= theirs * STORE_SHARE if known else None


def verdict(bound: tuple[str, bool | None]) -> str:
    """Return a line about something that was to be shown."""
    words = {True: "held", False: "MISSED", None: "not known"}
    return f"{words[bound[1]]}: {bound[0]}"


def _micro_lines(small: dict[str, Any]) -> list[str]:
    lines = ["a store of a transaction, in user space", f"{'':28}{'store':>9}{'undone':>9}"]
    for title, name in (("checked and logged", ""), ("libitm, gl_wt", "libitm_gl_wt_"), ("libitm, ml_wt", "libitm_ml_wt_")):
        lines.append(f"{title:28}{small[f'{name}store_ns']:>6.1f} ns{small[f'{name}undo_ns']:>6.1f} ns")
    return [*lines, verdict(micro_bound(small))]


def _time(value: int | None) -> str:
    return "-" if value is None else duration(value)


def _recovery_lines(driver: str, recovery: dict[str, Any]) -> list[str]:
    lines = [f"{driver}: outage at the client, the longest of each step, in guest time",
             f"{'':16}{'outage':>10}{'undisturbed':>13}{'added':>10}{'inside':>10}{'lost':>7}{'twice':>7}  where"]
    for step in STEPS:
        row = recovery[step]
        if row["outage_ns"] is None:
            lines.append(f"{step:16}not measured: {recovery['missing'].get(step, 'no fault took this step')}")
            continue
        lines.append(f"{step:16}{_time(row['outage_ns']):>10}{_time(row['undisturbed_ns']):>13}{_time(row['added_ns']):>10}"
                     f"{_time(row['inside_ns']):>10}{row['lost']:>7}{row['duplicated']:>7}  {row['what']}")
    return lines + [verdict(bound) for bound in bounds(recovery)]


def _cost_lines(driver: str, found: Measured, fields: dict[str, Any]) -> list[str]:
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
    return lines


def _ratio(native: Cost, cost: Cost | None, part: str) -> str:
    return f"{getattr(cost, part) / getattr(native, part):9.4f}" if cost else f"{'-':>9}"
