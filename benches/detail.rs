//! What it costs to open a value of 20 MB: the index of its text, beside a parse into values; and
//! the first screen of one long string in it.

use std::collections::HashSet;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use foretop::internals::model::Timeline;
use foretop::internals::model::timeline::{UnitId, Window};
use foretop::internals::text::json::{Index, NodeId, Outline};
use foretop::internals::text::markdown;
use foretop::internals::view::Detail;
use foretop::internals::viewport::Motion;

const SIZE: usize = 20 * 1024 * 1024;

/// Records as tools answer with them.
fn records() -> String {
    let record = r#"{"id": 8842, "name": "Keller, M\u00fcller", "paid": 84.20, "tags": ["a", "b"], "ok": true, "note": "The parcel was lost in transit; policy 4.2 allows a full refund within 30 days."}"#;
    format!("[{}]", vec![record; SIZE / record.len()].join(","))
}

fn one_string() -> String {
    format!(r#""{}""#, r"a line of a log that is long enough to be one\n".repeat(SIZE / 47))
}

fn timeline(output: &str) -> Timeline {
    let event = format!(
        r#"{{"id": "aev_1", "type": "tool_output", "tool_call_id": "c", "tool_name": "t", "error": false, "tool_configuration_name": "t", "tool_output": {{"value": {output}}}}}"#
    );
    let mut timeline = Timeline::default();
    timeline.apply_window(Window {
        events: vec![serde_json::from_str(&event).unwrap_or_else(|error| panic!("{error}"))],
        visible: HashSet::new(),
        reaches_start: true,
        reaches_end: true,
    });
    timeline
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("20 MB");
    group.sample_size(10);
    let (records, string) = (records(), one_string());
    for (name, text) in [("records", &records), ("one string", &string)] {
        group.bench_function(format!("index of {name}"), |b| b.iter(|| Index::of(text)));
        group.bench_function(format!("values of {name}"), |b| {
            b.iter(|| serde_json::from_str::<serde_json::Value>(text).is_ok());
        });
    }
    let index = Index::of(&records);
    group.bench_function("unfold all", |b| {
        let mut outline = Outline::new(&index, NodeId::ROOT, HashSet::new());
        b.iter(|| {
            outline.fold_all(&index, false);
            black_box(outline.row_count())
        });
    });
    for (name, text) in [("records", &records), ("one string", &string)] {
        let timeline = timeline(text);
        let unit = timeline.unit(&UnitId::named("aev_1"));
        group.bench_function(format!("first screen of {name}"), |b| {
            b.iter(|| {
                let mut detail = unit.as_ref().and_then(|unit| Detail::open(unit, None));
                let detail = detail.as_mut()?;
                detail.settle(76, 30);
                detail.go(Motion::Down);
                detail.enter();
                detail.settle(76, 30);
                Some(black_box(detail.rows().len()))
            });
        });
    }
    group.finish();
    let prose = "Some *text* with `code` and **more** of it, and [a link](https://x.example).\n\n"
        .repeat(900);
    c.bench_function("Markdown of 64 KB", |b| b.iter(|| markdown::render(&prose, 76)));
}

criterion_group!(benches, bench);
criterion_main!(benches);
