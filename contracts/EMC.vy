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
from .modules import advances as advance_book
from .modules import creditors
from .modules import currency
from .modules import orders
from .modules import pages
from .modules import waterfall

implements: IEMC
initializes: advance_book
initializes: creditors
initializes: orders
exports: (advance_book.advances, creditors.credits)

# what brings a payment run about
flag Run:
    SALE
    ABSORBED
    DISBURSED

PPM: constant(uint256) = pages.PPM
UNIT: constant(uint256) = waterfall.UNIT
MAX_ROWS: constant(uint256) = pages.MAX_ROWS
MAX_ORDERS: constant(uint256) = 128
HEAD: constant(uint256) = pages.HEAD
# index of the first row's word
FIRST_ROW: constant(uint256) = HEAD // 32
MAX_PROCEEDS: constant(uint256) = 2**95 - 1
BACKSTOP: constant(uint256) = creditors.BACKSTOP
HAS_CREDITS: constant(uint256) = 2**95

CONSENT: immutable(address)

# page 160 | has credits 1 | proceeds since the page's start 95
books: uint256
# of those proceeds, what has been shared out; kept only where the terms set a disburse_at
disbursed: uint256
# what the backstop got of the money a closed gate held
swept: uint256
is_ended: bool
# whether a token reported a failure in this transaction
is_doubtful: transient (bool)


@deploy
def __init__(consent: address):
    CONSENT = consent


# payers

@external
@payable
def sale(number: uint256, amount: uint256, customer: bytes32):
    orders._use(number, 1)
    self._settle(Run.SALE, number, amount, customer)
    if self.is_doubtful:
        self._check_solvent()


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
    orders._use(number, 1)
    currency._permit(self._currency(), amount, deadline, v, r, s)
    self._settle(Run.SALE, number, amount, customer)
    if self.is_doubtful:
        self._check_solvent()


@external
@payable
def sales(first: uint256, orders_: DynArray[IEMC.Order, MAX_ORDERS]):
    amount: uint256 = 0
    bits: uint256 = 0
    bit: uint256 = 1
    for order: IEMC.Order in orders_:
        if order.amount != 0:
            bits |= bit
            amount += order.amount
        bit <<= 1
    orders._use(first, bits)
    log IEMC.Batch(payer=msg.sender, first=first, orders=orders_)
    self._settle(Run.SALE, first, amount, keccak256(abi_encode(first, orders_)))
    if self.is_doubtful:
        self._check_solvent()


# anyone

@external
def disburse():
    self._check_active()
    self._settle(Run.DISBURSED, 0, 0, empty(bytes32))
    if self.is_doubtful:
        self._check_solvent()


@external
def absorb():
    assert self.is_ended or block.timestamp < self._ends_at(), "emc: to be ended first"
    amount: uint256 = self._unbooked()
    assert amount != 0, "emc: nothing to absorb"
    self._settle(Run.ABSORBED, 0, amount, empty(bytes32))
    self._sweep()
    if self.is_doubtful:
        self._check_solvent()


@external
def end():
    assert not self.is_ended, "emc: already ended"
    if block.timestamp < self._ends_at():
        assert self._ends_on_target(), "emc: not over yet"
        # no sale from now on
        ends: uint256 = pages.LOW40 << 56
        self._turn(0, self._word(0) & ~ends | block.timestamp << 56)
    self.is_ended = True
    # what came by plain transfer counts as proceeds first, and may still open the gate
    amount: uint256 = self._unbooked()
    run: Run = Run.DISBURSED
    if amount != 0:
        run = Run.ABSORBED
    self._settle(run, 0, amount, empty(bytes32))
    succeeded: bool = self._is_gate_open()
    if not succeeded:
        # what comes in from here on can no longer open it
        self._turn(3, self._word(3) | pages.NEVER << pages.GATE_SHIFT)
    self._sweep()
    if self.is_doubtful:
        self._check_solvent()
    log IEMC.Ended(succeeded=succeeded, total=self._total())


@external
def withdraw(row: uint256):
    amount: uint256 = creditors._take(row)
    payee: address = self._payee(row)
    if creditors.rows == 0:
        self.books &= ~HAS_CREDITS
    log IEMC.Withdrawn(row=row, payee=payee, amount=amount)
    currency._pay(self._currency(), payee, amount)


@external
def rescue(token: address):
    settlement: address = advance_book.currency_then
    backstop: address = advance_book.backstop_then
    if self.books != 0:
        settlement = self._currency()
        backstop = self._payee(BACKSTOP)
        assert token != settlement, "emc: not a foreign token"
    else:
        assert advance_book.is_declined, "emc: not active"
    before: uint256 = currency._balance(settlement)
    amount: uint256 = currency._balance(token)
    if token == settlement:
        amount -= advance_book.total
        before -= amount
    assert amount != 0, "emc: nothing to rescue"
    log IEMC.Rescued(token=token, backstop=backstop, amount=amount)
    currency._pay(token, backstop, amount)
    assert currency._balance(settlement) == before, "emc: not a foreign token"


