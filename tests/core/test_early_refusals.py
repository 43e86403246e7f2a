"""What can be refused without a chain is refused before anybody waits for one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from emc.cli import emc

EMC = "0x" + "11" * 20
MISSING = "is-not-there"
AS = ("--account", "TEST::1")


@pytest.fixture(autouse=True)
def _no_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(_: str) -> None:
        raise AssertionError("a chain was asked")

    monkeypatch.setattr("emc.chain.edge.connect", connected)
    monkeypatch.chdir(tmp_path)
    Path("there.json").write_text("{}")
    Path("orders.csv").write_text("order,customer,amount\\n1,ann,1\\n")


@pytest.mark.parametrize(
    "words",
    [
        ("deploy", f"{MISSING}.yaml"),
        ("deploy", f"{MISSING}.json"),
        ("deploy", "there.json", "--parties", f"{MISSING}.yaml"),
        ("sell", EMC, "--orders", f"{MISSING}.csv"),
        ("sell", f"{MISSING}.json", "--orders", "orders.csv"),
        ("sell", f"{MISSING}.yaml", "--orders", "orders.csv"),
        ("status", f"{MISSING}.json"),
        ("status", EMC, "--agreement", f"{MISSING}.json"),
        ("simulate", "sale", f"{MISSING}.json", "--amount", "1"),
        ("simulate", "change", f"{MISSING}.json"),
        ("pay", f"{MISSING}.json", "--order", "1", "--amount", "1", *AS),
        ("sign", f"{MISSING}.json", *AS),
        ("renegotiate", "propose", f"{MISSING}.json", "--share", "1=20", "--out", "new.json"),
        ("renegotiate", "show", f"{MISSING}.json"),
        ("renegotiate", "submit", f"{MISSING}.json", *AS),
        ("renegotiate", "status", f"{MISSING}.json"),
        ("renegotiate", "open", f"{MISSING}.json", *AS),
        ("amend", "propose", EMC, "--terms", f"{MISSING}.yaml", "--out", "new.json"),
        ("expel", "charge", EMC, "--row", "1", "--clause", "x", "--evidence", MISSING, *AS),
        ("rate", "commit", EMC, f"{MISSING}.yaml", *AS),
        ("rate", "reply", EMC, f"{MISSING}.md", *AS),
        ("call", "open", f"{MISSING}.yaml", *AS),
        ("call", "award", "1", f"{MISSING}.yaml", "--me", "2", *AS),
        ("bid", "place", "1", f"{MISSING}.yaml", *AS),
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_is_named_at_once(words: tuple[str, ...]) -> None:
    result = CliRunner(mix_stderr=False).invoke(emc, words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert MISSING in result.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("status", "0x12"), "0x12 is not an address"),
        (("sell", "0x12", "--orders", "orders.csv"), "0x12 is not an address"),
        (("till", "end", "0x12", *AS), "0x12 is not an address"),
        (("rate", "open", "0x12", *AS), "0x12 is not an address"),
        (("amend", "draft", EMC, "--out", "there.json"), "there.json is there already"),
        (("disband", "propose", EMC, "--out", "there.json"), "there.json is there already"),
        (
            ("renegotiate", "propose", EMC, "--share", "much", "--out", "new.json"),
            "--share 'much' is not ROW=PERCENT",
        ),
    ],
    ids=str,
)
def test_a_word_that_cannot_be_meant_is_refused_at_once(words: tuple[str, ...], why: str) -> None:
    result = CliRunner(mix_stderr=False).invoke(emc, words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Error: {why}" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--me"),
        ("agenda", "--me"),
        ("statement", "--me"),
        ("reputation",),
        ("trust", "--seed"),
        ("call", "show", "1", "--me"),
        ("call", "decline", "1", "--me"),
        ("audit", "statement", "--me"),
        ("me", "accept"),
    ],
    ids=" ".join,
)
def test_who_names_an_account_for_an_me_is_told_where_its_id_is_found(
    words: tuple[str, ...],
) -> None:
    result = CliRunner(mix_stderr=False).invoke(emc, [*words, "baker"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'baker' is not an ME id, a number such as 3; `emc me show baker`" in result.stderr
    for wrong in ("0", "1.5", "9" * 20):
        refused = CliRunner(mix_stderr=False).invoke(emc, [*words, wrong]).stderr
        assert f"'{wrong}' is not an ME id, a number such as 3\n" in refused


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("renegotiate", "propose", EMC, "--share", "1=20"), "autumn.json"),
        (("collect", "there.json"), "signed.agreement.json"),
        (("audit", "report"), "report.html"),
        (("audit", "export", "--format", "csv"), "export"),
        (("checkout", "request", EMC, "--order", "1", "--amount", "1"), "1001.json"),
        (("canvas", "draw", "there.json"), "page.svg"),
    ],
    ids=str,
)
def test_who_says_not_where_to_write_is_given_a_name(words: tuple[str, ...], name: str) -> None:
    result = CliRunner(mix_stderr=False).invoke(emc, words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Name the file to write, such as {name}\n" in result.stderr
