// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import "../types/Acts.sol";
import {IPredecessor} from "./IPredecessor.sol";

/// @title What can be done with a gold ticket, by whom
/// @notice `signatures` holds one element for each party that signs, in the order given under `@custom:signs`: 64 bytes
/// of a sole key, or 128 bytes of a maker's and then a checker's key (EIP-2098 each). "each key" signs 64 bytes itself.
/// "panel": at least the threshold of its members, ascending by party id. Values in fen, times in UTC seconds.
/// Only plain accounts may call, directly or through `relay`; who calls has no meaning.
interface IGoldTicket is IPredecessor {
    /// @notice Carries out many complete acts; one that fails is reported by `Refused` and spoils no other.
    /// @dev Reverts as a whole when an item can't be given exactly its declared gas.
    /// @return refusals For each item: empty when it took effect, else the encoded error.
    function relay(Call[] calldata calls) external returns (bytes[] memory refusals);

    // ---- PARTICIPANTS

    /// @notice A legal person comes in, with its roles and first keys.
    /// @custom:signs the registrar, another participant that is a bank (KYC), then each key
    function admit(Admit calldata a, bytes[] calldata signatures) external;
    /// @notice Keys go and come; somebody must be left who can sign. A key belongs to one participant for ever.
    /// @custom:signs the participant, then each key that comes in
    function changeSigners(ChangeSigners calldata a, bytes[] calldata signatures) external;
    /// @notice The hash of the participant's file (with its payee account) changes.
    /// @custom:signs the participant
    function changeProfile(ChangeProfile calldata a, bytes[] calldata signatures) external;
    /// @notice All keys are lost: 14 days from here on the new ones may take over. 14 days later still, one that was
    /// not completed makes way for another.
    /// @custom:signs the participant's named clearing bank, each new key, then the panel
    function recover(Recover calldata a, bytes[] calldata signatures) external;
    /// @notice Ends a running recovery.
    /// @custom:signs any one current key of the participant, whatever its right
    function vetoRecovery(VetoRecovery calldata a, bytes[] calldata signatures) external;
    /// @notice After the delay: the old keys go, the new ones sign.
    /// @custom:signs any one of the new keys
    function completeRecovery(CompleteRecovery calldata a, bytes[] calldata signatures) external;
    /// @notice Stops a participant's offering, accepting and issuing; `until` in the past lifts.
    /// @custom:signs the registrar (30 days at most, then 30 free days), or the panel
    function suspend(Suspend calldata a, bytes[] calldata signatures) external;
    /// @custom:signs panel
    function changePanel(ChangePanel calldata a, bytes[] calldata signatures) external;
    /// @notice Stops stages for 7 days at most, once in 30; never withdrawals, vetoes, receipts, funding or payout.
    /// @custom:signs panel
    function stop(Stop calldata a, bytes[] calldata signatures) external;
    /// @notice No new issuances here, for good.
    /// @custom:signs panel
    function close(Close calldata a, bytes[] calldata signatures) external;

    // ---- LIMITS

    /// @notice The longest tenor in calendar months, from a date on.
    /// @custom:signs panel
    function setPolicy(SetPolicy calldata a, bytes[] calldata signatures) external;
    /// @notice How much a core may have outstanding, until when. Below its use it only blocks new issuances.
    /// @custom:signs the core's named clearing bank
    function setLimit(SetLimit calldata a, bytes[] calldata signatures) external;
    /// @notice Halts a core for outside reasons, or lets it go on.
    /// @custom:signs panel
    function halt(Halt calldata a, bytes[] calldata signatures) external;

    // ---- ISSUE

    /// @notice One debt of a core, first owned by its supplier. Ticket id: the upper half of the act's digest.
    /// @custom:signs the debtor, the first supplier
    function issue(Issue calldata a, bytes[] calldata signatures) external;
    /// @notice An issue act that has not taken effect never will. Idempotent.
    /// @custom:signs the debtor
    function withdrawIssue(Issue calldata a, WithdrawIssue calldata w, bytes[] calldata signatures) external;
    /// @notice Unmakes a whole issuance: nothing held, funded or locked; limit and evidence come back.
    /// @custom:signs the debtor, the sole holder of all its tickets (named ascending)
    function voidIssuance(Issue calldata a, Void calldata v, bytes[] calldata signatures) external;

