//! Every client tool call that waits for a person, over all sessions, with the answers in
//! preparation.
//!
//! Must not lose a draft, and must not move the selection to another call while the selected one
//! still waits: a person is about to answer it. Start with [`CallQueue::apply`].

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::api::input::ToolAnswer;
use crate::api::{Agent, Event, EventId, Object, PendingCall, SessionRef, Timestamp, ToolId};

pub use super::call::{AnswerKind, Call, Draft};

#[derive(Debug, Clone, Default)]
pub struct CallQueue {
    calls: Vec<Call>,
    selected: Option<EventId>,
    /// Schemas of arguments, by tool.
    input_schemas: HashMap<ToolId, Arc<Value>>,
}

impl CallQueue {
    /// Takes over the outstanding calls of one session. Calls that stay keep their drafts; calls
    /// that are gone were answered, here or elsewhere, and come back as the result.
    pub fn apply(
        &mut self,
        session: &SessionRef,
        pending: Vec<PendingCall>,
        since: Timestamp,
    ) -> Vec<Call> {
        let at = self.calls.iter().position(|call| Some(call.id()) == self.selected.as_ref());
        let stays = |call: &Call| {
            call.session != *session || pending.iter().any(|now| now.event_id == *call.id())
        };
        let (kept, gone): (Vec<_>, Vec<_>) = self.calls.drain(..).partition(stays);
        self.calls = kept;
        for call in pending {
            match self.calls.iter_mut().find(|known| *known.id() == call.event_id) {
                Some(known) => {
                    known.arguments.replace(&call.arguments);
                    known.call = call;
                }
                None => self.calls.push(Call::new(session, call, since)),
            }
        }
        self.calls.sort_by_key(|call| call.since);
        if self.selected().is_none() {
            let next = at.map_or(0, |at| at.min(self.calls.len().saturating_sub(1)));
            self.selected = self.calls.get(next).map(|call| call.id().clone());
        }
        gone
    }

    /// Tells when the calls of a session were made, and where their arguments came from, for every
    /// call whose event is among these.
    pub fn learn(&mut self, session: &SessionRef, events: &[Event], agent: Option<&Agent>) {
        for call in self.calls.iter_mut().filter(|call| call.session == *session) {
            let is_input = |event: &&Event| {
                event.id.as_ref() == Some(&call.call.event_id) && &*event.kind == "tool_input"
            };
            let Some(input) = events.iter().find(is_input) else { continue };
            let name = &call.call.tool_configuration_name;
            let configuration = agent.and_then(|agent| agent.tool_configurations.get(name));
            call.arguments.learn(input, configuration);
            if let Some(schema) = call.arguments.tool().and_then(|id| self.input_schemas.get(&id)) {
                call.arguments.set_schema(Arc::clone(schema));
            }
            call.since = input.created_at.unwrap_or(call.since);
        }
        self.calls.sort_by_key(|call| call.since);
    }

