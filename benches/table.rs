//! What it costs to open separated values as a table, to move in it, to sort and to look for
//! something: at three sizes.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foretop::internals::content::table::SortBy;
use foretop::internals::content::{Encoding, Job, Pattern, prepare};
use foretop::internals::view::Viewer;
use foretop::internals::viewport::Motion;

const SIZES: [(&str, usize); 3] = [("500 KB", 500_000), ("5 MB", 5_000_000), ("50 MB", 50_000_000)];
const ROOM: (usize, usize) = (76, 31);

fn orders(size: usize) -> Arc<[u8]> {
    let mut out = String::from("order_id,date,country,sku,quantity,net_eur,note\n");
    let mut at = 4_352_u32;
    while out.len() < size {
        let net = f64::from(at.wrapping_mul(2_654_435_761) % 100_000) / 100.0;
        let day = at % 28 + 1;
        let _ = writeln!(
            out,
            "{at},2026-05-{day:02},NL,KTL-{:03},{},{net:.2},\"lost, \"\"found\"\"\"",
            at % 977,
            at % 5
        );
        at += 1;
    }
    out.into_bytes().into()
}

fn opened(bytes: &Arc<[u8]>) -> Viewer {
    let mut viewer = Viewer::new(Arc::new(prepare("orders.csv", "text/csv", Arc::clone(bytes))));
    viewer.settle(ROOM.0, ROOM.1, true);
    viewer
}

/// Everything that the screen waits for.
fn work(viewer: &mut Viewer) {
    for job in viewer.wanted() {
        if let Some(done) = job.run(viewer.file(), &|| false) {
            viewer.take(done);
        }
    }
    viewer.settle(ROOM.0, ROOM.1, true);
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("table");
    group.sample_size(10);
    for (size, count) in SIZES {
        let bytes = orders(count);
        group.bench_function(BenchmarkId::new("first screen", size), |b| {
            b.iter(|| black_box(opened(&bytes).grid_rows().len()));
        });
        let mut viewer = opened(&bytes);
        group.bench_function(BenchmarkId::new("all rows", size), |b| {
            b.iter(|| black_box(Job::Rows.run(viewer.file(), &|| false).is_some()));
        });
        work(&mut viewer);
        let motions = [
            ("row down", Motion::Down),
            ("page down", Motion::PageDown),
            ("to the end", Motion::Last),
        ];
        for (name, motion) in motions {
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter(|| {
                    viewer.go(motion);
                    viewer.settle(ROOM.0, ROOM.1, true);
                    black_box(viewer.grid_rows().len())
                });
            });
        }
        let file = Arc::clone(viewer.file());
        let rows = file.table().zip(file.text());
        let Some(rows) = rows.and_then(|(table, text)| table.rows(text, &|| false)) else {
            continue;
        };
        let rows = Arc::new(rows);
        for (name, column) in [("sort of numbers", 5), ("sort of words", 3)] {
            let by = SortBy { column, descending: true };
            group.bench_function(BenchmarkId::new(name, size), |b| {
                b.iter(|| {
                    black_box(Job::Sort(Arc::clone(&rows), by).run(&file, &|| false).is_some())
                });
            });
        }
        let Ok(Some(pattern)) = Pattern::read("needle", Encoding::Utf8) else { continue };
        group.bench_function(BenchmarkId::new("search of what is not there", size), |b| {
            b.iter(|| black_box(Job::Find(pattern.clone()).run(&file, &|| false).is_some()));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
