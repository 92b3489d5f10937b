//! What is known of an agent, as lines: itself, its sessions by state, errors of the last day, steps,
//! tools with their schemas, skills, compaction, and the aliases that lead to it.
//!
//! The invariant: what is not known has words of its own, and no value that an agent sets for its tools
//! is shown.

use serde_json::Value;

use super::rows::unlisted;
use super::sheet::Sheet;
use crate::api::tool::ClientTool;
use crate::api::{Agent, Object, ToolId};
use crate::model::agent_facts::{self, AgentTool, Step};
use crate::model::attention::Attention;
use crate::model::sessions::AgentTally;
use crate::text::units::{counted, grouped};
use crate::text::{quoted, units};
use crate::view::{Level, Model};

/// Rows of one kind; the command line lists all.
const MOST: usize = 200;
/// Sessions whose errors are told.
const MOST_ERRORS: usize = 20;

pub(super) fn write(out: &mut Sheet<'_>, agent: &Agent, model: &Model) {
    let tally = model.sessions.of_agent(&agent.key, model.now);
    itself(out, agent, model);
    sessions(out, &tally);
    errors(out, &tally, model);
    steps(out, &agent_facts::steps(agent));
    tools(out, &agent_facts::tools(agent), model);
    skills(out, agent);
    compaction(out, agent);
    aliases(out, agent, model);
}

fn itself(out: &mut Sheet<'_>, agent: &Agent, model: &Model) {
    out.part("agent");
    out.fact("key", agent.key.as_str());
    out.fact("name", &agent.name);
    let state = agent_facts::state(agent.enabled, agent.damage.as_ref());
    match &agent.damage {
        Some(damage) => out.fact_at("state", &format!("{state}: {damage}"), Some(Level::Error)),
        None => out.fact("state", state),
    }
    out.fact_if("about", agent.description.as_deref());
    let model_name = if agent.model.name.is_empty() { "not told" } else { &agent.model.name };
    out.fact("model", model_name);
    if let Some(parameters) = agent.model.parameters.as_ref().filter(|of| !of.is_null()) {
        let json = parameters.to_string();
        out.fold("parameters", &json, |out| out.json(&json));
    }
    out.fact("retries", &agent_facts::retries(agent));
    if !agent.metadata.is_empty() {
        let json = Value::Object(agent.metadata.clone()).to_string();
        let names = agent.metadata.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        out.fold("metadata", &names, |out| out.json(&json));
    }
    let wall = model.wall();
    if let Some(at) = agent.created_at {
        out.fact("created", &wall.named(at));
    }
    if let Some(at) = agent.updated_at.filter(|at| Some(*at) != agent.created_at) {
        out.fact("changed", &wall.named(at));
    }
}

fn sessions(out: &mut Sheet<'_>, tally: &AgentTally) {
    let total = if tally.is_unknown() { "not known".to_owned() } else { tally.total() };
    out.rule("sessions", &format!("sessions · {total}"));
    for (attention, count) in &tally.by_attention {
        let level = match attention {
            Attention::NeedsYou => Some(Level::Warning),
            Attention::Failing => Some(Level::Error),
            _ => None,
        };
        let sign = attention.glyph();
        let label = if *attention == Attention::NeedsYou { "need you" } else { attention.word() };
        out.fact_at(label, &format!("{sign} {}", grouped(*count)), level);
    }
    if tally.loaded == 0 && !tally.may_be_more() {
        out.note("none");
    }
    for words in tally.left_out() {
        out.note(&words);
    }
}

fn errors(out: &mut Sheet<'_>, tally: &AgentTally, model: &Model) {
    let title = match tally.erred.len() {
        0 if tally.knows_no_errors() => "not known".to_owned(),
        0 => "none".to_owned(),
        count if tally.may_be_more() => format!("{}+ sessions", grouped(count)),
        count => counted(count, "session"),
    };
    out.rule("errors", &format!("errors of the last day · {title}"));
    let wall = model.wall();
    let erred = || tally.erred.iter().take(MOST_ERRORS);
    let times: Vec<String> = erred().map(|(_, error)| wall.brief(error.at)).collect();
    out.align(times.iter().map(String::as_str));
    for ((session, error), time) in erred().zip(&times) {
        let entry = model.sessions.get(session);
        let called = entry.map_or(session.key.as_str(), |entry| entry.called());
        let text = format!("{}  {}", quoted::in_list(called, 24), error.text);
        out.session(time, &text, session);
    }
    let more = tally.erred.len().saturating_sub(MOST_ERRORS);
    if more > 0 {
        out.note(&format!("and {} more", grouped(more)));
    }
    out.note(&tally.errors_known());
}

fn steps(out: &mut Sheet<'_>, steps: &[Step]) {
    out.rule("steps", &format!("steps · {}", steps.len()));
    out.align(steps.iter().map(|step| step.name.as_str()));
    for (at, step) in steps.iter().take(MOST).enumerate() {
        let mut words = Vec::new();
        words.extend((at == 0).then(|| "first".to_owned()));
        if !step.next.is_empty() {
            words.push(format!("then {}", step.next.join(", ")));
        }
        words.extend(step.structured.then(|| "answers in a given form".to_owned()));
        let list = |names: &Option<Vec<String>>, none: &str| match names {
            None => "all".to_owned(),
            Some(names) if names.is_empty() => none.to_owned(),
            Some(names) => names.join(", "),
        };
        out.fold(&step.name, &words.join(" · "), |out| {
            out.fact("instruct.", &counted(step.instructions, "part"));
            out.fact("tools", &list(&step.tools, "none"));
            out.fact("skills", &list(&step.skills, "none"));
        });
    }
    rest(out, steps.len());
    if steps.is_empty() {
        out.note("none are told");
    }
}