@external
@payable
def advance(amount: uint256):
    assert self.books == 0, "emc: active"
    advance_book._advance(amount)


@external
def take_back():
    assert self.books == 0, "emc: active"
    advance_book._take_back()


@external
@payable
@reentrant
def __default__():
    # before activation `advance` keeps the sender's name on it
    assert self.books != 0, "emc: not active"


# the table

@external
def open(currency_: address, backstop: address):
    self._check_consent()
    advance_book._open(currency_, backstop)


@external
def decline():
    self._check_consent()
    advance_book._decline()


@external
def adopt(page: IEMC.Page, rows: DynArray[uint256, MAX_ROWS], costs: DynArray[uint256, MAX_ROWS]):
    self._check_consent()
    self.books = convert(pages._write(pages._first(page, rows, costs)), uint256) << 96
    log IEMC.Adopted(epoch=page.epoch, start=0)


@external
def change_payee(row: uint256, payee: address):
    self._check_consent()
    index: uint256 = self._index(row)
    word: uint256 = self._word(index)
    old: address = convert(word >> 96, address)
    self._turn(index, convert(payee, uint256) << 96 | word & pages.LOW96)
    log IEMC.PayeeChanged(row=row, old=old, new=payee)


# views

@external
@view
def stage() -> IEMC.Stage:
    if self.books == 0:
        if advance_book.is_declined:
            return IEMC.Stage.DECLINED
        return IEMC.Stage.SIGNING
    if not self.is_ended:
        return IEMC.Stage.ACTIVE
    if creditors.owed != 0:
        return IEMC.Stage.ENDED
    return IEMC.Stage.CLOSED


@external
@view
def accounts() -> IEMC.Accounts:
    return self._accounts()


@external
@view
def total() -> uint256:
    return self._total()


@external
@view
def is_gate_open() -> bool:
    return self._is_gate_open()


@external
@view
def earned(row: uint256) -> (uint256, uint256):
    index: uint256 = self._index(row)
    at: uint256 = self._shared()
    flows: uint256 = self._entitlement(index, at, self._spans(at, at >= self._gate_at()))
    if self.is_ended:
        return flows, 0
    return flows, self._entitlement(index, at, self._spans(at, True)) - flows


@external
@view
def payee_of(row: uint256) -> address:
    return self._payee(row)


@external
@view
def is_paid(payer: address, number: uint256) -> bool:
    return orders._word(payer, number >> 8) >> (number & 255) & 1 == 1


@external
@view
def paid_word(payer: address, word: uint256) -> uint256:
    return orders._word(payer, word)


@external
@view
def page() -> Bytes[pages.MAX_BYTES]:
    return pages._read(convert(self.books >> 96, address))


@external
@view
def consent() -> address:
    return CONSENT


# internals: the payment run

