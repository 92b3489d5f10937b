//! The machine on whole values: messages in, model and effects out.

mod agents;
mod alt;
mod answers;
mod arguments;
mod ask_again;
mod bookmarks;
mod branching;
mod bursts;
mod commands;
mod compacting;
mod compose;
mod desk;
pub(crate) mod everywhere;
mod export;
mod file_list;
mod files;
mod find;
mod help;
mod kept;
mod late;
mod lists;
mod many_sessions;
mod mouse;
mod notices;
mod own_keys;
mod picked;
mod queue;
mod rules;
mod run;
mod selection;
mod sent;
mod session_acts;
mod session_diff;
mod tour;
mod viewer;

use crate::app::default_keymap;
use jiff::SignedDuration;
use serde_json::json;

use super::Machine;
use crate::api::{Event, EventId, Need, PendingCall, Session, SessionRef, Timestamp};
use crate::app::effect::{InputKind, Keep, Request, TerminalWork, Work};
use crate::app::msg::{
    DoneMsg, EventWindow, Press, Problem, Route, RunMsg, ServiceMsg, StreamMsg, TerminalMsg,
};
use crate::app::{Action, Effect, Keymap, Msg};
use crate::archive::{Archive, Direction, Reader};
use crate::keymap::{Binding, Key};
use crate::model::AnswerKind;
use crate::model::memory::{Bookmark, Change, Denied, DraftOf, EventRef, Fact, Kept, SavedDraft};
use crate::model::probe::read_probe;
use crate::model::timeline::{UnitId, Visibility};
use crate::model::{Memory, Timeline};
use crate::view::pane::waterfall::{Measured, TimingSource};
use crate::view::{Detail, Focus, Layer, LayerKind, Mode, Model, View};
use desk::{Desk, bindings, copied, event, hide, hide_answered, open, pending, problem};

#[test]
fn enter_opens_the_detail_of_a_row_and_every_way_out_leads_back_to_it() {
    let mut desk = Desk::with(&[]);
    for out in ["<esc>", "q", "h", "z v g g h", "z v g g <enter> h"] {
        desk.press("<enter>");
        assert!(desk.detail().is_some());
        desk.press(out);
        assert!(desk.detail().is_none(), "{out}");
        assert!(!desk.model.quit);
        let cursor = desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap();
        assert_eq!(cursor.id, UnitId::named("aev_said"));
    }
    desk.press("<enter> 1 2");
    assert!(desk.detail().is_some(), "it stays open while another pane is looked at");
}

#[test]
fn enter_on_a_call_that_waits_still_leads_to_its_answer() {
    let mut desk = Desk::with(&["aev_c"]);
    desk.press("G <enter>");
    assert_eq!((desk.model.view, desk.detail().is_some()), (View::Calls, false));
}

#[test]
fn what_is_looked_at_is_copied_and_the_note_names_the_way() {
    let mut desk = Desk::with(&[]);
    desk.model.profile.url = "https://api.example".to_owned();
    let json = r#"{"content":"hello""#;
    let on_row = copied(desk.press("y y y i y j"));
    assert_eq!(on_row[0], ("text".to_owned(), "hello".to_owned()));
    assert_eq!(on_row[1], ("id".to_owned(), "aev_said".to_owned()));
    assert!(on_row[2].1.starts_with('{') && on_row[2].1.contains(&json[1..]), "{on_row:?}");
    let markdown = copied(desk.press("y m"));
    assert_eq!(markdown[0].0, "Markdown");
    assert!(markdown[0].1.ends_with("\n\nhello\n"), "{markdown:?}");
    let words = |copied: Vec<(String, String)>| copied.into_iter().map(|(_, text)| text);
    let tree = copied(desk.press("<enter> z v G y y y p y v"));
    assert_eq!(words(tree).collect::<Vec<_>>(), ["hello", ".content", "hello"]);
    let commands: Vec<String> = words(copied(desk.press("y c y l"))).collect();
    assert!(commands[0].ends_with("https://api.example/v2/agents/a/sessions/s/events/aev_said"));
    let opens = "foretop --url https://api.example ui a/s --event aev_said";
    assert_eq!(commands[1], opens);
    desk.hears(Msg::Done(DoneMsg::Copied {
        what: "value".into(),
        bytes: 1_229,
        route: Route::Osc52,
    }));
    let note = &desk.model.toast.as_ref().unwrap().text;
    assert_eq!(note, "value: 1.2K by OSC 52, not confirmed");
    desk.hears(Msg::Done(DoneMsg::Copied { what: "id".into(), bytes: 44, route: Route::Native }));
    let note = &desk.model.toast.as_ref().unwrap().text;
    assert_eq!(note, "id: 44 bytes is in the system's clipboard");
}

