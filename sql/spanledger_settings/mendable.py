"""The one class of errors that a user can mend: every such error derives from it, and the command line catches it."""

from __future__ import annotations


class MendableError(Exception):
    """A sentence that says what is wrong, where, what was expected, and how to mend it.

    The command line prints it without a trace and ends with its status. What only a change of the program mends is no
    such error.

    Attributes:
        status: What the command line ends with.
    """

    status = 1


class AskedWronglyError(MendableError):
    """What was asked for does not exist, such as a month 13: the status is that of an unknown option."""

    status = 2
