//! The machine on whole values: messages in, model and effects out.

use jiff::SignedDuration;
use serde_json::json;

use super::Machine;
use crate::api::{Event, EventId, PendingCall, Session, SessionRef, Timestamp};
use crate::app::effect::Purpose;
use crate::app::msg::{EventWindow, Problem};
use crate::app::{Action, Effect, Msg};
use crate::keymap::{DEFAULT_TOML, Key, Keymap};
use crate::model::probe::read_probe;
use crate::model::timeline::Visibility;
use crate::model::{Mode, Model, View};

struct Desk {
    machine: Machine,
    model: Model,
    now: Timestamp,
}

impl Desk {
    /// One session with one answer, open and in focus.
    fn with(calls: &[&str]) -> Self {
        let now = "2026-07-02T09:00:00Z".parse().unwrap();
        let machine = Machine::new(Keymap::parse(DEFAULT_TOML, &Action::names()).unwrap());
        let mut desk = Self { machine, model: Model::new(now, (120, 36)), now };
        desk.lists(&["s"]);
        desk.sees(calls);
        desk.press("<enter>");
        desk
    }

    fn lists(&mut self, keys: &[&str]) {
        let session = |key: &&str| -> Session {
            let json = json!({"key": key, "agent_key": "a", "name": key, "enabled": true,
                "created_at": "2026-07-02T08:00:00Z", "status": "stopped"});
            serde_json::from_value(json).unwrap()
        };
        let sessions = keys.iter().map(session).collect();
        self.hears(Msg::SessionsListed { agent: "a".into(), sessions, complete: true });
    }

    /// The newest events of the session and its calls come in.
    fn sees(&mut self, calls: &[&str]) {
        let window = self.window(calls);
        let (asked_at, inputs) = (window.asked_at, window.events.clone());
        let calls: Vec<_> = calls.iter().map(|id| pending(id)).collect();
        let probe = read_probe(&inputs, &calls);
        self.hears(Msg::EventsListed(Box::new(window)));
        self.hears(Msg::Probed { session: open(), probe, calls, inputs, asked_at });
    }

    fn visible(&self, ids: &[&str]) -> Msg {
        Msg::VisibleListed {
            session: open(),
            visible: ids.iter().map(|id| EventId::from(*id)).collect(),
            from: None,
            to: "aev_said".into(),
            asked_at: self.now,
        }
    }

    fn window(&self, calls: &[&str]) -> EventWindow {
        let mut events = vec![event(&json!({"id": "aev_said", "type": "agent_output",
            "created_at": "2026-07-02T08:30:00Z", "content": "hello"}))];
        events.extend(calls.iter().map(|id| {
            event(&json!({"id": id, "type": "tool_input", "created_at": "2026-07-02T08:31:00Z",
                "tool_call_id": id, "tool_name": "t", "tool_configuration_name": "t",
                "tool_input": {"path": "/a"}}))
        }));
        EventWindow {
            session: open(),
            events,
            marked: false,
            reaches_start: true,
            reaches_end: true,
            asked_at: self.now,
        }
    }

    fn hears(&mut self, msg: Msg) -> Vec<Effect> {
        self.now = self.now.checked_add(SignedDuration::from_secs(5)).unwrap();
        self.machine.update(&mut self.model, msg, self.now)
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = Key::parse_sequence(keys).unwrap();
        keys.into_iter().flat_map(|key| self.hears(Msg::Key(key))).collect()
    }

    /// The next key, `milliseconds` after the last thing that happened.
    fn press_after(&mut self, milliseconds: i64, keys: &str) -> Vec<Effect> {
        let at = self.now.checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
        let keys = Key::parse_sequence(keys).unwrap();
        let mut press = |key| self.machine.update(&mut self.model, Msg::Key(key), at);
        keys.into_iter().flat_map(&mut press).collect()
    }

    fn visibility(&self) -> Visibility {
        self.model.open.as_ref().unwrap().timeline.units()[0].visibility
    }
}

fn open() -> SessionRef {
    SessionRef::new("a", "s")
}

fn event(json: &serde_json::Value) -> Event {
    serde_json::from_str(&json.to_string()).unwrap()
}

fn pending(id: &str) -> PendingCall {
    serde_json::from_value(json!({"event_id": id, "tool_configuration_name": "t",
        "tool_name": "t", "arguments": {"path": "/a"}}))
    .unwrap()
}

fn problem() -> Problem {
    Problem {
        text: "no".to_owned(),
        details: Vec::new(),
        request_id: None,
        may_have_happened: false,
    }
}

fn hide(hidden: bool) -> Effect {
    Effect::SetHidden { session: open(), events: vec!["aev_said".into()], hidden }
}

fn hide_answered(refused: Vec<(EventId, Problem)>) -> Msg {
    let done = if refused.is_empty() { vec!["aev_said".into()] } else { Vec::new() };
    Msg::HideAnswered { session: open(), hidden: true, done, refused }
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
    desk.hears(Msg::EventsListed(Box::new(EventWindow { marked: true, ..window })));
    assert_eq!(desk.visibility(), Visibility::Hidden);
    assert_eq!(desk.hears(seen), [Effect::AskNow]);
    assert_eq!(desk.visibility(), Visibility::Hidden);
    let window = desk.window(&[]);
    desk.hears(Msg::EventsListed(Box::new(window)));
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
    assert_eq!(desk.model.mode, Mode::Write);
    desk.machine.update(&mut desk.model, Msg::SessionGone(open()), desk.now);
    assert_eq!(desk.press_after(100, "q x <enter>"), []);
    assert!(!desk.model.quit && desk.model.mode == Mode::Browse);
}

#[test]
fn an_answer_given_elsewhere_takes_the_editor_away_before_the_next_key() {
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    desk.press("3 e a");
    assert_eq!((desk.model.view, desk.model.mode), (View::Calls, Mode::Write));
    let edited = desk.model.calls.selected().unwrap().id().clone();
    let left = if edited.as_str() == "aev_1" { "aev_2" } else { "aev_1" };
    desk.sees(&[left]);
    assert_eq!(desk.model.mode, Mode::Browse);
    assert_eq!(desk.press_after(100, "b s <enter>"), []);
    assert!(!desk.model.calls.selected().unwrap().draft.touched);
}

#[test]
fn answers_are_sent_once_and_only_after_the_question() {
    let mut desk = Desk::with(&["aev_1"]);
    assert_eq!(desk.press("3 e <space> <esc> <space> y d"), []);
    assert_eq!(desk.press("s"), []);
    assert_eq!(desk.model.mode, Mode::Ask);
    let sent = desk.press("<enter>");
    assert!(matches!(&sent[..], [Effect::Send { purpose: Purpose::Answers, .. }]), "{sent:?}");
    assert_eq!(desk.press("s <enter>"), [], "still on its way");
}

#[test]
fn a_refused_message_comes_back_into_the_composer() {
    let mut desk = Desk::with(&[]);
    let sent = desk.press("i h i <enter>");
    assert!(matches!(&sent[..], [Effect::Send { purpose: Purpose::Message, .. }]), "{sent:?}");
    assert_eq!(desk.press("<enter>"), [], "an empty composer sends nothing");
    let refused =
        Msg::InputRefused { session: open(), purpose: Purpose::Message, problem: problem() };
    desk.hears(refused);
    assert_eq!(desk.model.composer.draft(&open()).unwrap().editor.text(), "hi");
}
