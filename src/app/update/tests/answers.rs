//! Answering a call: what leads to sending, and that nothing else does.

use super::*;
use crate::api::{Agent, Input, ToolId};
use crate::app::default_keymap;
use crate::app::effect::{Keep, Request, TerminalWork};
use crate::app::msg::{DoneMsg, ServiceMsg, StreamMsg, TerminalMsg};
use crate::model::output_schema::ToolRead;
use crate::view::pane::tool_calls::Standing;

const PURPOSE: InputKind = InputKind::Answers;
const NOTHING: [&str; 0] = [];

/// A desk in the inspector, where these calls wait for an amount each.
pub(super) fn desk(calls: &[&str]) -> Desk {
    let mut desk = Desk::with(calls);
    let agent: Agent = serde_json::from_value(json!({"key": "a", "name": "a",
        "tool_configurations": {"t": {"type": "client", "tool_id": "tol_1"}}}))
    .unwrap();
    desk.hears(Msg::Service(ServiceMsg::AgentsListed(vec![agent])));
    desk.hears(remembered(&[], desk.now));
    let asked = desk.press("3");
    assert!(
        asked.contains(&Effect::Service(Request::ReadTool { tool: "tol_1".into() })),
        "{asked:?}"
    );
    desk.hears(tool_read(
        &json!({"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}),
    ));
    desk
}

fn tool_read(schema: &serde_json::Value) -> Msg {
    let read =
        ToolRead::Schemas { input: crate::api::Object::new(), output: schema.as_object().cloned() };
    Msg::Service(ServiceMsg::ToolRead { tool: ToolId::from("tol_1"), read })
}

fn draft(desk: &Desk) -> &crate::view::pane::tool_calls::AnswerDraft {
    &desk.model.calls.selected().unwrap().draft
}

fn toast(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map(|toast| toast.text.as_str()).unwrap_or_default()
}

fn question(desk: &Desk) -> &str {
    desk.question()
}

/// What is sent, as the wire has it.
fn sent(effects: &[Effect]) -> Vec<String> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Service(Request::Send {
            input: Input::ToolOutput(input),
            purpose: InputKind::Answers,
            ..
        }) => Some(serde_json::to_string(&input.tool_outputs).unwrap()),
        _ => None,
    });
    sent.collect()
}

#[test]
fn an_answer_starts_from_the_schema_and_is_sent_as_it_is_typed() {
    let mut desk = desk(&["aev_1"]);
    desk.press("e");
    assert_eq!(
        (draft(&desk).editor.text().as_str(), draft(&desk).editor.cursor()),
        ("{\n  \"amount\": 0\n}", (1, 12))
    );
    assert_eq!(draft(&desk).standing(), Standing::NoAnswer, "nobody has typed anything");
    desk.press("1 . 5 e 3 0 <c-k> <esc> s");
    assert_eq!(question(&desk), "Send 1 answer to s? t: success, 22 bytes");
    assert_eq!(
        sent(&desk.press("<enter>")),
        [r#"[{"type":"success","event_id":"aev_1","output":{
  "amount": 1.5e30
}}]"#]
    );
    assert_eq!(sent(&desk.press("s <enter>")), NOTHING, "still on its way");
}

#[test]
fn sending_is_off_while_the_schema_is_missed_unless_somebody_insists() {
    let mut desk = desk(&["aev_1"]);
    desk.press("e \" <esc> s");
    assert_eq!(desk.model.mode(), Mode::Browse);
    assert!(toast(&desk).starts_with("not sent: t: "), "{}", toast(&desk));
    assert!(!toast(&desk).contains("S sends"), "no JSON is never sent");
    assert_eq!(sent(&desk.press("S <enter>")), NOTHING);
    desk.press("e <c-u> <c-k> \" a m o u n t \" : \" x \" <esc> s");
    let missed = "t: amount: expected number, got string";
    assert_eq!(toast(&desk), format!("not sent; S sends although: {missed}"));
    assert_eq!(sent(&desk.press("<enter>")), NOTHING);
    desk.press("<esc> 3 ] d");
    assert_eq!(toast(&desk), "amount: expected number, got string");
    assert_eq!(draft(&desk).editor.cursor(), (1, 9));
    desk.press("S");
    assert!(question(&desk).starts_with(&format!("Send although {missed}? 1 answer to s · ")));
    assert_eq!(sent(&desk.press("<enter>")).len(), 1);
}

