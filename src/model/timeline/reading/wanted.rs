//! A moment that was asked for by name, found as soon as the file is read so far.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::api::{EventId, Timestamp};
use crate::text::units::counted;

use super::{Reading, Store, UnitId};

/// What a person may call a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// After that many events.
    Count(usize),
    Instant(Timestamp),
    /// The first time that a clock on the person's wall showed this.
    Clock(Time),
    /// The same with its day.
    Local(DateTime),
    /// After this event.
    Event(EventId),
}

impl FromStr for At {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(count) = text.parse()
        {
            return if count > 0 { Ok(Self::Count(count)) } else { Err("events count from 1") };
        }
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        // A longer text is a day at midnight, or no time of day at all.
        if text.contains(':')
            && text.len() <= "00:00:00.000".len()
            && let Ok(time) = text.parse()
        {
            return Ok(Self::Clock(time));
        }
        if let Ok(local) = text.parse() {
            return Ok(Self::Local(local));
        }
        let id = EventId::parse(text);
        id.map(Self::Event).map_err(|_| "write 41, 14:02:18, 2026-05-03T14:02:18Z or an event id")
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "event {count}"),
            Self::Instant(at) => write!(f, "{at}"),
            Self::Clock(time) => write!(f, "{time}"),
            Self::Local(at) => write!(f, "{at}"),
            Self::Event(id) => write!(f, "{id}"),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Wanted {
    at: At,
    zone: TimeZone,
    /// Rows known not to be later than the time that is looked for.
    searched: usize,
    /// Where the line of the event lies, once that is known.
    pub(super) line: Option<u64>,
}

impl Reading {
    pub(crate) fn want(&mut self, at: At, zone: TimeZone) {
        self.wanted = Some(Wanted { at, zone, searched: 0, line: None });
    }

    /// The event that is looked for is in this line of the file.
    pub(crate) fn wanted_line(&mut self, line: u64) {
        if let Some(wanted) = &mut self.wanted {
            wanted.line = Some(line);
        }
    }

    pub(crate) fn wanted(&self) -> Option<&At> {
        self.wanted.as_ref().map(|wanted| &wanted.at)
    }

    pub(crate) fn look_for_wanted(&mut self, store: &Store) -> Option<String> {
        let mut wanted = self.wanted.take()?;
        let known = store.event_count();
        let whole = store.reading().is_none();
        let (rows, remark) = match &wanted.at {
            At::Count(count) if *count <= known => (Some(*count), None),
            At::Count(_) if whole => {
                (None, Some(format!("there are only {}", counted(known, "event"))))
            }
            At::Event(id) => {
                let row = wanted.line.and_then(|line| store.row_of(&UnitId::Line(line)));
                let row = row.filter(|row| *row < known);
                let remark = row.is_none() && whole;
                (row.map(|row| row + 1), remark.then(|| format!("there is no event {id}")))
            }
            At::Count(_) => (None, None),
            at => {
                let later = at.first_later(store, &wanted.zone, wanted.searched);
                wanted.searched = known;
                match later {
                    Some(0) => (Some(1), Some(format!("the session begins after {at}"))),
                    None if whole && known > 0 => (Some(known), None),
                    later => (later, None),
                }
            }
        };
        match rows {
            Some(rows) => self.show_as_of(store, rows),
            None if remark.is_none() && !whole => self.wanted = Some(wanted),
            None => {}
        }
        remark
    }
}

impl At {
    /// The unit that was there at that moment: the one that shows the last event until then.
    pub(crate) fn unit(&self, store: &Store, zone: &TimeZone) -> Option<UnitId> {
        let known = store.event_count();
        let row = match self {
            Self::Count(count) => count.checked_sub(1).filter(|row| *row < known)?,
            Self::Event(id) => store.row_of(&UnitId::from(id))?,
            _ => match self.first_later(store, zone, 0) {
                Some(row) => row.saturating_sub(1),
                None => known.checked_sub(1)?,
            },
        };
        store.id_of(store.unit_row(row))
    }

    /// The first row from `from` on whose event happened later than that.
    fn first_later(&self, store: &Store, zone: &TimeZone, from: usize) -> Option<usize> {
        let local = |at: DateTime| zone.to_timestamp(at).ok();
        let limit = match self {
            Self::Instant(at) => Some(*at),
            Self::Local(at) => local(*at),
            Self::Clock(time) => {
                let first = store.begins_at()?;
                let day = zone.to_datetime(first).date();
                let same_day = local(day.to_datetime(*time)).filter(|at| *at >= first);
                same_day.or_else(|| local(day.tomorrow().ok()?.to_datetime(*time)))
            }
            Self::Count(_) | Self::Event(_) => None,
        };
        let limit = limit?.as_millisecond();
        let is_later = |row: &usize| store.recorded_ms(*row).is_some_and(|at| at > limit);
        (from..store.event_count()).find(is_later)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_named_by_number_time_or_id() {
        let read = |text: &str| text.parse::<At>();
        assert_eq!(read("41"), Ok(At::Count(41)));
        assert_eq!(read("aev_41"), Ok(At::Event("aev_41".into())));
        assert!(matches!(read("14:02"), Ok(At::Clock(_))));
        assert!(matches!(read("14:02:18"), Ok(At::Clock(_))));
        assert!(matches!(read("2026-05-03T14:02:18Z"), Ok(At::Instant(_))));
        assert!(matches!(read("2026-05-03T14:02:18+02:00"), Ok(At::Instant(_))));
        assert!(matches!(read("2026-05-03T14:02"), Ok(At::Local(_))));
        for wrong in ["0", "", "25:99", "a b", "99999999999999999999999", "\u{1b}[2J"] {
            assert!(read(wrong).is_err(), "{wrong}: {:?}", read(wrong));
        }
    }
}
