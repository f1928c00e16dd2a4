// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Calendar} from "./Calendar.sol";

/// @title A ticket as a card that wallets and explorers show
/// @notice JSON in a data URI. Every text in it is either fixed here or made of digits and letters, all else escaped, so
/// that no foreign byte can break out of its string.
library Card {
    uint256 private constant DAY = 86_400;
    uint256 private constant SHANGHAI = 8 hours;
    bytes16 private constant HEX = "0123456789abcdef";

    /// `debtor`, `holder`: USCCs as 18 bytes, 0 for nobody. `status`: English, `label`: Chinese.
    struct Face {
        bytes32 id;
        uint256 value;
        uint256 due;
        bytes32 debtor;
        bytes32 holder;
        string status;
        string label;
    }

    function uri(Face memory f) internal pure returns (string memory) {
        string memory id = string.concat("0x", hexOf(f.id));
        string memory name = string.concat("Gold Ticket ", shortOf(f.id));
        string memory about = f.debtor == 0 ? _nothing(f) : _claim(f);
        string memory head = string.concat("{\"name\":\"", unicode"金票 · ", name, "\",\"description\":\"", about);
        return string.concat("data:application/json;utf8,", head, "\",\"attributes\":[", _attributes(f, id), "]}");
    }

    function _claim(Face memory f) private pure returns (string memory) {
        (string memory debtor, string memory value, string memory due) =
            (usccOf(f.debtor), yuanOf(f.value), dateOf(f.due));
        string memory chinese = string.concat(
            unicode"应收账款电子凭证（金票）：", debtor, unicode" 承诺于 ", due, unicode" 向持有人付款 "
        );
        string memory english = string.concat(" A part of a receivable: ", debtor, " undertakes to pay its holder ");
        return string.concat(
            string.concat(chinese, value, unicode" 元。状态：", f.label, unicode"。"),
            string.concat(english, value, " yuan on ", due, ". Status: ", f.status, ".")
        );
    }

    function _nothing(Face memory f) private pure returns (string memory) {
        return string.concat(unicode"应收账款电子凭证（金票）。状态：", f.label, unicode"。 Status: ", f.status, ".");
    }

    function _attributes(Face memory f, string memory id) private pure returns (string memory) {
        string memory first = string.concat(
            _attribute("ticket", id), ",", _attribute("value (yuan)", yuanOf(f.value)), ",", _attribute("status", f.status)
        );
        if (f.debtor == 0) return first;
        string memory more = string.concat(
            ",", _attribute("due date", dateOf(f.due)), ",", _attribute("debtor USCC", usccOf(f.debtor))
        );
        if (f.holder == 0) return string.concat(first, more);
        return string.concat(first, more, ",", _attribute("holder USCC", usccOf(f.holder)));
    }

    function _attribute(string memory kind, string memory value) private pure returns (string memory) {
        return string.concat("{\"trait_type\":\"", kind, "\",\"value\":\"", value, "\"}");
    }

    /// 42000000 fen: "420,000.00".
    function yuanOf(uint256 fen) internal pure returns (string memory text) {
        text = string.concat(".", digits(fen % 100, 2));
        uint256 yuan = fen / 100;
        for (; yuan >= 1000; yuan /= 1000) {
            text = string.concat(",", digits(yuan % 1000, 3), text);
        }
        text = string.concat(digits(yuan, 1), text);
    }

    /// The day in Asia/Shanghai: "2027-05-24".
    function dateOf(uint256 seconds_) internal pure returns (string memory) {
        (uint256 year, uint256 month, uint256 day) = Calendar.civil((seconds_ + SHANGHAI) / DAY);
        return string.concat(digits(year, 4), "-", digits(month, 2), "-", digits(day, 2));
    }

    /// The first eight digits of the issuance and of the place in it: "1f2e3d4c-00000000" for a root.
    function shortOf(bytes32 id) internal pure returns (string memory) {
        bytes memory all = bytes(hexOf(id));
        bytes memory text = new bytes(17);
        for (uint256 i; i < 8; ++i) {
            text[i] = all[i];
            text[i + 9] = all[i + 32];
        }
        text[8] = "-";
        return string(text);
    }

    function hexOf(bytes32 word) internal pure returns (string memory) {
        bytes memory text = new bytes(64);
        for (uint256 i; i < 32; ++i) {
            text[2 * i] = HEX[uint8(word[i]) >> 4];
            text[2 * i + 1] = HEX[uint8(word[i]) & 15];
        }
        return string(text);
    }

    /// 18 bytes, of which the ledger knows the length only: letters and digits as they are, all else as \u00xx.
    function usccOf(bytes32 uscc) internal pure returns (string memory text) {
        for (uint256 i; i < 18; ++i) {
            bytes1 c = uscc[i];
            bool plain = (c >= "0" && c <= "9") || (c >= "A" && c <= "Z") || (c >= "a" && c <= "z");
            text = string.concat(text, plain ? string(abi.encodePacked(c)) : _escaped(uint8(c)));
        }
    }

    function front(bytes32 text, uint256 length) internal pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i; i < length; ++i) {
            part[i] = text[i];
        }
    }

    function _escaped(uint8 c) private pure returns (string memory) {
        return string(abi.encodePacked("\\u00", HEX[c >> 4], HEX[c & 15]));
    }

    /// Decimal, with zeros in front up to `least` digits.
    function digits(uint256 number, uint256 least) internal pure returns (string memory) {
        uint256 length = 1;
        for (uint256 rest = number / 10; rest != 0; rest /= 10) {
            ++length;
        }
        if (length < least) length = least;
        bytes memory text = new bytes(length);
        for (uint256 i = length; i > 0; --i) {
            text[i - 1] = bytes1(uint8(48 + number % 10));
            number /= 10;
        }
        return string(text);
    }
}