#[test]
fn nothing_but_enter_right_after_the_question_sends() {
    for between in ["x", "<space>", "y", "<tab>", "<c-n>", "<esc>", "s", "S"] {
        let mut desk = desk(&["aev_1"]);
        desk.press("e <esc>");
        desk.press("s");
        assert!(!crate::app::update::question::is_armed(&desk.model), "untouched");
        desk.press("e 1 <esc> s");
        assert!(crate::app::update::question::is_armed(&desk.model));
        assert_eq!(sent(&desk.press(&format!("{between} <enter>"))), NOTHING, "{between}");
    }
    let mut desk = desk(&["aev_1"]);
    desk.press("e 1 <esc> s");
    desk.hears(Msg::Terminal(TerminalMsg::Paste("\n".into())));
    assert_eq!(sent(&desk.press("<enter>")), NOTHING);
}

#[test]
fn what_was_not_asked_about_is_not_sent() {
    let mut desk = desk(&["aev_1"]);
    let of = DraftOf::Answer { session: open(), call: "aev_2".into() };
    desk.hears(remembered(&[(of, "an old draft")], desk.now));
    desk.press("e 1 <esc> s");
    assert!(crate::app::update::question::is_armed(&desk.model));
    desk.sees(&["aev_1", "aev_2"]);
    assert_eq!(sent(&desk.press("<enter>")), NOTHING);
    assert!(toast(&desk).contains("came or went"), "{}", toast(&desk));
    desk.press("s");
    assert!(question(&desk).contains("2 answers"), "{}", question(&desk));
    assert!(sent(&desk.press("<enter>"))[0].contains("an old draft"));
}

#[test]
fn both_kinds_keep_their_text_and_a_new_schema_is_checked_again() {
    let mut desk = desk(&["aev_1"]);
    desk.press("e 1 <esc> T e n o <esc>");
    assert_eq!(
        (draft(&desk).editor.text().as_str(), draft(&desk).standing()),
        ("no", Standing::Ready)
    );
    let effects = desk.press("T");
    assert!(draft(&desk).editor.text().contains("amount\": 10"));
    let saved = effects.iter().find_map(|effect| match effect {
        Effect::Keep(Keep::Soon(Change { fact: Fact::Draft(_, draft), .. })) => draft.clone(),
        _ => None,
    });
    assert_eq!(saved.unwrap().other.as_deref(), Some("no"));
    desk.hears(tool_read(&json!({"required": ["more"]})));
    assert!(
        matches!(draft(&desk).standing(), Standing::Wrong(first, 1) if first.words() == "\"more\" is missing")
    );
    let failed = ToolRead::Failed("this key may not read tools".into());
    desk.hears(Msg::Service(ServiceMsg::ToolRead { tool: "tol_1".into(), read: failed }));
    assert_eq!(draft(&desk).standing(), Standing::Ready);
    let why = "no output_schema known, the service will check · this key may not read tools";
    assert_eq!(draft(&desk).unchecked(), Some(why));
    let asked = desk.press("R");
    assert!(
        asked.contains(&Effect::Service(Request::ReadTool { tool: "tol_1".into() })),
        "{asked:?}"
    );
}

#[test]
fn the_text_of_another_editor_is_one_step_and_a_failure_changes_nothing() {
    let mut desk = desk(&["aev_1"]);
    desk.press("e 1 <esc>");
    let effects = desk.press("E");
    let text = draft(&desk).editor.text();
    let kind = AnswerKind::Success;
    let lends = |effect: &Effect| matches!(effect, Effect::Terminal(TerminalWork::EditOutside { text: of, .. }) if *of == text);
    assert!(effects.iter().any(lends), "{effects:?}");
    let back = |text| {
        Msg::Done(DoneMsg::EditedOutside { session: open(), call: "aev_1".into(), kind, text })
    };
    desk.hears(back(Err("vi: not found".into())));
    assert_eq!(
        (draft(&desk).editor.text(), toast(&desk)),
        (text.clone(), "the draft is as it was: vi: not found")
    );
    let effects = desk.hears(back(Ok("{\"amount\": 7}".into())));
    assert_eq!(kept(&effects), [Some("{\"amount\": 7}")]);
    assert_eq!(draft(&desk).standing(), Standing::Ready);
    desk.press("e <c-z>");
    assert_eq!(draft(&desk).editor.text(), text);
    desk.press("<c-y> <esc>");
    assert_eq!(draft(&desk).editor.text(), "{\"amount\": 7}");
}

