// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Evidence, Opening, Packed, Settlement} from "src/libraries/State.sol";

/// Structs of one word that are written by hand: their places are those of the compiler.
contract StructsCheck {
    using Packed for Evidence;
    using Packed for Opening;
    using Packed for Settlement;

    Opening private _o;
    Evidence private _e;
    Settlement private _s;

    function check_use_touches_no_other(Opening memory before, uint256 amount) external {
        if (amount > type(uint88).max || before.used > type(uint88).max - amount) return;
        _o = before;
        _o.use(amount);
        assert(_o.used == before.used + amount);
        assert(_o.limit == before.limit && _o.expiry == before.expiry && _o.sequence == before.sequence);
        assert(_o.overdue == before.overdue && _o.external_ == before.external_);
    }

    function check_evidence_round_trip(uint128 used, uint128 total) external {
        _e.set(used, total);
        assert(_e.used == used && _e.total == total);
        (uint256 u, uint256 t) = _e.get();
        assert(u == used && t == total);
    }

    function check_settlement_begins(uint40 due, uint32 grace) external {
        _s.begin(due, grace);
        assert(_s.due == due && _s.grace == grace && _s.paid == 0 && !_s.reported);
        assert(_s.waivedUntil == 0 && _s.sequence == 0);
    }
}
