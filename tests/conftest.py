"""What all tests share: one Hypothesis profile, and skips that fail where nothing may be missing."""

import os
from collections.abc import Generator

import hypothesis
import pytest

hypothesis.settings.register_profile("maabar", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("maabar")

NO_SKIP = os.environ.get("MAABAR_NO_SKIP") == "1"


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure when MAABAR_NO_SKIP=1, as in continuous integration."""
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and MAABAR_NO_SKIP=1 allows no skip: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """See _forbid_skip."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """See _forbid_skip."""
    report = yield
    _forbid_skip(report)
    return report
