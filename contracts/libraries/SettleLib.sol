// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import "../types/Acts.sol";
import {Flags, IssuanceWord, TicketWord} from "../types/Words.sol";
import {ActHash} from "./ActHash.sol";
import {Auth} from "./Auth.sol";
import {IssueLib} from "./IssueLib.sol";
import {Layout, Replacement, Settlement, State} from "./State.sol";
import {Tickets} from "./Tickets.sol";

/// @title SETTLE: the core's money comes, each holder's line is paid; or it does not come
library SettleLib {
    uint256 private constant MOST_LEGS = 200;
    uint256 private constant MOST_LINES = 200;
    uint40 private constant PAID_WITHIN = 10 days;
    uint40 private constant WAIVER = 30 days;
    uint40 private constant REPLACEMENT_DELAY = 14 days;
    bytes32 private constant FUND = keccak256("Fund");
    bytes32 private constant PAY_OUT = keccak256("PayOut");
    bytes32 private constant WAIVE =
        keccak256("Waive(bytes16 issuance,bytes32 evidence,uint16 sequence,bytes32 salt,uint40 deadline)");
    bytes32 private constant REPLACE_BANK = keccak256(
        "ReplaceBank(bytes16 issuance,uint48 bank,bytes32 evidence,uint16 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant VETO_REPLACEMENT =
        keccak256("VetoReplacement(bytes16 issuance,bytes32 replacement,bytes32 salt,uint40 deadline)");
    bytes32 private constant COMPLETE_REPLACEMENT =
        keccak256("CompleteReplacement(bytes16 issuance,bytes32 replacement,bytes32 salt,uint40 deadline)");

    /// One payment of a core for one or several issuances reached the clearing bank. All legs or none.
    function fund(Fund calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        (uint48 bank, bytes32 ref, FundLeg[] calldata legs) = (a.bank, a.ref, a.legs);
        Auth.named(l, Auth.digest(State.separator(), ActHash.fund(a)), signatures[0], bank);
        Auth.spend(l, bank, FUND, ref);
        if (legs.length > MOST_LEGS) revert IErrors.TooMany(legs.length, MOST_LEGS);
        uint256 sum;
        for (uint256 i; i < legs.length; ++i) {
            uint96 amount = legs[i].amount;
            if (amount == 0) revert IErrors.BadAmount(i);
            sum += amount;
            _fundOne(l, bank, ref, legs[i].issuance, amount);
        }
        if (sum != a.total || sum == 0) revert IErrors.TotalDiffers(sum, a.total);
    }

    function _fundOne(Layout storage l, uint48 bank, bytes32 ref, bytes16 issuance, uint96 amount) private {
        IssuanceWord iw = _issuance(l, issuance);
        if (iw.clearingBank() != bank) revert IErrors.WrongParty(bank, iw.clearingBank());
        Settlement storage settlement = l.settlements[issuance];
        uint256 paid = uint256(settlement.paid) + amount;
        if (paid > iw.face()) revert IErrors.BeyondFace(issuance, paid, iw.face());
        settlement.paid = uint96(paid);
        l.openings[iw.debtor()].used -= uint88(amount);
        emit IEvents.Funded(issuance, bank, ref, amount, uint96(paid));
        if (paid == iw.face()) {
            l.issuances[issuance] = iw.withFlag(Flags.FUNDED);
            _lift(l, issuance, iw.debtor());
        }
    }

    /// Each line was really paid; a returned one is simply not there. A line that is refused spoils no other.
    function payOut(PayOut calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        Auth.named(l, Auth.digest(State.separator(), ActHash.payOut(a)), signatures[0], a.bank);
        Auth.spend(l, a.bank, PAY_OUT, a.ref);
        if (a.lines.length > MOST_LINES) revert IErrors.TooMany(a.lines.length, MOST_LINES);
        emit IEvents.PayOutMade(a.bank, a.ref);
        bytes memory first;
        bool any;
        for (uint256 i; i < a.lines.length; ++i) {
            bytes memory refusal = _payLine(l, a, a.lines[i], i);
            if (refusal.length == 0) {
                any = true;
            } else {
                if (first.length == 0) first = refusal;
                emit IEvents.LineRefused(a.lines[i].ticket, a.ref, i, refusal);
            }
        }
        if (!any) {
            if (first.length == 0) revert IErrors.BadAmount(0);
            Auth.raise(first);
        }
    }

    function _payLine(Layout storage l, PayOut calldata a, Line calldata line, uint256 position)
        private
        returns (bytes memory refusal)
    {
        TicketWord w = l.tickets[line.ticket];
        bytes16 issuance = bytes16(line.ticket);
        IssuanceWord iw = l.issuances[issuance];
        if (w.party() == 0) return abi.encodeWithSelector(IErrors.UnknownTicket.selector, line.ticket);
        if (iw.clearingBank() != a.bank) {
            return abi.encodeWithSelector(IErrors.WrongParty.selector, a.bank, iw.clearingBank());
        }
        if (iw.has(Flags.VOID)) return abi.encodeWithSelector(IErrors.IssuanceVoid.selector, issuance);
        Settlement storage settlement = l.settlements[issuance];
        if (!iw.has(Flags.FUNDED) && (block.timestamp < settlement.due || line.paidAt < settlement.due)) {
            return abi.encodeWithSelector(IErrors.NotYetDue.selector, issuance, settlement.due);
        }
        uint256 earliest = block.timestamp - PAID_WITHIN;
        if (line.paidAt < earliest || line.paidAt > block.timestamp) {
            return
                abi.encodeWithSelector(IErrors.PaidAtOutOfRange.selector, line.paidAt, earliest, block.timestamp);
        }
        if (line.amount == 0) return abi.encodeWithSelector(IErrors.BadAmount.selector, position);
        uint256 most = Tickets.payable_(l, line.ticket, w, iw, settlement.paid, line.paidAt);
        if (line.amount > most) {
            return abi.encodeWithSelector(IErrors.BeyondPayable.selector, line.ticket, most, line.amount);
        }
        uint96 taken = l.taken[line.ticket] + line.amount;
        l.taken[line.ticket] = taken;
        if (!w.has(Flags.PAID)) l.tickets[line.ticket] = w.withFlags(w.flags() | Flags.PAID);
        emit IEvents.PaidOut(line.ticket, a.bank, a.ref, line.amount, line.paidAt, taken);
    }

    /// By anyone, once due plus grace has passed and less than face is funded. No signature.
    function reportOverdue(bytes16 issuance) external {
        Layout storage l = State.get();
        IssuanceWord iw = _issuance(l, issuance);
        Settlement storage settlement = l.settlements[issuance];
        if (iw.has(Flags.FUNDED)) revert IErrors.FullyFunded(issuance);
        uint256 from = uint256(settlement.due) + settlement.grace;
        if (settlement.waivedUntil > from) from = settlement.waivedUntil;
        if (block.timestamp < from) revert IErrors.NotOverdue(issuance, from);
        if (settlement.reported) revert IErrors.AlreadyReported(issuance);
        settlement.reported = true;
        ++l.openings[iw.debtor()].overdue;
        emit IEvents.OverdueReported(issuance, iw.debtor());
    }

    /// The panel lets one overdue issuance not count for 30 days.
    function waive(Waive calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        IssuanceWord iw = _issuance(l, a.issuance);
        Settlement storage settlement = l.settlements[a.issuance];
        Auth.sequence(a.sequence, settlement.sequence);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(WAIVE, a))), signatures, 0);
        settlement.waivedUntil = uint40(block.timestamp) + WAIVER;
        emit IEvents.Waived(a.issuance, settlement.waivedUntil, a.evidence, ++settlement.sequence);
        _lift(l, a.issuance, iw.debtor());
    }

    /// Signatures: the core, the new clearing bank, then the panel.
    function replaceBank(ReplaceBank calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.atLeast(signatures, 2);
        IssuanceWord iw = _issuance(l, a.issuance);
        Settlement storage settlement = l.settlements[a.issuance];
        Auth.sequence(a.sequence, settlement.sequence);
        Replacement storage r = l.replacements[a.issuance];
        // one that its bank never completes makes way
        if (r.digest != 0 && block.timestamp < r.readyAt + REPLACEMENT_DELAY) {
            revert IErrors.ReplacementRunning(a.issuance, r.digest);
        }
        bytes32 d = Auth.digest(State.separator(), keccak256(abi.encode(REPLACE_BANK, a)));
        Auth.named(l, d, signatures[0], iw.debtor());
        Auth.named(l, d, signatures[1], a.bank);
        Auth.panel(l, d, signatures, 2);
        IssueLib.requireClearingBank(l, a.bank);
        if (a.bank == iw.clearingBank() || a.bank == iw.debtor()) revert IErrors.BadClearingBank(a.bank);
        r.digest = d;
        r.bank = a.bank;
        r.readyAt = uint40(block.timestamp) + REPLACEMENT_DELAY;
        emit IEvents.ReplacementStarted(a.issuance, d, a.bank, r.readyAt, a.evidence, ++settlement.sequence);
    }

    function vetoReplacement(VetoReplacement calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        _replacement(l, a.issuance, a.replacement);
        bytes32 d = Auth.digest(State.separator(), keccak256(abi.encode(VETO_REPLACEMENT, a)));
        Auth.named(l, d, signatures[0], l.issuances[a.issuance].clearingBank());
        delete l.replacements[a.issuance];
        emit IEvents.ReplacementVetoed(a.issuance, a.replacement);
    }

    /// Signed by the new clearing bank. Standing locks keep the old one and can only return.
    function completeReplacement(CompleteReplacement calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        Replacement storage r = _replacement(l, a.issuance, a.replacement);
        if (block.timestamp < r.readyAt) revert IErrors.TooEarly(r.readyAt, block.timestamp);
        uint48 bank = r.bank;
        Auth.named(l, Auth.digest(State.separator(), keccak256(abi.encode(COMPLETE_REPLACEMENT, a))), signatures[0], bank);
        delete l.replacements[a.issuance];
        l.issuances[a.issuance] = l.issuances[a.issuance].withClearingBank(bank);
        emit IEvents.ClearingBankChanged(a.issuance, a.replacement, bank);
    }

    function _lift(Layout storage l, bytes16 issuance, uint48 debtor) private {
        Settlement storage settlement = l.settlements[issuance];
        if (!settlement.reported) return;
        settlement.reported = false;
        --l.openings[debtor].overdue;
        emit IEvents.OverdueLifted(issuance, debtor);
    }

    function _issuance(Layout storage l, bytes16 issuance) private view returns (IssuanceWord iw) {
        iw = l.issuances[issuance];
        if (iw.face() == 0) revert IErrors.UnknownIssuance(issuance);
        if (iw.has(Flags.VOID)) revert IErrors.IssuanceVoid(issuance);
    }

    function _replacement(Layout storage l, bytes16 issuance, bytes32 digest)
        private
        view
        returns (Replacement storage r)
    {
        r = l.replacements[issuance];
        if (digest == 0 || r.digest != digest) revert IErrors.NoReplacement(issuance, digest);
    }
}
