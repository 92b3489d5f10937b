//! Numbers as people read them: sizes, ages, durations, tokens, clocks.

use jiff::Timestamp;

/// `214`, `2.1K`, `61K`, `1.9M`: at most five columns, powers of 1,024.
pub fn bytes(count: u64) -> String {
    scaled(count, 1024, ["", "K", "M", "G", "T"])
}

/// The same where no column says that they are bytes: `44 bytes`, `2.1K`.
pub fn size(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        0..1024 => format!("{count} bytes"),
        _ => bytes(count),
    }
}

/// Reads `512`, `64K`, `1.5M` and `2G`, with or without a `B` behind.
pub fn read_bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_suffix("IB").or(text.strip_suffix('B')).unwrap_or(&text).trim_end();
    let (number, shift) = match text.char_indices().next_back()? {
        (at, 'K') => (&text[..at], 10),
        (at, 'M') => (&text[..at], 20),
        (at, 'G') => (&text[..at], 30),
        _ => (text, 0),
    };
    let (whole, tenths) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let tenths: u64 = tenths.parse().ok().filter(|_| tenths.len() == 1)?;
    let whole: u64 = whole.parse().ok()?;
    let unit = 1_u64 << shift;
    whole.checked_mul(unit)?.checked_add(tenths * unit / 10)
}

/// `412`, `1.2k`, `122k`, `1.1M`: powers of 1,000.
pub fn tokens(count: u64) -> String {
    scaled(count, 1000, ["", "k", "M", "G", "T"])
}

/// `120.40`, `0.31`, `0.0042`: an amount of money in cents, below one with two digits that count.
pub fn cost(amount: f64) -> String {
    /// What is less is nothing to anybody.
    const MOST_DIGITS: usize = 12;
    let digits = match amount {
        amount if amount >= 0.00995 => 2,
        amount if amount > 0.0 => {
            let (mut first, mut digits) = (amount * 10.0, 2);
            while first < 0.995 && digits < MOST_DIGITS {
                (first, digits) = (first * 10.0, digits + 1);
            }
            digits
        }
        _ => 0,
    };
    format!("{amount:.digits$}")
}

fn scaled(count: u64, step: u64, names: [&str; 5]) -> String {
    let mut unit = 0;
    let mut divisor = 1;
    while unit < 4 && count / divisor >= step {
        divisor *= step;
        unit += 1;
    }
    let whole = count / divisor;
    let tenth = count % divisor * 10 / divisor;
    if unit > 0 && whole < 10 {
        format!("{whole}.{tenth}{}", names[unit])
    } else {
        format!("{whole}{}", names[unit])
    }
}

/// Whole seconds from `then` to `now`, never negative: clocks of two machines differ.
pub fn seconds_between(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - then.as_second()).unwrap_or(0)
}

/// How long ago, in one unit: `now`, `20s`, `4m`, `3h`, `12d`. Below a minute it moves in steps of
/// ten seconds, so that a still screen stays still.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..10 => "now".to_owned(),
        10..60 => format!("{}s", seconds / 10 * 10),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Minutes from `then` to `now` as a clock on the wall counts them: all such counts step together.
pub fn minutes_between(then: Timestamp, now: Timestamp) -> u64 {
    let minute = |at: Timestamp| at.as_second().div_euclid(60);
    u64::try_from(minute(now) - minute(then)).unwrap_or(0)
}

/// How long ago for a screen that stays still: by the minutes of a clock, and in wider steps the longer ago: `now`, `4m`, `25m`, `3h`, `12d`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    match minutes_between(then, now) {
        0 => "now".to_owned(),
        minutes @ 1..10 => format!("{minutes}m"),
        minutes @ 10..60 => format!("{}m", minutes / 5 * 5),
        minutes @ 60..2_880 => format!("{}h", minutes / 60),
        minutes => format!("{}d", minutes / 1_440),
    }
}

/// The same of what nobody waits for: `<1h`, `3h`, `12d`.
pub fn hours_ago(then: Timestamp, now: Timestamp) -> String {
    let ago = ago(then, now);
    if ago.ends_with(['h', 'd']) { ago } else { "<1h".to_owned() }
}

/// `0.4s`, `11.2s`, `4m12s`, `1h03m`.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1_000;
    match seconds {
        0..60 => format!("{seconds}.{}s", milliseconds % 1_000 / 100),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `14:01:07` in UTC, for the header and what is said of the link. All else asks a
/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// `1,234,567`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 event`, `3 events`, `12,000 events`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1_000, "event"), "1,000 events");
    }

    #[test]
    fn money_is_told_in_cents_and_below_with_two_digits() {
        let told = [0.0, 0.000_755, 0.0042, 0.000_999, 0.009_96, 0.312, 7.0, 120.4, 3e-15];
        let told = told.map(cost);
        let expected = ["0", "0.00076", "0.0042", "0.0010", "0.01", "0.31", "7.00", "120.40"];
        assert_eq!(told[..8], expected);
        assert_eq!(told[8], "0.000000000000", "nobody pays that");
    }

    #[test]
    fn sizes_stay_short() {
        assert_eq!(bytes(214), "214");
        assert_eq!(bytes(2_150), "2.0K");
        assert_eq!(bytes(62_481), "61K");
        assert_eq!(bytes(1_990_000), "1.8M");
        assert_eq!([0, 1, 1_023, 1_024].map(size), ["0 bytes", "1 byte", "1023 bytes", "1.0K"]);
        assert_eq!(tokens(122_410), "122k");
        assert_eq!(bytes(u64::MAX), "16777215T");
    }

    #[test]
    fn ages_step_together_and_in_wider_steps() {
        let at = |time: &str| format!("2026-05-03T{time}Z").parse::<Timestamp>().unwrap();
        let age = |then: &str, now: &str| ago(at(then), at(now));
        for second in 0..60 {
            let now = format!("14:06:{second:02}");
            let ages = ["14:06:00", "14:05:59", "14:00:30", "13:32:10"].map(|then| age(then, &now));
            assert_eq!(ages, ["now", "1m", "6m", "30m"], "{now}");
        }
        assert_eq!(age("14:00:00", "13:59:00"), "now", "clocks of two machines differ");
        assert_eq!(ago(at("00:00:00"), "2026-05-07T12:00:00Z".parse().unwrap()), "4d");
        let idle = |then: &str| hours_ago(at(then), at("14:06:00"));
        assert_eq!(["14:05:00", "13:20:00", "11:00:00"].map(idle), ["<1h", "<1h", "3h"]);
    }

    #[test]
    fn times_stay_short() {
        assert_eq!(age(9), "now");
        assert_eq!(age(59), "50s");
        assert_eq!(age(252), "4m");
        assert_eq!(duration(11_240), "11.2s");
        assert_eq!(duration(252_000), "4m12s");
        assert_eq!(duration(3_780_000), "1h03m");
    }
}
