# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title EMC
@license AGPL-3.0-only
@notice The till of one agreement: every sale pays its nodes in the same transaction, by the terms they signed.
@dev Each row is owed a non-decreasing function of cumulative proceeds, rounded down on the running total;
     a sale pays the increase. Deployed once; every EMC is a minimal proxy to it, made by Consent.
@custom:stop Nobody can pause it. It ends on its end date, or earlier by its parties' consent.
"""

from .interfaces import IEMC
from .interfaces import IGoals
from .interfaces import IPages
from .modules import creditors
from .modules import currency
from .modules import leaver_book
from .modules import ledger
from .modules import paid_orders
from .modules import page_layout
from .modules import waterfall

implements: IEMC
initializes: creditors
initializes: leaver_book
initializes: ledger[creditors := creditors, leaver_book := leaver_book]
initializes: paid_orders
exports: ledger.ended_with

# what brings a payment run about
flag Run:
    SALE
    ABSORBED
    DISBURSED
    OPENED

PPM: constant(uint256) = page_layout.PPM
MAX_ROWS: constant(uint256) = page_layout.MAX_ROWS
MAX_ORDERS: constant(uint256) = 128
HEAD: constant(uint256) = page_layout.HEAD

CONSENT: immutable(address)
CHANGES: immutable(address)
CONDUCT: immutable(address)
GOALS: immutable(address)


@deploy
def __init__(authority: IEMC.Authority, pages: address):
    """
    @param authority The contracts to obey; they are deployed after this one.
    @param pages Who writes the payment pages.
    """
    ledger.__init__(pages)
    CONSENT = authority.consent
    CHANGES = authority.changes
    CONDUCT = authority.conduct
    GOALS = authority.goals


# payers

@external
@payable
def sale(number: uint256, amount: uint256, customer: bytes32):
    """
    @notice Pay one order; every node gets its part in this transaction.
    @param number The merchant's order number, usable once per payer; cheapest when consecutive.
    @param amount Base units; in native coin exactly the coin sent, in a token the amount pulled from the caller.
    @param customer An opaque reference (a salted hash, never a name); empty: the caller is the customer.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: not active; emc: not started; emc: over; emc: proceeds too large; emc:
            too little gas; orders: already paid; orders: number too large
    """
    paid_orders._use(number, 1)
    self._settle(Run.SALE, number, amount, customer)


@external
def sale_with_permit(
    number: uint256,
    amount: uint256,
    customer: bytes32,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @notice Pay one order with an EIP-2612 permit for exactly `amount`, given by the caller to this EMC.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: not active; emc: not started; emc: over; emc: proceeds too large; emc:
            too little gas; orders: already paid; orders: number too large
    """
    paid_orders._use(number, 1)
    currency._permit(ledger._currency(), amount, deadline, v, r, s)
    self._settle(Run.SALE, number, amount, customer)


@external
@payable
def sales(first: uint256, orders: DynArray[IEMC.Order, MAX_ORDERS]):
    """
    @notice Pay consecutive orders at once, with one transfer per payee. All are paid or none.
    @param first The number of the first order.
    @param orders One place per number from `first` on; a place with amount zero leaves its number unused.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: not active; emc: not started; emc: over; emc: proceeds too large; emc:
            too little gas; orders: already paid; orders: number too large
    """
    amount: uint256 = 0
    bits: uint256 = 0
    bit: uint256 = 1
    for order: IEMC.Order in orders:
        if order.amount != 0:
            bits |= bit
            amount += order.amount
        bit <<= 1
    paid_orders._use(first, bits)
    log IEMC.Batch(payer=msg.sender, first=first, orders=orders)
    self._settle(Run.SALE, first, amount, keccak256(abi_encode(first, orders)))


# anyone

@external
def disburse():
    """
    @notice Pay out what waits below `disburse_at`.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: not active; emc: not started; emc: over; emc: proceeds too large; emc:
            too little gas
    """
    self._settle(Run.DISBURSED, 0, 0, empty(bytes32))


