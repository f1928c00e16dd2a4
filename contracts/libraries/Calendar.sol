// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Calendar months in Asia/Shanghai (UTC+8, no summer time)
/// @notice Civil-date arithmetic on days since 1970-01-01, proleptic Gregorian, years 1970 to 9999. Unchecked: a block's
/// time and at most 36 months are far from any bound.
library Calendar {
    uint256 private constant DAY = 86_400;
    uint256 private constant SHANGHAI = 8 hours;

    /// The last second of the Shanghai day that lies `months` calendar months after `from` (UTC seconds);
    /// a day that the month does not have becomes its last one (Aug 31 + 6 months: Feb 28 or 29).
    function endOfDayAfterMonths(uint256 from, uint256 months) internal pure returns (uint256) {
        unchecked {
            (uint256 year, uint256 month, uint256 day) = civil((from + SHANGHAI) / DAY);
            month += months - 1;
            year += month / 12;
            month = month % 12 + 1;
            if (day > 28) {
                uint256 length = daysIn(year, month);
                if (day > length) day = length;
            }
            return (epochDay(year, month, day) + 1) * DAY - SHANGHAI - 1;
        }
    }

    function daysIn(uint256 year, uint256 month) internal pure returns (uint256) {
        unchecked {
            if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
            return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
        }
    }

    /// Years are counted from March, so that the leap day ends one.
    function civil(uint256 epoch) internal pure returns (uint256 year, uint256 month, uint256 day) {
        unchecked {
            uint256 z = epoch + 719_468;
            uint256 era = z / 146_097;
            uint256 ofEra = z % 146_097;
            uint256 yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
            uint256 ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 shifted = (5 * ofYear + 2) / 153;
            day = ofYear - (153 * shifted + 2) / 5 + 1;
            month = shifted < 10 ? shifted + 3 : shifted - 9;
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        }
    }

    function epochDay(uint256 year, uint256 month, uint256 day) internal pure returns (uint256) {
        unchecked {
            if (month <= 2) --year;
            uint256 era = year / 400;
            uint256 yearOfEra = year % 400;
            uint256 ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
            return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468;
        }
    }
}
