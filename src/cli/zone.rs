//! Where the person is, for clocks: what POSIX says of `TZ`, else the system's own zone.
//!
//! Reads the one file that is needed. A time zone library would first list every zone of the
//! system, which takes longer than all the rest until the first frame.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::connect::Context;
use super::output::OutputArgs;
use crate::api::{Timestamp, time};
use crate::text::sanitize;
use crate::text::wall_clock::WallClock;
use crate::view::{Level, Model, Toast};

const ZONES: &str = "/usr/share/zoneinfo";
const LOCAL: &str = "/etc/localtime";
/// How long the screen says what is wrong with it.
const SAID: SignedDuration = SignedDuration::from_secs(15);

/// A zone, and what is wrong with how it was named.
pub(super) struct Zone {
    pub(super) zone: TimeZone,
    pub(super) remark: Option<String>,
}

impl Zone {
    /// Puts the screen by this clock, and says what is wrong with it.
    pub(super) fn show_in(self, model: &mut Model) {
        model.zone = self.zone;
        model.toast = self.remark.map(|text| {
            let until = model.now.checked_add(SAID).unwrap_or(model.now);
            Toast { text, until, level: Level::Warning }
        });
    }
}

/// The zone that the environment names; UTC where nothing does.
pub(super) fn of_environment() -> Zone {
    let named = std::env::var_os("TZ").map(|named| named.to_string_lossy().into_owned());
    of(named.as_deref(), Path::new(ZONES), Path::new(LOCAL))
}

fn of(named: Option<&str>, zones: &Path, local: &Path) -> Zone {
    let found = match named.map(|named| named.strip_prefix(':').unwrap_or(named)) {
        None => Some(read_local(local, zones).unwrap_or(TimeZone::UTC)),
        Some("" | "UTC") => Some(TimeZone::UTC),
        Some(named) => {
            let read = place(named, zones).and_then(|path| read(&path, named));
            read.or_else(|| TimeZone::posix(named).ok())
        }
    };
    let remark = found.is_none().then(|| {
        let named = sanitize::preview(named.unwrap_or_default(), 40);
        format!("TZ=\"{named}\" is no time zone that is known here: times are in UTC")
    });
    Zone { zone: found.unwrap_or(TimeZone::UTC), remark }
}

/// A name may lead to nowhere but the zones; an absolute path is a choice of the person's own.
fn place(named: &str, zones: &Path) -> Option<PathBuf> {
    let path = Path::new(named);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let inside = named.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    inside.then(|| zones.join(path))
}

/// The system's own zone, by the name of the file that it is a link to.
fn read_local(path: &Path, zones: &Path) -> Option<TimeZone> {
    let target = fs::canonicalize(path).unwrap_or_default();
    let named = target.strip_prefix(zones).ok().and_then(Path::to_str);
    read(path, named.unwrap_or_default())
}

fn read(path: &Path, named: &str) -> Option<TimeZone> {
    TimeZone::tzif(named, &fs::read(path).ok()?).ok()
}

impl Context {
    /// The clock by which people are told times.
    pub(super) fn wall(&self) -> &WallClock {
        self.wall.get_or_init(|| {
            let Zone { zone, remark } = of_environment();
            self.out.note(&remark.unwrap_or_default());
            WallClock::new(zone, Timestamp::now())
        })
    }

    /// How the times of a listing are written.
    pub(super) fn times(&self, output: &OutputArgs) -> Times {
        let people = self.out.is_for_people(output);
        let clock = people.then(|| self.wall().clone());
        Times { clock, short: self.out.is_fitted(output) }
    }

    pub(super) fn day_lines(&self) -> DayLines {
        let people = !self.out.is_for_programs();
        let wall = if people { self.wall().clone() } else { WallClock::default() };
        DayLines { wall, last: None }
    }
}

/// Times for people, by a clock; without one for programs, as the service writes them.
pub(super) struct Times {
    clock: Option<WallClock>,
    /// As many columns as it takes to tell moments apart.
    short: bool,
}

impl Times {
    pub(super) fn words(&self, at: Timestamp) -> String {
        match &self.clock {
            None => time::format(at),
            Some(wall) if self.short => wall.short(at),
            Some(wall) => wall.exact(at),
        }
    }

