// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Tickets} from "src/libraries/Tickets.sol";

/// Ids of children: of the parent's issuance, for every parent, offer and place; the rest is the hash.
contract IdsCheck {
    function check_upper_half_is_kept(bytes32 parent, bytes32 offer, uint256 index) external pure {
        bytes32 id = Tickets.childId(parent, offer, index);
        assert(bytes16(id) == bytes16(parent));
        assert(Tickets.issuanceOf(id) == Tickets.issuanceOf(parent));
    }

    function check_lower_half_is_the_hash(bytes32 parent, bytes32 offer, uint256 index) external pure {
        bytes32 id = Tickets.childId(parent, offer, index);
        assert(uint128(uint256(id)) == uint128(uint256(keccak256(abi.encode(parent, offer, index)))));
    }

    struct Preimage {
        bytes32 parent;
        bytes32 offer;
        uint256 index;
    }

    /// What stands in memory already gives the same id, and stays as it was.
    function check_in_place_is_the_same(bytes32 parent, bytes32 offer, uint256 index) external pure {
        Preimage memory p = Preimage(parent, offer, index);
        uint256 spot;
        assembly ("memory-safe") {
            spot := p
        }
        assert(Tickets.childAt(spot) == Tickets.childId(parent, offer, index));
        assert(p.parent == parent && p.offer == offer && p.index == index);
    }
}
