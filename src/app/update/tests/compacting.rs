//! Compacting: what is listed before, the question, what is sent, and what is said of its end.

use super::*;
use crate::api::input::CompactInput;
use crate::api::{Frame, Input};
use crate::view::layer::compaction_page::{CompactionPage, Line, Row};

/// Two turns, with a call and its output in the first.
fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.lists_by_rule(&json!({"threshold_percent": 80, "keep_recent_inputs": 1}));
    let window = turns(&desk, &["aev_q2"]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    desk
}

fn turns(desk: &Desk, questions: &[&str]) -> EventWindow {
    let asked = |id: &str| {
        event(&json!({"id": id, "type": "input_message",
            "messages": [{"type": "text", "content": "go on"}]}))
    };
    let mut events = vec![
        asked("aev_q1"),
        event(&json!({"id": "aev_in", "type": "tool_input", "tool_call_id": "1",
            "tool_name": "t", "tool_configuration_name": "t", "tool_input": {}})),
        event(&json!({"id": "aev_a1", "type": "agent_output", "content": "wait"})),
        event(&json!({"id": "aev_out", "type": "tool_output", "tool_call_id": "1",
            "tool_name": "t", "tool_configuration_name": "t",
            "tool_output": {"text": "y".repeat(4_000)}, "error": false})),
    ];
    for id in questions {
        events.push(asked(id));
        events.push(event(&json!({"id": format!("{id}_said"), "type": "agent_output",
            "content": "hello"})));
    }
    EventWindow { events, ..desk.window(&[]) }
}

impl Desk {
    fn lists_by_rule(&mut self, compaction: &serde_json::Value) {
        let session = json!({"key": "s", "agent_key": "a", "name": "s", "enabled": true,
            "created_at": "2026-07-02T08:00:00Z", "status": "stopped",
            "effective_compaction": compaction});
        let sessions = vec![serde_json::from_value(session).unwrap()];
        let agent = "a".into();
        self.hears(ServiceMsg::SessionsListed { agent, sessions, complete: true }.into());
    }

    fn page(&self) -> &CompactionPage {
        match self.model.layers.top() {
            Some(Layer::Compaction(page)) => page,
            other => panic!("{other:?}"),
        }
    }

    fn rows_of_page(&self) -> Vec<&Row> {
        let lines = self.page().list.items().iter();
        lines.filter_map(|line| if let Line::Row(row) = line { Some(row) } else { None }).collect()
    }

    fn streams(&mut self, json: &serde_json::Value) {
        let frame = Frame::read("", &json.to_string()).unwrap();
        self.hears(StreamMsg::Streamed { session: open(), frame }.into());
    }

    fn is_taken(&mut self) {
        let (session, purpose) = (open(), InputKind::Compact);
        self.hears(StreamMsg::InputTaken { session, purpose }.into());
        self.streams(&json!({"type": "compaction_started"}));
    }

    fn stream_ends(&mut self) {
        self.streams(&json!({"type": "end"}));
        self.hears(StreamMsg::StreamEnded { session: open(), problem: None }.into());
    }
}

fn sent(effects: &[Effect]) -> Vec<&CompactInput> {
    let mut sent = Vec::new();
    for effect in effects {
        if let Effect::Service(Request::Send { input, purpose: InputKind::Compact, .. }) = effect
            && let Input::Compact(input) = input
        {
            sent.push(input);
        }
    }
    sent
}

fn summary() -> serde_json::Value {
    json!({"id": "aev_sum", "session_key": "s", "type": "compaction", "turns_compacted": 1,
        "events_compacted": 4, "summary_key": "sum_1", "summary_text": "z".repeat(400),
        "created_at": "2026-07-02T09:00:00Z"})
}

#[test]
fn what_goes_and_what_stays_is_listed_with_its_weight_before_anything_is_asked() {
    let mut desk = desk();
    let timeline = &mut desk.model.open.as_mut().unwrap().timeline;
    timeline.set_bookmark(&UnitId::named("aev_q1"), Some("mind this".into()));
    assert_eq!(desk.press("g g j c"), []);
    let parting = &desk.page().plan.parting;
    assert_eq!((parting.first.events, parting.rest.events), (4, 2));
    assert_eq!((parting.calls, parting.split, parting.bookmarked), (1, 0, 1));
    assert_eq!(parting.border, "aev_out".into(), "the output goes with its call");
    assert!(parting.first.tokens > 1_000 && parting.rest.tokens < 100, "{parting:?}");
    let title = &desk.page().list.title;
    assert!(title.starts_with("Compact: 4 events go, about 1."), "{title}");
    let rows = desk.rows_of_page();
    assert_eq!(
        rows.iter().map(|row| row.goes).collect::<Vec<_>>(),
        [true, true, true, false, false]
    );
    assert!(rows[0].bookmarked && rows[1].pair && !rows[1].split);
    let words = format!("{:?}", desk.page().list.items());
    assert!(words.contains("among them 1 tool call with its output and 1 bookmark"), "{words}");
}

#[test]
fn a_call_that_would_lose_its_output_is_told() {
    let mut desk = desk();
    // Between the call and its output.
    desk.press("g g j j c");
    assert_eq!(desk.page().plan.parting.border, "aev_a1".into());
    assert_eq!((desk.page().plan.parting.calls, desk.page().plan.parting.split), (0, 1));
    assert!(desk.rows_of_page()[1].split);
    let words = format!("{:?}", desk.page().list.items());
    assert!(words.contains("half of 1 tool call only: the output stays"), "{words}");
}

