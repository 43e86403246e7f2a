"""The audit shares nothing with the code that it checks."""

import subprocess
import sys

import pytest

IMPORTS = """
import pkgutil, sys
import emc.audit
for module in pkgutil.walk_packages(emc.audit.__path__, "emc.audit."):
    # needs its extra
    if module.name != "emc.audit.bot" and module.name.startswith(sys.argv[1]):
        __import__(module.name)
print(*sorted(name for name in sys.modules if name.startswith("emc.")))
"""
# folders, which alone do nothing, where code lands, how a sentence and a file are written, and how
# a node is asked
ALLOWED = {
    "emc.artifacts",
    "emc.core",
    "emc.core.text",
    "emc.errors",
    "emc.files",
    "emc.core.addresses",
    "emc.core.parts",
    "emc.files.whole",
    "emc.rpc",
    "emc.rpc.http",
    "emc.rpc.node",
    "emc.rpc.query",
    "emc.rpc.refusal",
    "emc.rpc.shapes",
}
# how amounts are printed, also in findings
PRINTING = {"emc.core.units"}
# how changes of terms are put into words, once there is a verdict
TELLING = {
    "emc.core.forecast",
    "emc.core.limits",
    "emc.core.terms",
    "emc.core.view",
    "emc.core.view_rules",
    "emc.core.waterfall",
}


@pytest.mark.parametrize(
    ("modules", "allowed"),
    [
        ("emc.audit.prove", ALLOWED | PRINTING),
        ("emc.audit.read", ALLOWED),
        ("", ALLOWED | PRINTING | TELLING),
    ],
)
def test_nothing_of_the_checked_code_is_imported(modules: str, allowed: set[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-c", IMPORTS, modules], capture_output=True, text=True, check=True
    )
    names = set(found.stdout.split())
    assert (modules or "emc.audit.prove") in names
    others = {name for name in names if not name.startswith("emc.audit")}
    assert others <= allowed
