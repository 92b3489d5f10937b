//! `tools`: what agents may call, who answers, and what arguments and answers look like.
//!
//! Reads only. A tool is one of the service, or an entry of an agent that names none, such as a web
//! search. Start with [`tools`]. The invariant: values that agents set for their tools are not printed.

use std::process::ExitCode;

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::agents::{is_cut, labelled};
use super::connect::Context;
use super::exit::{Code, Failure};
use super::find::{MAX_PAGES, pick};
use super::output::{Column, Listing, OutputArgs, SCHEMA_VERSION};
use crate::api::tool::ClientTool;
use crate::api::{Agent, AgentKey, Object};
use crate::client::ClientError;
use crate::model::agent_facts;
use crate::text::json::spread;

#[derive(Debug, Args)]
pub(super) struct ToolsArgs {
    /// Name or id of one tool, or its beginning, to show with its schemas; --agent narrows to those
    /// of one agent
    tool: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// An entry of an agent that uses a tool.
struct Use {
    agent: AgentKey,
    name: String,
    /// Paths of the arguments that the agent sets.
    sets: Vec<String>,
}

struct Tool {
    name: String,
    kind: String,
    /// What the service keeps of it, where it could be had.
    known: Option<ClientTool>,
    id: Option<String>,
    uses: Vec<Use>,
}

impl Tool {
    fn used_by(&self) -> String {
        let agents = self.uses.iter().map(|of| {
            let name =
                if of.name == self.name { String::new() } else { format!(" as {}", of.name) };
            format!("{}{name}", of.agent)
        });
        agents.collect::<Vec<_>>().join(", ")
    }

    fn state(&self) -> &'static str {
        self.known
            .as_ref()
            .map_or("", |tool| agent_facts::state(tool.enabled, tool.damage.as_ref()))
    }

    fn about(&self) -> &str {
        let known = self.known.as_ref();
        known.map_or("", |tool| tool.title.as_deref().unwrap_or(&tool.description))
    }

    fn item(&self) -> Value {
        let uses = self.uses.iter().map(|of| {
            json!({"agent_key": of.agent, "tool_configuration_name": of.name, "sets": of.sets})
        });
        let known = self.known.as_ref();
        json!({
            "name": self.name, "id": self.id, "type": self.kind,
            "waits_for_answer": agent_facts::waits(&self.kind),
            "used_by": uses.collect::<Vec<_>>(), "known": known.is_some(),
            "enabled": known.map(|tool| tool.enabled), "damage": known.map(|tool| &tool.damage),
            "title": known.map(|tool| &tool.title),
            "description": known.map(|tool| &tool.description),
            "input_schema": known.map(|tool| &tool.input_schema),
            "output_schema": known.map(|tool| &tool.output_schema),
        })
    }
}

const TOOLS: &[Column] = &[
    Column("tool", false),
    Column("type", false),
    Column("answered by", false),
    Column("used by", false),
    Column("id", true),
    Column("state", true),
    Column("about", false),
];

pub(super) async fn tools(context: &Context, arguments: &ToolsArgs) -> Result<ExitCode, Failure> {
    let (agents, more_agents) = context.all_agents().await?;
    let meant: Vec<Agent> =
        agents.into_iter().filter(|agent| context.is_meant(&agent.key)).collect();
    if let (Some(named), true) = (context.agent(), meant.is_empty()) {
        return Err(Failure::new(Code::NotFound, format!("there is no agent \"{named}\"")));
    }
    let (known, gap) = match kept(context).await {
        Ok((tools, more)) => (tools, more),
        // What agents are configured with says name and type all the same.
        Err(error) => {
            context.out.note(&format!("the schemas are not known: {error}"));
            (Vec::new(), true)
        }
    };
    let narrowed = context.agent().is_some() || !context.settings.agents.value.is_empty();
    let tools = joined(&meant, known, narrowed);
    let partial = gap || more_agents;
    match &arguments.tool {
        Some(text) => one(context, text, &tools),
        None => list(context, &tools, partial, &arguments.output),
    }
}

/// The tools that the service keeps, and whether there are more.
async fn kept(context: &Context) -> Result<(Vec<ClientTool>, bool), ClientError> {
    let pages: Vec<_> = context.client.tool_pages().take(MAX_PAGES).try_collect().await?;
    context.note_if_cut(&pages, "tools");
    let more = is_cut(&pages);
    Ok((pages.into_iter().flat_map(|page| page.items).collect(), more))
}

