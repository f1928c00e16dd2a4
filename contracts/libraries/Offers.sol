// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import "../types/Acts.sol";

/// @title An offer and its acceptances, read straight from calldata
/// @notice The compiler's checked access to arrays of structs in calldata costs more than everything else that a
/// transfer computes (12,000 gas of 90,000), so offsets are followed by hand. That is safe here: calldata beyond its
/// end reads as 0, every word that counts is under a signature, and what is used as a number is compared with a clean
/// one. Layout of `Transfer`: ticket, version, salt, deadline, three offsets (others, signatures, acceptances);
/// of `Acceptance`: to, two offsets (legs, signatures); of `Leg`: index, value, trade, salt.
library Offers {
    uint256 internal constant MOST_CHILDREN = 100;
    uint256 private constant TOO_MANY = 1;
    uint256 private constant TWICE = 2;
    bytes32 private constant CHILD = keccak256("Child(uint48 to,uint96 value,bytes32 trade,bytes32 salt)");
    bytes32 private constant OFFER = keccak256(
        "Offer(bytes32 ticket,uint16 version,Child[] children,bytes32 salt,uint40 deadline)Child(uint48 to,uint96 value,bytes32 trade,bytes32 salt)"
    );
    bytes32 private constant PART = keccak256("Part(uint16 index,uint96 value,bytes32 trade)");
    bytes32 private constant ACCEPT = keccak256(
        "Accept(bytes32 offer,uint48 from,uint48 to,Part[] parts)Part(uint16 index,uint96 value,bytes32 trade)"
    );

    /// What the holder signed. Its children are hashed from their fields where they are accepted here, the others are
    /// given as their struct hashes, in order. Also the place in calldata of the acceptances' offsets, and how many
    /// there are. An offer that has expired is refused; `version` is found to be clean.
    /// @dev Each pass of the inner loop takes one of the 256 bits of `seen`, so memory and loops are bounded whatever
    /// the calldata says. Nothing is hashed that was not written here: a place below `count` has its bit and comes
    /// from an acceptance, or it comes from `others`; and there are no bits above.
    // solhint-disable-next-line function-max-lines
    function digest(Transfer calldata a, bytes32 separator)
        internal
        view
        returns (bytes32 d, uint256 heads, uint256 size)
    {
        (bytes32 typeHash, bytes32 childType) = (OFFER, CHILD);
        (uint256 seen, uint256 count, uint256 fault, uint256 evidence, uint256 wrong) = (0, 0, 0, 0, 0);
        assembly ("memory-safe") {
            // scratch for one child at `m`; behind it the children's hashes by their index
            let m := mload(0x40)
            let p := add(m, 0xa0)
            mstore(m, childType)
            heads := add(a, calldataload(add(a, 0xc0)))
            size := calldataload(heads)
            heads := add(heads, 0x20)
            if gt(size, MOST_CHILDREN) {
                fault := TOO_MANY
                evidence := size
                size := 0
            }
            let head := heads
            for { let left := size } left { left := sub(left, 1) } {
                let q := add(heads, calldataload(head))
                head := add(head, 0x20)
                mstore(add(m, 0x20), calldataload(q))
                let leg := add(q, calldataload(add(q, 0x20)))
                let legs := calldataload(leg)
                count := add(count, legs)
                for { } legs { legs := sub(legs, 1) } {
                    let index := calldataload(add(leg, 0x20))
                    let bit := shl(index, 1)
                    // its bit is set already, or there is none for it
                    if iszero(gt(bit, and(seen, bit))) {
                        fault := TOO_MANY
                        if bit { fault := TWICE }
                        evidence := index
                        count := 0
                        left := 1
                        break
                    }
                    seen := or(seen, bit)
                    calldatacopy(add(m, 0x40), add(leg, 0x40), 0x60)
                    mstore(add(p, shl(5, index)), keccak256(m, 0xa0))
                    leg := add(leg, 0x80)
                }
            }
            let others := add(a, calldataload(add(a, 0x80)))
            let more := calldataload(others)
            if more {
                if gt(more, MOST_CHILDREN) {
                    fault := TOO_MANY
                    evidence := more
                    more := 0
                }
                count := add(count, more)
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    if iszero(and(shr(i, seen), 1)) {
                        others := add(others, 0x20)
                        mstore(add(p, shl(5, i)), calldataload(others))
                    }
                }
            }
            let children := keccak256(p, shl(5, count))
            mstore(m, typeHash)
            calldatacopy(add(m, 0x20), a, 0x40)
            mstore(add(m, 0x60), children)
            calldatacopy(add(m, 0x80), add(a, 0x40), 0x40)
            let h := keccak256(m, 0xc0)
            mstore(m, hex"1901")
            mstore(add(m, 2), separator)
            mstore(add(m, 34), h)
            d := keccak256(m, 66)
            wrong := or(or(fault, gt(count, MOST_CHILDREN)), shr(count, seen))
            let expiry := calldataload(add(a, 0x60))
            wrong := or(wrong, or(gt(timestamp(), expiry), shr(40, expiry)))
            wrong := or(wrong, shr(16, calldataload(add(a, 0x20))))
        }
        if (wrong != 0) _refuse(a, fault, evidence, count, seen);
    }

    function _refuse(Transfer calldata a, uint256 fault, uint256 evidence, uint256 count, uint256 seen) private view {
        // these two reads refuse more bits than the types have
        (uint40 expiry,) = (a.deadline, a.version);
        if (block.timestamp > expiry) revert IErrors.Expired(expiry, block.timestamp);
        if (fault == TWICE) revert IErrors.DuplicateIndex(uint16(evidence));
        if (fault == TOO_MANY) revert IErrors.BadChildren(evidence);
        if (count > MOST_CHILDREN) revert IErrors.BadChildren(count);
        uint256 highest = 255;
        while (seen >> highest == 0) --highest;
        revert IErrors.BadChildren(highest);
    }

    /// The holder's signatures.
    function signatures(Transfer calldata a) internal pure returns (bytes calldata s) {
        assembly ("memory-safe") {
            let q := add(a, calldataload(add(a, 0xa0)))
            s.offset := add(q, 0x20)
            s.length := calldataload(q)
        }
    }

    /// The receiver's signatures; `spot`: where its acceptance stands.
    function signatures(uint256 spot) internal pure returns (bytes calldata s) {
        assembly ("memory-safe") {
            let q := add(spot, calldataload(add(spot, 0x40)))
            s.offset := add(q, 0x20)
            s.length := calldataload(q)
        }
    }

    /// Where the acceptance stands whose offset from `heads` is at `head`.
    function next(uint256 heads, uint256 head) internal pure returns (uint256 spot) {
        assembly ("memory-safe") {
            spot := add(heads, calldataload(head))
        }
    }

    /// One acceptance, which stands at `spot`: its receiver, and its `legs` from `leg` on, 128 bytes each.
    function acceptance(uint256 spot) internal pure returns (uint256 to, uint256 leg, uint256 legs) {
        assembly ("memory-safe") {
            to := calldataload(spot)
            leg := add(spot, calldataload(add(spot, 0x20)))
            legs := calldataload(leg)
            leg := add(leg, 0x20)
        }
    }

    /// What one receiver signs.
    function acceptDigest(bytes32 separator, bytes32 offer, uint256 from, uint256 to, uint256 leg, uint256 legs)
        internal
        pure
        returns (bytes32 d)
    {
        (bytes32 typeHash, bytes32 partType) = (ACCEPT, PART);
        assembly ("memory-safe") {
            // scratch for one part at `m`; behind it the parts' hashes
            let m := mload(0x40)
            mstore(m, partType)
            let p := add(m, 0x80)
            let end := p
            for { } legs { legs := sub(legs, 1) } {
                calldatacopy(add(m, 0x20), leg, 0x60)
                mstore(end, keccak256(m, 0x80))
                leg := add(leg, 0x80)
                end := add(end, 0x20)
            }
            mstore(p, keccak256(p, sub(end, p)))
            mstore(m, typeHash)
            mstore(add(m, 0x20), offer)
            mstore(add(m, 0x40), from)
            mstore(add(m, 0x60), to)
            let h := keccak256(m, 0xa0)
            mstore(m, hex"1901")
            mstore(add(m, 2), separator)
            mstore(add(m, 34), h)
            d := keccak256(m, 66)
        }
    }

    function version(Transfer calldata a) internal pure returns (uint256 v) {
        assembly ("memory-safe") {
            v := calldataload(add(a, 0x20))
        }
    }

    function indexAndValue(uint256 leg) internal pure returns (uint256 index, uint256 value) {
        assembly ("memory-safe") {
            index := calldataload(leg)
            value := calldataload(add(leg, 0x20))
        }
    }
}
