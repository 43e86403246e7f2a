"""A pytest plugin: contracts with one change, for whatever tests run with it.

EMC_VARIANT=0 python -m pytest -p tests.proof.patched tests/unit/emc/test_sale.py
"""

import gc
import os
import tempfile
from pathlib import Path

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


def pytest_unconfigure() -> None:
    """Let the process end at once: the trees of what was compiled need not be gone through."""
    _folder.cleanup()
    gc.freeze()
