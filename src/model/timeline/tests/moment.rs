//! The past against a timeline that was made of nothing but what had come.

use proptest::prelude::*;

use super::*;
use crate::model::timeline::{AsOf, At, Stepped};

type Face = (String, Visibility, State, Option<u64>);

fn faces(timeline: &Timeline) -> Vec<Face> {
    let shown = (0..timeline.shown_len()).filter_map(|at| timeline.shown_unit(at));
    shown.map(|unit| (name(&unit.id), unit.visibility, unit.state, unit.duration)).collect()
}

fn script() -> Vec<Event> {
    vec![
        said("aev_a", 1),
        tool("aev_b", 2, "1"),
        said("aev_c", 3),
        result("aev_d", 4, "1", true),
        compaction("aev_e", 5, 2),
        said("aev_f", 6),
    ]
}

/// As `script` is now: the compaction stands for the first and the third event.
fn compacted() -> Timeline {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(script(), &["aev_a", "aev_c"]));
    timeline.settle(100, 20, 10);
    timeline
}

fn shown(timeline: &Timeline) -> String {
    faces(timeline).into_iter().map(|face| face.0.replace("aev_", "")).collect()
}

#[test]
fn stepping_back_undoes_what_each_event_changed() {
    let mut timeline = compacted();
    assert_eq!(shown(&timeline), "bef");
    assert_eq!(timeline.step(true), Stepped::Present);
    let mut seen = Vec::new();
    while timeline.step(false) == Stepped::Moved {
        let AsOf { event, of, .. } = timeline.as_of().unwrap();
        assert_eq!(of, 6);
        let counts = timeline.counts();
        assert_eq!(counts.in_context + counts.compacted + counts.hidden, event);
        seen.push(format!(
            "{event} {} {} {}",
            shown(&timeline),
            cursor(&timeline),
            counts.compacted
        ));
    }
    assert_eq!(
        seen,
        [
            "6 bef aev_f 2",
            "5 be aev_e 2",
            // The output joins its call, which is what changed.
            "4 abc aev_b 0",
            "3 abc aev_c 0",
            "2 ab aev_b 0",
            "1 a aev_a 0",
        ]
    );
    assert_eq!(timeline.step(false), Stepped::AtFirst);
}

#[test]
fn a_call_runs_until_its_output_comes() {
    let mut timeline = compacted();
    timeline.show_as_of(3);
    assert_eq!(faces(&timeline)[1].2, State::Running);
    assert!(timeline.cursor_unit().unwrap().output.is_none());
    assert!(!timeline.jump(false, Landmark::Error), "it has not failed yet");
    assert_eq!(timeline.step(true), Stepped::Moved);
    assert_eq!(faces(&timeline)[1].2, State::Failed);
}

#[test]
fn what_arrives_meanwhile_waits_for_the_present() {
    let mut timeline = compacted();
    timeline.step(false);
    timeline.step(false);
    let before = (faces(&timeline), cursor(&timeline), timeline.counts());
    let mut more = script();
    more.extend([said("aev_g", 7), said("aev_h", 8)]);
    timeline.apply_window(whole(more, &["aev_a", "aev_c"]));
    timeline.settle(100, 20, 10);
    assert_eq!((faces(&timeline), cursor(&timeline), timeline.counts()), before);
    assert_eq!(timeline.as_of().map(|moment| (moment.event, moment.of)), Some((5, 8)));
    timeline.return_to_present();
    assert_eq!((shown(&timeline).as_str(), cursor(&timeline).as_str()), ("befgh", "aev_e"));
    assert_eq!(timeline.scroll().new_below, 2);
}

#[test]
fn the_moment_stays_at_its_event_when_earlier_ones_come_or_go() {
    let mut timeline = Timeline::default();
    let stretch = |events: Vec<Event>| Window { reaches_start: false, ..whole(events, &[]) };
    timeline.apply_window(stretch(script().split_off(2)));
    timeline.show_as_of(2);
    assert_eq!(shown(&timeline), "cd");
    timeline.apply_window(whole(script(), &[]));
    assert_eq!((shown(&timeline).as_str(), timeline.as_of().unwrap().event), ("abc", 4));
    timeline.apply_window(whole(script().into_iter().skip(3).collect(), &[]));
    assert_eq!((shown(&timeline).as_str(), timeline.as_of().unwrap().event), ("d", 1));
    timeline.apply_window(whole(script().split_off(5), &[]));
    assert!(!timeline.is_past(), "nothing is left of that past");
}

#[test]
fn texts_that_stream_in_belong_to_the_present() {
    let mut timeline = compacted();
    timeline.open_stream();
    stream(&mut timeline, &json!({"type": "agent_output", "content": "now", "stream_only": true}));
    timeline.step(false);
    let live = timeline.shown_len();
    timeline.return_to_present();
    assert!(timeline.shown_len() >= live);
    timeline.step(false);
    timeline.newest();
    assert!(!timeline.is_past() && timeline.scroll().follow);
}

