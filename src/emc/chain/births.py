"""Which transaction made a contract."""

from typing import TYPE_CHECKING, Any

from emc.core.addresses import PROXY, SALT, created, proxied
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
    """The block in which a transaction made a contract, itself or through the proxy; none if the
    chain says otherwise.
    """
    from web3.exceptions import TransactionNotFound

    receipt = _receipt(eth, transaction)
    try:
        made = _made_by(eth.get_transaction(transaction)) if receipt is not None else set()
    except TransactionNotFound:
        return None
    if receipt is None or receipt["status"] != 1 or address not in made:
        return None
    return int(receipt["blockNumber"])


def find_birth(eth: "Eth", address: str, maker: str | None = None) -> Birth | None:
    """What made a contract that is there; none if the node does not remember.

    Args:
        maker: The contract that made it and logged so; by default an account did, or the
            deployment proxy.
    """
    from web3.exceptions import Web3Exception

    low = first_block_of(eth, address)
    if low is None:
        return None
    try:
        if maker is not None:
            word = address[2:].lower().rjust(64, "0")
            for log in eth.get_logs({"address": maker, "fromBlock": low, "toBlock": low}):
                if word in {topic.hex()[-64:] for topic in log["topics"]}:
                    return birth(eth, log["transactionHash"].to_0x_hex())
            return None
        for each in eth.get_block(low, full_transactions=True)["transactions"]:
            if address in _made_by(each):
                return birth(eth, each["hash"].to_0x_hex())
    except (Web3Exception, ValueError):
        # one with limits
        return None
    return None


def first_block_of(eth: "Eth", address: str) -> int | None:
    """The block in which a contract came to be; none if the node does not remember."""
    from web3.exceptions import Web3Exception

    low, high = 0, eth.block_number
    try:
        while low < high:
            middle = (low + high) // 2
            if eth.get_code(address, middle):
                high = middle
            else:
                low = middle + 1
    except (Web3Exception, ValueError):
        # a pruned node
        return None
    return low


def _made_by(transaction: Any) -> set[str]:
    """Where a transaction puts a contract, if it makes one: itself, or through the proxy."""
    to, data = transaction.get("to"), bytes(transaction["input"])
    if not to:
        return {created(transaction["from"], transaction["nonce"])}
    if to == PROXY and data.startswith(SALT):
        return {proxied(data[len(SALT) :])}
    return set()


def _receipt(eth: "Eth", transaction: str) -> Any:
    """Of a transaction; none if the chain has it no more."""
    from web3.exceptions import TransactionNotFound

    try:
        return eth.get_transaction_receipt(transaction)
    except TransactionNotFound:
        return None
