"""What `bench.py` measures of calls and bids: a bid costs the same whatever was bid before."""

import json
from typing import Any

from artifacts import compiled
from eth_utils.crypto import keccak

from emc.core.terms import NATIVE

# how many MEs call and bid in one transaction of the crowd
AT_ONCE = 25
# as many bids and calls there are before the last one that is measured
MANY = 1_000
SALT = keccak(text="salt")


def measure_bids(bench: Any) -> None:
    """A call, bids in it, and an award; then the next bid after a thousand others and as many
    calls, all in the contract's life so far.
    """
    calls = bench.deploy("CallForBids", bench.implementation.address, bench.registry.address)
    crowd = bench.put(json.loads(compiled("mocks/Crowd.vy")))
    closes_at = bench.web3.eth.get_block("latest")["timestamp"] + 86_400
    document = keccak(text="document")
    nobody = (NATIVE, 0, 0, 0, NATIVE, False)

    def terms(reveal: int) -> tuple[Any, ...]:
        fields = NATIVE, "bakes bread", document, 50_000, 300_000, 2, closes_at, reveal
        return *fields, nobody

    def send(name: str, by: int, *args: Any) -> int:
        return int(bench.send(calls.functions[name](*args), bench.keys[by].address))

    uri = "https://example.org/document.json"
    bench.note("call", 1, send("open", 0, terms(0), uri))
    bid = 1, 100_000, document, uri
    send("bid", 1, *bid)
    # one bid and one call were before it
    bench.note("bid", 1, send("bid", 2, *bid))
    bench.note("bid_again", 1, send("bid", 2, *bid))
    send("open", 0, terms(1_000_000), uri)
    what = calls.functions.commitment_to(2, 2, 100_000, document, SALT).call()
    bench.note("seal", 1, send("seal", 1, 2, what))
    others = bench.registry.address, calls.address, terms(0), 1, AT_ONCE
    while calls.functions.tally_of(1).call()[0] < MANY:
        bench.send(crowd.functions.flood(*others), bench.buyer)
    assert calls.functions.count().call() >= MANY - 2, "too few calls"
    bench.note("bid", MANY, send("bid", 3, *bid))
    for call in (1, 2):
        send("close_bidding", 0, call)
    bench.note("unseal", 1, send("unseal", 1, 2, 100_000, document, uri, SALT))
    bench.note("award", 1, send("award", 0, 1, 2, calls.functions.bid_of(1, 2).call()[1]))
