"""The edge to a chain: networks, accounts, contracts and what they refuse."""
