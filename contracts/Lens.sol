// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "./interfaces/IErrors.sol";
import {IGoldTicket} from "./interfaces/IGoldTicket.sol";
import {ILens} from "./interfaces/ILens.sol";
import {Card} from "./libraries/Card.sol";
import {Fact, Facts} from "./libraries/Facts.sol";
import {Reader} from "./libraries/Reader.sol";
import {Slots} from "./libraries/Slots.sol";
import {Governance, Opening, Order, Participant, Recovery, Settlement} from "./libraries/State.sol";
import {Flags, IssuanceWord, LockWord, SignerWord} from "./types/Words.sol";

/// @title The ledger in plain words, from its storage alone
/// @notice Has no power and no state, so anybody may deploy one. Documentation: `ILens`.
contract Lens is ILens {
    using Facts for Fact;
    using Reader for IGoldTicket;

    IGoldTicket private immutable LEDGER;

    constructor(address ledger) {
        LEDGER = IGoldTicket(ledger);
    }

    /// @inheritdoc ILens
    function goldTicket() external view returns (address) {
        return address(LEDGER);
    }

    // ---- TICKETS --------------------------------------------------------------------------------

    /// @inheritdoc ILens
    function statusOf(bytes32 id) external view returns (Status status, string memory word) {
        status = Facts.read(LEDGER, id).status();
        (word,) = Facts.word(status);
    }

    /// @inheritdoc ILens
    function holding(bytes32 id) external view returns (Holding memory) {
        Fact memory f = Facts.read(LEDGER, id);
        return Holding(f.word.party(), f.word.value(), f.held(), f.taken, f.payableNow(), f.free());
    }

    /// @inheritdoc ILens
    function ticket(bytes32 id) external view returns (TicketFacts memory t) {
        Fact memory f = Facts.read(LEDGER, id);
        t.id = id;
        t.issuance = bytes16(id);
        t.status = f.status();
        t.party = f.word.party();
        t.value = f.word.value();
        t.taken = uint96(f.taken);
        t.version = f.word.version();
        t.depth = f.word.depth();
        t.locked = f.word.has(Flags.LOCKED);
        t.withdrawn = f.word.has(Flags.WITHDRAWN);
        t.returned = f.word.has(Flags.RETURNED);
        t.ordered = f.word.has(Flags.ORDERED);
        t.paidInPart = f.word.has(Flags.PAID);
        t.expiry = f.word.expiry();
        t.orderSequence = uint32(LEDGER.one(Slots.inside(Slots.ORDER_SEQUENCE, id)));
        if (!t.locked) return t;
        LockWord lock = LockWord.wrap(LEDGER.one(Slots.inside(Slots.LOCKS, id)));
        t.bank = lock.bank();
        t.clearingBank = lock.clearingBank();
        t.parent = lock.parent(id);
    }

    /// @inheritdoc ILens
    function orders(bytes32 id) external view returns (Order[4] memory) {
        return LEDGER.orders(id);
    }

    /// @inheritdoc ILens
    function words(bytes32[] calldata ids) external view returns (uint256[] memory) {
        bytes32[] memory slots = new bytes32[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            slots[i] = Slots.inside(Slots.TICKETS, ids[i]);
        }
        return LEDGER.words(slots);
    }

    /// @inheritdoc ILens
    function tokenURI(bytes32 id) external view returns (string memory) {
        Fact memory f = Facts.read(LEDGER, id);
        if (f.word.empty()) revert IErrors.UnknownTicket(id);
        Card.Face memory face;
        face.id = id;
        face.value = f.word.value();
        face.due = f.settlement.due;
        face.debtor = bytes32(LEDGER.one(Slots.inside(Slots.PARTICIPANTS, f.issuance.debtor())));
        face.holder = bytes32(LEDGER.one(Slots.inside(Slots.PARTICIPANTS, f.word.party())));
        (face.status, face.label) = Facts.word(f.status());
        return Card.uri(face);
    }

    // ---- ISSUANCES ------------------------------------------------------------------------------

    /// @inheritdoc ILens
    function issuance(bytes16 id) external view returns (IssuanceFacts memory i) {
        IssuanceWord w = IssuanceWord.wrap(LEDGER.one(Slots.inside(Slots.ISSUANCES, id)));
        if (w.face() == 0) return i;
        Settlement memory s = Slots.settlement(LEDGER.one(Slots.inside(Slots.SETTLEMENTS, id)));
        uint256[] memory r = LEDGER.run(Slots.inside(Slots.REPLACEMENTS, id), 2);
        i.debtor = w.debtor();
        i.clearingBank = w.clearingBank();
        i.face = w.face();
        i.paid = s.paid;
        i.due = s.due;
        i.grace = s.grace;
        i.transferableUntil = w.transferableUntil();
        i.minimum = w.minimum();
        i.funded = w.has(Flags.FUNDED);
        i.isVoid = w.has(Flags.VOID);
        i.reported = s.reported;
        i.waivedUntil = s.waivedUntil;
        i.sequence = s.sequence;
        i.replacement = Slots.replacement(r[0], r[1]);
    }

    /// @inheritdoc ILens
    function issuanceWords(bytes16[] calldata ids) external view returns (uint256[] memory) {
        bytes32[] memory slots = new bytes32[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            slots[i] = Slots.inside(Slots.ISSUANCES, ids[i]);
        }
        return LEDGER.words(slots);
    }

    // ---- PARTICIPANTS ---------------------------------------------------------------------------

    /// @inheritdoc ILens
    function participant(uint48 id)
        external
        view
        returns (string memory code, Participant memory facts, Recovery memory recovery)
    {
        bytes32 place = Slots.inside(Slots.PARTICIPANTS, id);
        uint256[] memory w = LEDGER.run(place, 3);
        facts = Slots.participant(w[0], w[1], w[2], LEDGER.keys(Slots.next(place, 3)));
        if (facts.uscc != 0) code = string(Card.front(facts.uscc, 18));
        place = Slots.inside(Slots.RECOVERIES, id);
        w = LEDGER.run(place, 2);
        recovery = Recovery(bytes32(w[0]), uint40(w[1]), LEDGER.keys(Slots.next(place, 2)));
    }

    /// @inheritdoc ILens
    function participantOf(string calldata code) external view returns (uint48 id) {
        if (bytes(code).length != 18) return 0;
        return uint48(LEDGER.one(Slots.inside(Slots.PARTY_OF, bytes32(bytes(code)))));
    }

    /// @inheritdoc ILens
    function signer(address key) external view returns (SignerFacts memory) {
        SignerWord w = SignerWord.wrap(LEDGER.one(Slots.inside(Slots.SIGNERS, uint256(uint160(key)))));
        return SignerFacts(w.party(), w.right(), w.roles(), w.suspendedUntil(), w.pending());
    }

    /// @inheritdoc ILens
    function opening(uint48 core) external view returns (Opening memory facts, uint256 usedInAll, bool halted) {
        facts = Slots.opening(LEDGER.one(Slots.inside(Slots.OPENINGS, core)));
        bytes32 uscc = bytes32(LEDGER.one(Slots.inside(Slots.PARTICIPANTS, core)));
        if (uscc != 0) (usedInAll, halted) = LEDGER.openingOf(uscc);
    }

    // ---- GOVERNANCE -----------------------------------------------------------------------------

    /// @inheritdoc ILens
    function governance() external view returns (Governance memory facts, address predecessor) {
        facts = Slots.governance(LEDGER.one(bytes32(Slots.GOVERNANCE)));
        predecessor = address(uint160(LEDGER.one(bytes32(Slots.PREDECESSOR))));
    }

    /// @inheritdoc ILens
    function panel() external view returns (uint48[] memory members, uint8 threshold) {
        members = LEDGER.parties(bytes32(Slots.PANEL));
        threshold = Slots.governance(LEDGER.one(bytes32(Slots.GOVERNANCE))).threshold;
    }
}
