"""Keys that everybody has: those of the phrases that test tools start with."""

from functools import cache

# anvil, hardhat and ape; Ganache when it is told to be deterministic
PHRASES = (
    "test test test test test test test test test test test junk",
    "myth like bonus scare over problem client lizard pioneer submit female collect",
)
COUNT = 100


@cache
def addresses() -> frozenset[str]:
    """The first accounts of each phrase, as checksum addresses."""
    from eth_account import Account
    from eth_account.hdaccount import seed_from_mnemonic
    from eth_account.hdaccount.deterministic import HDPath

    found = set()
    for phrase in PHRASES:
        seed = seed_from_mnemonic(phrase, "")
        for number in range(COUNT):
            key = HDPath(f"m/44'/60'/0'/0/{number}").derive(seed)
            found.add(str(Account.from_key(key).address))
    return frozenset(found)