    // ---- TRANSFER

    /// @notice Children of one offer that their receivers have signed for; each takes effect by itself.
    /// @dev Reverts with the first reason when none takes effect; otherwise `LegRefused` names those that did not.
    /// @custom:signs the holder (the offer), each receiver (its own children of it)
    function transfer(Transfer calldata a) external;
    /// @notice Children of an offer (or a lock act: index 0) that have not taken effect never will. Idempotent.
    /// @custom:signs the holder
    function withdraw(Withdraw calldata a, bytes[] calldata signatures) external;
    /// @notice Ends all outstanding offers and lock acts of a ticket, by its version.
    /// @custom:signs the holder
    function withdrawAll(WithdrawAll calldata a, bytes[] calldata signatures) external;

    // ---- FINANCE

    /// @notice Value moves into a word that waits for the bank's money; title does not move.
    /// @custom:signs the holder, the bank
    function lock(Lock calldata a, bytes[] calldata signatures) external;
    /// @notice The bank's money for this lock is with the clearing bank: title moves. Until due.
    /// @custom:signs the lock's clearing bank
    function release(Receipt calldata a, bytes[] calldata signatures) external;
    /// @notice From expiry (or full funding) on the value goes back to its ticket.
    /// @custom:signs nobody
    function returnLock(bytes32 id) external;
    /// @custom:signs the holder, the bank
    function cancelLock(CancelLock calldata a, bytes[] calldata signatures) external;

    // ---- SETTLE

    /// @notice The core's money is there, for each issuance its part. Full funding ends offers and locks.
    /// @custom:signs the named clearing bank
    function fund(Fund calldata a, bytes[] calldata signatures) external;
    /// @notice Holders' lines were paid, with the time of each. A refused line is reported by `LineRefused`.
    /// @dev Reverts with the first reason when no line takes effect.
    /// @custom:signs the named clearing bank
    function payOut(PayOut calldata a, bytes[] calldata signatures) external;
    /// @notice Due plus grace has passed and less than face is funded: the debtor is halted.
    /// @custom:signs nobody
    function reportOverdue(bytes16 issuance) external;
    /// @notice One overdue issuance does not halt its debtor for 30 days.
    /// @custom:signs panel
    function waive(Waive calldata a, bytes[] calldata signatures) external;
    /// @notice Another clearing bank for one issuance, after 14 days; 14 days later still, one that was not completed
    /// makes way for another.
    /// @custom:signs the debtor, the new bank, then the panel
    function replaceBank(ReplaceBank calldata a, bytes[] calldata signatures) external;
    /// @custom:signs the old clearing bank
    function vetoReplacement(VetoReplacement calldata a, bytes[] calldata signatures) external;
    /// @custom:signs the new clearing bank
    function completeReplacement(CompleteReplacement calldata a, bytes[] calldata signatures) external;

    // ---- FREEZE

    /// @notice An order of a court holds an amount of a ticket until its end; at most 4 a ticket.
    /// @custom:signs panel
    function freeze(Freeze calldata a, bytes[] calldata signatures) external;
    /// @custom:signs panel
    function unfreeze(Unfreeze calldata a, bytes[] calldata signatures) external;

    // ---- VIEWS (the readable ones are in `Lens`)

    /// @notice The EIP-712 domain separator.
    function separator() external view returns (bytes32);
    /// @notice The salt in the EIP-712 domain, of this deployment alone.
    function domainSalt() external view returns (bytes32);
    /// @notice Raw storage words, for `Lens`, explorers and whoever recounts.
    function load(bytes32[] calldata slots) external view returns (bytes32[] memory values);
}
