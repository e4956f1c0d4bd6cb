# SPDX-License-Identifier: GPL-2.0
"""The demo's results as files: summary.json, and trials.jsonl with everything."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from harness import kernel
from harness.demo.case import Case
from harness.demo.isolated import errno_name
from harness.demo.restart import Restart
from harness.paths import REPO, write_whole
from harness.spec import QEMU, Spec

SCHEMA = 1


def _first_line(argv: list[str]) -> str | None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return None
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else None


def _compiler() -> str | None:
    found = _first_line([str(REPO / "scripts" / "kernel-cc")])
    return _first_line([found, "--version"]) if found else None


def header(command: list[str]) -> dict[str, Any]:
    """Return the fields every result file starts with."""
    return {
        "schema": SCHEMA,
        "command": command,
        "kernel": {"release": kernel.headers_release(), "patched": False},
        "qemu": _first_line([QEMU, "--version"]),
        "compiler": _compiler(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def case_fields(case: Case) -> dict[str, Any]:
    """Return one case as it stands in the summary; what is not known is null."""
    native, isolated = case.native, case.isolated
    fault = isolated.fault if isolated else None
    traffic = isolated.traffic if isolated else None
    checks = isolated.checks if isolated else {}
    tainted = checks.get("tainted_die")
    return {
        "entry": case.entry.name,
        "fault": case.fault.name,
        "native": native.outcome.value if native and native.outcome else None,
        "isolated": isolated.outcome.value if isolated else None,
        "errno": errno_name(isolated.errno) if isolated else None,
        "device_written": fault.device_written if fault else None,
        "step": fault.step if fault else None,
        "rollback_ns": fault.rollback_ns if fault else None,
        "restore_ns": fault.restore_ns if fault else None,
        "outage_ns": traffic.outage_ns if traffic else None,
        "lost": traffic.lost if traffic else None,
        "undisturbed_outage_ns": case.undisturbed.outage_ns if case.undisturbed else None,
        "traffic_after": checks.get("traffic_after"),
        "settings_kept": checks.get("settings_kept"),
        "resources_clean": checks.get("resources_clean"),
        "retry_ok": checks.get("retry_ok"),
        # The check's yes means that the flag is not set.
        "tainted_die": None if tainted is None else not tainted,
        "reasons": case.reasons,
    }


def trial(case: Case) -> dict[str, Any]:
    """Return everything known of a case."""
    native, isolated = case.native, case.isolated
    return {
        **case_fields(case),
        "command": case.command,
        "profile": {**asdict(case.profile), "struck_at": case.profile.half_way},
        "native_detail": native.detail if native else None,
        "native_wall_s": round(native.wall_s, 3) if native else None,
        "cause": isolated.fault.cause if isolated and isolated.fault else None,
        "checks": isolated.checks if isolated else None,
        "traffic": asdict(isolated.traffic) if isolated and isolated.traffic else None,
        "isolated_wall_s": round(isolated.wall_s, 3) if isolated else None,
        "console": isolated.evidence if isolated and not case.shown else None,
    }


def write(directory: Path, command: list[str], driver: str, spec: Spec, cases: list[Case],
          restart: Restart | None, wall_s: float) -> Path:
    """Write both files; return the summary's path."""
    directory.mkdir(parents=True, exist_ok=True)
    summary = {
        **header(command),
        "driver": driver,
        "machine": {"smp": spec.smp, "cpu": spec.cpu, "icount": spec.icount, "panic_on_oops": spec.panic_on_oops,
                    "nic": spec.nut_model or None, "arguments": list(spec.arguments)},
        "cases": [case_fields(case) for case in cases],
        "restart": {"outage_ns": restart.traffic.outage_ns if restart else None,
                    "lost": restart.traffic.lost if restart else None},
        "wall_s": round(wall_s, 1),
    }
    path = directory / "summary.json"
    write_whole(path, json.dumps(summary, indent=1) + "\n")
    write_whole(directory / "trials.jsonl", "".join(json.dumps(trial(case)) + "\n" for case in cases))
    return path
