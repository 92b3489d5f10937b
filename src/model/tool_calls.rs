//! Every client tool call that waits for a person, over all sessions, with the answers in
//! preparation.
//!
//! Must not lose a draft, and must not move the selection to another call while the selected one
//! still waits: a person is about to answer it. Start with [`CallQueue::apply`].

use std::collections::{BTreeMap, BTreeSet};

use crate::api::agent::ToolConfiguration;
use crate::api::event::ToolInput;
use crate::api::input::ToolAnswer;
use crate::api::{Agent, Event, EventBody, EventId, Object, PendingCall, SessionRef, Timestamp};

use super::masking::{Provenance, masked_paths};
use super::output_schema::Severity;

pub use super::call::{Call, Reveal};
pub use super::draft::{AnswerKind, Draft, Standing};

#[derive(Debug, Clone, Default)]
pub struct CallQueue {
    calls: Vec<Call>,
    selected: Option<EventId>,
    /// Drafts so far.
    born: u64,
    /// The calls of each session in the order in which their answers were sent last: refusals
    /// count them.
    sent: BTreeMap<SessionRef, Vec<EventId>>,
    /// Sessions whose answers may have arrived, or not.
    doubtful: BTreeSet<SessionRef>,
    /// What was written last for a call that is gone, unsent.
    left_over: Option<String>,
}

/// Answers that the service took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub session: SessionRef,
    pub answers: usize,
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
            if let Some(known) = self.calls.iter_mut().find(|known| *known.id() == call.event_id) {
                known.call = call;
                continue;
            }
            let mut call = Call::new(session, call, since);
            self.born += 1;
            call.draft.birth = self.born;
            self.calls.push(call);
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

    /// What is still missing before the answers of a session can go, a line per call. Nothing, once
    /// all are ready. Cheap enough for every frame.
    pub fn missing(&self, session: &SessionRef) -> Vec<String> {
        let missing = |call: &Call| {
            let tool = &call.call.tool_name;
            match call.draft.standing() {
                Standing::Ready => None,
                Standing::NoAnswer => Some(format!("{tool}: no answer yet")),
                Standing::Checking => Some(format!("{tool}: checking …")),
                Standing::Unchecked(why) => Some(format!("{tool}: {why}")),
                Standing::Wrong(first, 1) => Some(format!("{tool}: {}", first.words())),
                Standing::Wrong(first, count) => {
                    Some(format!("{tool}: {} and {} more", first.words(), count - 1))
                }
            }
        };
        self.of_session(session).filter_map(missing).collect()
    }

    /// The answers of a session, which go together; or what is still missing, a line per call.
    pub fn ready(&self, session: &SessionRef) -> Result<Vec<ToolAnswer>, Vec<String>> {
        self.answers(session, false)
    }

    /// The same. Where somebody insists, errors that a schema or the service finds hold nothing
    /// back; what the wire would not take does.
    pub fn answers(
        &self,
        session: &SessionRef,
        insist: bool,
    ) -> Result<Vec<ToolAnswer>, Vec<String>> {
        let answers: Option<Vec<_>> =
            self.of_session(session).map(|call| call.draft.answer(call.id(), insist)).collect();
        match answers {
            Some(answers) if !answers.is_empty() => Ok(answers),
            _ => Err(self.missing(session)),
        }
    }

    /// Notes in which order answers go out.
    pub fn begin_sending(&mut self, session: &SessionRef, answers: &[ToolAnswer]) {
        let order = answers.iter().map(|answer| answer.event_id().clone()).collect();
        self.sent.insert(session.clone(), order);
        self.doubtful.remove(session);
        for call in self.calls.iter_mut().filter(|call| call.session == *session) {
            call.draft.forget_refusal();
        }
    }

    /// Keeps what was written for calls that are gone, to be copied.
    pub fn keep_left_over(&mut self, gone: &[Call]) {
        let written = gone.iter().rev().find(|call| call.draft.touched);
        if let Some(call) = written {
            self.left_over = Some(call.draft.editor.text());
        }
    }

    pub fn left_over(&self) -> Option<&str> {
        self.left_over.as_deref()
    }

    /// Whether an earlier try may have arrived although nobody said so.
    pub fn is_doubtful(&self, session: &SessionRef) -> bool {
        self.doubtful.contains(session)
    }

    /// Puts what the service said about answers to the calls that it is about: `details` as they
    /// came, each `field: reason` or a message. What names no answer is said of all of them.
    pub fn refuse(
        &mut self,
        session: &SessionRef,
        severity: Severity,
        details: &[String],
        doubtful: bool,
    ) {
        if doubtful {
            self.doubtful.insert(session.clone());
        }
        let order = self.sent.remove(session).unwrap_or_default();
        for detail in details {
            let about = answer_field(detail)
                .and_then(|(at, field, reason)| Some((order.get(at)?.clone(), field, reason)));
            let mut of_session = self.calls.iter_mut().filter(|call| call.session == *session);
            match about {
                Some((id, field, reason)) => {
                    if let Some(call) = of_session.find(|call| *call.id() == id) {
                        call.draft.refuse(severity, field, reason);
                    }
                }
                None => of_session.for_each(|call| call.draft.refuse(severity, "", detail)),
            }
        }
    }
}

