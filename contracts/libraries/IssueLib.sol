// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import {IPredecessor} from "../interfaces/IPredecessor.sol";
import "../types/Acts.sol";
import {Flags, IssuanceWord, IssuanceWords, Roles, Stages, TicketWord, TicketWords} from "../types/Words.sol";
import {ActHash} from "./ActHash.sol";
import {Auth} from "./Auth.sol";
import {Calendar} from "./Calendar.sol";
import {Evidence, Governance, Layout, Opening, Packed, Participant, Settlement, State} from "./State.sol";
import {Tickets} from "./Tickets.sol";

/// @title ISSUE: a debt comes into being, and is unmade
library IssueLib {
    using Packed for Evidence;
    using Packed for Opening;
    using Packed for Settlement;

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
        bytes32 d = Auth.digest(State.separator(), ActHash.issue(a));
        (uint48 debtor, uint48 supplier, uint96 face) = (a.debtor, a.supplier, a.face);
        _requireParties(l, debtor, supplier, d, signatures);
        requireClearingBank(l, a.clearingBank);
        _requireTerms(l, a);
        bytes16 issuance = bytes16(d);
        bytes32 root = bytes32(issuance);
        uint256 slot = Tickets.slotOf(l, root);
        TicketWord there = Tickets.load(slot);
        if (!there.empty()) {
            if (there.has(Flags.WITHDRAWN)) revert IErrors.Withdrawn(root);
            revert IErrors.AlreadyIssued(root);
        }
        bytes32 uscc = l.participants[debtor].uscc;
        _useLimit(l, debtor, face, uscc);
        _useInvoices(l, a.invoices, face, uscc, issuance);
        Tickets.store(slot, TicketWords.pack(supplier, face, a.depth));
        l.issuances[issuance] = IssuanceWords.pack(debtor, a.transferableUntil, a.minimum, face, a.clearingBank);
        l.settlements[issuance].begin(a.due, a.grace);
        _emitIssued(a, root, d);
    }

    /// Signed by the debtor: the issue act can take effect no more. Idempotent.
    function withdrawIssue(Issue calldata a, WithdrawIssue calldata w, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(w.deadline);
        Auth.count(signatures, 1);
        bytes32 d = Auth.digest(State.separator(), ActHash.issue(a));
        if (d != w.issue) revert IErrors.IssueDiffers(w.issue, d);
        Auth.named(l, Auth.digest(State.separator(), keccak256(abi.encode(WITHDRAW_ISSUE, w))), signatures[0], a.debtor);
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
        bytes32 issued = Auth.digest(State.separator(), ActHash.issue(a));
        if (bytes16(issued) != v.issuance) revert IErrors.IssueDiffers(bytes32(v.issuance), issued);
        IssuanceWord iw = l.issuances[v.issuance];
        if (iw.face() == 0) revert IErrors.UnknownIssuance(v.issuance);
        if (iw.has(Flags.VOID)) revert IErrors.IssuanceVoid(v.issuance);
        Settlement storage settlement = l.settlements[v.issuance];
        if (settlement.paid != 0) revert IErrors.AlreadyFunded(v.issuance, settlement.paid);
        bytes32 d = Auth.digest(State.separator(), ActHash.void_(v));
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

    function _requireParties(Layout storage l, uint48 debtor, uint48 supplier, bytes32 d, bytes[] calldata signatures)
        private
        view
    {
        if (Auth.active(l, d, signatures[0], debtor).roles() & Roles.CORE == 0) {
            revert IErrors.MissingRole(debtor, Roles.CORE);
        }
        if (Auth.active(l, d, signatures[1], supplier).roles() & Roles.SUPPLIER == 0) {
            revert IErrors.NotAReceiver(supplier);
        }
        if (debtor == supplier) revert IErrors.BadDebtor(debtor);
    }

    /// A suspended clearing bank gets nothing new.
    function requireClearingBank(Layout storage l, uint48 bank) internal view {
        Participant storage p = Auth.role(l, bank, Roles.CLEARING_BANK);
        if (block.timestamp < p.suspendedUntil) revert IErrors.Suspended(bank, p.suspendedUntil);
    }

    function _requireTerms(Layout storage l, Issue calldata a) private view {
        // now < transferable until <= due; due is the contractual due date or up to 15 days later (no working day)
        (uint256 until, uint256 contractualDue, uint256 due) = (a.transferableUntil, a.contractualDue, a.due);
        unchecked {
            bool ordered = block.timestamp < until && until <= due && contractualDue <= due
                && due - contractualDue <= MOST_SHIFT;
            if (!ordered) revert IErrors.BadDates(uint40(until), uint40(contractualDue), uint40(due));
        }
        Governance storage g = l.governance;
        uint256 months = g.nextMonths != 0 && block.timestamp >= g.nextFrom ? g.nextMonths : g.months;
        uint256 latest = Calendar.endOfDayAfterMonths(block.timestamp, months);
        if (contractualDue > latest) revert IErrors.TenorTooLong(uint40(contractualDue), uint40(latest));
        if (a.grace > MOST_GRACE) revert IErrors.GraceTooLong(a.grace);
        (uint256 depth, uint256 minimum, uint256 interest) = (a.depth, a.minimum, a.interest);
        if (depth > MOST_DEPTH || minimum > MOST_MINIMUM || interest > 1) {
            revert IErrors.BadTerms(uint8(depth), uint8(minimum), uint8(interest));
        }
        unchecked {
            if (a.face < 10 ** minimum) revert IErrors.BelowMinimum(a.face, 10 ** minimum);
        }
    }

    function _useLimit(Layout storage l, uint48 debtor, uint256 face, bytes32 uscc) private {
        Opening storage o = l.openings[debtor];
        (uint256 used, uint256 limit) = (o.used, o.limit);
        if (o.overdue != 0 || o.external_) revert IErrors.CoreHalted(debtor, o.overdue, o.external_);
        if (block.timestamp >= o.expiry) revert IErrors.LimitExpired(debtor, o.expiry);
        uint256 needed = used + face;
        if (State.predecessor() != address(0)) {
            (uint256 before, bool halted) = IPredecessor(State.predecessor()).openingOf(uscc);
            if (halted) revert IErrors.CoreHalted(debtor, 0, true);
            needed += before;
        }
        if (needed > limit) revert IErrors.LimitExceeded(debtor, needed, limit);
        o.use(face);
    }

    /// An invoice is counted per debtor (by USCC, so that a successor deployment finds it) and fingerprint.
    function _useInvoices(Layout storage l, Invoice[] calldata invoices, uint256 face, bytes32 uscc, bytes16 issuance)
        private
    {
        uint256 count = invoices.length;
        if (count > MOST_INVOICES) revert IErrors.TooMany(count, MOST_INVOICES);
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            Invoice calldata invoice = invoices[i];
            uint256 amount = invoice.amount;
            if (amount == 0) revert IErrors.BadAmount(i);
            _useInvoice(l, invoice.fingerprint, invoice.total, amount, uscc, issuance);
            unchecked {
                // at most 100 times 96 bits
                sum += amount;
            }
        }
        if (sum != face) revert IErrors.InvoicesDiffer(sum, uint96(face));
    }

    function _useInvoice(
        Layout storage l,
        bytes32 fingerprint,
        uint96 total,
        uint256 amount,
        bytes32 uscc,
        bytes16 issuance
    ) private {
        bytes32 key = keccak256(abi.encode(uscc, fingerprint));
        Evidence storage e = l.evidence[key];
        (uint256 used, uint256 committed) = e.get();
        uint256 before;
        if (State.predecessor() != address(0)) {
            uint256 earlier;
            (before, earlier) = IPredecessor(State.predecessor()).evidenceOf(uscc, fingerprint);
            if (earlier != 0) committed = earlier;
        }
        if (committed == 0) committed = total;
        if (committed != total) revert IErrors.InvoiceTotalDiffers(fingerprint, committed, total);
        if (before + used + amount > total) {
            revert IErrors.InvoiceUsed(fingerprint, before + used, total, uint96(amount));
        }
        unchecked {
            // at most `total`
            used += amount;
        }
        e.set(used, total);
        emit IEvents.InvoiceCounted(issuance, key, fingerprint, uint128(used), total);
    }

    /// As `emit IEvents.Issued(…)` would, but that its fields are not taken apart: in the event and in the act the eight
    /// from `contractualDue` to `undertaking` are the same and follow each other. All of them were read before, where
    /// more bits than their types have are refused.
    function _emitIssued(Issue calldata a, bytes32 root, bytes32 d) private {
        bytes32 topic = IEvents.Issued.selector;
        (uint256 debtor, uint256 supplier, uint256 face, uint256 bank) =
            (a.debtor, a.supplier, a.face, a.clearingBank);
        assembly ("memory-safe") {
            // behind the free memory, as scratch space
            let p := mload(0x40)
            mstore(p, face)
            mstore(add(p, 0x20), bank)
            calldatacopy(add(p, 0x40), add(a, 0x80), 0x100)
            mstore(add(p, 0x140), d)
            log4(p, 0x160, topic, root, debtor, supplier)
        }
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
