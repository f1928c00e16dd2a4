// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import {IPredecessor} from "../interfaces/IPredecessor.sol";
import "../types/Acts.sol";
import {Flags, IssuanceWord, IssuanceWords, Roles, SignerWord, Stages, TicketWord, TicketWords} from "../types/Words.sol";
import {ActHash} from "./ActHash.sol";
import {Auth} from "./Auth.sol";
import {Calendar} from "./Calendar.sol";
import {Evidence, Governance, Layout, Opening, Participant, Settlement, State} from "./State.sol";
import {Tickets} from "./Tickets.sol";

/// @title ISSUE: a debt comes into being, and is unmade
library IssueLib {
    uint256 private constant MOST_INVOICES = 100;
    uint256 private constant MOST_TICKETS = 256;
    uint8 private constant MOST_DEPTH = 50;
    uint8 private constant MOST_MINIMUM = 20;
    uint32 private constant MOST_GRACE = 60 days;
    uint40 private constant MOST_SHIFT = 15 days;
    bytes32 private constant WITHDRAW_ISSUE =
        keccak256("WithdrawIssue(bytes32 issue,bytes32 salt,uint40 deadline)");

    /// Signatures: the debtor, the first supplier.
    function issue(Issue calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.running(l, Stages.ISSUE);
        if (l.governance.closed) revert IErrors.DeploymentClosed();
        Auth.count(signatures, 2);
        bytes32 d = Auth.digest(l.separator, ActHash.issue(a));
        _requireParties(l, a, d, signatures);
        _requireTerms(l, a);
        bytes16 issuance = bytes16(d);
        bytes32 root = bytes32(issuance);
        if (!l.tickets[root].empty()) {
            if (l.tickets[root].has(Flags.WITHDRAWN)) revert IErrors.Withdrawn(root);
            revert IErrors.AlreadyIssued(root);
        }
        Participant storage core = l.participants[a.debtor];
        _useLimit(l, a, core.uscc);
        _useInvoices(l, a, core.uscc, issuance);
        l.tickets[root] = TicketWords.pack(a.supplier, a.face, a.depth);
        l.issuances[issuance] =
            IssuanceWords.pack(a.debtor, a.transferableUntil, a.minimum, a.face, a.clearingBank);
        Settlement storage settlement = l.settlements[issuance];
        settlement.due = a.due;
        settlement.grace = a.grace;
        _emitIssued(a, root, d);
    }

    /// Signed by the debtor: the issue act can take effect no more. Idempotent.
    function withdrawIssue(Issue calldata a, WithdrawIssue calldata w, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(w.deadline);
        Auth.count(signatures, 1);
        bytes32 d = Auth.digest(l.separator, ActHash.issue(a));
        if (d != w.issue) revert IErrors.IssueDiffers(w.issue, d);
        Auth.named(l, Auth.digest(l.separator, keccak256(abi.encode(WITHDRAW_ISSUE, w))), signatures[0], a.debtor);
        bytes32 root = bytes32(bytes16(d));
        if (l.tickets[root].has(Flags.WITHDRAWN)) return;
        if (!l.tickets[root].empty()) revert IErrors.AlreadyIssued(root);
        l.tickets[root] = TicketWords.tombstone(Flags.WITHDRAWN);
        emit IEvents.IssueWithdrawn(root, a.debtor);
    }

    /// Signed by the debtor and the sole holder, who names all its tickets. The issue act stands in the calldata,
    /// since the evidence that comes back is known by its hash only.
    function voidIssuance(Issue calldata a, Void calldata v, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(v.deadline);
        Auth.count(signatures, 2);
        bytes32 issued = Auth.digest(l.separator, ActHash.issue(a));
        if (bytes16(issued) != v.issuance) revert IErrors.IssueDiffers(bytes32(v.issuance), issued);
        IssuanceWord iw = l.issuances[v.issuance];
        if (iw.face() == 0) revert IErrors.UnknownIssuance(v.issuance);
        if (iw.has(Flags.VOID)) revert IErrors.IssuanceVoid(v.issuance);
        Settlement storage settlement = l.settlements[v.issuance];
        if (settlement.paid != 0) revert IErrors.AlreadyFunded(v.issuance, settlement.paid);
        bytes32 d = Auth.digest(l.separator, ActHash.void_(v));
        Auth.named(l, d, signatures[0], iw.debtor());
        _requireWhole(l, v, iw.face(), Auth.party(l, d, signatures[1]).party());
        l.issuances[v.issuance] = iw.withFlag(Flags.VOID);
        Opening storage o = l.openings[iw.debtor()];
        o.used -= uint88(iw.face());
        if (settlement.reported) {
            settlement.reported = false;
            --o.overdue;
            emit IEvents.OverdueLifted(v.issuance, iw.debtor());
        }
        bytes32 uscc = l.participants[iw.debtor()].uscc;
        for (uint256 i; i < a.invoices.length; ++i) {
            bytes32 key = keccak256(abi.encode(uscc, a.invoices[i].fingerprint));
            Evidence storage e = l.evidence[key];
            e.used -= a.invoices[i].amount;
            emit IEvents.InvoiceCounted(v.issuance, key, a.invoices[i].fingerprint, e.used, e.total);
        }
        emit IEvents.Voided(v.issuance, v.evidence);
    }

    function _requireParties(Layout storage l, Issue calldata a, bytes32 d, bytes[] calldata signatures) private view {
        SignerWord debtor = Auth.active(l, d, signatures[0], a.debtor);
        if (debtor.roles() & Roles.CORE == 0) revert IErrors.MissingRole(a.debtor, Roles.CORE);
        SignerWord supplier = Auth.active(l, d, signatures[1], a.supplier);
        if (supplier.roles() & Roles.SUPPLIER == 0) revert IErrors.NotAReceiver(a.supplier);
        if (a.debtor == a.supplier) revert IErrors.BadDebtor(a.debtor);
        requireClearingBank(l, a.clearingBank);
    }

    /// A suspended clearing bank gets nothing new.
    function requireClearingBank(Layout storage l, uint48 bank) internal view {
        Participant storage p = Auth.role(l, bank, Roles.CLEARING_BANK);
        if (block.timestamp < p.suspendedUntil) revert IErrors.Suspended(bank, p.suspendedUntil);
    }

    function _requireTerms(Layout storage l, Issue calldata a) private view {
        // now < transferable until <= due; due is the contractual due date or up to 15 days later (no working day)
        bool ordered = block.timestamp < a.transferableUntil && a.transferableUntil <= a.due
            && a.contractualDue <= a.due && a.due - a.contractualDue <= MOST_SHIFT;
        if (!ordered) revert IErrors.BadDates(a.transferableUntil, a.contractualDue, a.due);
        Governance storage g = l.governance;
        uint256 months = g.nextMonths != 0 && block.timestamp >= g.nextFrom ? g.nextMonths : g.months;
        uint256 latest = Calendar.endOfDayAfterMonths(block.timestamp, months);
        if (a.contractualDue > latest) revert IErrors.TenorTooLong(a.contractualDue, uint40(latest));
        if (a.grace > MOST_GRACE) revert IErrors.GraceTooLong(a.grace);
        bool fits = a.depth <= MOST_DEPTH && a.minimum <= MOST_MINIMUM && a.interest <= 1;
        if (!fits) revert IErrors.BadTerms(a.depth, a.minimum, a.interest);
        if (a.face < 10 ** uint256(a.minimum)) revert IErrors.BelowMinimum(a.face, 10 ** uint256(a.minimum));
    }

    function _useLimit(Layout storage l, Issue calldata a, bytes32 uscc) private {
        Opening storage o = l.openings[a.debtor];
        uint256 used = uint256(o.used);
        if (o.overdue != 0 || o.external_) revert IErrors.CoreHalted(a.debtor, o.overdue, o.external_);
        if (block.timestamp >= o.expiry) revert IErrors.LimitExpired(a.debtor, o.expiry);
        uint256 before;
        if (l.predecessor != address(0)) {
            bool halted;
            (before, halted) = IPredecessor(l.predecessor).openingOf(uscc);
            if (halted) revert IErrors.CoreHalted(a.debtor, 0, true);
        }
        if (before + used + a.face > o.limit) revert IErrors.LimitExceeded(a.debtor, before + used + a.face, o.limit);
        o.used = uint88(used + a.face);
    }

    /// An invoice is counted per debtor (by USCC, so that a successor deployment finds it) and fingerprint.
    function _useInvoices(Layout storage l, Issue calldata a, bytes32 uscc, bytes16 issuance) private {
        if (a.invoices.length > MOST_INVOICES) revert IErrors.TooMany(a.invoices.length, MOST_INVOICES);
        uint256 sum;
        for (uint256 i; i < a.invoices.length; ++i) {
            Invoice calldata invoice = a.invoices[i];
            if (invoice.amount == 0) revert IErrors.BadAmount(i);
            bytes32 key = keccak256(abi.encode(uscc, invoice.fingerprint));
            Evidence storage e = l.evidence[key];
            (uint256 used, uint256 total) = (e.used, e.total);
            uint256 before;
            if (l.predecessor != address(0)) {
                uint256 committed;
                (before, committed) = IPredecessor(l.predecessor).evidenceOf(uscc, invoice.fingerprint);
                if (committed != 0) total = committed;
            }
            if (total == 0) total = invoice.total;
            if (total != invoice.total) revert IErrors.InvoiceTotalDiffers(invoice.fingerprint, total, invoice.total);
            if (before + used + invoice.amount > total) {
                revert IErrors.InvoiceUsed(invoice.fingerprint, before + used, total, invoice.amount);
            }
            used += invoice.amount;
            (e.used, e.total) = (uint128(used), uint128(total));
            sum += invoice.amount;
            emit IEvents.InvoiceCounted(issuance, key, invoice.fingerprint, uint128(used), uint128(total));
        }
        if (sum != a.face) revert IErrors.InvoicesDiffer(sum, a.face);
    }

    function _emitIssued(Issue calldata a, bytes32 root, bytes32 d) private {
        emit IEvents.Issued(
            root,
            a.debtor,
            a.supplier,
            a.face,
            a.clearingBank,
            a.contractualDue,
            a.due,
            a.transferableUntil,
            a.grace,
            a.depth,
            a.minimum,
            a.interest,
            a.undertaking,
            d
        );
    }

    /// Every ticket of the issuance is this holder's, and nothing is held or locked (then the sum is short of face).
    function _requireWhole(Layout storage l, Void calldata v, uint96 face, uint48 holder) private view {
        if (v.tickets.length > MOST_TICKETS) revert IErrors.TooMany(v.tickets.length, MOST_TICKETS);
        uint256 sum;
        bytes32 last;
        for (uint256 i; i < v.tickets.length; ++i) {
            bytes32 id = v.tickets[i];
            if (i != 0 && id <= last) revert IErrors.NotAscending(i);
            last = id;
            TicketWord w = l.tickets[id];
            if (bytes16(id) != v.issuance || w.party() != holder) revert IErrors.NotHolder(id, holder);
            uint256 held = Tickets.held(l, id, w, block.timestamp);
            if (held != 0) revert IErrors.ValueHeld(id, held);
            sum += w.value();
        }
        if (sum != face) revert IErrors.NotWhole(sum, face);
    }
}
