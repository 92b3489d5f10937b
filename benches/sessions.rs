//! What a key in the list of sessions costs, and what a session takes. Compare ratios within one run: a
//! letter of a filter looks at every session, a line down only at those that are seen.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foretop::api::{Event, PendingCall, Session, SessionRef, Timestamp};
use foretop::internals::canvas::Canvas;
use foretop::internals::model::event_search::hits;
use foretop::internals::model::probe::read_probe;
use foretop::internals::query::{Domain, Query};
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Hints, Mode, Model, View};
use foretop::internals::viewport::Motion;

const AGENTS: usize = 5;

fn model(count: usize) -> Model {
    let now = Timestamp::from_second(1_000_000).unwrap();
    let mut model = Model::new(now, (120, 36));
    for agent in 0..AGENTS {
        let sessions = (agent..count).step_by(AGENTS).map(|n| -> Session {
            let json = format!(
                r#"{{"key":"ase_order_{n}","agent_key":"fleet-{agent}","name":"Order {n}",
                    "enabled":true,"status":"stopped","created_at":"1970-01-01T00:00:00Z",
                    "metadata":{{"tier":"gold","order":{n}}}}}"#
            );
            serde_json::from_str(&json).unwrap()
        });
        let key = format!("fleet-{agent}");
        model.sessions.apply_listing(&key.as_str().into(), sessions.collect(), true);
    }
    for n in 0..count {
        let session = SessionRef::new(format!("fleet-{}", n % AGENTS), format!("ase_order_{n}"));
        let json = format!(
            r#"{{"event_id":"aev_{n:08}","tool_configuration_name":"refund","tool_name":"refund",
                "arguments":{{"order":{n}}}}}"#
        );
        let calls: Vec<PendingCall> =
            if n % 50 == 0 { vec![serde_json::from_str(&json).unwrap()] } else { Vec::new() };
        model.sessions.apply_probe(&session, read_probe(&[], &calls), now);
    }
    (model.view, model.focus) = (View::Triage, Focus::Sessions);
    model.settle();
    model
}

fn keys(c: &mut Criterion) {
    let theme = Theme::load("terminal").unwrap();
    let hints = Hints { mode: Mode::Browse, ..Hints::default() };
    let mut group = c.benchmark_group("sessions");
    for count in [10, 100, 1_000] {
        let mut model = model(count);
        let mut cache = RowCache::default();
        let mut canvas = Canvas::default();
        let mut draw = |model: &mut Model| {
            model.settle();
            canvas.begin(120, 36);
            ui::draw(&mut canvas, model, &theme, &mut cache, &hints);
        };
        model.sessions.set_filter("", None);
        group.bench_function(BenchmarkId::new("line down, settle, draw", count), |b| {
            b.iter(|| {
                model.sessions.go(Motion::Down);
                draw(&mut model);
            });
        });
        let lines = ["order", "order 9"];
        let queries = lines.map(|line| Query::parse(line, Domain::Sessions).unwrap());
        let mut at = 0;
        group.bench_function(BenchmarkId::new("letter of a filter, settle, draw", count), |b| {
            b.iter(|| {
                at = 1 - at;
                model.sessions.set_filter(lines[at], Some(queries[at].clone()));
                draw(&mut model);
            });
        });
    }
    group.finish();
}

/// What a page of a search costs beside the loop.
fn page(c: &mut Criterion) {
    let event = |n: usize| -> Event {
        let json = format!(
            r#"{{"id":"aev_{n:08}","type":"tool_output","tool_call_id":"c{n}","tool_name":"web_get",
                "tool_configuration_name":"web_get","created_at":"2026-07-02T09:00:00Z",
                "tool_output":{{"url":"https://example.org/{n}","content":"{}"}}}}"#,
            "nothing about it here ".repeat(40)
        );
        serde_json::from_str(&json).unwrap()
    };
    let events: Vec<Event> = (0..100).map(event).collect();
    let session = SessionRef::new("a", "s");
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let mut group = c.benchmark_group("page of 100 events");
    for line in ["elephant", "is:error tool:web_*"] {
        let query = Query::parse(line, Domain::Events).unwrap();
        group.bench_function(line, |b| {
            b.iter(|| black_box(hits(&query, &session, &events, now)));
        });
    }
    group.finish();
}

criterion_group!(benches, keys, page);
criterion_main!(benches);
