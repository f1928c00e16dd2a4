// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Layout, Order, State} from "src/libraries/State.sol";
import {Tickets} from "src/libraries/Tickets.sol";
import "src/types/Words.sol";

/// What a line may pay: max(0, floor((value - held) * paid / face) - taken), for all 96-bit numbers.
contract PayableCheck {
    bytes32 private constant ID = bytes32(uint256(1));

    function _ticket(uint96 value, uint96 taken, Order memory one, Order memory two) private returns (TicketWord w) {
        Layout storage l = State.get();
        l.taken[ID] = taken;
        l.orders[ID][0] = one;
        l.orders[ID][3] = two;
        w = TicketWords.pack(1, value, 0).withFlags(Flags.ORDERED);
    }

    /// Never more than is there, never below 0, and what does not run holds nothing.
    function check_held(uint96 value, uint96 taken, Order memory one, Order memory two, uint40 asOf) external {
        if (taken > value) return;
        TicketWord w = _ticket(value, taken, one, two);
        uint256 held = Tickets.held(State.get(), ID, w, asOf);
        assert(held <= value - taken);
        bool first = one.start != 0 && one.start <= asOf && block.timestamp < one.end;
        bool second = two.start != 0 && two.start <= asOf && block.timestamp < two.end;
        uint256 sum = (first ? uint256(one.amount) : 0) + (second ? uint256(two.amount) : 0);
        assert(held == (sum < value - taken ? sum : value - taken));
        assert(Tickets.held(State.get(), ID, w.withFlags(0), asOf) == 0);
    }

    /// An order only makes the ticket smaller: what is payable is what a ticket of the rest without orders could pay.
    function check_held_value_counts_as_not_there(uint96 value, uint96 taken, Order memory one, uint96 paid, uint96 face)
        external
    {
        if (taken > value || face == 0 || paid > face) return;
        Order memory none;
        TicketWord w = _ticket(value, taken, one, none);
        IssuanceWord iw = IssuanceWords.pack(2, 0, 0, face, 3);
        uint256 rest = value - Tickets.held(State.get(), ID, w, one.start);
        uint256 most = Tickets.payable_(State.get(), ID, w, iw, paid, one.start);
        assert(most == Tickets.payable_(State.get(), ID, w.withFlags(0).withValue(uint96(rest)), iw, paid, one.start));
    }

    /// Of a ticket without orders.
    function _payable(uint96 value, uint96 taken, uint96 paid, uint96 face) private returns (uint256) {
        Layout storage l = State.get();
        l.taken[ID] = taken;
        TicketWord w = TicketWords.pack(1, value, 0);
        return Tickets.payable_(l, ID, w, IssuanceWords.pack(2, 0, 0, face, 3), paid, 1);
    }

    /// Taken and payable together are never above the paid share of the value, nor above the value.
    function check_never_above_the_paid_share(uint96 value, uint96 taken, uint96 paid, uint96 face) external {
        if (taken > value || face == 0 || paid > face) return;
        uint256 most = _payable(value, taken, paid, face);
        unchecked {
            assert(most == 0 || (taken + most) * face <= uint256(value) * paid);
        }
    }

    function check_never_above_the_value(uint96 value, uint96 taken, uint96 paid, uint96 face) external {
        if (taken > value || face == 0 || paid > face) return;
        assert(_payable(value, taken, paid, face) <= value - taken);
    }

    /// Nothing is lost but a part of a fen: one more would be above the share.
    function check_rounded_down_by_less_than_a_fen(uint96 value, uint96 taken, uint96 paid, uint96 face) external {
        if (taken > value || face == 0 || paid > face) return;
        uint256 most = _payable(value, taken, paid, face);
        unchecked {
            assert((taken + most + 1) * face > uint256(value) * paid);
        }
    }

    /// When all is paid in, all is payable to the fen.
    function check_exact_when_paid_is_face(uint96 value, uint96 taken, uint96 face) external {
        if (taken > value || face == 0) return;
        assert(_payable(value, taken, face, face) == value - taken);
    }

    /// Never negative, never an overflow: the call comes back.
    function check_never_reverts(uint96 value, uint96 taken, uint96 paid, uint96 face) external {
        if (taken > value || face == 0) return;
        try this.payableOf(value, taken, paid, face) {}
        catch {
            assert(false);
        }
    }

    function payableOf(uint96 value, uint96 taken, uint96 paid, uint96 face) external returns (uint256) {
        return _payable(value, taken, paid, face);
    }
}
