//! Points in time as people write them. Times of day and dates are UTC, as the screen shows them.

use std::fmt;
use std::ops::Range;

use jiff::civil::Time;

use super::keys::Unit;
use super::measure;
use super::mistake::{Mistake, shown};
use crate::api::Timestamp;

const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Since {
    /// The last time that the clock showed this.
    Clock(Time),
    Instant(Timestamp),
    /// Milliseconds ago.
    Ago(u64),
}

impl Since {
    pub(super) fn parse(text: &str, at: Range<usize>) -> Result<Self, Mistake> {
        if let Some(time) = clock(text) {
            return Ok(Self::Clock(time));
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        if let Ok(midnight) = format!("{text}T00:00Z").parse() {
            return Ok(Self::Instant(midnight));
        }
        if let Ok(ago) = measure::amount(text, Unit::Time, at.clone()) {
            return Ok(Self::Ago(ago));
        }
        let what = format!(
            "\"{}\" is no time: write 14:02, 2026-11-25, 2026-11-25T14:02Z or 2h",
            shown(text)
        );
        let may_go_on = |c: char| c.is_ascii_digit() || "-:.+TZ".contains(c);
        if text.chars().all(may_go_on) {
            Err(Mistake::incomplete(at, what))
        } else {
            Err(Mistake::wrong(at, what))
        }
    }

    /// In milliseconds since 1970.
    pub(super) fn at(&self, now: Timestamp) -> i64 {
        let now = now.as_millisecond();
        match self {
            Self::Instant(instant) => instant.as_millisecond(),
            Self::Ago(ago) => now.saturating_sub(i64::try_from(*ago).unwrap_or(i64::MAX)),
            Self::Clock(time) => {
                let seconds = i64::from(time.hour()) * 3_600
                    + i64::from(time.minute()) * 60
                    + i64::from(time.second());
                let today = now - now.rem_euclid(DAY_MS) + seconds * 1_000;
                if today > now { today - DAY_MS } else { today }
            }
        }
    }
}

/// `14:02` or `14:02:07`.
fn clock(text: &str) -> Option<Time> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &&str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i8>().ok()).flatten()
    };
    let numbers: Vec<i8> = parts.iter().map_while(number).collect();
    match numbers[..] {
        [hour, minute] if parts.len() == 2 => Time::new(hour, minute, 0, 0).ok(),
        [hour, minute, second] if parts.len() == 3 => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(time) if time.second() == 0 => {
                write!(f, "{:02}:{:02}", time.hour(), time.minute())
            }
            Self::Clock(time) => {
                write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
            }
            Self::Instant(instant) => write!(f, "{instant}"),
            Self::Ago(ago) => f.write_str(&measure::written(*ago, Unit::Time)),
        }
    }
}
