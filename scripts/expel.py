"""`ape run expel`: the same as `emc expel`."""

from emc.cli import script

cli = script("expel")
