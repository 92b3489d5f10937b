//! The list and the facts as they are gone through while things arrive.

use serde_json::json;

use super::*;
use crate::api::{Agent, Timestamp};
use crate::view::{Focus, View};
use crate::viewport::assert_scrolls;

const AREA: Area = Area { x: 0, y: 0, width: 60, height: 12 };

fn model(keys: &[&str]) -> Model {
    let mut model = Model::new(Timestamp::UNIX_EPOCH, (120, 36));
    (model.view, model.focus) = (View::Agents, Focus::AgentList);
    model.agents = keys.iter().map(|key| ((*key).into(), agent(key))).collect();
    model.catalogue.note_agents();
    model
}

fn agent(key: &str) -> Agent {
    serde_json::from_value(json!({"key": key, "name": key, "tool_configurations": {
        "a": {"type": "client", "tool_id": "tol_1"}, "b": {"type": "web_get"}}}))
    .unwrap()
}

fn pane(model: &Model) -> AgentPane {
    let mut pane = AgentPane::default();
    settle(&mut pane, model);
    pane
}

fn settle(pane: &mut AgentPane, model: &Model) {
    pane.settle_list(model, AREA);
    pane.settle_facts(model, AREA);
}

fn key(pane: &AgentPane) -> &str {
    pane.selected().unwrap().key()
}

#[test]
fn the_facts_scroll_as_every_text_does() {
    let model = model(&["a"]);
    let pane = pane(&model);
    assert_scrolls(
        pane,
        |pane| pane.facts,
        AgentPane::go_in_facts,
        |pane, height| {
            let height = u16::try_from(height).unwrap();
            pane.settle_facts(&model, Area { height, ..AREA });
        },
    );
}

#[test]
fn the_selection_steps_over_headings_and_stays_with_its_agent() {
    let mut model = model(&["b", "c"]);
    let alias = json!({"key": "front", "name": "F", "enabled": true,
        "created_at": "2026-05-03T14:00:00Z", "policy": {"type": "routed", "rules": []}});
    let alias = serde_json::from_value(alias).unwrap();
    model.catalogue.listed_aliases(vec![alias], false, model.now);
    let mut pane = pane(&model);
    assert_eq!(key(&pane), "b");
    for (motion, wanted) in [
        (Motion::Down, "c"),
        (Motion::Down, "front"),
        (Motion::Down, "front"),
        (Motion::Up, "c"),
        (Motion::First, "b"),
        (Motion::PageDown, "front"),
        (Motion::Up, "c"),
    ] {
        pane.go(motion);
        settle(&mut pane, &model);
        assert_eq!(key(&pane), wanted, "{motion:?}");
    }
    model.agents.insert("a".into(), agent("a"));
    model.catalogue.note_agents();
    settle(&mut pane, &model);
    assert_eq!(key(&pane), "c");
    model.agents.remove(&AgentKey::from("c"));
    model.catalogue.note_agents();
    settle(&mut pane, &model);
    assert_eq!(key(&pane), "front", "the next one");
}

#[test]
fn folds_are_remembered_and_an_arrival_moves_no_cursor() {
    let mut model = model(&["a", "b"]);
    let mut pane = pane(&model);
    let on = |pane: &AgentPane, label: &str| {
        let found = pane.lines().iter().position(|line| line.label.trim() == label);
        found.unwrap_or_else(|| panic!("{label}: {:#?}", pane.lines()))
    };
    let at = on(&pane, "a");
    pane.facts.select(at);
    let before = pane.lines().len();
    assert!(pane.fold(None));
    settle(&mut pane, &model);
    assert!(pane.lines().len() > before && pane.line().unwrap().folded == Some(false));
    pane.go_in_facts(Motion::Down);
    let inside = pane.line().unwrap().path.clone();
    // More is said above it.
    model.agents.get_mut(&AgentKey::from("a")).unwrap().description = Some("words".to_owned());
    model.catalogue.note_agents();
    settle(&mut pane, &model);
    assert_eq!(pane.line().unwrap().path, inside);
    pane.select(Item::Agent("b".into()));
    settle(&mut pane, &model);
    assert_eq!((pane.at(), pane.lines().len()), (0, before), "it has folds of its own");
    pane.select(Item::Agent("a".into()));
    settle(&mut pane, &model);
    assert!(pane.lines().iter().any(|line| line.path == inside));
    let at = on(&pane, "tool");
    pane.facts.select(at);
    assert!(pane.fold(Some(true)), "out of what it is in");
    settle(&mut pane, &model);
    assert_eq!((pane.lines().len(), pane.line().unwrap().label.trim()), (before + 1, "a"));
    pane.fold_all(false);
    settle(&mut pane, &model);
    assert!(pane.lines().len() > before + 1);
    pane.fold_all(true);
    settle(&mut pane, &model);
    assert_eq!(pane.lines().len(), before + 1);
}

#[test]
fn the_agent_of_the_open_session_is_selected_to_begin_with() {
    let mut model = model(&["a", "b", "c"]);
    model.show(SessionRef::new("b", "s"));
    assert_eq!(key(&pane(&model)), "b");
}
