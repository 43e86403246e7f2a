"""The tables and figures of the specification are those of the code."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from eth_utils import keccak

from emc import artifacts
from emc.core.limits import MAX_AMOUNT, MAX_ROWS
from emc.core.terms import Gate, Row, Terms
from emc.core.typed_data import Domain, agreement
from emc.core.units import PPM, parse_part
from emc.core.waterfall import entitlement, page
from tests import tables as written
from tests.docs.pages import ROOT, section, tables
from tests.kit import World, address, received

PAGE = "docs/specification.md"
CONTRACTS = (
    "MicroEnterprises",
    "Consent",
    "Changes",
    "Conduct",
    "Goals",
    "CallForBids",
    "EMC",
    "Reputation",
    "Checkout",
    "System",
)


def entry(contract: str, name: str) -> dict[str, Any]:
    """A function or event of a contract."""
    (found,) = (each for each in artifacts.load(contract)["abi"] if each.get("name") == name)
    return dict(found)


def flat(components: list[dict[str, Any]], prefix: str = "") -> list[tuple[str, str]]:
    """The fields of a struct with dotted names, in order."""
    fields = []
    for each in components:
        name = f"{prefix}{each['name']}{'[i]' if each['type'] == 'tuple[3]' else ''}"
        if "components" in each:
            fields += flat(each["components"], f"{name}.")
        else:
            fields.append((name, each["type"]))
    return fields


def named(cell: str) -> str:
    """A cell without its backticks."""
    return cell.strip("`")


# the terms


def terms_table() -> list[list[str]]:
    return tables(section(PAGE, "Terms"))[0][1:]


def test_the_terms_are_those_that_consent_takes_in_their_order() -> None:
    (terms,) = (each for each in entry("Consent", "check")["inputs"] if each["name"] == "terms")
    assert [(named(line[0]), line[1]) for line in terms_table()] == flat(terms["components"])
    assert f"struct of {len(terms_table())} values" in section(
        PAGE, "Terms hash, canvas hash and address"
    )


def readers(field: str) -> set[str]:
    """The contracts and modules that read a field of the terms."""
    # goal.x is also read as a local `goal`
    names = rf"\bterms\.{re.escape(field)}\b"
    if field.startswith("goal.measures"):
        names += rf"|\b(measure|proceeds)\.{field.rpartition('.')[2]}\b"
    elif field.startswith("goal."):
        names += rf"|\b{re.escape(field)}\b"
    return {
        path.name
        for path in (ROOT / "contracts").rglob("*.vy")
        if "mocks" not in path.parts and re.search(names, path.read_text())
    }


@pytest.mark.parametrize("line", terms_table(), ids=lambda line: named(line[0]))
def test_the_terms_that_nothing_reads_yet_are_marked(line: list[str]) -> None:
    field = named(line[0])
    # the bar goes to its registry whole
    is_read = bool(readers(field) - {"terms.vy"}) or field.startswith("bar.")
    assert is_read is (line[4] != "-"), readers(field)


def test_the_words_of_a_row_hold_what_their_table_says() -> None:
    lines = tables(section(PAGE, "Terms"))[1][1:]
    shifts: dict[str, tuple[int, int]] = {}
    for word in ("party", "pay", "limits"):
        at = 256
        for _, field, bits, *_ in (each for each in lines if named(each[0]) == word):
            at -= int(bits)
            shifts[f"{word} {field}"] = (at, int(bits))
        assert at == 0, word
    values = {
        "party party": 7,
        "party is node": 1,
        "pay payee": int("0x" + "ab" * 20, 16),
        "pay running": 11,
        "pay base": 22,
        "pay leading": 33,
        "pay upside": 44,
        "pay row id": 5,
        "limits cost cover": 2**95 - 1,
        "limits lower": 3,
        "limits upper": PPM,
    }
    row = Row(5, 7, "0x" + "ab" * 20, 22, 33, 44, 3, PPM, running=11, cost=2**95 - 1)
    for word, packed in zip(("party", "pay", "limits"), row.pack(), strict=True):
        for name, (at, bits) in shifts.items():
            if name.startswith(f"{word} "):
                assert packed >> at & (2**bits - 1) == values.get(name, 0), name


def test_the_page_holds_what_its_table_says() -> None:
    source = (ROOT / "contracts/modules/page_layout.vy").read_text()
    layout = re.findall(r"^ {7}(?:byte +(\d+)|then) +(?:row: )?(.+)$", source, re.MULTILINE)
    shown = tables(section(PAGE, "The payment page"))[0][1:]
    assert len(layout) == len(shown) == 7
    for (byte, fields), (where, text) in zip(layout, shown, strict=True):
        assert where == (byte or "after the rows")
        parts = text.rpartition(": ")[2].split(", ")
        assert sum(int(part.rpartition(" ")[2]) for part in parts) == 256
        if byte:
            assert " | ".join(parts) == fields
        else:
            assert parts == [fields.partition(",")[0]] * 2


# what a node signs


def message() -> dict[str, Any]:
    row = written.row(0, PPM)
    terms = written.terms((row,), ends_at=10, deadline=5)
    return agreement(
        Domain(1, "Consent", "0x" + "33" * 20),
        emc="0x" + "44" * 20,
        terms=terms,
        row=row,
        signer="0x" + "55" * 20,
        deadline=9,
    )


def test_the_message_is_the_one_that_wallets_get_and_consent_hashes() -> None:
    shown = [
        (named(line[0]), line[1]) for line in tables(section(PAGE, "What a node signs"))[1][1:]
    ]
    assert shown == [(field["name"], field["type"]) for field in message()["types"]["Agreement"]]
    hashed = f"Agreement({','.join(f'{kind} {name}' for name, kind in shown)})"
    sources = [path.read_text() for path in (ROOT / "contracts").rglob("*.vy")]
    assert sum(f'"{hashed}"' in source for source in sources) == 1


def test_the_domain_is_the_one_that_wallets_get() -> None:
    shown = dict(tables(section(PAGE, "What a node signs"))[0][1:])
    domain = message()["domain"]
    assert [named(name) for name in shown] == list(domain)
    assert (shown["`name`"], shown["`version`"]) == (domain["name"], domain["version"])


# events


def typed(entry: dict[str, Any]) -> str:
    """The type of an argument, tuples written out."""
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    inside = ",".join(typed(each) for each in entry["components"])
    return f"({inside}){entry['type'].removeprefix('tuple')}"


def field(entry: dict[str, Any]) -> str:
    """A field of an event."""
    return f"{typed(entry)}{' indexed' * entry['indexed']} {entry['name']}"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_function_and_event_is_in_the_interface(contract: str) -> None:
    """By selector, and events by name, types and what is indexed."""
    shown = section("docs/interface.md", contract)
    abi = artifacts.load(contract)["abi"]
    selectors = {
        f"### {each['name']} 0x"
        + keccak(text=f"{each['name']}({','.join(map(typed, each['inputs']))})")[:4].hex()
        for each in abi
        if each["type"] == "function"
    }
    blocks = re.findall(r"^(### \w+)\n\n```text\n.+\n(0x[0-9a-f]{8})", shown, re.MULTILINE)
    assert {f"{name} {selector}" for name, selector in blocks} == selectors
    events = [
        f"{each['name']}({', '.join(map(field, each['inputs']))})"
        for each in abi
        if each["type"] == "event"
    ]
    listed = shown.partition("### Events of")[2].splitlines()
    assert sorted(line for line in listed if "(" in line) == sorted(events)


def test_every_field_of_a_payout_is_explained() -> None:
    explained = tables(section(PAGE, "Events, and state from events alone"))[0][1:]
    fields = [field["name"] for field in entry("EMC", "Payout")["inputs"]]
    assert [named(line[0]) for line in explained] == fields


def test_every_event_serves_to_rebuild_something_or_is_explained() -> None:
    text = section(PAGE, "Events, and state from events alone")
    rebuilt = text.partition("and rebuilds:")[2]
    left = {
        each["name"]
        for contract in CONTRACTS
        for each in artifacts.load(contract)["abi"]
        if each["type"] == "event" and f"`{each['name']}`" not in rebuilt
    }
    # foreign tokens, profiles, offers and how contracts came to be are told, not counted
    assert left == {"Rescued", "ProfileChanged", "AccountOffered", "Created"}


# roles


def test_every_function_that_writes_is_somebodys_to_call() -> None:
    text = section(PAGE, "Contracts and roles")
    writing = {
        f"{contract}.{each['name']}"
        for contract in CONTRACTS
        for each in artifacts.load(contract)["abi"]
        if each["type"] == "function" and each["stateMutability"] in ("nonpayable", "payable")
    }
    assert {name for name in writing if f"`{name}`" not in text} == set()


# the worked example


def example() -> Terms:
    """The terms of the worked example, as its first table shows them."""
    text = section(PAGE, "Worked example")
    goal = re.search(r"Benchmark (\d+), target (\d+), gate at the benchmark", text)
    assert goal is not None
    rows = tuple(
        written.row(
            int(cells[0]),
            (parse_part(cells[3]), parse_part(cells[4]), parse_part(cells[5])),
            running=parse_part(cells[1]),
            cost=int(cells[2]),
        )
        for cells in tables(text)[0][1:]
    )
    benchmark, target = int(goal[1]), int(goal[2])
    return written.terms(rows, benchmark=benchmark, target=target, gate=Gate.BENCHMARK)


@pytest.mark.parametrize("line", tables(section(PAGE, "Worked example"))[1][1:])
def test_the_worked_example_is_what_the_waterfall_gives(line: list[str]) -> None:
    terms = example()
    proceeds, *shown = (Decimal(cell) for cell in line)
    total = int(proceeds)
    part = page(terms).spans(total)
    due = [entitlement(terms, row, total) for row in terms.rows]
    is_open = total >= terms.gate_at
    rest = PPM - terms.running
    held = 0 if is_open else -(-(total * rest - part.cost) // PPM)
    wanted = [
        *(Decimal(each) / PPM for each in (part.cost, part.base, part.leading, part.upside)),
        *(Decimal(each.flows) for each in due),
        Decimal(held),
        Decimal(total - sum(each.flows for each in due) - held),
    ]
    assert shown == wanted


def sales_of_the_example() -> list[int]:
    text = section(PAGE, "Worked example")
    sales = re.search(r"Three sales of (\d+), (\d+) and (\d+)", text)
    assert sales is not None
    return [int(each) for each in sales.groups()]


def test_the_worked_example_is_what_the_contract_pays(world: World) -> None:
    terms = example()
    rows = tuple(
        replace(row, party=node.me, payee=address(f"payee {row.id}"))
        for row, node in zip(terms.rows, world.nodes, strict=True)
    )
    goal = terms.goal
    emc = world.make(
        world.terms(
            rows,
            benchmark=goal.measures[0].benchmark,
            target=goal.measures[0].target,
            gate=goal.gate,
        )
    )
    lines = tables(section(PAGE, "Worked example"))[1][1:]
    for number, (amount, line) in enumerate(zip(sales_of_the_example(), lines, strict=True)):
        world.sell(emc, amount, number)
        accounts = emc.accounts()
        assert [int(cell) for cell in (line[0], *line[5:])] == [
            accounts.received,
            *(received(row.payee) for row in rows),
            accounts.held,
            accounts.dust,
        ]


# rules and limits


def test_all_nine_rules_are_there_and_each_is_an_invariant() -> None:
    lines = tables(section(PAGE, "The nine rules"))[0][1:]
    machine = (ROOT / "tests/stateful/test_money.py").read_text()
    invariants = re.findall(r"@invariant\(\)\n    def (rule_\w+)\(", machine)
    assert [f"rule_{line[0].replace(' ', '_')}" for line in lines] == invariants
    for line, invariant in zip(lines, invariants, strict=True):
        assert f"::{invariant}`" in line[3]


@pytest.mark.parametrize(
    ("limit", "path", "constant"),
    [
        ("rows", "modules/page_layout.vy", "MAX_ROWS"),
        ("rows that leave by one amendment", "modules/page_layout.vy", "MAX_LEAVING"),
        ("orders in a batch", "EMC.vy", "MAX_ORDERS"),
        ("gas of one push", "modules/currency.vy", "PUSH_GAS"),
        ("gas left before a push", "modules/currency.vy", "PUSH_FLOOR"),
        ("gas of one contract wallet's check", "modules/signature_checker.vy", "WALLET_GAS"),
        ("gas left before such a check", "modules/signature_checker.vy", "WALLET_FLOOR"),
        ("signature", "modules/signature_checker.vy", "MAX_SIGNATURE"),
    ],
)
def test_a_limit_is_the_constant_of_the_code(limit: str, path: str, constant: str) -> None:
    shown = {line[0]: line[1] for line in tables(section(PAGE, "Limits"))[0][1:]}
    source = (ROOT / "contracts" / path).read_text()
    found = re.search(rf"^{constant}: constant\(uint256\) = ([\d_]+)$", source, re.MULTILINE)
    assert found is not None
    number = re.search(r"\d[\d,]*", shown[limit])
    assert number is not None
    assert int(number[0].replace(",", "")) == int(found[1])


def test_the_other_limits_are_those_of_the_package() -> None:
    shown = {line[0]: line[1] for line in tables(section(PAGE, "Limits"))[0][1:]}
    assert shown["proceeds of a page, goals, cost covers"] == "2**95 - 1 base units"
    assert MAX_AMOUNT == 2**95 - 1
    assert shown["rows"] == str(MAX_ROWS)
    assert shown["contract size"] == f"{24_576 * 85 // 100:,} bytes"
