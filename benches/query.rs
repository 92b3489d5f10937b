//! The filter language over an index of events, over whole events, and over names. Compare ratios
//! within one run.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foretop::api::glance::Glance;
use foretop::api::{Event, EventKind, Timestamp};
use foretop::internals::query::{
    Answer, Domain, EventFacts, EventState, Fact, Query, Reader, Tool, WholeEvent,
};

const EVENTS: usize = 100_000;

fn event(n: usize) -> Event {
    let id = format!("aev_{n:08}");
    let at = format!("2026-07-02T{:02}:{:02}:{:02}.000Z", n / 3600 % 24, n / 60 % 60, n % 60);
    let common = format!(r#""id":"{id}","session_key":"s","created_at":"{at}""#);
    let json = match n % 3 {
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
    };
    serde_json::from_str(&json).unwrap()
}

struct Indexed {
    glance: Glance,
    size: u64,
}

impl EventFacts for Indexed {
    fn kind(&self) -> EventKind {
        self.glance.kind
    }
    fn is(&self, state: EventState) -> Fact<bool> {
        match state {
            EventState::Error => Fact::Known(self.glance.failed),
            EventState::Hidden => Fact::Known(self.glance.hidden.is_some()),
            _ => Fact::Unread,
        }
    }
    fn tool(&self) -> Tool<'_> {
        self.glance.tool.map_or(Tool::None, Tool::Fingerprint)
    }
    fn size(&self) -> u64 {
        self.size
    }
    fn duration_ms(&self) -> Fact<Option<u64>> {
        Fact::Unread
    }
    fn at(&self) -> Option<Timestamp> {
        self.glance.at.and_then(|at| Timestamp::from_millisecond(at).ok())
    }
    fn step(&self) -> Fact<Option<&str>> {
        Fact::Unread
    }
    fn sub_agent(&self) -> Fact<Option<&str>> {
        Fact::Unread
    }
    fn text(&self, _: &mut Reader<'_>) -> Fact<()> {
        Fact::Unread
    }
}

fn filter(c: &mut Criterion) {
    let now: Timestamp = "2026-07-03T00:00:00Z".parse().unwrap();
    let events: Vec<Event> = (0..EVENTS).map(event).collect();
    let indexed: Vec<Indexed> = events
        .iter()
        .map(|event| Indexed { glance: Glance::from(event), size: event.size() as u64 })
        .collect();

    let mut group = c.benchmark_group("index");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for text in [
        "type:tool_output",
        "is:error",
        "size:>20k",
        "since:12:00",
        "tool:web_get",
        "needle tool:web_put",
        "(is:error or size:>1k) type:tool_* !tool:web_put since:2h",
    ] {
        let query = Query::parse(text, Domain::Events).unwrap();
        group.bench_function(BenchmarkId::from_parameter(text), |b| {
            b.iter(|| {
                let left = indexed.iter().filter(|facts| query.glance(*facts, now) != Answer::No);
                black_box(left.count())
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("whole");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for text in
        ["needle", "Needle", "\"not there\"", r"/no\d+thing/", "needle haystack", "tool:web_*"]
    {
        let query = Query::parse(text, Domain::Events).unwrap();
        group.bench_function(BenchmarkId::from_parameter(text), |b| {
            b.iter(|| {
                let facts = events.iter().map(WholeEvent::new);
                let passing = facts.filter(|facts| query.event(facts, now) == Answer::Yes);
                black_box(passing.count())
            });
        });
    }
    group.finish();

    c.bench_function("parse", |b| {
        let text = "(is:error or is:pending) tool:web_* needle /4\\d\\d/ since:14:02";
        b.iter(|| black_box(Query::parse(black_box(text), Domain::Events)));
    });
}

criterion_group!(benches, filter);
criterion_main!(benches);
