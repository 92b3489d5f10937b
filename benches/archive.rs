//! How fast a file of events is walked and searched, beside counting its newlines and beside
//! reading the same fields with `serde_json`. Only the ratios within one run mean something.
//!
//! `ARCHIVE=FILE.jsonl` takes a file instead of the generated one.

use std::borrow::Cow;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use foretop::internals::archive::{Archive, Line, Reader};
use serde::Deserialize;
use serde_json::json;

const EVENTS: usize = 100_000;
const BLOCK: usize = 1 << 20;

/// Talk, calls, and outputs of which some are long, in the service's key order.
fn generate(file: &File) -> std::io::Result<()> {
    const WORDS: &str = "the carrier returns an error when größe is empty, so we change the order ";
    let mut out = BufWriter::new(file);
    for n in 0..EVENTS {
        let time = format!(
            "2026-07-{:02}T09:{:02}:{:02}.{:03}Z",
            1 + n / 36_000,
            n / 600 % 60,
            n / 10 % 60,
            n % 10
        );
        let call = format!("call_{}", n / 2);
        let body = match n % 5 {
            0 => json!({"type": "input_message",
                "messages": [{"type": "text", "content": WORDS.repeat(2)}]}),
            1 => json!({"type": "thinking", "content": WORDS.repeat(4)}),
            2 => json!({"type": "tool_input", "tool_call_id": call,
                "tool_configuration_name": "orders", "tool_name": "orders",
                "tool_input": {"query": "late", "limit": 20}}),
            3 => json!({"type": "tool_output", "tool_call_id": call,
                "tool_configuration_name": "orders", "tool_name": "orders",
                "tool_output": {"rows": n, "text": WORDS.repeat(1 + n % 23)},
                "error": n % 100 == 3}),
            _ => json!({"type": "agent_output", "content": WORDS.repeat(5)}),
        };
        let body = body.to_string();
        let start =
            format!(r#"{{"id":"aev_{n:032}","session_key":"ase_bench","created_at":"{time}","#);
        writeln!(out, "{start}{}", &body[1..])?;
    }
    out.flush()
}

/// What a glance needs, the plain way.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only the reading of them is measured")]
struct Header<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    created_at: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tool_call_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tool_configuration_name: Option<Cow<'a, str>>,
    error: Option<bool>,
}

fn blocks(file: &File, length: u64, mut each: impl FnMut(&[u8])) {
    let mut buffer = vec![0; BLOCK];
    let mut at = 0;
    while at < length {
        let want = BLOCK.min(usize::try_from(length - at).unwrap_or(BLOCK));
        let read = file.read_at(&mut buffer[..want], at).unwrap_or(0);
        assert!(read > 0);
        each(&buffer[..read]);
        at += read as u64;
    }
}

fn walk(archive: &Archive, mut each: impl FnMut(Line)) -> u64 {
    let mut reader = Reader::new(archive);
    while let Ok(Some(chunk)) = reader.next_chunk() {
        chunk.lines.iter().for_each(|(line, _)| each(*line));
    }
    reader.summary().lines
}

fn scan(archive: &Archive, lines: &[Line], test: &mut dyn FnMut(u32, &[u8])) {
    let mut lines = (0..).zip(lines.iter().copied());
    assert!(
        archive
            .scan(&mut lines, &mut |at: u32, line: &[u8]| test(at, line), &AtomicBool::new(false))
            .is_ok()
    );
}

fn archive(criterion: &mut Criterion) {
    let Ok(mut kept) = tempfile::NamedTempFile::new() else { return };
    let given = std::env::var_os("ARCHIVE");
    let path = given.as_deref().map_or(kept.path(), Path::new).to_owned();
    if given.is_none() && generate(kept.as_file_mut()).is_err() {
        return;
    }
    let (Ok(archive), Ok(file)) = (Archive::open(&path), File::open(&path)) else { return };
    let mut lines = Vec::new();
    walk(&archive, |line| lines.push(line));
    lines.sort_by_key(|line| line.offset);
    let mut group: BenchmarkGroup<'_, _> = criterion.benchmark_group("archive");
    group.throughput(Throughput::Bytes(archive.length())).sample_size(10);
    group.bench_function("newlines alone", |bench| {
        bench.iter(|| {
            let mut count = 0;
            blocks(&file, archive.length(), |block| {
                count += memchr::memchr_iter(b'\n', black_box(block)).count();
            });
            count
        });
    });
    group.bench_function("walk: lines and glances", |bench| {
        bench.iter(|| walk(&archive, |line| _ = black_box(line)));
    });
    group.bench_function("serde header of each line", |bench| {
        bench.iter(|| {
            let mut good = 0;
            scan(&archive, &lines, &mut |_, line| {
                good += usize::from(serde_json::from_slice::<Header<'_>>(line).is_ok());
            });
            good
        });
    });
    group.bench_function("scan, reading alone", |bench| {
        bench.iter(|| scan(&archive, &lines, &mut |_, line| _ = black_box(line)));
    });
    group.bench_function("scan for a rare string", |bench| {
        let needle = memchr::memmem::Finder::new("NEEDLE-7f3a");
        bench.iter(|| {
            let mut hits = 0;
            scan(&archive, &lines, &mut |_, line| hits += usize::from(needle.find(line).is_some()));
            hits
        });
    });
    group.finish();
}

criterion_group!(benches, archive);
criterion_main!(benches);
