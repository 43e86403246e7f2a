"""`ape run inspect_`: the same as `emc inspect`; `inspect` itself is of the standard library."""

from emc.cli import script

cli = script("inspect")
