//! Exports from the screen: what of a session, where to, in which form, and a name that is taken.

use super::commands::problem;
use super::*;
use crate::app::session_request::{SessionMsg, SessionRequest};
use crate::export::{Format, Part, Writing};

/// What is written where.
fn written(effects: &[Effect]) -> Vec<(Writing, String)> {
    let written = |effect: &Effect| match effect {
        Effect::Service(Request::Session(SessionRequest::WriteDown { to, what, .. })) => {
            Some((what.clone(), to.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(written).collect()
}

fn hears_of(desk: &mut Desk, msg: SessionMsg) {
    desk.hears(ServiceMsg::Session(msg).into());
}

#[test]
fn the_whole_session_or_the_marked_rows_go_where_it_is_said() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("2 S");
    assert!(desk.question().starts_with("Export all of s, redacted, to"), "{}", desk.question());
    assert_eq!(desk.typed(), "s.md");
    let all = Writing::Export(Format::Markdown, Part::Whole);
    assert_eq!(written(&desk.press("<enter>")), [(all, "s.md".to_owned())]);
    hears_of(&mut desk, SessionMsg::ReadSoFar { events: 40 });
    desk.press("S");
    assert!(desk.said().starts_with("40 events read so far"), "{}", desk.said());
    let outcome = Ok("/tmp/s.md".to_owned());
    hears_of(&mut desk, SessionMsg::WrittenDown { session: open(), outcome });
    hears_of(&mut desk, SessionMsg::Ended { left: Vec::new() });
    assert_eq!(desk.said(), "s written · in /tmp/s.md");
    desk.press("g g <space> S");
    assert!(desk.question().contains("1 marked event of s"), "{}", desk.question());
    desk.press("<c-u>");
    desk.types("out.jsonl");
    let marked = Part::These(vec!["aev_said".into()]);
    let wanted = (Writing::Export(Format::Jsonl, marked), "out.jsonl".to_owned());
    assert_eq!(written(&desk.press("<enter>")), [wanted]);
}

#[test]
fn a_name_that_is_taken_is_asked_for_anew_and_never_written_over() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("2 S <enter>");
    let taken = || SessionMsg::NameTaken { path: "/w/s.md".into(), free: "/w/s (2).md".into() };
    hears_of(&mut desk, taken());
    hears_of(&mut desk, SessionMsg::Ended { left: Vec::new() });
    assert_eq!(desk.question(), "s.md is there already; write to");
    assert_eq!(desk.typed(), "/w/s (2).md");
    desk.model.guard_until = None;
    assert_eq!(written(&desk.press("<enter>"))[0].1, "/w/s (2).md");
    // Whoever went on is not interrupted.
    desk.press("j");
    hears_of(&mut desk, taken());
    hears_of(&mut desk, SessionMsg::Ended { left: Vec::new() });
    assert_eq!(desk.layer(), None);
    assert!(desk.said().contains("/w/s.md is there already"), "{}", desk.said());
}

#[test]
fn the_commands_say_it_all_at_once_or_ask() {
    let mut desk = Desk::with(&["aev_1"]);
    let run = |desk: &mut Desk, line: &str| {
        desk.press("2 :");
        desk.types(line);
        written(&desk.press("<enter>"))
    };
    let last = Writing::Export(Format::Html, Part::LastTurns(3));
    assert_eq!(run(&mut desk, "export html --last 3 t.html"), [(last, "t.html".to_owned())]);
    hears_of(&mut desk, SessionMsg::Ended { left: Vec::new() });
    assert_eq!(run(&mut desk, "bundle b.tar.gz"), [(Writing::Bundle, "b.tar.gz".to_owned())]);
    hears_of(&mut desk, SessionMsg::Ended { left: Vec::new() });
    assert_eq!(run(&mut desk, "export jsonl"), []);
    assert_eq!(desk.typed(), "s.jsonl");
    desk.press("<esc>");
    assert_eq!(run(&mut desk, "bundle"), []);
    assert_eq!(desk.typed(), "s.bundle.tar.gz");
    desk.press("<esc>");
    for (line, wrong) in [
        ("export --last x", "number of turns"),
        ("export --all", "no --all"),
        ("export a b", "two paths"),
    ] {
        assert_eq!(run(&mut desk, line), []);
        assert!(problem(&desk).contains(wrong), "{}", problem(&desk));
        desk.press("<esc>");
    }
}
