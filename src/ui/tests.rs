//! The three views as text, from a hand-built model, and a sweep over sizes.

mod agents;
mod arguments;
mod branching;
mod chat;
mod commands;
mod compaction;
mod composer;
mod files;
mod find;
mod first_run;
mod fixture;
mod focus;
mod imitation;
mod lines;
mod mouse;
mod notices;
mod quiet;
mod session_diff;
mod session_search;
mod times;
mod tour;
mod viewer;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::{RowCache, draw};
use crate::api::SessionRef;
use crate::app;
use crate::app::msg::{Press, RunMsg, TerminalMsg};
use crate::app::update::Machine;
use crate::canvas::Canvas;
use crate::keymap::Key;
use crate::model::BadgeColour;
use crate::model::memory::Seen;
use crate::model::timeline::UnitId;
use crate::theme::{Glyphs, Theme};
use crate::view::{Detail, Focus, Hints, Layer, Layers, Level, Model, Toast, View, Waterfall};
use crate::viewport::Motion;

use fixture::{at, model};

// Read once: many screens are drawn.
static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::load("terminal").unwrap());

/// The hint row that the app itself would show.
fn hints(model: &Model) -> Hints {
    app::hints::hints(model, &app::default_keymap().unwrap())
}

/// What the model is after these keys, as the app works them in; nothing is done in the world.
fn press(model: &mut Model, keys: &str) {
    let mut machine = Machine::new(app::default_keymap().unwrap());
    let now = model.now;
    for (count, key) in (1..).zip(Key::parse_sequence(keys).unwrap()) {
        model.guard_until = None;
        // As a person presses them, though the clock on the screen stands still.
        let at = now.checked_add(jiff::SignedDuration::from_secs(count)).unwrap();
        let _ = machine.update(model, TerminalMsg::Key(Press::alone(key, at)).into(), now);
        let _ = machine.update(model, RunMsg::Shown.into(), now);
    }
}

fn theme() -> Theme {
    Theme { glyphs: Glyphs::UNICODE, ..*THEME }
}

/// Whatever is on the screen, a terminal that shows less of it gets nothing else.
fn keeps_to_each_repertoire(model: &Model) {
    for glyphs in [Glyphs::ASCII, Glyphs::NERD.where_ambiguous_is_wide()] {
        let canvas = drawn_in(model, &Theme { glyphs, ..theme() });
        for look in canvas.looks() {
            let text = canvas.text_of(*look);
            assert!(text.is_empty() || glyphs.repertoire.has(&text), "{text:?}");
        }
    }
}

fn drawn(model: &Model) -> Canvas {
    drawn_in(model, &theme())
}

fn drawn_in(model: &Model, theme: &Theme) -> Canvas {
    let mut canvas = Canvas::new(model.size.0, model.size.1);
    draw(&mut canvas, model, theme, &mut RowCache::default(), &hints(model));
    canvas
}

