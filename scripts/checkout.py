"""`ape run checkout`: the same as `emc checkout`."""

from emc.cli import script

cli = script("checkout")
