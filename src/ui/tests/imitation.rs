//! Names of the service that are long, or that read like words of ours: they push nothing out, and
//! nothing that is ours can be taken for theirs.

use std::collections::HashSet;

use serde_json::json;

use super::{hints, press, screen};
use crate::api::{Agent, PendingCall, Session, SessionRef};
use crate::model::sessions::Probe;
use crate::model::timeline::Window;
use crate::text::width;
use crate::view::{Focus, Model, OpenSession, View};

use super::fixture::at;

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 36), (200, 60), (60, 15), (40, 12)];

/// Names that others gave.
fn names() -> [String; 8] {
    [
        "x".repeat(5_000),
        "s? Enter leaves it".to_owned(),
        "s  idle  3% of 200k".to_owned(),
        format!("s{}", "\u{301}".repeat(3_000)),
        "夜".repeat(300),
        "ﷺ﷽".repeat(200),
        format!("a{}b", "\u{200b}\u{202e}".repeat(60)),
        "a\n\r\n· idle\u{1b}[2J".repeat(9),
    ]
}

/// A session that runs and one call of it that waits, all called like that.
fn model(name: &str, size: (u16, u16), view: View, focus: Focus) -> Model {
    let mut model = Model::new(at("14:06:30"), size);
    model.profile.name = "prod".to_owned();
    model.link.succeeded(at("14:06:28"), None);
    let reference = SessionRef::new(name, name);
    let session: Session = serde_json::from_value(json!({
        "key": name, "agent_key": name, "name": name, "enabled": true, "status": "running",
        "created_at": "2026-05-03T12:00:00.000Z", "current_step_name": name,
        "session_context_usage": {"total_tokens": 80_000, "model_context_window": 200_000}
    }))
    .unwrap();
    model.sessions.apply_listing(&name.into(), vec![session], true);
    let probe = Probe {
        last_event_at: Some(at("14:02:18")),
        last_tool: Some(name.to_owned()),
        waiting: vec![name.to_owned()],
        waiting_since: Some(at("14:02:18")),
        step: Some(name.to_owned()),
        ..Probe::default()
    };
    model.sessions.apply_probe(&reference, probe, model.now);
    model.sessions.select(&reference);
    let mut open = OpenSession::new(reference.clone());
    open.timeline.set_situation(true, HashSet::from(["aev_1".into()]));
    let event = json!({"id": "aev_1", "type": "tool_input", "created_at": "2026-05-03T14:02:18.000Z",
        "tool_call_id": "c", "tool_name": name, "tool_configuration_name": name,
        "tool_input": {name: name}});
    let events = vec![serde_json::from_str(&event.to_string()).unwrap()];
    let visible = HashSet::from(["aev_1".into()]);
    open.timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    model.open = Some(open);
    let call: PendingCall = serde_json::from_value(json!({"event_id": "aev_1",
        "tool_configuration_name": name, "tool_name": name, "arguments": {name: name}}))
    .unwrap();
    model.calls.apply(&reference, vec![call], at("14:02:18"));
    model.calls.select(&"aev_1".into());
    let agent: Agent = serde_json::from_value(json!({"key": name, "name": name})).unwrap();
    model.agents.insert(name.into(), agent);
    (model.view, model.focus) = (view, focus);
    model.settle();
    model
}

/// The rows of the screen, each as wide as it is and without anything that moves others.
fn rows(model: &Model, what: &str) -> Vec<String> {
    let screen = screen(model);
    let rows: Vec<String> =
        screen.lines().map(|row| row.trim_end_matches('▕').to_owned()).collect();
    for row in &rows[..usize::from(model.size.1)] {
        assert_eq!(width::width(row), usize::from(model.size.0), "{what}: {row:?}");
        assert!(row.chars().all(|c| !c.is_control()), "{what}: {row:?}");
        let stacked = row.split(|c| c != '\u{301}').map(|run| run.chars().count()).max();
        assert!(stacked < Some(5), "{what}: a stack of marks");
    }
    rows
}

#[test]
fn no_name_pushes_out_how_something_stands() {
    for name in names() {
        let short: String = name.chars().take(12).collect();
        for size in SIZES {
            let what = format!("{short:?} at {size:?}");
            let timeline = rows(&model(&name, size, View::Triage, Focus::Timeline), &what);
            let heading = timeline.iter().find(|row| row.contains("2 ")).unwrap();
            assert!(heading.contains("parked 4m"), "{what}: {heading}");
            assert!(
                timeline[0].contains("need you") || timeline[0].contains("2s"),
                "{what}: {}",
                timeline[0]
            );
            let row = timeline.iter().any(|row| row.trim_end().contains("YOUR TURN"));
            assert!(row, "{what}: {timeline:#?}");
            let list = rows(&model(&name, size, View::Triage, Focus::Sessions), &what);
            assert!(list.iter().any(|row| row.contains("4m")), "{what}: {list:#?}");
            let calls = rows(&model(&name, size, View::Calls, Focus::Arguments), &what);
            assert!(
                calls.iter().any(|row| row.starts_with("▸2") || row.contains("▸2 Arguments")),
                "{what}: {calls:#?}"
            );
            let mut agents = model(&name, size, View::Agents, Focus::AgentList);
            let list = rows(&agents, &what);
            assert!(list.iter().any(|row| row.contains("5 Agents")), "{what}: {list:#?}");
            agents.focus = Focus::AgentFacts;
            agents.settle();
            press(&mut agents, "z R");
            rows(&agents, &what);
            let mut detail = model(&name, size, View::Triage, Focus::Timeline);
            press(&mut detail, "G z o");
            rows(&detail, &what);
        }
    }
}

#[test]
fn no_name_pushes_out_what_is_asked_or_reads_like_it() {
    for name in names() {
        let short: String = name.chars().take(12).collect();
        for size in SIZES {
            let what = format!("{short:?} at {size:?}");
            let mut asked = model(&name, size, View::Triage, Focus::Timeline);
            press(&mut asked, "I");
            let rows = rows(&asked, &what);
            let all = rows.join(" ");
            let words: String = all.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("Its turn ends here"), "{what}: {rows:#?}");
            assert!(rows[usize::from(size.1) - 1].contains("Enter does it"), "{what}: {rows:#?}");
            assert_eq!(hints(&asked).mode.word(), "ASK");
        }
    }
    let mut asked = model("s? Enter leaves it", (120, 36), View::Triage, Focus::Timeline);
    press(&mut asked, "I");
    assert!(screen(&asked).contains("Interrupt \"s? Enter leaves it\"? Its turn ends here"));
    press(&mut asked, "<esc> i");
    let screen = screen(&asked);
    assert!(screen.contains("── to s? Enter leaves it · [ "), "{screen}");
    let heading = model("s  idle  3% of 200k", (80, 24), View::Triage, Focus::Timeline);
    let screen = super::screen(&heading);
    assert!(screen.contains("2 \"s  idle  3% of 200k\"  parked 4m"), "{screen}");
}
