"""All that was sent to one EVM, written down so that it can be sent to others.

A tape is a list of steps: coin is given, code put, a word stored, a transaction sent, somebody
looked at; `enter` and `leave` stand around what was undone. Every step has its time. Nonces of
senders are counted as on a chain, so that what they deploy is at the same addresses there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boa
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

CHAIN_ID = 11155111
BEGIN = 1_900_000_000
# what a transaction may use at most: below the cap that Osaka has for one
GAS = 16_000_000
# the precompile of modular powers, whose price Osaka raises: a payee of tests may be there
MODEXP = (5).to_bytes(20, "big")
Step = dict[str, Any]


class Taped(boa.Env):  # type: ignore[misc]
    """An EVM that writes down what it is sent.

    Attributes:
        tape: The steps.
        outcomes: What became of each transaction (whether it was done, its logs) and of those who
            were looked at (coin and hash of the code).
        called: What was called and not refused, from outside or by a contract: whose code, which
            selector.
    """

    def __init__(self) -> None:
        self.tape: list[Step] = []
        self.outcomes: list[Any] = []
        self.called: set[tuple[str, str]] = set()
        self._seen: list[set[str]] = [set()]
        super().__init__()
        self.evm.patch.chain_id = CHAIN_ID
        self.evm.patch.timestamp = BEGIN

    def _step(self, kind: str, **about: Any) -> None:
        self.tape.append({"kind": kind, "time": int(self.evm.patch.timestamp), **about})

    @property
    def anchor(self) -> Any:
        """What happens inside is undone, and taken as undone where the tape is played."""
        return self._taped_anchor

    @contextmanager
    def _taped_anchor(self) -> Iterator[None]:
        self._step("enter")
        self._seen.append(set())
        try:
            with self._anchor():
                try:
                    yield
                finally:
                    self._look()
        finally:
            if self.tape[-1]["kind"] == "enter":
                self.tape.pop()
            else:
                self._step("leave")

    def _look(self) -> None:
        """Look at everybody who took part since the last anchor."""
        seen = sorted(self._seen.pop())
        if seen:
            self._step("look", who=seen)
            self.outcomes.append(
                [
                    [hex(self.get_balance(each)), "0x" + keccak(self.get_code(each)).hex()]
                    for each in seen
                ]
            )

    def set_balance(self, address: Any, value: int) -> None:
        super().set_balance(address, value)
        self._step("give", at=str(address), value=hex(value))

    def set_code(self, address: Any, code: bytes) -> None:
        super().set_code(address, code)
        self._step("put", at=str(address), code="0x" + code.hex())

    def set_storage(self, address: Any, slot: int, value: int) -> None:
        super().set_storage(address, slot, value)
        self._step("store", at=str(address), slot=f"0x{slot:064x}", value=f"0x{value:064x}")

    def deploy(self, **kwargs: Any) -> Any:
        assert kwargs.get("override_address") is None
        kwargs["gas"] = GAS
        made, computation = super().deploy(**kwargs)
        self._sent(None, kwargs.get("bytecode", b""), kwargs, computation)
        return made, computation

    def execute_code(self, to_address: Any, **kwargs: Any) -> Any:
        if kwargs.get("simulate") or not kwargs.get("is_modifying", True):
            return super().execute_code(to_address, **kwargs)
        assert kwargs.get("override_bytecode") is None
        kwargs["gas"] = min(kwargs.get("gas") or GAS, GAS)
        computation = super().execute_code(to_address, **kwargs)
        self._sent(str(to_address), kwargs.get("data", b""), kwargs, computation)
        self.evm.vm.state.increment_nonce(self._get_sender(kwargs.get("sender")).canonical_address)
        return computation

    def _sent(self, to: str | None, data: bytes, kwargs: dict[str, Any], done: Any) -> None:
        sender = str(self._get_sender(kwargs.get("sender")))
        self._step(
            "send",
            **{"from": sender, "to": to},
            data="0x" + bytes(data).hex(),
            value=hex(kwargs.get("value") or 0),
            gas=hex(kwargs["gas"]),
            powers=powers(done),
        )
        self._note(done)
        logs = [
            ["0x" + at.hex(), ["0x" + f"{topic:064x}" for topic in topics], "0x" + said.hex()]
            for _, at, topics, said in ([] if done.is_error else done.get_raw_log_entries())
        ]
        self.outcomes.append([not done.is_error, None, logs])

    def _note(self, done: Any) -> None:
        """Note who took part, and what was called."""
        message = done.msg
        self._seen[-1].update(map(to_checksum_address, (message.sender, message.storage_address)))
        if not done.is_error:
            at = message.code_address
            self.called.add((to_checksum_address(at) if at else "", message.data[:4].hex()))
        for child in done.children:
            self._note(child)


def powers(done: Any) -> int:
    """How often a computation called the precompile of modular powers."""
    return int(done.msg.code_address == MODEXP) + sum(map(powers, done.children))
