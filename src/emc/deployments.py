"""Which addresses belong together on a chain: deployments/<chain-id>.json."""

import json
import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emc.errors import EMCError


class Deployment(BaseModel):
    """The contracts that all EMCs of a chain share."""

    model_config = ConfigDict(extra="forbid")

    chain_id: int
    micro_enterprises: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    implementation: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    consent: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")


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
        deployment = Deployment.model_validate_json(path.read_text())
    except (ValidationError, ValueError) as error:
        raise EMCError(f"{path} is not a deployment: {error}", "restore or remove it") from None
    if deployment.chain_id != chain_id:
        raise EMCError(f"{path} is about chain {deployment.chain_id}, not {chain_id}", "remove it")
    return deployment


def write(deployment: Deployment) -> None:
    """Keep a chain's deployment."""
    replace_file(path_of(deployment.chain_id), json.dumps(deployment.model_dump(), indent=2) + "\n")


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