    /// Tells what a tool takes, for calls that wait and for those that will.
    pub fn know_input_schema(&mut self, tool: &ToolId, schema: Object) {
        let schema = Arc::new(Value::Object(schema));
        for call in &mut self.calls {
            if call.arguments.tool().as_ref() == Some(tool) {
                call.arguments.set_schema(Arc::clone(&schema));
            }
        }
        self.input_schemas.insert(tool.clone(), schema);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub fn len(&self) -> usize {
        self.calls.len()
    }

    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub fn of_session<'a>(&'a self, session: &'a SessionRef) -> impl Iterator<Item = &'a Call> {
        self.calls.iter().filter(move |call| call.session == *session)
    }

    pub fn get_mut(&mut self, id: &EventId) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.id() == id)
    }

    pub fn selected(&self) -> Option<&Call> {
        self.calls.iter().find(|call| Some(call.id()) == self.selected.as_ref())
    }

    pub fn selected_mut(&mut self) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| Some(call.id()) == self.selected.as_ref())
    }

    pub fn position(&self) -> Option<usize> {
        self.calls.iter().position(|call| Some(call.id()) == self.selected.as_ref())
    }

    pub fn select(&mut self, id: &EventId) {
        if self.calls.iter().any(|call| call.id() == id) {
            self.selected = Some(id.clone());
        }
    }

    pub fn move_selection(&mut self, by: isize) {
        let to = self.position().map_or(0, |at| at.saturating_add_signed(by));
        let to = to.min(self.calls.len().saturating_sub(1));
        self.selected = self.calls.get(to).map(|call| call.id().clone());
    }

    /// The answers of a session, which go together; or what is still missing, a line per call.
    pub fn ready(&self, session: &SessionRef) -> Result<Vec<ToolAnswer>, Vec<String>> {
        let mut answers = Vec::new();
        let mut missing = Vec::new();
        for call in self.of_session(session) {
            let tool = &call.call.tool_name;
            match (call.draft.touched, call.draft.answer(call.id())) {
                (true, Some(answer)) => answers.push(answer),
                (false, _) => missing.push(format!("{tool}: no answer yet")),
                (true, None) => {
                    let reason = call.draft.problem().map(|(_, reason)| reason);
                    missing.push(format!("{tool}: {}", reason.unwrap_or_default()));
                }
            }
        }
        if missing.is_empty() && !answers.is_empty() { Ok(answers) } else { Err(missing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pending(id: &str) -> PendingCall {
        serde_json::from_value(json!({
            "event_id": id, "tool_configuration_name": "c", "tool_name": "t",
            "arguments": {"order": 7, "token": "hunter2"}
        }))
        .unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn drafts_stay_and_the_selection_moves_only_when_its_call_is_gone() {
        let (one, two) = (SessionRef::new("a", "one"), SessionRef::new("a", "two"));
        let mut queue = CallQueue::default();
        queue.apply(&one, vec![pending("aev_1"), pending("aev_2")], at(10));
        queue.select(&"aev_2".into());
        queue.selected_mut().unwrap().draft.editor.set_text("{\"a\"");
        queue.apply(&two, vec![pending("aev_0")], at(5));
        queue.apply(&one, vec![pending("aev_2"), pending("aev_3")], at(11));
        let selected = queue.selected().unwrap();
        assert_eq!(
            (selected.id().as_str(), selected.draft.editor.text().as_str()),
            ("aev_2", "{\"a\"")
        );
        assert_eq!(queue.iter().next().unwrap().id().as_str(), "aev_0");
        let gone = queue.apply(&one, vec![], at(12));
        assert_eq!(gone.len(), 2);
        assert_eq!(queue.selected().unwrap().id().as_str(), "aev_0");
    }

    #[test]
    fn answers_go_together_or_not_at_all() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1"), pending("aev_2")], at(1));
        for (id, text) in [("aev_1", "{\"ok\": true}"), ("aev_2", "[1]")] {
            let draft = &mut queue.get_mut(&id.into()).unwrap().draft;
            draft.editor.set_text(text);
            draft.touched = true;
        }
        assert_eq!(queue.ready(&session), Err(vec!["t: the output must be a JSON object".into()]));
        queue.get_mut(&"aev_2".into()).unwrap().draft.kind = AnswerKind::Error;
        assert_eq!(queue.ready(&session).map(|answers| answers.len()), Ok(2));
        queue.get_mut(&"aev_2".into()).unwrap().draft.touched = false;
        assert_eq!(queue.ready(&session), Err(vec!["t: no answer yet".into()]));
        assert!(queue.ready(&SessionRef::new("a", "none")).is_err());
    }

    #[test]
    fn what_a_tool_takes_is_told_to_calls_before_and_after() {
        let session = SessionRef::new("a", "s");
        let agent: Agent = serde_json::from_value(json!({"key": "a", "name": "A",
            "tool_configurations": {"c": {"type": "client", "tool_id": "tol_1"}}}))
        .unwrap();
        let input = |id: &str| {
            let text = json!({"id": id, "type": "tool_input", "tool_input": {"order": 7}});
            serde_json::from_value::<Event>(text).unwrap()
        };
        let schema = json!({"properties": {"order": {"type": "integer", "description": "which"}}});
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1")], at(1));
        queue.learn(&session, &[input("aev_1")], Some(&agent));
        queue.know_input_schema(&"tol_1".into(), schema.as_object().unwrap().clone());
        queue.know_input_schema(&"tol_2".into(), Object::new());
        queue.apply(&session, vec![pending("aev_1"), pending("aev_2")], at(1));
        queue.learn(&session, &[input("aev_1"), input("aev_2")], Some(&agent));
        for id in ["aev_1", "aev_2"] {
            let arguments = &mut queue.get_mut(&id.into()).unwrap().arguments;
            arguments.move_by(1);
            arguments.settle(80, 9, at(1));
            let screen = format!("{:?}", arguments.screen());
            assert!(screen.contains("integer · which"), "{id}: {screen}");
            assert!(!screen.contains("hunter2"), "{screen}");
        }
    }
}
