"""One plain line a check, where pytest would print a dot: how it ended, what was promised, how many cases, how long."""

import sys
from dataclasses import dataclass, field

import pytest

WORDS = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}
WORST_FIRST = ("failed", "passed", "skipped")


@dataclass(slots=True)
class Check:
    """One test function with all its cases."""

    name: str
    outcomes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""

    def line(self) -> str:
        outcome = next((each for each in WORST_FIRST if each in self.outcomes), "skipped")
        cases = f"{len(self.outcomes)} cases, " if len(self.outcomes) > 1 else ""
        reason = f": {self.reason}" if outcome == "skipped" else ""
        return f"{WORDS[outcome]:<8} {sentence(self.name)}{reason} ({cases}{self.seconds:.1f} s)"


def sentence(name: str) -> str:
    """test_the_lock_is_kept -> the lock is kept."""
    return name.removeprefix("test_").replace("_", " ")


class Lines:
    """A plugin for pytest: cases of a function come one after another, and its line when the last has ended."""

    def __init__(self) -> None:
        self._check: Check | None = None
        self._place = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        counts = report.when == "call" or report.outcome != "passed"
        return (report.outcome if counts else "", "", "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        place = report.nodeid.partition("[")[0]
        if place != self._place:
            self._print()
            self._place, self._check = place, Check(place.rpartition("::")[2])
        check = self._check
        assert check is not None
        check.seconds += report.duration
        if report.when == "call" or report.outcome != "passed":
            check.outcomes.append(report.outcome)
        if report.skipped and isinstance(report.longrepr, tuple):
            check.reason = report.longrepr[2].removeprefix("Skipped: ")

    def pytest_sessionfinish(self) -> None:
        self._print()

    def _print(self) -> None:
        if self._check is not None:
            sys.__stdout__.write(self._check.line() + "\n")  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]
        self._check = None
