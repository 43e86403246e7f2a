"""Contracts as ape calls them, without what it finds out before every call and does not need.

Imports ape: only what has a connection imports it.
"""

from functools import cached_property
from typing import Any, ClassVar

from ape.contracts import ContractInstance
from ape.contracts.base import ContractCallHandler
from ethpm_types import ContractType


class View(ContractCallHandler):  # type: ignore[misc]  # ape is not seen by the type checker
    """A view that takes one request.

    Otherwise ape rebuilds the network's configuration for each call and, on a local chain, asks for
    the newest block, only to set a gas limit that no view needs.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **{**self.contract.asked_with, **kwargs})


class Contract(ContractInstance):  # type: ignore[misc]
    """A contract whose code is asked for until there is some: it does not go away again.

    Ape asks before each view, which is one request in three of a command that reads an EMC.
    """

    # they refuse with reasons; ape would look for custom errors at every name, and import pandas
    _errors_: ClassVar[dict[str, Any]] = {}

    def __init__(self, address: str, kind: ContractType, is_there: bool = False) -> None:
        super().__init__(address, kind)
        self._has_code = is_there

    @property
    def is_contract(self) -> bool:
        """Whether there is code at the address."""
        self._has_code = self._has_code or bool(self.provider.get_code(self.address))
        return self._has_code

    @cached_property
    def asked_with(self) -> dict[str, int]:
        """What ape need not find out before a view."""
        kind = self.provider.network.ecosystem.default_transaction_type
        return {
            "gas_limit": 0,
            "type": kind.value,
            "required_confirmations": 0,
            "chain_id": self.provider.chain_id,
        }

    @cached_property
    def _view_methods_(self) -> dict[str, View]:
        return {name: View(self, each.abis) for name, each in super()._view_methods_.items()}