#[test]
fn an_undo_that_comes_before_the_answer_takes_back_the_right_step() {
    let mut desk = Desk::with(&[]);
    assert_eq!(desk.press("x"), [hide(true)]);
    assert_eq!(desk.press("u"), [hide(false)]);
}

#[test]
fn a_refused_hide_is_shown_as_refused_and_leaves_nothing_to_undo() {
    let mut desk = Desk::with(&[]);
    desk.press("x");
    desk.hears(hide_answered(vec![("aev_said".into(), problem())]));
    assert_eq!(desk.visibility(), Visibility::InContext);
    assert!(desk.model.toast.as_ref().unwrap().text.contains("refused"));
    assert_eq!(desk.press("u"), []);
}

#[test]
fn a_poll_that_was_asked_before_the_hide_does_not_take_it_back() {
    let mut desk = Desk::with(&[]);
    let (window, seen) = (desk.window(&[]), desk.visible(&["aev_said"]));
    desk.press("x");
    desk.hears(hide_answered(Vec::new()));
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(EventWindow {
        marked: true,
        ..window
    }))));
    assert_eq!(desk.visibility(), Visibility::Hidden);
    assert_eq!(desk.hears(seen), [Effect::Service(Request::AskNow)]);
    assert_eq!(desk.visibility(), Visibility::Hidden);
    let window = desk.window(&[]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    assert_eq!(desk.visibility(), Visibility::Hidden, "a listing with all says nothing of hiding");
    let seen = desk.visible(&["aev_said"]);
    desk.hears(seen);
    assert_eq!(desk.visibility(), Visibility::InContext, "somebody else showed it");
    let seen = desk.visible(&[]);
    desk.hears(seen);
    assert_eq!(desk.visibility(), Visibility::Hidden);
}

#[test]
fn what_is_typed_for_a_session_that_goes_away_reaches_no_other() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i");
    assert_eq!(desk.model.mode(), Mode::Write);
    let gone = ServiceMsg::SessionGone(open());
    let _ = desk.machine.update(&mut desk.model, gone.into(), desk.now);
    assert_eq!(desk.press_after(100, "q x <enter>"), []);
    assert!(!desk.model.quit && desk.model.mode() == Mode::Browse);
}

#[test]
fn an_answer_given_elsewhere_takes_the_editor_away_before_the_next_key() {
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    desk.press("3 e a");
    assert_eq!((desk.model.view, desk.model.mode()), (View::Calls, Mode::Write));
    let edited = desk.model.calls.selected().unwrap().id().clone();
    let left = if edited.as_str() == "aev_1" { "aev_2" } else { "aev_1" };
    desk.sees(&[left]);
    assert_eq!(desk.model.mode(), Mode::Browse);
    assert_eq!(desk.press_after(100, "b s <enter>"), []);
    assert!(!desk.model.calls.selected().unwrap().draft.touched);
}

#[test]
fn answers_are_sent_once_and_only_after_the_question() {
    let mut desk = Desk::with(&["aev_1"]);
    assert_eq!(desk.press("3 e <space> <esc> <space> y x"), []);
    assert_eq!(desk.press("s"), []);
    assert_eq!(desk.model.mode(), Mode::Ask);
    let sent = desk.press("<enter>");
    assert!(
        matches!(&sent[..], [Effect::Service(Request::Send { purpose: InputKind::Answers, .. })]),
        "{sent:?}"
    );
    assert_eq!(desk.press("s <enter>"), [], "still on its way");
}

#[test]
fn a_refused_message_comes_back_into_the_composer() {
    let mut desk = Desk::with(&[]);
    let sent = desk.press("i h i <enter>");
    assert!(
        matches!(&sent[..], [Effect::Service(Request::Send { purpose: InputKind::Message, .. })]),
        "{sent:?}"
    );
    assert_eq!(desk.press("<enter>"), [], "an empty composer sends nothing");
    let refused = Msg::Stream(StreamMsg::InputRefused {
        session: open(),
        purpose: InputKind::Message,
        problem: problem(),
    });
    desk.hears(refused);
    assert_eq!(desk.model.composer.draft(&open()).unwrap().editor.text(), "hi");
}

/// What was asked to be kept, by its text.
fn kept(effects: &[Effect]) -> Vec<Option<&str>> {
    let drafts = effects.iter().filter_map(|effect| match effect {
        Effect::Keep(Keep::Soon(Change { fact: Fact::Draft(_, draft), .. })) => Some(draft),
        _ => None,
    });
    drafts.map(|draft| draft.as_ref().map(|draft| draft.text.as_str())).collect()
}

