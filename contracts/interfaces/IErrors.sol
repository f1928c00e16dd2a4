// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Why an act is refused, with the evidence
/// @notice The libraries and the core revert with these only; `ledger/chain/reverts.py` maps every one of them.
interface IErrors {
    // any act
    error NotPlainAccount(address caller);
    error TooLittleGas(uint256 position, uint256 declared, uint256 left);
    error ActOutOfGas(uint256 declared);
    error WrongChain(uint256 expected, uint256 found);
    error Expired(uint40 deadline, uint256 nowAt);
    error StageStopped(uint8 stage, uint40 until);
    error DeploymentClosed();
    error BadSignatureCount(uint256 expected, uint256 found);
    error BadSignatureLength(uint256 length);
    error BadSignature();
    error NotASigner(address key);
    error WrongRight(address key, uint8 right, uint8 needed);
    error MixedParties(uint48 maker, uint48 checker);
    error WrongParty(uint48 found, uint48 expected);
    error MissingRole(uint48 party, uint8 role);
    error UnknownParty(uint48 party);
    error Suspended(uint48 party, uint40 until);
    error StaleSequence(uint256 given, uint256 current);
    error PanelTooSmall(uint256 found, uint256 threshold);
    error NotOnPanel(uint48 party);
    error NotAscending(uint256 position);
    error TooMany(uint256 found, uint256 most);
    error ReferenceSpent(uint48 bank, bytes32 ref);

    // participants
    error BadUscc(string uscc);
    error AlreadyAdmitted(uint48 party);
    error NotIndependent(uint48 party);
    error BadRoles(uint8 roles);
    error BadClearingBank(uint48 bank);
    error KeyTaken(address key, uint48 party);
    error BadRight(address key, uint8 right);
    error NobodyCanSign(uint48 party);
    error NoRecovery(uint48 party, bytes32 recovery);
    error RecoveryRunning(uint48 party, bytes32 recovery);
    error TooEarly(uint40 readyAt, uint256 nowAt);
    error SuspensionTooLong(uint40 until, uint40 most);
    error SuspendedByPanel(uint48 party, uint40 until);
    error NotSuspended(uint48 party);
    error BadThreshold(uint8 threshold, uint256 members);
    error StopTooLong(uint40 until, uint40 most);
    error BadStages(uint8 stages);
    error PredecessorOpen(address predecessor);

    // limits
    error BadMonths(uint8 months);
    error StartsInThePast(uint40 from, uint256 nowAt);
    error LimitTooLarge(uint96 amount);
    error LimitExpired(uint48 core, uint40 expiry);
    error LimitExceeded(uint48 core, uint256 needed, uint256 limit);
    error CoreHalted(uint48 core, uint16 overdue, bool external_);

    // issue
    error BadDebtor(uint48 debtor);
    error BadDates(uint40 transferableUntil, uint40 contractualDue, uint40 due);
    error TenorTooLong(uint40 contractualDue, uint40 latest);
    error GraceTooLong(uint32 grace);
    error BadTerms(uint8 depth, uint8 minimum, uint8 interest);
    error InvoicesDiffer(uint256 sum, uint96 face);
    error InvoiceTotalDiffers(bytes32 fingerprint, uint256 committed, uint96 given);
    error InvoiceUsed(bytes32 fingerprint, uint256 used, uint256 total, uint96 amount);
    error AlreadyIssued(bytes32 ticket);
    error IssueDiffers(bytes32 expected, bytes32 found);
    error NotWhole(uint256 sum, uint96 face);
    error AlreadyFunded(bytes16 issuance, uint96 paid);

    // transfer
    error UnknownTicket(bytes32 ticket);
    error NotHolder(bytes32 ticket, uint48 party);
    error StaleVersion(bytes32 ticket, uint16 given, uint16 current);
    error VersionsExhausted(bytes32 ticket);
    error PaidInPart(bytes32 ticket);
    error FullyFunded(bytes16 issuance);
    error IssuanceVoid(bytes16 issuance);
    error NoLongerTransferable(bytes16 issuance, uint40 until);
    error DepthExhausted(bytes32 ticket);
    error DuplicateIndex(uint16 index);
    error BadChildren(uint256 found);
    error NotAReceiver(uint48 party);
    error BelowMinimum(uint256 value, uint256 minimum);
    error RemainderBelowMinimum(uint256 remainder, uint256 minimum);
    error NotEnough(bytes32 ticket, uint256 free, uint256 value);
    error AlreadyDone(bytes32 child);
    error Withdrawn(bytes32 child);

    // finance
    error NotABank(uint48 party);
    error BadSelfCertification(uint48 bank, uint48 clearingBank);
    error BadExpiry(uint40 expiry, uint40 transferableUntil);
    error NotLocked(bytes32 lock);
    error LockDiffers(bytes32 lock, uint48 bank, uint96 value);
    error LockStillStands(bytes32 lock, uint40 expiry);
    error PastDue(bytes16 issuance, uint40 due);
    error ClearingBankReplaced(bytes16 issuance, uint48 bank);

    // settle
    error UnknownIssuance(bytes16 issuance);
    error BadAmount(uint256 position);
    error TotalDiffers(uint256 sum, uint96 total);
    error BeyondFace(bytes16 issuance, uint256 paid, uint96 face);
    error PaidAtOutOfRange(uint40 paidAt, uint256 earliest, uint256 latest);
    error NotYetDue(bytes16 issuance, uint40 due);
    error BeyondPayable(bytes32 ticket, uint256 payable_, uint96 amount);
    error NotOverdue(bytes16 issuance, uint256 from);
    error AlreadyReported(bytes16 issuance);
    error NoReplacement(bytes16 issuance, bytes32 replacement);
    error ReplacementRunning(bytes16 issuance, bytes32 replacement);

    // freeze
    error UnknownOrder(bytes32 ticket, bytes32 order);
    error OrderKnown(bytes32 ticket, bytes32 order);
    error TooManyOrders(bytes32 ticket);
    error OrderEnded(uint40 end, uint256 nowAt);
    error ValueHeld(bytes32 ticket, uint256 held);
}