@internal
@payable
def _settle(run: Run, number: uint256, amount: uint256, customer: bytes32):
    """
    @notice Take in `amount`, book it, and pay every row the increase of its entitlement.
    """
    books: uint256 = self.books
    assert books != 0, "emc: not active"
    # read raw and in place: a decoded or passed page would cost more than a payee
    page: Bytes[pages.MAX_BYTES] = raw_call(
        convert(books >> 96, address), b"", max_outsize=pages.MAX_BYTES, is_static_call=True
    )
    head: uint256 = convert(extract32(page, 0), uint256)
    intake: uint256 = convert(extract32(page, 32), uint256)
    token: address = convert(intake >> 96, address)
    payer: address = empty(address)
    received: uint256 = 0
    if run == Run.SALE:
        assert block.timestamp >= head >> 16 & pages.LOW40, "emc: not started"
        assert block.timestamp < head >> 56 & pages.LOW40, "emc: over"
        payer = msg.sender
        received = currency._pull(token, amount)
    elif run == Run.ABSORBED:
        payer = self
        received = amount
    before: uint256 = books & MAX_PROCEEDS
    since: uint256 = before + received
    assert since <= MAX_PROCEEDS, "emc: proceeds too large"
    books += received
    self.books = books

    spread: uint256 = convert(extract32(page, 96), uint256)
    gate_at: uint256 = spread >> pages.GATE_SHIFT & pages.LOW96
    disburse_at: uint256 = intake & pages.LOW96
    is_due: bool = True
    if disburse_at != 0:
        before = self.disbursed
        is_due = (
            run == Run.DISBURSED
            or since - before >= disburse_at
            or (before < gate_at and since >= gate_at)
            or block.timestamp >= head >> 56 & pages.LOW40
        )
        if is_due:
            self.disbursed = since
        else:
            since = before
    ends: uint256 = convert(extract32(page, 64), uint256)
    old: waterfall.Spans = waterfall._spans(ends, spread, before, before >= gate_at)
    new: waterfall.Spans = waterfall._spans(ends, spread, since, since >= gate_at)
    rows: uint256 = head >> 8 & 255
    # where the word ends with the first cost cover, zero while the COST band does not move
    cost_at: uint256 = 0
    if new.cost != old.cost:
        cost_at = HEAD + 32 * rows - 16
    elif since < gate_at and spread & pages.LOW20 == PPM:
        is_due = False
    # rows with a credit, by row id
    waiting: uint256 = 0
    if books & HAS_CREDITS != 0:
        waiting = creditors.rows
    credited: uint256 = 0
    payments: DynArray[IEMC.Payment, MAX_ROWS] = []
    if is_due and since != before:
        for i: uint256 in range(rows, bound=MAX_ROWS):
            row: uint256 = convert(extract32(page, unsafe_add(HEAD, unsafe_mul(32, i))), uint256)
            # one floor over everything; shares below 2**20 and spans below 2**116 cannot overflow
            due: uint256 = unsafe_sub(
                unsafe_div(
                    unsafe_add(
                        unsafe_add(
                            unsafe_mul(row >> 76 & pages.LOW20, unsafe_mul(since, PPM)),
                            unsafe_mul(row >> 56 & pages.LOW20, new.base),
                        ),
                        unsafe_add(
                            unsafe_mul(row >> 36 & pages.LOW20, new.leading),
                            unsafe_mul(row >> 16 & pages.LOW20, new.upside),
                        ),
                    ),
                    UNIT,
                ),
                unsafe_div(
                    unsafe_add(
                        unsafe_add(
                            unsafe_mul(row >> 76 & pages.LOW20, unsafe_mul(before, PPM)),
                            unsafe_mul(row >> 56 & pages.LOW20, old.base),
                        ),
                        unsafe_add(
                            unsafe_mul(row >> 36 & pages.LOW20, old.leading),
                            unsafe_mul(row >> 16 & pages.LOW20, old.upside),
                        ),
                    ),
                    UNIT,
                ),
            )
            if cost_at != 0:
                # read so that it ends the word: the last one ends the page
                cost: uint256 = (
                    convert(extract32(page, unsafe_add(cost_at, unsafe_mul(16, i))), uint256)
                    & pages.LOW128
                )
                # a cost cover below 2**95 and a span below 2**116 cannot overflow
                due = unsafe_add(
                    due,
                    unsafe_sub(
                        unsafe_div(unsafe_mul(cost, new.cost), ends >> 128),
                        unsafe_div(unsafe_mul(cost, old.cost), ends >> 128),
                    ),
                )
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
                            is_paid = False
                            self.is_doubtful = True
                if not is_paid:
                    creditors._credit(row >> 8 & 255, payee, due)
                    credited |= 1 << i
        if credited != 0:
            self.books = books | HAS_CREDITS
    held: uint256 = 0
    if since < gate_at:
        # rounded up, so that rows and held together miss less than a unit per row and band
        held = unsafe_sub(unsafe_mul(since, spread & pages.LOW20), new.cost)
        held = unsafe_div(unsafe_add(held, PPM - 1), PPM)
        if run != Run.SALE:
            # after a failure, less what the backstop has
            held = unsafe_sub(held, self.swept)
    log IEMC.Payout(
        payer=payer,
        epoch=head >> 96 & (2**32 - 1),
        number=number,
        customer=customer,
        gross=amount,
        received=received,
        total=(head >> 128) + (books & MAX_PROCEEDS),
        held=held,
        credited=credited,
        payments=payments,
    )


@internal
def _sweep():
    """
    @notice After a failure, what the gate holds is the backstop's.
    """
    if not self.is_ended or self._is_gate_open():
        return
    held: uint256 = self._held()
    amount: uint256 = held - self.swept
    if amount == 0:
        return
    self.swept = held
    backstop: address = self._payee(BACKSTOP)
    is_paid: bool = creditors.credits[BACKSTOP] == 0
    if is_paid:
        token: address = self._currency()
        before: uint256 = currency._balance(token)
        is_doubtful: bool = False
        is_paid, is_doubtful = currency._push(token, backstop, amount)
        if is_doubtful:
            self.is_doubtful = True
            is_paid = currency._balance(token) + amount <= before
    if not is_paid:
        creditors._credit(BACKSTOP, backstop, amount)
    log IEMC.Swept(backstop=backstop, amount=amount, credited=not is_paid)


# internals: the page, word by word, where gas matters less than a small frame

@internal
@view
def _word(index: uint256) -> uint256:
    self._check_active()
    page: Bytes[pages.MAX_BYTES] = pages._read(convert(self.books >> 96, address))
    return convert(extract32(page, 32 * index), uint256)


