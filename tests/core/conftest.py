"""The chronicle of what a test does on the in-memory chain."""

import boa
import pytest

from tests.core.lives import Chronicle


@pytest.fixture
def chronicle(monkeypatch: pytest.MonkeyPatch) -> Chronicle:
    kept = Chronicle()
    monkeypatch.setattr(boa.env, "execute_code", kept.execute)
    return kept
