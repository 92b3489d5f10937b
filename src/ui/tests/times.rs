//! One zone on one screen, named, and no time of another day without its date.

use jiff::tz::TimeZone;

use super::{detail, fixture, model, open_detail, press, screen};
use crate::view::{Focus, Model, View};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// The screen of the next day, without the rows that others draw: the header and the banner.
fn next_day(zone: &str, model: &mut Model) -> String {
    model.zone = TimeZone::posix(zone).unwrap();
    model.now = "2026-05-04T14:06:30Z".parse().unwrap();
    model.settle();
    screen(model).lines().skip(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_pane_tells_times_by_the_same_clock() {
    let new_york = "EST5EDT,M3.2.0,M11.1.0";
    for size in SIZES {
        let wide = size.0 > 100;
        let mut timeline = model(size, View::Triage, Focus::Timeline);
        let text = next_day(new_york, &mut timeline);
        let ends = if wide { "2026-05-03 09:" } else { "2026-05-03 ▂" };
        assert!(text.contains(ends) && text.contains(" EDT"), "{text}");
        assert!(text.contains("10:02") && !text.contains("14:0"), "{text}");
        press(&mut timeline, "t");
        press(&mut timeline, "t");
        press(&mut timeline, "t");
        let utc = next_day(new_york, &mut timeline);
        assert!(utc.contains(" UTC") && utc.contains("14:02"), "{utc}");
        assert!(!utc.contains("EDT") && !utc.contains("10:02"), "{utc}");

        let mut shown = model(size, View::Triage, Focus::Timeline);
        let call = shown.open.as_ref().unwrap().timeline.cursor_unit().unwrap().id;
        open_detail(&mut shown, &call);
        assert!(detail(&mut shown).event_id().is_some());
        let text = next_day("<+0545>-5:45", &mut shown);
        assert!(text.contains("2026-05-03 19:") && text.contains(" UTC+5:45"), "{text}");

        let mut calls = model(size, View::Calls, Focus::Queue);
        let text = next_day(new_york, &mut calls);
        assert!(!wide || text.contains("since    2026-05-03 10:02 EDT"), "{text}");
        assert!(!text.contains("14:0"), "{text}");

        let mut files = model(size, View::Artifacts, Focus::ArtifactList);
        let text = next_day(new_york, &mut files);
        assert!(text.contains("2026-05-03 10:") && text.contains(" EDT"), "{text}");
        assert!(!wide || text.contains(" 05-03 "), "{text}");
        assert!(!text.contains("14:0"), "{text}");
    }
}

#[test]
fn the_day_stands_above_its_first_row() {
    let mut model = model((120, 36), View::Triage, Focus::Timeline);
    fixture::add_events_to_look_at(&mut model);
    press(&mut model, "<home>");
    let text = next_day("UTC0", &mut model);
    assert!(text.contains(" Sun 2026-05-03 "), "{text}");
}
