"""The hash of terms and rows."""

from eth_utils.crypto import keccak

from tests.kit import World, address, replace


def test_it_is_the_keccak_of_the_encoded_table(world: World) -> None:
    terms = world.terms()
    assert world.consent.terms_hash(terms.head(), terms.packed_rows()) == keccak(terms.encode())


def test_every_word_of_a_row_moves_it(world: World) -> None:
    terms = world.terms()
    before = world.consent.terms_hash(terms.head(), terms.packed_rows())
    for word in range(3):
        for bit in (0, 1, 39, 40, 95, 96, 128, 255):
            table = [list(words) for words in terms.packed_rows()]
            table[1][word] ^= 1 << bit
            assert world.consent.terms_hash(terms.head(), table) != before


def test_order_and_number_of_rows_move_it(world: World) -> None:
    terms = world.terms()
    tables = [
        terms.packed_rows(),
        terms.packed_rows()[::-1],
        terms.packed_rows()[:2],
        [],
        terms.packed_rows() * 2,
    ]
    hashes = {world.consent.terms_hash(terms.head(), table) for table in tables}
    assert len(hashes) == 5


def test_it_needs_no_good_terms(world: World) -> None:
    terms = replace(world.terms(), version=9, backstop=address("x"))
    assert world.consent.terms_hash(terms.head(), []) == replace(terms, rows=()).hash()
