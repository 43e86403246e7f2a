"""Make docs/errors.md from the reasons in src/emc/chain/reasons.py.

python scripts/errors.py          write it
python scripts/errors.py --check  exit 1 if it is not what would be written
"""

import sys
from pathlib import Path

from generated import keep

from emc.chain.reasons import REASONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"
# by the first word of a reason: what refuses, and the file in which it says so
SOURCES = {
    "terms": ("the rules of the terms", "contracts/modules/terms.vy"),
    "consent": ("making an EMC", "contracts/Consent.vy"),
    "changes": ("changing terms", "contracts/Changes.vy"),
    "conduct": ("leaving and ending", "contracts/Conduct.vy"),
    "goals": ("assessments and reports", "contracts/Goals.vy"),
    "members": ("who is behind a row", "contracts/modules/members.vy"),
    "votes": ("signatures that are relayed, approvals", "contracts/modules/votes.vy"),
    "calls": ("calls and bids", "contracts/CallForBids.vy"),
    "signatures": ("signatures", "contracts/modules/signature_checker.vy"),
    "emc": ("the till", "contracts/EMC.vy"),
    "pages": ("payment pages", "contracts/Pages.vy"),
    "orders": ("order numbers", "contracts/modules/paid_orders.vy"),
    "creditors": ("credits", "contracts/modules/creditors.vy"),
    "currency": ("moving money", "contracts/modules/currency.vy"),
    "checkout": ("orders that can go back", "contracts/Checkout.vy"),
    "authorizations": ("signatures that pay", "contracts/modules/authorizations.vy"),
    "reviews": ("reviews and reputation", "contracts/Reputation.vy"),
    "system": ("creating the contracts that name each other", "contracts/System.vy"),
    "me": ("the registry", "contracts/MicroEnterprises.vy"),
}
HEAD = """# Errors

Made by `python scripts/errors.py` from `src/emc/chain/reasons.py`; change it there.

A contract that refuses says why in at most 32 characters: which part refuses, then the reason. \
The commands print the reason together with what to do about it, and programs get the same text \
from `emc.chain.reasons.advice(reason)`.
"""
FOOT = """
## Without a reason of ours

| what happened | what the caller sees |
|---|---|
| the token refuses to be pulled from, or to pay a withdrawal | the token's own reason, passed on |
| a payee refuses a withdrawal in coin | the payee's own reason, passed on; the credit stays |
| the registry named in the terms or a call refuses to answer | its reason, passed on |
| a function is called again while it runs | a revert without a reason |
| amounts of a batch that together pass 2**256, or another number out of range | the same |
| more than 64 rows or signatures, more than 128 orders, a signature above 325 bytes | the same |
| coin sent to a function that takes none | the same |
| a call that the contract does not know, or that runs out of gas | the same |
"""


def page() -> str:
    """The whole page.

    Raises:
        KeyError: a reason of a part that is not listed here.
    """
    parts: dict[str, list[str]] = {name: [] for name in SOURCES}
    for reason, advice in REASONS.items():
        parts[reason.partition(":")[0]].append(f"| `{reason}` | {advice} |")
    text = [HEAD]
    for name, (what, path) in SOURCES.items():
        text.append(f"\n## {name}: {what}\n\n[{path}](../{path})\n\n| reason | what to do |\n")
        text.append("|---|---|\n" + "\n".join(parts[name]) + "\n")
    return "".join(text) + FOOT


def main() -> int:
    return keep({PAGE: page()}, "python scripts/errors.py")


if __name__ == "__main__":
    sys.exit(main())