@external
def absorb():
    """
    @notice Book money that came by plain transfer as proceeds without an order.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: any
    """
    assert ledger.ended_with != 0 or block.timestamp < ledger._ends_at(), "emc: to be ended first"
    amount: uint256 = ledger._unbooked()
    assert amount != 0, "emc: nothing to absorb"
    self._settle(Run.ABSORBED, 0, amount, empty(bytes32))
    self._sweep()


@external
def end():
    """
    @notice End the EMC once its end date has come, or its target is reached and the terms say so;
            what a closed gate holds goes to the backstop.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: any
    """
    if block.timestamp < ledger._ends_at():
        assert ledger._may_end(), "emc: not over yet"
    else:
        # a value that was submitted in time counts, for the gate and for the record
        assert not staticcall IGoals(GOALS).has_open(self), "emc: a value is open"
    self._end()


@external
def withdraw(row: uint256):
    """
    @notice Pay a row's credit to its payee. Row 128 is the backstop.
    @custom:refuses creditors: no credit; currency: refused; emc: no such row; emc: not active
    """
    released: uint256 = 0
    if ledger._is_gate_open():
        released = leaver_book._take(row)
    amount: uint256 = creditors._take(row, released)
    payee: address = ledger._payee(row)
    if creditors.rows == 0 and ledger._proceeds() != 0:
        ledger.books &= ~ledger.CARE
    log IEMC.Withdrawn(row=row, payee=payee, amount=amount)
    currency._pay(ledger._currency(), payee, amount)


@external
def rescue(token: address):
    """
    @notice Send a foreign token (zero: native coin) that strayed here to the backstop.
    @custom:refuses currency: refused; currency: too little gas; emc: no such row; emc: not a foreign token; emc:
            not active; emc: nothing to rescue
    """
    settlement: address = ledger._currency()
    assert token != settlement, "emc: not a foreign token"
    before: uint256 = currency._balance(settlement, self, 0)
    amount: uint256 = currency._balance(token, self, 0)
    assert amount != 0, "emc: nothing to rescue"
    backstop: address = ledger._payee(creditors.BACKSTOP)
    log IEMC.Rescued(token=token, backstop=backstop, amount=amount)
    currency._pay(token, backstop, amount)
    assert currency._balance(settlement, self, 0) == before, "emc: not a foreign token"


@external
@payable
@reentrant
def __default__():
    # not the implementation itself
    assert ledger.books != 0, "emc: not active"


# the table

@external
def adopt(
    page: IEMC.Page,
    rows: DynArray[uint256, MAX_ROWS],
    costs: DynArray[uint256, MAX_ROWS],
    leavers: DynArray[IEMC.Leaver, page_layout.MAX_LEAVING],
):
    """
    @notice Put terms in force. What came in before belongs to the terms before. The authority only.
    @param rows Per row: payee 160 | running 20 | base 20 | leading 20 | upside 20 | row id 8 | zero 8;
           no payee: where it is paid now.
    @param costs Per row: cost cover in the terms before 128 | cost cover 128.
    @param leavers The rows that are in the terms in force and not in these, in their order.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: any; what Pages.begin, Pages.follow may refuse
    """
    self._check_authority()
    if ledger.books == 0:
        first: address = extcall IPages(ledger.PAGES).begin(page, rows, costs)
        ledger.books = ledger._books(first, 0)
        log IEMC.Adopted(epoch=page.epoch, start=0, dust=0, held=0)
        return
    last: IPages.Last = self._close(page.epoch, page.gate_at)
    next: IPages.Next = extcall IPages(ledger.PAGES).follow(last, page, rows, costs)
    leaver_book._use(next.before, next.rows, next.start)
    for i: uint256 in range(len(next.leavers), bound=page_layout.MAX_LEAVING):
        leaver: IPages.Leaver = next.leavers[i]
        assert leavers[i].row == leaver.row, "emc: row is missing"
        leaver_book._leave(leaver.row, leavers[i].party, leaver.payee, leaver.held)
    needs_care: bool = creditors.rows != 0 or next.dust != 0
    ledger.books = ledger._books(next.page, ledger.CARE if needs_care else 0)
    if ledger.disbursed != 0:
        ledger.disbursed = 0
    log IEMC.Adopted(epoch=page.epoch, start=next.start, dust=next.dust, held=next.held)


