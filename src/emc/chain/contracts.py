"""Contracts as ape calls them, without asking for their code before every call.

Imports ape: only what has a connection imports it.
"""

from ape.contracts import ContractInstance


class Contract(ContractInstance):  # type: ignore[misc]  # ape is not seen by the type checker
    """A contract whose code is asked for until there is some: it does not go away again.

    Ape asks before each view, which is one request in three of a command that reads an EMC.
    """

    _has_code = False

    @property
    def is_contract(self) -> bool:
        """Whether there is code at the address."""
        self._has_code = self._has_code or super().is_contract
        return self._has_code
