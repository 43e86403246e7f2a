"""Who has agreed to first terms, as the client says it and as Consent then counts it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boa
import pytest
from eth_account.signers.local import LocalAccount

from emc.chain.edge import Logged
from emc.client.agreement import NOT_MADE
from emc.client.consenting import Formation
from emc.client.system import SIGNATURE_SPAN, System
from emc.core import typed_data
from emc.errors import EMCError
from emc.files.bundle import Bundle, Signature
from emc.files.compile import compile_terms, placeholder_parties
from tests.canvas import kit
from tests.kit import World, deployer, skip


class Chain:
    """What the client asks of a chain, answered by the one in memory."""

    provider = SimpleNamespace(get_code=boa.env.get_code)

    @property
    def id(self) -> int:
        return int(boa.env.evm.patch.chain_id)

    @property
    def now(self) -> int:
        return int(boa.env.timestamp)

    def contract(self, name: str, at: str) -> Any:
        return deployer(f"{name}.vy").at(at)


@pytest.fixture
def system(world: World) -> System:
    """The client of the world's contracts."""
    found = object.__new__(System)
    found.chain = Chain()  # type: ignore[assignment]
    found.consent, found.registry = world.consent, world.registry
    found.checkout = world.checkout
    found.implementation = str(world.implementation.address)
    return found


@pytest.fixture
def bundle(world: World, system: System) -> Bundle:
    """The picnic of the world's nodes, signed by nobody."""
    canvas = kit.canvas()
    parties = placeholder_parties(canvas)
    nodes = {
        key: party.model_copy(update={"me": node.me})
        for (key, party), node in zip(parties.nodes.items(), world.nodes, strict=True)
    }
    now = system.chain.now
    parties = parties.model_copy(
        update={"chain_id": system.chain.id, "currency": world.token(2).address, "nodes": nodes}
    )
    return Bundle(
        chain_id=system.chain.id,
        consent=str(world.consent.address),
        implementation=system.implementation,
        accounts=system.accounts_of(compile_terms(canvas, parties, now=now)),
        made_at=now,
        nonce=0,
        canvas=canvas,
        parties=parties,
    )


def words(system: System, bundle: Bundle) -> dict[int, str]:
    """What each node has answered, by row."""
    return {each.voter.row: each.told for each in Formation(system, bundle).answers()}


def signature(system: System, bundle: Bundle, key: LocalAccount, span: int) -> Signature:
    asked = Formation(system, bundle)
    message = asked.message(asked.voter_of(key.address), system.chain.now + span)
    signed = key.sign_message(typed_data.signable(message))
    return Signature.of(message, "0x" + bytes(signed.signature).hex())


def signed(world: World, system: System, bundle: Bundle, span: int = SIGNATURE_SPAN) -> Bundle:
    """The agreement with every node's signature."""
    for node in world.nodes:
        bundle = bundle.signed(signature(system, bundle, node.key, span))
    return bundle


def make(world: World, bundle: Bundle, *rows: int) -> str:
    """A stranger makes the EMC with the signatures of these rows, or of all."""
    given = [each.argument() for each in bundle.signatures if not rows or each.index in rows]
    terms = bundle.terms
    made = world.consent.make(terms.head(), terms.packed_rows(), given, sender=world.stranger)
    return str(made)


def test_what_all_have_signed_is_made_where_the_file_says(
    world: World, system: System, bundle: Bundle
) -> None:
    assert words(system, bundle) == {0: "missing", 1: "missing", 2: "missing"}
    bundle = signed(world, system, bundle)
    Formation(system, bundle).check()
    assert words(system, bundle) == {0: "signed", 1: "signed", 2: "signed"}
    assert (Formation(system, bundle).missing(), system.stage(bundle)) == ({}, NOT_MADE)
    assert make(world, bundle) == bundle.emc
    assert system.stage(bundle) == "ACTIVE"
    assert system.is_in_force(bundle)


def test_a_signature_counts_for_seven_days(world: World, system: System, bundle: Bundle) -> None:
    bundle = signed(world, system, bundle)
    assert SIGNATURE_SPAN == 7 * 86_400
    skip(SIGNATURE_SPAN)
    assert Formation(system, bundle).missing() == {}
    with boa.env.anchor():
        make(world, bundle)
    skip(1)
    assert words(system, bundle) == dict.fromkeys(range(3), "its signature has expired")
    with boa.reverts("votes: signature expired"):
        make(world, bundle)