@external
def change_payee(row: uint256, payee: address):
    """
    @notice Pay a row to another address from now on. The authority only, for the row's controller.
    @custom:refuses emc: no such row; emc: not active; emc: not the authority
    """
    self._check_authority()
    old: address = empty(address)
    if leaver_book.parties[row] != 0:
        old = leaver_book.payees[row]
        leaver_book.payees[row] = payee
    else:
        index: uint256 = ledger._index(row)
        word: uint256 = ledger._word(index)
        old = page_layout._payee(word)
        ledger._turn(index, page_layout._with_payee(word, payee))
    log IEMC.PayeeChanged(row=row, old=old, new=payee)


@external
def disband():
    """
    @notice End the EMC now. The authority only, for those who may.
    @custom:refuses currency: not native; currency: nothing paid; currency: nothing received; currency: too little
            gas; currency: wrong amount; emc: any
    """
    self._check_authority()
    self._end()


# views

@external
@view
def stage() -> IEMC.Stage:
    """
    @notice Where in its life the EMC is.
    """
    if ledger.books == 0:
        return empty(IEMC.Stage)
    if ledger.ended_with == 0:
        return IEMC.Stage.ACTIVE
    if creditors.owed != 0:
        return IEMC.Stage.ENDED
    return IEMC.Stage.CLOSED


@external
@view
def accounts() -> IEMC.Accounts:
    """
    @notice Where everything that came in is; received = paid + credited + held + pending + dust.
    @custom:refuses emc: not active
    """
    return ledger._accounts()


@external
@view
def total() -> uint256:
    """
    @notice Cumulative proceeds T.
    @custom:refuses emc: not active
    """
    return ledger._total()


@external
@view
def epoch() -> uint256:
    """
    @notice Number of the epoch in force, counted from 1.
    @custom:refuses emc: not active
    """
    return ledger._epoch()


@external
@view
def currency_of() -> address:
    """
    @notice The settlement token, zero for native coin.
    @custom:refuses emc: not active
    """
    return ledger._currency()


@external
@view
def is_gate_open() -> bool:
    """
    @notice Whether income flows.
    @custom:refuses emc: not active
    """
    return ledger._is_gate_open()


@external
@view
def earned(row: uint256) -> (uint256, uint256):
    """
    @notice What a row has been paid or credited since its page began, and what the gate holds for it;
            a row that has left earns no more.
    @custom:refuses emc: no such row; emc: not active
    """
    is_open: bool = ledger._is_gate_open()
    if leaver_book.parties[row] != 0:
        if is_open or ledger.ended_with != 0:
            return 0, 0
        return 0, leaver_book.held_of[row]
    place: uint256 = ledger._index(row) - ledger.FIRST_ROW
    at: uint256 = ledger._shared()
    forward: uint256 = ledger._forward(place)
    flows: uint256 = ledger._entitlement(place, at, ledger._spans(at, is_open))
    if is_open:
        return flows + forward, 0
    if ledger.ended_with != 0:
        return flows, 0
    return flows, ledger._entitlement(place, at, ledger._spans(at, True)) + forward - flows


@external
@view
def credits(row: uint256) -> uint256:
    """
    @notice What waits for a row to be withdrawn.
    @custom:refuses emc: not active
    """
    amount: uint256 = creditors.credits[row]
    if leaver_book.held_of[row] != 0 and ledger._is_gate_open():
        amount += leaver_book.held_of[row]
    return amount


@external
@view
def payee_of(row: uint256) -> address:
    """
    @notice Where a row is paid; row 128 is the backstop.
    @custom:refuses emc: no such row; emc: not active
    """
    return ledger._payee(row)


@external
@view
def rows_paid_at(payee: address) -> uint256:
    """
    @notice The live rows that are paid at an address, by bit.
    @custom:refuses emc: not active
    """
    found: uint256 = 0
    for i: uint256 in range(ledger._count(), bound=MAX_ROWS):
        row: uint256 = ledger._word(ledger.FIRST_ROW + i)
        if page_layout._payee(row) == payee:
            found |= 1 << page_layout._id(row)
    return found


