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
        _l.predecessor = predecessor;
        emit Deployed(SALT, predecessor, months);
        ParticipantsLib.seed(seeds);
        GovernanceLib.seed(members, threshold, months);
    }

    /// A plain account, or one of its items inside `relay`: signatures then stand in a transaction's calldata.
    modifier plain() {
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin && msg.sender != address(this)) revert NotPlainAccount(msg.sender);
        if (block.chainid != CHAIN) revert WrongChain(CHAIN, block.chainid);
        _;
    }

    // ---- RELAY ----------------------------------------------------------------------------------

    /// @inheritdoc IGoldTicket
    function relay(Call[] calldata calls) external returns (bytes[] memory refusals) {
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin) revert NotPlainAccount(msg.sender);
        uint256 count = calls.length;
        for (uint256 i; i < count;) {
            bool ok;
            bool short;
            uint256 gas_;
            assembly ("memory-safe") {
                let item := add(calls.offset, calldataload(add(calls.offset, shl(5, i))))
                gas_ := and(calldataload(item), 0xffffffff)
                let data := add(item, calldataload(add(item, 0x20)))
                let length := calldataload(data)
                // one scratch area behind the free memory serves every item
                let p := mload(0x40)
                calldatacopy(p, add(data, 0x20), length)
                // a call passes on 63/64 of what is left at most; 700 covers what stands between here and there
                short := lt(sub(gas(), shr(6, gas())), add(gas_, 700))
                if iszero(short) { ok := call(gas_, address(), 0, p, length, 0, 0) }
            }
            if (!ok) {
                if (short) revert TooLittleGas(i, gas_, gasleft());
                if (refusals.length == 0) refusals = new bytes[](count);
                refusals[i] = _refused(i, gas_);
            }
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
    function _refused(uint256 position, uint256 declared) private returns (bytes memory reason) {
        assembly ("memory-safe") {
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(reason, returndatasize()), 0x3f), not(0x1f)))
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

    /// What one transfer works with; `value` and `free` go down with each child.
    struct Ctx {
        bytes32 ticket;
        bytes32 offer;
        TicketWord word;
        uint256 minimum;
        uint256 value;
        uint256 free;
        uint256 holder;
        uint256 debtor;
        uint256 made;
        bytes first;
    }

    /// @inheritdoc IGoldTicket
    function transfer(Transfer calldata a) external plain {
        Auth.deadline(a.deadline);
        Auth.running(_l, Stages.TRANSFER);
        Ctx memory c;
        c.ticket = a.ticket;
        c.offer = Auth.digest(SEPARATOR, Offers.structHash(a));
        SignerWord holder = Auth.party(_l, c.offer, Offers.signatures(a));
        Auth.requireActive(holder);
        _requireOfferable(c, a.version, holder.party());
        if (c.word.depth() == 0) revert DepthExhausted(c.ticket);
        (uint256 heads, uint256 count) = Offers.acceptances(a);
        for (uint256 i; i < count;) {
            _accept(c, heads, i);
            unchecked {
                ++i;
            }
        }
        if (c.made == 0) {
            if (c.first.length == 0) revert BadChildren(0);
            Auth.raise(c.first);
        }
        _l.tickets[c.ticket] = c.word.withValue(uint96(c.value));
    }

    /// The ticket as it is, and whether its holder may offer value of it now.
    function _requireOfferable(Ctx memory c, uint256 version, uint256 holder) private view {
        TicketWord w = _l.tickets[c.ticket];
        if (w.party() != holder) {
            if (w.party() == 0) revert UnknownTicket(c.ticket);
            revert NotHolder(c.ticket, uint48(holder));
        }
        if (w.version() != version) revert StaleVersion(c.ticket, uint16(version), w.version());
        bytes16 issuance = bytes16(c.ticket);
        IssuanceWord iw = _l.issuances[issuance];
        if (iw.flags() != 0) {
            if (iw.has(Flags.FUNDED)) revert FullyFunded(issuance);
            revert IssuanceVoid(issuance);
        }
        if (block.timestamp >= iw.transferableUntil()) revert NoLongerTransferable(issuance, iw.transferableUntil());
        c.word = w;
        c.holder = holder;
        c.value = w.value();
        c.free = c.value;
        c.minimum = iw.minimum();
        c.debtor = iw.debtor();
        if (w.flags() != 0) {
            if (w.has(Flags.PAID)) revert PaidInPart(c.ticket);
            c.free -= Tickets.held(_l, c.ticket, w, block.timestamp);
        }
    }

    /// One receiver's signature over its children; each child takes effect, or is refused, by itself.
    function _accept(Ctx memory c, uint256 heads, uint256 i) private {
        (uint256 to, uint256 leg, uint256 end, bytes calldata signatures) = Offers.acceptance(heads, i);
        bytes memory refusal = _refuseReceiver(
            c, to, Auth.digest(SEPARATOR, Offers.acceptHash(c.offer, c.holder, to, leg, end)), signatures
        );
        for (; leg < end;) {
            (uint256 index, uint256 value) = Offers.indexAndValue(leg);
            unchecked {
                leg += 128;
            }
            bytes32 child = Tickets.childId(c.ticket, c.offer, index);
            bytes memory reason = refusal.length != 0 ? refusal : _refuseChild(c, child, value);
            if (reason.length != 0) {
                if (c.first.length == 0) c.first = reason;
                emit LegRefused(child, reason);
                continue;
            }
            unchecked {
                c.value -= value;
                c.free -= value;
                ++c.made;
                _l.tickets[child] = TicketWords.pack(uint48(to), uint96(value), c.word.depth() - 1);
            }
            emit Transferred(c.ticket, child, uint48(to), uint96(value));
        }
    }

    function _refuseReceiver(Ctx memory c, uint256 to, bytes32 d, bytes calldata signatures)
        private
        view
        returns (bytes memory)
    {
        (SignerWord w, bytes memory refusal) = Auth.tryParty(_l, d, signatures);
        if (refusal.length != 0) return refusal;
        if (w.party() != to) return abi.encodeWithSelector(WrongParty.selector, w.party(), uint48(to));
        if (block.timestamp < w.suspendedUntil()) {
            return abi.encodeWithSelector(Suspended.selector, to, w.suspendedUntil());
        }
        if (w.roles() & Roles.SUPPLIER == 0 || to == c.debtor || to == c.holder) {
            return abi.encodeWithSelector(NotAReceiver.selector, to);
        }
        return refusal;
    }

    /// The offer's digest stands in the id, so what is there can only be this child, or its withdrawal.
    function _refuseChild(Ctx memory c, bytes32 child, uint256 value) private view returns (bytes memory) {
        TicketWord there = _l.tickets[child];
        if (!there.empty()) {
            bool withdrawn = there.has(Flags.WITHDRAWN);
            return abi.encodeWithSelector(withdrawn ? Withdrawn.selector : AlreadyDone.selector, child);
        }
        return _refuseValue(c, value);
    }

    function _refuseValue(Ctx memory c, uint256 value) private pure returns (bytes memory refusal) {
        if (value == 0 || value < c.minimum) return abi.encodeWithSelector(BelowMinimum.selector, value, c.minimum);
        if (value > c.free) return abi.encodeWithSelector(NotEnough.selector, c.ticket, c.free, value);
        unchecked {
            uint256 rest = c.value - value;
            if (rest != 0 && rest < c.minimum) {
                return abi.encodeWithSelector(RemainderBelowMinimum.selector, rest, c.minimum);
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
        Ctx memory c;
        c.ticket = a.ticket;
        c.offer = Auth.digest(SEPARATOR, keccak256(abi.encode(LOCK, a)));
        SignerWord holder = Auth.party(_l, c.offer, signatures[0]);
        Auth.requireActive(holder);
        _requireOfferable(c, a.version, holder.party());
        SignerWord bank = Auth.active(_l, c.offer, signatures[1], a.bank);
        if (bank.roles() & Roles.BANK == 0 || a.bank == c.holder || a.bank == c.debtor) revert NotABank(a.bank);
        if ((a.bank == a.clearingBank) != a.selfCertified) revert BadSelfCertification(a.bank, a.clearingBank);
        IssuanceWord iw = _l.issuances[bytes16(a.ticket)];
        if (a.clearingBank != iw.clearingBank()) revert ClearingBankReplaced(bytes16(a.ticket), iw.clearingBank());
        IssueLib.requireClearingBank(_l, a.clearingBank);
        if (a.expiry <= block.timestamp || a.expiry >= iw.transferableUntil()) {
            revert BadExpiry(a.expiry, iw.transferableUntil());
        }
        bytes32 id = Tickets.childId(a.ticket, c.offer, 0);
        TicketWord there = _l.tickets[id];
        if (!there.empty()) {
            if (there.has(Flags.WITHDRAWN)) revert Withdrawn(id);
            revert AlreadyDone(id);
        }
        bytes memory refusal = _refuseValue(c, a.value);
        if (refusal.length != 0) Auth.raise(refusal);
        uint8 depth = c.word.depth();
        _l.tickets[a.ticket] = c.word.withValue(uint96(c.value - a.value));
        _l.tickets[id] = TicketWords.packLocked(a.value, depth == 0 ? 0 : depth - 1, a.expiry);
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
        if (_l.predecessor != address(0)) (used, halted) = IPredecessor(_l.predecessor).openingOf(uscc);
        used += o.used;
        halted = halted || o.overdue != 0 || o.external_;
    }

    /// @inheritdoc IPredecessor
    function evidenceOf(bytes32 uscc, bytes32 fingerprint) external view returns (uint256 used, uint256 total) {
        Evidence storage e = _l.evidence[keccak256(abi.encode(uscc, fingerprint))];
        total = e.total;
        if (_l.predecessor != address(0)) {
            uint256 committed;
            (used, committed) = IPredecessor(_l.predecessor).evidenceOf(uscc, fingerprint);
            if (committed != 0) total = committed;
        }
        used += e.used;
    }

    /// Runs a library's function on this call's own arguments; only the selectors differ.
    function _cold(address library_, bytes4 selector) private {
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, selector)
            calldatacopy(add(p, 4), 4, sub(calldatasize(), 4))
            let ok := delegatecall(gas(), library_, p, calldatasize(), 0, 0)
            returndatacopy(p, 0, returndatasize())
            if iszero(ok) { revert(p, returndatasize()) }
        }
    }
}
