//! The time column: four ways to say when something happened.

use jiff::tz::TimeZone;

use crate::api::Timestamp;
use crate::text::units;

use super::rows::Columns;
use super::unit::{Above, Kind, Unit};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeStyle {
    /// The clock of the person's own time zone.
    #[default]
    Clock,
    Ago,
    /// Since the row before.
    Delta,
    Utc,
}

impl TimeStyle {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Clock => Self::Ago,
            Self::Ago => Self::Delta,
            Self::Delta => Self::Utc,
            Self::Utc => Self::Clock,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Clock => "local clock",
            Self::Ago => "how long ago",
            Self::Delta => "since the row before",
            Self::Utc => "UTC",
        }
    }
}

/// What the time column needs to know beside the unit.
#[derive(Debug, Clone)]
pub struct Clock {
    pub style: TimeStyle,
    pub zone: TimeZone,
    pub now: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Self { style: TimeStyle::Clock, zone: TimeZone::UTC, now: Timestamp::UNIX_EPOCH }
    }
}

/// What follows sooner says how long it took instead of when it was.
const SOON_MS: u64 = 60_000;

impl Clock {
    /// Equal for two moments at which every row looks the same.
    pub fn tick(&self) -> (TimeStyle, i64) {
        let tick = if self.style == TimeStyle::Ago { self.now.as_second() / 10 } else { 0 };
        (self.style, tick)
    }

    pub(super) fn show(&self, unit: &Unit, columns: Columns) -> String {
        let (Some(at), style) = (unit.at, self.style) else { return String::new() };
        match style {
            TimeStyle::Clock => {
                match unit.gap.filter(|gap| unit.kind == Kind::Think && *gap < SOON_MS) {
                    Some(gap) if columns.wide => format!("+{}", units::duration(gap)),
                    Some(_) => String::new(),
                    None => self.local(at, columns),
                }
            }
            TimeStyle::Utc if columns.wide => units::clock(at),
            TimeStyle::Utc => units::short_clock(at),
            TimeStyle::Ago => units::age(units::seconds_between(at, self.now)),
            TimeStyle::Delta => match unit.gap {
                Some(gap) if columns.wide || gap < SOON_MS => format!("+{}", units::duration(gap)),
                Some(gap) => format!("+{}", units::age(gap / 1_000)),
                None => self.local(at, columns),
            },
        }
    }

    /// A moment that is said by itself, with its date unless that is today's.
    pub fn exact(&self, at: Timestamp) -> String {
        let zone = if self.style == TimeStyle::Utc { TimeZone::UTC } else { self.zone.clone() };
        let (at, now) = (zone.to_datetime(at), zone.to_datetime(self.now));
        let format = if at.date() == now.date() { "%H:%M:%S" } else { "%F %H:%M:%S" };
        at.strftime(format).to_string()
    }

    fn local(&self, at: Timestamp, columns: Columns) -> String {
        let format = if columns.wide { "%H:%M:%S" } else { "%H:%M" };
        self.zone.to_datetime(at).strftime(format).to_string()
    }

    /// Lines above the unit that are no part of it.
    pub fn rules(&self, unit: &Unit) -> usize {
        let pause = unit.above != Some(Above::Unread) && self.pause(unit).is_some();
        usize::from(pause) + usize::from(unit.above.is_some())
    }

    /// The words of the line above a unit that came long after the one before it, or on another day.
    pub(super) fn pause(&self, unit: &Unit) -> Option<String> {
        let gap = unit.gap.filter(|gap| *gap >= PAUSE_MS)?;
        let at = unit.at?;
        let before =
            at.checked_sub(jiff::SignedDuration::from_millis(i64::try_from(gap).ok()?)).ok()?;
        let zone = if self.style == TimeStyle::Utc { TimeZone::UTC } else { self.zone.clone() };
        let (day, day_before) = (zone.to_datetime(at).date(), zone.to_datetime(before).date());
        let later = format!("{} later", units::duration(gap));
        Some(if day == day_before { later } else { format!("{later} · {day}") })
    }
}

/// From here on a pause has a line of its own.
const PAUSE_MS: u64 = 5 * 60_000;
