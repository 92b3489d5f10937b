//! What the polling plan costs with a thousand sessions. Compare ratios within one run.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use foretop::api::{SessionRef, Timestamp};
use foretop::client::watch::{News, Open, WatchPlan, WatchView, Watched, WatchedAgent};
use jiff::SignedDuration;

fn view() -> WatchView {
    let session = |n: usize| SessionRef::new("agent", format!("session-{n}"));
    let watched = |n: usize| Watched {
        session: session(n),
        running: n.is_multiple_of(50),
        close: false,
        changed: n.is_multiple_of(20),
    };
    WatchView {
        lists: true,
        open: Some(Open { session: session(0), running: true, visible: true, deep: true }),
        sessions: (0..1_000).map(watched).collect(),
        agents: vec![WatchedAgent {
            agent: "agent".into(),
            further_pages: 1,
            lively: true,
            lively_behind: false,
        }],
    }
}

fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A plan that has been at work for a while.
fn plan(view: &WatchView) -> (WatchPlan, Timestamp) {
    let (mut plan, mut now) = (WatchPlan::new(4.0), Timestamp::UNIX_EPOCH);
    plan.watch(now, view);
    for _ in 0..2_000 {
        now = after(now, SignedDuration::from_millis(250));
        for ask in plan.next(now) {
            plan.answered(&ask, now, News::Something);
        }
    }
    (plan, now)
}

fn bench(c: &mut Criterion) {
    let view = view();
    let mut group = c.benchmark_group("a thousand sessions");
    let (mut idle, now) = plan(&view);
    idle.next(now);
    group.bench_function("a wake with nothing to ask", |b| {
        b.iter(|| (idle.next(black_box(now)), idle.wake_at(now)));
    });
    let (mut busy, mut now) = plan(&view);
    group.bench_function("a second of asking", |b| {
        b.iter(|| {
            for _ in 0..4 {
                now = after(now, SignedDuration::from_millis(250));
                for ask in busy.next(now) {
                    busy.answered(&ask, now, News::Something);
                }
                black_box(busy.wake_at(now));
            }
        });
    });
    let (mut told, now) = plan(&view);
    group.bench_function("another view", |b| b.iter(|| told.watch(now, black_box(&view))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
