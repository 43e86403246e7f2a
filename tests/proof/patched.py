"""A pytest plugin: contracts with one change, for whatever tests run with it.

EMC_VARIANT=0 python -m pytest -p tests.proof.patched tests/unit/emc/test_sale.py
"""

import os
import tempfile
from pathlib import Path

import tests.audit.kit
import tests.kit
from tests.proof.variants import VARIANTS

_folder = tempfile.TemporaryDirectory()
_variant = VARIANTS[int(os.environ["EMC_VARIANT"])]
tests.kit.deployer = tests.audit.kit.variant(  # type: ignore[assignment]
    Path(_folder.name), {_variant.path: [(_variant.before, _variant.after)]}, *_variant.contracts
)
