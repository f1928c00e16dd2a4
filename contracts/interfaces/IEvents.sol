// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Key} from "../types/Acts.sol";

/// @title What happened
/// @notice From these alone every storage slot can be rebuilt; `tests/contracts/test_rebuild.py` does it.
interface IEvents {
    /// @dev The domain's salt and the predecessor (0 for none) of this deployment; emitted once.
    event Deployed(bytes32 salt, address predecessor, uint8 months);

    /// @dev One act of a `relay` did not take effect. `position` counts from 0.
    event Refused(uint256 indexed position, bytes reason);

    // participants
    event Admitted(
        uint48 indexed party, string uscc, uint8 roles, uint48 clearingBank, bytes32 profile, uint48 registrar, uint48 bank
    );
    /// @dev `right` 0: the key may sign no more. A key that comes in does so with its participant's suspension.
    event SignerSet(uint48 indexed party, address indexed key, uint8 right);
    event ProfileChanged(uint48 indexed party, bytes32 profile, uint32 sequence);
    event SignersChanged(uint48 indexed party, uint32 sequence);
    event RecoveryStarted(uint48 indexed party, bytes32 recovery, Key[] keys, uint40 readyAt, bytes32 evidence, uint32 sequence);
    event RecoveryVetoed(uint48 indexed party, bytes32 recovery, address key);
    event RecoveryCompleted(uint48 indexed party, bytes32 recovery, uint32 sequence);
    event SuspensionSet(
        uint48 indexed party, uint40 until, uint40 freeFrom, bool byPanel, bytes32 evidence, uint32 sequence
    );
    event PanelSet(uint48[] members, uint8 threshold, bytes32 evidence, uint32 sequence);
    event StagesStopped(uint8 stages, uint40 until, uint40 freeFrom, bytes32 evidence, uint32 sequence);
    event DeploymentClosedForIssue(bytes32 evidence, uint32 sequence);

    // limits
    event PolicySet(uint8 months, uint8 nextMonths, uint40 nextFrom, bytes32 evidence, uint32 sequence);
    event LimitSet(uint48 indexed core, uint96 amount, uint40 expiry, uint16 sequence);
    event HaltSet(uint48 indexed core, bool halted, bytes32 evidence, uint16 sequence);

    // issue
    event Issued(
        bytes32 indexed ticket,
        uint48 indexed debtor,
        uint48 indexed supplier,
        uint96 face,
        uint48 clearingBank,
        uint40 contractualDue,
        uint40 due,
        uint40 transferableUntil,
        uint32 grace,
        uint8 depth,
        uint8 minimum,
        uint8 interest,
        bytes32 undertaking,
        bytes32 digest
    );
    event InvoiceCounted(bytes16 indexed issuance, bytes32 key, bytes32 fingerprint, uint128 used, uint128 total);
    event IssueWithdrawn(bytes32 indexed ticket, uint48 indexed debtor);
    event Voided(bytes16 indexed issuance, bytes32 evidence);

    // transfer
    event Transferred(bytes32 indexed parent, bytes32 indexed child, uint48 to, uint96 value);
    /// @dev One child of an offer did not take effect while others did.
    event LegRefused(bytes32 indexed child, bytes reason);
    event ChildWithdrawn(bytes32 indexed parent, bytes32 indexed child);
    event OffersWithdrawn(bytes32 indexed ticket, uint16 version);

    // finance
    event Locked(
        bytes32 indexed parent, bytes32 indexed lock, uint48 bank, uint96 value, uint48 clearingBank, uint40 expiry, bytes32 terms
    );
    event Released(bytes32 indexed lock, bytes32 ref, bytes32 registration);
    event Returned(bytes32 indexed parent, bytes32 indexed lock, bool cancelled);

    // settle
    event Funded(bytes16 indexed issuance, uint48 indexed bank, bytes32 ref, uint96 amount, uint96 paid);
    event PaidOut(bytes32 indexed ticket, uint48 indexed bank, bytes32 ref, uint96 amount, uint40 paidAt, uint96 taken);
    event LineRefused(bytes32 indexed ticket, bytes32 ref, uint256 position, bytes reason);
    event PayOutMade(uint48 indexed bank, bytes32 ref);
    event OverdueReported(bytes16 indexed issuance, uint48 indexed debtor);
    event OverdueLifted(bytes16 indexed issuance, uint48 indexed debtor);
    event Waived(bytes16 indexed issuance, uint40 until, bytes32 evidence, uint16 sequence);
    event ReplacementStarted(bytes16 indexed issuance, bytes32 replacement, uint48 bank, uint40 readyAt, bytes32 evidence, uint16 sequence);
    event ReplacementVetoed(bytes16 indexed issuance, bytes32 replacement);
    event ClearingBankChanged(bytes16 indexed issuance, bytes32 replacement, uint48 bank);

    // freeze
    event Frozen(
        bytes32 indexed ticket, uint8 slot, bytes32 order, uint96 amount, uint40 start, uint40 end, bytes32 evidence, uint32 sequence
    );
    event Unfrozen(bytes32 indexed ticket, uint8 slot, bytes32 order, bool last, bytes32 evidence, uint32 sequence);
}
