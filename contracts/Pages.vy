# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Pages
@license AGPL-3.0-only
@notice Writes the payment pages of EMCs: which amounts flow where under the terms in force.
@dev Stateless. A change of terms closes a page: each row that stays has what the gate holds for it brought
     forward, each row that leaves takes it along, and what rounding left over counts with the next proceeds.
@custom:stop Nobody.
"""

from .interfaces import IEMC
from .interfaces import IPages
from .modules import page_layout
from .modules import waterfall

implements: IPages

MAX_ROWS: constant(uint256) = page_layout.MAX_ROWS
MAX_WORDS: constant(uint256) = page_layout.MAX_WORDS
MAX_BYTES: constant(uint256) = page_layout.MAX_BYTES


# anyone

@external
def begin(
    page: IEMC.Page, rows: DynArray[uint256, MAX_ROWS], costs: DynArray[uint256, MAX_ROWS]
) -> address:
    """
    @notice Write the first page of an EMC.
    @param rows As in the module `page_layout`.
    @param costs Per row: cost cover.
    @custom:refuses pages: amount too large
    """
    first: Bytes[MAX_BYTES + 128] = self._lay_out(page, 0, 0, 0, page.gate_at == 0, rows, costs)
    return self._write(first, b"")


@external
def follow(
    last: IPages.Last,
    page: IEMC.Page,
    rows: DynArray[uint256, MAX_ROWS],
    costs: DynArray[uint256, MAX_ROWS],
) -> IPages.Next:
    """
    @notice Write the page that follows the last one.
    @param rows As in the module `page_layout`; no payee: where the row is paid now.
    @param costs Per row: cost cover in the terms before 128 | cost cover 128.
    @custom:refuses pages: amount too large
    """
    words: DynArray[uint256, MAX_ROWS] = rows
    open_costs: DynArray[uint256, MAX_ROWS] = costs
    forwards: DynArray[uint256, MAX_ROWS] = []
    next: IPages.Next = empty(IPages.Next)
    # one more than the place on the next page, by row id
    places: uint256[page_layout.MAX_IDS] = empty(uint256[page_layout.MAX_IDS])
    for row: uint256 in rows:
        forwards.append(0)
        places[page_layout._id(row)] = len(forwards)
        next.rows |= 1 << page_layout._id(row)
    old: Bytes[MAX_BYTES] = page_layout._read(last.page)
    spread: uint256 = convert(extract32(old, 96), uint256)
    ends: uint256 = convert(extract32(old, 64), uint256)
    cost_end: uint256 = page_layout._cost_end(ends)
    forward: uint256 = page_layout._forward(convert(extract32(old, 128), uint256))
    flowing: waterfall.Spans = waterfall._spans(ends, spread, last.at, last.is_open)
    earning: waterfall.Spans = waterfall._spans(ends, spread, last.at, True)
    count: uint256 = page_layout._count(convert(extract32(old, 0), uint256))
    next.dust = last.at if last.at != 0 else page_layout._dust(spread)
    next.held = last.held
    for i: uint256 in range(count, bound=MAX_ROWS):
        row: uint256 = convert(extract32(old, page_layout.HEAD + 32 * i), uint256)
        id: uint256 = page_layout._id(row)
        next.before |= 1 << id
        cost: uint256 = 0
        if cost_end != 0:
            # read so that it ends the word
            at: uint256 = page_layout.HEAD + 32 * count + 16 * i - 16
            cost = convert(extract32(old, at), uint256) & page_layout.LOW128
        earned: uint256 = waterfall._entitlement(row, cost, cost_end, last.at, earning)
        next.dust -= earned
        held: uint256 = 0
        if not last.is_open:
            held = earned - waterfall._entitlement(row, cost, cost_end, last.at, flowing)
            if forward != 0:
                held += page_layout._forward_of(last.page, len(old), i)
        next.held += held
        if places[id] == 0:
            next.leavers.append(IPages.Leaver(row=id, payee=page_layout._payee(row), held=held))
            continue
        place: uint256 = places[id] - 1
        forwards[place] = held
        if page_layout._payee(words[place]) == empty(address):
            words[place] = page_layout._with_payee(words[place], page_layout._payee(row))
        if cost != 0:
            # rounded up: what was covered is rounded down
            cost -= cost * flowing.cost // cost_end
        # what was still open, and by how much the new terms cover more or less
        was: uint256 = costs[place] >> 128
        open_costs[place] = max(cost + (costs[place] & page_layout.LOW128), was) - was
    next.start = last.total - next.dust
    code: Bytes[MAX_BYTES + 128] = self._lay_out(
        page, next.start, next.dust, next.held, last.is_open, words, open_costs
    )
    if next.held == 0:
        forwards = []
    next.page = self._write(code, slice(self._halves(forwards), 0, 16 * len(forwards)))
    return next


@external
def rewrite(page: address, index: uint256, word: uint256) -> address:
    """
    @notice Write a page again with one other word.
    """
    old: Bytes[MAX_BYTES] = page_layout._read(page)
    words: DynArray[uint256, MAX_WORDS] = []
    for i: uint256 in range(len(old) // 32, bound=MAX_WORDS):
        words.append(convert(extract32(old, 32 * i), uint256))
    forwards: DynArray[uint256, MAX_ROWS] = []
    if page_layout._forward(words[4]) != 0:
        for i: uint256 in range(page_layout._count(words[0]), bound=MAX_ROWS):
            forwards.append(page_layout._forward_of(page, len(old), i))
    words[index] = word
    code: Bytes[MAX_BYTES + 64] = slice(abi_encode(words), 64, len(old))
    behind: Bytes[16 * MAX_ROWS + 64] = slice(self._halves(forwards), 0, 16 * len(forwards))
    return self._write(code, behind)


# internals

@internal
@pure
def _lay_out(
    page: IEMC.Page,
    start: uint256,
    dust: uint256,
    forward: uint256,
    is_open: bool,
    rows: DynArray[uint256, MAX_ROWS],
    costs: DynArray[uint256, MAX_ROWS],
) -> Bytes[MAX_BYTES + 128]:
    """
    @notice A page as it lies in its code.
    @param start Proceeds that earlier pages shared out.
    @param dust What they left over.
    @param forward What the gate holds from them.
    @param is_open Whether income flows from the start.
    @param costs What is left of each row's cost cover.
    """
    cost: uint256 = 0
    for amount: uint256 in costs:
        cost += amount
    rest: uint256 = page_layout.PPM - page.running
    cost_end: uint256 = cost * page_layout.PPM
    base_end: uint256 = page_layout.ENDLESS
    leading_end: uint256 = page_layout.ENDLESS
    # only if the assessed measures allow the next tranche; what lies behind the start is empty
    if page.level >= page_layout.LEADING:
        base_end = max(cost_end, (max(page.benchmark, start) - start) * rest)
    if page.level >= page_layout.UPSIDE:
        leading_end = max(base_end, (max(page.target, start) - start) * rest)
    gate_at: uint256 = min(max(page.gate_at, start) - start, page_layout.NEVER)
    if is_open:
        gate_at = 0
    assert forward <= page_layout.LOW96, "pages: amount too large"
    covers: Bytes[16 * MAX_ROWS + 64] = b""
    if cost != 0:
        # an odd one ends with an empty half
        covers = self._halves(costs)
    return concat(
        convert(
            start << 128
            | page.epoch << 96
            | page.ends_at << 56
            | page.starts_at << 16
            | len(rows) << 8
            | page.may_end,
            bytes32,
        ),
        convert(convert(page.currency, uint256) << 96 | page.disburse_at, bytes32),
        convert(cost_end << 128 | base_end, bytes32),
        convert(
            leading_end << 128
            | gate_at << page_layout.GATE_SHIFT
            | dust << page_layout.DUST_SHIFT
            | rest,
            bytes32,
        ),
        convert(convert(page.backstop, uint256) << 96 | forward, bytes32),
        slice(abi_encode(rows), 64, 32 * len(rows)),
        covers,
    )


@internal
@pure
def _halves(amounts: DynArray[uint256, MAX_ROWS]) -> Bytes[16 * MAX_ROWS + 64]:
    """
    @notice Amounts of 128 bits, two to a word.
    """
    words: DynArray[uint256, MAX_ROWS // 2] = []
    for i: uint256 in range(len(amounts), bound=MAX_ROWS):
        if i % 2 == 0:
            words.append(amounts[i] << 128)
        else:
            words.append(words.pop() | amounts[i])
    return slice(abi_encode(words), 64, 32 * len(words))


@internal
def _write(page: Bytes[MAX_BYTES + 128], behind: Bytes[16 * MAX_ROWS + 64]) -> address:
    """
    @notice Put a page on chain, as a contract that answers every call with it.
    @param behind What the gate holds for each row from earlier pages; nothing if it holds nothing.
    """
    size: Bytes[2] = slice(convert(len(page), bytes32), 30, 2)
    whole: Bytes[2] = slice(convert(page_layout.PREFIX + len(page) + len(behind), bytes32), 30, 2)
    # push2 size, dup1, push1 10, push0, codecopy, push0, return: of the code, and of what it answers
    return raw_create(
        concat(x"61", whole, x"80600a5f395ff361", size, x"80600a5f395ff3", page, behind)
    )
