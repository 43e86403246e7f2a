"""`ape run me`: the same as `emc me`."""

from emc.cli import script

cli = script("me")