@external
@view
def party_of(row: uint256) -> uint256:
    """
    @notice The first word in the table of a row that has left, zero for any other.
    """
    return leaver_book._party(row)


@external
@view
def stay_of(row: uint256) -> (uint256, uint256):
    """
    @notice Of a row that lives or has left: when it joined, in the lower 40 bits, and above them the proceeds shared
            out by then, zero if in the first epoch; and when it left, zero if it has not.
    """
    return leaver_book._stay(row)


@external
@view
def waiting() -> uint256:
    """
    @notice The rows that have left and for which a closed gate holds money, by bit.
    """
    return leaver_book.rows


@external
@view
def is_paid(payer: address, number: uint256) -> bool:
    """
    @notice Whether the payer has paid the order number.
    """
    return paid_orders._word(payer, number >> 8) >> (number & 255) & 1 == 1


@external
@view
def paid_word(payer: address, word: uint256) -> uint256:
    """
    @notice Which of the order numbers 256 * word to 256 * word + 255 the payer has paid, by bit.
    """
    return paid_orders._word(payer, word)


@external
@view
def page() -> Bytes[page_layout.MAX_BYTES]:
    """
    @notice The payment page in force, as laid out in the module `page_layout`.
    """
    return page_layout._read(ledger._at())


@external
@view
def authority() -> IEMC.Authority:
    """
    @notice The contracts whose word this EMC obeys.
    """
    return IEMC.Authority(consent=CONSENT, changes=CHANGES, conduct=CONDUCT, goals=GOALS)


# internals: the payment run

