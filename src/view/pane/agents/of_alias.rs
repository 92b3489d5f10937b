//! What is known of an alias, as lines: itself, and the rules by which it picks an agent.

use super::sheet::Sheet;
use crate::api::alias::Alias;
use crate::model::agent_facts;
use crate::text::units::counted;
use crate::view::{Level, Model};

/// Rules that are told.
const MOST: usize = 200;

pub(super) fn write(out: &mut Sheet<'_>, alias: &Alias, model: &Model) {
    out.part("alias");
    out.fact("key", alias.key.as_str());
    out.fact("name", &alias.name);
    let state = agent_facts::state(alias.enabled, alias.damage.as_ref());
    match &alias.damage {
        Some(damage) => out.fact_at("state", &format!("{state}: {damage}"), Some(Level::Error)),
        None if alias.enabled => out.fact("state", state),
        None => out.fact("state", &format!("{state}: it makes no sessions")),
    }
    out.fact_if("about", alias.description.as_deref());
    let wall = model.wall();
    out.fact("created", &wall.named(alias.created_at));
    if let Some(at) = alias.updated_at.filter(|at| *at != alias.created_at) {
        out.fact("changed", &wall.named(at));
    }
    let rules = alias.policy.rules();
    out.rule("rules", &format!("where it leads · {}", counted(rules.len(), "rule")));
    for (at, rule) in rules.iter().take(MOST).enumerate() {
        let (when, to) = agent_facts::rule(rule);
        out.fact(&format!("{}.", at + 1), &format!("{when} → {to}"));
    }
    if rules.len() > MOST {
        out.note(&format!("and {} more", rules.len() - MOST));
    }
    match (rules.is_empty(), &alias.damage) {
        (true, Some(_)) => out.note("not known: its rules cannot be read"),
        (true, None) => out.note("nowhere: it has no rules"),
        (false, _) => out.note("the first rule that holds decides, once, when a session is made"),
    }
    let watched = |key: &crate::api::AgentKey| model.agents.contains_key(key);
    let elsewhere: Vec<_> =
        agent_facts::targets(alias).into_iter().filter(|key| !watched(key)).collect();
    if !elsewhere.is_empty() {
        let names = elsewhere.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
        out.note(&format!("not among the agents that are watched here: {names}"));
    }
}