/// Which answer a field error is about, where in its output, and what it says:
/// `tool_outputs[1].output.amount: too much`.
fn answer_field(detail: &str) -> Option<(usize, &str, &str)> {
    let rest = detail.strip_prefix("tool_outputs")?;
    let (field, reason) = rest.split_once(": ")?;
    let field = field.strip_prefix(['[', '.'])?;
    let digits = field.bytes().take_while(u8::is_ascii_digit).count();
    let at = field[..digits].parse().ok()?;
    let field = field[digits..].strip_prefix(']').unwrap_or(&field[digits..]);
    let inner = field
        .strip_prefix(".output")
        .filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    Some((at, inner.unwrap_or_default(), reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::output_schema::Against;
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

    /// Types an answer and has it checked.
    fn answer(queue: &mut CallQueue, id: &str, text: &str) {
        let draft = &mut queue.get_mut(&id.into()).unwrap().draft;
        draft.replace(text);
        check(queue, id);
    }

    fn check(queue: &mut CallQueue, id: &str) {
        let call = queue.get_mut(&id.into()).unwrap();
        let session = call.session.clone();
        let check = call.draft.next_check(&session, &id.into(), || Against::Free);
        call.draft.judge(check.unwrap().run());
    }

    #[test]
    fn answers_go_together_or_not_at_all() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1"), pending("aev_2")], at(1));
        answer(&mut queue, "aev_1", "{\"ok\": true}");
        assert_eq!(queue.ready(&session), Err(vec!["t: no answer yet".into()]));
        answer(&mut queue, "aev_2", "[1]");
        let no_object = vec!["t: the output must be a JSON object".into()];
        assert_eq!(queue.ready(&session), Err(no_object.clone()));
        assert_eq!(queue.answers(&session, true), Err(no_object), "the wire takes objects only");
        queue.get_mut(&"aev_2".into()).unwrap().draft.switch();
        assert_eq!(queue.ready(&session), Err(vec!["t: no answer yet".into()]));
        queue.get_mut(&"aev_2".into()).unwrap().draft.replace("no luck");
        assert_eq!(queue.ready(&session), Err(vec!["t: checking …".into()]));
        check(&mut queue, "aev_2");
        assert_eq!(queue.ready(&session).map(|answers| answers.len()), Ok(2));
        assert!(queue.ready(&SessionRef::new("a", "none")).is_err());
    }

    #[test]
    fn both_texts_of_a_draft_are_kept() {
        let mut draft = Draft::default();
        draft.replace("{\"ok\": 1}");
        draft.switch();
        assert!(draft.editor.is_empty() && !draft.touched);
        draft.replace("no");
        let saved = draft.saved().unwrap();
        let mut restored = Draft::default();
        restored.restore(&saved, at(1));
        for draft in [&mut draft, &mut restored] {
            assert_eq!((draft.editor.text().as_str(), draft.kind), ("no", AnswerKind::Error));
            draft.switch();
            assert_eq!((draft.editor.text().as_str(), draft.touched), ("{\"ok\": 1}", true));
        }
    }

    #[test]
    fn a_verdict_about_an_older_text_lets_nothing_go() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1")], at(1));
        let draft = &mut queue.selected_mut().unwrap().draft;
        draft.replace("{}");
        let mut check = || draft.next_check(&session, &"aev_1".into(), || Against::Free);
        let first = check().unwrap();
        assert!(check().is_none(), "one at a time");
        draft.replace("{");
        draft.judge(first.run());
        assert_eq!(draft.standing(), Standing::Checking);
        let second = draft.next_check(&session, &"aev_1".into(), || Against::Free).unwrap();
        draft.schema_changed();
        draft.judge(second.run());
        assert_eq!(draft.standing(), Standing::Checking, "checked against another schema");
        let third = draft.next_check(&session, &"aev_1".into(), || Against::Free).unwrap();
        draft.judge(third.run());
        assert!(matches!(draft.standing(), Standing::Wrong(_, 1)));
    }

    #[test]
    fn a_verdict_about_a_draft_that_was_put_away_lets_nothing_go() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1")], at(1));
        let draft = &mut queue.selected_mut().unwrap().draft;
        draft.replace("{}");
        let check = draft.next_check(&session, &"aev_1".into(), || Against::Free).unwrap();
        queue.apply(&session, Vec::new(), at(2));
        queue.apply(&session, vec![pending("aev_1")], at(3));
        let draft = &mut queue.selected_mut().unwrap().draft;
        draft.replace("[]");
        draft.judge(check.run());
        assert_eq!(draft.standing(), Standing::Checking);
    }

    #[test]
    fn what_the_service_says_lands_on_the_line_it_is_about_until_the_text_changes() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1"), pending("aev_2")], at(1));
        answer(&mut queue, "aev_1", "{\"ok\": true}");
        answer(&mut queue, "aev_2", "{\n  \"a.b\": {\n    \"list\": [1,\n 2]\n  }\n}");
        let answers = queue.ready(&session).unwrap();
        queue.begin_sending(&session, &answers);
        let details = ["tool_outputs[1].output.a.b.list[1]: too much".to_owned()];
        queue.refuse(&session, Severity::Error, &details, false);
        let told = |queue: &CallQueue, id: &str| {
            let call = queue.iter().find(|call| call.id().as_str() == id).unwrap();
            call.draft.diagnostics().map(|told| (told.at.line, told.words())).collect::<Vec<_>>()
        };
        assert_eq!(told(&queue, "aev_1"), []);
        let words = "a.b.list[1]: too much (says the service)".to_owned();
        assert_eq!(told(&queue, "aev_2"), [(3, words.clone())]);
        assert_eq!(queue.ready(&session), Err(vec![format!("t: {words}")]));
        assert!(queue.answers(&session, true).is_ok(), "somebody insists");
        answer(&mut queue, "aev_2", "{}");
        assert!(queue.ready(&session).is_ok());
        queue.refuse(&session, Severity::Warning, &["nobody is there".to_owned()], true);
        assert!(queue.is_doubtful(&session));
        assert!(queue.ready(&session).is_ok(), "it may be tried again as it is");
        assert_eq!(told(&queue, "aev_1").len(), 1);
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
