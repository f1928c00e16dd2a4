// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {Rights, SignerWord} from "../types/Words.sol";
import {Governance, Layout, Participant} from "./State.sol";

/// @title Who signed
/// @notice Signatures are 64 bytes (EIP-2098), low-s. A party signs with one sole key, or with a maker and then a
/// checker (128 bytes). Keys only, no contract wallets: what counts has to stand in the calldata for whoever recounts.
library Auth {
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32 d) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, hex"1901")
            mstore(add(p, 2), separator)
            mstore(add(p, 34), structHash)
            d := keccak256(p, 66)
        }
    }

    /// The key behind 64 bytes of `signatures` from `offset` on; 0 when there is none.
    function recover(bytes32 d, bytes calldata signatures, uint256 offset) internal view returns (address key) {
        assembly ("memory-safe") {
            let vs := calldataload(add(signatures.offset, add(offset, 32)))
            let s := shr(1, shl(1, vs))
            if iszero(gt(s, HALF_ORDER)) {
                let p := mload(0x40)
                mstore(p, d)
                mstore(add(p, 32), add(shr(255, vs), 27))
                mstore(add(p, 64), calldataload(add(signatures.offset, offset)))
                mstore(add(p, 96), s)
                mstore(0, 0)
                pop(staticcall(gas(), 1, p, 128, 0, 32))
                key := mload(0)
            }
        }
    }

    /// One party's signatures: its word, or 0 when they are refused; `why` then finds the reason.
    function tryParty(Layout storage l, bytes32 d, bytes calldata signatures) internal view returns (SignerWord) {
        return signatures.length == 64 ? _word(l, d, signatures, 0, Rights.SOLE) : _pair(l, d, signatures);
    }

    function _pair(Layout storage l, bytes32 d, bytes calldata signatures) private view returns (SignerWord maker) {
        if (signatures.length != 128) return maker;
        maker = _word(l, d, signatures, 0, Rights.MAKER);
        SignerWord checker = _word(l, d, signatures, 64, Rights.CHECKER);
        if (maker.party() != checker.party()) maker = SignerWord.wrap(0);
    }

    /// The word of the key behind 64 bytes of `signatures` from `offset` on; 0 when there is none with this right.
    function _word(Layout storage l, bytes32 d, bytes calldata signatures, uint256 offset, uint8 right)
        private
        view
        returns (SignerWord w)
    {
        mapping(address key => SignerWord) storage signers = l.signers;
        assembly ("memory-safe") {
            // ecrecover's output, else 0, comes to stand where the mapping's key is hashed: in the scratch space.
            // A high s becomes 0, for which ecrecover finds nobody; key 0 has no word.
            let p := mload(0x40)
            let at := add(signatures.offset, offset)
            let vs := calldataload(add(at, 32))
            let s := shr(1, shl(1, vs))
            mstore(p, d)
            mstore(add(p, 32), add(shr(255, vs), 27))
            mstore(add(p, 64), calldataload(at))
            mstore(add(p, 96), mul(s, iszero(gt(s, HALF_ORDER))))
            mstore(0, 0)
            pop(staticcall(gas(), 1, p, 128, 0, 32))
            mstore(32, signers.slot)
            w := sload(keccak256(0, 64))
            w := mul(w, eq(and(shr(48, w), 0xff), right))
        }
    }

    /// The encoded error for which `tryParty` refuses these signatures; never empty.
    function why(Layout storage l, bytes32 d, bytes calldata signatures) internal view returns (bytes memory refusal) {
        if (signatures.length == 64) {
            refusal = _whyKey(l, d, signatures, 0, Rights.SOLE);
        } else if (signatures.length == 128) {
            refusal = _whyKey(l, d, signatures, 0, Rights.MAKER);
            if (refusal.length == 0) refusal = _whyKey(l, d, signatures, 64, Rights.CHECKER);
        } else {
            return abi.encodeWithSelector(IErrors.BadSignatureLength.selector, signatures.length);
        }
        if (refusal.length == 0) {
            uint48 maker = l.signers[recover(d, signatures, 0)].party();
            uint48 checker = l.signers[recover(d, signatures, signatures.length - 64)].party();
            refusal = abi.encodeWithSelector(IErrors.MixedParties.selector, maker, checker);
        }
    }

    function _whyKey(Layout storage l, bytes32 d, bytes calldata signatures, uint256 offset, uint8 needed)
        private
        view
        returns (bytes memory refusal)
    {
        address key = recover(d, signatures, offset);
        uint8 right = l.signers[key].right();
        if (right == needed) return refusal;
        if (key == address(0)) return abi.encodeWithSelector(IErrors.BadSignature.selector);
        if (right == Rights.NONE) return abi.encodeWithSelector(IErrors.NotASigner.selector, key);
        return abi.encodeWithSelector(IErrors.WrongRight.selector, key, right, needed);
    }

    function party(Layout storage l, bytes32 d, bytes calldata signatures) internal view returns (SignerWord w) {
        w = tryParty(l, d, signatures);
        if (SignerWord.unwrap(w) == 0) raise(why(l, d, signatures));
    }

    /// The party's signatures, and they must be this party's.
    function named(Layout storage l, bytes32 d, bytes calldata signatures, uint48 expected)
        internal
        view
        returns (SignerWord w)
    {
        w = party(l, d, signatures);
        if (w.party() != expected) revert IErrors.WrongParty(w.party(), expected);
    }

    /// As `named`, for what a suspension stops: offering, accepting, issuing.
    function active(Layout storage l, bytes32 d, bytes calldata signatures, uint48 expected)
        internal
        view
        returns (SignerWord w)
    {
        w = named(l, d, signatures, expected);
        requireActive(w);
    }

    function requireActive(SignerWord w) internal view {
        if (block.timestamp < w.suspendedUntil()) revert IErrors.Suspended(w.party(), w.suspendedUntil());
    }

    /// Panel members from `first` on, ascending by party, at least the threshold.
    function panel(Layout storage l, bytes32 d, bytes[] calldata signatures, uint256 first) internal view {
        uint256 found = signatures.length - first;
        if (found < l.governance.threshold) revert IErrors.PanelTooSmall(found, l.governance.threshold);
        uint48[] memory members = l.panel;
        if (found > members.length) revert IErrors.TooMany(found, members.length);
        uint48 last;
        for (uint256 i = first; i < signatures.length; ++i) {
            uint48 member = party(l, d, signatures[i]).party();
            if (member <= last) revert IErrors.NotAscending(i);
            last = member;
            bool seated;
            for (uint256 k; k < members.length && !seated; ++k) {
                seated = members[k] == member;
            }
            if (!seated) revert IErrors.NotOnPanel(member);
        }
    }

    /// A single signature of the key itself, whatever its right.
    function oneKey(bytes32 d, bytes calldata signature) internal view returns (address key) {
        if (signature.length != 64) revert IErrors.BadSignatureLength(signature.length);
        key = recover(d, signature, 0);
        if (key == address(0)) revert IErrors.BadSignature();
    }

    function count(bytes[] calldata signatures, uint256 expected) internal pure {
        if (signatures.length != expected) revert IErrors.BadSignatureCount(expected, signatures.length);
    }

    function atLeast(bytes[] calldata signatures, uint256 expected) internal pure {
        if (signatures.length < expected) revert IErrors.BadSignatureCount(expected, signatures.length);
    }

    function deadline(uint40 last) internal view {
        if (block.timestamp > last) revert IErrors.Expired(last, block.timestamp);
    }

    function sequence(uint256 given, uint256 current) internal pure {
        if (given != current) revert IErrors.StaleSequence(given, current);
    }

    function running(Layout storage l, uint8 stage) internal view {
        Governance storage g = l.governance;
        if (g.stoppedStages & stage == 0) return;
        if (block.timestamp < g.stoppedUntil) revert IErrors.StageStopped(stage, g.stoppedUntil);
    }

    function role(Layout storage l, uint48 who, uint8 needed) internal view returns (Participant storage p) {
        p = l.participants[who];
        if (p.roles & needed != 0) return p;
        if (p.uscc == 0) revert IErrors.UnknownParty(who);
        revert IErrors.MissingRole(who, needed);
    }

    /// Spends a reference, once for each bank and kind of act.
    function spend(Layout storage l, uint48 bank, bytes32 kind, bytes32 ref) internal {
        bytes32 key = keccak256(abi.encode(bank, kind, ref));
        if (l.spent[key]) revert IErrors.ReferenceSpent(bank, ref);
        l.spent[key] = true;
    }

    function raise(bytes memory refusal) internal pure {
        assembly ("memory-safe") {
            revert(add(refusal, 32), mload(refusal))
        }
    }
}
