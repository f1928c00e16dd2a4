// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import "../types/Acts.sol";
import {Flags, IssuanceWord, LockWord, TicketWord, TicketWords} from "../types/Words.sol";
import {Auth} from "./Auth.sol";
import {Layout, State} from "./State.sol";

/// @title FINANCE, how a lock ends: released, returned or cancelled
/// @notice Release and return look at the lock only: no freeze, suspension or withdrawal sees locked value.
library FinanceLib {
    bytes32 private constant RECEIPT = keccak256(
        "Receipt(bytes32 lock,uint48 bank,uint96 value,bytes32 ref,bytes32 registration,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant CANCEL_LOCK = keccak256("CancelLock(bytes32 lock,bytes32 salt,uint40 deadline)");

    /// The clearing bank says: the bank's money for this lock is with me. Also after expiry, until due.
    function release(Receipt calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        (TicketWord w, LockWord lock) = _locked(l, a.lock);
        if (a.bank != lock.bank() || a.value != w.value()) revert IErrors.LockDiffers(a.lock, lock.bank(), w.value());
        Auth.named(l, Auth.digest(State.separator(), keccak256(abi.encode(RECEIPT, a))), signatures[0], lock.clearingBank());
        bytes16 issuance = bytes16(a.lock);
        IssuanceWord iw = l.issuances[issuance];
        if (iw.has(Flags.FUNDED)) revert IErrors.FullyFunded(issuance);
        if (iw.clearingBank() != lock.clearingBank()) {
            revert IErrors.ClearingBankReplaced(issuance, iw.clearingBank());
        }
        uint40 due = l.settlements[issuance].due;
        if (block.timestamp >= due) revert IErrors.PastDue(issuance, due);
        Auth.spend(l, lock.clearingBank(), RECEIPT, a.ref);
        l.tickets[a.lock] = TicketWords.pack(lock.bank(), w.value(), w.depth());
        l.locks[a.lock] = LockWord.wrap(0);
        emit IEvents.Released(a.lock, a.ref, a.registration);
    }

    /// By anyone, from expiry on, or as soon as the issuance is fully funded. No signature.
    function returnLock(bytes32 id) external {
        Layout storage l = State.get();
        (TicketWord w,) = _locked(l, id);
        if (block.timestamp < w.expiry() && !l.issuances[bytes16(id)].has(Flags.FUNDED)) {
            revert IErrors.LockStillStands(id, w.expiry());
        }
        _return(l, id, false);
    }

    /// Signed by the holder and the bank.
    function cancelLock(CancelLock calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 2);
        (, LockWord lock) = _locked(l, a.lock);
        bytes32 d = Auth.digest(State.separator(), keccak256(abi.encode(CANCEL_LOCK, a)));
        Auth.named(l, d, signatures[0], l.tickets[lock.parent(a.lock)].party());
        Auth.named(l, d, signatures[1], lock.bank());
        _return(l, a.lock, true);
    }

    function _locked(Layout storage l, bytes32 id) private view returns (TicketWord w, LockWord lock) {
        w = l.tickets[id];
        if (!w.has(Flags.LOCKED)) revert IErrors.NotLocked(id);
        lock = l.locks[id];
    }

    function _return(Layout storage l, bytes32 id, bool cancelled) private {
        bytes32 parent = l.locks[id].parent(id);
        TicketWord w = l.tickets[parent];
        l.tickets[parent] = w.withValue(w.value() + l.tickets[id].value());
        l.tickets[id] = TicketWords.tombstone(Flags.RETURNED);
        l.locks[id] = LockWord.wrap(0);
        emit IEvents.Returned(parent, id, cancelled);
    }
}
