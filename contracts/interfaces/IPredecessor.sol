// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a successor deployment reads of the closed one before it, live
interface IPredecessor {
    /// @notice Closed for new issuances, for good.
    function closed() external view returns (bool);

    /// @notice The opening limit in use by a core, and whether it is halted; predecessors included.
    /// @param uscc 18 ASCII characters, left aligned.
    function openingOf(bytes32 uscc) external view returns (uint256 used, bool halted);

    /// @notice How much of an invoice is used, out of the total committed at first use; predecessors included.
    function evidenceOf(bytes32 uscc, bytes32 fingerprint) external view returns (uint256 used, uint256 total);
}