fn rest(out: &mut Sheet<'_>, count: usize) {
    if count > MOST {
        out.note(&format!("and {} more", grouped(count - MOST)));
    }
}

fn tools(out: &mut Sheet<'_>, tools: &[AgentTool<'_>], model: &Model) {
    let waits = tools.iter().filter(|tool| tool.waits()).count();
    let waits = if waits > 0 { format!(", {waits} wait for your answer") } else { String::new() };
    out.rule("tools", &format!("tools · {}{waits}", tools.len()));
    out.align(tools.iter().map(|tool| tool.name));
    for tool in tools.iter().take(MOST) {
        let runs = tool.runs.map_or_else(String::new, |agent| format!(" of {agent}"));
        let words = format!("{}{runs} · {}", tool.kind, agent_facts::answered_by(tool.kind));
        out.fold(tool.name, &words, |out| inside_tool(out, tool, model));
    }
    rest(out, tools.len());
    if tools.is_empty() {
        out.note("none");
    }
}

fn inside_tool(out: &mut Sheet<'_>, tool: &AgentTool<'_>, model: &Model) {
    if !tool.sets.is_empty() {
        out.fact("sets", &format!("{} · not seen by the model", tool.sets.join(", ")));
    }
    let Some(id) = tool.id else {
        return out.note("the agent names no tool of the service for it, so there is no schema");
    };
    out.fact("tool", id);
    if let Some(known) = model.catalogue.tool(id) {
        return known_tool(out, known);
    }
    out.fact("schema", model.catalogue.tool_unknown(&ToolId::from(id)).unwrap_or_default());
    if model.catalogue.tools().unknown().is_some() {
        // What leads on; the first sentence says the same as above.
        let words = unlisted(model.catalogue.tools(), "tools", model);
        for words in words.iter().skip(1) {
            out.note(words);
        }
    }
}

fn known_tool(out: &mut Sheet<'_>, tool: &ClientTool) {
    out.fact("name", &tool.name);
    out.fact_if("title", tool.title.as_deref());
    if let Some(damage) = &tool.damage {
        out.fact_at("state", &format!("damaged: {damage}"), Some(Level::Error));
    } else if !tool.enabled {
        out.fact("state", "disabled");
    }
    out.fact_if("about", Some(&tool.description));
    schema(out, "arguments", Some(&tool.input_schema), "any: no schema is kept");
    let none = if agent_facts::waits(&tool.kind) { "any object is taken" } else { "not told" };
    schema(out, "answer", tool.output_schema.as_ref(), none);
}

fn schema(out: &mut Sheet<'_>, label: &str, schema: Option<&Object>, none: &str) {
    let Some(schema) = schema.filter(|schema| !schema.is_empty()) else {
        return out.fact(label, none);
    };
    let fields = schema.get("properties").and_then(Value::as_object);
    let words = match fields {
        Some(fields) if !fields.is_empty() => {
            fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => "a schema".to_owned(),
    };
    out.fold(label, &words, |out| out.json(&Value::Object(schema.clone()).to_string()));
}

fn skills(out: &mut Sheet<'_>, agent: &Agent) {
    out.rule("skills", &format!("skills · {}", agent.skills.len()));
    out.align(agent.skills.keys().map(String::as_str));
    for (name, skill) in agent.skills.iter().take(MOST) {
        let told = |field: &str| skill.get(field).and_then(Value::as_str);
        out.fold(name, told("description").unwrap_or_default(), |out| {
            out.fact_if("about", told("description"));
            out.fact_if("when", told("when_to_use"));
            match told("content") {
                Some(content) => {
                    out.fact("content", &units::size(content.len() as u64));
                    out.text(content);
                }
                None => out.json(&skill.to_string()),
            }
        });
    }
    rest(out, agent.skills.len());
    if agent.skills.is_empty() {
        out.note("none");
    }
}

fn compaction(out: &mut Sheet<'_>, agent: &Agent) {
    out.rule("compaction", "compaction of new sessions");
    for (label, words) in agent_facts::compaction(agent) {
        out.fact(label, &words);
    }
}

fn aliases(out: &mut Sheet<'_>, agent: &Agent, model: &Model) {
    let aliases = model.catalogue.aliases();
    let leading: Vec<_> = model.catalogue.aliases_of(&agent.key).collect();
    let count = if aliases.unknown().is_some() {
        "not known".to_owned()
    } else {
        format!("{}{}", leading.len(), if aliases.has_more() { "+" } else { "" })
    };
    out.rule("aliases", &format!("aliases that lead here · {count}"));
    out.align(leading.iter().map(|alias| alias.key.as_str()));
    for alias in leading.iter().take(MOST) {
        let rules = alias.policy.rules().len();
        let state = agent_facts::state(alias.enabled, alias.damage.as_ref());
        out.fact(alias.key.as_str(), &format!("{state} · {}", counted(rules, "rule")));
    }
    rest(out, leading.len());
    if let Some(words) = aliases.unknown() {
        out.note(words);
    } else if leading.is_empty() {
        out.note("none");
    }
}
