// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The packed words that the hot path reads and writes. A word is a uint256 with a documented layout;
/// bits are counted from the lowest. The word 0 means: nothing was ever written here.

/// A ticket, a lock or a tombstone.
/// party 0-47 · value 48-143 · version 144-159 · depth left 160-167 · flags 168-175 · lock expiry 176-215
type TicketWord is uint256;

/// What a transfer has to know of an issuance.
/// debtor 0-47 · transferable until 48-87 · minimum 88-95 · flags 96-103 · face 104-199 · clearing bank 200-247
type IssuanceWord is uint256;

/// A key. It belongs to one participant for ever; its right may be taken away (0).
/// party 0-47 · right 48-55 · roles 56-63 · suspended until 64-103 · right after recovery 104-111
type SignerWord is uint256;

/// A value under way to a bank, stored beside its ticket word.
/// bank 0-47 · clearing bank 48-95 · lower half of the parent's id 96-223
type LockWord is uint256;

using TicketWords for TicketWord global;
using IssuanceWords for IssuanceWord global;
using SignerWords for SignerWord global;
using LockWords for LockWord global;

library Flags {
    uint8 internal constant LOCKED = 1;
    uint8 internal constant WITHDRAWN = 2;
    uint8 internal constant RETURNED = 4;
    uint8 internal constant ORDERED = 8;
    uint8 internal constant PAID = 16;

    uint8 internal constant FUNDED = 1;
    uint8 internal constant VOID = 2;
}

library Roles {
    uint8 internal constant CORE = 1;
    uint8 internal constant SUPPLIER = 2;
    uint8 internal constant BANK = 4;
    uint8 internal constant CLEARING_BANK = 8;
    uint8 internal constant REGISTRAR = 16;
    uint8 internal constant AUDITOR = 32;
}

library Rights {
    uint8 internal constant NONE = 0;
    uint8 internal constant MAKER = 1;
    uint8 internal constant CHECKER = 2;
    uint8 internal constant SOLE = 3;
}

/// Bits of `Governance.stoppedStages`.
library Stages {
    uint8 internal constant PARTICIPANTS = 1;
    uint8 internal constant LIMITS = 2;
    uint8 internal constant ISSUE = 4;
    uint8 internal constant TRANSFER = 8;
    uint8 internal constant FINANCE = 16;
    uint8 internal constant ALL = 31;
}

