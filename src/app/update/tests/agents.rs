//! The agents: asked for when they are opened, read only, and a filter for the list of sessions.

use super::*;
use crate::app::msg::Catalogued;
use crate::view::Pane;
use crate::view::pane::agents::Item;

fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.has_an_agent();
    desk
}

fn asks() -> Effect {
    Effect::Service(Request::ReadCatalogue)
}

fn alias(key: &str, agents: &[&str]) -> crate::api::alias::Alias {
    let rule = |agent: &&str| json!({"targets": {"type": "single", "agent_key": agent}});
    let rules: Vec<_> = agents.iter().map(rule).collect();
    serde_json::from_value(json!({"key": key, "name": key, "enabled": true,
        "created_at": "2026-05-03T14:00:00Z", "policy": {"type": "routed", "rules": rules}}))
    .unwrap()
}

#[test]
fn they_are_asked_for_when_they_are_opened_and_by_r_and_once_at_a_time() {
    let mut desk = desk();
    assert_eq!(desk.press("5"), [asks()]);
    assert_eq!(desk.press("1 5"), [], "the answer is on its way");
    desk.hears(ServiceMsg::Catalogued(Catalogued::NoAgents(problem())).into());
    desk.hears(ServiceMsg::Catalogued(Catalogued::Tools { tools: Vec::new(), more: false }).into());
    assert_eq!(desk.press("R"), [Effect::Service(Request::AskNow)], "not all of it has come");
    desk.hears(ServiceMsg::Catalogued(Catalogued::NoAliases(problem())).into());
    assert_eq!(desk.press("R"), [asks(), Effect::Service(Request::AskNow)]);
    assert_eq!(desk.press("1 R"), [Effect::Service(Request::AskNow)], "nobody looks at them");
    let why = "not now".to_owned();
    let effect = Box::new(asks());
    desk.hears(Msg::NotDone { effect, why });
    assert_eq!(desk.press("5"), [asks()], "what was never asked is not waited for");
}

#[test]
fn enter_filters_the_sessions_and_esc_takes_the_filter_off() {
    let mut desk = desk();
    desk.press("5");
    desk.press("<enter>");
    assert_eq!(Pane::focused(&desk.model), Pane::Sessions);
    assert_eq!((desk.model.view, desk.model.sessions.filter()), (View::Triage, "agent:a"));
    assert_eq!(desk.model.sessions.counts().shown, 1);
    desk.press("<esc>");
    assert_eq!(desk.model.sessions.filter(), "");
    // From what is known of it, too, where nothing folds.
    desk.press("5 l g g <enter>");
    assert_eq!(desk.model.sessions.filter(), "agent:a");
}

#[test]
fn an_alias_filters_by_the_agents_that_it_leads_to_whatever_they_are_called() {
    let mut desk = desk();
    desk.press("5");
    let aliases = vec![alias("front", &["a", "b c\" or *", "a"]), alias("nowhere", &[])];
    desk.hears(ServiceMsg::Catalogued(Catalogued::Aliases { aliases, more: false }).into());
    desk.press("j");
    assert_eq!(desk.model.agent_pane.selected(), Some(&Item::Alias("front".into())));
    desk.press("<enter>");
    assert_eq!(desk.model.sessions.filter(), r#"agent:a,"b c\" or *""#);
    desk.press("<esc> 5 G <enter>");
    assert!(desk.said().contains("leads to no agent"), "{}", desk.said());
    assert_eq!((desk.model.view, desk.model.sessions.filter()), (View::Agents, ""));
}

#[test]
fn what_is_read_is_newest_for_those_who_are_watched_and_counts_the_others() {
    let mut desk = desk();
    desk.press("5");
    let agent = |key: &str, name: &str| {
        serde_json::from_value::<crate::api::Agent>(json!({"key": key, "name": name})).unwrap()
    };
    let agents = vec![agent("a", "renamed"), agent("z", "other")];
    desk.hears(ServiceMsg::Catalogued(Catalogued::Agents { agents, more: false }).into());
    assert_eq!(desk.model.agents.len(), 1, "which are watched is decided elsewhere");
    assert_eq!(desk.model.agents[&crate::api::AgentKey::from("a")].name, "renamed");
    assert_eq!(desk.model.catalogue.unwatched(), 1);
}

#[test]
fn a_refusal_is_among_the_notices_and_takes_no_key_away() {
    let mut desk = desk();
    desk.press("5 l");
    let forbidden = Problem { status: Some(403), text: "roles are missing".into(), ..problem() };
    for msg in [
        Catalogued::NoAgents(forbidden.clone()),
        Catalogued::NoTools(forbidden.clone()),
        Catalogued::NoAliases(forbidden),
    ] {
        desk.hears(ServiceMsg::Catalogued(msg).into());
    }
    assert_eq!(Pane::focused(&desk.model), Pane::AgentFacts);
    assert!(desk.model.toast.is_none() && desk.model.guard_until.is_none());
    assert!(desk.model.notices.newest().any(|notice| notice.text.contains("roles are missing")));
}

#[test]
fn a_session_that_is_deleted_elsewhere_leaves_who_looks_at_agents_there() {
    let mut desk = desk();
    desk.press("5");
    let gone = ServiceMsg::SessionGone(open());
    let _ = desk.machine.update(&mut desk.model, gone.into(), desk.now);
    assert_eq!((desk.model.view, desk.model.guard_until), (View::Agents, None));
    assert!(desk.model.open.is_none());
    desk.press_after(100, "<esc>");
    assert_eq!((desk.model.view, desk.model.focus), (View::Triage, Focus::Sessions));
}

#[test]
fn every_way_out_leads_back() {
    let mut desk = desk();
    for (way, focus) in [("l <esc>", Focus::AgentList), ("l h", Focus::AgentList)] {
        desk.press("5");
        desk.press(way);
        assert_eq!((desk.model.view, desk.model.focus), (View::Agents, focus), "{way}");
    }
    for way in ["<esc>", "q", "l q q"] {
        desk.press("5");
        desk.press(way);
        assert_eq!(desk.model.view, View::Triage, "{way}");
        assert!(!desk.model.quit, "{way}");
    }
}

#[test]
fn the_key_and_a_command_for_a_shell_are_copied() {
    let mut desk = desk();
    desk.model.profile.url = "https://api.example".to_owned();
    desk.press("5");
    let on_agent = copied(desk.press("y i y l"));
    assert_eq!(on_agent[0], ("key".to_owned(), "a".to_owned()));
    assert_eq!(on_agent[1].1, "foretop --url https://api.example agents a");
}
