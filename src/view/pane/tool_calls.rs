//! Every client tool call that waits for a person, over all sessions, with the answers in
//! preparation.
//!
//! Must not lose a draft, and must not move the selection to another call while the selected one
//! still waits: a person is about to answer it. Start with [`CallQueue::apply`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::api::input::ToolAnswer;
use crate::api::{Agent, Event, EventId, Object, PendingCall, SessionRef, Timestamp, ToolId};
use crate::model::output_schema::Severity;
use crate::text::quoted;
use crate::text::units::{counted, grouped};
use crate::view::pane::call_order::CallOrder;
use crate::viewport::{Motion, Viewport};

pub use crate::view::pane::call::Call;
pub use crate::view::pane::draft::{AnswerDraft, Standing};

/// A call that was on the screen when somebody else answered it.
#[derive(Debug, Clone)]
pub struct Departed {
    /// With what was being written for it.
    pub call: Call,
    pub at: Timestamp,
}

/// How many calls wait. The one count for the header, the queue and `foretop pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All of them.
    pub waiting: usize,
    /// Those among them that somebody put off.
    pub set_aside: usize,
}

impl Tally {
    /// `4 calls wait for you · 1 set aside`.
    pub fn words(self) -> String {
        let mut words = match self.waiting {
            0 => "no calls wait for you".to_owned(),
            1 => "1 call waits for you".to_owned(),
            count => format!("{} wait for you", counted(count, "call")),
        };
        words.push_str(&self.aside());
        words
    }

    /// ` · 1 set aside`, or nothing.
    pub fn aside(self) -> String {
        match self.set_aside {
            0 => String::new(),
            count => format!(" · {} set aside", grouped(count)),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct CallQueue {
    calls: HashMap<EventId, Call>,
    order: CallOrder,
    selected: Option<EventId>,
    viewport: Viewport,
    /// Those that came while foretop was looking, and were not looked at since.
    fresh: HashSet<EventId>,
    departed: Option<Departed>,
    /// Over the reasons of the selected call; may be beyond the last.
    pub reasons: Viewport,
    /// Drafts so far.
    born: u64,
    /// The calls of each session in the order in which their answers were sent last: refusals
    /// count them.
    sent: BTreeMap<SessionRef, Vec<EventId>>,
    /// Sessions whose answers may have arrived, or not.
    doubtful: BTreeSet<SessionRef>,
    /// Schemas of arguments, by tool.
    input_schemas: HashMap<ToolId, Arc<Value>>,
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
        let at = self.position();
        let stays = |id: &EventId| pending.iter().any(|now| now.event_id == *id);
        let leaves = self.order.of_session(session).iter().filter(|id| !stays(id));
        let leaves: Vec<EventId> = leaves.cloned().collect();
        let gone = leaves.iter().filter_map(|id| self.remove(session, id)).collect();
        for call in pending {
            if let Some(known) = self.calls.get_mut(&call.event_id) {
                known.arguments.replace(&call.arguments);
                known.pending = call;
                continue;
            }
            let id = call.event_id.clone();
            self.order.place(session, &id, since, false);
            let mut call = Call::new(session, call, since);
            self.born += 1;
            call.draft.birth = self.born;
            self.calls.insert(id.clone(), call);
            // A listing that lacked it was wrong: whoever looked at it looks at it again.
            if self.departed.take_if(|departed| *departed.call.id() == id).is_some() {
                self.selected = Some(id);
            }
        }
        if self.selected().is_none() {
            let next = at.map_or(0, |at| at.min(self.len().saturating_sub(1)));
            self.selected = self.order.at(next).cloned();
        }
        gone
    }

    fn remove(&mut self, session: &SessionRef, id: &EventId) -> Option<Call> {
        self.order.remove(session, id);
        self.fresh.remove(id);
        self.calls.remove(id)
    }

    /// Tells when the calls of a session were made, and where their arguments came from, for every
    /// call whose event is among these.
    pub fn learn(&mut self, session: &SessionRef, events: &[Event], agent: Option<&Agent>) {
        for input in events.iter().filter(|event| &*event.kind == "tool_input") {
            let Some(id) = &input.id else { continue };
            let known = self.calls.get_mut(id).filter(|call| call.session == *session);
            let Some(call) = known else { continue };
            let name = &call.pending.tool_configuration_name;
            let configuration = agent.and_then(|agent| agent.tool_configurations.get(name));
            call.arguments.learn(input, configuration);
            if let Some(schema) = call.arguments.tool().and_then(|id| self.input_schemas.get(&id)) {
                call.arguments.set_schema(Arc::clone(schema));
            }
            call.since = input.created_at.unwrap_or(call.since);
            self.order.place(session, id, call.since, call.set_aside);
        }
    }

    /// Tells what a tool takes, for calls that wait and for those that will.
    pub fn know_input_schema(&mut self, tool: &ToolId, schema: Object) {
        let schema = Arc::new(Value::Object(schema));
        for call in self.calls.values_mut() {
            if call.arguments.tool().as_ref() == Some(tool) {
                call.arguments.set_schema(Arc::clone(&schema));
            }
        }
        self.input_schemas.insert(tool.clone(), schema);
    }

    /// Oldest first, and behind them those set aside.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.iter_from(0)
    }

    /// The same without the first calls, which are not even looked at.
    pub fn iter_from(&self, position: usize) -> impl Iterator<Item = &Call> {
        self.order.from(position).filter_map(|id| self.calls.get(id))
    }

    /// A queue of the calls of one session.
    #[must_use]
    pub fn only(&self, session: &SessionRef) -> Self {
        let mut queue = Self::default();
        for call in self.of_session(session) {
            queue.order.place(session, call.id(), call.since, call.set_aside);
            queue.calls.insert(call.id().clone(), call.clone());
        }
        queue
    }

    /// All that wait, set aside or not.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn tally(&self) -> Tally {
        Tally { waiting: self.len(), set_aside: self.order.set_aside() }
    }

