-- The tables of an audit store. Amounts are base units of the EMC's currency, exact whole numbers; numbers that may
-- exceed 38 digits (order numbers) are text. Addresses are checksummed, hashes lower case; times are Unix seconds. What
-- happened is ordered by (block, log_index).

-- what the store is about: chain_id, consent and the other contracts, version
CREATE TABLE IF NOT EXISTS meta (name VARCHAR PRIMARY KEY, value VARCHAR);

-- READ FROM THE CHAIN by `emc audit sync`

-- how far the chain has been read, and the hash of the last block of it
CREATE TABLE IF NOT EXISTS synced (
    source VARCHAR PRIMARY KEY,  -- an EMC's address, Consent, MicroEnterprises
    first_block BIGINT,
    last_block BIGINT,
    last_hash VARCHAR
);

-- blocks in which something happened, and those at which reading stopped
CREATE TABLE IF NOT EXISTS blocks (number BIGINT, hash VARCHAR, timestamp BIGINT);

-- EMCs that Consent made
CREATE TABLE IF NOT EXISTS emcs (
    emc VARCHAR,
    terms_hash VARCHAR,  -- of the terms it was made with
    canvas VARCHAR,      -- canvas hash of these terms
    currency VARCHAR,    -- zero: native coin
    symbol VARCHAR,      -- as the token itself says, printable characters only; none until it is checked
    decimals INTEGER,    -- the same
    opening DECIMAL(38, 0),  -- what lay at its address before the block in which it was made; unknown yet: none
    made_block BIGINT,
    made_tx VARCHAR
);

-- payment runs
CREATE TABLE IF NOT EXISTS payouts (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,
    tx VARCHAR,
    kind VARCHAR,      -- sale, batch, absorbed, disbursed
    payer VARCHAR,
    epoch BIGINT,
    number VARCHAR,    -- of the order, a batch's first
    customer VARCHAR,  -- reference, 32 bytes; zero: the payer
    gross DECIMAL(38, 0),
    received DECIMAL(38, 0),
    total DECIMAL(38, 0),  -- proceeds after it
    held DECIMAL(38, 0),   -- behind the gate after it
    credited UBIGINT       -- bit i: payment i became a credit
);

-- their payments, every live row in the order of the table, also of nothing
CREATE TABLE IF NOT EXISTS payments (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,  -- of the payout
    place INTEGER,
    payee VARCHAR,
    amount DECIMAL(38, 0),
    credited BOOLEAN
);

-- how much there is of an EMC: a payment of nothing is a row of a run that was due nothing, and no payment
CREATE VIEW IF NOT EXISTS counts AS
SELECT
    emc,
    coalesce(ran.runs, 0) AS runs,
    coalesce(paid.payments, 0) AS payments,
    coalesce(paid.of_nothing, 0) AS of_nothing
FROM emcs
LEFT JOIN (SELECT emc, count(*) AS runs FROM payouts GROUP BY emc) AS ran USING (emc)
LEFT JOIN (
    SELECT
        emc,
        count(*) FILTER (amount IS DISTINCT FROM 0) AS payments,
        count(*) FILTER (amount = 0) AS of_nothing
    FROM payments GROUP BY emc
) AS paid USING (emc);

-- orders of batches and of single sales
CREATE TABLE IF NOT EXISTS orders (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,  -- of the payout that paid it, or of the batch that has none
    payer VARCHAR,
    number VARCHAR,
    customer VARCHAR,
    amount DECIMAL(38, 0)
);

-- Transfer events of settlement tokens, into and out of EMCs
CREATE TABLE IF NOT EXISTS transfers (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,
    tx VARCHAR,
    token VARCHAR,
    sender VARCHAR,
    recipient VARCHAR,
    amount DECIMAL(38, 0)  -- none: the token logged something else than an amount, or more than any
);

-- every other event: of the EMCs (Credited, Withdrawn, Adopted, ...), of the table about them, of the registry and of
-- reviews
CREATE TABLE IF NOT EXISTS events (
    emc VARCHAR,  -- empty for the registry
    block BIGINT,
    log_index INTEGER,
    tx VARCHAR,
    contract VARCHAR,  -- EMC, Consent, Changes, Conduct, Goals, MicroEnterprises, Reputation,
                       -- Checkout
    name VARCHAR,
    args VARCHAR       -- JSON; numbers as text, bytes as 0x and digits
);

-- REBUILT by `emc audit run`, anew each time, for each EMC

-- terms by epoch
CREATE TABLE IF NOT EXISTS epochs (
    emc VARCHAR,
    epoch BIGINT,
    block BIGINT,
    log_index INTEGER,
    tx VARCHAR,
    since BIGINT,        -- time of that block
    cause VARCHAR,       -- made, renegotiated, amended, left, expelled
    terms_hash VARCHAR,
    canvas VARCHAR,
    currency VARCHAR,
    backstop VARCHAR,
    sink INTEGER,
    starts_at BIGINT,
    ends_at BIGINT,
    disburse_at DECIMAL(38, 0),
    deadline BIGINT,
    gate VARCHAR,        -- none, benchmark, target
    ends_emc BOOLEAN,
    asked INTEGER,       -- parties whose word was needed
    agreed INTEGER       -- parties whose word was found
);

