//! What an agent is, read from its document: steps, tools and who answers them, skills, compaction, the
//! rules of an alias.
//!
//! One reading for the screen and the command line. Start with [`steps`] and [`tools`]. The invariants:
//! a document of any shape gives an answer, and what it does not tell is not filled in; values that an
//! agent sets for its tools are never in here, only the names of what it sets.

use serde_json::Value;

use crate::api::agent::ToolConfiguration;
use crate::api::alias::{Alias, Rule, Targets};
use crate::api::{Agent, Object};
use crate::text::units;

/// The one type of tool whose calls wait for an answer from outside (contract section 8.2).
const CLIENT: &str = "client";

/// How a step is called that has no name of its own.
const FIRST_STEP: &str = "first_step";

/// Levels of arguments whose names are told.
const DEEPEST: usize = 8;

/// A step, as far as its document tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: String,
    pub instructions: usize,
    /// Steps that may follow, in the order in which they are tried.
    pub next: Vec<String>,
    /// `None` where it may use all.
    pub tools: Option<Vec<String>>,
    pub skills: Option<Vec<String>>,
    /// Its output has a given form.
    pub structured: bool,
}

/// The steps of an agent, the first one first.
pub fn steps(agent: &Agent) -> Vec<Step> {
    let named = agent.first_step.get("name").and_then(Value::as_str);
    let first = agent.first_step_name.as_deref().or(named).unwrap_or(FIRST_STEP);
    let others = agent.extra.get("steps").and_then(Value::as_object);
    let mut out = Vec::new();
    let first_step = match &agent.first_step {
        Value::Object(step) => Some(step),
        _ => others.and_then(|steps| steps.get(first)).and_then(Value::as_object),
    };
    out.extend(first_step.map(|step| read_step(first, step)));
    let rest = others.into_iter().flatten().filter(|(name, _)| name.as_str() != first);
    out.extend(rest.map(|(name, step)| match step {
        Value::Object(step) => read_step(name, step),
        _ => read_step(name, &Object::new()),
    }));
    out
}

fn read_step(name: &str, step: &Object) -> Step {
    let list = |field: &str| step.get(field).and_then(Value::as_array);
    let names = |field: &str| list(field).map(|names| names.iter().map(word).collect());
    let next = list("next_steps").into_iter().flatten();
    let parser = step.get("output_parser").and_then(|parser| parser.get("type"));
    Step {
        name: name.to_owned(),
        instructions: list("instructions").map_or(0, Vec::len),
        next: next.filter_map(|next| next.get("step_name")).map(word).collect(),
        tools: names("allowed_tools"),
        skills: names("allowed_skills"),
        structured: parser.is_some_and(|kind| kind == "structured"),
    }
}

/// A text as it is, anything else as JSON.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One entry of an agent's tool map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentTool<'a> {
    /// What events call it.
    pub name: &'a str,
    pub kind: &'a str,
    pub id: Option<&'a str>,
    /// Paths of arguments that the agent sets and the model does not see.
    pub sets: Vec<String>,
    /// The agent that a sub-agent runs as.
    pub runs: Option<&'a str>,
}

impl AgentTool<'_> {
    /// Whether a call of it waits until somebody outside answers.
    pub fn waits(&self) -> bool {
        waits(self.kind)
    }
}

/// Whether calls of tools of this type wait until somebody outside answers.
pub fn waits(kind: &str) -> bool {
    kind == CLIENT
}

/// Who answers calls of tools of this type.
pub fn answered_by(kind: &str) -> &'static str {
    if waits(kind) { "waits for your answer" } else { "answered by the service" }
}

pub fn tools(agent: &Agent) -> Vec<AgentTool<'_>> {
    agent.tool_configurations.iter().map(|(name, of)| read_tool(name, of)).collect()
}

fn read_tool<'a>(name: &'a str, of: &'a ToolConfiguration) -> AgentTool<'a> {
    let mut sets = Vec::new();
    if let Some(set) = &of.argument_override {
        leaves(set, "", 0, &mut sets);
    }
    let runs = of.extra.get("sub_agent_configuration").and_then(|of| of.get("agent_key"));
    let runs = runs.and_then(Value::as_str);
    AgentTool { name, kind: &of.kind, id: of.tool_id.as_deref(), sets, runs }
}