    pub fn of_session<'a>(&'a self, session: &'a SessionRef) -> impl Iterator<Item = &'a Call> {
        self.order.of_session(session).iter().filter_map(|id| self.calls.get(id))
    }

    fn of_session_mut<'a>(
        &'a mut self,
        session: &'a SessionRef,
    ) -> impl Iterator<Item = &'a mut Call> {
        self.calls.values_mut().filter(move |call| call.session == *session)
    }

    pub fn get(&self, id: &EventId) -> Option<&Call> {
        self.calls.get(id)
    }

    pub fn get_mut(&mut self, id: &EventId) -> Option<&mut Call> {
        self.calls.get_mut(id)
    }

    pub fn selected(&self) -> Option<&Call> {
        self.selected.as_ref().and_then(|id| self.calls.get(id))
    }

    pub fn selected_mut(&mut self) -> Option<&mut Call> {
        self.selected.as_ref().and_then(|id| self.calls.get_mut(id))
    }

    pub fn position(&self) -> Option<usize> {
        self.selected.as_ref().and_then(|id| self.order.position(id))
    }

    pub fn select(&mut self, id: &EventId) {
        if self.calls.contains_key(id) {
            self.selected = Some(id.clone());
        }
    }

    /// Moves from the selected call, and selects the one that is reached.
    pub fn go(&mut self, motion: Motion) {
        if let Some(at) = self.position() {
            self.viewport.select(at);
            self.viewport.go(motion, self.order.len());
        }
        self.selected = self.order.at(self.viewport.at()).cloned();
    }

    /// The call to go to from the selected one, round and round, past those set aside; `None` when
    /// every call is set aside.
    pub fn next_waiting(&self, forward: bool) -> Option<&EventId> {
        let waiting = self.len() - self.order.set_aside();
        if waiting == 0 {
            return None;
        }
        let next = match (self.position().filter(|at| *at < waiting), forward) {
            (Some(at), true) => (at + 1) % waiting,
            (Some(at), false) => (at + waiting - 1) % waiting,
            (None, true) => 0,
            (None, false) => waiting - 1,
        };
        self.order.at(next)
    }

    /// Puts a call off to the end of the queue, or takes it back to its place.
    pub fn set_aside(&mut self, id: &EventId, aside: bool) {
        if let Some(call) = self.calls.get_mut(id) {
            call.set_aside = aside;
            self.order.place(&call.session, id, call.since, aside);
        }
    }

    /// Says that a call came while foretop was looking.
    pub fn note_new(&mut self, id: &EventId) {
        if self.calls.contains_key(id) {
            self.fresh.insert(id.clone());
        }
    }

    pub fn is_new(&self, id: &EventId) -> bool {
        self.fresh.contains(id)
    }

    /// Calls that came and were not looked at yet.
    pub fn new_calls(&self) -> usize {
        self.fresh.len()
    }

    /// The selected call is on the screen.
    pub fn look_at_selected(&mut self) {
        if let Some(id) = &self.selected {
            self.fresh.remove(id);
        }
    }

    /// The call that was looked at when it was answered elsewhere, until somebody takes note.
    pub fn departed(&self) -> Option<&Departed> {
        self.departed.as_ref()
    }

    /// Keeps a call in sight that is not in the queue any more.
    pub fn depart(&mut self, call: Call, at: Timestamp) {
        self.departed = Some(Departed { call, at });
    }

    pub fn let_go(&mut self) -> Option<Departed> {
        self.departed.take()
    }

    /// Place of the first call on the screen.
    pub fn top(&self) -> usize {
        self.viewport.top()
    }

    /// Scrolls just enough that the selected call and one on either side of it are among `shown`.
    pub fn settle(&mut self, shown: usize) {
        if let Some(at) = self.position() {
            self.viewport.select(at);
        }
        let around = usize::from(shown > 2);
        self.viewport.settle_around(self.len(), shown, around, around);
    }

    /// What is still missing before the answers of a session can go, a line per call. Nothing, once
    /// all are ready. Cheap enough for every frame.
    pub fn missing(&self, session: &SessionRef) -> Vec<String> {
        let missing = |call: &Call| {
            let tool = quoted::in_sentence(&call.pending.tool_name);
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
    /// Where somebody insists, errors that a schema or the service finds hold nothing back; what the
    /// wire would not take does.
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
        for call in self.of_session_mut(session) {
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
            let mut of_session = self.of_session_mut(session);
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
    use crate::model::AnswerKind;
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
    fn it_scrolls_as_every_list_does() {
        let mut queue = CallQueue::default();
        let calls = (10..30).map(|n| pending(&format!("aev_{n}"))).collect();
        queue.apply(&SessionRef::new("a", "s"), calls, at(1));
        crate::viewport::assert_scrolls(
            queue,
            |queue| queue.viewport,
            CallQueue::go,
            CallQueue::settle,
        );
    }

    /// Types an answer and has it checked.
    fn answer(queue: &mut CallQueue, id: &str, text: &str) {
        let draft = &mut queue.get_mut(&id.into()).unwrap().draft;
        draft.replace(text);
        check(queue, id);
    }

    fn check(queue: &mut CallQueue, id: &str) {
        let call = queue.get_mut(&id.into()).unwrap();
        let check = call.draft.next_check(&id.into(), || Against::Free);
        call.draft.judge(check.unwrap().run());
    }

    #[test]
    fn answers_go_together_or_not_at_all() {
        let session = SessionRef::new("a", "s");
        let mut queue = CallQueue::default();
        queue.apply(&session, vec![pending("aev_1"), pending("aev_2")], at(1));
        answer(&mut queue, "aev_1", "{\"ok\": true}");
        assert_eq!(queue.answers(&session, false), Err(vec!["t: no answer yet".into()]));
        answer(&mut queue, "aev_2", "[1]");
        let no_object = vec!["t: the output must be a JSON object".into()];
        assert_eq!(queue.answers(&session, false), Err(no_object.clone()));
        assert_eq!(queue.answers(&session, true), Err(no_object), "the wire takes objects only");
        queue.get_mut(&"aev_2".into()).unwrap().draft.switch();
        assert_eq!(queue.answers(&session, false), Err(vec!["t: no answer yet".into()]));
        queue.get_mut(&"aev_2".into()).unwrap().draft.replace("no luck");
        assert_eq!(queue.answers(&session, false), Err(vec!["t: checking …".into()]));
        check(&mut queue, "aev_2");
        assert_eq!(queue.answers(&session, false).map(|answers| answers.len()), Ok(2));
        assert!(queue.answers(&SessionRef::new("a", "none"), false).is_err());
    }

    #[test]
    fn both_texts_of_a_draft_are_kept() {
        let mut draft = AnswerDraft::default();
        draft.replace("{\"ok\": 1}");
        draft.switch();
        assert!(draft.editor.is_empty() && !draft.touched);
        draft.replace("no");
        let saved = draft.saved().unwrap();
        let mut restored = AnswerDraft::default();
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
        let mut check = || draft.next_check(&"aev_1".into(), || Against::Free);
        let first = check().unwrap();
        assert!(check().is_none(), "one at a time");
        draft.replace("{");
        draft.judge(first.run());
        assert_eq!(draft.standing(), Standing::Checking);
        let second = draft.next_check(&"aev_1".into(), || Against::Free).unwrap();
        draft.schema_changed();
        draft.judge(second.run());
        assert_eq!(draft.standing(), Standing::Checking, "checked against another schema");
        let third = draft.next_check(&"aev_1".into(), || Against::Free).unwrap();
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
        let check = draft.next_check(&"aev_1".into(), || Against::Free).unwrap();
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
        let answers = queue.answers(&session, false).unwrap();
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
        assert_eq!(queue.answers(&session, false), Err(vec![format!("t: {words}")]));
        assert!(queue.answers(&session, true).is_ok(), "somebody insists");
        answer(&mut queue, "aev_2", "{}");
        assert!(queue.answers(&session, false).is_ok());
        queue.refuse(&session, Severity::Warning, &["nobody is there".to_owned()], true);
        assert!(queue.is_doubtful(&session));
        assert!(queue.answers(&session, false).is_ok(), "it may be tried again as it is");
        assert_eq!(told(&queue, "aev_1").len(), 1);
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
            arguments.go(Motion::Down);
            arguments.settle(80, 9, at(1));
            let screen = format!("{:?}", arguments.screen());
            assert!(screen.contains("integer · which"), "{id}: {screen}");
            assert!(!screen.contains("hunter2"), "{screen}");
        }
    }
}
