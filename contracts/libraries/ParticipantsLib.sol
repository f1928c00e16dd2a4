// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import "../types/Acts.sol";
import {Rights, Roles, SignerWord, SignerWords, Stages} from "../types/Words.sol";
import {ActHash} from "./ActHash.sol";
import {Auth} from "./Auth.sol";
import {Layout, Participant, Recovery, State} from "./State.sol";

/// @title PARTICIPANTS: who they are and who signs for them
library ParticipantsLib {
    uint256 private constant MOST_KEYS = 16;
    uint40 private constant RECOVERY_DELAY = 14 days;
    uint40 private constant SUSPENSION = 30 days;
    bytes32 private constant CHANGE_PROFILE =
        keccak256("ChangeProfile(uint48 party,bytes32 profile,uint32 sequence,bytes32 salt,uint40 deadline)");
    bytes32 private constant VETO_RECOVERY =
        keccak256("VetoRecovery(uint48 party,bytes32 recovery,bytes32 salt,uint40 deadline)");
    bytes32 private constant COMPLETE_RECOVERY =
        keccak256("CompleteRecovery(uint48 party,bytes32 recovery,bytes32 salt,uint40 deadline)");
    bytes32 private constant SUSPEND = keccak256(
        "Suspend(uint48 party,uint40 until,bool byPanel,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );

    /// The constructor's participants. Clearing banks may name each other, so they are checked at the end.
    function seed(Seed[] memory seeds) external {
        Layout storage l = State.get();
        for (uint256 i; i < seeds.length; ++i) {
            _enter(l, seeds[i].uscc, seeds[i].roles, seeds[i].clearingBank, seeds[i].profile, seeds[i].keys, 0, 0);
        }
        for (uint48 party = 1; party <= seeds.length; ++party) {
            _requireClearingBank(l, party, l.participants[party].roles, l.participants[party].clearingBank);
        }
    }

    function admit(Admit calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.running(l, Stages.PARTICIPANTS);
        Auth.count(signatures, 2 + a.keys.length);
        bytes32 d = Auth.digest(State.separator(), ActHash.admit(a));
        Auth.role(l, a.registrar, Roles.REGISTRAR);
        Auth.role(l, a.bank, Roles.BANK);
        if (a.registrar == a.bank) revert IErrors.NotIndependent(a.bank);
        Auth.named(l, d, signatures[0], a.registrar);
        Auth.named(l, d, signatures[1], a.bank);
        _consent(d, a.keys, signatures, 2);
        uint48 party = _enter(l, a.uscc, a.roles, a.clearingBank, a.profile, a.keys, a.registrar, a.bank);
        _requireClearingBank(l, party, a.roles, a.clearingBank);
    }

    function changeSigners(ChangeSigners calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1 + a.add.length);
        Participant storage p = l.participants[a.party];
        Auth.sequence(a.sequence, p.sequence);
        bytes32 d = Auth.digest(State.separator(), ActHash.changeSigners(a));
        Auth.named(l, d, signatures[0], a.party);
        _consent(d, a.add, signatures, 1);
        for (uint256 i; i < a.remove.length; ++i) {
            _drop(l, p, a.party, a.remove[i]);
        }
        for (uint256 i; i < a.add.length; ++i) {
            _add(l, p, a.party, a.add[i].key, a.add[i].right);
        }
        _requireSomebody(p, a.party);
        emit IEvents.SignersChanged(a.party, ++p.sequence);
    }

    function changeProfile(ChangeProfile calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        Participant storage p = l.participants[a.party];
        Auth.sequence(a.sequence, p.sequence);
        Auth.named(l, Auth.digest(State.separator(), keccak256(abi.encode(CHANGE_PROFILE, a))), signatures[0], a.party);
        p.profile = a.profile;
        emit IEvents.ProfileChanged(a.party, a.profile, ++p.sequence);
    }

    /// Signatures: the named clearing bank, each new key, then the panel.
    function recover(Recover calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.atLeast(signatures, 1 + a.keys.length);
        Participant storage p = l.participants[a.party];
        if (p.uscc == 0) revert IErrors.UnknownParty(a.party);
        Auth.sequence(a.sequence, p.sequence);
        Recovery storage r = l.recoveries[a.party];
        // one that nobody completes makes way, or keys lost twice would end the participant
        if (r.digest != 0 && block.timestamp < r.readyAt + RECOVERY_DELAY) {
            revert IErrors.RecoveryRunning(a.party, r.digest);
        }
        bytes32 d = Auth.digest(State.separator(), ActHash.recover(a));
        Auth.named(l, d, signatures[0], p.clearingBank);
        _consent(d, a.keys, signatures, 1);
        Auth.panel(l, d, signatures, 1 + a.keys.length);
        if (a.keys.length > MOST_KEYS) revert IErrors.TooMany(a.keys.length, MOST_KEYS);
        _forget(l, a.party);
        bool maker;
        bool checker;
        for (uint256 i; i < a.keys.length; ++i) {
            address key = a.keys[i].key;
            uint8 right = a.keys[i].right;
            _requireFree(l, key, a.party, right);
            l.signers[key] = SignerWords.pack(a.party, 0, p.roles, p.suspendedUntil).withPending(right);
            r.keys.push(key);
            maker = maker || right != Rights.CHECKER;
            checker = checker || right != Rights.MAKER;
        }
        if (!maker || !checker) revert IErrors.NobodyCanSign(a.party);
        r.digest = d;
        r.readyAt = uint40(block.timestamp) + RECOVERY_DELAY;
        emit IEvents.RecoveryStarted(a.party, d, a.keys, r.readyAt, a.evidence, ++p.sequence);
    }

    /// Any current signer alone, absolutely.
    function vetoRecovery(VetoRecovery calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        _recovery(l, a.party, a.recovery);
        bytes32 d = Auth.digest(State.separator(), keccak256(abi.encode(VETO_RECOVERY, a)));
        address key = Auth.oneKey(d, signatures[0]);
        SignerWord w = l.signers[key];
        if (w.right() == Rights.NONE) revert IErrors.NotASigner(key);
        if (w.party() != a.party) revert IErrors.WrongParty(w.party(), a.party);
        _forget(l, a.party);
        emit IEvents.RecoveryVetoed(a.party, a.recovery, key);
    }

    /// Any of the new keys, after the delay.
    function completeRecovery(CompleteRecovery calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.count(signatures, 1);
        Recovery storage r = _recovery(l, a.party, a.recovery);
        if (block.timestamp < r.readyAt) revert IErrors.TooEarly(r.readyAt, block.timestamp);
        address by = Auth.oneKey(Auth.digest(State.separator(), keccak256(abi.encode(COMPLETE_RECOVERY, a))), signatures[0]);
        if (l.signers[by].pending() == Rights.NONE) revert IErrors.NotASigner(by);
        if (l.signers[by].party() != a.party) revert IErrors.WrongParty(l.signers[by].party(), a.party);
        Participant storage p = l.participants[a.party];
        for (uint256 i = p.keys.length; i > 0; --i) {
            _drop(l, p, a.party, p.keys[i - 1]);
        }
        for (uint256 i; i < r.keys.length; ++i) {
            uint8 right = l.signers[r.keys[i]].pending();
            l.signers[r.keys[i]] = l.signers[r.keys[i]].withPending(Rights.NONE);
            _add(l, p, a.party, r.keys[i], right);
        }
        delete l.recoveries[a.party];
        emit IEvents.RecoveryCompleted(a.party, a.recovery, ++p.sequence);
    }

    function suspend(Suspend calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Participant storage p = l.participants[a.party];
        if (p.uscc == 0) revert IErrors.UnknownParty(a.party);
        Auth.sequence(a.sequence, p.suspensionSequence);
        bytes32 d = Auth.digest(State.separator(), keccak256(abi.encode(SUSPEND, a)));
        if (a.byPanel) {
            Auth.panel(l, d, signatures, 0);
        } else {
            Auth.count(signatures, 1);
            Auth.role(l, Auth.party(l, d, signatures[0]).party(), Roles.REGISTRAR);
            _registrarMay(p, a);
        }
        bool lifts = a.until <= block.timestamp;
        p.suspendedUntil = lifts ? 0 : a.until;
        p.suspendedByPanel = a.byPanel && !lifts;
        for (uint256 i; i < p.keys.length; ++i) {
            l.signers[p.keys[i]] = l.signers[p.keys[i]].withSuspension(p.suspendedUntil);
        }
        emit IEvents.SuspensionSet(
            a.party, p.suspendedUntil, p.suspensionFreeFrom, p.suspendedByPanel, a.evidence, ++p.suspensionSequence
        );
    }

    /// The registrar alone: 30 days at most, then 30 free days; never against the panel's.
    function _registrarMay(Participant storage p, Suspend calldata a) private {
        if (p.suspendedByPanel && block.timestamp < p.suspendedUntil) {
            revert IErrors.SuspendedByPanel(a.party, p.suspendedUntil);
        }
        if (a.until <= block.timestamp) {
            // lifting nothing would only take the number that the panel has signed for
            if (block.timestamp >= p.suspendedUntil) revert IErrors.NotSuspended(a.party);
            return;
        }
        uint40 most = uint40(block.timestamp) + SUSPENSION;
        if (a.until > most) revert IErrors.SuspensionTooLong(a.until, most);
        if (block.timestamp < p.suspensionFreeFrom) revert IErrors.TooEarly(p.suspensionFreeFrom, block.timestamp);
        p.suspensionFreeFrom = a.until + SUSPENSION;
    }

    function _enter(
        Layout storage l,
        string memory uscc,
        uint8 roles,
        uint48 clearingBank,
        bytes32 profile,
        Key[] memory keys,
        uint48 registrar,
        uint48 bank
    ) private returns (uint48 party) {
        if (bytes(uscc).length != 18) revert IErrors.BadUscc(uscc);
        bytes32 name = bytes32(bytes(uscc));
        if (l.partyOf[name] != 0) revert IErrors.AlreadyAdmitted(l.partyOf[name]);
        _requireRoles(roles);
        party = ++l.governance.participants;
        l.partyOf[name] = party;
        Participant storage p = l.participants[party];
        p.uscc = name;
        p.profile = profile;
        p.roles = roles;
        p.clearingBank = clearingBank;
        emit IEvents.Admitted(party, uscc, roles, clearingBank, profile, registrar, bank);
        for (uint256 i; i < keys.length; ++i) {
            _add(l, p, party, keys[i].key, keys[i].right);
        }
        _requireSomebody(p, party);
    }

    /// Only a bank may be a clearing bank; a bank gets tickets by release only, so it is no supplier and no core.
    function _requireRoles(uint8 roles) private pure {
        bool bank = roles & Roles.BANK != 0;
        bool trader = roles & (Roles.CORE | Roles.SUPPLIER) != 0;
        bool clearing = roles & Roles.CLEARING_BANK != 0;
        if (roles == 0 || roles >= 64 || (bank && trader) || (clearing && !bank)) revert IErrors.BadRoles(roles);
    }

    /// A clearing bank names another bank (which confirms its recovery), everybody else a clearing bank.
    function _requireClearingBank(Layout storage l, uint48 party, uint8 roles, uint48 named) private view {
        uint8 needed = roles & Roles.CLEARING_BANK != 0 ? Roles.BANK : Roles.CLEARING_BANK;
        if (named == party || l.participants[named].roles & needed == 0) revert IErrors.BadClearingBank(named);
    }

    function _consent(bytes32 d, Key[] calldata keys, bytes[] calldata signatures, uint256 first) private view {
        for (uint256 i; i < keys.length; ++i) {
            address found = Auth.oneKey(d, signatures[first + i]);
            if (found != keys[i].key) revert IErrors.NotASigner(found);
        }
    }

    function _requireFree(Layout storage l, address key, uint48 party, uint8 right) private view {
        SignerWord w = l.signers[key];
        bool ours = w.party() == party && w.right() == Rights.NONE && w.pending() == Rights.NONE;
        if (w.party() != 0 && !ours) revert IErrors.KeyTaken(key, w.party());
        if (key == address(0) || right == Rights.NONE || right > Rights.SOLE) revert IErrors.BadRight(key, right);
    }

    function _add(Layout storage l, Participant storage p, uint48 party, address key, uint8 right) private {
        _requireFree(l, key, party, right);
        if (p.keys.length == MOST_KEYS) revert IErrors.TooMany(MOST_KEYS + 1, MOST_KEYS);
        l.signers[key] = SignerWords.pack(party, right, p.roles, p.suspendedUntil);
        p.keys.push(key);
        if (right == Rights.MAKER) ++p.makers;
        else if (right == Rights.CHECKER) ++p.checkers;
        else ++p.soles;
        emit IEvents.SignerSet(party, key, right);
    }

    /// The key's word stays: it belongs to this participant for ever.
    function _drop(Layout storage l, Participant storage p, uint48 party, address key) private {
        SignerWord w = l.signers[key];
        uint8 right = w.right();
        if (w.party() != party || right == Rights.NONE) revert IErrors.NotASigner(key);
        if (right == Rights.MAKER) --p.makers;
        else if (right == Rights.CHECKER) --p.checkers;
        else --p.soles;
        l.signers[key] = w.withRight(Rights.NONE);
        uint256 last = p.keys.length - 1;
        for (uint256 i; i < last; ++i) {
            if (p.keys[i] == key) {
                p.keys[i] = p.keys[last];
                break;
            }
        }
        p.keys.pop();
        emit IEvents.SignerSet(party, key, Rights.NONE);
    }

    function _requireSomebody(Participant storage p, uint48 party) private view {
        if (p.soles == 0 && (p.makers == 0 || p.checkers == 0)) revert IErrors.NobodyCanSign(party);
    }

    /// Ends a recovery; its keys stay this participant's, without any right.
    function _forget(Layout storage l, uint48 party) private {
        address[] storage keys = l.recoveries[party].keys;
        for (uint256 i; i < keys.length; ++i) {
            l.signers[keys[i]] = l.signers[keys[i]].withPending(Rights.NONE);
        }
        delete l.recoveries[party];
    }

    function _recovery(Layout storage l, uint48 party, bytes32 digest) private view returns (Recovery storage r) {
        r = l.recoveries[party];
        if (digest == 0 || r.digest != digest) revert IErrors.NoRecovery(party, digest);
    }
}