/// Dotted paths of the values in an object; a reference is one value.
fn leaves(object: &Object, above: &str, depth: usize, out: &mut Vec<String>) {
    for (name, value) in object {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(inner)
                if depth < DEEPEST && !inner.is_empty() && !inner.contains_key("$ref") =>
            {
                leaves(inner, &path, depth + 1, out);
            }
            _ => out.push(path),
        }
    }
}

/// How a session that is made now would be compacted, a line each, named.
pub fn compaction(agent: &Agent) -> Vec<(&'static str, String)> {
    let Some(settings) = agent.extra.get("compaction").and_then(Value::as_object) else {
        return vec![("when", "not told: as the service does it by itself".to_owned())];
    };
    if settings.get("enabled") == Some(&Value::Bool(false)) {
        return vec![("when", "never: it is off".to_owned())];
    }
    let mut out = vec![(
        "when",
        match settings.get("threshold_percent") {
            Some(percent) => format!("at {}% of the context", word(percent)),
            None => "on; at what percentage is not told".to_owned(),
        },
    )];
    if let Some(kept) = settings.get("keep_recent_inputs") {
        let noun = if *kept == 1 { "input" } else { "inputs" };
        out.push(("keeps", format!("the last {} {noun} and what followed", word(kept))));
    }
    if let Some(policy) = settings.get("tool_event_policy") {
        out.push(("tools", word(policy)));
    }
    if let Some(message) = settings.get("compaction_message").filter(|of| !of.is_null()) {
        out.push(("message", word(message)));
    }
    out
}

/// How often a call of the model that failed is tried again.
pub fn retries(agent: &Agent) -> String {
    let Some(retry) = agent.model.extra.get("retry_configuration").filter(|of| !of.is_null())
    else {
        return "none".to_owned();
    };
    if retry.get("enabled") == Some(&Value::Bool(false)) {
        return "off".to_owned();
    }
    let told = |name: &str| retry.get(name).map(word);
    let milliseconds = |name: &str| {
        let count = retry.get(name).and_then(Value::as_u64);
        count.map(units::duration)
    };
    let out = match told("max_retries") {
        Some(most) => format!("up to {most}"),
        None => "on".to_owned(),
    };
    match (milliseconds("initial_backoff_ms"), milliseconds("max_backoff_ms")) {
        (Some(first), Some(last)) => format!("{out}, {first} to {last} apart"),
        _ => out,
    }
}

/// `enabled`, `disabled`, or that parts of it cannot be read.
pub fn state(enabled: bool, damage: Option<&String>) -> &'static str {
    match (damage, enabled) {
        (Some(_), _) => "damaged",
        (None, true) => "enabled",
        (None, false) => "disabled",
    }
}

/// A rule of an alias in words: when it holds, and where it leads.
pub fn rule(rule: &Rule) -> (String, String) {
    let when = rule.condition.as_ref().map_or_else(|| "always".to_owned(), |of| format!("if {of}"));
    let to = match &rule.targets {
        Targets::Single { agent_key } => agent_key.to_string(),
        Targets::Weighted { partition_by, options } => {
            let all: u128 = options.iter().map(|option| u128::from(option.weight)).sum();
            let share = |weight: u64| match all {
                0 => "no share".to_owned(),
                all => format!("{weight} of {all}"),
            };
            let parts = options.iter().map(|of| format!("{} {}", of.agent_key, share(of.weight)));
            let parts = parts.collect::<Vec<_>>().join(", ");
            format!("{parts}; the same for the same {partition_by}")
        }
    };
    (when, to)
}

