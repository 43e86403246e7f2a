"""emc system: the contracts that all EMCs of a chain share, the same on every chain."""

import click

from emc.cli.shared import options, output, talk
from emc.cli.shared.groups import Group
from emc.cli.verify import tell


@click.group(cls=Group)
def system() -> None:
    """Deploy, show and verify the contracts that all EMCs of a chain share.

    Their addresses follow from their code, so they are the same on every chain, and it does not
    matter who deployed them. Anyone can, once for everybody.

    \b
    Example:
      emc system show
      emc system deploy --network sepolia --account me
      emc system verify --network sepolia
    """


@system.command()
@options.local_network
@options.account
@output.json_option
def deploy(account: str, network: str, as_json: bool) -> None:
    """Deploy what is missing of the system on a chain.

    The command first checks that EMCs can work on the chain. It can be stopped at any point, and
    anyone can continue: what is already there is not sent again.

    \b
    Example:
      emc system deploy
      emc system deploy --network sepolia --account me --json
    """
    from emc.client import creating
    from emc.client.session import connect
    from emc.files import systems

    done: list[str] = []
    with connect(network) as session:
        sender = session.account(account)
        with talk.steps(f"deploying system {systems.version()}") as step:

            def told(name: str) -> None:
                done.append(name)
                step(name)

            at = creating.create(session.chain, sender, told)
        chain_id = session.chain.id
    if as_json:
        output.print_json({"chain_id": chain_id, **_document(), "deployed": done})
        return
    talk.facts(f"system {systems.version()} on chain {chain_id}", at)
    talk.note(f"deployed: {', '.join(done)}" if done else "everything was already deployed")


@system.command()
@output.json_option
def show(as_json: bool) -> None:
    """Show the addresses of the contracts, the same on every chain. Uses no node.

    \b
    Example:
      emc system show
      emc system show --json
    """
    from emc.files import systems

    if as_json:
        output.print_json(
            {**_document(), "others": [vars(each) for each in systems.published()[:-1]]}
        )
        return
    talk.facts(f"system {systems.version()}", systems.ours())
    for each in systems.published()[:-1]:
        talk.facts(f"system {each.version}", each.contracts)


@system.command()
@click.option("--recompile", is_flag=True, help="Compile the sources again; takes a minute.")
@options.network("local")
@output.json_option
def verify(recompile: bool, network: str, as_json: bool) -> None:
    """Prove that the system on a chain is the one of this package: the deployment proxy, the
    addresses, that System made the contracts and nothing else, and every byte of their code.

    Exit code 1 if anything differs.

    \b
    Example:
      emc system verify --network sepolia
      emc system verify --recompile --json
    """
    from emc.client.session import connect
    from emc.client.verify import verify_system

    with connect(network) as session:
        verdict = verify_system(session.chain, recompile)
    tell(verdict, as_json)


def _document() -> dict[str, object]:
    """This version's system, for programs."""
    from emc.files import systems

    return dict(vars(systems.published()[-1]))
