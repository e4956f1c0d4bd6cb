# SPDX-License-Identifier: GPL-2.0
"""`demo` and `status` as a user calls them, where no guest is needed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.commands import status, window
from harness.outcome import HarnessError
from harness.paths import REPO

UNIT: dict[str, Any] = {
    "source": "main.c", "unclassed": [], "kernel_functions": {"kfree": {}, "writel": {}},
    "entries": [{"name": "nic_open", "table": "net_device_ops.ndo_open"}, {"name": "nic_task", "table": ""}],
    "candidates": {"nic_open": {"table": "net_device_ops.ndo_open", "reason": ""}},
}
PATCH = """Subject: [PATCH] nic: build with the isolator

--- a/Makefile
+++ b/Makefile
@@ -1,3 +1,4 @@
 obj-m += nic.o
-nic-y := a.o
+nic-y := a.o b.o
+ccflags-y += $(FGFT_CFLAGS)
 # end
--- a/nic.c
+++ b/nic.c
@@ -10 +10 @@
--- count;
+count--;
"""


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(["/usr/bin/python3", "-m", "harness", *words], cwd=REPO, capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("words, listed", [
    (("demo", "--driver", "e2000"), "e1000"),
    (("demo", "--entry", "e1000_fly"), "e1000_set_mac"),
    (("demo", "--fault", "rain"), "null-load"),
    (("demo", "--jobs", "0"), "--jobs"),
    (("status", "--driver", "e2000"), "e1000"),
])
def test_bad_input_is_one_line_and_2(words: tuple[str, ...], listed: str) -> None:
    """The line says what there is instead; nothing is built or booted."""
    done = harness(*words)
    assert done.returncode == 2
    assert listed in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def tree(root: Path, units: list[dict[str, Any]], policy: str) -> Path:
    """Make a repository in which a driver `nic` has been built."""
    for path, text in (("drivers/nic/policy", policy), ("patches/nic/0001-x.patch", PATCH)):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(text, encoding="utf-8")
    reports = root / "build" / "6.1" / "plain" / "report" / "nic"
    reports.mkdir(parents=True)
    for number, unit in enumerate(units):
        (reports / f"{number}.json").write_text(json.dumps(unit), encoding="utf-8")
    return root


def test_status_has_the_window_share(tmp_path: Path) -> None:
    """What `window` measured last; null for an entry it has not seen."""
    root = tree(tmp_path, [UNIT], "entry nic_open\nentry nic_task\n")
    (root / "out" / "window").mkdir(parents=True)
    (root / "out" / "window" / "nic.json").write_text(json.dumps({"window_share": {"nic_open": 0.5}}), encoding="utf-8")
    assert {entry["name"]: entry["window_share"] for entry in status.collect("nic", root, "6.1")["entries"]} == {
        "nic_open": 0.5, "nic_task": None}
    (root / "out" / "window" / "nic.json").write_text("[]", encoding="utf-8")
    with pytest.raises(HarnessError, match="harness window --driver nic"):
        status.collect("nic", root, "6.1")


def test_window_reads_shares() -> None:
    """One line an entry point, a dash where nothing was measured."""
    assert window.shares("nic_open 0.5000\nnic_task -\n") == {"nic_open": 0.5, "nic_task": None}


def test_status_has_the_fixed_fields(tmp_path: Path) -> None:
    """Entries by name, a function counted once, unknown null."""
    other = {**UNIT, "entries": [], "kernel_functions": {"kfree": {}, "msleep": {}}}
    policy = "# both\nentry nic_task\nentry nic_open\nregister 0:0x10 plain  # R\n"
    assert status.collect("nic", tree(tmp_path, [UNIT, other], policy), "6.1") == {
        "driver": "nic",
        "entries": [
            {"name": "nic_open", "table": "net_device_ops.ndo_open", "isolatable": True, "reason": None,
             "window_share": None},
            {"name": "nic_task", "table": None, "isolatable": True, "reason": None, "window_share": None}],
        "kapi": {"reached": 3, "classed": 3, "tested": None},
        "patch": {"changed_lines": 2, "added_lines": 1, "annotations": 0, "policy_lines": 3},
    }


def test_status_says_why_an_entry_is_not_isolated(tmp_path: Path) -> None:
    """A missing function and a missing class each have their reason."""
    unit = {**UNIT, "unclassed": ["pci_fly"]}
    found = status.collect("nic", tree(tmp_path, [unit], "entry nic_open\nentry nic_gone\n"), "6.1")
    reasons = {entry["name"]: entry["reason"] for entry in found["entries"] if not entry["isolatable"]}
    assert reasons == {
        "nic_open": "main.c reaches pci_fly, which has no class",
        "nic_task": "main.c reaches pci_fly, which has no class",
        "nic_gone": "the driver has no function of this name"}
    assert found["kapi"] == {"reached": 3, "classed": 2, "tested": None}


def test_status_lists_what_stays_native(tmp_path: Path) -> None:
    """A function the kernel is handed shows with its reason, unless another unit isolates it."""
    elsewhere = {"table": "ops.fly", "reason": "its body is in another source file"}
    unit = {**UNIT, "entries": [], "candidates": {
        "nic_poll": {"table": "netif_napi_add#2", "reason": "nobody dares"}, "nic_open": elsewhere}}
    found = status.collect("nic", tree(tmp_path, [unit, UNIT], "entry *\nexcept nic_poll nobody dares\n"), "6.1")
    assert {entry["name"]: entry["reason"] for entry in found["entries"]} == {
        "nic_open": None, "nic_poll": "nobody dares", "nic_task": None}


def test_marks_in_the_source_are_annotations() -> None:
    """Ours in C files count, flags in a Makefile do not."""
    patch = "+++ b/Makefile\n+ccflags-y += $(FGFT_CFLAGS)\n+++ b/nic.c\n+int __fgft_entry nic_open(void)\n-fgft_old();\n"
    assert status.source_marks(patch) == 1 and status.source_marks("+++ b/nic.c\n+int x;\n") == 0


def test_table_of_drivers(tmp_path: Path) -> None:
    """A row a driver; what is not known is not a number."""
    text = status.table([status.collect("nic", tree(tmp_path, [UNIT], "entry nic_open\n"), "6.1")])
    rows = [line.split("- ", 1)[1] for line in text.splitlines() if "- " in line]
    assert rows[:2] == ["driver", "lines changed"] and rows[8:] == ["nic", "2", "1", "0", "1", "2 of 2", "2", "unknown"]


def test_page_of_drivers_is_what_the_tools_say() -> None:
    """The committed table is that of this build: regenerate it with `python3 -m harness status --all`."""
    page = (REPO / "Documentation" / "results" / "drivers.rst").read_text(encoding="utf-8")
    assert status.table([status.collect(name) for name in status.adopted()]) in page


def test_no_driver_needs_more_than_its_patch() -> None:
    """Ten lines at most, and no mark in the source."""
    for name in status.adopted():
        patch = status.collect(name)["patch"]
        assert patch["changed_lines"] + patch["added_lines"] <= 10 and patch["annotations"] == 0, name


def test_every_entry_of_e1000_is_isolatable() -> None:
    """All that e1000 hands to the kernel: tables, handlers, work, initialisation and exit."""
    found = {entry["table"]: entry for entry in status.collect("e1000")["entries"]}
    assert not [entry for entry in found.values() if not entry["isolatable"]]
    assert found.keys() >= {
        "net_device_ops.ndo_open", "net_device_ops.ndo_start_xmit", "ethtool_ops.self_test", "pci_driver.probe",
        "pci_driver.remove", "pci_driver.shutdown", "pci_error_handlers.slot_reset", "dev_pm_ops.suspend",
        "dev_pm_ops.resume", "request_irq#1", "netif_napi_add#2", "work_struct.func", "module.init", "module.exit"}


def test_status_needs_a_build(tmp_path: Path) -> None:
    """What has not been built is not said to be fine."""
    with pytest.raises(HarnessError, match="make modules DRIVER=nic"):
        status.collect("nic", tree(tmp_path, [], "entry nic_open\n"), "6.1")


def test_status_of_a_damaged_report(tmp_path: Path) -> None:
    """A report of another version is an error, not an empty status."""
    with pytest.raises(HarnessError, match="cannot be read"):
        status.collect("nic", tree(tmp_path, [{"source": "main.c"}], "entry nic_open\n"), "6.1")