-- what their goals count
CREATE TABLE IF NOT EXISTS measures (
    emc VARCHAR,
    epoch BIGINT,
    place INTEGER,
    metric VARCHAR,      -- proceeds, users, contracts, satisfaction; of other words the hash
    benchmark DECIMAL(38, 0),
    target DECIMAL(38, 0)
);

-- their rows
CREATE TABLE IF NOT EXISTS rows (
    emc VARCHAR,
    epoch BIGINT,
    place INTEGER,
    row_id INTEGER,
    is_node BOOLEAN,
    me BIGINT,           -- of a node
    controller VARCHAR,  -- of a beneficiary; of a node its account when the epoch began
    payee VARCHAR,       -- in the signed table
    running INTEGER,     -- ppm
    share_base INTEGER,
    share_leading INTEGER,
    share_upside INTEGER,
    lower INTEGER,
    upper INTEGER,
    cost DECIMAL(38, 0), -- cost cover
    is_sink BOOLEAN
);

-- payment pages: a change of epoch or a final value begins one
CREATE TABLE IF NOT EXISTS pages (
    emc VARCHAR,
    epoch BIGINT,
    block BIGINT,
    log_index INTEGER,
    start DECIMAL(38, 0),       -- proceeds that earlier pages shared out
    rest INTEGER,               -- ppm of proceeds that is not running cost
    cost_end DECIMAL(38, 0),    -- proceeds at which each band of the page ends, rounded up; none: empty
    base_end DECIMAL(38, 0),
    leading_end DECIMAL(38, 0),
    gate_at DECIMAL(38, 0),     -- proceeds that open the gate; none: an assessment does, or nothing any more
    is_open BOOLEAN             -- when it began
);

-- every movement of money. An amount is the sum of its five parts, where it is a row's.
CREATE TABLE IF NOT EXISTS ledger (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,
    place INTEGER,      -- among those of one event
    timestamp BIGINT,
    tx VARCHAR,
    epoch BIGINT,
    kind VARCHAR,       -- sale, absorbed: came in. payment, withdrawal, sweep: was paid out.
                        -- credit, release, sweep_credit: waits as a credit of the row from now on
    row_id INTEGER,     -- 128: the backstop; none: came in
    me BIGINT,          -- of a node's row
    party VARCHAR,      -- who paid or was paid
    amount DECIMAL(38, 0),
    of_cost DECIMAL(38, 0),     -- cost cover
    of_running DECIMAL(38, 0),  -- running cost
    of_base DECIMAL(38, 0),
    of_leading DECIMAL(38, 0),
    of_upside DECIMAL(38, 0)
);

-- where the money of an EMC is after each event that moves it; received = paid + credited + held + pending + dust
CREATE TABLE IF NOT EXISTS books (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,
    timestamp BIGINT,
    epoch BIGINT,
    received DECIMAL(38, 0),
    paid DECIMAL(38, 0),
    credited DECIMAL(38, 0),
    held DECIMAL(38, 0),
    pending DECIMAL(38, 0),
    dust DECIMAL(38, 0),
    is_open BOOLEAN  -- the gate
);

-- how each row stands at the end of what was read
CREATE TABLE IF NOT EXISTS standings (
    emc VARCHAR,
    row_id INTEGER,
    is_node BOOLEAN,
    me BIGINT,
    controller VARCHAR,   -- a beneficiary's
    payee VARCHAR,
    is_live BOOLEAN,
    earned DECIMAL(38, 0),   -- paid or credited
    paid DECIMAL(38, 0),
    credit DECIMAL(38, 0),   -- waits to be withdrawn
    held DECIMAL(38, 0)      -- waits behind the gate
);

-- accounts of MEs, from when on
CREATE TABLE IF NOT EXISTS accounts (me BIGINT, account VARCHAR, block BIGINT, log_index INTEGER);

-- ratings after the end, as revealed: one row for each criterion
CREATE TABLE IF NOT EXISTS ratings (
    emc VARCHAR,
    rater BIGINT,    -- ME ids
    rated BIGINT,
    criterion VARCHAR,  -- delivery, quality, collaboration, user_value
    stars INTEGER,      -- 1 to 5; 0: no opinion
    block BIGINT
);

-- what a review came to: medians in hundredths of a star, 0 with fewer than two raters
CREATE TABLE IF NOT EXISTS reviews (
    emc VARCHAR,
    me BIGINT,
    row_id INTEGER,
    has_committed BOOLEAN,
    has_revealed BOOLEAN,
    delivery INTEGER,
    quality INTEGER,
    collaboration INTEGER,
    user_value INTEGER
);

