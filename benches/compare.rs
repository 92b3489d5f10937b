//! What it costs to compare two sessions of 20,000 events: nearly the same, forked early, and with nothing
//! in common.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foretop::api::{Event, Session};
use foretop::internals::model::session_diff::{Read, SessionDiff};
use foretop::internals::view::pane::session_diff::Sheet;

const EVENTS: usize = 20_000;

/// A session of which every event from `differs` on says something else than in others.
fn session(name: &str, differs: usize) -> Read {
    let about = format!(
        r#"{{"key":"{name}","agent_key":"a","name":"{name}","enabled":true,
        "created_at":"2026-05-03T14:00:00.000Z"}}"#
    );
    let events = (0..EVENTS).map(|at| {
        let own = if at >= differs { name } else { "" };
        let call = at / 3;
        let body = match at % 3 {
            0 => format!(
                r#""type":"tool_input","tool_call_id":"{name}{call}","tool_name":"orders.lookup",
                "tool_configuration_name":"orders.lookup","tool_input":{{"order":{call},
                "own":"{own}","lines":[{{"sku":"KTL-1","net":84.20}},{{"sku":"KTL-2","net":1}}]}}"#
            ),
            1 => format!(
                r#""type":"tool_output","tool_call_id":"{name}{call}","tool_name":"orders.lookup",
                "tool_configuration_name":"orders.lookup","error":false,
                "tool_output":{{"order":{call},"own":"{own}","note":"{}"}}"#,
                "paid by card, and delivered ".repeat(12)
            ),
            _ => format!(r#""type":"agent_output","content":"Order {call} {own} is on its way.""#),
        };
        let json = format!(r#"{{"id":"{name}_{at}","session_key":"{name}",{body}}}"#);
        serde_json::from_str::<Event>(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
    });
    let session: Session = serde_json::from_str(&about).unwrap_or_else(|error| panic!("{error}"));
    Read { session, events: events.collect(), whole: true }
}

fn compare(c: &mut Criterion) {
    let mut group = c.benchmark_group("compare two sessions of 20,000 events");
    group.sample_size(10);
    for (name, differs) in
        [("nearly the same", EVENTS - 6), ("forked early", EVENTS / 4), ("nothing in common", 0)]
    {
        let (old, new) = (session("one", differs), session("two", differs));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                let deadline = Some(Instant::now() + Duration::from_secs(5));
                let diff = SessionDiff::of(old.clone(), new.clone(), deadline);
                black_box(Sheet::of(diff, deadline).text.blocks.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
