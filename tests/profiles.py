"""How hard hypothesis tries: `fast` by default, `deep` with HYPOTHESIS_PROFILE=deep."""

import os

import pytest
from _pytest.mark import ParameterSet
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "fast",
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # a failure is printed as found; the deep profile takes the minutes to make it small
    phases=[Phase.explicit, Phase.generate],
)
settings.register_profile(
    "deep",
    settings.get_profile("fast"),
    max_examples=1_000,
    stateful_step_count=80,
    derandomize=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "fast")
# tests marked `deep` run here alone
IS_DEEP = PROFILE == "deep"
settings.load_profile(PROFILE)


def long(*values: object) -> ParameterSet:
    """Parameters that the deep profile alone takes."""
    return pytest.param(*values, marks=pytest.mark.deep)


def effort(part: float) -> int:
    """So many examples: a part of what the profile in force asks for, at least one."""
    return max(1, round(settings().max_examples * part))