#[test]
fn what_was_sent_is_seen_going_on_in_place_and_no_key_reaches_the_next_call() {
    let mut desk = desk(&["aev_1"]);
    let other = SessionRef::new("a", "other");
    let (inputs, calls) = (Vec::new(), vec![pending("aev_9")]);
    let probe = read_probe(&inputs, &calls);
    desk.hears(Msg::Service(ServiceMsg::Probed {
        session: other,
        probe,
        calls,
        inputs,
        asked_at: desk.now,
    }));
    desk.press("e 1 <esc> s <enter>");
    desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: PURPOSE }));
    assert_eq!((desk.model.view, desk.model.calls.len()), (View::Calls, 1));
    assert!(desk.model.sent.is_some());
    desk.press("T");
    assert_eq!((desk.model.mode(), draft(&desk).kind), (Mode::Browse, AnswerKind::Success));
    assert!(desk.model.sent.is_none() && toast(&desk).contains("the next call: t of other"));
    desk.press_after(100, "T e");
    assert_eq!((desk.model.mode(), draft(&desk).kind), (Mode::Browse, AnswerKind::Success));
    desk.press("T");
    assert_eq!(draft(&desk).kind, AnswerKind::Error);
    let mut desk = self::desk(&["aev_1"]);
    desk.press("e 1 <esc> s <enter>");
    desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: PURPOSE }));
    desk.press("<enter>");
    assert_eq!((desk.model.view, desk.model.focus), (View::Triage, Focus::Timeline));
    assert_eq!(desk.model.open.as_ref().unwrap().reference, open());
}

#[test]
fn a_refusal_lands_on_its_line_and_the_draft_stays() {
    let refused = |status, details: &[&str], may_have_happened| {
        let details = details.iter().map(|text| (*text).to_owned()).collect();
        let problem = Problem { details, may_have_happened, status, ..problem() };
        Msg::Stream(StreamMsg::InputRefused { session: open(), purpose: PURPOSE, problem })
    };
    let mut desk = desk(&["aev_1"]);
    desk.press("e 1 <esc> s <enter>");
    desk.hears(refused(Some(400), &["Invalid", "tool_outputs[0].output.amount: too much"], false));
    let said = draft(&desk).diagnostics().next().unwrap();
    assert_eq!(
        (said.at.line, said.at.start, said.words().as_str()),
        (1, 12, "amount: too much (says the service)")
    );
    desk.press("s");
    assert!(toast(&desk).contains("too much"), "{}", toast(&desk));
    desk.press("e 2 <esc> s <enter>");
    desk.hears(refused(Some(409), &[], false));
    assert!(draft(&desk).diagnostics().next().unwrap().words().contains("answered already"));
    assert!(draft(&desk).editor.text().contains("120"), "{}", draft(&desk).editor.text());
    assert_eq!(sent(&desk.press("s <enter>")).len(), 1, "it may be tried again as it is");
    desk.hears(refused(None, &[], true));
    desk.press("s");
    assert!(
        question(&desk).starts_with("It may have arrived. Send 1 answer"),
        "{}",
        question(&desk)
    );
}

#[test]
fn what_was_written_for_a_call_answered_elsewhere_can_be_copied() {
    let mut desk = desk(&["aev_1", "aev_2"]);
    desk.press("e 1 <esc>");
    assert_eq!(copied(desk.press("y d"))[0].1, "{\n  \"amount\": 10\n}");
    desk.sees(&["aev_1"]);
    assert!(desk.model.calls.departed().is_some(), "it stays in sight");
    assert_eq!(copied(desk.press("y"))[0].1, "{\n  \"amount\": 10\n}");
    desk.press("l");
    assert!(desk.model.calls.departed().is_none(), "any other key goes on");
    assert_eq!(copied(desk.press("y d"))[0].1, "{\n  \"amount\": 10\n}");
    desk.sees(&[]);
    desk.press("l");
    assert_eq!(desk.model.view, View::Triage);
    assert_eq!(copied(desk.press("y d")).len(), 1);
}