/// Entries of agents with the tools that they name; `narrowed` leaves out tools that none of them uses.
fn joined(agents: &[Agent], known: Vec<ClientTool>, narrowed: bool) -> Vec<Tool> {
    let of = |tool: ClientTool| Tool {
        name: tool.name.clone(),
        kind: tool.kind.clone(),
        id: Some(tool.id.to_string()),
        known: Some(tool),
        uses: Vec::new(),
    };
    let mut tools: Vec<Tool> = known.into_iter().map(of).collect();
    for agent in agents {
        for entry in agent_facts::tools(agent) {
            let same = |tool: &&mut Tool| match entry.id {
                Some(id) => tool.id.as_deref() == Some(id),
                None => tool.id.is_none() && tool.name == entry.name && tool.kind == entry.kind,
            };
            let agent = agent.key.clone();
            let used = Use { agent, name: entry.name.to_owned(), sets: entry.sets.clone() };
            match tools.iter_mut().find(same) {
                Some(tool) => tool.uses.push(used),
                None => tools.push(Tool {
                    name: entry.name.to_owned(),
                    kind: entry.kind.to_owned(),
                    id: entry.id.map(str::to_owned),
                    known: None,
                    uses: vec![used],
                }),
            }
        }
    }
    tools.retain(|tool| !narrowed || !tool.uses.is_empty());
    let waits = |tool: &Tool| agent_facts::waits(&tool.kind);
    // Those that want somebody come first.
    tools.sort_by(|a, b| {
        waits(b).cmp(&waits(a)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.id.cmp(&b.id))
    });
    tools
}

fn answerer(kind: &str) -> &'static str {
    if agent_facts::waits(kind) { "you" } else { "the service" }
}

fn list(
    context: &Context,
    tools: &[Tool],
    partial: bool,
    output: &OutputArgs,
) -> Result<ExitCode, Failure> {
    let row = |tool: &Tool| {
        let used = tool.used_by();
        vec![
            tool.name.clone(),
            tool.kind.clone(),
            answerer(&tool.kind).to_owned(),
            if used.is_empty() { "nobody".to_owned() } else { used },
            tool.id.clone().unwrap_or_default(),
            tool.state().to_owned(),
            tool.about().to_owned(),
        ]
    };
    let damaged = |tool: &Tool| tool.known.as_ref().is_some_and(|known| known.damage.is_some());
    let listing = Listing {
        columns: TOOLS,
        rows: tools.iter().map(row).collect(),
        items: tools.iter().map(|tool| tool.item().into()).collect(),
        empty: "no tool",
        partial: partial || tools.iter().any(damaged),
        ..Listing::default()
    };
    context.out.listing(&listing, output)?;
    Ok(ExitCode::SUCCESS)
}

/// The tool that `text` means: an id, a name that only one has, or the beginning of either.
fn find<'a>(text: &str, tools: &'a [Tool]) -> Result<&'a Tool, Failure> {
    if let Some(tool) = tools.iter().find(|tool| tool.id.as_deref() == Some(text)) {
        return Ok(tool);
    }
    let named: Vec<&Tool> = tools.iter().filter(|tool| tool.name == text).collect();
    match named[..] {
        [tool] => return Ok(tool),
        [] => {}
        _ => {
            let ids = named.iter().map(|tool| tool.id.as_deref().unwrap_or(&tool.kind));
            let ids = ids.collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format!("several tools are called \"{text}\": {ids}")));
        }
    }
    let by_id = tools.iter().filter(|tool| {
        tool.id.as_deref().is_some_and(|id| !text.is_empty() && id.starts_with(text))
    });
    let by_id: Vec<&Tool> = by_id.collect();
    if let [tool] = by_id[..] {
        return Ok(tool);
    }
    Ok(&tools[pick("tool", text, tools, |tool| tool.name.clone())?])
}

fn one(context: &Context, text: &str, tools: &[Tool]) -> Result<ExitCode, Failure> {
    let tool = find(text, tools)?;
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut say = |label: &str, text: String| lines.push((label.to_owned(), text));
    say("tool", tool.name.clone());
    say("id", tool.id.clone().unwrap_or_default());
    say("type", tool.kind.clone());
    say("calls", agent_facts::answered_by(&tool.kind).to_owned());
    if let Some(known) = &tool.known {
        let damage = known.damage.as_ref().map_or_else(String::new, |damage| format!(": {damage}"));
        say("state", format!("{}{damage}", tool.state()));
        say("title", known.title.clone().unwrap_or_default());
        say("about", known.description.clone());
    }
    for used in &tool.uses {
        let name = if used.name == tool.name { "" } else { &format!(" as {}", used.name) };
        let sets = if used.sets.is_empty() {
            String::new()
        } else {
            format!(" · sets {}", used.sets.join(", "))
        };
        say("used by", format!("{}{name}{sets}", used.agent));
    }
    if tool.uses.is_empty() {
        say("used by", "nobody".to_owned());
    }
    match &tool.known {
        None => say("schema", "not known".to_owned()),
        Some(known) => {
            let schemas = [
                ("arguments", Some(&known.input_schema)),
                ("answer", known.output_schema.as_ref()),
            ];
            for (label, schema) in schemas {
                match schema.filter(|schema| !schema.is_empty()) {
                    Some(schema) => schema_lines(schema).for_each(|line| say(label, line)),
                    None => say(label, "any: no schema is kept".to_owned()),
                }
            }
        }
    }
    let value = json!({"schema_version": SCHEMA_VERSION, "item": tool.item()});
    context.out.value(&value, labelled(lines))?;
    Ok(ExitCode::SUCCESS)
}

fn schema_lines(schema: &Object) -> impl Iterator<Item = String> {
    let text = spread(&Value::Object(schema.clone()).to_string());
    text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
}
