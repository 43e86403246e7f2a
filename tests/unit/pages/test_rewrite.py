"""A page written again with one other word, and everything else as it was."""

import boa
import pytest

from emc.core.units import PPM
from tests.kit import World, address, replace
from tests.unit.pages.layout import Line, Meaning, Written, line, lines, read

CLOSED = Meaning(gate_at=10_000)


def page_of(world: World, count: int, covers: bool, held: bool) -> tuple[str, list[Line]]:
    """A page with or without cost covers, with or without what a gate holds from earlier ones."""
    rows = [line(i, PPM // count) for i in range(count)]
    words = [row.word() for row in rows]
    costs = [i + 1 for i in range(count)] if covers else [0] * count
    at = world.pages.begin(CLOSED.fields(), words, costs)
    if held:
        keep = [cost << 128 | cost for cost in costs]
        # all covers are still open, since nothing is booked but what rows that left wait for
        at = world.pages.follow((at, 0, 0, False, 64_000), CLOSED.fields(), words, keep).page
        assert len(read(at).forwards) == count
    return at, rows


def rewrite(world: World, at: str, index: int, word: int) -> Written:
    """A stranger has a page written again."""
    with boa.env.prank(world.stranger):
        return read(world.pages.rewrite(at, index, word))


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("covers", [False, True])
@pytest.mark.parametrize("count", [2, 3, 64])
def test_one_word_changes_and_nothing_else(
    world: World, count: int, covers: bool, held: bool
) -> None:
    at, rows = page_of(world, count, covers, held)
    before = read(at)
    for place in {0, 1, count - 1}:
        word = replace(rows[place], payee=address("elsewhere")).word()
        after = rewrite(world, at, 5 + place, word)
        assert after.words[5 + place] == word
        assert after.words[: 5 + place] == before.words[: 5 + place]
        assert after.words[6 + place :] == before.words[6 + place :]
        assert after.forwards == before.forwards
    assert read(at) == before


@pytest.mark.parametrize("count", [2, 3, 5, 64])
def test_what_the_gate_holds_for_each_row_is_kept(world: World, count: int) -> None:
    rows = [line(i, PPM // count) for i in range(count)]
    words = [row.word() for row in rows]
    first = world.pages.begin(CLOSED.fields(), words, [0] * count)
    # so much that no two rows have the same
    state = (first, 0, 0, False, 1)
    at = world.pages.follow(state, CLOSED.fields(), words, [0] * count).page
    shares = [*range(1, count), PPM - count * (count - 1) // 2]
    uneven = [line(i, share).word() for i, share in enumerate(shares)]
    at = world.pages.follow((at, 0, 0, False, 1), CLOSED.fields(), uneven, [0] * count).page
    state = (at, 9_999_999, 9_999_999, False, 1)
    at = world.pages.follow(state, CLOSED.fields(), uneven, [0] * count).page
    before = read(at)
    assert before.forwards == tuple(share * 9_999_999 // PPM for share in shares)
    assert len(set(before.forwards)) == count
    after = rewrite(world, at, 0, before.words[0] ^ 1 << 56)
    assert after.forwards == before.forwards
    assert after.words[1:] == before.words[1:]


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_any_word_of_the_head_may_be_another(world: World, index: int) -> None:
    at, _ = page_of(world, 3, covers=True, held=False)
    before = read(at)
    # all but the number of rows
    word = before.words[index] ^ 1 << 200 ^ 1 << 100
    after = rewrite(world, at, index, word)
    assert after.words == (*before.words[:index], word, *before.words[index + 1 :])


@pytest.mark.parametrize("index", [8, 9, 2**256 - 1])
def test_a_word_beyond_the_page_is_refused(world: World, index: int) -> None:
    at = world.pages.begin(Meaning().fields(), [row.word() for row in lines(50, 30, 20)], [0] * 3)
    assert len(read(at).words) == 8
    with boa.reverts():
        world.pages.rewrite(at, index, 1)


def test_a_page_can_be_rewritten_again_and_back(world: World) -> None:
    at, rows = page_of(world, 3, covers=True, held=True)
    before = read(at)
    other = replace(rows[2], payee=address("elsewhere")).word()
    turned = world.pages.rewrite(at, 7, other)
    back = world.pages.rewrite(turned, 7, rows[2].word())
    assert len({at, turned, back}) == 3
    assert read(back) == before


def test_what_is_no_page_cannot_be_rewritten(world: World) -> None:
    with boa.reverts():
        world.pages.rewrite(address("nothing"), 0, 1)
