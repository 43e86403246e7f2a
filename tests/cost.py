"""What the tests cost: CPU seconds by folder, printed at the end and never judged."""

import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests import forks

STARTING = "imports and collection"


def spent() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    return sum(os.times()[:4]) + forks.spent()


def folder_of(nodeid: str) -> str:
    """The folder that a test is in, two levels deep at most."""
    return "/".join(Path(nodeid.partition("::")[0]).parts[:-1][:3])


class Meter:
    """Notes on every report what was spent since the one before it, and adds up what comes in."""

    def __init__(self) -> None:
        self.last = 0.0
        self.starting = 0.0
        self.by_folder: dict[str, float] = defaultdict(float)

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self.last = self.last, spent()
        return self.last - before

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self.starting = self.lap()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        report = yield
        # xdist carries what is on a report from its workers to the process that prints
        report.cpu = self.lap()
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.by_folder[folder_of(report.nodeid)] += report.cpu

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["starting"] = self.starting

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.starting += getattr(node, "workeroutput", {}).get("starting", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows = sorted(self.by_folder.items(), key=lambda row: -row[1])
        terminalreporter.section("CPU seconds by folder")
        for name, seconds in (*rows, (STARTING, self.starting)):
            terminalreporter.line(f"{seconds:8.1f}  {name}")
        terminalreporter.line(f"{sum(self.by_folder.values()) + self.starting:8.1f}  in all")
