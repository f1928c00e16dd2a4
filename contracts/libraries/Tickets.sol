// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Flags, IssuanceWord, TicketWord} from "../types/Words.sol";
import {Layout, Order} from "./State.sol";

/// @title Rules about one ticket that several stages share
library Tickets {
    uint256 internal constant MOST_ORDERS = 4;

    function issuanceOf(bytes32 ticket) internal pure returns (bytes16) {
        return bytes16(ticket);
    }

    /// Upper half: the issuance. Lower half: bound to parent, offer and place in it.
    function childId(bytes32 parent, bytes32 offer, uint256 index) internal pure returns (bytes32) {
        uint256 preimage;
        assembly ("memory-safe") {
            preimage := mload(0x40)
            mstore(preimage, parent)
            mstore(add(preimage, 32), offer)
            mstore(add(preimage, 64), index)
        }
        return childAt(preimage);
    }

    /// The same, where parent, offer and index stand in memory already.
    function childAt(uint256 preimage) internal pure returns (bytes32 id) {
        assembly ("memory-safe") {
            id := or(shl(128, shr(128, mload(preimage))), shr(128, shl(128, keccak256(preimage, 96))))
        }
    }

    /// The storage slot of a ticket's word, for who reads and writes it in one go.
    function slotOf(Layout storage l, bytes32 id) internal view returns (uint256 slot) {
        mapping(bytes32 ticket => TicketWord) storage tickets = l.tickets;
        assembly ("memory-safe") {
            // the first 64 bytes are scratch space
            mstore(0, id)
            mstore(0x20, tickets.slot)
            slot := keccak256(0, 0x40)
        }
    }

    function load(uint256 slot) internal view returns (TicketWord w) {
        assembly ("memory-safe") {
            w := sload(slot)
        }
    }

    /// Only for slots of `slotOf`.
    function store(uint256 slot, TicketWord w) internal {
        assembly ("memory-safe") {
            sstore(slot, w)
        }
    }

    /// What running orders hold: min(their sum, value - taken). Orders that began after `asOf` don't count.
    function held(Layout storage l, bytes32 id, TicketWord w, uint256 asOf) internal view returns (uint256 sum) {
        if (!w.has(Flags.ORDERED)) return 0;
        Order[4] storage orders = l.orders[id];
        for (uint256 i; i < MOST_ORDERS; ++i) {
            Order storage order = orders[i];
            if (order.start != 0 && order.start <= asOf && block.timestamp < order.end) sum += order.amount;
        }
        uint256 rest = uint256(w.value()) - l.taken[id];
        return sum < rest ? sum : rest;
    }

    /// max(0, floor((value - held) * paid / face) - taken), exact when paid is face.
    function payable_(Layout storage l, bytes32 id, TicketWord w, IssuanceWord iw, uint256 paid, uint256 asOf)
        internal
        view
        returns (uint256)
    {
        uint256 share = (uint256(w.value()) - held(l, id, w, asOf)) * paid / iw.face();
        uint256 taken = l.taken[id];
        return share > taken ? share - taken : 0;
    }
}