/// A session in a file, read to its end, as of what was asked for; and what was remarked.
fn opened_at(at: &str, lines: usize, newest_first: bool) -> (Timeline, Option<String>) {
    use crate::archive::{Archive, Reader};

    let json = |at: usize| said(&format!("aev_{at}"), u32::try_from(at).unwrap()).raw().to_string();
    let mut text: Vec<String> = (1..=lines).map(json).collect();
    if newest_first {
        text.reverse();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text.join("\n")).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let mut reader = Reader::new(&archive);
    let at: At = at.parse().unwrap();
    if let At::Event(id) = &at {
        reader.look_for(id.as_str());
    }
    let first = reader.next_chunk().unwrap().unwrap();
    let mut timeline = Timeline::of_file(archive, reader.preamble().unwrap().direction);
    timeline.want(at, jiff::tz::TimeZone::UTC);
    timeline.absorb_chunk(first);
    let mut remark = timeline.look_for_wanted();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        timeline.absorb_chunk(chunk);
        remark = remark.or(timeline.look_for_wanted());
    }
    timeline.settle(80, 10, 10);
    (timeline, remark)
}

#[test]
fn a_file_opens_at_a_number_a_time_or_an_event() {
    for newest_first in [false, true] {
        // Of more than one chunk, so that there is something to wait for.
        let lines = 3_000;
        for (at, event) in [
            ("2900", 2_900),
            ("14:48:20", 2_900),
            ("2026-05-03T14:48:20Z", 2_900),
            ("2026-05-03T14:48:20", 2_900),
            ("aev_2900", 2_900),
            ("aev_1", 1),
            ("15:30", 3_000),
        ] {
            let (timeline, remark) = opened_at(at, lines, newest_first);
            let moment = timeline.as_of().map(|moment| (moment.event, moment.of));
            assert_eq!((moment, remark), (Some((event, lines)), None), "{at}");
            assert_eq!(timeline.reading.cursor_index(&timeline.store), Some(event - 1));
        }
        for (at, words) in [("3001", "there are only 3"), ("aev_x", "no event aev_x")] {
            let (timeline, remark) = opened_at(at, lines, newest_first);
            assert!(!timeline.is_past() && timeline.wanted().is_none());
            let remark = remark.unwrap();
            assert!(remark.contains(words), "{at}: {remark}");
        }
        let (timeline, remark) = opened_at("2026-05-03T13:00Z", 5, newest_first);
        assert_eq!(timeline.as_of().unwrap().event, 1);
        assert!(remark.unwrap().contains("begins after"));
    }
}

/// What each number becomes: texts, halves of calls in any order, compactions.
fn scripted(choices: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let (id, second) = (format!("aev_{at}"), u32::try_from(at).unwrap());
        // A call id has one input and one output, whichever comes first.
        let call = format!("{} {}", at / 4, choice / 8 % 2);
        events.push(match (choice % 8, at % 4) {
            (0 | 1, 0 | 2) if choice / 8 % 2 == u8::from(at % 4 == 2) => tool(&id, second, &call),
            (0 | 1, 1 | 3) if choice / 8 % 2 == u8::from(at % 4 == 3) => {
                result(&id, second, &call, *choice > 128)
            }
            (2, _) => compaction(&id, second, u64::from(choice / 16)),
            (3, 1) => result(&id, second, &format!("early {}", at / 4), false),
            (3, 2) => tool(&id, second, &format!("early {}", at / 4)),
            _ => said(&id, second),
        });
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_moment_is_what_a_timeline_without_the_rest_would_be(
        choices in prop::collection::vec((any::<u8>(), prop::bool::weighted(0.4)), 2..60),
        start in 0_usize..60,
        steps in prop::collection::vec(any::<bool>(), 0..90),
        unfold in any::<bool>(),
        known in 1_usize..60,
    ) {
        let (kinds, hidden): (Vec<u8>, Vec<bool>) = choices.into_iter().unzip();
        let events = scripted(&kinds);
        let hidden: Vec<&str> = events.iter().zip(&hidden).filter(|(_, hidden)| **hidden)
            .filter_map(|(event, _)| event.id.as_ref().map(EventId::as_str)).collect();
        let timeline_of = |events: Vec<Event>, hidden: &[&str]| {
            let mut timeline = Timeline::default();
            timeline.set_situation(true, HashSet::new());
            timeline.fold_all(!unfold);
            timeline.apply_window(whole(events, hidden));
            timeline.settle(80, 10, 10);
            timeline
        };
        let known = known.min(events.len());
        let mut timeline = timeline_of(events[..known].to_vec(), &hidden);
        timeline.show_as_of(start.min(known) + 1);
        // The rest comes while the past is looked at.
        timeline.apply_window(whole(events.clone(), &hidden));
        let now = timeline_of(events.clone(), &hidden);
        for forward in steps {
            timeline.step(forward);
            timeline.settle(80, 10, 10);
            let Some(moment) = timeline.as_of() else {
                prop_assert_eq!(faces(&timeline), faces(&now));
                timeline.show_as_of(start + 1);
                continue;
            };
            let compacted_later = |id: &&&str| {
                let row = events.iter().position(|event| {
                    event.id.as_ref().map(EventId::as_str) == Some(**id)
                }).unwrap();
                let compacted = now.store.records()[row].visibility() == Compacted;
                compacted && now.store.covers().of(row).is_some_and(|by| by >= moment.event)
            };
            let hidden_then: Vec<&str> =
                hidden.iter().filter(|id| !compacted_later(id)).copied().collect();
            let then = timeline_of(events[..moment.event].to_vec(), &hidden_then);
            prop_assert_eq!(faces(&timeline), faces(&then));
            prop_assert_eq!(timeline.counts(), then.counts());
            prop_assert!(timeline.shown_len() == 0 || timeline.reading.cursor_index(&timeline.store).is_some());
        }
        timeline.return_to_present();
        prop_assert_eq!(faces(&timeline), faces(&now));
    }
}
