"""Write the measured figures into docs/gas.md and README.md, between their markers.

python scripts/gas.py          write them
python scripts/gas.py --check  exit 1 if a page shows other figures

Figures are those of snapshots/gas.json, or of the last `make bench` if there is no snapshot.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from bench import PEERS, SIZES  # noqa: E402
from bench_checkout import BATCHES, PEER  # noqa: E402
from bench_ratings import SIZES as REVIEWED  # noqa: E402
from generated import keep  # noqa: E402

PAGES = (ROOT / "docs" / "gas.md", ROOT / "README.md")
SPLITS, MINIMAL = PEERS
# tables of scenarios that are measured at one size: marker -> size, and scenario -> what it is
SINGLE = {
    "changes": (
        10,
        {
            "renegotiate": "renegotiation, gate closed",
            "renegotiate_open": "renegotiation, gate open",
            "change_payee": "change of payee",
            "exit": "exit, gate closed",
        },
    ),
    "gate_opening": (
        64,
        {
            "gate_opening": "payees that take it",
            "gate_opening_hostile": "payees that burn all gas they get",
        },
    ),
}
MARKED = re.compile(r"(<!-- gas: (?!end)([a-z0-9_ ]+) -->\n).*?(<!-- gas: end -->)", re.DOTALL)
Figures = dict[str, int]


def figures() -> Figures:
    """Gas by scenario, currency where it plays a part, and number of payees."""
    snapshot = ROOT / "snapshots" / "gas.json"
    if snapshot.exists():
        found: Figures = json.loads(snapshot.read_text())
        return found
    rows = json.loads((ROOT / "build" / "bench.json").read_text())["rows"]
    keys = ("scenario", "currency", "payees")
    return {" ".join(str(row[key]) for key in keys if key in row): row["gas"] for row in rows}


def line(name: str, values: list[int | float | None]) -> str:
    """A line of a table; ratios with three decimals, nothing where a peer was not measured."""
    cells = [
        "" if value is None else f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
        for value in values
    ]
    return f"| {name} | {' | '.join(cells)} |\n"


def head(first: str, sizes: tuple[int, ...]) -> str:
    """The head of a table by number of payees."""
    return f"| {first} | {' | '.join(f'N={n}' for n in sizes)} |\n|---|{'---:|' * len(sizes)}\n"


def sale(gas: Figures, currency: str) -> str:
    """Our sale beside every peer, and as a part of it."""
    ours: list[int | float | None] = [gas[f"sale {currency} {n}"] for n in SIZES]
    text = head("gas of one sale", SIZES) + line("this project", ours)
    for peer, values in PEERS.items():
        theirs = values[currency]
        text += line(peer, [theirs.get(n) for n in SIZES])
        text += line(
            f"this project / {peer}",
            [gas[f"sale {currency} {n}"] / theirs[n] if n in theirs else None for n in SIZES],
        )
    return text


def scenario(gas: Figures, name: str) -> str:
    """A scenario of ours in both currencies, or alone where currency plays no part."""
    text = head("gas", SIZES)
    if f"{name} {SIZES[0]}" in gas:
        return text + line(name, [gas[f"{name} {n}"] for n in SIZES])
    for currency, label in (("native", "native coin"), ("erc20", "ERC-20")):
        text += line(label, [gas[f"{name} {currency} {n}"] for n in SIZES])
    return text


def single(gas: Figures, name: str) -> str:
    """Scenarios of ours in native coin at the one size at which they are measured."""
    size, scenarios = SINGLE[name]
    text = head("gas", (size,))
    for scenario, label in scenarios.items():
        text += line(label, [gas[f"{scenario} native {size}"]])
    return text


def bids(gas: Figures) -> str:
    """Calls, bids and an award; a bid also after a thousand others and as many calls."""
    scenarios = {
        "call 1": "opening a call",
        "bid 1": "a bid, after one",
        "bid 1000": "a bid, after 1,000 bids and calls",
        "bid_again 1": "a better bid in its place",
        "seal 1": "a bid under seal",
        "unseal 1": "opening it",
        "award 1": "an award",
    }
    text = "| step | gas |\n|---|---:|\n"
    return text + "".join(line(what, [gas[name]]) for name, what in scenarios.items())


def checkout(gas: Figures) -> str:
    """Orders at Checkout, ten payees: what each step costs an order, and a sale beside it."""
    steps: list[tuple[str, str, bool, str | None]] = [
        # what it is, scenario, whether native coin has it, what the peer calls it
        ("pay, and wait", "checkout_pay {} 1", True, None),
        (
            "pay with an authorization, and wait",
            "checkout_pay_with_authorization {} 1",
            False,
            "authorize",
        ),
        ("pay, sold at once", "checkout_pay_due {} 1", True, None),
        (
            "pay with an authorization, sold at once",
            "checkout_pay_with_authorization_due {} 1",
            False,
            "charge",
        ),
        ("refund", "checkout_refund {} 1", True, "refund"),
        *(
            (
                f"{what}, of {n:,}" if n > 1 else what,
                f"checkout_{step} {{}} {n}",
                True,
                peer if n == 1 else None,
            )
            for step, what, peer in (
                ("give_back", "give back", "void"),
                ("book", "book", "capture"),
            )
            for n in BATCHES
        ),
        ("`sales` of the EMC, of 100", "sale_batch {} 10", True, None),
    ]
    text = "| gas per order | native coin | ERC-20 | commerce-payments, ERC-20 |\n"
    text += "|---|---:|---:|---:|\n"
    for what, name, is_native, peer in steps:
        cells = [gas[name.format("native")] if is_native else None, gas[name.format("erc20")]]
        text += line(what, [*cells, PEER[peer] if peer else None])
    return text


def ratings(gas: Figures) -> str:
    """Committing, revealing and counting by how many are rated."""
    steps = {
        "rate_commit": "commit",
        "rate_reveal": "reveal, the first",
        "rate_reveal_next": "reveal, the next",
        "rate_finalise": "count (N + 1 members, at most 64)",
    }
    text = head("gas", REVIEWED)
    for name, what in steps.items():
        text += line(what, [gas[f"{name} {n}"] for n in REVIEWED])
    return text


def records(gas: Figures) -> str:
    """Ten are rated whose records hold one EMC, and a thousand."""
    text = "| gas | 1 EMC | 1,000 EMCs |\n|---|---:|---:|\n"
    for name in ("rate_commit", "rate_reveal", "rate_reveal_next", "rate_finalise"):
        values: list[int | float | None] = [gas[f"{name}_after_{n} 10"] for n in (1, 1_000)]
        text += line(name, values)
    return text


def short(gas: Figures) -> str:
    """One sale beside 0xSplits, at the sizes at which both were measured."""
    sizes = tuple(PEERS[SPLITS]["native"])
    text = head("gas of one sale", sizes)
    for currency, label in (("native", "native coin"), ("erc20", "ERC-20")):
        text += line(f"{label}, this project", [gas[f"sale {currency} {n}"] for n in sizes])
        text += line(f"{label}, {SPLITS}", [PEERS[SPLITS][currency][n] for n in sizes])
    return text


def table(name: str, gas: Figures) -> str:
    """The table of a marker.

    Raises:
        KeyError: there is no such scenario.
    """
    if name == "short":
        return short(gas)
    if name == "bids":
        return bids(gas)
    if name == "checkout":
        return checkout(gas)
    if name == "ratings":
        return ratings(gas)
    if name == "records":
        return records(gas)
    if name in SINGLE:
        return single(gas, name)
    if name.startswith("sale "):
        return sale(gas, name.removeprefix("sale "))
    return scenario(gas, name)


def filled(text: str, gas: Figures) -> str:
    """A page with the figures between its markers."""
    return MARKED.sub(lambda found: f"{found[1]}\n{table(found[2], gas)}\n{found[3]}", text)


def main() -> int:
    gas = figures()
    files = {page: filled(page.read_text(encoding="utf-8"), gas) for page in PAGES}
    return keep(files, "python scripts/gas.py")


if __name__ == "__main__":
    sys.exit(main())