/// The agents that an alias may lead to, each once, in the order of its rules.
pub fn targets(alias: &Alias) -> Vec<&crate::api::AgentKey> {
    let mut out = Vec::new();
    for agent in alias.policy.agents() {
        if !out.contains(&agent) {
            out.push(agent);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn agent(rest: &Value) -> Agent {
        let mut whole = json!({"key": "a", "name": "A"});
        whole.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_str(&whole.to_string()).unwrap()
    }

    #[test]
    fn the_first_step_comes_first_and_what_is_no_step_is_still_named() {
        let of = agent(&json!({
            "first_step_name": "triage", "first_step": {"instructions": [{}, {}],
                "allowed_tools": ["web_get"], "next_steps": [{"step_name": "close"}, {}]},
            "steps": {"close": {"output_parser": {"type": "structured"}, "allowed_skills": []},
                "odd": 7, "triage": {}}
        }));
        let steps = steps(&of);
        let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["triage", "close", "odd"]);
        assert_eq!((steps[0].instructions, &steps[0].next), (2, &vec!["close".to_owned()]));
        assert_eq!(
            (steps[0].tools.as_deref(), steps[0].skills.as_deref()),
            (Some(&["web_get".to_owned()][..]), None)
        );
        assert_eq!((steps[1].structured, steps[1].skills.as_deref()), (true, Some(&[][..])));
        for odd in [json!({}), json!({"first_step": 7}), json!({"steps": []})] {
            assert_eq!(super::steps(&agent(&odd)), [], "{odd}");
        }
    }

    #[test]
    fn only_a_client_tool_waits_and_of_what_is_set_the_names_are_told() {
        let of = agent(&json!({"tool_configurations": {
            "refund": {"type": "client", "tool_id": "tol_1", "argument_override":
                {"key": {"$ref": "agent.secrets.k"}, "auth": {"user": "u", "deep": {"x": 1}}}},
            "look": {"type": "web_get"},
            "of_tomorrow": {"type": "telepathy", "x": 1}}}));
        let tools = tools(&of);
        let waits: Vec<_> = tools.iter().map(|tool| (tool.name, tool.waits())).collect();
        assert_eq!(waits, [("look", false), ("of_tomorrow", false), ("refund", true)]);
        let mut sets = tools[2].sets.clone();
        sets.sort();
        assert_eq!(sets, ["auth.deep.x", "auth.user", "key"]);
    }

    #[test]
    fn compaction_and_retries_say_what_the_document_says_and_no_more() {
        let when = |of: Value| compaction(&agent(&of))[0].1.clone();
        assert!(when(json!({})).starts_with("not told"));
        assert_eq!(when(json!({"compaction": {"enabled": false}})), "never: it is off");
        assert!(when(json!({"compaction": {}})).starts_with("on; at what"));
        let whole = compaction(&agent(&json!({"compaction": {"threshold_percent": 80,
            "keep_recent_inputs": 1, "tool_event_policy": "exclude"}})));
        let words: Vec<_> = whole.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(
            words,
            ["at 80% of the context", "the last 1 input and what followed", "exclude"]
        );
        assert_eq!(retries(&agent(&json!({}))), "none");
        let of = json!({"model": {"name": "m", "retry_configuration": {"max_retries": 3,
            "initial_backoff_ms": 1000, "max_backoff_ms": 30000}}});
        assert_eq!(retries(&agent(&of)), "up to 3, 1.0s to 30.0s apart");
    }

    #[test]
    fn a_rule_says_when_it_holds_and_where_it_leads() {
        let alias: Alias = serde_json::from_value(json!({
            "key": "front", "name": "F", "enabled": true, "created_at": "2026-05-03T14:00:00Z",
            "policy": {"type": "routed", "rules": [
                {"match": "session.metadata.tier = 'gold'",
                 "targets": {"type": "single", "agent_key": "b"}},
                {"targets": {"type": "weighted", "partition_by": "session.key", "options": [
                    {"agent_key": "a", "weight": 70}, {"agent_key": "b", "weight": 30}]}}]}
        }))
        .unwrap();
        let rules: Vec<_> = alias.policy.rules().iter().map(rule).collect();
        assert_eq!(rules[0], ("if session.metadata.tier = 'gold'".to_owned(), "b".to_owned()));
        assert_eq!(rules[1].0, "always");
        assert_eq!(rules[1].1, "a 70 of 100, b 30 of 100; the same for the same session.key");
        let agents: Vec<_> = targets(&alias).iter().map(|key| key.as_str()).collect();
        assert_eq!(agents, ["b", "a"]);
    }
}