fn remembered(drafts: &[(DraftOf, &str)], at: Timestamp) -> Msg {
    let saved = |text: &str| SavedDraft {
        text: text.to_owned(),
        kind: AnswerKind::Error,
        ..SavedDraft::default()
    };
    let drafts = drafts.iter().map(|(of, text)| (of.clone(), Kept { at, value: saved(text) }));
    let memory = Memory { drafts: drafts.collect(), ..Memory::default() };
    Msg::Run(RunMsg::Remembered { memory: Box::new(memory), remarks: Vec::new() })
}

#[test]
fn every_edit_is_kept_and_only_a_message_that_was_taken_is_forgotten() {
    let mut desk = Desk::with(&[]);
    assert_eq!(kept(&desk.press("i h")), [] as [Option<&str>; 0], "nothing is kept here");
    desk.hears(remembered(&[], desk.now));
    assert_eq!(kept(&desk.press("i")), [Some("hi")]);
    assert_eq!(desk.press("<esc>"), [Effect::Keep(Keep::Now)]);
    let sent = desk.press("i <enter>");
    assert_eq!(kept(&sent), [] as [Option<&str>; 0], "on its way is not there");
    assert_eq!(kept(&desk.press("a")), [Some("hi\na")]);
    let purpose = InputKind::Message;
    desk.hears(Msg::Stream(StreamMsg::InputRefused {
        session: open(),
        purpose,
        problem: problem(),
    }));
    assert_eq!(kept(&desk.press("b")), [Some("hi\nab")]);
    desk.press("<enter>");
    assert_eq!(
        kept(&desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose }))),
        [None]
    );
}

#[test]
fn a_message_from_an_earlier_run_is_shown_and_announced_once() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "t"]);
    let of = DraftOf::Message(SessionRef::new("a", "t"));
    desk.hears(remembered(&[(of, "half a thought")], desk.now));
    desk.press("1 k");
    let toast = |desk: &Desk| desk.model.toast.as_ref().map(|toast| toast.text.clone());
    assert!(toast(&desk).unwrap().contains("draft of t restored, written 10s ago"));
    desk.press("j k");
    assert_eq!(toast(&desk), None);
    let draft = desk.model.composer.draft(&SessionRef::new("a", "t")).unwrap();
    assert_eq!(draft.editor.text(), "half a thought");
}

#[test]
fn an_answer_from_an_earlier_run_comes_back_with_its_call_and_goes_when_it_is_taken() {
    let mut desk = Desk::with(&[]);
    let of = DraftOf::Answer { session: open(), call: "aev_1".into() };
    desk.hears(remembered(&[(of, "no such order")], desk.now));
    desk.sees(&["aev_1"]);
    let text = |desk: &Desk| desk.model.calls.selected().unwrap().draft.editor.text();
    assert_eq!(text(&desk), "no such order");
    // A listing that lacks the call for once does not cost the answer.
    desk.sees(&[]);
    desk.sees(&["aev_1"]);
    assert_eq!(text(&desk), "no such order");
    desk.press("3");
    assert!(desk.model.toast.as_ref().unwrap().text.contains("the answer to t restored"));
    assert_eq!(kept(&desk.press("e !")), [Some("no such order!")]);
    assert_eq!(kept(&desk.press("<esc> s <enter>")), [] as [Option<&str>; 0]);
    let taken = Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: InputKind::Answers });
    assert_eq!(kept(&desk.hears(taken)), [None]);
}

#[test]
fn leaving_keeps_what_is_written_and_asks_only_if_it_would_be_lost() {
    let mut desk = Desk::with(&[]);
    desk.press("i h <esc> Q");
    assert_eq!(desk.model.mode(), Mode::Ask);
    desk.press("<esc>");
    desk.hears(remembered(&[], desk.now));
    assert_eq!(desk.press("Q").last(), Some(&Effect::Keep(Keep::Now)));
    assert!(desk.model.quit);
    let mut desk = Desk::with(&[]);
    assert_eq!(desk.hears(Msg::Run(RunMsg::Terminate)).last(), Some(&Effect::Keep(Keep::Now)));
}

fn forbidden() -> Problem {
    Problem { status: Some(403), ..problem() }
}

