//! `agents`: the agents of the service, one of them closely, and the aliases that lead to them.
//!
//! Reads only. Start with [`agents`]. The invariant: what a key may not list, or nobody looked at, is
//! said on stderr and makes the output partial; it is never an empty list.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::Failure;
use super::find::{MAX_PAGES, pick};
use super::output::{Column, Listing, OutputArgs, SCHEMA_VERSION};
use super::triage::Looked;
use crate::api::alias::Alias;
use crate::api::{Agent, AgentKey, Page, Timestamp, time};
use crate::client::{ClientError, SessionQuery};
use crate::model::agent_facts::{self, AgentTool, Step};
use crate::text::units::{self, counted};

#[derive(Debug, Args)]
pub(super) struct AgentsArgs {
    /// Key of one agent, or its beginning; without it all are listed
    #[arg(value_name = "AGENT")]
    one: Option<String>,
    /// List the aliases instead, and where they lead
    #[arg(long, conflicts_with = "one")]
    aliases: bool,
    /// Do not look at the sessions of the agent, and save two requests a session
    #[arg(long, requires = "one")]
    no_look: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) async fn agents(context: &Context, arguments: &AgentsArgs) -> Result<ExitCode, Failure> {
    match &arguments.one {
        _ if arguments.aliases => aliases(context, &arguments.output).await,
        Some(agent) => one(context, agent, !arguments.no_look).await,
        None => all(context, &arguments.output).await,
    }
}

const AGENTS: &[Column] = &[
    Column("agent", false),
    Column("state", false),
    Column("model", false),
    Column("steps", false),
    Column("tools", false),
    Column("skills", false),
    Column("compaction", true),
    Column("name", false),
];

impl Context {
    /// Every agent that the key may see, be it watched or not, and whether there are more.
    pub(super) async fn all_agents(&self) -> Result<(Vec<Agent>, bool), ClientError> {
        let pages: Vec<_> = self.client.agent_pages().take(MAX_PAGES).try_collect().await?;
        self.note_if_cut(&pages, "agents");
        let more = is_cut(&pages);
        Ok((pages.into_iter().flat_map(|page| page.items).collect(), more))
    }

    /// Whether commands look at this agent: the named one, those of the profile, or all.
    pub(super) fn is_meant(&self, agent: &AgentKey) -> bool {
        let chosen = &self.settings.agents.value;
        match self.agent() {
            Some(named) => named == *agent,
            None => chosen.is_empty() || chosen.iter().any(|of| of == agent.as_str()),
        }
    }
}

/// Whether a listing goes on behind the pages that are read of it.
pub(super) fn is_cut<T>(pages: &[Page<T>]) -> bool {
    pages.len() == MAX_PAGES && pages.last().is_some_and(|page| page.page_key.is_some())
}

async fn all(context: &Context, output: &OutputArgs) -> Result<ExitCode, Failure> {
    let (mut agents, more) = context.all_agents().await?;
    let before = agents.len();
    agents.retain(|agent| context.is_meant(&agent.key));
    let left_out = before - agents.len();
    if left_out > 0 {
        let others = counted(left_out, "other agent");
        context.out.note(&format!("{others} left out, by --agent or the profile"));
    }
    note_damage(context, &agents);
    agents.sort_by(|a, b| a.key.cmp(&b.key));
    let row = |agent: &Agent| {
        let tools = agent_facts::tools(agent);
        let when = agent_facts::compaction(agent).swap_remove(0).1;
        vec![
            agent.key.to_string(),
            agent_facts::state(agent.enabled, agent.damage.as_ref()).to_owned(),
            agent.model.name.clone(),
            agent_facts::steps(agent).len().to_string(),
            tools_words(&tools),
            agent.skills.len().to_string(),
            when,
            agent.name.clone(),
        ]
    };
    let listing = Listing {
        columns: AGENTS,
        rows: agents.iter().map(row).collect(),
        items: agents.iter().map(|agent| item(agent).into()).collect(),
        empty: if left_out > 0 { "no such agent" } else { "no agent" },
        partial: more || agents.iter().any(|agent| agent.damage.is_some()),
        ..Listing::default()
    };
    context.out.listing(&listing, output)?;
    Ok(ExitCode::SUCCESS)
}

