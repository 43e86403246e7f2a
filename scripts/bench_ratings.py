"""What `bench.py` measures of reviews: a rating costs by how many it rates, and the same however
many EMCs anybody was in before.

The reviews are written to the node's storage as an opening leaves them, so that 128 members need
not live through an EMC first; whoever commits and reveals is a registered ME.
"""

from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc import artifacts
from emc.client.runtime import PROXY

SIZES = (10, 54, 127)
# members that are counted in one transaction
AT_ONCE = 64
MANY = 1_000
SALT = keccak(text="salt")
WAD = 10**18
MEMBER = "(uint256,uint256,uint256,uint256,bool)[]"
Members = list[tuple[int, int, int, int, bool]]


class Reviews:
    """A Reputation of its own, whose words are written as they would be."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.contract = bench.deploy(
            "Reputation", bench.implementation.address, bench.registry.address
        )
        # an EMC in which nobody joined later
        before, after = (each.hex() for each in PROXY)
        self.proxy = f"0x{before}{bench.implementation.address[2:]}{after}"
        layout = artifacts.load("Reputation")["layout"]["storage_layout"]
        self.slots = {
            "reviews": layout["reviews"]["slot"],
            "records": layout["records"]["records"]["slot"],
            "facts": layout["records"]["facts"]["slot"],
        }
        # beyond the addresses of precompiled contracts
        self.opened = 2**32

    def write(self, name: str, key: int, words: list[int], offset: int = 0) -> None:
        """Put words where a map keeps what belongs to a key."""
        first = int.from_bytes(keccak(encode(["uint256"] * 2, [self.slots[name], key])), "big")
        for i, word in enumerate(words, start=offset):
            place, value = (f"0x{each:064x}" for each in (first + i, word))
            args = [self.contract.address, place, value]
            self.bench.web3.provider.make_request("anvil_setStorageAt", args)

    def open(self, ratees: int) -> tuple[str, Members]:
        """A review in which everybody but the first two has committed."""
        self.opened += 1
        emc = to_checksum_address(f"0x{self.opened:040x}")
        self.bench.web3.provider.make_request("anvil_setCode", [emc, self.proxy])
        members: Members = [(i + 1, i, 0, 0, False) for i in range(ratees + 1)]
        now = self.bench.web3.eth.get_block("latest")["timestamp"]
        ends = now << 208 | now + 100_000 << 160 | now + 200_000 << 112
        deadline = now + 100_000
        committed = (1 << len(members)) - 1 & ~3
        self.write(
            "reviews",
            self.opened,
            [
                int.from_bytes(keccak(encode([MEMBER], [members])), "big"),
                ends | len(members) << 104 | deadline << 2,
                committed << 128,
                0,
                0,
                10**18,
            ],
        )
        assert self.contract.functions.review_of(emc).call()[3] == committed, "slots have moved"
        return emc, members

    def send(self, name: str, by: int, *args: Any) -> int:
        call = self.contract.functions[name](*args)
        return int(self.bench.send(call, self.bench.keys[by].address))

    def rate(self, ratees: int, suffix: str = "") -> None:
        """The last two commit and are the first two to reveal; a part of the members is counted."""
        emc, members = self.open(ratees)
        vectors = [
            b"".join(b"\0\0" if i == place else b"\x54\x32" for i in range(len(members)))
            for place in (0, 1)
        ]
        for place, ratings in enumerate(vectors):
            me = members[place][0]
            word = self.contract.functions.commitment_to(emc, me, ratings, SALT).call()
            gas = self.send("commit", place, emc, members, place, word)
        self.bench.note(f"rate_commit{suffix}", ratees, gas)
        for place, name in ((0, "rate_reveal"), (1, "rate_reveal_next")):
            gas = self.send("reveal", place, emc, members, place, vectors[place], SALT)
            self.bench.note(f"{name}{suffix}", ratees, gas)
        # as if the others had revealed, too: the review is closed
        everybody = (1 << len(members)) - 1
        self.write("reviews", self.opened, [everybody << 128 | everybody], offset=2)
        places = list(range(min(AT_ONCE, len(members))))
        gas = self.send("finalise", 2, emc, members, places)
        self.bench.note(f"rate_finalise{suffix}", ratees, gas)


def measure_ratings(bench: Any) -> None:
    """At the sizes of the issue; then ten ratees once more, with one EMC in every record and with
    a thousand.
    """
    for size in reversed(SIZES):
        # MEs without any record: the dearest
        reviews = Reviews(bench)
        reviews.rate(size)
    ended_at = bench.web3.eth.get_block("latest")["timestamp"] - 1_000
    for count in (1, MANY):
        for me in range(1, SIZES[0] + 2):
            word = ended_at << 216 | 345 * count * WAD << 108 | count * WAD
            reviews.write("records", me, [word] * 4)
            reviews.write("facts", me, [count << 192 | count])
        reviews.rate(SIZES[0], f"_after_{count}")
