"""`ape run renegotiate`: the same as `emc renegotiate`."""

from emc.cli import script

cli = script("renegotiate")
