"""Asking a node of a chain: what it answers, and what its refusals mean."""