    /// For the heading of the column that they are in.
    pub(super) fn column(&self, at: usize) -> Option<(usize, String)> {
        self.clock.as_ref().map(|wall| (at, wall.zone_name()))
    }
}

/// Lines with times alone. Above the first of each day a line says which day it is; the first of these
/// names the zone.
pub(super) struct DayLines {
    wall: WallClock,
    last: Option<Timestamp>,
}

impl DayLines {
    /// What has to be said before something of that time.
    pub(super) fn line(&mut self, at: Timestamp) -> Option<String> {
        let words = match self.last.replace(at) {
            None => Some(format!("{}, {}", self.wall.day_words(at), self.wall.zone_at(at))),
            Some(before) => self.wall.between(before, at),
        };
        words.map(|words| format!("-- {words} --"))
    }

    pub(super) fn time(&self, at: Timestamp) -> String {
        self.wall.time(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(zone: &TimeZone) -> i8 {
        zone.to_datetime("2026-07-02T12:00:00Z".parse().unwrap()).hour()
    }

    #[test]
    fn what_tz_says_wins_and_nonsense_is_utc() {
        let none = Path::new("/nowhere");
        let zone = |named| hour(&of(named, none, none).zone);
        assert_eq!(zone(None), 12);
        assert_eq!(zone(Some("")), 12);
        assert_eq!(zone(Some("CET-1")), 13);
        assert_eq!(zone(Some("CET-1CEST,M3.5.0,M10.5.0/3")), 14);
        assert_eq!(zone(Some("../../etc/passwd")), 12);
        assert_eq!(zone(Some("\u{1b}[2J")), 12);
    }

    #[test]
    fn a_name_that_is_no_zone_is_said_and_shown_as_utc() {
        let none = Path::new("/nowhere");
        let zone = of(Some("Mars/\u{1b}[2JBase"), none, none);
        let remark = zone.remark.clone().unwrap();
        assert!(remark.contains("Mars/") && remark.ends_with("times are in UTC"), "{remark}");
        assert!(!remark.contains('\u{1b}'));
        let mut model = Model::new(Timestamp::UNIX_EPOCH, (80, 24));
        zone.show_in(&mut model);
        assert_eq!(model.toast.as_ref().map(|toast| &toast.text), Some(&remark));
        assert_eq!(model.wall().zone_name(), "UTC");
        for fine in [None, Some(""), Some("UTC"), Some("CET-1")] {
            assert_eq!(of(fine, none, none).remark, None, "{fine:?}");
        }
    }

    #[test]
    fn lines_of_another_day_are_parted() {
        let mut days = DayLines {
            wall: WallClock::new(
                TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap(),
                Timestamp::UNIX_EPOCH,
            ),
            last: None,
        };
        let mut line = |at: &str| days.line(at.parse().unwrap());
        let first = line("2026-11-01T02:00:00Z");
        assert_eq!(first.as_deref(), Some("-- Sat 2026-10-31, EDT --"));
        assert_eq!(line("2026-11-01T03:59:59Z"), None);
        assert_eq!(line("2026-11-01T04:00:00Z").as_deref(), Some("-- Sun 2026-11-01 --"));
        let set = "-- clocks went back 1h, EST from here --";
        assert_eq!(line("2026-11-01T06:00:00Z").as_deref(), Some(set));
    }

    /// Where the system has no list of zones there is nothing to read.
    #[test]
    fn zones_of_the_system_are_read_by_their_names() {
        for (named, hour_there) in [("America/New_York", 8), ("Asia/Kathmandu", 17)] {
            let read = of(Some(named), Path::new(ZONES), Path::new("/nowhere"));
            if Path::new(ZONES).join(named).exists() {
                assert_eq!((hour(&read.zone), read.zone.iana_name()), (hour_there, Some(named)));
            } else {
                assert!(read.remark.is_some(), "{named}");
            }
        }
    }

    #[test]
    fn a_file_that_is_no_zone_is_utc() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Bad"), "TZif? no").unwrap();
        assert_eq!(hour(&of(Some("Bad"), dir.path(), Path::new("/nowhere")).zone), 12);
        assert_eq!(hour(&of(None, dir.path(), &dir.path().join("Bad")).zone), 12);
    }
}
