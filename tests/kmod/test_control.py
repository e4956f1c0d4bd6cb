# SPDX-License-Identifier: GPL-2.0
"""What an operator sees and may do: rights, tracepoints, dumps, unloading at any time."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.paths import REPO
from harness.qemu import Machine
from harness.soak.results import as_found

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/edu"
TRACING = "/sys/kernel/tracing"
DUMPS = "/sys/class/devcoredump"
TOOLS = Path(__file__).resolve().parent / "tools"


@pytest.fixture(scope="session")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fgft-decode, built."""
    out = tmp_path_factory.mktemp("tools")
    subprocess.run(["make", "--no-print-directory", "-C", str(REPO / "fgft/tools"), f"O={out}"], check=True,
                   stdout=subprocess.DEVNULL, timeout=300)
    return out / "fgft-decode"


@pytest.fixture(scope="session")
def tools(edu_machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs the guest has no others for."""
    out = tmp_path_factory.mktemp("control")
    for name in ("nobody", "uevents"):
        subprocess.run(["cc", "-static", "-O2", "-Wall", "-Werror", "-o", str(out / name), str(TOOLS / f"{name}.c")],
                       check=True, timeout=60)
        edu_machine.write_file(f"/bin/{name}", (out / name).read_bytes(), 0o755)


@pytest.fixture
def clean(edu: Machine, tools: None) -> Iterator[Machine]:
    """The driver new, isolated, and nothing left of dumps; nor of ours afterwards."""
    free(edu)
    edu.check(f"echo always > {CONTROL}/policy; echo > {TRACING}/trace")
    yield edu
    edu.check(f"echo 0 > {TRACING}/events/fgft/enable")
    free(edu)


def free(machine: Machine) -> None:
    """Take away every dump there is, as a collector does once it has read one."""
    machine.check(f"for i in 1 2 3 4 5; do for d in {DUMPS}/devcd*; do [ -e $d ] && echo 1 > $d/data; done; "
                  "sleep 0.3; done; true", timeout_s=30)


def strike(machine: Machine, command: str = "edu seek 8", entry: str = "edu_llseek", fault: str = "wild-store",
           last: bool = False) -> None:
    """Have a call fail at its first place, or at the last, behind all it does."""
    site = 1
    if last:
        machine.check(f"echo edu {entry} profile > /sys/kernel/fgft/inject; {command}")
        site = int(machine.check("sed -n 's/^hits: //p' /sys/kernel/fgft/inject"))
    machine.check(f"echo edu {entry} {fault} {site} > /sys/kernel/fgft/inject")
    assert machine.run(command).rc != 0


def wait_dump(machine: Machine, number: int) -> None:
    machine.check(f"for i in $(seq 300); do [ $(cat {CONTROL}/dumps) = {number} ] && exit 0; sleep 0.1; done; exit 1",
                  timeout_s=30)


def read_dump(machine: Machine, decoder: Path) -> dict[str, Any]:
    """The only dump there is, decoded."""
    names = machine.check(f"ls -d {DUMPS}/devcd*").split()
    assert len(names) == 1
    data = machine.read_file(f"{names[0]}/data")
    done = subprocess.run([str(decoder), "--json", "-"], input=data, capture_output=True, check=True, timeout=30)
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result


def test_nobody_gets_nothing(clean: Machine) -> None:
    """Another user than root can read no file of ours and write none; nor a dump."""
    strike(clean)
    wait_dump(clean, 1)
    files = clean.check(f"find /sys/kernel/fgft /sys/module/fgft/parameters {DUMPS}/*/data -type f").split()
    assert len(files) > 20
    clean.write_file("/tmp/files", "\n".join(files).encode())
    # As root the same loop opens what it may: it would notice.
    loop = ("for f in $(cat /tmp/files); do head -c1 $f > /dev/null 2>&1 && echo read $f; "
            "[ -w $f ] && echo write $f; done; true")
    assert "read " in clean.check(loop)
    clean.write_file("/tmp/loop", loop.encode(), 0o755)
    clean.check("chmod 644 /tmp/files")
    assert clean.check("nobody sh /tmp/loop") == ""


def test_tracepoints(clean: Machine) -> None:
    """Begin, commit, abort and restore are told, with what belongs to them."""
    clean.check(f"echo 1 > {TRACING}/events/fgft/enable; edu factorial 5")
    strike(clean)
    strike(clean, "dd if=/dev/edu0 bs=64 count=1", "edu_read", "null-load", last=True)
    clean.check(f"for i in $(seq 50); do [ $(cat {CONTROL}/recovering) = 0 ] && break; sleep 0.1; done")
    clean.check(f"echo 0 > {TRACING}/events/fgft/enable")
    text = clean.check(f"grep fgft_ {TRACING}/trace")
    assert re.search(r"fgft_begin: edu edu_ioctl level=0x?0", text)
    assert re.search(r"fgft_commit: edu edu_ioctl result=0 stores=\d+ calls=\d+ writes=[1-9]", text)
    assert re.search(r"fgft_abort: edu edu_llseek cause='wild store' needs=undo ip=__fgft_strike\.fgft\+\S+ \[edu\] "
                     r"address=0x[0-9a-f]+ result=-5 stores=\d+ calls=\d+ writes=0 rollback_ns=\d+", text)
    causes = "|".join(as_found(("bad load",), clean.spec.kernel))
    assert re.search(rf"fgft_abort: edu edu_read cause='({causes})' needs=pm", text)
    assert re.search(r"fgft_restore: edu edu_read device=0000:\S+ step=pm error=0 restore_ns=[1-9]", text)


def test_dump(clean: Machine, decoder: Path) -> None:
    """A fault behind device writes: the dump says what happened, where, and what was taken back."""
    device = clean.check(f"ls {CONTROL}/devices").strip()
    strike(clean, "edu factorial 10", "edu_ioctl", "null-load", last=True)
    wait_dump(clean, 1)
    dump = read_dump(clean, decoder)
    last = dict(line.split(": ", 1) for line in clean.check(f"cat {CONTROL}/last_fault").splitlines())
    fault = dump["fault"]
    assert dump["damage"] == []
    assert (fault["driver"], fault["entry"], fault["table"]) == ("edu", "edu_ioctl", "file_operations.unlocked_ioctl")
    assert (fault["cause"], fault["step"], fault["result"]) == (last["cause"], last["step"], -5)
    assert fault["device"] == last["device"] == device
    assert fault["task"] == "edu" and fault["context"] == "task"
    assert fault["kernel"] == clean.check("uname -r").strip()
    assert str(fault["rollback_ns"]) == last["rollback_ns"]
    assert (str(fault["undone_stores"]), str(fault["undone_calls"])) == (last["undone_stores"], last["undone_calls"])
    path = [frame["symbol"] for frame in dump["frames"]]
    assert path[0] == last["ip"]
    assert any(symbol.startswith("edu_ioctl.fgft+") for symbol in path)
    assert any("x64_sys_ioctl" in symbol for symbol in path)
    symbols = clean.check("cat /proc/kallsyms", timeout_s=60)
    for module in ("edu", "fgft"):
        ours = [frame for frame in dump["frames"] if frame["symbol"].endswith(f"[{module}]")]
        assert ours and all(at_symbol(frame, symbols) for frame in ours), (module, ours)
    assert dump["undo_total"] == fault["undone_stores"] + fault["undone_calls"] >= 1
    assert sum(item["stores"] for item in dump["ranges"]) == fault["undone_stores"]
    assert dump["writes_total"] == int(last["register_writes"]) == len(dump["writes"]) >= 1
    assert all(write["bar"] == 0 and write["width"] == 4 for write in dump["writes"])


def at_symbol(frame: dict[str, Any], symbols: str) -> bool:
    """Say whether the kernel has a frame's symbol where the frame is, and none nearer."""
    name, offset = re.split(r"[+/]", frame["symbol"])[:2]
    address = int(frame["address"], 16)
    module = frame["symbol"].rpartition(" ")[2]
    starts = [(int(line[:16], 16), line.split()[2]) for line in symbols.splitlines() if line.endswith(module)]
    nearest = max(start for start, _ in starts if start <= address)
    return address - int(offset, 16) == nearest and (nearest, name) in starts


def test_log_tells_what_is_counted(clean: Machine) -> None:
    """A worker writes the log, but whoever finds a fault in sysfs finds it there as well."""
    clean.write_file("/run/count", f"""
echo edu edu_llseek bug 1 > /sys/kernel/fgft/inject
dmesg -c > /dev/null
edu seek 8
while [ "$(cat {CONTROL}/faults)" = 0 ]; do usleep 1000; done
dmesg
""".encode())
    lines = clean.check("sh /run/count", timeout_s=30)
    assert re.search(r"fgft: FAULT: BUG in edu_llseek \[edu\]\n.*fgft:   at __fgft_strike\.fgft\+", lines), lines
    assert re.search(r"caller got \S+ \(-EIO\), rollback \d+ ns", lines), lines


def test_dump_of_a_fault_without_device(clean: Machine, decoder: Path) -> None:
    """Nothing tells the device of a seek: the dump is with our own one."""
    strike(clean, fault="bug")
    wait_dump(clean, 1)
    assert clean.check(f"basename $(readlink -f {DUMPS}/devcd*/failing_device)").strip() == "fgft"
    dump = read_dump(clean, decoder)
    assert (dump["fault"]["device"], dump["fault"]["cause"]) == ("", "BUG")


def test_dumps_wait_for_their_reader(clean: Machine, decoder: Path) -> None:
    """The kernel keeps one a device: the next fault's comes when that has been read."""
    strike(clean, fault="bug")
    strike(clean, fault="divide")
    wait_dump(clean, 1)
    assert read_dump(clean, decoder)["fault"]["cause"] == "BUG"
    clean.check(f"echo 1 > $(ls {DUMPS}/*/data)")
    wait_dump(clean, 2)
    assert read_dump(clean, decoder)["fault"]["cause"] == "divide error"
    assert clean.check(f"cat {CONTROL}/dumps_lost") == "0\n"


def test_too_many_dumps_are_counted(clean: Machine) -> None:
    """A storm of faults nobody reads about keeps the first and counts the others."""
    # Else the storm may climb to a restore, whose dump is with the device and not with ours.
    repeats = clean.check("cat /sys/module/fgft/parameters/repeats").strip()
    clean.check("echo 0 > /sys/module/fgft/parameters/repeats")
    for _ in range(20):
        strike(clean)
    clean.check(f"echo {repeats} > /sys/module/fgft/parameters/repeats")
    wait_dump(clean, 1)
    # One is with the kernel, sixteen wait; the first may have left before the last came.
    assert int(clean.check(f"cat {CONTROL}/dumps_lost")) in (3, 4)


def test_uevent_fields(clean: Machine) -> None:
    """The event names entry, cause, step, count and device; the dump has an event of its own."""
    device = clean.check(f"ls {CONTROL}/devices").strip()
    job = clean.background("uevents 3", timeout_s=20)
    clean.check("sleep 0.5")
    strike(clean, "edu factorial 10", "edu_ioctl", "null-load", last=True)
    result = clean.collect(job, 20)
    assert result
    events = [dict(line.split("=", 1) for line in event.splitlines()[1:]) for event in result.out.split("\n\n") if event]
    ours = [event for event in events if event.get("SUBSYSTEM") == "fgft"]
    assert len(ours) == 1
    last = dict(line.split(": ", 1) for line in clean.check(f"cat {CONTROL}/last_fault").splitlines())
    assert (ours[0]["ACTION"], ours[0]["DEVPATH"]) == ("change", "/kernel/fgft/edu")
    assert (ours[0]["FGFT_ENTRY"], ours[0]["FGFT_STEP"], ours[0]["FGFT_FAULTS"]) == ("edu_ioctl", last["step"], "1")
    assert ours[0]["FGFT_CAUSE"] in as_found(("bad load",), clean.spec.kernel)
    assert ours[0]["FGFT_DEVICE"] == device
    assert [event["ACTION"] for event in events if event.get("SUBSYSTEM") == "devcoredump"] == ["add"]


def test_unload_with_a_dump_waiting(clean: Machine, decoder: Path) -> None:
    """A dump pins neither the driver nor fgft.ko, and is readable when both are gone."""
    strike(clean)
    strike(clean, fault="bug")
    wait_dump(clean, 1)
    clean.check("rmmod edu && rmmod fgft", timeout_s=30)
    dump = read_dump(clean, decoder)
    assert dump["fault"]["cause"] == "wild store"
    assert any(symbol.startswith("edu_llseek.fgft+") for symbol in (frame["symbol"] for frame in dump["frames"]))
    clean.check("insmod /modules/fgft.ko && insmod /modules/edu.ko")
