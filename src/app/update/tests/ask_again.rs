//! An answer that is replayed: a branch that ends before its question, in which that is asked again.

use super::branching::desk;
use super::commands::problem as refused;
use super::*;
use crate::api::input::MessageInput;
use crate::api::session::NewSession;
use crate::api::{Agent, Input};
use crate::app::session_request::{SessionMsg, SessionRequest};
use crate::model::lineage::BRANCHED_FROM;

fn again(effects: &[Effect]) -> (&NewSession, &MessageInput) {
    match effects {
        [Effect::Service(Request::Session(SessionRequest::AskAgain { new, message, .. }))] => {
            (new, message)
        }
        other => panic!("{other:?}"),
    }
}

impl Desk {
    fn branch_comes(&mut self, message: &MessageInput) -> Vec<Effect> {
        let made = Session::named("a".into(), "again".into(), "again".to_owned(), self.now);
        let (from, message) = (open(), message.clone());
        let msg = SessionMsg::AskedAgain { from, message, made: Ok(Box::new(made)) };
        self.hears(Msg::Service(ServiceMsg::Session(msg)))
    }
}

#[test]
fn an_answer_is_replayed_in_a_branch_that_ends_before_its_question() {
    let mut desk = desk();
    assert_eq!(desk.press("G g r"), []);
    let question = desk.question().to_owned();
    assert!(question.contains("Makes a branch of s with 2 events"), "{question}");
    assert!(question.contains("sends “second” there; s stays as it is"), "{question}");
    let effects = desk.press("<enter>");
    let (new, message) = again(&effects);
    let from = new.from_session.as_ref().unwrap();
    assert_eq!(from.include_up_to_event_id, Some("aev_a1".into()));
    assert_eq!(new.metadata.as_ref().unwrap()[BRANCHED_FROM]["session"], "s");
    let message = message.clone();
    let effects = desk.branch_comes(&message);
    assert_eq!(desk.opened(), "again");
    let sent = Effect::Service(Request::Send {
        session: SessionRef::new("a", "again"),
        input: Input::Message(message),
        purpose: InputKind::Message,
    });
    assert!(effects.contains(&sent), "{effects:?}");
    // A refusal leaves the words where they can be sent from.
    let (session, purpose) = (SessionRef::new("a", "again"), InputKind::Message);
    let problem = problem();
    desk.hears(StreamMsg::InputRefused { session: session.clone(), purpose, problem }.into());
    assert_eq!(desk.model.composer.draft(&session).unwrap().editor.text(), "second");
}

#[test]
fn who_went_elsewhere_is_not_fetched_and_the_question_is_asked_all_the_same() {
    let mut desk = desk();
    let effects = desk.press("G g r <enter>");
    let message = again(&effects).1.clone();
    desk.press("g g");
    let effects = desk.branch_comes(&message);
    assert_eq!(desk.opened(), "s");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Service(Request::Send { .. }))));
    assert!(desk.said().contains("asking again in again, a branch of s"), "{}", desk.said());
}

#[test]
fn the_first_question_is_asked_in_a_session_that_begins_empty() {
    let mut desk = desk();
    desk.press("g g j g r");
    assert!(desk.question().contains("begins empty"), "{}", desk.question());
    let effects = desk.press("<enter>");
    let (new, _) = again(&effects);
    assert_eq!(new.from_session, None, "without an end a fork would copy the answer too");
    assert_eq!(new.metadata.as_ref().unwrap()[BRANCHED_FROM]["empty"], true);
}

#[test]
fn what_is_no_answer_or_has_no_branch_says_so_and_sends_nothing() {
    let mut desk = desk();
    assert_eq!(desk.press("g g g r"), []);
    assert!(desk.said().contains("this is no answer"), "{}", desk.said());
    let effects = desk.press("G g r <enter>");
    let message = again(&effects).1.clone();
    let problem = Problem { status: Some(404), ..problem() };
    let msg = SessionMsg::AskedAgain { from: open(), message, made: Err(problem) };
    let effects = desk.hears(Msg::Service(ServiceMsg::Session(msg)));
    assert_eq!(effects, []);
    assert!(desk.said().starts_with("no branch was made and nothing sent"), "{}", desk.said());
    assert_eq!(desk.opened(), "s");
}

/// Beside the agent of the session, `a`, two more that are there and one that is off.
fn with_agents() -> Desk {
    let mut desk = desk();
    for (key, used, enabled) in
        [("a", "small", true), ("b", "large", true), ("c", "large", true), ("d", "tiny", false)]
    {
        let document = json!({"key": key, "name": key, "model": {"name": used}, "enabled": enabled,
            "tool_configurations": {}, "first_step": {}});
        let agent: Agent = serde_json::from_value(document).unwrap();
        desk.model.agents.insert(agent.key.clone(), agent);
    }
    desk.press("G");
    desk
}

impl Desk {
    /// Has the answer under the cursor given by somebody else.
    fn tries(&mut self, name: &str) -> Vec<Effect> {
        self.press(":");
        self.types(&format!("try {name}"));
        self.press("<enter>")
    }
}

#[test]
fn another_agent_answers_in_a_branch_of_its_own() {
    let mut desk = with_agents();
    assert_eq!(desk.tries("b"), []);
    let question = desk.question().to_owned();
    assert!(question.contains("Makes a branch of the agent b of s with 2 events"), "{question}");
    let effects = desk.press("<enter>");
    match &effects[..] {
        [Effect::Service(Request::Session(SessionRequest::AskAgain { from, by, new, .. }))] => {
            assert_eq!((by.as_str(), from), ("b", &open()));
            let source = new.from_session.as_ref().unwrap();
            assert_eq!(source.agent_key, Some("a".into()), "that is where the events are");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_model_stands_for_the_agent_that_uses_it() {
    let mut desk = with_agents();
    desk.tries("small");
    assert!(desk.question().contains("Makes a branch of s"), "its own agent");
    let mut desk = with_agents();
    desk.tries("large");
    assert!(refused(&desk).contains("several agents use that model: say b or c"));
    let mut desk = with_agents();
    desk.tries("tiny");
    assert!(refused(&desk).contains("no enabled agent has this key"), "it is off");
}