@internal
@payable
def _settle(run: Run, number: uint256, amount: uint256, customer: bytes32):
    """
    @notice Take in `amount`, book it, and pay every row the increase of its entitlement.
    """
    books: uint256 = ledger.books
    assert books != 0, "emc: not active"
    # read raw and in place: a decoded or passed page would cost more than a payee
    page: Bytes[page_layout.MAX_BYTES] = raw_call(
        convert(books >> 96, address), b"", max_outsize=page_layout.MAX_BYTES, is_static_call=True
    )
    head: uint256 = convert(extract32(page, 0), uint256)
    intake: uint256 = convert(extract32(page, 32), uint256)
    token: address = convert(intake >> 96, address)
    payer: address = empty(address)
    received: uint256 = 0
    # what of a token lies here before the first payment
    funds: uint256 = 0
    # rows that are credited and not pushed to, by row id
    waiting: uint256 = 0
    if run == Run.SALE:
        assert block.timestamp >= head >> 16 & page_layout.LOW40, "emc: not started"
        assert block.timestamp < head >> 56 & page_layout.LOW40, "emc: over"
        payer = msg.sender
        received, funds = currency._pull(token, amount)
    else:
        if Run.ABSORBED in run:
            payer = self
            received = amount
        if token != empty(address):
            funds = currency._balance(token, self, 0)
            if funds == 0:
                # a call to a token whose code has gone succeeds
                waiting = max_value(uint256)
    before: uint256 = books & ledger.MAX_PROCEEDS
    since: uint256 = before + received
    books += received
    spread: uint256 = convert(extract32(page, 96), uint256)
    if books & ledger.CARE != 0:
        waiting |= creditors.rows
        if before == 0:
            # what earlier pages left over counts with the first proceeds
            since += spread >> page_layout.DUST_SHIFT & page_layout.LOW12
            books += since - received
            if waiting == 0:
                books &= ~ledger.CARE
    assert since <= ledger.MAX_PROCEEDS, "emc: proceeds too large"
    ledger.books = books

    gate_at: uint256 = spread >> page_layout.GATE_SHIFT & page_layout.LOW96
    disburse_at: uint256 = intake & page_layout.LOW96
    is_due: bool = True
    if disburse_at != 0:
        before = ledger.disbursed
        is_due = (
            run != Run.SALE
            or since - before >= disburse_at
            or before < gate_at
            and since >= gate_at
        )
        if is_due:
            ledger.disbursed = since
        else:
            since = before
    ends: uint256 = convert(extract32(page, 64), uint256)
    was_open: bool = before >= gate_at
    is_open: bool = since >= gate_at or Run.OPENED in run
    old: waterfall.Spans = waterfall._spans(ends, spread, before, was_open)
    new: waterfall.Spans = waterfall._spans(ends, spread, since, is_open)
    rows: uint256 = head >> 8 & 255
    # whether rows get more than their shares: cost covers, or what earlier pages held for them
    is_plain: bool = True
    # where the word ends with the first cost cover, zero while the COST band does not move
    cost_at: uint256 = 0
    # what the gate holds from earlier pages, as long as it does
    forward: uint256 = 0
    if was_open != is_open:
        forward = convert(extract32(page, 128), uint256) & page_layout.LOW96
        is_plain = forward == 0
        if leaver_book.held != 0:
            creditors.owed += leaver_book._release()
    if new.cost != old.cost:
        is_plain = False
        cost_at = HEAD + 32 * rows - 16
    elif not is_open and spread & page_layout.LOW20 == PPM:
        is_due = False
    credited: uint256 = 0
    payments: DynArray[IEMC.Payment, MAX_ROWS] = []
    if is_due and (since != before or Run.OPENED in run):
        for i: uint256 in range(rows, bound=MAX_ROWS):
            row: uint256 = convert(extract32(page, unsafe_add(HEAD, unsafe_mul(32, i))), uint256)
            # one floor over everything; shares below 2**20 and spans below 2**116 cannot overflow
            due: uint256 = unsafe_sub(
                unsafe_div(
                    unsafe_add(
                        unsafe_add(
                            unsafe_mul(row >> 76 & page_layout.LOW20, unsafe_mul(since, PPM)),
                            unsafe_mul(row >> 56 & page_layout.LOW20, new.base),
                        ),
                        unsafe_add(
                            unsafe_mul(row >> 36 & page_layout.LOW20, new.leading),
                            unsafe_mul(row >> 16 & page_layout.LOW20, new.upside),
                        ),
                    ),
                    waterfall.UNIT,
                ),
                unsafe_div(
                    unsafe_add(
                        unsafe_add(
                            unsafe_mul(row >> 76 & page_layout.LOW20, unsafe_mul(before, PPM)),
                            unsafe_mul(row >> 56 & page_layout.LOW20, old.base),
                        ),
                        unsafe_add(
                            unsafe_mul(row >> 36 & page_layout.LOW20, old.leading),
                            unsafe_mul(row >> 16 & page_layout.LOW20, old.upside),
                        ),
                    ),
                    waterfall.UNIT,
                ),
            )
            if not is_plain:
                if cost_at != 0:
                    # read so that it ends the word: the last one ends the page
                    cost: uint256 = (
                        convert(extract32(page, unsafe_add(cost_at, unsafe_mul(16, i))), uint256)
                        & page_layout.LOW128
                    )
                    # a cost cover below 2**95 and a span below 2**116 cannot overflow
                    due = unsafe_add(
                        due,
                        unsafe_sub(
                            unsafe_div(unsafe_mul(cost, new.cost), ends >> 128),
                            unsafe_div(unsafe_mul(cost, old.cost), ends >> 128),
                        ),
                    )
                if forward != 0:
                    due += page_layout._forward_of(convert(books >> 96, address), len(page), i)
            payee: address = convert(row >> 96, address)
            payments.append(IEMC.Payment(payee=payee, amount=due))
            if due != 0:
                is_paid: bool = False
                if waiting == 0 or waiting >> (row >> 8 & 255) & 1 == 0:
                    assert msg.gas > currency.PUSH_FLOOR, "emc: too little gas"
                    if token == empty(address):
                        is_paid = raw_call(
                            payee, b"", value=due, gas=currency.PUSH_GAS, revert_on_failure=False
                        )
                    else:
                        answer: Bytes[32] = b""
                        is_paid, answer = raw_call(
                            token,
                            abi_encode(
                                payee, due, method_id=method_id("transfer(address,uint256)")
                            ),
                            gas=currency.PUSH_GAS,
                            max_outsize=32,
                            revert_on_failure=False,
                        )
                        if is_paid and len(answer) != 0 and convert(answer, uint256) != 1:
                            # it denies what it may have done: the balance decides
                            spent: uint256 = 0
                            for j: uint256 in range(i, bound=MAX_ROWS):
                                if credited >> j & 1 == 0:
                                    spent += payments[j].amount
                            left: uint256 = currency._balance(token, self, funds, currency.ASK_GAS)
                            is_paid = unsafe_add(left, spent) < funds
                if not is_paid:
                    creditors._credit(row >> 8 & 255, payee, due)
                    credited |= 1 << i
        if credited != 0:
            ledger.books = books | ledger.CARE
    held: uint256 = 0
    if not is_open:
        # rounded up, so that rows and held together miss less than a unit per row and band
        held = unsafe_sub(unsafe_mul(since, spread & page_layout.LOW20), new.cost)
        held = unsafe_div(unsafe_add(held, PPM - 1), PPM)
        held += convert(extract32(page, 128), uint256) & page_layout.LOW96
        if run != Run.SALE:
            # after a failure, less what the backstop has
            held = unsafe_sub(held, ledger.swept)
    log IEMC.Payout(
        payer=payer,
        epoch=head >> 96 & (2**32 - 1),
        number=number,
        customer=customer,
        gross=amount,
        received=received,
        total=(head >> 128) + (books & ledger.MAX_PROCEEDS),
        held=held,
        credited=credited,
        payments=payments,
    )


