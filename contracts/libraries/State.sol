// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IssuanceWord, LockWord, SignerWord, TicketWord} from "../types/Words.sol";

/// The one storage layout, from slot 0, shared by the core and its libraries.

struct Governance {
    uint8 stoppedStages;
    uint40 stoppedUntil;
    uint40 stopFreeFrom;
    bool closed;
    uint32 sequence;
    uint48 participants;
    uint8 threshold;
    uint8 months;
    uint8 nextMonths;
    uint40 nextFrom;
}

struct Participant {
    bytes32 uscc;
    bytes32 profile;
    uint8 roles;
    uint48 clearingBank;
    uint32 sequence;
    uint8 makers;
    uint8 checkers;
    uint8 soles;
    uint40 suspendedUntil;
    uint40 suspensionFreeFrom;
    uint32 suspensionSequence;
    bool suspendedByPanel;
    address[] keys;
}

struct Recovery {
    bytes32 digest;
    uint40 readyAt;
    address[] keys;
}

/// `overdue`: reported and not cured issuances. `external_`: halted by the panel for outside reasons.
struct Opening {
    uint88 limit;
    uint88 used;
    uint40 expiry;
    uint16 sequence;
    uint16 overdue;
    bool external_;
}

struct Settlement {
    uint96 paid;
    uint40 due;
    uint32 grace;
    bool reported;
    uint40 waivedUntil;
    uint16 sequence;
}

struct Replacement {
    bytes32 digest;
    uint48 bank;
    uint40 readyAt;
}

struct Evidence {
    uint128 used;
    uint128 total;
}

struct Order {
    bytes32 number;
    uint96 amount;
    uint40 start;
    uint40 end;
}

struct Layout {
    Governance governance;
    mapping(address key => SignerWord) signers;
    mapping(bytes32 ticket => TicketWord) tickets;
    mapping(bytes16 issuance => IssuanceWord) issuances;
    mapping(bytes16 issuance => Settlement) settlements;
    mapping(uint48 party => Participant) participants;
    mapping(bytes32 uscc => uint48 party) partyOf;
    mapping(uint48 core => Opening) openings;
    mapping(bytes32 key => Evidence) evidence;
    mapping(bytes32 ticket => LockWord) locks;
    mapping(bytes32 ticket => uint96) taken;
    mapping(bytes32 ticket => Order[4]) orders;
    mapping(bytes32 ticket => uint32) orderSequence;
    mapping(bytes32 key => bool) spent;
    mapping(bytes16 issuance => Replacement) replacements;
    mapping(uint48 party => Recovery) recoveries;
    uint48[] panel;
    // both fixed at deployment, here for readers from outside; acts take them from code, see `State`
    bytes32 separator;
    address predecessor;
}

library State {
    function get() internal pure returns (Layout storage s) {
        assembly ("memory-safe") {
            s.slot := 0
        }
    }

    /// What is fixed at deployment: the core puts it behind the arguments of every call to a library's function, as
    /// the last 64 bytes of calldata, which is cheaper than its slots. Nobody else can: such a function refuses to be
    /// called but by delegation, and delegated to by others it works on their storage.
    function separator() internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(sub(calldatasize(), 64))
        }
    }

    function predecessor() internal pure returns (address value) {
        assembly ("memory-safe") {
            value := calldataload(sub(calldatasize(), 32))
        }
    }
}

/// @title Structs of one word, read and written in one go
/// @notice The compiler reads and writes the members of a packed struct one by one. The places of the bits are those of
/// the structs above; a test holds them against the compiler's layout.
library Packed {
    /// More of the limit is used; used and `amount` must be within 88 bits together.
    function use(Opening storage o, uint256 amount) internal {
        assembly ("memory-safe") {
            sstore(o.slot, add(sload(o.slot), shl(88, amount)))
        }
    }

    function get(Evidence storage e) internal view returns (uint256 used, uint256 total) {
        uint256 w;
        assembly ("memory-safe") {
            w := sload(e.slot)
        }
        (used, total) = (uint128(w), w >> 128);
    }

    /// Both within 128 bits.
    function set(Evidence storage e, uint256 used, uint256 total) internal {
        assembly ("memory-safe") {
            sstore(e.slot, or(used, shl(128, total)))
        }
    }

    /// A new issuance's settlement, of which nothing was written before.
    function begin(Settlement storage s, uint40 due, uint32 grace) internal {
        uint256 w = uint256(due) << 96 | uint256(grace) << 136;
        assembly ("memory-safe") {
            sstore(s.slot, w)
        }
    }
}