#[test]
fn a_missing_role_is_learnt_and_the_key_says_so_until_it_is_insisted_on() {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    let asked = desk.press("x");
    let learnt = desk.hears(hide_answered(vec![("aev_said".into(), forbidden())]));
    let denied = Denied { agent: "a".into(), need: Need::Manage };
    let fact = |effect: &Effect| match effect {
        Effect::Keep(Keep::Soon(change)) => Some(change.fact.clone()),
        _ => None,
    };
    let facts: Vec<_> = learnt.iter().filter_map(fact).collect();
    let noted = asked.iter().filter_map(fact);
    let steps: Vec<_> = noted.filter(|fact| matches!(fact, Fact::Step(..))).collect();
    let [Fact::Step(step, Some(_))] = steps[..] else { panic!("{steps:?}") };
    let withdrawn = Fact::Step(step, None);
    assert_eq!(facts, [Fact::Denied(denied.clone(), Some(())), withdrawn], "nothing to undo");
    assert_eq!(desk.press("x"), [], "held back");
    let said = desk.model.toast.as_ref().unwrap().text.clone();
    assert!(said.contains("a wants agent_developer, agent_administrator"), "{said}");
    assert_eq!(desk.press_after(6_000, "x"), [], "that was too long ago");
    assert_eq!(sent(&desk.press_after(7_000, "x")), [hide(true)], "insisted on");
    let granted = desk.hears(hide_answered(Vec::new()));
    let facts: Vec<_> = granted.iter().filter_map(fact).collect();
    assert_eq!(facts, [Fact::Denied(denied, None)]);
    assert_eq!(sent(&desk.press("u")), [hide(false)], "and not in the way any more");
}

/// What goes out, without what is kept.
fn sent(effects: &[Effect]) -> Vec<Effect> {
    effects.iter().filter(|effect| !matches!(effect, Effect::Keep(_))).cloned().collect()
}

#[test]
fn another_refusal_teaches_nothing_about_roles() {
    let mut desk = Desk::with(&[]);
    desk.press("x");
    let problem = Problem { status: Some(409), ..problem() };
    desk.hears(hide_answered(vec![("aev_said".into(), problem)]));
    assert_eq!(desk.press("x"), [hide(true)]);
}

#[test]
fn the_way_from_a_bar_to_its_row_and_back() {
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    let shown = |desk: &Desk| {
        let waterfall = desk.model.open.as_ref().unwrap().waterfall.as_ref();
        waterfall.map(|waterfall| (waterfall.is_away(), waterfall.unit().cloned()))
    };
    let unit = |id: &str| Some(UnitId::named(id));
    let effects = desk.press("g g W");
    assert!(
        effects.contains(&Effect::Service(Request::FetchTraces { session: open() })),
        "{effects:?}"
    );
    assert_eq!(shown(&desk), Some((false, unit("aev_said"))));
    desk.press("j j s k k G");
    let bar = shown(&desk).unwrap().1;
    assert!(bar.is_some());
    desk.press("<enter>");
    assert_eq!(shown(&desk), Some((true, bar.clone())));
    let timeline = &desk.model.open.as_ref().unwrap().timeline;
    assert_eq!(timeline.scroll().cursor, bar);
    desk.press("<esc>");
    assert_eq!((shown(&desk), desk.model.focus), (Some((false, bar)), Focus::Timeline));
    for out in ["<esc>", "q", "W"] {
        desk.press(out);
        assert_eq!((shown(&desk), desk.model.quit), (None, false), "{out}");
        desk.press("W");
    }
    desk.press("? j <esc> 1 j");
    assert!(shown(&desk).is_some(), "it stays while other things are looked at");
}

