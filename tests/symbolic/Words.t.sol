// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import "src/types/Words.sol";

/// Packed words, for all values at once: what goes in comes out, and writing one field touches no other.
/// A field that overlapped another, or a mask one bit short, would be found here whatever the bit.
contract WordsCheck {
    // ---- tickets

    function check_ticket_round_trip(uint48 party, uint96 value, uint8 depth) external pure {
        TicketWord w = TicketWords.pack(party, value, depth);
        assert(w.party() == party && w.value() == value && w.depth() == depth);
        assert(w.version() == 0 && w.flags() == 0 && w.expiry() == 0);
        assert(TicketWord.unwrap(w) >> 168 == 0);
    }

    function check_lock_round_trip(uint96 value, uint8 depth, uint40 expiry) external pure {
        TicketWord w = TicketWords.packLocked(value, depth, expiry);
        assert(w.party() == 0 && w.value() == value && w.depth() == depth && w.expiry() == expiry);
        assert(w.version() == 0 && w.flags() == Flags.LOCKED);
        assert(TicketWord.unwrap(w) >> 216 == 0);
    }

    function check_tombstone(uint8 flag) external pure {
        TicketWord w = TicketWords.tombstone(flag);
        assert(w.flags() == flag && w.party() == 0 && w.value() == 0 && w.version() == 0 && w.depth() == 0);
        assert(w.empty() == (flag == 0));
    }

    function check_ticket_value_touches_no_other(uint256 word, uint96 value) external pure {
        (TicketWord w, TicketWord n) = (TicketWord.wrap(word), TicketWord.wrap(word).withValue(value));
        assert(n.value() == value);
        assert(n.party() == w.party() && n.version() == w.version() && n.depth() == w.depth());
        assert(n.flags() == w.flags() && n.expiry() == w.expiry());
        assert(TicketWord.unwrap(n) >> 144 == word >> 144 && uint48(TicketWord.unwrap(n)) == uint48(word));
    }

    function check_ticket_version_touches_no_other(uint256 word, uint16 version) external pure {
        uint256 n = TicketWord.unwrap(TicketWord.wrap(word).withVersion(version));
        assert(TicketWord.wrap(n).version() == version);
        assert(n >> 160 == word >> 160 && n << 112 == word << 112);
    }

    function check_ticket_flags_touch_no_other(uint256 word, uint8 flags) external pure {
        uint256 n = TicketWord.unwrap(TicketWord.wrap(word).withFlags(flags));
        assert(TicketWord.wrap(n).flags() == flags);
        assert(n >> 176 == word >> 176 && n << 88 == word << 88);
    }

    /// `less` subtracts in place: within the value, no other bit moves.
    function check_less_touches_no_other(uint256 word, uint256 value) external pure {
        TicketWord w = TicketWord.wrap(word);
        if (value > w.value()) return;
        uint256 n = TicketWord.unwrap(w.less(value));
        assert(TicketWord.wrap(n).value() == w.value() - value);
        assert(n >> 144 == word >> 144 && n << 208 == word << 208);
    }

    /// A child has its party, its value and one level less; nothing else of its parent goes down.
    function check_child(uint256 word, uint48 party, uint96 value) external pure {
        TicketWord w = TicketWord.wrap(word);
        if (w.depth() == 0) return;
        assert(TicketWord.unwrap(w.child(party, value)) == TicketWord.unwrap(TicketWords.pack(party, value, w.depth() - 1)));
    }

    /// The one comparison of the plain case says what the single rules say, for any minimum.
    function check_keeps_is_the_rule(uint256 word, uint256 value, uint256 minimum, uint256 held) external pure {
        TicketWord w = TicketWord.wrap(word);
        uint256 all = w.value();
        if (minimum == 0 || held > all) return;
        bool may = value >= minimum && value <= all - held && (value == all || all - value >= minimum);
        assert((w.keeps(value, minimum, held) == 0) == may);
    }

    function check_minimum_is_a_power_of_ten(uint48 debtor, uint40 until, uint96 face, uint48 bank) external pure {
        uint256 power = 1;
        for (uint8 i; i <= 20; ++i) {
            assert(IssuanceWords.pack(debtor, until, i, face, bank).minimum() == power);
            power *= 10;
        }
    }

    function check_hinders_is_the_rule(uint256 word, uint256 issuance, uint256 signer, uint16 version) external view {
        (TicketWord w, IssuanceWord iw, SignerWord s) =
            (TicketWord.wrap(word), IssuanceWord.wrap(issuance), SignerWord.wrap(signer));
        // no key's word has anything above its five fields
        if (signer >> 112 != 0) return;
        bool plain = signer != 0 && w.party() == s.party() && w.version() == version && s.suspendedUntil() == 0
            && w.depth() != 0 && word >> 168 == 0 && iw.flags() == 0 && block.timestamp < iw.transferableUntil();
        assert((w.hinders(iw, s, version) == 0) == plain);
    }

    // ---- issuances

    function check_issuance_round_trip(uint48 debtor, uint40 until, uint8 power, uint96 face, uint48 bank) external pure {
        IssuanceWord w = IssuanceWords.pack(debtor, until, power, face, bank);
        assert(w.debtor() == debtor && w.transferableUntil() == until && w.face() == face && w.clearingBank() == bank);
        assert(w.flags() == 0 && uint8(IssuanceWord.unwrap(w) >> 88) == power);
        assert(IssuanceWord.unwrap(w) >> 248 == 0);
    }

    function check_issuance_flag_touches_no_other(uint256 word, uint8 flag) external pure {
        uint256 n = IssuanceWord.unwrap(IssuanceWord.wrap(word).withFlag(flag));
        assert(IssuanceWord.wrap(n).flags() == IssuanceWord.wrap(word).flags() | flag);
        assert(n >> 104 == word >> 104 && n << 160 == word << 160);
    }

    function check_issuance_bank_touches_no_other(uint256 word, uint48 bank) external pure {
        uint256 n = IssuanceWord.unwrap(IssuanceWord.wrap(word).withClearingBank(bank));
        assert(IssuanceWord.wrap(n).clearingBank() == bank);
        assert(n >> 248 == word >> 248 && n << 56 == word << 56);
    }

    // ---- keys

    function check_signer_round_trip(uint48 party, uint8 right, uint8 roles, uint40 until) external pure {
        SignerWord w = SignerWords.pack(party, right, roles, until);
        assert(w.party() == party && w.right() == right && w.roles() == roles && w.suspendedUntil() == until);
        assert(w.pending() == 0 && SignerWord.unwrap(w) >> 104 == 0);
    }

    function check_signer_right_touches_no_other(uint256 word, uint8 right) external pure {
        uint256 n = SignerWord.unwrap(SignerWord.wrap(word).withRight(right));
        assert(SignerWord.wrap(n).right() == right);
        assert(n >> 56 == word >> 56 && n << 208 == word << 208);
    }

    function check_signer_suspension_touches_no_other(uint256 word, uint40 until) external pure {
        uint256 n = SignerWord.unwrap(SignerWord.wrap(word).withSuspension(until));
        assert(SignerWord.wrap(n).suspendedUntil() == until);
        assert(n >> 104 == word >> 104 && n << 192 == word << 192);
    }

    function check_signer_pending_touches_no_other(uint256 word, uint8 right) external pure {
        uint256 n = SignerWord.unwrap(SignerWord.wrap(word).withPending(right));
        assert(SignerWord.wrap(n).pending() == right);
        assert(n >> 112 == word >> 112 && n << 152 == word << 152);
    }

    /// `to` is a whole word of calldata: with bits above 48 it is nobody.
    function check_declines_is_the_rule(uint256 signer, uint256 to, uint48 debtor, uint48 holder) external pure {
        SignerWord s = SignerWord.wrap(signer);
        bool takes = s.party() == to && s.suspendedUntil() == 0 && s.roles() & Roles.SUPPLIER != 0 && to != debtor
            && to != holder;
        assert((s.declines(to, debtor, holder) == 0) == takes);
    }

    // ---- locks

    function check_lock_word_round_trip(uint48 bank, uint48 clearingBank, bytes32 parent, bytes32 id) external pure {
        LockWord w = LockWords.pack(bank, clearingBank, parent);
        assert(w.bank() == bank && w.clearingBank() == clearingBank && LockWord.unwrap(w) >> 224 == 0);
        if (bytes16(id) == bytes16(parent)) assert(w.parent(id) == parent);
    }
}
