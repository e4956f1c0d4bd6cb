# SPDX-License-Identifier: GPL-2.0
"""A fault in an isolated driver, while it is in use: is everything as before?

Every question is a check with a name; a case is recovered when each was
answered with yes.  What could not be asked any more, since the guest was lost,
is answered with no.  How long it took and what got lost meanwhile are bounds:
a case that misses one is recovered, but does not show what it should.
"""

from __future__ import annotations

import enum
import errno
import os
import time
from dataclasses import dataclass, field

from harness.agent import AgentError, Result
from harness.console import Report
from harness.driver import Entry
from harness.demo.faults import Fault
from harness.demo.target import TAINT_DIE, LastFault, Profile, Target, View, last_lines
from harness.outcome import GuestLost, HarnessError, Outcome
from harness.service import Seen

# Guest seconds.
_RECOVERY_S = 15.0
# What is seen before the fault and after the recovery, so that a late loss counts.
_MARGIN_US = 30000


class IsolatedOutcome(enum.Enum):
    """What became of an isolated case."""

    RECOVERED = "recovered"
    REFUSED = "refused"  # the runtime would not isolate or not roll back; nothing else is broken
    FAILED = "failed"


# Every check and what it means when it says no, in the order it is told.
CHECKS: dict[str, str] = {
    "guest_alive": "the guest was lost",
    "carried_out": "the harness could not go on",
    "struck": "the fault did not strike",
    "detected": "the runtime reported no fault, or more than one",
    "cause": "the runtime reported another fault than the one injected",
    "restored": "the device was not restored",
    "finished": "recovery did not end in time",
    "errno": "the caller did not get the driver's error",
    "settings_kept": "settings have changed",
    "traffic_after": "no service afterwards",
    "no_loss": "something was lost although the device had not been written",
    "outage_bounded": "the outage was longer than a fifth of a restart",
    "resources_clean": "memory was leaked",
    "retry_ok": "the same call without the fault failed",
    "all_entries_ok": "another entry point does not work any more",
    "victim_intact": "data of another module was overwritten",
    "tainted_die": "the kernel counts itself as having died (TAINT_DIE)",
    "console_clean": "the kernel complained",
}

BOUNDS = frozenset({"no_loss", "outage_bounded"})


@dataclass
class Isolated:
    """An isolated case as far as it got."""

    outcome: IsolatedOutcome = IsolatedOutcome.FAILED
    # True: as it should be.  A check that does not apply is absent.
    checks: dict[str, bool] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)  # by check
    fault: LastFault | None = None
    errno: int | None = None  # what the caller got, positive; None: none, or no convention
    traffic: Seen | None = None
    evidence: str = ""
    wall_s: float = 0.0

    def answer(self, check: str, good: bool, detail: str = "") -> bool:
        """Record a check; a no is never overwritten by a later yes."""
        if check not in CHECKS:
            raise KeyError(check)
        self.checks[check] = self.checks.get(check, True) and good
        if not good and detail:
            self.details[check] = detail
        return good

    @property
    def works(self) -> bool:
        """Whether the case came to its end and every check but the bounds said yes."""
        return (self.checks.keys() >= {"struck", "detected", "all_entries_ok"}
                and all(good for name, good in self.checks.items() if name not in BOUNDS))

    @property
    def in_bounds(self) -> bool:
        """Whether no bound was missed."""
        return all(self.checks.get(name, True) for name in BOUNDS)

    @property
    def reasons(self) -> list[str]:
        """What was not as it should be, a line each."""
        return [CHECKS[name] + (f": {self.details[name]}" if name in self.details else "")
                for name, good in self.checks.items() if not good]


def run(target: Target, entry: Entry, fault: Fault, profile: Profile, bound_ns: float) -> Isolated:
    """Strike one isolated entry point; the outage may last `bound_ns`."""
    begun = time.monotonic()
    case = Isolated()
    target.rewind()
    mark = target.machine.console.mark()
    try:
        if not target.isolate():
            case.outcome = IsolatedOutcome.REFUSED
            case.answer("carried_out", False, "the policy was refused")
        else:
            _strike_and_check(case, target, entry, fault, profile, bound_ns)
        case.answer("guest_alive", True)
    except GuestLost as lost:
        case.answer("guest_alive", False, f"{lost.outcome.value}: {lost.detail}")
    except (HarnessError, AgentError) as error:
        case.answer("carried_out", False, str(error))
    check_console(case, target.machine.console.since(mark), fault)
    if case.outcome is not IsolatedOutcome.REFUSED and case.works:
        case.outcome = IsolatedOutcome.RECOVERED
    case.evidence = last_lines(target, mark)
    case.wall_s = time.monotonic() - begun
    return case


