//! Times as people read them: by one clock, with the date wherever it is not today's.
//!
//! Nothing else in the crate makes words of a moment. What programs read is the service's own form,
//! [`crate`]'s `api::time`. The clock reads no time: what is today is given to it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

const MINUTE: &str = "%F %H:%M";

/// A clock on somebody's wall, and the moment at which it is looked at.
#[derive(Debug, Clone)]
pub struct WallClock {
    zone: TimeZone,
    now: Timestamp,
}

impl Default for WallClock {
    fn default() -> Self {
        Self::utc(Timestamp::UNIX_EPOCH)
    }
}

impl WallClock {
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    pub fn utc(now: Timestamp) -> Self {
        Self::new(TimeZone::UTC, now)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The day that it was there.
    pub fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// When another day begins.
    pub fn tomorrow(&self) -> Option<Timestamp> {
        let day = self.day(self.now).tomorrow().ok()?;
        self.zone.to_timestamp(day.to_datetime(Time::midnight())).ok()
    }

    pub fn is_today(&self, at: Timestamp) -> bool {
        self.day(at) == self.day(self.now)
    }

    /// `14:02:18`, for where the day is said beside it.
    pub fn time(&self, at: Timestamp) -> String {
        self.words(at, "%H:%M:%S")
    }

    /// `14:02`, for where the day is said beside it.
    pub fn minute(&self, at: Timestamp) -> String {
        self.words(at, "%H:%M")
    }

    /// `14:02:18`, or `2026-05-02 14:02:18` when that was not today.
    pub fn exact(&self, at: Timestamp) -> String {
        if self.is_today(at) { self.time(at) } else { self.dated(at) }
    }

    /// `14:02`, or `2026-05-02 14:02` when that was not today.
    pub fn exact_minute(&self, at: Timestamp) -> String {
        self.words(at, if self.is_today(at) { "%H:%M" } else { MINUTE })
    }

    /// The same with the name of the zone, for a time that stands alone.
    pub fn named(&self, at: Timestamp) -> String {
        format!("{} {}", self.exact(at), self.zone_at(at))
    }

    /// `2026-05-02 14:02:18`, whatever today is.
    pub fn dated(&self, at: Timestamp) -> String {
        self.words(at, "%F %H:%M:%S")
    }

    /// `2026-05-02 14:02`, for a column of many days.
    pub fn dated_minute(&self, at: Timestamp) -> String {
        self.words(at, MINUTE)
    }

    /// The same of what a clock showed that nobody knows the zone of.
    pub fn unzoned(shown: DateTime) -> String {
        shown.strftime(MINUTE).to_string()
    }

    /// For a narrow column: `14:02:18` of today, `05-02 14:02` of this year, else `2025-05-02`.
    pub fn short(&self, at: Timestamp) -> String {
        let same_year = self.day(at).year() == self.day(self.now).year();
        let format = match self.is_today(at) {
            true => "%H:%M:%S",
            false if same_year => "%m-%d %H:%M",
            false => "%F",
        };
        self.words(at, format)
    }

    /// Five columns that tell moments apart: `14:02` of today, `05-02` of this year, else ` 2025`.
    pub fn brief(&self, at: Timestamp) -> String {
        let same_year = self.day(at).year() == self.day(self.now).year();
        let format = match self.is_today(at) {
            true => "%H:%M",
            false if same_year => "%m-%d",
            false => " %Y",
        };
        self.words(at, format)
    }

    /// `Sat 2026-05-02`, for a line between days.
    pub fn day_words(&self, at: Timestamp) -> String {
        self.words(at, "%a %F")
    }

    /// What the zone is called now; the name of another season is said where clocks changed.
    pub fn zone_name(&self) -> String {
        self.zone_at(self.now)
    }

    /// `EDT`, `UTC`, or `UTC+5:45` where people have no letters for it.
    pub fn zone_at(&self, at: Timestamp) -> String {
        let info = self.zone.to_offset_info(at);
        let letters = info.abbreviation();
        if !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return letters.to_owned();
        }
        let minutes = info.offset().seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        match (minutes.abs() / 60, minutes.abs() % 60) {
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }

    /// What to say between two moments, the earlier first: another day began, or clocks were set.
    pub fn between(&self, before: Timestamp, at: Timestamp) -> Option<String> {
        let day = (self.day(before) != self.day(at)).then(|| self.day_words(at));
        let offset = |at| self.zone.to_offset(at).seconds();
        let set = offset(at) - offset(before);
        let set = (set != 0).then(|| {
            let way = if set > 0 { "forward" } else { "back" };
            let minutes = set.abs() / 60;
            let by = match (minutes / 60, minutes % 60) {
                (0, minutes) => format!("{minutes}m"),
                (hours, 0) => format!("{hours}h"),
                (hours, minutes) => format!("{hours}h{minutes:02}m"),
            };
            format!("clocks went {way} {by}, {} from here", self.zone_at(at))
        });
        match (day, set) {
            (Some(day), Some(set)) => Some(format!("{day} · {set}")),
            (day, set) => day.or(set),
        }
    }

    /// The zone on one screen and in one output is the same; only this one is asked for by name.
    fn words(&self, at: Timestamp, format: &str) -> String {
        self.zone.to_datetime(at).strftime(format).to_string()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The rules of a zone without the files of a system: as POSIX writes them.
    pub(crate) fn zone(rules: &str) -> TimeZone {
        TimeZone::posix(rules).unwrap()
    }

    pub(crate) const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
    pub(crate) const KATHMANDU: &str = "<+0545>-5:45";

    #[test]
    fn a_time_that_is_not_of_today_has_its_date() {
        let clock = WallClock::new(zone(NEW_YORK), at("2026-05-03T14:00:00Z"));
        // Today in UTC, yesterday in New York.
        assert_eq!(clock.exact(at("2026-05-03T02:00:00Z")), "2026-05-02 22:00:00");
        assert_eq!(clock.exact(at("2026-05-03T04:00:00Z")), "00:00:00");
        assert_eq!(clock.exact_minute(at("2026-05-03T02:00:00Z")), "2026-05-02 22:00");
        assert_eq!(clock.named(at("2026-05-03T13:00:00Z")), "09:00:00 EDT");
        assert_eq!(clock.named(at("2026-01-03T13:00:00Z")), "2026-01-03 08:00:00 EST");
        let brief = |text| clock.brief(at(text));
        assert_eq!(
            ["2026-05-03T13:00:00Z", "2026-05-02T13:00:00Z", "2025-05-02T13:00:00Z"].map(brief),
            ["09:00", "05-02", " 2025"]
        );
        let short = |text| clock.short(at(text));
        assert_eq!(
            ["2026-05-03T13:00:00Z", "2026-05-02T13:00:00Z", "2025-05-02T13:00:00Z"].map(short),
            ["09:00:00", "05-02 09:00", "2025-05-02"]
        );
    }

    #[test]
    fn a_zone_without_letters_is_named_by_its_distance() {
        let clock = WallClock::new(zone(KATHMANDU), at("2026-05-03T18:20:00Z"));
        assert_eq!(clock.named(at("2026-05-03T18:20:00Z")), "00:05:00 UTC+5:45");
        assert_eq!(clock.exact(at("2026-05-03T18:10:00Z")), "2026-05-03 23:55:00");
        let west = WallClock::new(zone("<-03>3"), at("2026-05-03T18:20:00Z"));
        assert_eq!(west.zone_name(), "UTC-3");
        assert_eq!(WallClock::default().zone_name(), "UTC");
    }

    #[test]
    fn clocks_that_are_set_say_so() {
        let clock = WallClock::new(zone(NEW_YORK), at("2026-11-01T12:00:00Z"));
        // The same hour twice.
        let (first, second) = (at("2026-11-01T05:30:00Z"), at("2026-11-01T06:30:00Z"));
        assert_eq!(clock.time(first), clock.time(second));
        let back = "clocks went back 1h, EST from here";
        assert_eq!(clock.between(first, second).as_deref(), Some(back));
        let (first, second) = (at("2026-03-08T06:59:59Z"), at("2026-03-08T07:00:00Z"));
        assert_eq!([clock.time(first), clock.time(second)], ["01:59:59", "03:00:00"]);
        let forward = "clocks went forward 1h, EDT from here";
        assert_eq!(clock.between(first, second).as_deref(), Some(forward));
        let days = clock.between(at("2026-10-31T12:00:00Z"), at("2026-11-01T12:00:00Z"));
        assert_eq!(days, Some(format!("Sun 2026-11-01 · {back}")));
        assert_eq!(clock.between(second, at("2026-03-08T07:10:00Z")), None);
    }
}