# internals: terms in force

@internal
def _close(epoch: uint256, gate_at: uint256) -> IPages.Last:
    """
    @notice Share out what came in so far under the terms before, and open the gate if the terms to come say so.
    @param epoch Of the terms to come: the one in force after an assessment.
    """
    assert ledger.ended_with == 0, "emc: over"
    if epoch != ledger._epoch():
        assert block.timestamp < ledger._ends_at(), "emc: over"
    amount: uint256 = ledger._unbooked()
    is_opening: bool = not ledger._is_gate_open() and gate_at <= ledger._total() + amount
    run: Run = Run.ABSORBED if amount != 0 else Run.DISBURSED
    if is_opening:
        # all in one run, so that no payee is pushed to twice
        run |= Run.OPENED
    if is_opening or amount != 0 or ledger._shared() != ledger._proceeds():
        self._settle(run, 0, amount, empty(bytes32))
    return IPages.Last(
        page=ledger._at(),
        at=ledger._shared(),
        total=ledger._total(),
        is_open=is_opening or ledger._is_gate_open(),
        held=leaver_book.held,
    )


# internals: the end

@internal
def _end():
    assert ledger.ended_with == 0, "emc: already ended"
    if block.timestamp < ledger._ends_at():
        # no sale from now on
        ledger._turn(0, page_layout._with_ends_at(ledger._word(0), block.timestamp))
    # what came by plain transfer counts as proceeds first, and may still open the gate
    amount: uint256 = ledger._unbooked()
    run: Run = Run.ABSORBED if amount != 0 else Run.DISBURSED
    self._settle(run, 0, amount, empty(bytes32))
    total: uint256 = ledger._total()
    ledger.ended_with = unsafe_add(total, 1)
    succeeded: bool = ledger._is_gate_open()
    if not succeeded:
        # what comes in from here on can no longer open it
        ledger._turn(3, page_layout._shut(ledger._word(3)))
    self._sweep()
    log IEMC.Ended(succeeded=succeeded, total=total)


@internal
def _sweep():
    """
    @notice After a failure, what the gate holds is the backstop's.
    """
    if ledger.ended_with == 0 or ledger._is_gate_open():
        return
    held: uint256 = ledger._held()
    amount: uint256 = held - ledger.swept
    if amount == 0:
        return
    ledger.swept = held
    backstop: address = ledger._payee(creditors.BACKSTOP)
    is_paid: bool = creditors.credits[creditors.BACKSTOP] == 0 and currency._push(
        ledger._currency(), backstop, amount
    )
    if not is_paid:
        creditors._credit(creditors.BACKSTOP, backstop, amount)
    log IEMC.Swept(backstop=backstop, amount=amount, credited=not is_paid)


# internals: checks

@internal
@view
def _check_authority():
    assert msg.sender in [CONSENT, CHANGES, CONDUCT, GOALS], "emc: not the authority"