fn note_damage(context: &Context, agents: &[Agent]) {
    for agent in agents {
        if let Some(damage) = &agent.damage {
            context.out.note(&format!("the agent {} {damage}", agent.key));
        }
    }
}

/// `5`, or `5, 2 wait for you`.
fn tools_words(tools: &[AgentTool<'_>]) -> String {
    match tools.iter().filter(|tool| tool.waits()).count() {
        0 => tools.len().to_string(),
        waits => format!("{}, {waits} wait for you", tools.len()),
    }
}

/// An agent as programs get it: what it sets for its tools by name alone.
fn item(agent: &Agent) -> Value {
    let step = |step: &Step| {
        json!({"name": step.name, "instructions": step.instructions, "next_steps": step.next,
            "allowed_tools": step.tools, "allowed_skills": step.skills,
            "structured_output": step.structured})
    };
    let tool = |tool: &AgentTool<'_>| {
        json!({"tool_configuration_name": tool.name, "type": tool.kind, "tool_id": tool.id,
            "waits_for_answer": tool.waits(), "sets": tool.sets, "sub_agent_key": tool.runs})
    };
    let skill = |(name, skill): (&String, &Value)| {
        json!({"name": name, "description": skill.get("description"),
            "when_to_use": skill.get("when_to_use")})
    };
    json!({
        "key": agent.key, "name": agent.name, "description": agent.description,
        "enabled": agent.enabled, "damage": agent.damage,
        "model": {"name": agent.model.name, "parameters": agent.model.parameters,
            "retry_configuration": agent.model.extra.get("retry_configuration")},
        "steps": agent_facts::steps(agent).iter().map(step).collect::<Vec<_>>(),
        "tools": agent_facts::tools(agent).iter().map(tool).collect::<Vec<_>>(),
        "skills": agent.skills.iter().map(skill).collect::<Vec<_>>(),
        "compaction": agent.extra.get("compaction"), "metadata": agent.metadata,
        "created_at": agent.created_at.map(time::format),
        "updated_at": agent.updated_at.map(time::format),
    })
}

