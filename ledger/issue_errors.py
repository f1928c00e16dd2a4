"""ISSUE, why a debt can't be opened or unmade; the codes are those of the contract's refusals."""

from __future__ import annotations

from ledger.errors import Conflict, Forbidden, Invalid, NotFound


class DeploymentClosed(Conflict):
    """The panel has closed this deployment for new issuances."""

    code = "deployment-closed"
    title = "Nothing new is issued in this deployment"


class BadDebtor(Forbidden):
    """The debtor never receives its own ticket."""

    code = "bad-debtor"
    title = "The debtor can't be its own supplier or clearing bank"


class BadDates(Invalid):
    """now < transferable until ≤ due, contractual due ≤ due, shifted by 15 days at most."""

    code = "bad-dates"
    title = "The dates of the issuance don't fit"


class TenorTooLong(Conflict):
    """Longer than the panel's policy allows."""

    code = "tenor-too-long"
    title = "The tenor is longer than the policy allows"


class GraceTooLong(Invalid):
    """60 days at most."""

    code = "grace-too-long"
    title = "The grace period is too long"


class BadTerms(Invalid):
    """Depth, smallest part or bearer of the interest out of range."""

    code = "bad-terms"
    title = "The terms of the issuance are out of range"


class InvoicesDiffer(Invalid):
    """The invoices' amounts don't add up to the face."""

    code = "invoices-differ"
    title = "The invoices don't add up to the amount issued"


class InvoiceTotalDiffers(Conflict):
    """The invoice was used before with another total."""

    code = "invoice-total-differs"
    title = "The invoice is known with another total"


class InvoiceUsed(Conflict):
    """The invoice is used up by other issuances."""

    code = "invoice-used"
    title = "The invoice is used already"


class AlreadyIssued(Conflict):
    """The issue act has taken effect."""

    code = "already-issued"
    title = "This has been issued already"


class NotWhole(Conflict):
    """Only the whole of an issuance in one hand can be made void."""

    code = "not-whole"
    title = "The tickets named are not the whole issuance"


class AlreadyFunded(Conflict):
    """Money has come for it."""

    code = "already-funded"
    title = "The issuance is funded already"


class ValueHeld(Conflict):
    """An order of a court holds value of a ticket."""

    code = "value-held"
    title = "An order holds value of this ticket"


class UnknownIssueAct(NotFound):
    """This book does not know the issue act that is named."""

    code = "unknown-issue-act"
    title = "There is no such issue act"