def _strike_and_check(case: Isolated, target: Target, entry: Entry, fault: Fault, profile: Profile,
                      bound_ns: float) -> None:
    before = target.look()
    client = target.driver.service.start(target.machine)
    target.machine.run(["usleep", str(_MARGIN_US)])
    target.arm(entry, fault.name, profile.half_way)
    result = target.change(entry)
    state = target.await_inject()
    case.answer("struck", state.get("state") == "struck", f"injection is {state.get('state')}")
    case.answer("finished", target.await_recovery(before.faults, _RECOVERY_S))
    case.answer("traffic_after", target.served())
    target.machine.run(["usleep", str(_MARGIN_US)])
    case.traffic = client.stop()
    after = target.look()
    _check_fault(case, before, after, entry, fault)
    _check_errno(case, result, entry)
    _check_traffic(case, bound_ns, target.driver.service.unit)
    _check_kept(case, before, after)
    _check_future(case, target, entry, before)


def _check_fault(case: Isolated, before: View, after: View, entry: Entry, fault: Fault) -> None:
    case.fault = last = after.last_fault if after.faults > before.faults else None
    case.answer("detected", after.faults == before.faults + 1, f"{after.faults - before.faults} faults")
    if not last:
        return
    case.answer("cause", last.entry == entry.name and last.cause in fault.causes,
                f"{last.cause} in {last.entry} at {last.ip}")
    case.answer("restored", last.step != "failed")
    case.answer("finished", not after.recovering)


def _check_errno(case: Isolated, result: Result, entry: Entry) -> None:
    """Compare what the tool printed with what the runtime returned."""
    said = (result.err + result.out).strip()
    if not entry.errno:
        # Such a caller is told nothing: the command must not notice.
        case.answer("errno", result.outcome is Outcome.PASSED, f"'{entry.change}' {result.outcome.value}: {said[-200:]}")
        return
    returned = case.fault.result if case.fault else 0
    expected = os.strerror(-returned) if returned < 0 else None
    told = expected is not None and result.outcome is Outcome.FAILED and expected in said
    case.answer("errno", told, f"returned {returned}, the command {result.outcome.value}, printed: {said[-200:]}")
    if told:
        case.errno = -returned


def _check_traffic(case: Isolated, bound_ns: float, unit: str) -> None:
    traffic = case.traffic
    if not traffic:
        return
    if case.fault and not case.fault.device_written:
        case.answer("no_loss", traffic.lost == 0, f"{traffic.lost} {unit}")
    case.answer("outage_bounded", traffic.outage_ns <= bound_ns,
                f"{traffic.outage_ns / 1e6:.1f} ms, bound {bound_ns / 1e6:.1f} ms")


def _check_kept(case: Isolated, before: View, after: View) -> None:
    changed = [f"{name} was {value}, is {after.settings[name]}"
               for name, value in before.settings.items() if after.settings[name] != value or value is None]
    case.answer("settings_kept", not changed, "; ".join(changed))
    _check_resources(case, before, after, "after the fault")
    case.answer("victim_intact", after.victim == "intact")
    case.answer("tainted_die", not after.tainted & TAINT_DIE)


def _check_resources(case: Isolated, before: View, now: View, when: str) -> None:
    leaks = []
    if now.ranges != before.ranges:
        leaks.append(f"{when}: ranges {_difference(before.ranges, now.ranges)}")
    if now.allocations is None or now.allocations != before.allocations:
        leaks.append(f"{when}: {before.allocations} areas in /proc/vmallocinfo before, {now.allocations} now")
    case.answer("resources_clean", not leaks, "; ".join(leaks))


def _difference(before: str, now: str) -> str:
    was, lines = set(before.splitlines()), now.splitlines()
    return ", ".join(f"'{line}'" for line in lines if line not in was) + " were " + ", ".join(
        f"'{line}'" for line in before.splitlines() if line not in lines)


def _check_future(case: Isolated, target: Target, entry: Entry, before: View) -> None:
    """Try the call again without the fault, then every other: no lock may be held.

    The settings were compared before: the calls change them and change them back.
    """
    wrong = target.retry(entry)
    case.answer("retry_ok", not wrong, wrong)
    wrong = target.sweep(besides=entry)
    case.answer("all_entries_ok", not wrong, wrong)
    case.answer("traffic_after", target.served(), "after a call of every entry point")
    last = target.look(settings=False)
    case.answer("detected", last.faults == before.faults + 1, f"{last.faults - before.faults} faults in the end")
    _check_resources(case, before, last, "after a call of every entry point")
    case.answer("victim_intact", last.victim == "intact")
    case.answer("tainted_die", not last.tainted & TAINT_DIE)


def check_console(case: Isolated, reports: list[Report], fault: Fault) -> None:
    """No report of the kernel, but for the one line BUG() prints before anyone is asked."""
    complaints = [report.title for report in reports
                  if not (report.kind is fault.noise and not report.symbol)]
    case.answer("console_clean", not complaints, "; ".join(complaints))


def errno_name(number: int | None) -> str | None:
    """Return an error number's name, as in "EIO"."""
    return None if number is None else errno.errorcode.get(number, str(number))
