"""What was deployed on a chain from here: deployments/<chain-id>.json, a record that no command
needs.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emc import artifacts
from emc.core.parts import NAMES
from emc.errors import EMCError
from emc.files.models import Address, Hash
from emc.files.source import first_words
from emc.files.whole import replace_file


class Birth(BaseModel):
    """The transaction that made a contract; its block's hash says on which history."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transaction: Hash
    block: int = Field(ge=0)
    block_hash: Hash


class Deployed(BaseModel):
    """One contract: where it is, and from what it was made.

    A token is written down before it is sent, so that a run cut short is taken up where it was;
    where the contracts of a system are follows from their code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address
    # none: being deployed, or found there
    birth: Birth | None = None
    arguments: list[Any] = Field(default_factory=list)
    compiler: str = ""
    integrity: str = ""

    @classmethod
    def planned(cls, name: str, address: str, arguments: list[Any]) -> "Deployed":
        """One that is about to be deployed, or is there."""
        artifact = artifacts.load(name)
        return cls(
            address=address,
            arguments=arguments,
            compiler=artifact["compiler"],
            integrity=artifact["integrity"],
        )


class Formed(BaseModel):
    """An EMC that was drawn up here; it is on chain once it has a birth."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address
    title: str
    consent: Address
    canvas_hash: Hash
    terms_hash: Hash
    nonce: int = Field(ge=0)
    # the agreement file, as it was named
    file: str
    birth: Birth | None = None


class Deployment(BaseModel):
    """The contracts that all EMCs of a chain share, and the EMCs drawn up from here."""

    model_config = ConfigDict(extra="forbid")

    chain_id: int
    # hash of block 0: local chains come and go under one id
    genesis: Hash | None = None
    contracts: dict[str, Deployed] = Field(default_factory=dict)
    # test tokens of a local chain, by symbol and decimals
    tokens: dict[str, Deployed] = Field(default_factory=dict)
    emcs: list[Formed] = Field(default_factory=list)

    def formed(self, canvas_hash: str, nonce: int) -> Formed | None:
        """The EMC that was drawn up from a canvas under a nonce."""
        for emc in self.emcs:
            if (emc.canvas_hash, emc.nonce) == (canvas_hash, nonce):
                return emc
        return None

    def keep(self, formed: Formed) -> None:
        """Write an EMC down, in place of what was known of it."""
        self.forget(formed.address)
        self.emcs.append(formed)

    def forget(self, address: str) -> None:
        """No longer know an EMC."""
        self.emcs = [each for each in self.emcs if each.address.lower() != address.lower()]


def path_of(chain_id: int) -> Path:
    """Where a chain's deployment is written: below the working folder, or where EMC_DEPLOYMENTS
    says.
    """
    return Path(os.environ.get("EMC_DEPLOYMENTS", "deployments")) / f"{chain_id}.json"


def read(chain_id: int) -> Deployment:
    """What is known of a chain; nothing if there is no file.

    Raises:
        EMCError: the file is not a deployment, or one of another chain.
    """
    path = path_of(chain_id)
    if not path.exists():
        return Deployment(chain_id=chain_id)
    try:
        deployment = Deployment.model_validate_json(path.read_text("utf-8-sig"))
        unknown = sorted(set(deployment.contracts) - set(NAMES))
        if unknown:
            raise ValueError(f"no contract of ours is called {unknown[0]!r}")
    except ValueError as error:
        why = first_words(error, Deployment) if isinstance(error, ValidationError) else str(error)
        raise EMCError(f"{path} is not a deployment: {why}", "restore or remove it") from None
    if deployment.chain_id != chain_id:
        raise EMCError(f"{path} is about chain {deployment.chain_id}, not {chain_id}", "remove it")
    return deployment


def write(deployment: Deployment) -> None:
    """Keep a chain's deployment. What would be lost of the one that is there is put aside:
    <chain-id>.1.json, and so on.
    """
    content = deployment.model_dump(exclude_none=True)
    content["contracts"] = {
        name: content["contracts"][name] for name in NAMES if name in content["contracts"]
    }
    text = json.dumps(content, indent=2) + "\n"
    path = path_of(deployment.chain_id)
    if path.exists() and _is_lost(read(deployment.chain_id), deployment):
        aside = next(
            place
            for number in count(1)
            if not (place := path.with_name(f"{deployment.chain_id}.{number}.json")).exists()
        )
        path.rename(aside)
    replace_file(path, text)


def _is_lost(before: Deployment, after: Deployment) -> bool:
    """Whether a record names a contract, token or EMC that another one does not."""

    def named(which: Deployment) -> set[tuple[str, str]]:
        contracts = {(name, each.address) for name, each in which.contracts.items()}
        tokens = {(name, each.address) for name, each in which.tokens.items()}
        return contracts | tokens | {("EMC of", each.address) for each in which.emcs}

    return not named(before) <= named(after)


@contextmanager
def turn(chain_id: int) -> Iterator[None]:
    """Wait for other commands that change the same file; it is nobody's once the process ends."""
    path = path_of(chain_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
