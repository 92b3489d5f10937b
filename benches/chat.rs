//! What a conversation of 5,000 turns costs: to be opened, to be read as a chat, and a letter typed while an
//! answer streams into it. Compare with the same keys in the timeline.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::collections::HashSet;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use foretop::api::{Event, Frame, SessionKey, SessionRef, Timestamp};
use foretop::internals::app::msg::{Press, TerminalMsg};
use foretop::internals::app::update::Machine;
use foretop::internals::app::{Msg, default_keymap};
use foretop::internals::canvas::Canvas;
use foretop::internals::keymap::Key;
use foretop::internals::model::timeline::{Timeline, Window};
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Hints, Mode, Model, OpenSession};

const TURNS: usize = 5_000;

/// A question, a call with its output, and an answer of three paragraphs each.
fn events() -> Vec<Event> {
    let events = (0..TURNS * 4).map(|n| {
        let (turn, part) = (n / 4, n % 4);
        let seconds = n / 2;
        let at = format!(
            "2026-07-{:02}T{:02}:{:02}:{:02}.000Z",
            2 + seconds / 86_400,
            seconds / 3_600 % 24,
            seconds / 60 % 60,
            seconds % 60
        );
        let common = format!(r#""id":"aev_{n:08}","session_key":"s","created_at":"{at}""#);
        let body = match part {
            0 => format!(
                r#""type":"input_message","messages":[{{"type":"text","content":"Question {turn}: where is it?"}}]"#
            ),
            1 => format!(
                r#""type":"tool_input","tool_call_id":"c{turn}","tool_configuration_name":"web_get","tool_name":"web_get","tool_input":{{"url":"https://example.org/{turn}"}}"#
            ),
            2 => format!(
                r#""type":"tool_output","tool_call_id":"c{turn}","tool_configuration_name":"web_get","tool_name":"web_get","tool_output":{{"status":200}},"error":false"#
            ),
            _ => format!(
                r#""type":"agent_output","content":"It **left** on day {turn}.\n\n{}\n\n- one\n- two `code`\n""#,
                "It is on its way by road, and nothing is known to be in that. ".repeat(6)
            ),
        };
        serde_json::from_str(&format!("{{{common},{body}}}")).unwrap()
    });
    events.collect()
}

fn window(events: &[Event]) -> Window {
    let visible: HashSet<_> = events.iter().filter_map(|event| event.id.clone()).collect();
    Window { events: events.to_vec(), visible, reaches_start: true, reaches_end: true }
}

fn model(events: &[Event]) -> Model {
    let mut model = Model::new(Timestamp::UNIX_EPOCH, (120, 36));
    let mut open = OpenSession::new(SessionRef::new("agent", "s"));
    open.timeline.apply_window(window(events));
    model.open = Some(open);
    model.focus = Focus::Timeline;
    model.settle();
    model
}

fn press(machine: &mut Machine, model: &mut Model, keys: &str) {
    for key in Key::parse_sequence(keys).unwrap() {
        let now = Timestamp::UNIX_EPOCH;
        let msg = Msg::Terminal(TerminalMsg::Key(Press::alone(key, now)));
        let _ = black_box(machine.update(model, msg, now));
    }
}

fn open(c: &mut Criterion) {
    let all = events();
    c.bench_function("open 5,000 turns", |b| {
        b.iter(|| {
            let mut timeline = Timeline::default();
            timeline.apply_window(window(&all));
            black_box(timeline.event_count())
        });
    });
}

fn scroll(c: &mut Criterion) {
    let all = events();
    let theme = Theme::load("terminal").unwrap();
    let hints = Hints { mode: Mode::Browse, ..Hints::default() };
    let mut group = c.benchmark_group("keys and frames in 5,000 turns");
    for (name, begin) in [("timeline", ""), ("chat", "z t")] {
        let mut model = model(&all);
        let mut machine = Machine::new(default_keymap().unwrap());
        if !begin.is_empty() {
            press(&mut machine, &mut model, begin);
        }
        let mut cache = RowCache::default();
        let mut canvas = Canvas::default();
        for (what, keys) in [("a line up and down", "k j"), ("a page up and down", "<pgup> <pgdn>")]
        {
            group.bench_function(format!("{what}, {name}"), |b| {
                b.iter(|| {
                    press(&mut machine, &mut model, keys);
                    model.settle();
                    canvas.begin(120, 36);
                    ui::draw(&mut canvas, &model, &theme, &mut cache, &hints);
                });
            });
        }
    }
    group.finish();
}

/// A turn of 10,000 frames behind all of them.
fn stream(c: &mut Criterion) {
    let all = events();
    let key = SessionKey::from("s");
    let data = r#"{"type":"streaming_agent_output","id":"aev_live","content":"word "}"#;
    let Some(frame) = Frame::read("streaming_agent_output", data) else { return };
    let mut group = c.benchmark_group("behind 5,000 turns");
    group.sample_size(10);
    group.bench_function("10,000 frames of an answer", |b| {
        b.iter_batched_ref(
            || model(&all),
            |model| {
                let timeline = &mut model.open.as_mut().unwrap().timeline;
                timeline.open_stream();
                for _ in 0..10_000 {
                    timeline.apply_frame(&key, frame.clone());
                }
                model.settle();
            },
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, open, scroll, stream);
criterion_main!(benches);
