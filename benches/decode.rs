//! How fast events are read: from a page of a hundred and from a stream, beside `serde_json` alone
//! on the same bytes. Only the ratios within one run mean something.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use foretop::api::{Event, Frame, Page};
use foretop::client::sse::Parser;
use serde_json::{Value, json};

const EVENTS: usize = 100;

/// Events as a working session has them: talk, calls, outputs of a kilobyte.
fn events() -> Vec<Value> {
    let event = |n: usize| {
        let mut event = json!({
            "id": format!("aev_{n:032}"), "session_key": "ase_bench_0001",
            "created_at": "2026-07-02T09:00:01.000Z",
        });
        let body = match n % 4 {
            0 => json!({"type": "input_message",
                "messages": [{"type": "text", "content": "Which invoices are late, and why?"}]}),
            1 => json!({"type": "tool_input", "tool_call_id": format!("call_{n}"),
                "tool_configuration_name": "invoice_search", "tool_name": "corpora_search",
                "tool_input": {"query": "late invoices", "limit": 20, "since": "2026-01-01"}}),
            2 => json!({"type": "tool_output", "tool_call_id": format!("call_{}", n - 1),
                "tool_configuration_name": "invoice_search", "tool_name": "corpora_search",
                "tool_output": {"search_results": vec![json!({"text": "Invoice 17, 84.20 EUR",
                    "score": 0.87, "document": "inv-17"}); 14]}, "error": false}),
            _ => json!({"type": "agent_output",
                "content": "Invoices 17 and 20 are late; both were sent to an old address."}),
        };
        if let (Value::Object(event), Value::Object(body)) = (&mut event, body) {
            event.extend(body);
        }
        event
    };
    (0..EVENTS).map(event).collect()
}

fn decode(criterion: &mut Criterion) {
    let events = events();
    let page = json!({"events": events, "metadata": {"page_key": "next"}}).to_string();
    let frame = |event: &Value| {
        format!("event:{}\ndata:{event}\n\n", event["type"].as_str().unwrap_or_default())
    };
    let stream = events.iter().map(frame).collect::<Vec<_>>().concat();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("page, serde_json alone", |bench| {
        bench.iter(|| serde_json::from_str::<Value>(black_box(&page)).map(|_| ()));
    });
    group.bench_function("page, typed with raw kept", |bench| {
        bench.iter(|| serde_json::from_str::<Page<Event>>(black_box(&page)).map(|_| ()));
    });
    group.bench_function("stream, serde_json alone", |bench| {
        bench.iter(|| {
            let data = black_box(&stream).lines().filter_map(|line| line.strip_prefix("data:"));
            data.filter(|data| serde_json::from_str::<Value>(data).is_ok()).count()
        });
    });
    group.bench_function("stream, parsed and typed", |bench| {
        bench.iter(|| {
            let messages = Parser::default().push(black_box(stream.as_bytes()));
            let frames = messages.iter().filter_map(|m| Frame::read(&m.event, &m.data));
            frames.count()
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