library TicketWords {
    uint256 private constant PARTY = type(uint48).max;
    uint256 private constant VALUE = uint256(type(uint96).max) << 48;
    uint256 private constant VERSION = uint256(type(uint16).max) << 144;
    uint256 private constant FLAGS = uint256(type(uint8).max) << 168;
    uint256 private constant ONE_LEVEL = 1 << 160;
    uint256 private constant DEPTH = uint256(type(uint8).max) << 160;

    function pack(uint48 party_, uint96 value_, uint8 depth_) internal pure returns (TicketWord) {
        return TicketWord.wrap(uint256(party_) | (uint256(value_) << 48) | (uint256(depth_) << 160));
    }

    function packLocked(uint96 value_, uint8 depth_, uint40 expiry_) internal pure returns (TicketWord) {
        return TicketWord.wrap(
            (uint256(value_) << 48) | (uint256(depth_) << 160) | (uint256(Flags.LOCKED) << 168) | (uint256(expiry_) << 176)
        );
    }

    function tombstone(uint8 flag) internal pure returns (TicketWord) {
        return TicketWord.wrap(uint256(flag) << 168);
    }

    function empty(TicketWord w) internal pure returns (bool) {
        return TicketWord.unwrap(w) == 0;
    }

    function party(TicketWord w) internal pure returns (uint48) {
        return uint48(TicketWord.unwrap(w));
    }

    function value(TicketWord w) internal pure returns (uint96) {
        return uint96(TicketWord.unwrap(w) >> 48);
    }

    function version(TicketWord w) internal pure returns (uint16) {
        return uint16(TicketWord.unwrap(w) >> 144);
    }

    function depth(TicketWord w) internal pure returns (uint8) {
        return uint8(TicketWord.unwrap(w) >> 160);
    }

    function flags(TicketWord w) internal pure returns (uint8) {
        return uint8(TicketWord.unwrap(w) >> 168);
    }

    function expiry(TicketWord w) internal pure returns (uint40) {
        return uint40(TicketWord.unwrap(w) >> 176);
    }

    function has(TicketWord w, uint8 flag) internal pure returns (bool) {
        return w.flags() & flag != 0;
    }

    function withValue(TicketWord w, uint96 value_) internal pure returns (TicketWord) {
        return TicketWord.wrap((TicketWord.unwrap(w) & ~VALUE) | (uint256(value_) << 48));
    }

    /// The word less this much value, which it must have.
    function less(TicketWord w, uint256 value_) internal pure returns (TicketWord) {
        unchecked {
            return TicketWord.wrap(TicketWord.unwrap(w) - (value_ << 48));
        }
    }

    /// A new ticket one level below this one, whose depth must not be 0.
    function child(TicketWord w, uint256 party_, uint256 value_) internal pure returns (TicketWord) {
        unchecked {
            return TicketWord.wrap((TicketWord.unwrap(w) & DEPTH) - ONE_LEVEL | (value_ << 48) | party_);
        }
    }

    /// 0 when nothing at all stands in the way of this holder's offer: no suspension, its own ticket in this version,
    /// with depth left and no flag, of an issuance that goes on. Something else may still be allowed.
    /// `version_` must be clean.
    function hinders(TicketWord w, IssuanceWord iw, SignerWord holder, uint256 version_)
        internal
        view
        returns (uint256 no)
    {
        (uint256 owner, uint256 suspended) = (PARTY | VERSION, uint256(type(uint40).max) << 64);
        assembly ("memory-safe") {
            // touches no memory; each term is 0 when all is well
            no := and(xor(xor(w, holder), shl(144, version_)), owner)
            no := or(no, or(iszero(holder), and(holder, suspended)))
            no := or(no, gt(sub(shr(160, w), 1), 254))
            no := or(no, and(shr(96, iw), 0xff))
            no := or(no, iszero(lt(timestamp(), and(shr(48, iw), 0xffffffffff))))
        }
    }

    /// 0 when `value_` may leave a ticket of which `held` is held: it, and what is left unless that is nothing, must be
    /// at least `minimum`, which is at least 1. `held` must not be more than the value.
    function keeps(TicketWord w, uint256 value_, uint256 minimum, uint256 held) internal pure returns (uint256 no) {
        uint256 all = w.value();
        assembly ("memory-safe") {
            // touches no memory; each term is 0 when all is well; less 1, a rest of 0 is larger than any minimum
            no := or(lt(value_, minimum), gt(value_, sub(all, held)))
            no := or(no, lt(sub(sub(all, value_), 1), sub(minimum, 1)))
        }
    }

    function withVersion(TicketWord w, uint16 version_) internal pure returns (TicketWord) {
        return TicketWord.wrap((TicketWord.unwrap(w) & ~VERSION) | (uint256(version_) << 144));
    }

    function withFlags(TicketWord w, uint8 flags_) internal pure returns (TicketWord) {
        return TicketWord.wrap((TicketWord.unwrap(w) & ~FLAGS) | (uint256(flags_) << 168));
    }
}

library IssuanceWords {
    uint256 private constant FLAGS = uint256(type(uint8).max) << 96;
    uint256 private constant BANK = uint256(type(uint48).max) << 200;

    function pack(uint48 debtor_, uint40 until, uint8 minimum_, uint96 face_, uint48 bank)
        internal
        pure
        returns (IssuanceWord)
    {
        return IssuanceWord.wrap(
            uint256(debtor_) | (uint256(until) << 48) | (uint256(minimum_) << 88) | (uint256(face_) << 104)
                | (uint256(bank) << 200)
        );
    }

    function debtor(IssuanceWord w) internal pure returns (uint48) {
        return uint48(IssuanceWord.unwrap(w));
    }

    function transferableUntil(IssuanceWord w) internal pure returns (uint40) {
        return uint40(IssuanceWord.unwrap(w) >> 48);
    }

    /// The smallest value in fen of a child, a lock or a remainder; stored as a power of ten.
    function minimum(IssuanceWord w) internal pure returns (uint256) {
        unchecked {
            return 10 ** uint256(uint8(IssuanceWord.unwrap(w) >> 88));
        }
    }

    function flags(IssuanceWord w) internal pure returns (uint8) {
        return uint8(IssuanceWord.unwrap(w) >> 96);
    }

    function face(IssuanceWord w) internal pure returns (uint96) {
        return uint96(IssuanceWord.unwrap(w) >> 104);
    }

    function clearingBank(IssuanceWord w) internal pure returns (uint48) {
        return uint48(IssuanceWord.unwrap(w) >> 200);
    }

    function has(IssuanceWord w, uint8 flag) internal pure returns (bool) {
        return w.flags() & flag != 0;
    }

    /// Whether its tickets may be split, passed on and financed now.
    function transferable(IssuanceWord w) internal view returns (bool) {
        return w.flags() == 0 && block.timestamp < w.transferableUntil();
    }

    function withFlag(IssuanceWord w, uint8 flag) internal pure returns (IssuanceWord) {
        return IssuanceWord.wrap(IssuanceWord.unwrap(w) | (uint256(flag) << 96));
    }

    function withClearingBank(IssuanceWord w, uint48 bank) internal pure returns (IssuanceWord) {
        return IssuanceWord.wrap((IssuanceWord.unwrap(w) & ~BANK) | (uint256(bank) << 200));
    }
}

