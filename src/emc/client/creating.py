"""Creating what is missing of a chain's system, step by step.

Each contract's address follows from its code. So nothing has to be remembered between two runs,
whoever started them: existing contracts are found, and only missing ones are created.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from eth_abi.abi import encode

from emc.chain import probes
from emc.chain.edge import Chain
from emc.chain.sending import line, send, send_data
from emc.client import deploying, runtime
from emc.core import addresses
from emc.core.parts import PARTS, Part, arguments, creation
from emc.core.terms import NATIVE
from emc.errors import EMCError
from emc.files import systems
from emc.files.deployments import Deployed

if TYPE_CHECKING:
    from ape.api import AccountAPI

Progress = Callable[[str], None]
# seconds until the proxy's transaction must be in a block
PATIENCE = 120


def silent(_: str) -> None:
    """Report nothing."""


def create(chain: Chain, sender: "AccountAPI", told: Progress = silent) -> dict[str, str]:
    """Create what is missing of this version's system, and write down what is there.

    Args:
        told: Hears of each contract that was created.

    Returns:
        Where the contracts are, by name.

    Raises:
        EMCError: EMCs cannot live on this chain, or a transaction was refused.
    """
    at = systems.ours()
    with deploying.changing(chain) as known:
        missing = [part for part in PARTS if not runtime.is_ours(chain, part.name, at)]
        if missing and not chain.is_embedded:
            # not on a chain that is part of this program
            probes.check(chain, sender.address)
        if missing:
            put_proxy(chain, sender)
        for part in missing:
            _create(chain, sender, part, at)
            told(part.name)
        for part in PARTS:
            told_of = list(arguments(part, systems.codes(), at))
            planned = Deployed.planned(part.name, at[part.name], told_of)
            maker = at["System"] if part.step is not None else None
            before = known.contracts.get(part.name)
            known.contracts[part.name] = deploying.keep(chain, part.name, before, planned, maker)
    return at


def test_token(chain: Chain, sender: "AccountAPI", symbol: str, decimals: int) -> str:
    """A local chain's test token of this kind; deployed if missing."""
    told = [f"Test {symbol}", symbol, decimals]
    code = systems.code_of("Token") + encode(["string", "string", "uint8"], told)
    address = addresses.proxied(code)
    with deploying.changing(chain) as known:
        if not chain.has_code("Token", address):
            put_proxy(chain, sender)
            put("deploying a test token", code, sender)
        key = f"{symbol} {decimals}"
        planned = Deployed.planned("Token", address, told)
        known.tokens[key] = deploying.keep(chain, "Token", known.tokens.get(key), planned, None)
    return address


def mint(chain: Chain, currency: str, to: str, amount: int, sender: "AccountAPI") -> int:
    """Mint an amount of a local chain's test token for an account.

    Args:
        amount: Base units.

    Returns:
        What the account has then.

    Raises:
        EMCError: it is another token, coin, or another chain.
    """
    if not chain.is_local or currency == NATIVE or not chain.has_code("Token", currency):
        raise EMCError(
            f"{currency} is not the test token of a local chain", "only that can be created freely"
        )
    token = chain.contract("Token", currency)
    send("making the test token", token.mint, to, amount, sender=sender)
    return int(token.balanceOf(to))


def put_proxy(chain: Chain, sender: "AccountAPI") -> None:
    """Make sure that the deployment proxy exists; if not, send the transaction that creates it.

    Raises:
        EMCError: it cannot be created.
    """
    eth = chain.provider.web3.eth
    code = bytes(eth.get_code(addresses.PROXY))
    if code == addresses.PROXY_CODE:
        return
    because = f"no system on chain {chain.id}: the deployment proxy {addresses.PROXY}"
    elsewhere = "its contracts would be elsewhere than on other chains: use another chain"
    if code:
        raise EMCError(f"{because} has other code", elsewhere)
    fee = int(eth.get_block("latest").get("baseFeePerGas", 0))
    if fee > addresses.PROXY_COST // 100_000:
        raise EMCError(
            f"{because} is made at a gas price of 100 gwei, the chain asks for {fee // 10**9}",
            "try again when gas is cheaper",
        )
    # asked before anything is paid: a node that takes only transactions for its own chain says so
    why = _send_proxy(chain)
    if why and eth.get_balance(addresses.PROXY_SENDER) < addresses.PROXY_COST:
        if not _is_about_coin(why):
            raise EMCError(f"{because} cannot be made: {why}", elsewhere)
        short = addresses.PROXY_COST - eth.get_balance(addresses.PROXY_SENDER)
        send_data(
            "paying for the deployment proxy", addresses.PROXY_SENDER, b"", sender, value=short
        )
        why = _send_proxy(chain)
    if bytes(eth.get_code(addresses.PROXY)) != addresses.PROXY_CODE:
        raise EMCError(
            f"{because} cannot be made: {why or 'the transaction had no effect'}", elsewhere
        )


def _send_proxy(chain: Chain) -> str:
    """Send the transaction that makes the proxy; what the node has against it, if anything."""
    from eth_utils.exceptions import ValidationError
    from web3.exceptions import Web3Exception

    eth = chain.provider.web3.eth
    try:
        done = eth.send_raw_transaction(addresses.PROXY_TRANSACTION)
        eth.wait_for_transaction_receipt(done, timeout=PATIENCE)
    except (Web3Exception, ValidationError, ValueError) as error:
        return line(error)
    return ""


def _is_about_coin(why: str) -> bool:
    """Whether a node would take the transaction if its sender had coin."""
    said = why.lower()
    return any(word in said for word in ("fund", "afford", "balance", "coin"))


def put(what: str, code: bytes, sender: "AccountAPI") -> None:
    """Have the proxy create code, arguments included."""
    send_data(what, addresses.PROXY, addresses.SALT + code, sender)


def _create(chain: Chain, sender: "AccountAPI", part: Part, at: Mapping[str, str]) -> None:
    """One contract; that somebody else was faster is no failure."""
    what = f"deploying {part.name}"
    try:
        if part.step is None:
            put(what, creation(part, systems.codes(), at), sender)
        else:
            system, code = chain.contract("System", at["System"]), systems.code_of(part.name)
            send(what, system.deploy, part.step, code, sender=sender)
    except EMCError:
        if not runtime.is_ours(chain, part.name, at):
            raise
    if not runtime.is_ours(chain, part.name, at):
        raise EMCError(
            f"{at[part.name]} on chain {chain.id} does not run our {part.name}, although it was "
            "created there",
            "ask another node; on a chain that works like Ethereum this is impossible",
        )
