"""Which transaction made a contract, and where the next one of an account will be."""

from typing import TYPE_CHECKING, Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc.files.deployments import Birth

if TYPE_CHECKING:
    from web3.eth import Eth


def birth(eth: "Eth", transaction: str) -> Birth | None:
    """A transaction that made a contract, and its block; none if the chain has it no more."""
    receipt = _receipt(eth, transaction)
    if receipt is None:
        return None
    return Birth(
        transaction=transaction,
        block=receipt["blockNumber"],
        block_hash=receipt["blockHash"].to_0x_hex(),
    )


def block_of(eth: "Eth", address: str, transaction: str) -> int | None:
    """The block in which a transaction made a contract; none if the chain says otherwise."""
    receipt = _receipt(eth, transaction)
    if receipt is None:
        return None
    made = str(receipt.get("contractAddress")).lower() == address.lower()
    return int(receipt["blockNumber"]) if made else None


def find_birth(eth: "Eth", address: str, maker: str | None = None) -> Birth | None:
    """What made a contract that is there; none if the node does not remember.

    Args:
        maker: The contract that made it and logged so; by default an account did.
    """
    from web3.exceptions import Web3Exception

    try:
        low, high = 0, eth.block_number
        while low < high:
            middle = (low + high) // 2
            if eth.get_code(address, middle):
                high = middle
            else:
                low = middle + 1
        if maker is not None:
            topics = [None, "0x" + address[2:].lower().rjust(64, "0")]
            logs = eth.get_logs(
                {"address": maker, "fromBlock": low, "toBlock": low, "topics": topics}
            )
            return birth(eth, logs[0]["transactionHash"].to_0x_hex()) if logs else None
        for each in eth.get_block(low, full_transactions=True)["transactions"]:
            if not each.get("to") and created(each["from"], each["nonce"]) == address:
                return birth(eth, each["hash"].to_0x_hex())
    except (Web3Exception, ValueError):
        # a pruned node, or one with limits
        return None
    return None


def created(sender: str, nonce: int) -> str:
    """Where a contract is that an account made with its transaction of this number."""
    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:])


def _receipt(eth: "Eth", transaction: str) -> Any:
    """Of a transaction; none if the chain has it no more."""
    from web3.exceptions import TransactionNotFound

    try:
        return eth.get_transaction_receipt(transaction)
    except TransactionNotFound:
        return None
