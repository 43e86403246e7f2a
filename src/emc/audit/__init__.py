"""The audit: from an RPC address and an EMC's address to RECONCILED, or the first wrong line.

Shares nothing with the code that it checks: what terms mean for money, what was signed and how
events are read is written here a second time, from docs/specification.md. What tells of a verdict
that was given puts amounts and terms into the words of `emc.core`.
"""
