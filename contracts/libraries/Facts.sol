// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGoldTicket} from "../interfaces/IGoldTicket.sol";
import {ILens} from "../interfaces/ILens.sol";
import {Flags, IssuanceWord, TicketWord} from "../types/Words.sol";
import {Reader} from "./Reader.sol";
import {Slots} from "./Slots.sol";
import {Order, Settlement} from "./State.sol";

/// What decides about one ticket's status and amounts.
struct Fact {
    TicketWord word;
    IssuanceWord issuance;
    Settlement settlement;
    uint256 taken;
    Order[4] orders;
}

/// @title What follows from a ticket's words, by the rules of the ledger itself
/// @notice Read once, then pure but for the time. `held` and `payable` are those of `Tickets`.
library Facts {
    using Reader for IGoldTicket;

    function read(IGoldTicket ledger, bytes32 id) internal view returns (Fact memory f) {
        bytes32[] memory slots = new bytes32[](4);
        slots[0] = Slots.inside(Slots.TICKETS, id);
        slots[1] = Slots.inside(Slots.ISSUANCES, bytes16(id));
        slots[2] = Slots.inside(Slots.SETTLEMENTS, bytes16(id));
        slots[3] = Slots.inside(Slots.TAKEN, id);
        uint256[] memory loaded = ledger.words(slots);
        f.word = TicketWord.wrap(loaded[0]);
        f.issuance = IssuanceWord.wrap(loaded[1]);
        f.settlement = Slots.settlement(loaded[2]);
        f.taken = loaded[3];
        if (f.word.has(Flags.ORDERED)) f.orders = ledger.orders(id);
    }

    /// The order of precedence stands at `ILens.Status`.
    function status(Fact memory f) internal view returns (ILens.Status) {
        if (f.word.empty()) return ILens.Status.None;
        if (f.word.has(Flags.WITHDRAWN)) return ILens.Status.Withdrawn;
        if (f.word.has(Flags.RETURNED)) return ILens.Status.Returned;
        if (f.word.has(Flags.LOCKED)) return ILens.Status.Locked;
        if (f.issuance.has(Flags.VOID)) return ILens.Status.Void;
        if (f.word.value() == 0) return ILens.Status.Spent;
        if (f.taken != 0) return f.taken == f.word.value() ? ILens.Status.Paid : ILens.Status.PartlyPaid;
        if (block.timestamp >= f.settlement.due) return ILens.Status.Due;
        return f.issuance.has(Flags.FUNDED) ? ILens.Status.Funded : ILens.Status.Live;
    }

    function word(ILens.Status s) internal pure returns (string memory english, string memory chinese) {
        if (s == ILens.Status.None) return ("none", unicode"不存在");
        if (s == ILens.Status.Withdrawn) return ("withdrawn", unicode"已撤回");
        if (s == ILens.Status.Returned) return ("returned", unicode"已退回");
        if (s == ILens.Status.Locked) return ("locked", unicode"融资锁定");
        if (s == ILens.Status.Void) return ("void", unicode"已作废");
        if (s == ILens.Status.Spent) return ("spent", unicode"已转出");
        if (s == ILens.Status.Paid) return ("paid", unicode"已兑付");
        if (s == ILens.Status.PartlyPaid) return ("partly paid", unicode"部分兑付");
        if (s == ILens.Status.Due) return ("due", unicode"已到期");
        if (s == ILens.Status.Funded) return ("funded", unicode"已备款");
        return ("live", unicode"有效");
    }

    function held(Fact memory f) internal view returns (uint256 sum) {
        for (uint256 i; i < f.orders.length; ++i) {
            Order memory order = f.orders[i];
            bool running = order.start != 0 && order.start <= block.timestamp && block.timestamp < order.end;
            if (running) sum += order.amount;
        }
        uint256 rest = f.word.value() - f.taken;
        return sum < rest ? sum : rest;
    }

    /// For a line that is paid now; 0 where `payOut` would refuse every line.
    function payableNow(Fact memory f) internal view returns (uint256) {
        if (f.word.party() == 0 || f.issuance.has(Flags.VOID)) return 0;
        if (!f.issuance.has(Flags.FUNDED) && block.timestamp < f.settlement.due) return 0;
        uint256 share = (f.word.value() - held(f)) * f.settlement.paid / f.issuance.face();
        return share > f.taken ? share - f.taken : 0;
    }

    /// What `transfer` and `lock` would let go; 0 where they would refuse every offer.
    function free(Fact memory f) internal view returns (uint256) {
        if (f.word.party() == 0 || f.word.has(Flags.PAID)) return 0;
        if (f.issuance.has(Flags.FUNDED) || f.issuance.has(Flags.VOID)) return 0;
        if (block.timestamp >= f.issuance.transferableUntil()) return 0;
        return f.word.value() - held(f);
    }
}
