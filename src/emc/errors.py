"""What can go wrong, as exceptions that say what to do."""


class EMCError(Exception):
    """An input or a chain answer that cannot be used.

    The message names the field, file, line or transaction and says what is wrong; ``hint`` says
    what to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StoppedError(EMCError):
    """The user interrupted a command that can be run again."""


class MissingExtraError(EMCError):
    """A part of the package that was not installed with it; the hint says how to install it."""


class RefusedError(EMCError):
    """A contract refused a call; ``reason`` is the contract's own string, empty if it gave none.

    docs/errors.md lists them all.
    """

    def __init__(self, message: str, hint: str = "", *, reason: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason
