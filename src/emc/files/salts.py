"""What only its owner may know until it is revealed: salts, and what was committed to with them.

Each commitment has a file of its own, named by its hash and written once, so that no later one can
take its place: ``<chain id>/<contract>/<about>/me-<ME>/<commitment>.json`` below the folder that
EMC_SALTS names, else below ``emc/salts`` in the user's data folder (XDG_DATA_HOME, by default
``~/.local/share``). ``<about>`` is the EMC's address, or ``call-<number>``.
"""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emc.errors import EMCError
from emc.files import json_file
from emc.files.models import Address, Hash
from emc.files.whole import kept_in


class Secret(BaseModel):
    """A commitment and what opens it.

    Args:
        about: The EMC's address, or ``call-<number>``.
        opens: What the contract takes with the salt, and what people want to see again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chain_id: int = Field(ge=1, lt=2**63)
    contract: Address
    about: Annotated[str, Field(pattern=r"^(0x[0-9a-fA-F]{40}|call-[0-9]{1,77})$")]
    me: int = Field(ge=1, lt=2**160)
    commitment: Hash
    salt: Hash
    opens: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return _folder(self.chain_id, self.contract, self.about, self.me) / (
            f"{self.commitment}.json"
        )

    def bytes_of(self, name: str) -> bytes:
        """A part of what it opens, written as 0x and hex digits.

        Raises:
            EMCError: it is not there.
        """
        try:
            return bytes.fromhex(self.opens[name].removeprefix("0x"))
        except (KeyError, AttributeError, ValueError, TypeError):
            raise self.broken() from None

    def number_of(self, name: str) -> int:
        """A part of what it opens that is a number."""
        value = self.opens.get(name)
        if type(value) is not int:
            raise self.broken()
        return value

    def check(self, commitment: bytes) -> None:
        """Refuse a file whose parts do not give its commitment.

        Args:
            commitment: As computed from the parts.
        """
        if "0x" + commitment.hex() != self.commitment:
            raise self.broken()

    def broken(self) -> EMCError:
        """What to say of a file that was changed."""
        return EMCError(
            f"{self.path} does not open its commitment: it was changed", "restore it from a backup"
        )


def fresh() -> bytes:
    """A new salt: 32 bytes that nobody can guess."""
    return secrets.token_bytes(32)


def folder() -> Path:
    """The folder of all salts."""
    return kept_in("salts", "EMC_SALTS")


def keep(secret: Secret) -> Path:
    """Write a secret to the disk itself, readable by its owner alone; a file is never written over.

    Raises:
        EMCError: it cannot be kept. Nothing may be sent then.
    """
    path = secret.path
    text = json.dumps(secret.model_dump(), indent=2, ensure_ascii=False) + "\n"
    try:
        _make(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _sync(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EMCError(
            f"{path} cannot be kept: {error.strerror or error}; nothing was sent",
            "name a writable folder with EMC_SALTS",
        ) from None
    return path


def find(chain_id: int, contract: str, about: str, me: int, commitment: bytes) -> Secret:
    """The secret behind a commitment that is on chain.

    Raises:
        EMCError: it is not here, or its file says something else.
    """
    name = "0x" + commitment.hex()
    path = _folder(chain_id, contract, about, me) / f"{name}.json"
    if not path.exists():
        raise EMCError(
            f"no salt for the commitment {name} is in {path.parent}",
            "look where you committed: copy the file from that machine or its backup to this "
            "path, or name the folder with EMC_SALTS; without it nobody can reveal",
        )
    try:
        secret = Secret.model_validate(json_file.load(path, "a salt"))
    except ValidationError:
        raise EMCError(f"{path} is not a salt", "restore it from a backup") from None
    if secret.path != path:
        raise EMCError(f"{path} is the salt of another commitment", "restore it from a backup")
    return secret


def _folder(chain_id: int, contract: str, about: str, me: int) -> Path:
    return folder() / str(chain_id) / contract.lower() / about.lower() / f"me-{me}"


def _make(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone and on the disk
    itself."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    """See that the names of what is new in a folder are on the disk too, where folders can be
    asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
