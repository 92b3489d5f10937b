//! What a key in the queue of waiting calls costs. Compare ratios within one run: a thousand calls
//! over as many sessions must not cost more than ten.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use foretop::api::{PendingCall, Session, SessionRef, Timestamp};
use foretop::internals::canvas::Canvas;
use foretop::internals::model::probe::read_probe;
use foretop::internals::theme::Theme;
use foretop::internals::ui::{self, RowCache};
use foretop::internals::view::{Focus, Hints, Mode, Model, View};

fn model(count: usize) -> Model {
    let now = Timestamp::from_second(1_000_000).unwrap();
    let mut model = Model::new(now, (120, 36));
    let sessions = (0..count).map(|n| -> Session {
        let json = format!(
            r#"{{"key":"s{n}","agent_key":"a","name":"S {n}","enabled":true,"status":"stopped",
                "created_at":"1970-01-01T00:00:00Z"}}"#
        );
        serde_json::from_str(&json).unwrap()
    });
    model.sessions.apply_listing(&"a".into(), sessions.collect(), true);
    for n in 0..count {
        let session = SessionRef::new("a", format!("s{n}"));
        let json = format!(
            r#"{{"event_id":"aev_{n:08}","tool_configuration_name":"refund","tool_name":"refund",
                "arguments":{{"order":{n},"reason":"lost on its way"}}}}"#
        );
        let calls: Vec<PendingCall> = vec![serde_json::from_str(&json).unwrap()];
        model.sessions.apply_probe(&session, read_probe(&[], &calls), now);
        let since = Timestamp::from_second(i64::try_from(n).unwrap()).unwrap();
        model.calls.apply(&session, calls, since);
    }
    (model.view, model.focus) = (View::Calls, Focus::Queue);
    model.settle();
    model
}

fn key(c: &mut Criterion) {
    let theme = Theme::load("terminal").unwrap();
    let hints = Hints { mode: Mode::Browse, ..Hints::default() };
    let mut group = c.benchmark_group("queue: call down, settle, draw");
    for count in [10, 1_000] {
        let mut model = model(count);
        let mut cache = RowCache::default();
        let mut canvas = Canvas::default();
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                // From the last call on to the first one, so that the view moves all the time.
                let id = model.calls.next_waiting(true).unwrap().clone();
                model.calls.select(&id);
                model.settle();
                canvas.begin(120, 36);
                ui::draw(&mut canvas, &model, &theme, &mut cache, &hints);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, key);
criterion_main!(benches);
