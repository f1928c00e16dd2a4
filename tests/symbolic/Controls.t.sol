// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {State} from "src/libraries/State.sol";
import {Tickets} from "src/libraries/Tickets.sol";
import "src/types/Words.sol";

/// Claims that are wrong by a hair. Each has to be found out, or the proofs beside them are worth nothing.
contract Controls {
    /// Wrong where the share comes out even.
    function check_wrong_share_is_never_met(uint96 value, uint96 paid, uint96 face) external view {
        if (face == 0 || paid > face || value == 0 || paid == 0) return;
        TicketWord w = TicketWords.pack(1, value, 0);
        IssuanceWord iw = IssuanceWords.pack(2, 0, 0, face, 3);
        uint256 most = Tickets.payable_(State.get(), bytes32(0), w, iw, paid, 1);
        unchecked {
            assert(most * face < uint256(value) * paid);
        }
    }

    /// Wrong for one value of 2^96.
    function check_wrong_value_is_below_the_largest(uint256 word, uint96 value) external pure {
        assert(TicketWord.wrap(word).withValue(value).value() < type(uint96).max);
    }

    /// Wrong for words with something above the flags.
    function check_wrong_flags_end_the_word(uint256 word, uint8 flags) external pure {
        assert(TicketWord.unwrap(TicketWord.wrap(word).withFlags(flags)) >> 216 == 0);
    }

    /// Wrong unless the hash happens to say so.
    function check_wrong_lower_half_is_kept(bytes32 parent, bytes32 offer) external pure {
        assert(uint128(uint256(Tickets.childId(parent, offer, 0))) == uint128(uint256(parent)));
    }
}
