"""What can be wrong with the book itself."""

from ledger.errors import Unavailable


class BookUnavailable(Unavailable):
    """The database can't be opened, read or written now."""

    code = "book-unavailable"
    title = "The book can't be reached"


class BookTooNew(BookUnavailable):
    """The journal was written by a later version of the program."""

    code = "book-too-new"
    title = "The book belongs to a newer version of Gold Ticket"