@internal
def _turn(index: uint256, word: uint256):
    """
    @notice Write the page anew with one other word.
    """
    page: address = pages._rewrite(convert(self.books >> 96, address), index, word)
    self.books = convert(page, uint256) << 96 | self.books & pages.LOW96


@internal
@view
def _index(row: uint256) -> uint256:
    """
    @notice Index of a live row's word.
    """
    for i: uint256 in range(self._word(0) >> 8 & 255, bound=MAX_ROWS):
        if self._word(FIRST_ROW + i) >> 8 & 255 == row:
            return FIRST_ROW + i
    raise "emc: no such row"


@internal
@view
def _currency() -> address:
    return convert(self._word(1) >> 96, address)


@internal
@view
def _ends_at() -> uint256:
    return self._word(0) >> 56 & pages.LOW40


@internal
@view
def _ends_on_target() -> bool:
    """
    @notice Whether the terms let the EMC end on its target, and proceeds have reached it.
    """
    leading: uint256 = self._word(3)
    net: uint256 = (self.books & MAX_PROCEEDS) * (leading & pages.LOW20)
    return self._word(0) & 1 == 1 and net >= leading >> 128


@internal
@view
def _gate_at() -> uint256:
    return self._word(3) >> pages.GATE_SHIFT & pages.LOW96


@internal
@view
def _payee(row: uint256) -> address:
    if row == BACKSTOP:
        return convert(self._word(4) >> 96, address)
    return convert(self._word(self._index(row)) >> 96, address)


@internal
@view
def _total() -> uint256:
    return (self._word(0) >> 128) + (self.books & MAX_PROCEEDS)


@internal
@view
def _shared() -> uint256:
    """
    @notice Proceeds since the page's start that have been shared out.
    """
    if self._word(1) & pages.LOW96 == 0:
        return self.books & MAX_PROCEEDS
    return self.disbursed


@internal
@view
def _is_gate_open() -> bool:
    return self._shared() >= self._gate_at()


@internal
@view
def _spans(at: uint256, is_open: bool) -> waterfall.Spans:
    return waterfall._spans(self._word(2), self._word(3), at, is_open)


@internal
@view
def _entitlement(index: uint256, at: uint256, spans: waterfall.Spans) -> uint256:
    """
    @param index Of the row's word.
    """
    cost_end: uint256 = self._word(2) >> 128
    cost: uint256 = 0
    if cost_end != 0:
        place: uint256 = index - FIRST_ROW
        pair: uint256 = self._word(FIRST_ROW + (self._word(0) >> 8 & 255) + place // 2)
        cost = pair & pages.LOW128
        if place % 2 == 0:
            cost = pair >> 128
    return waterfall._entitlement(self._word(index), cost, cost_end, at, spans)


@internal
@view
def _held() -> uint256:
    at: uint256 = self._shared()
    if at >= self._gate_at():
        return 0
    income: uint256 = at * (self._word(3) & pages.LOW20) - self._spans(at, False).cost
    return (income + PPM - 1) // PPM


@internal
@view
def _accounts() -> IEMC.Accounts:
    at: uint256 = self._shared()
    spans: waterfall.Spans = self._spans(at, at >= self._gate_at())
    shared_out: uint256 = 0
    for i: uint256 in range(self._word(0) >> 8 & 255, bound=MAX_ROWS):
        shared_out += self._entitlement(FIRST_ROW + i, at, spans)
    held: uint256 = self._held()
    return IEMC.Accounts(
        received=self._total(),
        paid=shared_out + self.swept - creditors.owed,
        credited=creditors.owed,
        held=held - self.swept,
        pending=(self.books & MAX_PROCEEDS) - at,
        dust=at - shared_out - held,
    )


@internal
@view
def _booked() -> uint256:
    """
    @notice What lies here and is somebody's.
    """
    accounts: IEMC.Accounts = self._accounts()
    return accounts.credited + accounts.held + accounts.pending + accounts.dust


@internal
@view
def _unbooked() -> uint256:
    """
    @notice What came by plain transfer and is not yet proceeds, as far as proceeds can still grow:
            no gift is so large that it prevents an ending.
    """
    booked: uint256 = self._booked()
    amount: uint256 = max(currency._balance(self._currency()), booked) - booked
    return min(amount, MAX_PROCEEDS - (self.books & MAX_PROCEEDS))


# internals: checks

@internal
@view
def _check_solvent():
    """
    @notice A token that reported a failure must not have moved. Not part of the payment run, whose memory it
            would double.
    """
    assert currency._balance(self._currency()) >= self._booked(), "emc: token lies"


@internal
@view
def _check_active():
    assert self.books != 0, "emc: not active"


@internal
@view
def _check_consent():
    assert msg.sender == CONSENT, "emc: not the table"
