//! Every client tool call that waits for a person, over all sessions, with the answers in
//! preparation.
//!
//! Must not lose a draft, and must not move the selection to another call while the selected one
//! still waits: a person is about to answer it. Start with [`CallQueue::apply`].

use crate::api::agent::ToolConfiguration;
use crate::api::event::ToolInput;
use crate::api::input::ToolAnswer;
use crate::api::{Agent, Event, EventBody, EventId, Object, PendingCall, SessionRef, Timestamp};

use super::masking::{Provenance, masked_paths};

pub use super::call::{AnswerKind, Call, Draft, Reveal};

#[derive(Debug, Clone, Default)]
pub struct CallQueue {
    calls: Vec<Call>,
    selected: Option<EventId>,
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
                Some(known) => known.call = call,
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

    /// Tells when the call was made and where its arguments came from, once that is known.
    pub fn apply_provenance(
        &mut self,
        id: &EventId,
        input: &ToolInput,
        made_at: Option<Timestamp>,
        configuration: Option<&ToolConfiguration>,
        resolved: Option<&Object>,
    ) {
        let Some(call) = self.calls.iter_mut().find(|call| call.id() == id) else {
            return;
        };
        // The list may be missing; what the agent did not say came from somewhere else all the same.
        let mut paths = input.argument_override_paths.clone();
        let is_listed = |key: &String| {
            input.argument_override_paths.iter().any(|path| path.split('.').next() == Some(key))
        };
        let unsaid = call.call.arguments.keys().filter(|key| !input.tool_input.contains_key(*key));
        paths.extend(unsaid.filter(|key| !is_listed(key)).cloned());
        let override_paths = Some(paths.as_slice());
        let from = Provenance { override_paths, configuration, resolved };
        call.masked = masked_paths(&call.call.arguments, &from);
        call.overrides = Some(paths);
        call.since = made_at.unwrap_or(call.since);
        self.calls.sort_by_key(|call| call.since);
    }

    /// The same for every call of a session whose event is among these.
    pub fn learn(&mut self, session: &SessionRef, events: &[Event], agent: Option<&Agent>) {
        for event in events {
            let (EventBody::ToolInput(input), Some(id)) = (&event.body, &event.id) else {
                continue;
            };
            if self.of_session(session).any(|call| call.id() == id) {
                let configuration = agent.and_then(|agent| {
                    agent.tool_configurations.get(&input.tool_configuration_name)
                });
                self.apply_provenance(id, input, event.created_at, configuration, None);
            }
        }
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

    pub fn get(&self, id: &EventId) -> Option<&Call> {
        self.calls.iter().find(|call| call.id() == id)
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

    fn shows_secret(call: &Call, now: Timestamp) -> bool {
        call.rows(now).iter().any(|row| row.value.contains("hunter2"))
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
    fn a_secret_is_masked_before_anything_is_known_and_shown_only_for_a_moment() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1")], at(1));
        assert!(!shows_secret(queue.selected().unwrap(), at(1)));
        let input: ToolInput = serde_json::from_value(json!({
            "tool_call_id": "c1", "tool_configuration_name": "c", "tool_name": "t",
            "tool_input": {"order": 7}, "argument_override_paths": ["token"]
        }))
        .unwrap();
        queue.apply_provenance(&"aev_1".into(), &input, None, None, None);
        let call = queue.selected_mut().unwrap();
        assert!(!shows_secret(call, at(1)));
        assert_eq!(call.masked_arguments(), json!({"order": 7, "token": "****"}));
        assert_eq!(
            (call.origin("order"), call.origin("token")),
            ("from agent", "override · secret")
        );
        call.reveal = Some(Reveal { path: "token".into(), until: at(11) });
        assert!(shows_secret(call, at(10)));
        assert!(!shows_secret(call, at(11)));
    }
}
