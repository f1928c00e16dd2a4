"""What can be wrong with the book itself."""

from ledger.errors import Unavailable

TOLD = "The book does not answer at the moment: try again in a few seconds. The gateway's log says why."


class BookUnavailable(Unavailable):
    """The database can't be opened, read or written now. The message says where it is and what it said, for the
    operator; `told` is what clients get to know."""

    code = "book-unavailable"
    title = "The book can't be reached"

    def __init__(self, message: str, /, *, told: str = TOLD, **evidence: object) -> None:
        super().__init__(message, **evidence)
        self.told = told

    def for_clients(self) -> "BookUnavailable":
        """Without the database's address and words."""
        return type(self)(self.told)


class BookTooNew(BookUnavailable):
    """The journal was written by a later version of the program."""

    code = "book-too-new"
    title = "The book belongs to a newer version of Gold Ticket"
