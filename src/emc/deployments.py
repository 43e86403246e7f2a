"""Which addresses belong together on a chain: deployments/<chain-id>.json."""

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emc.errors import EMCError

Address = Annotated[str | None, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
_FIELDS = {
    "MicroEnterprises": "micro_enterprises",
    "Pages": "pages",
    "EMC": "implementation",
    "Consent": "consent",
    "Changes": "changes",
    "Conduct": "conduct",
    "Goals": "goals",
}


class Deployment(BaseModel):
    """The contracts that all EMCs of a chain share."""

    model_config = ConfigDict(extra="forbid")

    chain_id: int
    micro_enterprises: Address = None
    pages: Address = None
    implementation: Address = None
    consent: Address = None
    changes: Address = None
    conduct: Address = None
    goals: Address = None

    def addresses(self) -> dict[str, str | None]:
        """Address by the contract's name."""
        return {name: getattr(self, field) for name, field in _FIELDS.items()}

    def set(self, name: str, address: str | None) -> None:
        """Keep where a contract is."""
        setattr(self, _FIELDS[name], address)


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
