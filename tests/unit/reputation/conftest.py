"""Whatever is rated, every test leaves books that add up."""

from tests.till import books, pytest_pyfunc_call

__all__ = ["books", "pytest_pyfunc_call"]
