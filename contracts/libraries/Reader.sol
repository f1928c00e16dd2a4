// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGoldTicket} from "../interfaces/IGoldTicket.sol";
import {Slots} from "./Slots.sol";
import {Order} from "./State.sol";

/// @title The ledger's storage words, as a reader from outside gets them
library Reader {
    function words(IGoldTicket ledger, bytes32[] memory slots) internal view returns (uint256[] memory loaded) {
        bytes32[] memory raw = ledger.load(slots);
        assembly ("memory-safe") {
            loaded := raw
        }
    }

    function one(IGoldTicket ledger, bytes32 slot) internal view returns (uint256) {
        return run(ledger, slot, 1)[0];
    }

    /// `count` slots that follow each other.
    function run(IGoldTicket ledger, bytes32 first, uint256 count) internal view returns (uint256[] memory) {
        bytes32[] memory slots = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            slots[i] = Slots.next(first, i);
        }
        return words(ledger, slots);
    }

    function orders(IGoldTicket ledger, bytes32 id) internal view returns (Order[4] memory all) {
        uint256[] memory loaded = run(ledger, Slots.inside(Slots.ORDERS, id), 8);
        for (uint256 i; i < 4; ++i) {
            all[i] = Slots.order(loaded[2 * i], loaded[2 * i + 1]);
        }
    }

    /// A dynamic array of keys, one to a slot.
    function keys(IGoldTicket ledger, bytes32 place) internal view returns (address[] memory all) {
        uint256[] memory loaded = run(ledger, Slots.items(place), one(ledger, place));
        assembly ("memory-safe") {
            all := loaded
        }
    }

    /// A dynamic array of party ids, five to a slot.
    function parties(IGoldTicket ledger, bytes32 place) internal view returns (uint48[] memory all) {
        all = new uint48[](one(ledger, place));
        uint256[] memory loaded = run(ledger, Slots.items(place), (all.length + 4) / 5);
        for (uint256 i; i < all.length; ++i) {
            all[i] = uint48(loaded[i / 5] >> (i % 5 * 48));
        }
    }
}
