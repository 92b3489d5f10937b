//! `!`: what is asked, what is run, and what becomes of it.

use crate::app::effect::{Program, Request};
use crate::app::msg::{DoneMsg, ServiceMsg, TerminalMsg};
use std::time::Duration;

use super::{Desk, open, problem};
use crate::api::EventId;
use crate::app::{Effect, Msg};
use crate::model::AnswerKind;
use crate::tools::{Ending, Invocation, Ran, ToolCommand};
use crate::view::Mode;
use crate::view::commands::{Became, RunState};

fn desk() -> Desk {
    let mut desk = Desk::with(&["aev_c"]);
    let refund = ToolCommand::parse("./answer --path {path}").unwrap();
    desk.model.commands.configured.insert("t".into(), refund);
    desk.press("3");
    desk
}

fn run_of(effects: &[Effect]) -> Option<&Invocation> {
    effects.iter().find_map(|effect| match effect {
        Effect::Program(Program::Run { invocation, .. }) => Some(&**invocation),
        _ => None,
    })
}

fn ended(code: i32, stdout: &str, stderr: &str) -> Msg {
    let (ending, took) = (Ending::Exited(code), Duration::from_millis(800));
    let ran = Ran { ending, took, stdout: stdout.into(), stderr: stderr.into() };
    Msg::Done(DoneMsg::CommandEnded { call: "aev_c".into(), ran: Box::new(ran), fits: None })
}

fn draft(desk: &Desk) -> (String, AnswerKind, bool) {
    let draft = &desk.model.calls.selected().unwrap().draft;
    (draft.editor.text(), draft.kind, draft.touched)
}

fn became(desk: &Desk) -> Became {
    match &desk.model.commands.get(&EventId::from("aev_c")).unwrap().state {
        RunState::Ended { became, .. } => *became,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_is_shown_before_it_runs_and_its_output_becomes_the_draft_and_is_not_sent() {
    let mut desk = desk();
    assert_eq!(desk.press("!"), []);
    assert_eq!(desk.model.mode(), Mode::Ask);
    assert_eq!(desk.typed(), "./answer --path {path}");
    let effects = desk.press("<enter>");
    let run = run_of(&effects).unwrap();
    assert_eq!(
        (run.program.as_str(), run.arguments.as_slice()),
        ("./answer", &["--path".into(), "/a".into()][..])
    );
    assert_eq!(run.stdin, "{\"path\":\"/a\"}");
    let effects = desk.hears(ended(0, "{\"amount\": 84.20}\n", ""));
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Service(Request::Send { .. }))),
        "{effects:?}"
    );
    assert_eq!(draft(&desk), ("{\"amount\": 84.20}".to_owned(), AnswerKind::Success, true));
    assert_eq!(became(&desk), Became::TheDraft);
}

#[test]
fn what_was_written_before_comes_back_by_undo_and_what_is_written_meanwhile_stays() {
    let mut desk = desk();
    desk.press("e");
    desk.hears(Msg::Terminal(TerminalMsg::Paste("mine".into())));
    desk.press("<esc>");
    let mine = draft(&desk).0;
    desk.press("! <enter>");
    desk.hears(ended(0, "text\n", ""));
    assert_eq!(draft(&desk).0, r#"{"output": "text"}"#);
    desk.press("e <c-z> <esc>");
    assert_eq!(draft(&desk).0, mine);
    desk.press("! <enter> e x <esc>");
    let edited = draft(&desk).0;
    desk.hears(ended(0, "other", ""));
    assert_eq!((draft(&desk).0, became(&desk)), (edited, Became::NothingOverEdits));
}

#[test]
fn a_failure_leaves_the_draft_and_offers_the_error() {
    let mut desk = desk();
    desk.press("! <enter>");
    desk.hears(ended(3, "", "no such order\nBearer abcdefgh12345678\n"));
    assert_eq!((draft(&desk).2, became(&desk)), (false, Became::Nothing));
    desk.press("T");
    let (text, kind, touched) = draft(&desk);
    assert!(text.contains("no such order") && text.contains("\"exit_code\": 3"), "{text}");
    assert!(!text.contains("abcdefgh12345678"), "{text}");
    assert_eq!((kind, touched), (AnswerKind::Error, true));
}

#[test]
fn the_same_key_stops_it_and_the_typed_line_is_offered_again() {
    let mut desk = desk();
    desk.press("! <c-u> c a t <enter>");
    assert_eq!(desk.press("!"), [Effect::Program(Program::Stop { call: "aev_c".into() })]);
    let ran = Ran { ending: Ending::Stopped, ..Ran::not_started("") };
    desk.hears(Msg::Done(DoneMsg::CommandEnded {
        call: "aev_c".into(),
        ran: Box::new(ran),
        fits: None,
    }));
    desk.press("!");
    assert_eq!(desk.typed(), "cat");
}

#[test]
fn a_command_that_cannot_be_made_is_told_and_one_whose_call_is_gone_changes_nothing() {
    let mut desk = desk();
    let effects = desk.press("! <space> { n o n e } <enter>");
    assert!(run_of(&effects).is_none());
    assert!(desk.model.toast.as_ref().unwrap().text.contains("have no none"));
    desk.press("! <enter>");
    let mut refused = problem();
    refused.status = Some(404);
    desk.hears(Msg::Service(ServiceMsg::SessionGone(open())));
    desk.hears(ended(0, "{}", ""));
    assert!(desk.model.calls.is_empty());
    assert!(!desk.model.commands.is_running(&"aev_c".into()));
}
