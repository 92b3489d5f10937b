//! Rules on the screen: what they run, what they send, and what they leave alone.

use crate::app::msg::{DoneMsg, RunMsg, ServiceMsg, StreamMsg};
use std::time::Duration;

use serde_json::json;

use super::{Desk, open, pending, problem};
use crate::api::input::ToolAnswer;
use crate::api::{EventId, Input};
use crate::app::effect::{InputKind, Keep, Program, Request};
use crate::app::{Effect, Msg};
use crate::model::AnswerKind;
use crate::model::memory::Fact;
use crate::model::probe::read_probe;
use crate::tools::audit::Outcome;
use crate::tools::rules::{Rule, Rules};
use crate::tools::{Condition, Ending, Ran, ToolCommand};
use crate::view::{Focus, Mode, View};

fn rule(answer: bool) -> Rule {
    Rule {
        name: "small".into(),
        line: 1,
        agent: None,
        session: None,
        tool: Some("t".into()),
        when: vec![("path".into(), Condition::parse("/*").unwrap())],
        command: Some(ToolCommand::parse("./answer {path}").unwrap()),
        answer,
        dry_run: false,
        max_per_minute: None,
    }
}

fn desk(rule: Rule) -> Desk {
    let mut desk = Desk::with(&[]);
    desk.model.remembers = true;
    desk.model.commands.rules = Some(Rules { list: vec![rule], ..Rules::default() });
    desk
}

/// Calls come in; what the rules want done about them.
fn comes(desk: &mut Desk, calls: &[&str]) -> Vec<Effect> {
    // Later than whatever was done before, or it would tell of the time before that.
    desk.hears(Msg::Run(RunMsg::Wake));
    let asked_at = desk.now;
    let calls: Vec<_> = calls.iter().map(|id| pending(id)).collect();
    let probe = read_probe(&[], &calls);
    desk.hears(Msg::Service(ServiceMsg::Probed {
        session: open(),
        probe,
        calls,
        inputs: Vec::new(),
        asked_at,
    }))
}

fn runs(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Program(Program::Run { .. }))).count()
}

fn sent(effects: &[Effect]) -> Option<&[ToolAnswer]> {
    effects.iter().find_map(|effect| match effect {
        Effect::Service(Request::Send {
            input: Input::ToolOutput(input),
            purpose: InputKind::Answers,
            ..
        }) => Some(input.tool_outputs.as_slice()),
        _ => None,
    })
}

fn ended(desk: &mut Desk, call: &str, fits: Option<Result<(), String>>) -> Vec<Effect> {
    let (ending, took) = (Ending::Exited(0), Duration::from_secs(1));
    let ran = Ran { ending, took, stdout: "{\"ok\": true}".into(), stderr: String::new() };
    desk.hears(Msg::Done(DoneMsg::CommandEnded { call: call.into(), ran: Box::new(ran), fits }))
}

#[test]
fn a_rule_without_answer_only_drafts() {
    let mut desk = desk(rule(false));
    let effects = comes(&mut desk, &["aev_c"]);
    assert_eq!(runs(&effects), 1);
    assert_eq!(runs(&comes(&mut desk, &["aev_c"])), 0, "once a call");
    let effects = ended(&mut desk, "aev_c", None);
    assert!(sent(&effects).is_none());
    let draft = &desk.model.calls.get(&"aev_c".into()).unwrap().draft;
    assert_eq!((draft.editor.text().as_str(), draft.touched), ("{\"ok\": true}", true));
}

