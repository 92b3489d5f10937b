//! What it costs to open a file in the viewer, to move in it and to look for something: from the
//! last byte to the first screen, at three sizes of text and of JSON.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use foretop::internals::content::{Done, Job, Prepared, Rendition, prepare};
use foretop::internals::view::Viewer;
use foretop::internals::viewport::Motion;

const SIZES: [(&str, usize); 3] = [("500 KB", 500_000), ("5 MB", 5_000_000), ("50 MB", 50_000_000)];
const ROOM: (usize, usize) = (76, 31);

fn log(size: usize) -> Arc<[u8]> {
    let line =
        "2026-05-03T14:02:18.120Z INFO  worker-7 order 4411: parcel scanned in Mechelen, 3.4 kg\n";
    line.repeat(size / line.len()).into_bytes().into()
}

fn one_line(size: usize) -> Arc<[u8]> {
    "words in a line that never ends, ".repeat(size / 33).into_bytes().into()
}

fn json(size: usize) -> Arc<[u8]> {
    let record = r#"{"id": 8842, "name": "Keller, M\u00fcller", "paid": 84.20, "tags": ["a", "b"], "ok": true, "note": "The parcel was lost in transit; policy 4.2 allows a full refund."}"#;
    format!("[{}]", vec![record; size / record.len()].join(",\n")).into_bytes().into()
}

fn json_lines(size: usize) -> Arc<[u8]> {
    let record = "{\"id\": \"aev_1\", \"type\": \"tool_output\", \"tool_output\": {\"state\": \"lost\", \"n\": 1.50}}\n";
    record.repeat(size / record.len()).into_bytes().into()
}

type Make = fn(usize) -> Arc<[u8]>;

const FILES: [(&str, Make); 4] =
    [("a.log", log), ("line.txt", one_line), ("a.json", json), ("a.jsonl", json_lines)];

fn opened(name: &str, bytes: &Arc<[u8]>) -> Viewer {
    let mut viewer = Viewer::new(Arc::new(prepare(name, "", Arc::clone(bytes))));
    viewer.settle(ROOM.0, ROOM.1, true);
    viewer
}

fn rows(viewer: &Viewer) -> usize {
    viewer.source_rows().len() + viewer.tree_rows().len()
}

/// Everything that the screen waits for.
fn work(viewer: &mut Viewer) {
    for job in viewer.wanted() {
        let file: Arc<Prepared> = Arc::clone(viewer.file());
        if let Some(done) = job.run(&file, &|| false) {
            viewer.take(done);
        }
    }
    viewer.settle(ROOM.0, ROOM.1, true);
}

fn bench(c: &mut Criterion) {
    for (file, make) in FILES {
        let mut group = c.benchmark_group(file);
        group.sample_size(10);
        for (size, count) in SIZES {
            let bytes = make(count);
            group.bench_function(BenchmarkId::new("first screen", size), |b| {
                b.iter(|| black_box(rows(&opened(file, &bytes))));
            });
            let mut viewer = opened(file, &bytes);
            work(&mut viewer);
            let mut down = |name: &str, motion: Motion| {
                group.bench_function(BenchmarkId::new(name, size), |b| {
                    b.iter(|| {
                        viewer.go(motion);
                        viewer.settle(ROOM.0, ROOM.1, true);
                        black_box(rows(&viewer))
                    });
                });
            };
            down("line down", Motion::Down);
            down("page down", Motion::PageDown);
            down("to the end", Motion::Last);
            group.bench_function(BenchmarkId::new("another view", size), |b| {
                b.iter_batched_ref(
                    || viewer.clone(),
                    |viewer| {
                        viewer.next_view();
                        viewer.settle(ROOM.0, ROOM.1, true);
                        rows(viewer)
                    },
                    BatchSize::PerIteration,
                );
            });
            group.bench_function(BenchmarkId::new("search of what is not there", size), |b| {
                b.iter_batched_ref(
                    || {
                        let mut viewer = opened(file, &bytes);
                        viewer.find("needle");
                        let is_find = |job: &Job| matches!(job, Job::Find(_));
                        viewer.wanted().into_iter().find(is_find)
                    },
                    |job| {
                        let done = job.take().and_then(|job| job.run(viewer.file(), &|| false));
                        black_box(matches!(done, Some(Done::Found(..))))
                    },
                    BatchSize::PerIteration,
                );
            });
            if viewer.file().fits(Rendition::Tree) {
                group.bench_function(BenchmarkId::new("index", size), |b| {
                    b.iter(|| black_box(Job::Index.run(viewer.file(), &|| false).is_some()));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
