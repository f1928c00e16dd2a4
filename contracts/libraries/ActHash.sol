// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import "../types/Acts.sol";

/// @title EIP-712 struct hashes of the acts that hold arrays or strings
/// @notice A struct of value types only needs no function here: `abi.encode(TYPE, act)` is its EIP-712 encoding.
library ActHash {
    bytes32 private constant KEY = keccak256("Key(address key,uint8 right)");
    bytes32 private constant ADMIT = keccak256(
        "Admit(string uscc,uint8 roles,uint48 clearingBank,bytes32 profile,Key[] keys,uint48 registrar,uint48 bank,bytes32 salt,uint40 deadline)Key(address key,uint8 right)"
    );
    bytes32 private constant CHANGE_SIGNERS = keccak256(
        "ChangeSigners(uint48 party,Key[] add,address[] remove,uint32 sequence,bytes32 salt,uint40 deadline)Key(address key,uint8 right)"
    );
    bytes32 private constant RECOVER = keccak256(
        "Recover(uint48 party,Key[] keys,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)Key(address key,uint8 right)"
    );
    bytes32 private constant CHANGE_PANEL = keccak256(
        "ChangePanel(uint48[] members,uint8 threshold,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant INVOICE = keccak256("Invoice(bytes32 fingerprint,uint96 total,uint96 amount)");
    bytes32 private constant ISSUE = keccak256(
        "Issue(uint48 debtor,uint48 supplier,uint48 clearingBank,uint96 face,uint40 contractualDue,uint40 due,uint40 transferableUntil,uint32 grace,uint8 depth,uint8 minimum,uint8 interest,bytes32 undertaking,Invoice[] invoices,bytes32 salt,uint40 deadline)Invoice(bytes32 fingerprint,uint96 total,uint96 amount)"
    );
    bytes32 private constant VOID =
        keccak256("Void(bytes16 issuance,bytes32[] tickets,bytes32 evidence,bytes32 salt,uint40 deadline)");
    bytes32 private constant WITHDRAW =
        keccak256("Withdraw(bytes32 ticket,bytes32 offer,uint16[] indexes,bytes32 salt,uint40 deadline)");
    bytes32 private constant FUND_LEG = keccak256("FundLeg(bytes16 issuance,uint96 amount)");
    bytes32 private constant FUND = keccak256(
        "Fund(uint48 bank,bytes32 ref,uint96 total,FundLeg[] legs,bytes32 salt,uint40 deadline)FundLeg(bytes16 issuance,uint96 amount)"
    );
    bytes32 private constant LINE = keccak256("Line(bytes32 ticket,uint96 amount,uint40 paidAt)");
    bytes32 private constant PAY_OUT = keccak256(
        "PayOut(uint48 bank,bytes32 ref,Line[] lines,bytes32 salt,uint40 deadline)Line(bytes32 ticket,uint96 amount,uint40 paidAt)"
    );

    function admit(Admit calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                ADMIT, keccak256(bytes(a.uscc)), a.roles, a.clearingBank, a.profile, keys(a.keys), a.registrar, a.bank, a.salt, a.deadline
            )
        );
    }

    function changeSigners(ChangeSigners calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                CHANGE_SIGNERS, a.party, keys(a.add), keccak256(abi.encodePacked(a.remove)), a.sequence, a.salt, a.deadline
            )
        );
    }

    function recover(Recover calldata a) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECOVER, a.party, keys(a.keys), a.evidence, a.sequence, a.salt, a.deadline));
    }

    function changePanel(ChangePanel calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                CHANGE_PANEL, keccak256(abi.encodePacked(a.members)), a.threshold, a.evidence, a.sequence, a.salt, a.deadline
            )
        );
    }

    function issue(Issue calldata a) internal pure returns (bytes32 h) {
        Invoice[] calldata list = a.invoices;
        uint256 from;
        assembly ("memory-safe") {
            from := list.offset
        }
        bytes32 invoices = _structs(INVOICE, from, list.length, 96);
        bytes32 kind = ISSUE;
        assembly ("memory-safe") {
            // twelve words up to the undertaking, then the array's hash in the place of its offset, then two more
            let p := mload(0x40)
            mstore(p, kind)
            calldatacopy(add(p, 0x20), a, 0x180)
            mstore(add(p, 0x1a0), invoices)
            calldatacopy(add(p, 0x1c0), add(a, 0x1a0), 0x40)
            h := keccak256(p, 0x200)
        }
    }

    function void_(Void calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(VOID, a.issuance, keccak256(abi.encodePacked(a.tickets)), a.evidence, a.salt, a.deadline)
        );
    }

    function withdraw(Withdraw calldata a) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(WITHDRAW, a.ticket, a.offer, keccak256(abi.encodePacked(a.indexes)), a.salt, a.deadline)
        );
    }

    function fund(Fund calldata a) internal pure returns (bytes32) {
        FundLeg[] calldata list = a.legs;
        uint256 from;
        assembly ("memory-safe") {
            from := list.offset
        }
        bytes32 legs = _structs(FUND_LEG, from, list.length, 64);
        return keccak256(abi.encode(FUND, a.bank, a.ref, a.total, legs, a.salt, a.deadline));
    }

    function payOut(PayOut calldata a) internal pure returns (bytes32) {
        Line[] calldata list = a.lines;
        uint256 from;
        assembly ("memory-safe") {
            from := list.offset
        }
        bytes32 lines = _structs(LINE, from, list.length, 96);
        return keccak256(abi.encode(PAY_OUT, a.bank, a.ref, lines, a.salt, a.deadline));
    }

    function keys(Key[] calldata list) internal pure returns (bytes32) {
        uint256 from;
        assembly ("memory-safe") {
            from := list.offset
        }
        return _structs(KEY, from, list.length, 64);
    }

    /// The hash of an array of structs of value types, `size` bytes each, straight from calldata. Each of their fields
    /// is read by the compiler's checked access too before an act takes effect, which refuses what is no clean value.
    function _structs(bytes32 kind, uint256 from, uint256 count, uint256 size) private pure returns (bytes32 h) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            let m := add(p, shl(5, count))
            mstore(m, kind)
            for { let slot := p } lt(slot, m) { slot := add(slot, 0x20) } {
                calldatacopy(add(m, 0x20), from, size)
                mstore(slot, keccak256(m, add(size, 0x20)))
                from := add(from, size)
            }
            h := keccak256(p, sub(m, p))
        }
    }
}
