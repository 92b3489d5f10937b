//! Where the person is, for clocks: what POSIX says of `TZ`, else the system's own zone.
//!
//! Reads the one file that is needed. A time zone library would first list every zone of the
//! system, which takes longer than all the rest until the first frame.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

const ZONES: &str = "/usr/share/zoneinfo";
const LOCAL: &str = "/etc/localtime";

/// The zone that the environment names; UTC where nothing does.
pub(super) fn of_environment() -> TimeZone {
    of(std::env::var("TZ").ok().as_deref(), Path::new(ZONES), Path::new(LOCAL))
}

fn of(named: Option<&str>, zones: &Path, local: &Path) -> TimeZone {
    let Some(named) = named else { return read(local).unwrap_or(TimeZone::UTC) };
    let named = named.strip_prefix(':').unwrap_or(named);
    if named.is_empty() {
        return TimeZone::UTC;
    }
    let found = place(named, zones).and_then(|path| read(&path));
    found.or_else(|| TimeZone::posix(named).ok()).unwrap_or(TimeZone::UTC)
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

fn read(path: &Path) -> Option<TimeZone> {
    TimeZone::tzif("", &fs::read(path).ok()?).ok()
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
        let zone = |named| hour(&of(named, none, none));
        assert_eq!(zone(None), 12);
        assert_eq!(zone(Some("")), 12);
        assert_eq!(zone(Some("CET-1")), 13);
        assert_eq!(zone(Some("CET-1CEST,M3.5.0,M10.5.0/3")), 14);
        assert_eq!(zone(Some("../../etc/passwd")), 12);
        assert_eq!(zone(Some("\u{1b}[2J")), 12);
    }

    #[test]
    fn a_file_that_is_no_zone_is_utc() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Bad"), "TZif? no").unwrap();
        assert_eq!(hour(&of(Some("Bad"), dir.path(), Path::new("/nowhere"))), 12);
        assert_eq!(hour(&of(None, dir.path(), &dir.path().join("Bad"))), 12);
    }
}