#[test]
fn enter_asks_and_a_second_enter_sends_once_with_the_prompt_that_was_typed() {
    let mut desk = desk();
    assert_eq!(desk.press("g g j c <enter>"), []);
    let question = desk.question().to_owned();
    assert!(question.starts_with("Compact s? A summary takes the place of 4 events"), "{question}");
    assert_eq!(sent(&desk.press_after(50, "<enter>")), [] as [&CompactInput; 0], "nobody read it");
    desk.types("numbers only");
    let effects = desk.press("<enter>");
    let input = CompactInput {
        compact_up_to_event_id: Some("aev_out".into()),
        compaction_message: Some("numbers only".to_owned()),
    };
    assert_eq!(sent(&effects), [&input]);
    assert_eq!(desk.layer(), None, "the list has gone with its question");
}

#[test]
fn the_agent_s_own_rule_says_how_many_messages_stay() {
    let mut desk = desk();
    desk.press("C");
    assert_eq!(desk.page().plan.parting.border, "aev_out".into());
    let effects = desk.press("<enter> <enter>");
    assert_eq!(sent(&effects), [&CompactInput::default()], "the service decides by its rule");
    let mut longer = self::desk();
    longer.lists_by_rule(&json!({"keep_recent_inputs": 2}));
    longer.press("C");
    let said = longer.said();
    assert!(said.contains("nothing lies before the last 2 messages · c"), "{said}");
}

#[test]
fn what_waits_runs_or_is_past_is_not_compacted_and_says_so_before() {
    let mut parked = Desk::with(&["aev_1"]);
    for key in ["c", "C"] {
        assert_eq!(parked.press(key), []);
        let said = parked.said();
        assert!(said.contains("it waits for 1 tool output · 3 shows"), "{said}");
        assert_eq!(parked.layer(), None);
    }
    let mut past = desk();
    past.press("g g , c");
    assert!(past.said().contains("this is the past · Esc"), "{}", past.said());
    let mut running = desk();
    running.press("g g c <enter>");
    // It begins to run while the question stands.
    let (session, purpose) = (open(), InputKind::Message);
    running.hears(StreamMsg::InputTaken { session, purpose }.into());
    assert_eq!(sent(&running.press("<enter>")), [] as [&CompactInput; 0]);
    assert!(running.said().contains("not sent: it runs"), "{}", running.said());
}

#[test]
fn what_has_become_something_else_is_listed_anew_and_not_sent() {
    let mut desk = desk();
    desk.press("C <enter>");
    let window = turns(&desk, &["aev_q2", "aev_q3"]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    assert_eq!(sent(&desk.press("<enter>")), [] as [&CompactInput; 0]);
    assert!(desk.said().contains("something else would go"), "{}", desk.said());
    assert_eq!(desk.page().plan.parting.border, "aev_q2_said".into());
    assert_eq!(sent(&desk.press("<enter> <enter>")).len(), 1);
}

#[test]
fn the_summary_is_shown_to_who_waits_for_it_and_takes_nobody_away() {
    for waits in [true, false] {
        let mut desk = desk();
        desk.press("C <enter> <enter>");
        desk.is_taken();
        let timeline = |desk: &Desk| desk.model.open.as_ref().unwrap().timeline.clone();
        let last = timeline(&desk).units().next_back().unwrap();
        assert_eq!(&*last.event.unwrap().kind, "compaction_started", "a row of progress");
        if !waits {
            desk.press("g g");
        }
        desk.streams(&summary());
        desk.stream_ends();
        let said = desk.said();
        assert!(said.contains("4 events became a summary of about 100 tokens"), "{said}");
        let unit = UnitId::named("aev_sum");
        let timeline = timeline(&desk);
        assert_eq!(timeline.scroll().cursor.as_ref() == Some(&unit), waits);
        assert_eq!(timeline.is_folded(&unit), !waits);
        let gone = |unit: crate::model::timeline::Unit| {
            unit.event.is_some_and(|event| &*event.kind == "compaction_started")
        };
        assert!(!timeline.units().any(gone), "its row has given way");
    }
}

#[test]
fn a_failure_says_why_and_what_next() {
    let mut desk = desk();
    desk.press("C <enter> <enter>");
    desk.is_taken();
    desk.streams(&json!({"type": "error", "messages": ["the model is away"]}));
    desk.stream_ends();
    let said = desk.said();
    assert_eq!(said, "s was not compacted: the model is away · c and C list it again");

    let mut refused = self::desk();
    refused.press("C <enter> <enter>");
    let problem = Problem { status: Some(409), ..problem() };
    let (session, purpose) = (open(), InputKind::Compact);
    refused.hears(StreamMsg::InputRefused { session, purpose, problem }.into());
    assert!(refused.said().ends_with("nothing was compacted; R looks what it is doing"));
    refused.stream_ends();
    assert!(!refused.said().contains("was not compacted"), "that was told already");
}

#[test]
fn a_compaction_by_itself_is_announced_where_the_rule_is_known() {
    let mut desk = Desk::with(&[]);
    let used = |percent: u64, rule: serde_json::Value| {
        let session = json!({"key": "s", "agent_key": "a", "name": "s", "enabled": true,
            "created_at": "2026-07-02T08:00:00Z", "status": "stopped",
            "effective_compaction": rule, "session_context_usage":
            {"total_tokens": percent * 10, "model_context_window": 1_000}});
        Msg::Service(ServiceMsg::SessionRead(Box::new(serde_json::from_value(session).unwrap())))
    };
    let rule = || json!({"threshold_percent": 80});
    desk.hears(used(40, rule()));
    assert_eq!(desk.model.compaction_ahead(), None);
    desk.hears(used(70, rule()));
    assert_eq!(desk.model.compaction_ahead().as_deref(), Some("compacts at 80%"));
    desk.hears(used(70, serde_json::Value::Null));
    assert_eq!(desk.model.compaction_ahead(), None, "nobody told the rule");
}
