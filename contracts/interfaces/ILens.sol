// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governance, Opening, Order, Participant, Recovery, Replacement} from "../libraries/State.sol";

/// @title What auditors and explorers read
/// @notice Everything is derived from the ledger's own storage words at the block of the call, nothing is kept here.
/// Values in fen, times in UTC seconds, "now" is that block's time. What was never written reads as zeros.
interface ILens {
    /// @notice One word for people. The first that fits, in this order:
    /// none: nothing was ever written at this id;
    /// withdrawn, returned: a tombstone; the value stands elsewhere;
    /// locked: value under way to a bank, title with the parent's holder;
    /// void: the whole issuance was unmade;
    /// spent: no value is left here, all of it went to children and locks;
    /// paid, partly paid: all of its value, or some, was paid out;
    /// due: the due date has come, funded or not;
    /// funded: before due, but the core's money for the whole issuance is there;
    /// live: none of these.
    /// @dev The order of the members is that of the list. `ledger/tickets.py` says the same words.
    enum Status {
        None,
        Withdrawn,
        Returned,
        Locked,
        Void,
        Spent,
        Paid,
        PartlyPaid,
        Due,
        Funded,
        Live
    }

    /// @notice What a ticket is worth to its holder now.
    /// `held` by running orders; `taken`: paid out so far; `payableNow`: the most that a line paid now may say;
    /// `free`: the most that its holder could offer or lock now (0 once paid in part, fully funded, void, or no longer
    /// transferable). The holder's suspension and stopped stages are not looked at, nor offers that are under way.
    struct Holding {
        uint48 party;
        uint256 value;
        uint256 held;
        uint256 taken;
        uint256 payableNow;
        uint256 free;
    }

    /// @notice A ticket, a lock or a tombstone. `paidInPart` also when paid in full. `depth`: how many more
    /// transfers may follow. `bank`, `clearingBank`, `parent`, `expiry`: while locked, else 0; the parent of any ticket
    /// stands in its `Transferred` or `Locked` event. `orderSequence`: for the panel's next freeze or unfreeze.
    struct TicketFacts {
        bytes32 id;
        bytes16 issuance;
        Status status;
        uint48 party;
        uint96 value;
        uint96 taken;
        uint16 version;
        uint8 depth;
        bool locked;
        bool withdrawn;
        bool returned;
        bool ordered;
        bool paidInPart;
        uint48 bank;
        uint48 clearingBank;
        bytes32 parent;
        uint40 expiry;
        uint32 orderSequence;
    }

    /// @notice One debt of a core. `minimum` in fen; `reported`: overdue, reported and not cured.
    struct IssuanceFacts {
        uint48 debtor;
        uint48 clearingBank;
        uint96 face;
        uint96 paid;
        uint40 due;
        uint32 grace;
        uint40 transferableUntil;
        uint256 minimum;
        bool funded;
        bool isVoid;
        bool reported;
        uint40 waivedUntil;
        uint16 sequence;
        Replacement replacement;
    }

    /// @notice A key. `right`: 0 none, 1 maker, 2 checker, 3 sole; `pending`: the right that a running recovery gives.
    struct SignerFacts {
        uint48 party;
        uint8 right;
        uint8 roles;
        uint40 suspendedUntil;
        uint8 pending;
    }

    /// @notice The ledger that this lens reads.
    function goldTicket() external view returns (address);

    // ---- tickets

    /// @notice The status as a number and as a word.
    function statusOf(bytes32 id) external view returns (Status status, string memory word);
    /// @notice Who has how much, and what of it can move now.
    function holding(bytes32 id) external view returns (Holding memory);
    /// @notice All that the ledger knows of one ticket.
    function ticket(bytes32 id) external view returns (TicketFacts memory);
    /// @notice The court orders in their four places, ended ones included; number 0 is an empty place.
    function orders(bytes32 id) external view returns (Order[4] memory);
    /// @notice Raw ticket words; see `TicketWord` for their layout.
    function words(bytes32[] calldata ids) external view returns (uint256[] memory);
    /// @notice `data:application/json;utf8,…` with name, description (Chinese, English) and attributes.
    /// @dev Reverts with `UnknownTicket` where nothing was ever written. Amounts in yuan, dates of Asia/Shanghai.
    function tokenURI(bytes32 id) external view returns (string memory);

    // ---- issuances

    /// @notice All that the ledger knows of one issuance.
    function issuance(bytes16 id) external view returns (IssuanceFacts memory);
    /// @notice Raw issuance words; see `IssuanceWord` for their layout.
    function issuanceWords(bytes16[] calldata ids) external view returns (uint256[] memory);

    // ---- participants

    /// @notice A participant and its running recovery (digest 0: none). `code` is its USCC.
    function participant(uint48 id)
        external
        view
        returns (string memory code, Participant memory facts, Recovery memory recovery);
    /// @notice The id behind a unified social credit code; 0: not admitted here.
    function participantOf(string calldata code) external view returns (uint48 id);
    /// @notice A key and whose it is.
    function signer(address key) external view returns (SignerFacts memory);
    /// @notice A core's limit. `usedInAll` and `halted` also count the deployments before this one.
    function opening(uint48 core) external view returns (Opening memory facts, uint256 usedInAll, bool halted);

    // ---- governance

    /// @notice Policy, stops and counters, and the deployment before this one (0: none).
    function governance() external view returns (Governance memory facts, address predecessor);
    /// @notice The panel's members, ascending, and how many of them have to sign.
    function panel() external view returns (uint48[] memory members, uint8 threshold);
}
