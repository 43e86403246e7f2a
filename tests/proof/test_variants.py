"""Each broken variant breaks what there is, and has its line in the table."""

from pathlib import Path

import pytest

from tests.proof import variants
from tests.proof.variants import PAGE, ROOT, VARIANTS, written

CLAIMS = "".join(path.read_text() for path in (ROOT / "tests" / "proof").glob("claims_*.py"))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: each.name)
def test_a_variant_changes_one_place_and_is_held_against_what_is_there(
    variant: variants.Variant,
) -> None:
    assert (ROOT / "contracts" / variant.path).read_text().count(variant.before) == 1
    assert f"def {variant.claim}(" in CLAIMS
    assert (ROOT / variant.example).exists()


def test_every_variant_has_its_line_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text()
    places = [text.index(f"\n| {each.name} | `contracts/{each.path}` | ") for each in VARIANTS]
    assert places == sorted(places)
    copied = tmp_path / "proof.md"
    copied.write_text(text)
    monkeypatch.setattr(variants, "PAGE", copied)
    written([])
    assert copied.read_text() == text
    old = next(line for line in text.splitlines() if line.startswith(f"| {VARIANTS[3].name} |"))
    new = f"| {VARIANTS[3].name} | other |"
    written([new + "\n"])
    assert copied.read_text() == text.replace(old, new)
