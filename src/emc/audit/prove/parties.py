"""Who has, or had, a part in an EMC, by address."""

from typing import NamedTuple

from emc.audit.prove.case import Case
from emc.audit.prove.life import BACKSTOP
from emc.audit.read import abi


class Party(NamedTuple):
    """What an address is to an EMC; of several things the first that it became."""

    row_id: int
    text: str


def parties_of(case: Case) -> dict[str, Party]:
    """Everybody that has a part in the EMC: backstop, payees, accounts, controllers."""
    found: dict[str, Party] = {}

    def add(address: str, row_id: int, text: str) -> None:
        found.setdefault(address, Party(row_id, text))

    for epoch in case.epochs.values():
        add(epoch.terms.at("backstop"), BACKSTOP, "the backstop")
        for row in epoch.terms.rows:
            add(row.payee, row.id, f"the payee of row {row.id}")
            if row.is_node:
                for _, _, account in case.history.accounts.get(row.party, ()):
                    add(account, row.id, f"an account of row {row.id}")
            else:
                add(abi.address(row.party), row.id, f"the controller of row {row.id}")
    for row_id, payee in case.life.payees.items():
        add(payee, row_id, f"the payee of row {row_id}")
    return found
