"""Kinds and categories of micro-enterprises, in the registry's order."""

# from 1
KINDS = ("user", "node", "ssp", "external")
# from 0: how far the unit is
CATEGORIES = ("none", "transforming", "incubating")