/// Every key of the keymap, and some letters.
fn keys_of_the_keymap() -> Vec<Key> {
    let keymap = default_keymap().unwrap();
    let mut keys: Vec<Key> = bindings(&keymap).flat_map(|binding| binding.keys.clone()).collect();
    keys.extend("{}\"1:, ".chars().map(Key::char));
    keys.sort_by_key(|key| key.label());
    keys.dedup();
    keys
}

/// Something that happens by itself.
fn arrival(desk: &Desk, random: &mut fastrand::Rng) -> Msg {
    let session = if random.u8(..4) == 0 { SessionRef::new("a", "other") } else { open() };
    match random.u8(..10) {
        0..=4 => {
            let all = ["aev_1", "aev_2", "aev_3"];
            let calls: Vec<_> =
                all.into_iter().filter(|_| random.u8(..4) > 0).map(pending).collect();
            let probe = read_probe(&[], &calls);
            Msg::Service(ServiceMsg::Probed {
                session,
                probe,
                calls,
                inputs: Vec::new(),
                asked_at: desk.now,
            })
        }
        5 => {
            let status = [None, Some(400), Some(409)][random.usize(..3)];
            let problem = Problem { may_have_happened: random.bool(), status, ..problem() };
            Msg::Stream(StreamMsg::InputRefused { session, purpose: PURPOSE, problem })
        }
        6 => Msg::Stream(StreamMsg::InputTaken { session, purpose: PURPOSE }),
        7 => Msg::Stream(StreamMsg::StreamEnded { session, problem: None }),
        8 => tool_read(&json!({"type": "object"})),
        _ => Msg::Terminal(TerminalMsg::Paste("s\n".to_owned())),
    }
}

/// Types a stream of keys, with arrivals between them, from a desk where everything is ready to be
/// sent. Without `restrained`, an Enter may follow the key that put the question. Gives how often
/// answers were sent and how often the question stood.
fn typed(
    start: &Desk,
    keys: &[Key],
    random: &mut fastrand::Rng,
    restrained: bool,
) -> (usize, usize) {
    let mut desk =
        Desk { machine: start.machine.clone(), model: start.model.clone(), now: start.now };
    let (enter, send) = (Key::parse("<enter>").unwrap(), Key::char('s'));
    let (mut sends, mut questions, mut fresh) = (0, 0, false);
    for _ in 0..random.usize(4..13) {
        let step = SignedDuration::from_millis(random.i64(1..700));
        desk.now = desk.now.checked_add(step).unwrap();
        if random.u8(..6) == 0 {
            let msg = arrival(&desk, random);
            sends += sent(&desk.takes(msg, desk.now)).len();
        }
        let key = match random.u8(..10) {
            0..=2 => send,
            3..=5 => enter,
            _ => keys[random.usize(..keys.len())],
        };
        // The one sequence that sends.
        let key = if restrained && fresh && key == enter { Key::char('j') } else { key };
        let before = crate::app::update::question::is_armed(&desk.model);
        sends += sent(&desk.takes_key(key, desk.now)).len();
        fresh = !before && crate::app::update::question::is_armed(&desk.model);
        questions += usize::from(fresh);
    }
    (sends, questions)
}

#[test]
fn ten_thousand_streams_of_keys_send_nothing_by_accident() {
    let mut start = desk(&["aev_1", "aev_2"]);
    start.press("e 1 <esc> ] p e 2 <esc>");
    assert!(start.model.calls.answers(&open(), false).is_ok());
    let keys = keys_of_the_keymap();
    let mut random = fastrand::Rng::with_seed(6);
    let mut questions = 0;
    for stream in 0..10_000 {
        let seed = random.u64(..);
        let (sends, asked) = typed(&start, &keys, &mut fastrand::Rng::with_seed(seed), true);
        assert_eq!(sends, 0, "stream {stream}, seed {seed}");
        questions += asked;
    }
    assert!(questions > 5_000, "the question stood only {questions} times");
    // The same streams do send where Enter may follow the question: the test can fail.
    let mut random = fastrand::Rng::with_seed(6);
    let free = (0..600).map(|_| {
        let seed = random.u64(..);
        typed(&start, &keys, &mut fastrand::Rng::with_seed(seed), false).0
    });
    assert!(free.sum::<usize>() > 20);
}
