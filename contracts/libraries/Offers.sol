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
    bytes32 private constant CHILD = keccak256("Child(uint48 to,uint96 value,bytes32 trade,bytes32 salt)");
    bytes32 private constant OFFER = keccak256(
        "Offer(bytes32 ticket,uint16 version,Child[] children,bytes32 salt,uint40 deadline)Child(uint48 to,uint96 value,bytes32 trade,bytes32 salt)"
    );
    bytes32 private constant PART = keccak256("Part(uint16 index,uint96 value,bytes32 trade)");
    bytes32 private constant ACCEPT = keccak256(
        "Accept(bytes32 offer,uint48 from,uint48 to,Part[] parts)Part(uint16 index,uint96 value,bytes32 trade)"
    );

    /// The offer's struct hash; its children are hashed from their fields where they are accepted here, the others
    /// are given as their struct hashes, in order.
    // solhint-disable-next-line function-max-lines
    function structHash(Transfer calldata a) internal pure returns (bytes32 h) {
        (bytes32 typeHash, bytes32 childType) = (OFFER, CHILD);
        uint256 fault;
        uint256 evidence;
        assembly ("memory-safe") {
            let accs := add(a, calldataload(add(a, 0xc0)))
            let n := calldataload(accs)
            accs := add(accs, 0x20)
            let others := add(a, calldataload(add(a, 0x80)))
            let count := calldataload(others)
            if gt(n, MOST_CHILDREN) {
                fault := 1
                evidence := n
                n := 0
            }
            if gt(count, MOST_CHILDREN) {
                fault := 1
                evidence := count
                count := 0
            }
            for { let i := 0 } lt(i, n) { i := add(i, 1) } {
                let q := add(accs, calldataload(add(accs, shl(5, i))))
                let legs := calldataload(add(q, calldataload(add(q, 0x20))))
                count := add(count, legs)
                if or(gt(legs, MOST_CHILDREN), gt(count, MOST_CHILDREN)) {
                    fault := 1
                    evidence := count
                    n := 0
                    count := 0
                }
            }
            // hashes of the children in their order at `p`, scratch behind them
            let p := mload(0x40)
            let m := add(p, shl(5, count))
            calldatacopy(p, calldatasize(), shl(5, count))
            mstore(m, childType)
            for { let i := 0 } lt(i, n) { i := add(i, 1) } {
                let q := add(accs, calldataload(add(accs, shl(5, i))))
                let leg := add(q, calldataload(add(q, 0x20)))
                let end := add(leg, shl(7, calldataload(leg)))
                mstore(add(m, 0x20), calldataload(q))
                for { } lt(leg, end) { leg := add(leg, 0x80) } {
                    let index := calldataload(add(leg, 0x20))
                    let slot := add(p, shl(5, index))
                    if iszero(lt(index, count)) {
                        fault := 1
                        evidence := index
                        break
                    }
                    if mload(slot) {
                        fault := 2
                        evidence := index
                        break
                    }
                    calldatacopy(add(m, 0x40), add(leg, 0x40), 0x60)
                    mstore(slot, keccak256(m, 0xa0))
                }
            }
            for { let slot := p } lt(slot, m) { slot := add(slot, 0x20) } {
                if iszero(mload(slot)) {
                    others := add(others, 0x20)
                    mstore(slot, calldataload(others))
                }
            }
            let children := keccak256(p, shl(5, count))
            mstore(p, typeHash)
            calldatacopy(add(p, 0x20), a, 0x40)
            mstore(add(p, 0x60), children)
            calldatacopy(add(p, 0x80), add(a, 0x40), 0x40)
            h := keccak256(p, 0xc0)
        }
        if (fault == 1) revert IErrors.BadChildren(evidence);
        if (fault == 2) revert IErrors.DuplicateIndex(uint16(evidence));
    }

    /// The holder's signatures.
    function signatures(Transfer calldata a) internal pure returns (bytes calldata s) {
        assembly ("memory-safe") {
            let q := add(a, calldataload(add(a, 0xa0)))
            s.offset := add(q, 0x20)
            s.length := calldataload(q)
        }
    }

    /// How many acceptances there are, and where the array of their offsets begins.
    function acceptances(Transfer calldata a) internal pure returns (uint256 heads, uint256 count) {
        assembly ("memory-safe") {
            let q := add(a, calldataload(add(a, 0xc0)))
            count := calldataload(q)
            heads := add(q, 0x20)
        }
    }

    /// One acceptance: its receiver, its legs from `leg` to `end` (128 bytes each), and the receiver's signatures.
    function acceptance(uint256 heads, uint256 i)
        internal
        pure
        returns (uint256 to, uint256 leg, uint256 end, bytes calldata s)
    {
        assembly ("memory-safe") {
            let q := add(heads, calldataload(add(heads, shl(5, i))))
            to := calldataload(q)
            leg := add(q, calldataload(add(q, 0x20)))
            end := add(add(leg, 0x20), shl(7, calldataload(leg)))
            leg := add(leg, 0x20)
            q := add(q, calldataload(add(q, 0x40)))
            s.offset := add(q, 0x20)
            s.length := calldataload(q)
        }
    }

    /// The struct hash of what one receiver signs.
    function acceptHash(bytes32 offer, uint256 from, uint256 to, uint256 leg, uint256 end)
        internal
        pure
        returns (bytes32 h)
    {
        (bytes32 typeHash, bytes32 partType) = (ACCEPT, PART);
        assembly ("memory-safe") {
            let p := mload(0x40)
            let m := add(p, shr(2, sub(end, leg)))
            mstore(m, partType)
            let slot := p
            for { } lt(leg, end) { leg := add(leg, 0x80) } {
                calldatacopy(add(m, 0x20), leg, 0x60)
                mstore(slot, keccak256(m, 0x80))
                slot := add(slot, 0x20)
            }
            let parts := keccak256(p, sub(m, p))
            mstore(p, typeHash)
            mstore(add(p, 0x20), offer)
            mstore(add(p, 0x40), from)
            mstore(add(p, 0x60), to)
            mstore(add(p, 0x80), parts)
            h := keccak256(p, 0xa0)
        }
    }

    function indexAndValue(uint256 leg) internal pure returns (uint256 index, uint256 value) {
        assembly ("memory-safe") {
            index := calldataload(leg)
            value := calldataload(add(leg, 0x20))
        }
    }
}