#[test]
fn an_answer_leaves_only_when_all_calls_of_the_session_have_one_that_fits() {
    let mut desk = desk(rule(true));
    assert_eq!(runs(&comes(&mut desk, &["aev_c", "aev_d"])), 2);
    assert!(sent(&ended(&mut desk, "aev_c", Some(Ok(())))).is_none(), "the other is missing");
    let effects = ended(&mut desk, "aev_d", Some(Ok(())));
    assert_eq!(sent(&effects).map(<[_]>::len), Some(2));
    assert!(sent(&comes(&mut desk, &["aev_c", "aev_d"])).is_none(), "it is on its way");
    let view = (desk.model.view, desk.model.focus, desk.model.mode());
    let purpose = InputKind::Answers;
    let effects = desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose }));
    assert_eq!((desk.model.view, desk.model.focus, desk.model.mode()), view, "nothing moves");
    let noted: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Keep(Keep::Soon(change)) => match &change.fact {
                Fact::Noted(record) => Some((record.by.as_str(), record.outcome)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(noted, [("rule small", Outcome::Sent); 2]);
}

#[test]
fn an_answer_that_fits_no_schema_or_was_edited_stays_a_draft() {
    let mut desk = desk(rule(true));
    comes(&mut desk, &["aev_c"]);
    let effects = ended(&mut desk, "aev_c", Some(Err("/ok: is no number".into())));
    assert!(sent(&effects).is_none());
    assert!(desk.model.toast.as_ref().unwrap().text.contains("/ok: is no number"));

    let mut desk = self::desk(rule(true));
    comes(&mut desk, &["aev_c", "aev_d"]);
    ended(&mut desk, "aev_c", Some(Ok(())));
    desk.press("3");
    desk.model.calls.select(&"aev_c".into());
    desk.press("e x <esc>");
    assert!(sent(&ended(&mut desk, "aev_d", Some(Ok(())))).is_none(), "a person has a hand in it");
}

#[test]
fn a_draft_that_was_begun_is_left_alone() {
    let mut desk = Desk::with(&["aev_c"]);
    desk.press("3 e");
    assert_eq!((desk.model.view, desk.model.mode()), (View::Calls, Mode::Write));
    desk.model.commands.rules = Some(Rules { list: vec![rule(true)], ..Rules::default() });
    assert_eq!(runs(&comes(&mut desk, &["aev_c"])), 0);

    let mut desk = self::desk(rule(true));
    comes(&mut desk, &["aev_c"]);
    desk.press("3 e m i n e <esc>");
    let effects = ended(&mut desk, "aev_c", Some(Ok(())));
    assert!(sent(&effects).is_none());
    let text = desk.model.calls.get(&"aev_c".into()).unwrap().draft.editor.text();
    assert!(text.contains("mine"), "{text}");
}

#[test]
fn a_refused_answer_of_a_rule_is_not_sent_again() {
    let mut desk = desk(rule(true));
    comes(&mut desk, &["aev_c"]);
    assert!(sent(&ended(&mut desk, "aev_c", Some(Ok(())))).is_some());
    let purpose = InputKind::Answers;
    let mut refusal = problem();
    refusal.status = Some(400);
    let effects = desk.hears(Msg::Stream(StreamMsg::InputRefused {
        session: open(),
        purpose,
        problem: refusal,
    }));
    assert!(sent(&effects).is_none());
    assert!(sent(&comes(&mut desk, &["aev_c"])).is_none());
}

#[test]
fn read_only_and_dry_runs_do_nothing_and_say_so() {
    let mut desk = desk(rule(true));
    desk.model.profile.read_only = true;
    assert_eq!(runs(&comes(&mut desk, &["aev_c"])), 0);
    let words = desk.model.commands.rules_words(true);
    assert_eq!(words.as_deref(), Some("rules: off, read-only"));
    let mut desk = self::desk(Rule { dry_run: true, ..rule(true) });
    assert_eq!(runs(&comes(&mut desk, &["aev_c"])), 0);
    let told = &desk.model.toast.as_ref().unwrap().text;
    assert_eq!(told, "dry run: small would run ./answer {path} for t and answer");
}

#[test]
fn an_earlier_answer_to_the_same_call_is_recalled_and_marked_until_it_is_edited() {
    let mut desk = Desk::with(&["aev_c"]);
    desk.press("3");
    let draft = &mut desk.model.calls.get_mut(&"aev_c".into()).unwrap().draft;
    draft.replace("{\"n\": 84.20}");
    // It is checked before it can be sent.
    desk.press("j s");
    let effects = desk.press("<enter>");
    assert!(sent(&effects).is_some());
    desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: InputKind::Answers }));
    comes(&mut desk, &["aev_again"]);
    desk.press("3");
    assert!(desk.model.earlier_answer().is_some());
    let effects = desk.press("r");
    assert!(sent(&effects).is_none());
    let draft = &desk.model.calls.selected().unwrap().draft;
    assert_eq!((draft.editor.text().as_str(), draft.kind), ("{\"n\": 84.20}", AnswerKind::Success));
    assert!(desk.model.recalled_at().is_some());
    desk.press("e x <esc>");
    assert!(desk.model.recalled_at().is_none());
}

#[test]
fn an_answer_that_repeats_a_secret_is_not_kept_to_be_recalled() {
    let mut desk = Desk::with(&[]);
    desk.model.remembers = true;
    comes(&mut desk, &["aev_c"]);
    // Nothing is known of where the arguments come from, so that all of them may be secrets.
    desk.model.focus = Focus::Sessions;
    let draft = &mut desk.model.calls.get_mut(&"aev_c".into()).unwrap().draft;
    draft.replace(&json!({"path": "/a"}).to_string());
    desk.press("3 j s <enter>");
    let effects = desk
        .hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: InputKind::Answers }));
    let facts = effects.iter().filter_map(|effect| match effect {
        Effect::Keep(Keep::Soon(change)) => Some(&change.fact),
        _ => None,
    });
    let facts: Vec<_> = facts.collect();
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Answer(..))), "{facts:?}");
    let noted = facts.iter().find_map(|fact| match fact {
        Fact::Noted(record) => Some(record),
        _ => None,
    });
    let noted = noted.unwrap();
    assert_eq!((noted.sent.clone(), noted.by.as_str()), (json!({"path": "****"}), "person"));
    assert_eq!(noted.call, EventId::from("aev_c").to_string());
}
