"""What can go wrong, as one exception that says what to do."""


class EMCError(Exception):
    """An input or a chain answer that cannot be used.

    The message names the field, file, line or transaction and says what is wrong; ``hint`` says
    what to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