-- lines that do not tie, in the order of the chain
CREATE TABLE IF NOT EXISTS faults (
    emc VARCHAR,
    place INTEGER,     -- 0: the first
    block BIGINT,
    log_index INTEGER,
    tx VARCHAR,
    event VARCHAR,
    row_id INTEGER,
    what VARCHAR,      -- what differs
    found VARCHAR,
    expected VARCHAR,
    text VARCHAR       -- the line in words
);

-- orders that were paid at Checkout, and what became of them
CREATE TABLE IF NOT EXISTS checkouts (
    emc VARCHAR,
    hash VARCHAR,
    block BIGINT,        -- in which it was paid
    tx VARCHAR,
    buyer VARCHAR,
    reference VARCHAR,
    customer VARCHAR,
    cashier VARCHAR,
    due_at BIGINT,
    amount DECIMAL(38, 0),
    given_back DECIMAL(38, 0),
    booked DECIMAL(38, 0),    -- what was sold of it
    refunded DECIMAL(38, 0),
    waits DECIMAL(38, 0),
    number VARCHAR       -- under which Checkout sold it; none: not yet, or after the end
);

-- what happened to them, order by order
CREATE TABLE IF NOT EXISTS checkout_ledger (
    emc VARCHAR,
    block BIGINT,
    log_index INTEGER,
    place INTEGER,      -- among the orders of one event
    timestamp BIGINT,
    tx VARCHAR,
    kind VARCHAR,       -- placed, given_back: before it was due. booked: became a sale. refund: sent to the buyer after
                        -- that, from somebody's own pocket
    hash VARCHAR,
    party VARCHAR,      -- who paid it, gave it back, booked it, paid the refund
    row_id INTEGER,     -- whose account, payee or controller that is, or was; none: nobody's
    amount DECIMAL(38, 0)
);

-- what came in, what of it was refunded, and what that leaves; no refund is taken from a row
CREATE VIEW IF NOT EXISTS sales AS
SELECT emc, straight, booked, absorbed, gross, refunded, gross - refunded AS net, placed, given_back, waits
FROM (
    SELECT
        emc,
        coalesce(came.gross, 0) - coalesce(came.absorbed, 0) - coalesce(ordered.by_number, 0) AS straight,  -- to the EMC
        coalesce(ordered.booked, 0) AS booked,                 -- orders of Checkout
        coalesce(came.absorbed, 0) - (coalesce(ordered.booked, 0) - coalesce(ordered.by_number, 0)) AS absorbed,
        coalesce(came.gross, 0) AS gross,                 -- all proceeds
        coalesce(ordered.refunded, 0) AS refunded,
        coalesce(ordered.placed, 0) AS placed,                 -- paid at Checkout
        coalesce(ordered.given_back, 0) AS given_back,         -- of that, before it was due
        coalesce(ordered.waits, 0) AS waits
    FROM emcs
    LEFT JOIN (
        SELECT emc, sum(amount) AS gross, sum(amount) FILTER (kind = 'absorbed') AS absorbed
        FROM ledger WHERE row_id IS NULL GROUP BY emc
    ) AS came USING (emc)
    LEFT JOIN (
        SELECT
            emc, sum(amount) AS placed, sum(given_back) AS given_back, sum(booked) AS booked,
            sum(booked) FILTER (number IS NOT NULL) AS by_number, sum(refunded) AS refunded, sum(waits) AS waits
        FROM checkouts GROUP BY emc
    ) AS ordered USING (emc)
);

-- what is worth knowing and no error
CREATE TABLE IF NOT EXISTS findings (
    emc VARCHAR,
    kind VARCHAR,  -- credit_waiting, refusing_payee, duplicate_order, duplicate_buyer, concentration, self_dealing,
                   -- circulation, late_assessment, withheld_rating, foreign_code, fee_token, odd_token,
                   -- returns, refund_to_party, other_cashier, late_due
    block BIGINT,
    tx VARCHAR,
    row_id INTEGER,
    party VARCHAR,
    amount DECIMAL(38, 0),
    text VARCHAR
);

-- every verdict that was ever given, also where nothing could be checked
CREATE TABLE IF NOT EXISTS checks (
    emc VARCHAR,
    checked_at BIGINT,  -- when, by the clock of whoever asked
    verdict VARCHAR,
    block BIGINT,       -- the pinned block; none: it was not even read
    hash VARCHAR,
    timestamp BIGINT,   -- of the block
    faults INTEGER,
    reason VARCHAR      -- the first line that is wrong, or that could not be checked; else empty
);

-- the last verdict on each EMC
CREATE TABLE IF NOT EXISTS verdicts (
    emc VARCHAR PRIMARY KEY,
    verdict VARCHAR,    -- RECONCILED, NOT RECONCILED, NOT CHECKED
    stage VARCHAR,      -- ACTIVE, ENDED, CLOSED; NOT ACTIVE if its first page is unknown
    block BIGINT,       -- the pinned block
    hash VARCHAR,
    timestamp BIGINT,
    faults INTEGER,
    evidence VARCHAR    -- JSON: what EVIDENCE.json says
);
