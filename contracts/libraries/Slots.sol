// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governance, Opening, Order, Participant, Replacement, Settlement} from "./State.sol";

/// @title Where a value of `Layout` stands, and its words in plain
/// @notice For readers from outside, who get storage words by `load`. A test holds this against the compiler's layout.
library Slots {
    uint256 internal constant GOVERNANCE = 0;
    uint256 internal constant SIGNERS = 1;
    uint256 internal constant TICKETS = 2;
    uint256 internal constant ISSUANCES = 3;
    uint256 internal constant SETTLEMENTS = 4;
    uint256 internal constant PARTICIPANTS = 5;
    uint256 internal constant PARTY_OF = 6;
    uint256 internal constant OPENINGS = 7;
    uint256 internal constant LOCKS = 9;
    uint256 internal constant TAKEN = 10;
    uint256 internal constant ORDERS = 11;
    uint256 internal constant ORDER_SEQUENCE = 12;
    uint256 internal constant REPLACEMENTS = 14;
    uint256 internal constant RECOVERIES = 15;
    uint256 internal constant PANEL = 16;
    uint256 internal constant PREDECESSOR = 18;

    /// The slot of a mapping's value. bytesN keys stand left, numbers and addresses right in `key`.
    function inside(uint256 mapping_, bytes32 key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key, mapping_));
    }

    function inside(uint256 mapping_, uint256 key) internal pure returns (bytes32) {
        return inside(mapping_, bytes32(key));
    }

    /// The slot `places` further on, in a struct or an array of fixed length.
    function next(bytes32 slot, uint256 places) internal pure returns (bytes32) {
        return bytes32(uint256(slot) + places);
    }

    /// The first slot of a dynamic array's items, whose length stands in `slot`.
    function items(bytes32 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode(slot));
    }

    function governance(uint256 w) internal pure returns (Governance memory) {
        return Governance({
            stoppedStages: uint8(w),
            stoppedUntil: uint40(w >> 8),
            stopFreeFrom: uint40(w >> 48),
            closed: uint8(w >> 88) != 0,
            sequence: uint32(w >> 96),
            participants: uint48(w >> 128),
            threshold: uint8(w >> 176),
            months: uint8(w >> 184),
            nextMonths: uint8(w >> 192),
            nextFrom: uint40(w >> 200)
        });
    }

    function participant(uint256 uscc, uint256 profile, uint256 w, address[] memory keys)
        internal
        pure
        returns (Participant memory)
    {
        return Participant({
            uscc: bytes32(uscc),
            profile: bytes32(profile),
            roles: uint8(w),
            clearingBank: uint48(w >> 8),
            sequence: uint32(w >> 56),
            makers: uint8(w >> 88),
            checkers: uint8(w >> 96),
            soles: uint8(w >> 104),
            suspendedUntil: uint40(w >> 112),
            suspensionFreeFrom: uint40(w >> 152),
            suspensionSequence: uint32(w >> 192),
            suspendedByPanel: uint8(w >> 224) != 0,
            keys: keys
        });
    }

    function opening(uint256 w) internal pure returns (Opening memory) {
        return Opening({
            limit: uint88(w),
            used: uint88(w >> 88),
            expiry: uint40(w >> 176),
            sequence: uint16(w >> 216),
            overdue: uint16(w >> 232),
            external_: uint8(w >> 248) != 0
        });
    }

    function settlement(uint256 w) internal pure returns (Settlement memory) {
        return Settlement({
            paid: uint96(w),
            due: uint40(w >> 96),
            grace: uint32(w >> 136),
            reported: uint8(w >> 168) != 0,
            waivedUntil: uint40(w >> 176),
            sequence: uint16(w >> 216)
        });
    }

    function replacement(uint256 digest, uint256 w) internal pure returns (Replacement memory) {
        return Replacement({digest: bytes32(digest), bank: uint48(w), readyAt: uint40(w >> 48)});
    }

    function order(uint256 number, uint256 w) internal pure returns (Order memory) {
        return Order({number: bytes32(number), amount: uint96(w), start: uint40(w >> 96), end: uint40(w >> 136)});
    }
}
