// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The acts (业务指令): what participants sign as EIP-712 typed data. Field order is the EIP-712 order.
/// Units: values in fen, times in UTC seconds, `salt` random, `deadline` the last second of validity.
/// `sequence` is the current sequence number of what the act changes; carrying the act out advances it.

// ---- PARTICIPANTS -------------------------------------------------------------------------------

struct Key {
    address key;
    uint8 right;
}

/// A participant that the constructor admits: the panel and the first banks.
struct Seed {
    string uscc;
    uint8 roles;
    uint48 clearingBank;
    bytes32 profile;
    Key[] keys;
}

struct Admit {
    string uscc;
    uint8 roles;
    uint48 clearingBank;
    bytes32 profile;
    Key[] keys;
    uint48 registrar;
    uint48 bank;
    bytes32 salt;
    uint40 deadline;
}

struct ChangeSigners {
    uint48 party;
    Key[] add;
    address[] remove;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct ChangeProfile {
    uint48 party;
    bytes32 profile;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct Recover {
    uint48 party;
    Key[] keys;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct VetoRecovery {
    uint48 party;
    bytes32 recovery;
    bytes32 salt;
    uint40 deadline;
}

struct CompleteRecovery {
    uint48 party;
    bytes32 recovery;
    bytes32 salt;
    uint40 deadline;
}

/// `until` in the past lifts. `byPanel` says whose signatures come with it: the panel's or the registrar's.
struct Suspend {
    uint48 party;
    uint40 until;
    bool byPanel;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct ChangePanel {
    uint48[] members;
    uint8 threshold;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct Stop {
    uint8 stages;
    uint40 until;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct Close {
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

// ---- LIMITS -------------------------------------------------------------------------------------

struct SetPolicy {
    uint8 months;
    uint40 from;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct SetLimit {
    uint48 core;
    uint96 amount;
    uint40 expiry;
    uint16 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct Halt {
    uint48 core;
    bool halted;
    bytes32 evidence;
    uint16 sequence;
    bytes32 salt;
    uint40 deadline;
}

// ---- ISSUE --------------------------------------------------------------------------------------

struct Invoice {
    bytes32 fingerprint;
    uint96 total;
    uint96 amount;
}

/// `interest`: 0 the holder bears the interest of a financing, 1 the core does. `minimum`: a power of ten.
struct Issue {
    uint48 debtor;
    uint48 supplier;
    uint48 clearingBank;
    uint96 face;
    uint40 contractualDue;
    uint40 due;
    uint40 transferableUntil;
    uint32 grace;
    uint8 depth;
    uint8 minimum;
    uint8 interest;
    bytes32 undertaking;
    Invoice[] invoices;
    bytes32 salt;
    uint40 deadline;
}

struct WithdrawIssue {
    bytes32 issue;
    bytes32 salt;
    uint40 deadline;
}

struct Void {
    bytes16 issuance;
    bytes32[] tickets;
    bytes32 evidence;
    bytes32 salt;
    uint40 deadline;
}

// ---- TRANSFER -----------------------------------------------------------------------------------

/// What a holder signs: Offer(bytes32 ticket,uint16 version,Child[] children,bytes32 salt,uint40 deadline)
/// with Child(uint48 to,uint96 value,bytes32 trade,bytes32 salt).
/// What a receiver signs: Accept(bytes32 offer,uint48 from,uint48 to,Part[] parts)
/// with Part(uint16 index,uint96 value,bytes32 trade).
/// In calldata the children that are accepted here stand in full, the others as their struct hashes.

struct Leg {
    uint16 index;
    uint96 value;
    bytes32 trade;
    bytes32 salt;
}

struct Acceptance {
    uint48 to;
    Leg[] legs;
    bytes signatures;
}

struct Transfer {
    bytes32 ticket;
    uint16 version;
    bytes32 salt;
    uint40 deadline;
    bytes32[] others;
    bytes signatures;
    Acceptance[] acceptances;
}

struct Withdraw {
    bytes32 ticket;
    bytes32 offer;
    uint16[] indexes;
    bytes32 salt;
    uint40 deadline;
}

struct WithdrawAll {
    bytes32 ticket;
    uint16 version;
    bytes32 salt;
    uint40 deadline;
}

// ---- FINANCE ------------------------------------------------------------------------------------

struct Lock {
    bytes32 ticket;
    uint16 version;
    uint48 bank;
    uint96 value;
    bytes32 terms;
    uint48 clearingBank;
    uint40 expiry;
    bool selfCertified;
    bytes32 salt;
    uint40 deadline;
}

struct Receipt {
    bytes32 lock;
    uint48 bank;
    uint96 value;
    bytes32 ref;
    bytes32 registration;
    bytes32 salt;
    uint40 deadline;
}

struct CancelLock {
    bytes32 lock;
    bytes32 salt;
    uint40 deadline;
}

// ---- SETTLE -------------------------------------------------------------------------------------

struct FundLeg {
    bytes16 issuance;
    uint96 amount;
}

struct Fund {
    uint48 bank;
    bytes32 ref;
    uint96 total;
    FundLeg[] legs;
    bytes32 salt;
    uint40 deadline;
}

struct Line {
    bytes32 ticket;
    uint96 amount;
    uint40 paidAt;
}

struct PayOut {
    uint48 bank;
    bytes32 ref;
    Line[] lines;
    bytes32 salt;
    uint40 deadline;
}

struct Waive {
    bytes16 issuance;
    bytes32 evidence;
    uint16 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct ReplaceBank {
    bytes16 issuance;
    uint48 bank;
    bytes32 evidence;
    uint16 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct VetoReplacement {
    bytes16 issuance;
    bytes32 replacement;
    bytes32 salt;
    uint40 deadline;
}

struct CompleteReplacement {
    bytes16 issuance;
    bytes32 replacement;
    bytes32 salt;
    uint40 deadline;
}

// ---- FREEZE -------------------------------------------------------------------------------------

struct Freeze {
    bytes32 ticket;
    bytes32 order;
    uint96 amount;
    uint40 end;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

struct Unfreeze {
    bytes32 ticket;
    bytes32 order;
    bytes32 evidence;
    uint32 sequence;
    bytes32 salt;
    uint40 deadline;
}

// ---- RELAY --------------------------------------------------------------------------------------

/// One complete act for `relay`: the calldata of its function and exactly the gas it gets.
struct Call {
    uint32 gas;
    bytes data;
}
