# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title page_layout
@license AGPL-3.0-only
@notice The payment page: all that a sale must know, in the code of a contract, read by one call.
@dev A page never changes; a change writes the next one. Five words of head, one word per row, and where there
     are cost covers sixteen bytes per row for them. Amounts count from the page's start; spans are times PPM.

       byte   0  start 128 | epoch 32 | ends_at 40 | starts_at 40 | rows 8 | may end 8
       byte  32  currency 160 | disburse_at 96
       byte  64  cost_end 128 | base_end 128
       byte  96  leading_end 128 | gate_at 96 | dust 12 | rest 20
       byte 128  backstop 160 | forward 96
       byte 160  row: payee 160 | running 20 | base 20 | leading 20 | upside 20 | row id 8 | zero 8
       then      cost cover 128, as far as it is open, two to a word

     start: cumulative proceeds that earlier pages shared out. dust: what they left over, counted with the first
     proceeds of this one. may end: 0 never early, 1 on the target, 2 at once. gate_at: NEVER where an assessment
     opens the gate. rest: PPM less the running cost of all rows, what a unit of proceeds leaves for the COST band
     and the tranches. forward: what the gate holds from earlier pages; the part of each live row lies in the code
     behind what a call returns, sixteen bytes each, since only the opening of the gate reads it.
"""

PPM: constant(uint256) = 1_000_000
MAX_ROWS: constant(uint256) = 64
# in the life of an EMC
MAX_IDS: constant(uint256) = 128
# rows that leave by one change: each is kept with what it is owed, and a block has an end
MAX_LEAVING: constant(uint256) = 30
HEAD: constant(uint256) = 160
MAX_WORDS: constant(uint256) = 5 + MAX_ROWS + MAX_ROWS // 2
MAX_BYTES: constant(uint256) = 32 * MAX_WORDS

LOW128: constant(uint256) = 2**128 - 1
LOW96: constant(uint256) = 2**96 - 1
LOW40: constant(uint256) = 2**40 - 1
LOW32: constant(uint256) = 2**32 - 1
LOW20: constant(uint256) = 2**20 - 1
LOW12: constant(uint256) = 2**12 - 1
LOW8: constant(uint256) = 2**8 - 1
# no proceeds reach it: they stay below 2**95
NEVER: constant(uint256) = LOW96
ENDS_SHIFT: constant(uint256) = 56
GATE_SHIFT: constant(uint256) = 32
DUST_SHIFT: constant(uint256) = 20
# what a band that never ends goes up to
ENDLESS: constant(uint256) = LOW128
# code before the page
PREFIX: constant(uint256) = 10

MAY_END_ON_TARGET: constant(uint256) = 1
MAY_END: constant(uint256) = 2
# levels of a goal: the tranche that what comes in may reach
BASE: constant(uint256) = 1
LEADING: constant(uint256) = 2
UPSIDE: constant(uint256) = 3
TRANCHES: constant(uint256) = 3


# a word of the head, field by field

@internal
@pure
def _start(first: uint256) -> uint256:
    return first >> 128


@internal
@pure
def _epoch(first: uint256) -> uint256:
    return first >> 96 & LOW32


@internal
@pure
def _ends_at(first: uint256) -> uint256:
    return first >> ENDS_SHIFT & LOW40


@internal
@pure
def _with_ends_at(first: uint256, ends_at: uint256) -> uint256:
    return first & ~(LOW40 << ENDS_SHIFT) | ends_at << ENDS_SHIFT


@internal
@pure
def _count(first: uint256) -> uint256:
    """
    @notice How many rows live.
    """
    return first >> 8 & LOW8


@internal
@pure
def _may_end(first: uint256) -> uint256:
    return first & LOW8


@internal
@pure
def _currency(second: uint256) -> address:
    return convert(second >> 96, address)


@internal
@pure
def _disburse_at(second: uint256) -> uint256:
    return second & LOW96


@internal
@pure
def _cost_end(third: uint256) -> uint256:
    return third >> 128


@internal
@pure
def _leading_end(fourth: uint256) -> uint256:
    return fourth >> 128


@internal
@pure
def _gate_at(fourth: uint256) -> uint256:
    return fourth >> GATE_SHIFT & LOW96


@internal
@pure
def _shut(fourth: uint256) -> uint256:
    """
    @notice The same word with a gate that never opens.
    """
    return fourth | NEVER << GATE_SHIFT


@internal
@pure
def _dust(fourth: uint256) -> uint256:
    return fourth >> DUST_SHIFT & LOW12


@internal
@pure
def _rest(fourth: uint256) -> uint256:
    return fourth & LOW20


@internal
@pure
def _backstop(fifth: uint256) -> address:
    return convert(fifth >> 96, address)


@internal
@pure
def _forward(fifth: uint256) -> uint256:
    return fifth & LOW96


# a row's word, which stands in the terms as well

@internal
@pure
def _payee(row: uint256) -> address:
    return convert(row >> 96, address)


@internal
@pure
def _with_payee(row: uint256, payee: address) -> uint256:
    return convert(payee, uint256) << 96 | row & LOW96


@internal
@pure
def _running(row: uint256) -> uint256:
    return row >> 76 & LOW20


@internal
@pure
def _shares(row: uint256) -> uint256[TRANCHES]:
    """
    @notice Base, leading, upside.
    """
    return [row >> 56 & LOW20, row >> 36 & LOW20, row >> 16 & LOW20]


@internal
@pure
def _id(row: uint256) -> uint256:
    return row >> 8 & LOW8


# the page in its code

@internal
@view
def _read(at: address) -> Bytes[MAX_BYTES]:
    return raw_call(at, b"", max_outsize=MAX_BYTES, is_static_call=True)


@internal
@view
def _forward_of(at: address, size: uint256, place: uint256) -> uint256:
    """
    @notice What the gate holds for a row from earlier pages; only where the page's `forward` is not zero.
    @param size Bytes of the page.
    @param place The row's place on the page.
    """
    return convert(slice(at.code, PREFIX + size + 16 * place, 16), uint256)
