"""`ape run pay`: the same as `emc pay`."""

from emc.cli import script

cli = script("pay")
