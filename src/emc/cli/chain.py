"""emc chain: a local chain that stays."""

import click

from emc.chain import local_chain
from emc.chain.local_chain import PORT, Status
from emc.cli.shared import options, output, talk
from emc.cli.shared.groups import Group
from emc.core.addresses import address
from emc.core.units import after
from emc.errors import EMCError

# beyond the life of any agreement
MOST_FORWARD = 100 * 365 * 86_400


@click.group(cls=Group)
def chain() -> None:
    """Run a local chain for trying things out; it keeps its state until you start a fresh one.

    Every command reaches it with --network local. It needs anvil, from its npm package
    @foundry-rs/anvil or from Foundry.

    \b
    Example:
      emc chain start
      emc deploy canvases/breakfast-box.yaml --network local
      emc chain fund leader
      emc chain forward 150d
      emc chain stop
    """


@chain.command()
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    envvar="EMC_PORT",
    show_envvar=True,
    type=click.IntRange(1, 65_535),
    help="The port on which it listens, for this machine only.",
)
@click.option("--fresh", is_flag=True, help="Start a new chain and delete the old one.")
@output.json_option
def start(port: int, fresh: bool, as_json: bool) -> None:
    """Start the chain from where it was stopped; it runs until it is stopped again.

    \b
    Examples:
      emc chain start
      emc chain start --port 8600 --fresh
    """
    _, is_new = local_chain.start(port, fresh)
    if not as_json and not is_new:
        talk.note("it is already running")
    _tell(local_chain.status(), as_json)


@chain.command()
@output.json_option
def stop(as_json: bool) -> None:
    """Stop the chain and keep its state.

    \b
    Example:
      emc chain stop
    """
    title = "The local chain has stopped" if local_chain.stop() else "The local chain did not run"
    _tell(local_chain.status(), as_json, title)


@chain.command()
@output.json_option
def status(as_json: bool) -> None:
    """Show whether the chain runs, where, and its newest block; exit code 1 if it does not run.

    \b
    Example:
      emc chain status --json
    """
    found = local_chain.status()
    _tell(found, as_json)
    if not found.running:
        click.get_current_context().exit(1)


@chain.command()
@click.argument("span")
@options.network("local")
@output.json_option
def forward(span: str, network: str, as_json: bool) -> None:
    """Advance the clock of a local chain by SPAN, such as 150d, 36h, 90min or 2 months.

    Use it to reach a deadline, an end or the time to rate at once. A new block is mined. This
    cannot be undone; public networks refuse it.

    \b
    Examples:
      emc chain forward 150d
      emc chain forward 36h --network http://127.0.0.1:8600
    """
    from emc.cli.shared.dates import moment
    from emc.client.session import connect

    # months have no length before it is known from when on; about that is enough here
    if not 0 < after(0, span) <= MOST_FORWARD:
        raise EMCError(f"{span!r} is not a span to advance by", "name a span of up to 100 years")
    with connect(network) as session:
        now = session.now
        session.chain.forward(after(now, span) - now)
        now, block = session.now, session.chain.block
        if as_json:
            output.print_json({"now": now, "block": block})
        else:
            output.line(f"It is {moment(now)} now, in block {block}")


@chain.command()
@click.argument("account")
@click.option(
    "--amount", default="100", show_default=True, help="The amount, in coin or in the token."
)
@click.option("--token", help="The address of a test token to give instead of coin.")
@options.network("local")
@output.json_option
def fund(account: str, amount: str, token: str | None, network: str, as_json: bool) -> None:
    """Give ACCOUNT coin or a test token on a local chain.

    ACCOUNT is an alias of ape, TEST::n, or an address. It keeps what it already has.

    \b
    Examples:
      emc chain fund leader
      emc chain fund shop --amount 5000 --token 0x5FbD...0aa3
    """
    from emc.client import creating
    from emc.client.session import connect
    from emc.core.terms import NATIVE

    currency = (
        address(token, "--token", "; `emc chain token` says where it is") if token else NATIVE
    )
    with connect(network) as session:
        who = session.address(account)
        money = session.chain.currency_at(currency)
        units = money.parse(amount)
        if token is None:
            has = session.chain.give(who, units)
        else:
            by = session.account("TEST::0")
            has = creating.mint(session.chain, currency, who, units, by)
    if as_json:
        output.print_json({"account": who, "currency": currency, "has": str(has)})
    else:
        output.line(f"{account} has {money.format(has)} now")


@chain.command()
@click.option("--symbol", required=True, help="The token's symbol, such as USD.")
@click.option("--decimals", required=True, type=click.IntRange(0, 36), help="The token's decimals.")
@options.network("local")
@output.json_option
def token(symbol: str, decimals: int, network: str, as_json: bool) -> None:
    """Create a test token on a local chain, or show the address of an existing one of this kind.

    Use its address as `currency` in a parties file. Anyone can get more of it with
    `emc chain fund`.

    \b
    Example:
      emc chain token --symbol USD --decimals 6
    """
    from emc.client import creating
    from emc.client.session import connect

    if not (symbol.isascii() and symbol.isprintable() and 1 <= len(symbol) <= 16):
        raise EMCError(f"--symbol {symbol!r} is not 1 to 16 ASCII characters", "such as USD")
    with connect(network) as session:
        session.chain.check_local("makes tokens")
        by = session.account("TEST::0")
        at = creating.test_token(session.chain, by, symbol, decimals)
    if as_json:
        output.print_json({"token": at, "symbol": symbol, "decimals": decimals})
    else:
        output.line(at)
        talk.note(
            f"write it as `currency` in the parties file; {symbol} is made with "
            f"`emc chain fund ALIAS --token {at}`"
        )


def _tell(found: Status, as_json: bool, title: str = "") -> None:
    if as_json:
        output.print_json(found.document())
        return
    facts = {"state": f"{found.folder} ({found.state_bytes:,} bytes)"}
    if found.running:
        facts = {
            "node": str(found.url),
            "chain": str(found.chain_id),
            "block": str(found.block),
            "process": str(found.pid),
            **facts,
        }
    talk.facts(
        title or f"The local chain {'runs' if found.running else 'does not run'}",
        facts,
    )
