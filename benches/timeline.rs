//! What stands between a page of events and a frame. Compare ratios within one run.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::collections::HashSet;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foretop::api::{Event, Page, SessionRef, Timestamp};
use foretop::internals::archive::{Archive, Reader};
use foretop::internals::canvas::Canvas;
use foretop::internals::model::timeline::{Filter, Landmark, Timeline, Window};
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Hints, Mode, Model, OpenSession};

fn json(count: usize) -> String {
    let events = (0..count).map(|n| {
        let id = format!("aev_{n:08}");
        let at = format!("2026-07-02T{:02}:{:02}:{:02}.000Z", n / 3600 % 24, n / 60 % 60, n % 60);
        let common = format!(r#""id":"{id}","session_key":"s","created_at":"{at}""#);
        match n % 3 {
            0 => format!(r#"{{{common},"type":"agent_output","content":"Step {n} is done."}}"#),
            1 => format!(
                r#"{{{common},"type":"tool_input","tool_call_id":"c{}","tool_configuration_name":"web_get","tool_name":"web_get","tool_input":{{"url":"https://example.org/{n}"}}}}"#,
                n / 3
            ),
            _ => format!(
                r#"{{{common},"type":"tool_output","tool_call_id":"c{}","tool_configuration_name":"web_get","tool_name":"web_get","tool_output":{{"status":200,"content":"{}"}},"error":false}}"#,
                n / 3,
                "text ".repeat(40)
            ),
        }
    });
    format!(r#"{{"events":[{}],"metadata":{{}}}}"#, events.collect::<Vec<_>>().join(","))
}

fn events(count: usize) -> Vec<Event> {
    serde_json::from_str::<Page<Event>>(&json(count)).unwrap().items
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

fn decode(c: &mut Criterion) {
    let page = json(100);
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("page of 100", |b| {
        b.iter(|| serde_json::from_str::<Page<Event>>(black_box(&page)).unwrap());
    });
    group.finish();
}

fn merge(c: &mut Criterion) {
    let mut group = c.benchmark_group("merge an unchanged listing into");
    for count in [100, 1_000, 10_000] {
        let all = events(count);
        let tail = Window { reaches_start: false, ..window(&all[all.len() - 100..]) };
        let mut model = model(&all);
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| model.open.as_mut().unwrap().timeline.apply_window(tail.clone()));
        });
    }
    group.finish();
}

fn key(c: &mut Criterion) {
    let theme = Theme::load("terminal").unwrap();
    let hints = Hints { mode: Mode::Browse, ..Hints::default() };
    let mut group = c.benchmark_group("line up and down, settle, draw");
    for count in [1_000, 10_000] {
        let mut model = model(&events(count));
        let mut cache = RowCache::default();
        let mut canvas = Canvas::default();
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                for by in [-1, 1] {
                    model.open.as_mut().unwrap().timeline.move_cursor(by);
                    model.settle();
                    canvas.begin(120, 36);
                    ui::draw(&mut canvas, &model, &theme, &mut cache, &hints);
                }
            });
        });
    }
    group.finish();
}

/// A session of that many events in a file, walked to its end.
fn in_a_file(count: usize) -> (tempfile::NamedTempFile, Timeline) {
    use std::io::Write as _;

    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut out = std::io::BufWriter::new(&mut file);
    for n in 0..count {
        let at = format!("2026-07-02T{:02}:{:02}:{:02}.000Z", n / 3600 % 24, n / 60 % 60, n % 60);
        let common = format!(r#""id":"aev_{n:08}","session_key":"s","created_at":"{at}""#);
        match n % 20 {
            0 => writeln!(out, r#"{{{common},"type":"input_message","messages":[]}}"#),
            _ => writeln!(out, r#"{{{common},"type":"agent_output","content":"Step {n}"}}"#),
        }
        .unwrap();
    }
    out.flush().unwrap();
    drop(out);
    let archive = Archive::open(file.path()).unwrap();
    let mut reader = Reader::new(&archive);
    let mut chunks = Vec::new();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        chunks.push(chunk);
    }
    let direction = reader.preamble().unwrap().direction;
    let mut timeline = Timeline::of_file(archive, direction);
    for chunk in chunks {
        timeline.absorb_chunk(chunk);
    }
    timeline.settle(120, 30, 100);
    (file, timeline)
}

/// What a key costs must not depend on the length of the session; what looks at every record may,
/// but only at memory speed.
fn length(c: &mut Criterion) {
    for count in [1_000, 100_000, 1_000_000] {
        let (_file, mut timeline) = in_a_file(count);
        let mut group = c.benchmark_group(format!("a file of {count}"));
        group.bench_function("line down and up, settle", |b| {
            b.iter(|| {
                for by in [1, -1] {
                    timeline.move_cursor(by);
                    timeline.settle(120, 30, 100);
                }
            });
        });
        group.bench_function("end and start, settle", |b| {
            b.iter(|| {
                timeline.newest();
                timeline.settle(120, 30, 100);
                timeline.first();
                timeline.settle(120, 30, 100);
            });
        });
        group.bench_function("next turn and back, settle", |b| {
            b.iter(|| {
                for forward in [true, false] {
                    timeline.jump(forward, Landmark::Turn);
                    timeline.settle(120, 30, 100);
                }
            });
        });
        group.bench_function("fold every turn and unfold", |b| {
            b.iter(|| {
                timeline.fold_turns(true);
                timeline.fold_turns(false);
            });
        });
        group.bench_function("agent's view and back", |b| {
            b.iter(|| {
                timeline.set_filter(Filter::AgentsView);
                timeline.set_filter(Filter::All);
            });
        });
        group.finish();
    }
}

criterion_group!(benches, decode, merge, key, length);
criterion_main!(benches);
