"""What `--network` means: the one place that turns what people write into what ape takes."""

import os
import socket
from dataclasses import dataclass, field
from difflib import get_close_matches

from emc.chain import local_chain
from emc.errors import EMCError

EMBEDDED = "embedded"
LOCAL = "local"
# short names of public test networks, and a node of each for who has configured none in ape
TEST_NETWORKS = {
    "sepolia": ("ethereum:sepolia", "https://ethereum-sepolia-rpc.publicnode.com"),
    "base-sepolia": ("base:sepolia", "https://sepolia.base.org"),
}
FOUNDRY = "ethereum:local:foundry"


@dataclass(frozen=True)
class Network:
    """A network as ape takes it."""

    choice: str
    settings: dict[str, str] = field(default_factory=dict)
    # a node to ask if ape has none configured
    fallback: str = ""


def resolve(told: str) -> Network:
    """What a person means by a network.

    Args:
        told: `embedded`, `local`, `sepolia`, `base-sepolia`, the address of a node (http...), or
            anything that ape knows, such as `ethereum:local:foundry` or `arbitrum:sepolia`.

    Raises:
        EMCError: the local chain does not run, or a node does not say what chain it is on.
    """
    if told == EMBEDDED:
        return Network("ethereum:local:test")
    if told == LOCAL:
        return _local()
    if told in TEST_NETWORKS:
        choice, node = TEST_NETWORKS[told]
        return Network(choice, fallback=node)
    if told.startswith(("http://", "https://")):
        return _at(told)
    own = [EMBEDDED, LOCAL, *TEST_NETWORKS]
    if ":" not in told and (close := get_close_matches(told, own, 1)):
        raise EMCError(f"there is no network {told!r}", f"did you mean {close[0]}?")
    return Network(told)


def is_public(chain_id: int) -> bool:
    """Whether a chain is one of those that everybody sees, whatever it is called here."""
    return bool(_public(chain_id))


def _public(chain_id: int) -> str:
    """The public network of a chain, as ecosystem:network; empty if there is none."""
    from evmchains import PUBLIC_CHAIN_META

    found = (
        f"{ecosystem}:{name}"
        for ecosystem, networks in PUBLIC_CHAIN_META.items()
        for name, network in networks.items()
        if int(network["chainId"]) == chain_id
    )
    return next(found, "")


def _local() -> Network:
    # a node of one's own, named as ape-foundry wants it
    if os.environ.get("APE_FOUNDRY_HOST"):
        return Network(FOUNDRY)
    found = local_chain.running()
    if found is not None:
        return Network(FOUNDRY, {"host": found.url})
    if _answers(local_chain.PORT):
        return Network(FOUNDRY)
    raise EMCError("the local chain does not run", "start it: `emc chain start`")


def _at(url: str) -> Network:
    chain_id = local_chain.ask(url, "eth_chainId")
    if chain_id is None:
        raise EMCError(f"{url} does not answer as a node", "check the address")
    if public := _public(chain_id):
        return Network(f"{public}:{url}")
    if chain_id == local_chain.CHAIN_ID:
        return Network(FOUNDRY, {"host": url})
    raise EMCError(
        f"{url} is on chain {chain_id}, which ape does not know",
        "add it to ape as a custom network, then name it as ape does: ecosystem:network",
    )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
