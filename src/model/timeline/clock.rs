//! The time column: four ways to say when something happened.

use jiff::SignedDuration;
use jiff::civil::Date;

use crate::api::Timestamp;
use crate::text::units;
use crate::text::wall_clock::WallClock;

use super::rows::Columns;
use super::unit::{Above, Before, Kind, Unit};

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
#[derive(Debug, Clone, Default)]
pub struct Clock {
    pub style: TimeStyle,
    pub wall: WallClock,
}

/// Equal for two moments at which every row looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tick {
    style: TimeStyle,
    ago: i64,
    today: Date,
}

/// What follows sooner says how long it took instead of when it was.
const SOON_MS: u64 = 60_000;
/// From here on a pause has a line of its own.
const PAUSE_MS: u64 = 5 * 60_000;

impl Clock {
    pub fn tick(&self) -> Tick {
        let now = self.wall.now();
        let ago = if self.style == TimeStyle::Ago { now.as_second().div_euclid(60) } else { 0 };
        Tick { style: self.style, ago, today: self.wall.day(now) }
    }

    /// Whether every row is as high by the other clock.
    pub(super) fn measures_like(&self, other: &Self) -> bool {
        let day = |clock: &Self| clock.wall.day(clock.wall.now());
        self.wall.zone() == other.wall.zone() && day(self) == day(other)
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
            TimeStyle::Utc => self.local(at, columns),
            TimeStyle::Ago => units::ago(at, self.wall.now()),
            TimeStyle::Delta => match unit.gap {
                Some(gap) if columns.wide || gap < SOON_MS => format!("+{}", units::duration(gap)),
                Some(gap) => format!("+{}", units::age(gap / 1_000)),
                None => self.local(at, columns),
            },
        }
    }

    /// The day is said by the line above that began it.
    fn local(&self, at: Timestamp, columns: Columns) -> String {
        if columns.wide { self.wall.time(at) } else { self.wall.minute(at) }
    }

    /// What stands at the two ends of the session: when it began and when it ended, with dates that
    /// are not today's, and the zone of all times of the pane. A narrow pane has room for the days.
    pub fn ends(&self, span: Option<(Timestamp, Timestamp)>, wide: bool) -> [String; 2] {
        let wall = &self.wall;
        let Some((first, last)) = span else { return [String::new(), wall.zone_name()] };
        let day = |at| wall.day(at).to_string();
        let one_day = wall.day(first) == wall.day(last);
        let [left, right] = match (wide, one_day) {
            (true, true) => [wall.exact_minute(first), wall.minute(last)],
            (true, false) => [wall.exact_minute(first), wall.exact_minute(last)],
            (false, true) if wall.is_today(first) => [String::new(), String::new()],
            (false, true) => [day(first), String::new()],
            (false, false) => [day(first), day(last)],
        };
        [left, format!("{right} {}", wall.zone_name()).trim_start().to_owned()]
    }

    /// Lines above the unit that are no part of it.
    pub fn rules(&self, unit: &Unit) -> usize {
        let pause = unit.above != Some(Above::Unread) && self.pause(unit).is_some();
        let turn = unit.chat.heading().is_some();
        usize::from(pause) + usize::from(unit.above.is_some()) + usize::from(turn)
    }

    /// The words of the line above a unit that came long after the one before it, on another day, or
    /// after clocks were set. The first of a session has its day, unless it is today's.
    pub(super) fn pause(&self, unit: &Unit) -> Option<String> {
        let at = unit.at?;
        let gap = |gap: u64| SignedDuration::from_millis(i64::try_from(gap).unwrap_or(i64::MAX));
        let before = match unit.before {
            Before::Row(before) => Some(before),
            Before::Nothing | Before::Unknown => {
                unit.gap.and_then(|of| at.checked_sub(gap(of)).ok())
            }
        };
        let later = unit.gap.filter(|gap| *gap >= PAUSE_MS);
        let later = later.map(|gap| format!("{} later", units::duration(gap)));
        let day = match before.filter(|before| *before <= at) {
            Some(before) => self.wall.between(before, at),
            None if unit.before == Before::Nothing && !self.wall.is_today(at) => {
                Some(self.wall.day_words(at))
            }
            None => None,
        };
        match (later, day) {
            (Some(later), Some(day)) => Some(format!("{later} · {day}")),
            (later, day) => later.or(day),
        }
    }
}
