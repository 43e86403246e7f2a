"""What micro-enterprises are, in the order in which the registry numbers it."""

# from 1
KINDS = ("user", "node", "ssp", "external")
# from 0: how far the unit is
CATEGORIES = ("none", "transforming", "incubating")
