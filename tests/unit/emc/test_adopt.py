import boa

from emc.terms import NATIVE
from tests.kit import World, address, events
from tests.till import ACTIVE


def test_the_last_signature_puts_the_terms_in_force(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, given=[])
    signatures = world.signatures(terms)
    for signature in signatures[:-1]:
        world.consent.sign(world.creator, terms.head(), terms.table(), [signature])
        with boa.reverts("emc: not active"):
            world.sell(emc, 300, 1)
    world.consent.sign(world.creator, terms.head(), terms.table(), signatures[-1:])
    (adopted,) = events(world.consent, "Adopted")
    assert (adopted.epoch, adopted.start) == (1, 0)
    assert emc.stage() == ACTIVE
    world.sell(emc, 300, 1)
    assert emc.total() == 300


def test_only_the_table_adopts_terms(world: World) -> None:
    page = (1, NATIVE, address("backstop"), 0, 2**39, 0, 1, 2, 0, 0, False)
    row = int(world.stranger, 16) << 96 | 10**6 << 56 | 10**6 << 36 | 10**6 << 16
    for emc in (world.make(), world.make(world.terms(nonce=1), given=[]), world.implementation):
        for caller in (world.creator, world.stranger, world.nodes[0].account):
            with boa.env.prank(caller), boa.reverts("emc: not the table"):
                emc.adopt(page, [row], [])