/// The agent that `text` means. A key that may not list them may still be allowed to read one.
async fn find(context: &Context, text: &str) -> Result<Agent, Failure> {
    match context.all_agents().await {
        Ok((mut agents, _)) => {
            let at = pick("agent", text, &agents, |agent| agent.key.to_string())?;
            Ok(agents.swap_remove(at))
        }
        Err(error) if error.status() == Some(403) => {
            Ok(context.client.get_agent(&AgentKey::from(text)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Sessions in which something failed not longer ago than that.
const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn one(context: &Context, text: &str, look: bool) -> Result<ExitCode, Failure> {
    let agent = find(context, text).await?;
    note_damage(context, std::slice::from_ref(&agent));
    let now = Timestamp::now();
    let mut whole = item(&agent);
    let mut lines = about(&agent);
    if look {
        let (value, told) = sessions(context, &agent.key, now).await;
        whole["sessions"] = value;
        lines.extend(told);
    }
    let (value, told) = leading(context, &agent.key).await;
    whole["aliases"] = value;
    lines.extend(told);
    if let Some(at) = agent.created_at {
        lines.push(("created".to_owned(), context.wall().named(at)));
    }
    let value = json!({"schema_version": SCHEMA_VERSION, "item": whole});
    context.out.value(&value, labelled(lines))?;
    Ok(ExitCode::SUCCESS)
}

type Lines = Vec<(String, String)>;

/// Labels in a column; a label stands once for several lines.
pub(super) fn labelled(lines: Lines) -> impl Iterator<Item = String> {
    let mut before = String::new();
    lines.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(move |(label, text)| {
        let shown = if before == label { "" } else { label.as_str() };
        let line = format!("{shown:<12} {text}");
        before = label;
        line
    })
}

fn about(agent: &Agent) -> Lines {
    let mut out: Lines = Vec::new();
    let mut say = |label: &str, text: String| out.push((label.to_owned(), text));
    say("agent", agent.key.to_string());
    say("name", agent.name.clone());
    say("state", agent_facts::state(agent.enabled, agent.damage.as_ref()).to_owned());
    say("about", agent.description.clone().unwrap_or_default());
    say("model", agent.model.name.clone());
    if let Some(parameters) = agent.model.parameters.as_ref().filter(|of| !of.is_null()) {
        say("parameters", parameters.to_string());
    }
    say("retries", agent_facts::retries(agent));
    for step in agent_facts::steps(agent) {
        let next = step.next.join(", ");
        let next = if next.is_empty() { String::new() } else { format!(" → {next}") };
        let tools = step.tools.map_or_else(String::new, |tools| {
            if tools.is_empty() {
                " · no tools".to_owned()
            } else {
                format!(" · {}", tools.join(", "))
            }
        });
        say("steps", format!("{}{next}{tools}", step.name));
    }
    for tool in agent_facts::tools(agent) {
        let runs = tool.runs.map_or_else(String::new, |agent| format!(" of {agent}"));
        let sets = if tool.sets.is_empty() {
            String::new()
        } else {
            format!(" · sets {}", tool.sets.join(", "))
        };
        let answered = agent_facts::answered_by(tool.kind);
        say("tools", format!("{} · {}{runs} · {answered}{sets}", tool.name, tool.kind));
    }
    for (name, skill) in &agent.skills {
        let description = skill.get("description").and_then(Value::as_str).unwrap_or_default();
        say("skills", format!("{name} · {description}"));
    }
    for (label, words) in agent_facts::compaction(agent) {
        say("compaction", if label == "when" { words } else { format!("{label}: {words}") });
    }
    out
}

/// Sessions by state, and those in which something failed within a day, as far as a look tells.
async fn sessions(context: &Context, agent: &AgentKey, now: Timestamp) -> (Value, Lines) {
    let agents = std::slice::from_ref(agent);
    let listed = match context.sessions_listed(agents, SessionQuery::default()).await {
        Ok((listed, _)) => listed,
        Err(failure) => {
            context.out.note(&format!("the sessions of {agent} are not known: {failure}"));
            return (Value::Null, vec![("sessions".to_owned(), "not known".to_owned())]);
        }
    };
    let looked = context.look_at_all(listed, now).await;
    let gaps = Gaps::of(Vec::new(), &looked);
    for note in gaps.notes() {
        context.out.note(&note);
    }
    let mut by_state: BTreeMap<&str, usize> = BTreeMap::new();
    for session in &looked {
        *by_state.entry(session.state()).or_default() += 1;
    }
    let errors = errors(&looked, now);
    let partial = !gaps.are_none();
    let state = |(state, count): (&&str, &usize)| format!("{count} {state}");
    let states = by_state.iter().map(state).collect::<Vec<_>>().join(", ");
    let states = if states.is_empty() { String::new() } else { format!(": {states}") };
    let mut lines =
        vec![("sessions".to_owned(), format!("{}{states}", units::grouped(looked.len())))];
    let known = if partial { ", as far as could be asked" } else { "" };
    lines.push((
        "errors".to_owned(),
        format!("{} in the last day{known}", counted(errors.len(), "session")),
    ));
    for (session, at, text) in &errors {
        let at = context.wall().brief(*at);
        lines.push(("errors".to_owned(), format!("{at} {session}  {text}")));
    }
    let errors: Vec<_> = errors
        .iter()
        .map(|(session, at, text)| {
            json!({"session_key": session, "at": time::format(*at), "text": text})
        })
        .collect();
    let value = json!({"listed": looked.len(), "partial": partial, "by_state": by_state,
        "errors_of_the_last_day": errors});
    (value, lines)
}

/// Sessions whose newest events tell of a failure within a day, the latest first.
fn errors(looked: &[Looked], now: Timestamp) -> Vec<(String, Timestamp, String)> {
    let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
    let of = |looked: &Looked| {
        let error = looked.look.as_ref()?.probe.last_error.as_ref()?;
        let text = || error.text.clone();
        (error.at >= since).then(|| (looked.session.key.to_string(), error.at, text()))
    };
    let mut errors: Vec<_> = looked.iter().filter_map(of).collect();
    errors.sort_by(|(a, one, _), (b, other, _)| other.cmp(one).then_with(|| a.cmp(b)));
    errors
}

/// The aliases that may lead to an agent. A key that may not list them still sees the agent.
async fn leading(context: &Context, agent: &AgentKey) -> (Value, Lines) {
    match all_aliases(context).await {
        Ok((aliases, _)) => {
            let leads = |alias: &&Alias| alias.policy.agents().contains(&agent);
            let keys: Vec<_> = aliases.iter().filter(leads).map(|of| of.key.to_string()).collect();
            let line = ("aliases".to_owned(), keys.join(", "));
            (json!(keys), vec![line])
        }
        Err(error) => {
            context.out.note(&format!("the aliases are not known: {error}"));
            (Value::Null, Vec::new())
        }
    }
}

async fn all_aliases(context: &Context) -> Result<(Vec<Alias>, bool), ClientError> {
    let pages: Vec<_> = context.client.alias_pages().take(MAX_PAGES).try_collect().await?;
    context.note_if_cut(&pages, "aliases");
    let more = is_cut(&pages);
    Ok((pages.into_iter().flat_map(|page| page.items).collect(), more))
}

const ALIASES: &[Column] = &[
    Column("alias", false),
    Column("state", false),
    Column("leads to", false),
    Column("name", false),
    Column("rules", false),
];

async fn aliases(context: &Context, output: &OutputArgs) -> Result<ExitCode, Failure> {
    let (mut aliases, more) = all_aliases(context).await?;
    aliases.sort_by(|a, b| a.key.cmp(&b.key));
    let named = context.agent();
    aliases
        .retain(|alias| named.as_ref().is_none_or(|agent| alias.policy.agents().contains(&agent)));
    let row = |alias: &Alias| {
        let targets = agent_facts::targets(alias);
        let targets: Vec<_> = targets.into_iter().map(AgentKey::as_str).collect();
        vec![
            alias.key.to_string(),
            agent_facts::state(alias.enabled, alias.damage.as_ref()).to_owned(),
            targets.join(", "),
            alias.name.clone(),
            rules(alias),
        ]
    };
    let value = |alias: &Alias| {
        json!({"key": alias.key, "name": alias.name, "description": alias.description,
            "enabled": alias.enabled, "damage": alias.damage,
            "agent_keys": agent_facts::targets(alias), "policy": alias.policy,
            "created_at": time::format(alias.created_at)})
    };
    for alias in &aliases {
        if let Some(damage) = &alias.damage {
            context.out.note(&format!("the alias {} {damage}", alias.key));
        }
    }
    let listing = Listing {
        columns: ALIASES,
        rows: aliases.iter().map(row).collect(),
        items: aliases.iter().map(|alias| value(alias).into()).collect(),
        empty: if named.is_some() { "no alias leads to that agent" } else { "no alias" },
        partial: more || aliases.iter().any(|alias| alias.damage.is_some()),
        ..Listing::default()
    };
    context.out.listing(&listing, output)?;
    Ok(ExitCode::SUCCESS)
}

fn rules(alias: &Alias) -> String {
    let rules = alias.policy.rules().iter().map(agent_facts::rule);
    rules.map(|(when, to)| format!("{when} → {to}")).collect::<Vec<_>>().join("; ")
}
