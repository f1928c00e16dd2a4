// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import "../types/Acts.sol";
import {Flags, TicketWord} from "../types/Words.sol";
import {Auth} from "./Auth.sol";
import {Layout, Order, State} from "./State.sol";
import {Tickets} from "./Tickets.sol";

/// @title FREEZE: orders of courts, carried out by the panel; they hold, they never take
library FreezeLib {
    bytes32 private constant FREEZE = keccak256(
        "Freeze(bytes32 ticket,bytes32 order,uint96 amount,uint40 end,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant UNFREEZE = keccak256(
        "Unfreeze(bytes32 ticket,bytes32 order,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );

    /// The amount may be above what is there: the order then waits for what comes back (轮候).
    function freeze(Freeze calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        TicketWord w = l.tickets[a.ticket];
        if (w.party() == 0) revert IErrors.UnknownTicket(a.ticket);
        Auth.sequence(a.sequence, l.orderSequence[a.ticket]);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(FREEZE, a))), signatures, 0);
        if (a.amount == 0 || a.order == 0) revert IErrors.BadAmount(0);
        if (a.end <= block.timestamp) revert IErrors.OrderEnded(a.end, block.timestamp);
        uint8 slot = _freeSlot(l, a.ticket, a.order);
        l.orders[a.ticket][slot] = Order(a.order, a.amount, uint40(block.timestamp), a.end);
        if (!w.has(Flags.ORDERED)) l.tickets[a.ticket] = w.withFlags(w.flags() | Flags.ORDERED);
        emit IEvents.Frozen(
            a.ticket, slot, a.order, a.amount, uint40(block.timestamp), a.end, a.evidence, ++l.orderSequence[a.ticket]
        );
    }

    function unfreeze(Unfreeze calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.sequence(a.sequence, l.orderSequence[a.ticket]);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(UNFREEZE, a))), signatures, 0);
        Order[4] storage orders = l.orders[a.ticket];
        uint256 slot = Tickets.MOST_ORDERS;
        bool last = true;
        for (uint256 i; i < Tickets.MOST_ORDERS; ++i) {
            if (a.order != 0 && orders[i].number == a.order) slot = i;
            else if (orders[i].number != 0) last = false;
        }
        if (slot == Tickets.MOST_ORDERS) revert IErrors.UnknownOrder(a.ticket, a.order);
        delete orders[slot];
        TicketWord w = l.tickets[a.ticket];
        if (last) l.tickets[a.ticket] = w.withFlags(w.flags() & ~Flags.ORDERED);
        emit IEvents.Unfrozen(a.ticket, uint8(slot), a.order, last, a.evidence, ++l.orderSequence[a.ticket]);
    }

    /// The place of this order when it has ended, else an empty or ended one. An order's number stands once.
    function _freeSlot(Layout storage l, bytes32 ticket, bytes32 order) private view returns (uint8) {
        Order[4] storage orders = l.orders[ticket];
        uint256 slot = Tickets.MOST_ORDERS;
        for (uint256 i = Tickets.MOST_ORDERS; i > 0; --i) {
            Order storage o = orders[i - 1];
            bool running = block.timestamp < o.end;
            if (o.number == order) {
                if (running) revert IErrors.OrderKnown(ticket, order);
                return uint8(i - 1);
            }
            if (!running) slot = i - 1;
        }
        if (slot == Tickets.MOST_ORDERS) revert IErrors.TooManyOrders(ticket);
        return uint8(slot);
    }
}