#[test]
fn in_a_file_the_account_and_the_detail_of_a_row_open_and_close_and_nobody_is_asked() {
    let mut desk = Desk::with(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = json!({"id": "aev_1", "session_key": "s", "type": "agent_output", "content": "hello",
        "created_at": "2026-07-02T08:30:00Z"});
    std::fs::write(file.path(), format!("{line}\n")).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let mut timeline = Timeline::of_file(archive.clone(), Direction::OldestFirst);
    let chunk = Reader::new(&archive).next_chunk().unwrap().unwrap();
    timeline.absorb_chunk(chunk);
    desk.model.show_file("session.jsonl".to_owned(), open(), timeline);
    let opened = |desk: &Desk| {
        let open = desk.model.open.as_ref().unwrap();
        (
            open.waterfall.as_ref().is_some_and(|waterfall| !waterfall.is_away()),
            open.detail.is_some(),
        )
    };
    assert_eq!(desk.press("W"), []);
    assert_eq!(opened(&desk), (true, false));
    desk.press("<enter> <enter>");
    assert_eq!(opened(&desk), (false, true), "to the row, and into it");
    desk.press("<esc>");
    assert_eq!(opened(&desk), (false, false));
    desk.press("<esc>");
    assert_eq!(opened(&desk), (true, false));
    desk.press("<esc> <esc>");
    assert_eq!((opened(&desk), desk.model.quit), ((false, false), false));
}

#[test]
fn traces_that_come_late_or_for_another_session_change_nothing_but_lengths() {
    let mut desk = Desk::with(&["aev_1"]);
    let measured = || Measured::new([("aev_said".into(), 900)]);
    let traced = |key: &str| {
        Msg::Service(ServiceMsg::TracesRead {
            session: SessionRef::new("a", key),
            measured: measured(),
        })
    };
    desk.hears(traced("s"));
    assert!(desk.model.open.as_ref().unwrap().waterfall.is_none());
    desk.press("W");
    let source = |desk: &Desk| {
        desk.model.open.as_ref().unwrap().waterfall.as_ref().map(|waterfall| waterfall.source())
    };
    desk.hears(traced("another"));
    assert_eq!(source(&desk), Some(TimingSource::EventTimes));
    desk.hears(traced("s"));
    assert_eq!(source(&desk), Some(TimingSource::Traces));
    let nothing =
        Msg::Service(ServiceMsg::TracesRead { session: open(), measured: Measured::default() });
    desk.hears(nothing);
    assert_eq!(source(&desk), Some(TimingSource::Traces), "what was measured stays");
}

#[test]
fn a_read_only_profile_sends_nothing_however_often_it_is_asked() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.model.profile.read_only = true;
    for keys in ["x x", "u u", "I I", "i h i <enter>", "3", "s s <enter>"] {
        let effects = desk.press(keys);
        let sends = |effect: &Effect| {
            matches!(effect, Effect::Service(Request::Send { .. } | Request::SetHidden { .. }))
        };
        assert!(!effects.iter().any(sends), "{keys}: {effects:?}");
    }
    assert_eq!(desk.model.mode(), Mode::Browse);
    assert!(desk.model.composer.written().next().is_none());
}

#[test]
fn a_key_notes_how_far_the_open_session_is_read_and_the_next_look_starts_there() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "t"]);
    desk.hears(remembered(&[], desk.now));
    let window = desk.window(&[]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    let seen = |effects: &[Effect]| {
        let seen = effects.iter().filter_map(|effect| match effect {
            Effect::Keep(Keep::Soon(Change { fact: Fact::Seen(session, Some(seen)), .. })) => {
                Some((session.key.to_string(), seen.event.to_string()))
            }
            _ => None,
        });
        seen.collect::<Vec<_>>()
    };
    assert_eq!(seen(&desk.press("1")), [("s".to_owned(), "aev_said".to_owned())]);
    assert_eq!(seen(&desk.press("k")), [], "nothing new was seen");
    desk.press("j");
    let window = desk.window(&["aev_1"]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    let new: Vec<_> =
        desk.model.open.as_ref().unwrap().timeline.units().map(|u| u.above.is_some()).collect();
    assert_eq!(new, [false, true]);
    assert_eq!(
        seen(&desk.hears(Msg::Run(RunMsg::Terminate))),
        [("s".to_owned(), "aev_1".to_owned())]
    );
}

#[test]
fn the_past_can_be_looked_at_but_not_changed() {
    let mut desk = Desk::with(&["aev_call"]);
    desk.press("g g ,");
    let event = |desk: &Desk| desk.model.open.as_ref()?.timeline.as_of().map(|moment| moment.event);
    assert_eq!(event(&desk), Some(1));
    assert_eq!(desk.press("x"), []);
    assert!(desk.model.toast.as_ref().unwrap().text.contains("this is the past"));
    assert_eq!(desk.model.context_ribbon().percent(), None);
    desk.press(".");
    assert_eq!(event(&desk), Some(2));
    desk.press(",");
    desk.press(",");
    assert_eq!(event(&desk), Some(1));
    assert!(desk.model.toast.as_ref().unwrap().text.contains("nothing was before"));
    // Esc leads out of the past before it leads out of the pane, and q does not quit there.
    for keys in ["<esc>", "q", ". .", "F"] {
        desk.press("g g ,");
        desk.press(keys);
        assert!(!desk.model.is_past() && !desk.model.quit, "{keys}");
        assert_eq!(desk.model.focus, crate::view::Focus::Timeline, "{keys}");
    }
    desk.press(".");
    assert!(desk.model.toast.as_ref().unwrap().text.contains("this is the present"));
}
