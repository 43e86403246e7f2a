# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title pages
@license AGPL-3.0-only
@notice The payment page: all that a sale must know, in the code of a contract, read by one call.
@dev A page never changes; a change writes the next one. Five words of head, one word per row, and where there
     are cost covers sixteen bytes per row for them. Amounts count from the page's start; spans are times PPM.

       byte   0  start 128 | epoch 32 | ends_at 40 | starts_at 40 | rows 8 | ends on target 8
       byte  32  currency 160 | disburse_at 96
       byte  64  cost_end 128 | base_end 128
       byte  96  leading_end 128 | gate_at 96 | rest 32
       byte 128  backstop 160 | zero 96
       byte 160  row: payee 160 | running 20 | base 20 | leading 20 | upside 20 | row id 8 | zero 8
       then      cost cover 128, two to a word

     start: cumulative proceeds when the epoch began. rest: PPM less the running cost of all rows, what a unit
     of proceeds leaves for the COST band and the tranches.
"""

from ..interfaces import IEMC

PPM: constant(uint256) = 1_000_000
MAX_ROWS: constant(uint256) = 64
HEAD: constant(uint256) = 160
MAX_WORDS: constant(uint256) = 5 + MAX_ROWS + MAX_ROWS // 2
MAX_BYTES: constant(uint256) = 32 * MAX_WORDS

LOW128: constant(uint256) = 2**128 - 1
LOW96: constant(uint256) = 2**96 - 1
LOW40: constant(uint256) = 2**40 - 1
LOW20: constant(uint256) = 2**20 - 1
# no proceeds reach it: they stay below 2**95
NEVER: constant(uint256) = LOW96
GATE_SHIFT: constant(uint256) = 32


# the page as code

@internal
def _write(words: DynArray[uint256, MAX_WORDS]) -> address:
    """
    @notice Put a page on chain, as a contract that answers every call with it.
    """
    encoded: Bytes[MAX_BYTES + 64] = abi_encode(words)
    # push1 11, codesize, sub, dup1, push1 11, push0, codecopy, push0, return; then the page
    runtime: Bytes[MAX_BYTES + 75] = concat(
        x"600b380380600b5f395ff3", slice(encoded, 64, 32 * len(words))
    )
    # push2 size, dup1, push1 10, push0, codecopy, push0, return; then the runtime
    size: Bytes[2] = slice(convert(len(runtime), bytes32), 30, 2)
    return raw_create(concat(x"61", size, x"80600a5f395ff3", runtime))


@internal
@view
def _read(at: address) -> Bytes[MAX_BYTES]:
    return raw_call(at, b"", max_outsize=MAX_BYTES, is_static_call=True)


@internal
@pure
def _words(page: Bytes[MAX_BYTES]) -> DynArray[uint256, MAX_WORDS]:
    words: DynArray[uint256, MAX_WORDS] = []
    for i: uint256 in range(len(page) // 32, bound=MAX_WORDS):
        words.append(convert(extract32(page, 32 * i), uint256))
    return words


@internal
@pure
def _first(
    page: IEMC.Page, rows: DynArray[uint256, MAX_ROWS], costs: DynArray[uint256, MAX_ROWS]
) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice Lay out the first page of an EMC, where every amount counts from zero.
    """
    cost: uint256 = 0
    for amount: uint256 in costs:
        cost += amount
    rest: uint256 = PPM - page.running
    words: DynArray[uint256, MAX_WORDS] = [
        page.epoch << 96
        | page.ends_at << 56
        | page.starts_at << 16
        | len(rows) << 8
        | convert(page.ends_on_target, uint256),
        convert(page.currency, uint256) << 96 | page.disburse_at,
        cost * PPM << 128 | page.benchmark * rest,
        page.target * rest << 128 | page.gate_at << GATE_SHIFT | rest,
        convert(page.backstop, uint256) << 96,
    ]
    for row: uint256 in rows:
        words.append(row)
    for i: uint256 in range(len(costs), bound=MAX_ROWS):
        if i % 2 == 0:
            words.append(costs[i] << 128)
        else:
            words.append(words.pop() | costs[i])
    return words


@internal
def _rewrite(at: address, index: uint256, word: uint256) -> address:
    """
    @notice Put a page on chain again with one other word.
    """
    words: DynArray[uint256, MAX_WORDS] = self._words(self._read(at))
    words[index] = word
    return self._write(words)