library SignerWords {
    uint256 private constant RIGHT = uint256(type(uint8).max) << 48;
    uint256 private constant SUSPENDED = uint256(type(uint40).max) << 64;
    uint256 private constant PENDING = uint256(type(uint8).max) << 104;

    function pack(uint48 party_, uint8 right_, uint8 roles_, uint40 suspendedUntil_) internal pure returns (SignerWord) {
        return SignerWord.wrap(
            uint256(party_) | (uint256(right_) << 48) | (uint256(roles_) << 56) | (uint256(suspendedUntil_) << 64)
        );
    }

    function party(SignerWord w) internal pure returns (uint48) {
        return uint48(SignerWord.unwrap(w));
    }

    function right(SignerWord w) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(w) >> 48);
    }

    function roles(SignerWord w) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(w) >> 56);
    }

    function suspendedUntil(SignerWord w) internal pure returns (uint40) {
        return uint40(SignerWord.unwrap(w) >> 64);
    }

    function pending(SignerWord w) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(w) >> 104);
    }

    /// 0 when this is a key of `to`, a supplier without suspension, neither debtor nor holder. Something else may still
    /// be allowed. `to` may have more than 48 bits, then it is nobody.
    function declines(SignerWord w, uint256 to, uint256 debtor, uint256 holder) internal pure returns (uint256 no) {
        (uint256 supplier, uint256 suspended) = (uint256(Roles.SUPPLIER) << 56, SUSPENDED);
        assembly ("memory-safe") {
            // touches no memory; each term is 0 when all is well
            no := or(xor(and(w, 0xffffffffffff), to), and(w, suspended))
            no := or(no, iszero(and(w, supplier)))
            no := or(no, or(eq(to, debtor), eq(to, holder)))
        }
    }

    function withRight(SignerWord w, uint8 right_) internal pure returns (SignerWord) {
        return SignerWord.wrap((SignerWord.unwrap(w) & ~RIGHT) | (uint256(right_) << 48));
    }

    function withSuspension(SignerWord w, uint40 until) internal pure returns (SignerWord) {
        return SignerWord.wrap((SignerWord.unwrap(w) & ~SUSPENDED) | (uint256(until) << 64));
    }

    function withPending(SignerWord w, uint8 right_) internal pure returns (SignerWord) {
        return SignerWord.wrap((SignerWord.unwrap(w) & ~PENDING) | (uint256(right_) << 104));
    }
}

library LockWords {
    function pack(uint48 bank_, uint48 clearingBank_, bytes32 parent_) internal pure returns (LockWord) {
        return LockWord.wrap(
            uint256(bank_) | (uint256(clearingBank_) << 48) | (uint256(uint128(uint256(parent_))) << 96)
        );
    }

    function bank(LockWord w) internal pure returns (uint48) {
        return uint48(LockWord.unwrap(w));
    }

    function clearingBank(LockWord w) internal pure returns (uint48) {
        return uint48(LockWord.unwrap(w) >> 48);
    }

    /// The parent shares the upper half (the issuance) with the lock's own id.
    function parent(LockWord w, bytes32 id) internal pure returns (bytes32) {
        return bytes32((uint256(id) >> 128 << 128) | uint256(uint128(LockWord.unwrap(w) >> 96)));
    }
}