/// The screen as text, and one line that changes when a style does.
fn screen(model: &Model) -> String {
    keeps_to_each_repertoire(model);
    let canvas = drawn(model);
    // FNV-1a, which no toolchain changes.
    let mut styles = 0xcbf2_9ce4_8422_2325_u64;
    let mut words = HashMap::new();
    let mut out = String::new();
    for y in 0..model.size.1 {
        let mut x = 0;
        while x < model.size.0 {
            let (text, pen) = (canvas.text_at((x, y)), canvas.pen_at((x, y)));
            for byte in words.entry(pen).or_insert_with(|| format!("{pen:?}")).bytes() {
                styles = (styles ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
            out.push_str(&text);
            x += u16::try_from(crate::text::width::width(&text)).unwrap().max(1);
        }
        out.push_str("▕\n");
    }
    format!("{out}styles {styles:016x}\n")
}

fn both_sizes(name: &str, view: View, focus: Focus) {
    for size in [(80, 24), (120, 36)] {
        let name = format!("{name}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, screen(&model(size, view, focus)));
    }
}

fn assert_looks(name: &str, model: &Model) {
    let name = format!("{name}_{}x{}", model.size.0, model.size.1);
    insta::assert_snapshot!(name, screen(model));
}

#[test]
fn triage() {
    both_sizes("triage", View::Triage, Focus::Timeline);
}

/// The detail of the unit of that event, as it opens.
fn with_detail(size: (u16, u16), id: &str) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    fixture::add_events_to_look_at(&mut model);
    open_detail(&mut model, &UnitId::named(id));
    model
}

fn open_detail(model: &mut Model, id: &UnitId) {
    let open = model.open.as_mut().unwrap();
    open.timeline.select(id);
    let detail = Detail::open(&open.timeline.unit(id).unwrap(), None);
    open.detail = Some(Box::new(detail.unwrap()));
    model.settle();
}

fn detail(model: &mut Model) -> &mut Detail {
    model.open.as_mut().unwrap().detail.as_mut().unwrap()
}

#[test]
fn the_detail_of_a_call_a_text_and_a_hostile_event() {
    for size in [(80, 24), (120, 36)] {
        let mut call = with_detail(size, "aev_20");
        for _ in 0..5 {
            detail(&mut call).go(Motion::Down);
        }
        call.settle();
        insta::assert_snapshot!(format!("detail_call_{}x{}", size.0, size.1), screen(&call));
        let text = with_detail(size, "aev_21");
        insta::assert_snapshot!(format!("detail_text_{}x{}", size.0, size.1), screen(&text));
        let mut hostile = with_detail(size, "aev_22");
        insta::assert_snapshot!(format!("detail_hostile_{}x{}", size.0, size.1), screen(&hostile));
        for keys in 0..40 {
            let detail = detail(&mut hostile);
            match keys % 8 {
                0 => detail.fold_all(false),
                1 => detail.next_look(),
                2 => detail.toggle_wrap(),
                3 => detail.enter(),
                4 => detail.go(Motion::Last),
                _ => detail.go(Motion::HalfUp),
            }
            hostile.settle();
            let screen = screen(&hostile);
            assert!(screen.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
        }
    }
}

/// Where the time of the open session went, with the cursor on that row.
fn with_waterfall(model: &mut Model, row: usize) {
    let open = model.open.as_mut().unwrap();
    let mut waterfall = Waterfall::open(&open.timeline, None, model.now);
    waterfall.go(Motion::First, &open.timeline);
    for _ in 0..row {
        waterfall.go(Motion::Down, &open.timeline);
    }
    open.waterfall = Some(Box::new(waterfall));
    model.settle();
}

#[test]
fn where_time_went() {
    for size in [(80, 24), (120, 36)] {
        let mut model = model(size, View::Triage, Focus::Timeline);
        with_waterfall(&mut model, 6);
        insta::assert_snapshot!(format!("waterfall_{}x{}", size.0, size.1), screen(&model));
    }
    // A file has the whole width.
    let mut file = model((120, 36), View::Triage, Focus::Timeline);
    let timeline = std::mem::take(&mut file.open.as_mut().unwrap().timeline);
    file.show_file("refund.jsonl".to_owned(), SessionRef::new("a", "refund-4411"), timeline);
    with_waterfall(&mut file, 3);
    insta::assert_snapshot!("waterfall_file_120x36", screen(&file));
    let ascii = drawn_in(&file, &Theme { glyphs: Glyphs::ASCII, ..theme() });
    let drawn = ascii.rows_of_text().join("\n");
    assert!(drawn.contains("====") && drawn.contains("###"), "{drawn}");
    assert!(!drawn.contains(['█', '▒', '░', '▏']), "{drawn}");
}

#[test]
fn calls() {
    both_sizes("calls", View::Calls, Focus::Arguments);
}

/// With reasons, a call set aside, a new one, and one that somebody else answered.
#[test]
fn the_reasons_of_a_call_and_what_is_set_aside_new_or_answered_elsewhere() {
    for size in [(80, 24), (120, 36)] {
        let mut model = model(size, View::Calls, Focus::Why);
        fixture::add_reasons(&mut model);
        model.calls.set_aside(&"aev_s".into(), true);
        model.calls.note_new(&"aev_v".into());
        model.calls.reasons.select(1);
        model.settle();
        insta::assert_snapshot!(format!("why_{}x{}", size.0, size.1), screen(&model));
        model.focus = Focus::Queue;
        model.settle();
        insta::assert_snapshot!(format!("queue_{}x{}", size.0, size.1), screen(&model));
        model.focus = Focus::Arguments;
        let session = SessionRef::new("support-bot", "refund-4411");
        let left = model.calls.of_session(&session);
        let left = left.map(|call| call.pending.clone()).skip(1).collect();
        let gone = model.calls.apply(&session, left, at("14:05:00"));
        model.calls.depart(gone.into_iter().next().unwrap(), at("14:05:00"));
        model.settle();
        insta::assert_snapshot!(format!("departed_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn reasons_that_have_no_room_scroll() {
    let mut small = model((40, 10), View::Calls, Focus::Why);
    fixture::add_reasons(&mut small);
    small.settle();
    assert!(!screen(&small).contains("I will refund"));
    small.calls.reasons.select(usize::MAX);
    small.settle();
    assert!(screen(&small).contains("I will refund"), "the selected one is seen");
}

#[test]
fn artifacts() {
    both_sizes("artifacts", View::Artifacts, Focus::ArtifactList);
}

#[test]
fn what_went_on_since_the_last_look_is_marked_in_the_list_and_in_the_session() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    let seen = |clock| Seen { event: "aev_12".into(), happened_at: Some(at(clock)) };
    let session = |key| SessionRef::new("support-bot", key);
    for key in ["nightly-digest", "pricing-sync", "refund-4411"] {
        model.memory.see(&session(key), seen("14:00:00"), at("14:00:00"));
    }
    let timeline = &mut model.open.as_mut().unwrap().timeline;
    timeline.look_again(Some(seen("14:02:11")));
    timeline.place_line();
    model.settle();
    let screen = screen(&model);
    assert!(screen.contains("x+nightly-digest"), "{screen}");
    assert!(screen.contains("x pricing-sync"), "nothing happened there since\n{screen}");
    assert!(screen.contains("! Refund fo…4411"), "it is open\n{screen}");
    let lines: Vec<&str> = screen.lines().collect();
    let line = lines.iter().position(|line| line.contains("since you last looked")).unwrap();
    assert!(lines[line + 1].contains("orders.refund"), "{screen}");
}

#[test]
fn production_and_read_only_are_said_in_words() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    model.profile.production = true;
    model.profile.read_only = true;
    model.profile.badge = Some(BadgeColour::Magenta);
    insta::assert_snapshot!("production_read_only_80x24", screen(&model));
    model.profile.name = "a-very-long-name-of-a-host.example.org".to_owned();
    let header = screen(&model).lines().next().unwrap().to_owned();
    assert!(header.contains("PROD a-very") && header.contains("read-only"), "{header}");
    assert!(header.contains("polled"), "{header}");
}

#[test]
fn a_secret_is_on_no_screen() {
    for (view, focus) in [(View::Triage, Focus::Timeline), (View::Calls, Focus::Arguments)] {
        assert!(!screen(&model((120, 36), view, focus)).contains("hunter2"));
    }
}

#[test]
fn that_nothing_is_kept_stands_in_the_header_at_any_width() {
    for size in [(80, 24), (120, 36), (60, 20)] {
        let mut model = model(size, View::Triage, Focus::Sessions);
        model.unkept = Some("cannot use /s: read-only".to_owned());
        let header = screen(&model).lines().next().unwrap().to_owned();
        assert!(header.contains("not kept"), "{header}");
    }
}

#[test]
fn writing_asking_help_and_trouble() {
    let mut model = model((80, 24), View::Triage, Focus::Timeline);
    let session = SessionRef::new("support-bot", "refund-4411");
    // It parked while somebody wrote to it.
    model.layers.push(Layer::Composer(session.clone()));
    model.composer.draft_mut(&session).editor.set_text("Please also\ntell the customer.");
    let toast = "hid 3 events, about 18k tokens · u undo".to_owned();
    model.toast = Some(Toast { text: toast, until: at("14:07:00"), level: Level::Info });
    model.link.failed(at("14:06:29"), "timed out".into(), Some(at("14:06:33")), false);
    model.settle();
    insta::assert_snapshot!("write_with_notices_80x24", screen(&model));
    press(&mut model, "<esc> ?");
    insta::assert_snapshot!("help_80x24", screen(&model));
}

#[test]
fn every_size_draws() {
    let places = [
        (View::Triage, Focus::Sessions),
        (View::Triage, Focus::Timeline),
        (View::Calls, Focus::Queue),
        (View::Calls, Focus::Answer),
        (View::Artifacts, Focus::Viewer),
        (View::Artifacts, Focus::ArtifactList),
        (View::Agents, Focus::AgentList),
        (View::Agents, Focus::AgentFacts),
    ];
    let sizes: BTreeSet<(u16, u16)> = (1..=130)
        .step_by(9)
        .chain([39, 40, 59, 60, 99, 100])
        .flat_map(|width| (1..=40).step_by(4).chain([9, 10, 11]).map(move |height| (width, height)))
        .collect();
    let mut model = model((80, 24), View::Triage, Focus::Sessions);
    fixture::add_agents(&mut model);
    for (at, size) in sizes.into_iter().enumerate() {
        (model.view, model.focus) = places[at % places.len()];
        model.layers = Layers::default();
        if at % 4 == 0 {
            let session = model.open.as_ref().unwrap().reference.clone();
            model.layers.push(Layer::Composer(session));
        }
        model.zoomed = at % 7 == 0;
        model.size = size;
        model.open.as_mut().unwrap().waterfall = None;
        if at % 2 == 0 {
            with_waterfall(&mut model, 7);
        }
        model.which_key = if at % 3 == 0 { vec![("g".into(), "top".into())] } else { Vec::new() };
        if at % 5 == 0 {
            press(&mut model, if at % 2 == 0 { "?" } else { "g i" });
        }
        model.settle();
        screen(&model);
    }
}

#[test]
fn an_empty_model_draws_and_a_second_frame_comes_from_the_cache() {
    for view in [View::Triage, View::Calls, View::Artifacts, View::Agents] {
        let mut empty = Model::new(at("14:00:00"), (120, 36));
        empty.view = view;
        empty.settle();
        screen(&empty);
    }
    let model = model((120, 36), View::Triage, Focus::Timeline);
    let mut cache = RowCache::default();
    for _ in 0..2 {
        draw(&mut Canvas::new(120, 36), &model, &theme(), &mut cache, &hints(&model));
    }
    assert_eq!(cache.hits, cache.misses);
}

#[test]
fn the_status_row_says_which_moment_is_shown() {
    for width in [120, 60, 40] {
        let mut model = model((width, 24), View::Triage, Focus::Timeline);
        let timeline = &mut model.open.as_mut().unwrap().timeline;
        timeline.step(false);
        timeline.step(false);
        model.settle();
        let screen = screen(&model);
        let row = screen.lines().find(|line| line.contains(" as of ")).expect(&screen);
        assert!(row.contains(" · event "), "{row}");
        assert_eq!(row.contains(". on · , back · Esc now"), width > 60, "{row}");
    }
}
