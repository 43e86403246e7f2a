# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title clones
@license AGPL-3.0-only
@notice Where the EMC of its nodes with its terms is made: by whomever, the address is theirs. Contracts and ME ids
        may be the same on every chain; the accounts behind them say which nodes they are.
"""


@internal
@pure
def _salt(accounts: DynArray[address, 64], terms_hash: bytes32) -> bytes32:
    return keccak256(abi_encode(accounts, terms_hash))


@internal
@view
def _address_of(implementation: address, salt: bytes32) -> address:
    # the init code with which the compiler makes a minimal proxy (ERC-1167)
    code_hash: bytes32 = keccak256(
        concat(
            x"602d3d8160093d39f3363d3d373d3d3d363d73",
            convert(implementation, bytes20),
            x"5af43d82803e903d91602b57fd5bf3",
        )
    )
    at: bytes32 = keccak256(concat(x"ff", convert(self, bytes20), salt, code_hash))
    return convert(convert(at, uint256) & (2**160 - 1), address)
