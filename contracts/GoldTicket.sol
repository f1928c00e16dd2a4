// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "./interfaces/IErrors.sol";
import {IEvents} from "./interfaces/IEvents.sol";
import {IGoldTicket} from "./interfaces/IGoldTicket.sol";
import {IPredecessor} from "./interfaces/IPredecessor.sol";
import {ActHash} from "./libraries/ActHash.sol";
import {Auth} from "./libraries/Auth.sol";
import {FinanceLib} from "./libraries/FinanceLib.sol";
import {FreezeLib} from "./libraries/FreezeLib.sol";
import {GovernanceLib} from "./libraries/GovernanceLib.sol";
import {IssueLib} from "./libraries/IssueLib.sol";
import {Offers} from "./libraries/Offers.sol";
import {ParticipantsLib} from "./libraries/ParticipantsLib.sol";
import {SettleLib} from "./libraries/SettleLib.sol";
import {Evidence, Layout, Opening} from "./libraries/State.sol";
import {Tickets} from "./libraries/Tickets.sol";
import "./types/Acts.sol";
import {
    Flags,
    IssuanceWord,
    LockWords,
    Roles,
    SignerWord,
    Stages,
    TicketWord,
    TicketWords
} from "./types/Words.sol";

/// @title The life of a gold ticket, in order
/// @notice One address, one domain, no proxy. The hot path stands here; the cold parts are external libraries over the
/// same storage, whose functions take the same calldata. What each act does and who signs it: `IGoldTicket`.
contract GoldTicket is IGoldTicket, IErrors, IEvents {
    Layout private _l;

    bytes32 private immutable SEPARATOR;
    bytes32 private immutable SALT;
    uint256 private immutable CHAIN;
    address private immutable PREDECESSOR;

    bytes32 private constant WITHDRAW_ALL =
        keccak256("WithdrawAll(bytes32 ticket,uint16 version,bytes32 salt,uint40 deadline)");
    bytes32 private constant LOCK = keccak256(
        "Lock(bytes32 ticket,uint16 version,uint48 bank,uint96 value,bytes32 terms,uint48 clearingBank,uint40 expiry,bool selfCertified,bytes32 salt,uint40 deadline)"
    );

    /// @param seeds The first participants, ids from 1 on: the panel and the first banks.
    /// @param members The panel's party ids, ascending.
    /// @param months The longest tenor in calendar months.
    /// @param predecessor A closed deployment that this one follows, or 0.
    constructor(Seed[] memory seeds, uint48[] memory members, uint8 threshold, uint8 months, address predecessor) {
        if (predecessor != address(0) && !IPredecessor(predecessor).closed()) revert PredecessorOpen(predecessor);
        CHAIN = block.chainid;
        SALT = keccak256(abi.encode(blockhash(block.number - 1), block.chainid, address(this)));
        SEPARATOR = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
                ),
                keccak256("GoldTicket"),
                keccak256("1"),
                block.chainid,
                address(this),
                SALT
            )
        );
        _l.separator = SEPARATOR;
        PREDECESSOR = predecessor;
        _l.predecessor = predecessor;
        emit Deployed(SALT, predecessor, months);
        ParticipantsLib.seed(seeds);
        GovernanceLib.seed(members, threshold, months);
    }

    /// A plain account, or one of its items inside `relay`: signatures then stand in a transaction's calldata.
    modifier plain() {
        uint256 chain = CHAIN;
        bool foreign;
        assembly ("memory-safe") {
            // reads no memory
            foreign := or(iszero(or(eq(caller(), origin()), eq(caller(), address()))), xor(chainid(), chain))
        }
        if (foreign) _refuseCaller();
        _;
    }

    function _refuseCaller() private view {
        if (block.chainid != CHAIN) revert WrongChain(CHAIN, block.chainid);
        revert NotPlainAccount(msg.sender);
    }

    // ---- RELAY ----------------------------------------------------------------------------------

    /// @inheritdoc IGoldTicket
    function relay(Call[] calldata calls) external returns (bytes[] memory refusals) {
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin) revert NotPlainAccount(msg.sender);
        uint256 count = calls.length;
        bytes4 tooLittle = TooLittleGas.selector;
        for (uint256 i;;) {
            assembly ("memory-safe") {
                // one scratch area behind the free memory serves every item; stops at the first that fails
                let p := mload(0x40)
                for { } lt(i, count) { i := add(i, 1) } {
                    let item := add(calls.offset, calldataload(add(calls.offset, shl(5, i))))
                    let declared := and(calldataload(item), 0xffffffff)
                    item := add(item, calldataload(add(item, 0x20)))
                    let length := calldataload(item)
                    calldatacopy(p, add(item, 0x20), length)
                    // a call passes on 63/64 of what is left at most; 700 covers what stands between here and there
                    if lt(sub(gas(), shr(6, gas())), add(declared, 700)) {
                        mstore(p, tooLittle)
                        mstore(add(p, 4), i)
                        mstore(add(p, 0x24), declared)
                        mstore(add(p, 0x44), gas())
                        revert(p, 0x64)
                    }
                    if iszero(call(declared, address(), 0, p, length, 0, 0)) { break }
                }
            }
            if (i == count) break;
            if (refusals.length == 0) refusals = new bytes[](count);
            refusals[i] = _refused(calls, i);
            unchecked {
                ++i;
            }
        }
        if (refusals.length == 0) _returnNone(count);
    }

    /// Ends the call with `count` empty refusals, which share one encoded element.
    function _returnNone(uint256 count) private pure {
        assembly ("memory-safe") {
            let p := mload(0x40)
            let size := shl(5, count)
            mstore(p, 0x20)
            mstore(add(p, 0x20), count)
            let end := add(add(p, 0x40), size)
            for { let q := add(p, 0x40) } lt(q, end) { q := add(q, 0x20) } { mstore(q, size) }
            mstore(end, 0)
            return(p, add(size, 0x60))
        }
    }

    /// Why the item that was just called did not take effect; an item that only ran out of gas says nothing itself.
    function _refused(Call[] calldata calls, uint256 position) private returns (bytes memory reason) {
        uint256 declared;
        assembly ("memory-safe") {
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(reason, returndatasize()), 0x3f), not(0x1f)))
            let item := add(calls.offset, calldataload(add(calls.offset, shl(5, position))))
            declared := and(calldataload(item), 0xffffffff)
        }
        if (reason.length == 0) reason = abi.encodeWithSelector(ActOutOfGas.selector, declared);
        emit Refused(position, reason);
    }

    // ---- PARTICIPANTS ---------------------------------------------------------------------------

    function admit(Admit calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.admit.selector);
    }

    function changeSigners(ChangeSigners calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.changeSigners.selector);
    }

    function changeProfile(ChangeProfile calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.changeProfile.selector);
    }

    function recover(Recover calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.recover.selector);
    }

    function vetoRecovery(VetoRecovery calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.vetoRecovery.selector);
    }

    function completeRecovery(CompleteRecovery calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.completeRecovery.selector);
    }

    function suspend(Suspend calldata, bytes[] calldata) external plain {
        _cold(address(ParticipantsLib), ParticipantsLib.suspend.selector);
    }

    function changePanel(ChangePanel calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.changePanel.selector);
    }

    function stop(Stop calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.stop.selector);
    }

    function close(Close calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.close.selector);
    }

    // ---- LIMITS ---------------------------------------------------------------------------------

    function setPolicy(SetPolicy calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.setPolicy.selector);
    }

    function setLimit(SetLimit calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.setLimit.selector);
    }

    function halt(Halt calldata, bytes[] calldata) external plain {
        _cold(address(GovernanceLib), GovernanceLib.halt.selector);
    }

    // ---- ISSUE ----------------------------------------------------------------------------------

    function issue(Issue calldata, bytes[] calldata) external plain {
        _cold(address(IssueLib), IssueLib.issue.selector);
    }

    function withdrawIssue(Issue calldata, WithdrawIssue calldata, bytes[] calldata) external plain {
        _cold(address(IssueLib), IssueLib.withdrawIssue.selector);
    }

    function voidIssuance(Issue calldata, Void calldata, bytes[] calldata) external plain {
        _cold(address(IssueLib), IssueLib.voidIssuance.selector);
    }

    // ---- TRANSFER -------------------------------------------------------------------------------

    /// What one transfer works with. The first three are, as they stand in memory, what a child's id is the hash of.
    /// The value of `rest` goes down with each child. `heads` comes from `Offers`; read from memory it is cheaper than
    /// what the compiler makes of a value that it can find again in calldata.
    struct Ctx {
        bytes32 ticket;
        bytes32 offer;
        uint256 index;
        TicketWord rest;
        IssuanceWord issuance;
        uint256 minimum;
        uint256 held;
        uint256 heads;
        bytes first;
    }

    /// @inheritdoc IGoldTicket
    function transfer(Transfer calldata a) external plain {
        Auth.running(_l, Stages.TRANSFER);
        (bytes32 offer, uint256 heads, uint256 left) = Offers.digest(a, SEPARATOR);
        SignerWord holder = Auth.tryParty(_l, offer, Offers.signatures(a));
        uint256 slot = Tickets.slotOf(_l, a.ticket);
        TicketWord word = Tickets.load(slot);
        IssuanceWord issuance = _l.issuances[bytes16(a.ticket)];
        uint256 held;
        // the plain case in one comparison; everything else is judged rule by rule
        if (word.hinders(issuance, holder, Offers.version(a)) != 0) {
            if (SignerWord.unwrap(holder) == 0) Auth.raise(Auth.why(_l, offer, Offers.signatures(a)));
            held = _requireOfferable(a.ticket, word, issuance, holder, a.version);
            if (word.depth() == 0) revert DepthExhausted(a.ticket);
        }
        bytes memory none;
        Ctx memory c = Ctx(a.ticket, offer, 0, word, issuance, issuance.minimum(), held, heads, none);
        for (uint256 head = heads; left != 0;) {
            _accept(c, Offers.next(c.heads, head));
            unchecked {
                head += 32;
                --left;
            }
        }
        if (TicketWord.unwrap(c.rest) == TicketWord.unwrap(word)) {
            if (c.first.length == 0) revert BadChildren(0);
            Auth.raise(c.first);
        }
        Tickets.store(slot, c.rest);
    }

    /// One receiver's signature over its children; each child takes effect, or is refused, by itself.
    function _accept(Ctx memory c, uint256 spot) private {
        (uint256 to, uint256 leg, uint256 legs) = Offers.acceptance(spot);
        bytes32 d = Offers.acceptDigest(SEPARATOR, c.offer, c.rest.party(), to, leg, legs);
        SignerWord receiver = Auth.tryParty(_l, d, Offers.signatures(spot));
        bytes memory refusal;
        if (receiver.declines(to, c.issuance.debtor(), c.rest.party()) != 0) {
            refusal = _refuseReceiver(c, receiver, to, d, spot);
        }
        while (legs != 0) {
            uint256 value;
            (c.index, value) = Offers.indexAndValue(leg);
            bytes32 child = _childAt(c);
            uint256 place = Tickets.slotOf(_l, child);
            TicketWord there = Tickets.load(place);
            if (c.rest.keeps(value, c.minimum, c.held) | refusal.length | TicketWord.unwrap(there) == 0) {
                Tickets.store(place, c.rest.child(receiver.party(), value));
                c.rest = c.rest.less(value);
                emit Transferred(c.ticket, child, receiver.party(), uint96(value));
            } else {
                bytes memory reason = refusal.length != 0
                    ? refusal
                    : _refuseChild(c.ticket, child, there, c.rest.value(), value, c.minimum, c.held);
                if (c.first.length == 0) c.first = reason;
                emit LegRefused(child, reason);
            }
            unchecked {
                leg += 128;
                --legs;
            }
        }
    }

    /// The id of the child at `c.index`.
    function _childAt(Ctx memory c) private pure returns (bytes32) {
        uint256 preimage;
        assembly ("memory-safe") {
            preimage := c
        }
        return Tickets.childAt(preimage);
    }

    /// Refuses unless the holder may sign and this is its ticket in this version, of which value may be offered now.
    /// Returns what orders hold of it.
    function _requireOfferable(bytes32 ticket, TicketWord w, IssuanceWord iw, SignerWord holder, uint16 version)
        private
        view
        returns (uint256 held)
    {
        Auth.requireActive(holder);
        if (w.party() != holder.party()) {
            if (w.party() == 0) revert UnknownTicket(ticket);
            revert NotHolder(ticket, holder.party());
        }
        if (w.version() != version) revert StaleVersion(ticket, version, w.version());
        bytes16 issuance = bytes16(ticket);
        if (iw.flags() != 0) {
            if (iw.has(Flags.FUNDED)) revert FullyFunded(issuance);
            revert IssuanceVoid(issuance);
        }
        if (block.timestamp >= iw.transferableUntil()) revert NoLongerTransferable(issuance, iw.transferableUntil());
        if (w.flags() != 0) {
            if (w.has(Flags.PAID)) revert PaidInPart(ticket);
            held = Tickets.held(_l, ticket, w, block.timestamp);
        }
    }

    /// The encoded error for all children of one receiver, or nothing.
    function _refuseReceiver(Ctx memory c, SignerWord w, uint256 to, bytes32 d, uint256 spot)
        private
        view
        returns (bytes memory refusal)
    {
        if (SignerWord.unwrap(w) == 0) return Auth.why(_l, d, Offers.signatures(spot));
        if (w.party() != to) return abi.encodeWithSelector(WrongParty.selector, w.party(), uint48(to));
        if (block.timestamp < w.suspendedUntil()) {
            return abi.encodeWithSelector(Suspended.selector, to, w.suspendedUntil());
        }
        if (w.roles() & Roles.SUPPLIER == 0 || to == c.issuance.debtor() || to == c.rest.party()) {
            return abi.encodeWithSelector(NotAReceiver.selector, to);
        }
    }

    /// The encoded error for one child, or nothing. The offer's digest stands in the id, so what is there can
    /// only be this child, or its withdrawal.
    function _refuseChild(
        bytes32 ticket,
        bytes32 child,
        TicketWord there,
        uint256 left,
        uint256 value,
        uint256 minimum,
        uint256 held
    ) private pure returns (bytes memory refusal) {
        if (there.has(Flags.WITHDRAWN)) return abi.encodeWithSelector(Withdrawn.selector, child);
        if (!there.empty()) return abi.encodeWithSelector(AlreadyDone.selector, child);
        if (value < minimum) return abi.encodeWithSelector(BelowMinimum.selector, value, minimum);
        unchecked {
            if (value > left - held) return abi.encodeWithSelector(NotEnough.selector, ticket, left - held, value);
            uint256 rest = left - value;
            if (rest != 0 && rest < minimum) {
                return abi.encodeWithSelector(RemainderBelowMinimum.selector, rest, minimum);
            }
        }
    }

    /// @inheritdoc IGoldTicket
    function withdraw(Withdraw calldata a, bytes[] calldata signatures) external plain {
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        if (a.indexes.length > Offers.MOST_CHILDREN) revert TooMany(a.indexes.length, Offers.MOST_CHILDREN);
        uint48 holder = Auth.party(_l, Auth.digest(SEPARATOR, ActHash.withdraw(a)), signatures[0]).party();
        if (_l.tickets[a.ticket].party() != holder) revert NotHolder(a.ticket, holder);
        for (uint256 i; i < a.indexes.length; ++i) {
            bytes32 child = Tickets.childId(a.ticket, a.offer, a.indexes[i]);
            if (!_l.tickets[child].empty()) continue;
            _l.tickets[child] = TicketWords.tombstone(Flags.WITHDRAWN);
            emit ChildWithdrawn(a.ticket, child);
        }
    }

    /// @inheritdoc IGoldTicket
    function withdrawAll(WithdrawAll calldata a, bytes[] calldata signatures) external plain {
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        bytes32 d = Auth.digest(SEPARATOR, keccak256(abi.encode(WITHDRAW_ALL, a)));
        uint48 holder = Auth.party(_l, d, signatures[0]).party();
        TicketWord w = _l.tickets[a.ticket];
        if (w.party() != holder) revert NotHolder(a.ticket, holder);
        if (w.version() != a.version) revert StaleVersion(a.ticket, a.version, w.version());
        if (a.version == type(uint16).max) revert VersionsExhausted(a.ticket);
        _l.tickets[a.ticket] = w.withVersion(a.version + 1);
        emit OffersWithdrawn(a.ticket, a.version + 1);
    }

    // ---- FINANCE --------------------------------------------------------------------------------

    /// @inheritdoc IGoldTicket
    function lock(Lock calldata a, bytes[] calldata signatures) external plain {
        Auth.deadline(a.deadline);
        Auth.running(_l, Stages.FINANCE);
        Auth.count(signatures, 2);
        bytes32 offer = Auth.digest(SEPARATOR, keccak256(abi.encode(LOCK, a)));
        SignerWord holder = Auth.party(_l, offer, signatures[0]);
        uint256 slot = Tickets.slotOf(_l, a.ticket);
        TicketWord w = Tickets.load(slot);
        IssuanceWord iw = _l.issuances[bytes16(a.ticket)];
        uint256 held = _requireOfferable(a.ticket, w, iw, holder, a.version);
        SignerWord bank = Auth.active(_l, offer, signatures[1], a.bank);
        if (bank.roles() & Roles.BANK == 0 || a.bank == w.party() || a.bank == iw.debtor()) revert NotABank(a.bank);
        if ((a.bank == a.clearingBank) != a.selfCertified) revert BadSelfCertification(a.bank, a.clearingBank);
        if (a.clearingBank != iw.clearingBank()) revert ClearingBankReplaced(bytes16(a.ticket), iw.clearingBank());
        IssueLib.requireClearingBank(_l, a.clearingBank);
        if (a.expiry <= block.timestamp || a.expiry >= iw.transferableUntil()) {
            revert BadExpiry(a.expiry, iw.transferableUntil());
        }
        bytes32 id = Tickets.childId(a.ticket, offer, 0);
        uint256 place = Tickets.slotOf(_l, id);
        TicketWord there = Tickets.load(place);
        bytes memory refusal = _refuseChild(a.ticket, id, there, w.value(), a.value, iw.minimum(), held);
        if (refusal.length != 0) Auth.raise(refusal);
        Tickets.store(slot, w.less(a.value));
        uint8 depth = w.depth();
        Tickets.store(place, TicketWords.packLocked(a.value, depth == 0 ? 0 : depth - 1, a.expiry));
        _l.locks[id] = LockWords.pack(a.bank, a.clearingBank, a.ticket);
        emit Locked(a.ticket, id, a.bank, a.value, a.clearingBank, a.expiry, a.terms);
    }

    function release(Receipt calldata, bytes[] calldata) external plain {
        _cold(address(FinanceLib), FinanceLib.release.selector);
    }

    function returnLock(bytes32) external plain {
        _cold(address(FinanceLib), FinanceLib.returnLock.selector);
    }

    function cancelLock(CancelLock calldata, bytes[] calldata) external plain {
        _cold(address(FinanceLib), FinanceLib.cancelLock.selector);
    }

    // ---- SETTLE ---------------------------------------------------------------------------------

    function fund(Fund calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.fund.selector);
    }

    function payOut(PayOut calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.payOut.selector);
    }

    function reportOverdue(bytes16) external plain {
        _cold(address(SettleLib), SettleLib.reportOverdue.selector);
    }

    function waive(Waive calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.waive.selector);
    }

    function replaceBank(ReplaceBank calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.replaceBank.selector);
    }

    function vetoReplacement(VetoReplacement calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.vetoReplacement.selector);
    }

    function completeReplacement(CompleteReplacement calldata, bytes[] calldata) external plain {
        _cold(address(SettleLib), SettleLib.completeReplacement.selector);
    }

    // ---- FREEZE ---------------------------------------------------------------------------------

    function freeze(Freeze calldata, bytes[] calldata) external plain {
        _cold(address(FreezeLib), FreezeLib.freeze.selector);
    }

    function unfreeze(Unfreeze calldata, bytes[] calldata) external plain {
        _cold(address(FreezeLib), FreezeLib.unfreeze.selector);
    }

    // ---- VIEWS ----------------------------------------------------------------------------------

    /// @inheritdoc IGoldTicket
    function separator() external view returns (bytes32) {
        return SEPARATOR;
    }

    /// @inheritdoc IGoldTicket
    function domainSalt() external view returns (bytes32) {
        return SALT;
    }

    /// @inheritdoc IGoldTicket
    function load(bytes32[] calldata slots) external view returns (bytes32[] memory values) {
        values = new bytes32[](slots.length);
        for (uint256 i; i < slots.length; ++i) {
            bytes32 slot = slots[i];
            bytes32 value;
            assembly ("memory-safe") {
                value := sload(slot)
            }
            values[i] = value;
        }
    }

    /// @inheritdoc IPredecessor
    function closed() external view returns (bool) {
        return _l.governance.closed;
    }

    /// @inheritdoc IPredecessor
    function openingOf(bytes32 uscc) external view returns (uint256 used, bool halted) {
        Opening storage o = _l.openings[_l.partyOf[uscc]];
        if (PREDECESSOR != address(0)) (used, halted) = IPredecessor(PREDECESSOR).openingOf(uscc);
        used += o.used;
        halted = halted || o.overdue != 0 || o.external_;
    }

    /// @inheritdoc IPredecessor
    function evidenceOf(bytes32 uscc, bytes32 fingerprint) external view returns (uint256 used, uint256 total) {
        Evidence storage e = _l.evidence[keccak256(abi.encode(uscc, fingerprint))];
        total = e.total;
        if (PREDECESSOR != address(0)) {
            uint256 committed;
            (used, committed) = IPredecessor(PREDECESSOR).evidenceOf(uscc, fingerprint);
            if (committed != 0) total = committed;
        }
        used += e.used;
    }

    /// Runs a library's function on this call's own arguments; only the selectors differ. Behind them stands what
    /// `State.separator` and `State.predecessor` read.
    function _cold(address library_, bytes4 selector) private {
        (bytes32 separator_, address predecessor) = (SEPARATOR, PREDECESSOR);
        assembly ("memory-safe") {
            let p := mload(0x40)
            let end := add(p, calldatasize())
            mstore(p, selector)
            calldatacopy(add(p, 4), 4, sub(calldatasize(), 4))
            mstore(end, separator_)
            mstore(add(end, 32), predecessor)
            let ok := delegatecall(gas(), library_, p, add(calldatasize(), 64), 0, 0)
            returndatacopy(p, 0, returndatasize())
            if iszero(ok) { revert(p, returndatasize()) }
        }
    }
}
