//! What it costs to answer with 100 KB: a key, which must fit into a frame, and a whole check, which
//! runs beside the screen.

use foretop::internals::app::effect::Work;
use foretop::internals::app::msg::{Press, TerminalMsg};
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use foretop::api::{EventId, PendingCall, SessionRef, Timestamp};
use foretop::internals::app::update::Machine;
use foretop::internals::app::{Effect, Msg, default_keymap};
use foretop::internals::keymap::Key;
use foretop::internals::model::AnswerKind;
use foretop::internals::model::output_schema::{Against, Check, OutputSchema};
use foretop::internals::view::{Focus, Layer, Model, View};
use serde_json::{Value, json};

const SIZE: usize = 100 * 1024;

/// Records, one a line or all in one.
fn answer(separator: &str) -> String {
    let record = r#"    {"sku": "A-1187", "amount": 84.20, "note": "lost by the carrier"}"#;
    let records = vec![record; SIZE / (record.len() + 2)].join(&format!(",{separator}"));
    format!("{{{separator}  \"lines\": [{separator}{records}{separator}  ]{separator}}}")
}

fn against() -> Against {
    let schema = json!({"type": "object", "required": ["lines"], "properties": {"lines": {
        "type": "array", "items": {"type": "object", "required": ["sku"], "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]-[0-9]+$"},
            "amount": {"type": "number", "minimum": 0}, "note": {"type": "string"}}}}}});
    let Value::Object(schema) = schema else { return Against::Free };
    Against::Schema(Arc::new(OutputSchema::new(schema)))
}

fn session() -> SessionRef {
    SessionRef::new("a", "s")
}

/// Somebody writes in the middle of the text.
fn desk(text: &str) -> (Machine, Model) {
    let now = Timestamp::UNIX_EPOCH;
    let mut model = Model::new(now, (120, 36));
    let call: PendingCall = serde_json::from_value(json!({"event_id": "aev_1",
        "tool_configuration_name": "t", "tool_name": "t", "arguments": {"path": "/a"}}))
    .unwrap_or_else(|error| panic!("{error}"));
    model.calls.apply(&session(), vec![call], now);
    if let Some(call) = model.calls.selected_mut() {
        call.draft.replace(text);
        call.draft.editor.move_to((call.draft.editor.lines().len() / 2, 20));
    }
    (model.view, model.focus) = (View::Calls, Focus::Answer);
    model.layers.push(Layer::Answer(EventId::from("aev_1")));
    model.remembers = true;
    (Machine::new(default_keymap().unwrap_or_else(|error| panic!("{error}"))), model)
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("100 KB");
    for (name, separator) in [("of lines", "\n"), ("in one line", "")] {
        let text = answer(separator);
        let (machine, model) = desk(&text);
        group.bench_function(format!("key in a draft {name}"), |b| {
            b.iter_batched_ref(
                || (machine.clone(), model.clone()),
                |(machine, model)| {
                    machine.update(
                        model,
                        Msg::Terminal(TerminalMsg::Key(Press::alone(
                            Key::char('x'),
                            Timestamp::UNIX_EPOCH,
                        ))),
                        Timestamp::UNIX_EPOCH,
                    )
                },
                BatchSize::LargeInput,
            );
        });
        let check = Check {
            call: EventId::from("aev_1"),
            stamp: 1,
            kind: AnswerKind::Success,
            text,
            against: against(),
        };
        group.bench_function(format!("check of a draft {name}"), |b| {
            b.iter(|| black_box(check.run().diagnostics.len()));
        });
    }
    group.finish();
    // A key asks for a check; nothing of the text is read for that.
    let (mut machine, mut model) = desk(&answer("\n"));
    let effects = machine.update(
        &mut model,
        Msg::Terminal(TerminalMsg::Key(Press::alone(Key::char('x'), Timestamp::UNIX_EPOCH))),
        Timestamp::UNIX_EPOCH,
    );
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Work(Work::CheckDraft(_)))),
        "{effects:?}"
    );
}

criterion_group!(benches, bench);
criterion_main!(benches);
