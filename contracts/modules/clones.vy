# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title clones
@license AGPL-3.0-only
@notice Where the EMC of a creator with its terms is made: nobody else can take the address, and the
        same creator takes it once.
"""


@internal
@pure
def _salt(creator: address, terms_hash: bytes32) -> bytes32:
    return keccak256(abi_encode(creator, terms_hash))


@internal
@view
def _address_of(implementation: address, creator: address, terms_hash: bytes32) -> address:
    # the init code with which the compiler makes a minimal proxy (ERC-1167)
    code_hash: bytes32 = keccak256(
        concat(
            x"602d3d8160093d39f3363d3d373d3d3d363d73",
            convert(implementation, bytes20),
            x"5af43d82803e903d91602b57fd5bf3",
        )
    )
    salt: bytes32 = self._salt(creator, terms_hash)
    at: bytes32 = keccak256(concat(x"ff", convert(self, bytes20), salt, code_hash))
    return convert(convert(at, uint256) & (2**160 - 1), address)
