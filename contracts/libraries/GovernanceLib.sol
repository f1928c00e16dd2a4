// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IErrors} from "../interfaces/IErrors.sol";
import {IEvents} from "../interfaces/IEvents.sol";
import "../types/Acts.sol";
import {Roles, Stages} from "../types/Words.sol";
import {ActHash} from "./ActHash.sol";
import {Auth} from "./Auth.sol";
import {Governance, Layout, Opening, Participant, State} from "./State.sol";

/// @title The panel's own acts, and LIMITS
library GovernanceLib {
    uint256 private constant MOST_MEMBERS = 15;
    uint40 private constant STOP = 7 days;
    uint40 private constant FREE_OF_STOPS = 30 days;
    uint8 private constant MOST_MONTHS = 36;
    bytes32 private constant STOP_TYPE = keccak256(
        "Stop(uint8 stages,uint40 until,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant CLOSE = keccak256("Close(bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)");
    bytes32 private constant SET_POLICY = keccak256(
        "SetPolicy(uint8 months,uint40 from,bytes32 evidence,uint32 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant SET_LIMIT = keccak256(
        "SetLimit(uint48 core,uint96 amount,uint40 expiry,uint16 sequence,bytes32 salt,uint40 deadline)"
    );
    bytes32 private constant HALT = keccak256(
        "Halt(uint48 core,bool halted,bytes32 evidence,uint16 sequence,bytes32 salt,uint40 deadline)"
    );

    function seed(uint48[] memory members, uint8 threshold, uint8 months) external {
        Layout storage l = State.get();
        _setPanel(l, members, threshold);
        if (months == 0 || months > MOST_MONTHS) revert IErrors.BadMonths(months);
        l.governance.months = months;
        emit IEvents.PanelSet(members, threshold, 0, 0);
    }

    function changePanel(ChangePanel calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.sequence(a.sequence, l.governance.sequence);
        Auth.panel(l, Auth.digest(State.separator(), ActHash.changePanel(a)), signatures, 0);
        _setPanel(l, a.members, a.threshold);
        emit IEvents.PanelSet(a.members, a.threshold, a.evidence, ++l.governance.sequence);
    }

    /// For 7 days at most, once in 30, whichever stages.
    function stop(Stop calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Governance storage g = l.governance;
        Auth.deadline(a.deadline);
        Auth.sequence(a.sequence, g.sequence);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(STOP_TYPE, a))), signatures, 0);
        if (a.stages == 0 || a.stages > Stages.ALL) revert IErrors.BadStages(a.stages);
        if (block.timestamp < g.stopFreeFrom) revert IErrors.TooEarly(g.stopFreeFrom, block.timestamp);
        uint40 most = uint40(block.timestamp) + STOP;
        if (a.until > most || a.until <= block.timestamp) revert IErrors.StopTooLong(a.until, most);
        g.stoppedStages = a.stages;
        g.stoppedUntil = a.until;
        g.stopFreeFrom = uint40(block.timestamp) + FREE_OF_STOPS;
        emit IEvents.StagesStopped(a.stages, a.until, g.stopFreeFrom, a.evidence, ++g.sequence);
    }

    /// No new issuances here, for good; what exists lives on to its end.
    function close(Close calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.sequence(a.sequence, l.governance.sequence);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(CLOSE, a))), signatures, 0);
        l.governance.closed = true;
        emit IEvents.DeploymentClosedForIssue(a.evidence, ++l.governance.sequence);
    }

    /// A policy is dated: until `from` the one before it holds. Judged when an issue act is carried out.
    function setPolicy(SetPolicy calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Governance storage g = l.governance;
        Auth.deadline(a.deadline);
        Auth.running(l, Stages.LIMITS);
        Auth.sequence(a.sequence, g.sequence);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(SET_POLICY, a))), signatures, 0);
        if (a.months == 0 || a.months > MOST_MONTHS) revert IErrors.BadMonths(a.months);
        if (a.from < block.timestamp) revert IErrors.StartsInThePast(a.from, block.timestamp);
        if (g.nextMonths != 0 && block.timestamp >= g.nextFrom) g.months = g.nextMonths;
        g.nextMonths = a.months;
        g.nextFrom = a.from;
        emit IEvents.PolicySet(g.months, a.months, a.from, a.evidence, ++g.sequence);
    }

    /// By the clearing bank that the core named at its admission. Below the use it only blocks new issuances.
    function setLimit(SetLimit calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.running(l, Stages.LIMITS);
        Auth.count(signatures, 1);
        Participant storage p = Auth.role(l, a.core, Roles.CORE);
        Opening storage o = l.openings[a.core];
        Auth.sequence(a.sequence, o.sequence);
        Auth.named(l, Auth.digest(State.separator(), keccak256(abi.encode(SET_LIMIT, a))), signatures[0], p.clearingBank);
        if (a.amount > type(uint88).max) revert IErrors.LimitTooLarge(a.amount);
        o.limit = uint88(a.amount);
        o.expiry = a.expiry;
        emit IEvents.LimitSet(a.core, a.amount, a.expiry, ++o.sequence);
    }

    /// For outside reasons, apart from what the ledger itself has found overdue.
    function halt(Halt calldata a, bytes[] calldata signatures) external {
        Layout storage l = State.get();
        Auth.deadline(a.deadline);
        Auth.role(l, a.core, Roles.CORE);
        Opening storage o = l.openings[a.core];
        Auth.sequence(a.sequence, o.sequence);
        Auth.panel(l, Auth.digest(State.separator(), keccak256(abi.encode(HALT, a))), signatures, 0);
        o.external_ = a.halted;
        emit IEvents.HaltSet(a.core, a.halted, a.evidence, ++o.sequence);
    }

    function _setPanel(Layout storage l, uint48[] memory members, uint8 threshold) private {
        if (members.length > MOST_MEMBERS) revert IErrors.TooMany(members.length, MOST_MEMBERS);
        if (threshold == 0 || threshold > members.length) revert IErrors.BadThreshold(threshold, members.length);
        uint48 last;
        for (uint256 i; i < members.length; ++i) {
            if (members[i] <= last) revert IErrors.NotAscending(i);
            last = members[i];
            if (l.participants[last].uscc == 0) revert IErrors.UnknownParty(last);
        }
        l.panel = members;
        l.governance.threshold = threshold;
    }
}
