"""A pytest plugin: contracts with one change, for whatever tests run with it.

EMC_VARIANT=0 EMC_FAILED=FILE python -m pytest -p tests.proof.patched tests/unit/emc/test_sale.py

Into FILE goes one JSON: the first test that failed, by kind, `invariant` or `example`. A kind of
which one test has failed runs no others.
"""

import gc
import json
import os
import tempfile
from pathlib import Path

import pytest

import tests.audit.kit
import tests.kit
from tests.proof.variants import VARIANTS

_folder = tempfile.TemporaryDirectory()
_variant = VARIANTS[int(os.environ["EMC_VARIANT"])]
# with EMC_CONTROL the source is compiled again as it is
_after = _variant.before if os.environ.get("EMC_CONTROL") else _variant.after
tests.kit.deployer = tests.audit.kit.variant(  # type: ignore[assignment]
    Path(_folder.name), {_variant.path: [(_variant.before, _after)]}, *_variant.contracts
)
_failed: dict[str, str] = {}


def _kind(nodeid: str) -> str:
    return "invariant" if nodeid.startswith("tests/stateful/") else "example"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out the tests of a kind that has found the change."""
    if _kind(item.nodeid) in _failed:
        pytest.skip("another test has found it")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the first test of each kind that fails."""
    if report.failed:
        _failed.setdefault(_kind(report.nodeid), report.nodeid)


def pytest_sessionfinish() -> None:
    """Tell what failed."""
    Path(os.environ["EMC_FAILED"]).write_text(json.dumps(_failed))


def pytest_unconfigure() -> None:
    """Let the process end at once: the trees of what was compiled need not be gone through."""
    _folder.cleanup()
    gc.freeze()
