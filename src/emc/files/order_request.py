"""A merchant's request to pay an order at Checkout, and a buyer's word on it, as small files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from emc.core.checkout import CheckoutOrder, TokenDomain
from emc.core.limits import MAX_AMOUNT, MAX_TIME
from emc.core.orders import MAX_TEXT
from emc.core.terms import NATIVE
from emc.core.text import printable
from emc.errors import EMCError
from emc.files import json_file
from emc.files.models import Address, Hash, Part
from emc.files.whole import replace_file

REQUEST = "emc-order"
AUTHORIZATION = "emc-authorization"

Read = TypeVar("Read", bound=BaseModel)


def _checksummed(text: str) -> str:
    if text != NATIVE and not is_checksum_address(text):
        raise ValueError("is not a checksummed address")
    return text


_Address = Annotated[Address, AfterValidator(_checksummed)]
_Amount = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,28}$")]
_Time = Annotated[int, Field(ge=0, le=MAX_TIME)]
_Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class _Order(Part):
    emc: _Address
    buyer: _Address
    reference: Hash
    amount: _Amount
    customer: Hash
    cashier: _Address
    due_at: _Time


class _Asked(Part):
    format: str
    version: Literal[1]
    chain_id: Annotated[int, Field(ge=1, le=2**63)]
    checkout: _Address
    currency: _Address
    name: _Text
    order: _Order


class _Request(_Asked):
    format: Literal["emc-order"]


class _Token(Part):
    name: Annotated[str, Field(max_length=MAX_TEXT)]
    version: Annotated[str, Field(max_length=MAX_TEXT)]


class _Authorization(_Asked):
    format: Literal["emc-authorization"]
    token: _Token
    valid_after: _Time
    valid_before: _Time
    signature: Annotated[str, Field(pattern=r"^0x([0-9a-f]{2}){1,325}$")]


@dataclass(frozen=True)
class Request:
    """What a merchant asks for.

    Args:
        currency: The EMC's token; the zero address for coin.
        name: What the merchant calls the order.
        order: Its buyer is the zero address where whoever pays may be it.
    """

    chain_id: int
    checkout: str
    currency: str
    name: str
    order: CheckoutOrder

    def by(self, buyer: str) -> CheckoutOrder:
        """The order as a buyer pays it.

        Raises:
            EMCError: the request is for another one.
        """
        if self.order.buyer not in (NATIVE, buyer):
            raise EMCError(
                f"order {self.name} is for {self.order.buyer}, not for {buyer}",
                "pay with that account, or ask the merchant for another request",
            )
        return replace(self.order, buyer=buyer)

    def differences(self, order: CheckoutOrder) -> list[str]:
        """The fields in which an order is not the one that was asked for."""
        wanted = self.order
        if wanted.buyer == NATIVE:
            wanted = replace(wanted, buyer=order.buyer)
        return [name for name, value in vars(wanted).items() if value != getattr(order, name)]


@dataclass(frozen=True)
class Authorization:
    """What a buyer has signed for a request, to be sent by anybody.

    Args:
        valid_after: Good only after this second.
        valid_before: And only before this one.
    """

    request: Request
    order: CheckoutOrder
    token: TokenDomain
    valid_after: int
    valid_before: int
    signature: bytes


def read_request(path: Path) -> Request:
    """A request from its file.

    Raises:
        EMCError: it cannot be read, or is something else.
    """
    return _request(_read(path, _Request, "a request to pay an order"))


def read_authorization(path: Path) -> Authorization:
    """An authorization from its file; whether it is good only the chain knows.

    Raises:
        EMCError: it cannot be read, or is something else.
    """
    found = _read(path, _Authorization, "an authorization to pay an order")
    request = _request(found)
    return Authorization(
        request=request,
        order=request.order,
        token=TokenDomain(found.token.name, found.token.version, found.chain_id, request.currency),
        valid_after=found.valid_after,
        valid_before=found.valid_before,
        signature=bytes.fromhex(found.signature[2:]),
    )


def write(path: Path, paper: Request | Authorization) -> None:
    """Write a request or an authorization, sealed."""
    replace_file(path, json_file.sealed(document(paper)))


def document(paper: Request | Authorization) -> dict[str, Any]:
    """A request or an authorization as JSON has it."""
    if isinstance(paper, Request):
        return {"format": REQUEST, "version": 1, **_fields(paper, paper.order)}
    return {
        "format": AUTHORIZATION,
        "version": 1,
        **_fields(paper.request, paper.order),
        "token": {"name": paper.token.name, "version": paper.token.version},
        "valid_after": paper.valid_after,
        "valid_before": paper.valid_before,
        "signature": "0x" + paper.signature.hex(),
    }


def order_document(order: CheckoutOrder) -> dict[str, Any]:
    """An order as JSON has it."""
    texts = {name: "0x" + getattr(order, name).hex() for name in ("reference", "customer")}
    return {**vars(order), **texts, "amount": str(order.amount)}


def _fields(request: Request, order: CheckoutOrder) -> dict[str, Any]:
    return {
        "chain_id": request.chain_id,
        "checkout": request.checkout,
        "currency": request.currency,
        "name": request.name,
        "order": order_document(order),
    }


def _read(path: Path, model: type[Read], what: str) -> Read:
    found = json_file.load(path, what)
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"]) or "the file"
        raise EMCError(
            f"{printable(str(path))} is not {what}: {printable(where)[:80]} "
            f"{printable(first['msg'])[:120]}",
            "ask for it again",
        ) from None


def _request(found: _Asked) -> Request:
    given = found.order
    amount = int(given.amount)
    if amount > MAX_AMOUNT:
        raise EMCError("the amount is more than an EMC accepts", "ask for it again")
    return Request(
        chain_id=found.chain_id,
        checkout=found.checkout,
        currency=found.currency,
        name=found.name,
        order=CheckoutOrder(
            **{
                **vars(given),
                "reference": bytes.fromhex(given.reference[2:]),
                "customer": bytes.fromhex(given.customer[2:]),
                "amount": amount,
            }
        ),
    )