def test_who_revoked_has_not_agreed_until_it_signs_again(
    world: World, system: System, bundle: Bundle
) -> None:
    bundle = signed(world, system, bundle)
    cook = world.nodes[1]
    world.consent.revoke(bundle.emc, sender=cook.account)
    assert words(system, bundle) == {0: "signed", 1: "its signature was revoked", 2: "signed"}
    assert Formation(system, bundle).missing() == {1: "its signature was revoked"}
    with boa.reverts("signatures: not the signer"):
        make(world, bundle)
    bundle = bundle.signed(signature(system, bundle, cook.key, SIGNATURE_SPAN))
    assert Formation(system, bundle).missing() == {}
    assert make(world, bundle) == bundle.emc


def test_an_approval_counts_for_a_row_that_did_not_sign(
    world: World, system: System, bundle: Bundle
) -> None:
    cook = world.nodes[1]
    bundle = signed(world, system, bundle)
    bundle = replace(bundle, signatures=bundle.signatures[::2])
    with boa.reverts("consent: signature missing"):
        make(world, bundle)
    until = system.chain.now + 60
    world.consent.approve(bundle.emc, Formation(system, bundle).matter, until, sender=cook.account)
    assert words(system, bundle) == {0: "signed", 1: "approved", 2: "signed"}
    with boa.env.anchor():
        assert make(world, bundle) == bundle.emc
    with boa.env.anchor():
        world.consent.revoke(bundle.emc, sender=cook.account)
        assert Formation(system, bundle).missing() == {1: "revoked"}
        with boa.reverts("consent: signature missing"):
            make(world, bundle)
    skip(61)
    assert list(Formation(system, bundle).missing()) == [1]
    with boa.reverts("consent: signature missing"):
        make(world, bundle)


def test_whose_account_changed_is_named_and_the_file_refused(
    world: World, system: System, bundle: Bundle
) -> None:
    bundle = signed(world, system, bundle)
    old = world.nodes[2].account
    world.registry.offer_account(world.stranger, sender=old)
    world.registry.accept_account(world.nodes[2].me, sender=world.stranger)
    with pytest.raises(EMCError, match=f"row 2 from {old} to {world.stranger}") as caught:
        Formation(system, bundle).check()
    assert "draw it up again" in str(caught.value.hint)


def test_who_is_missing_is_named_before_anything_is_sent(
    world: World, system: System, bundle: Bundle
) -> None:
    baker, cook, _ = signed(world, system, bundle, span=60).signatures
    bundle = replace(bundle, signatures=(baker, cook))
    world.consent.revoke(bundle.emc, sender=world.nodes[1].account)
    with pytest.raises(EMCError, match="1 of 3 have agreed") as caught:
        Formation(system, bundle).submit(SimpleNamespace(address=str(world.stranger)))  # type: ignore[arg-type]
    names = {label.row: label.name for label in bundle.labels}
    assert caught.value.hint == (
        f"still to sign: {names[1]} (its signature was revoked), {names[2]}"
    )


def test_accounts_at_birth_are_those_of_the_moment_it_was_made(
    world: World, system: System, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    mes = [row.party for row in bundle.terms.nodes]
    registry = [
        *(Logged(1, i, "Registered", {"me": me, "account": f"{me}"}) for i, me in enumerate(mes)),
        Logged(2, 0, "AccountRotated", {"me": mes[1], "old": f"{mes[1]}", "new": "rotated"}),
        Logged(3, 0, "AccountRotated", {"me": mes[2], "old": f"{mes[2]}", "new": "just before"}),
        Logged(3, 2, "AccountRotated", {"me": mes[0], "old": f"{mes[0]}", "new": "just after"}),
    ]
    told = {str(world.consent.address): [Logged(3, 1, "Made", {})]}
    told[str(world.registry.address)] = registry

    def events(sources: dict[str, str], _: str | None = None) -> list[Logged]:
        (at,) = sources
        return told[at]

    monkeypatch.setattr(Chain, "events", staticmethod(events), raising=False)
    found = system.accounts_at_birth(bundle.emc, bundle.terms)
    assert found == (f"{mes[0]}", "rotated", "just before")
