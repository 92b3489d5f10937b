//! What it costs to show the arguments of a waiting call: the first screen, and then a key, for
//! arguments of 5 KB, 500 KB and 5 MB, as many values and as one string. Only the ratios within one
//! run mean something: a key must cost the same at every size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foretop::api::{Event, Exact, Timestamp};
use foretop::internals::view::{Arguments, KeyNames};
use foretop::internals::viewport::Motion;

const SIZES: [(&str, usize); 3] = [("5 KB", 5_000), ("500 KB", 500_000), ("5 MB", 5_000_000)];
const ROOM: (usize, usize) = (84, 20);

/// Ten bytes a value: 5 MB are half a million of them.
fn values(size: usize) -> String {
    format!(r#"{{"list":[{}]}}"#, vec![r#"{"i":84.20,"o":"k"}"#; size / 20].join(","))
}

fn one_string(size: usize) -> String {
    format!(r#"{{"log":"{}"}}"#, r"a line that is long enough to be one\n".repeat(size / 38))
}

/// Configuration filled in one more value than the agent said.
fn merged(said: &str) -> String {
    format!(r#"{},"key":"k"}}"#, said.strip_suffix('}').unwrap_or(said))
}

fn exact(text: String) -> Exact {
    Exact::new(text).unwrap_or_else(|| panic!("no JSON"))
}

fn input(said: &str) -> Event {
    let text = format!(r#"{{"id":"e","type":"tool_input","tool_input":{said}}}"#);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn bench(c: &mut Criterion) {
    for (kind, make) in [("many values", values as fn(usize) -> String), ("one string", one_string)]
    {
        let mut opened = c.benchmark_group(format!("arguments of {kind}, first screen"));
        opened.sample_size(10);
        for (name, size) in SIZES {
            let said = make(size);
            let (text, event) = (exact(merged(&said)), input(&said));
            opened.throughput(Throughput::Bytes(size as u64));
            opened.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| {
                    let mut arguments = Arguments::new(text.clone());
                    arguments.learn(&event, None);
                    arguments.settle(ROOM.0, ROOM.1, Timestamp::UNIX_EPOCH);
                    black_box(arguments.screen().len())
                });
            });
        }
        opened.finish();
        for look in ["tree", "raw"] {
            let mut keys = c.benchmark_group(format!("arguments of {kind}, a key in the {look}"));
            for (name, size) in SIZES {
                let said = make(size);
                let mut arguments = Arguments::new(exact(merged(&said)));
                arguments.learn(&input(&said), None);
                arguments.fold_all(false);
                if look == "raw" {
                    arguments.next_look();
                }
                let keys_as_built = KeyNames::default();
                let mut forward = true;
                keys.bench_function(BenchmarkId::from_parameter(name), |b| {
                    b.iter(|| {
                        forward = !forward;
                        arguments.go(if forward { Motion::Down } else { Motion::Up });
                        arguments.settle(ROOM.0, ROOM.1, Timestamp::UNIX_EPOCH);
                        black_box((arguments.unseen(), arguments.way_to_unseen(&keys_as_built)))
                    });
                });
            }
            keys.finish();
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
