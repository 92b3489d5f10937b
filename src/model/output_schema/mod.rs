//! What a tool's answers must look like, as far as that is known here: skeletons to start from,
//! and a check of what is typed.
//!
//! Schemas come from outside: nothing is fetched for one, its patterns run in linear time, and one
//! that cannot be used checks nothing and says so. Start with [`OutputSchema`] and [`Check`]. The
//! invariant: the service decides. What is said here never claims that it will take an answer.

mod check;
mod place;
mod reason;
mod skeleton;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::{PatternOptions, Validator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Agent, Object, PendingCall, ToolId};
use crate::text::sanitize;

pub use check::{Check, Diagnostic, Severity, Verdict, surely_fits};
pub use place::refused_at;

/// A larger schema is not compiled: it would take longer than it helps.
const MAX_SCHEMA_BYTES: usize = 1 << 20;
/// Memory that one pattern may take once it is compiled.
const MAX_PATTERN_BYTES: usize = 1 << 20;
const WORDS: usize = 120;

/// The schema of a tool's successful answers.
pub struct OutputSchema {
    schema: Value,
    /// Made by whoever checks first, which is not the screen's thread.
    compiled: OnceLock<Result<Validator, String>>,
}

impl fmt::Debug for OutputSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputSchema").field(&self.schema).finish()
    }
}

impl OutputSchema {
    pub fn new(schema: Object) -> Self {
        Self { schema: Value::Object(schema), compiled: OnceLock::new() }
    }

    /// JSON to start an answer from.
    pub fn skeleton(&self) -> String {
        skeleton::of(&self.schema)
    }

    /// Ready to check with, or in words why not. May take a while the first time.
    fn compiled(&self) -> Result<&Validator, &str> {
        self.compiled.get_or_init(|| compile(&self.schema)).as_ref().map_err(String::as_str)
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    if schema.to_string().len() > MAX_SCHEMA_BYTES {
        return Err("the output_schema is larger than 1 MB".to_owned());
    }
    let patterns = PatternOptions::regex().size_limit(MAX_PATTERN_BYTES);
    jsonschema::options().with_pattern_options(patterns).build(schema).map_err(|error| {
        remote(schema).map_or_else(
            || {
                let why = sanitize::preview(&error.to_string(), WORDS);
                format!("the output_schema is not valid: {why}")
            },
            |to| {
                let to = sanitize::preview(to, WORDS);
                format!("the output_schema refers to {to}, which is not fetched")
            },
        )
    })
}

/// The first reference that leads out of the schema. With a loop: a schema may be deep.
fn remote(schema: &Value) -> Option<&str> {
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                let refers =
                    |(key, _): &(&String, &Value)| matches!(key.as_str(), "$ref" | "$dynamicRef");
                let to = map.iter().filter(refers).find_map(|(_, to)| to.as_str());
                if let Some(to) = to.filter(|to| !to.starts_with('#')) {
                    return Some(to);
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

/// What is known about the schema of one tool.
#[derive(Debug, Clone)]
pub enum Known {
    Asked,
    /// It could not be read; in words why.
    Failed(String),
    /// The tool has none: every object is fine.
    Free,
    Here(Arc<OutputSchema>),
}

/// What a tool says about its arguments and answers, or in words why it could not be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolRead {
    Schemas { input: Object, output: Option<Object> },
    Failed(String),
}

/// What the answer to one call is checked against.
#[derive(Debug, Clone)]
pub enum Against {
    /// Nothing is known; in words why.
    Nothing(String),
    Free,
    Schema(Arc<OutputSchema>),
}

impl Against {
    /// For a line below the draft; `None` while it is checked here.
    pub fn remark(&self) -> Option<String> {
        match self {
            Self::Nothing(why) => {
                Some(format!("no output_schema known, the service will check · {why}"))
            }
            Self::Free => Some("the tool has no output_schema: any JSON object".to_owned()),
            Self::Schema(_) => None,
        }
    }
}

/// The schemas of all tools that were asked about.
#[derive(Debug, Clone, Default)]
pub struct OutputSchemas {
    tools: BTreeMap<ToolId, Known>,
}

impl OutputSchemas {
    /// The tool of a call, where the agent's configuration names one.
    pub fn tool_of(agent: Option<&Agent>, call: &PendingCall) -> Option<ToolId> {
        let configuration = agent?.tool_configurations.get(&call.tool_configuration_name)?;
        configuration.tool_id.as_deref().map(ToolId::from)
    }

    /// Notes that a tool is asked about; `false` where it was before.
    pub fn ask(&mut self, tool: &ToolId) -> bool {
        let new = !self.tools.contains_key(tool);
        if new {
            self.tools.insert(tool.clone(), Known::Asked);
        }
        new
    }

    pub fn learn(&mut self, tool: ToolId, read: ToolRead) {
        let known = match read {
            ToolRead::Schemas { output: None, .. } => Known::Free,
            ToolRead::Schemas { output: Some(schema), .. } => {
                Known::Here(Arc::new(OutputSchema::new(schema)))
            }
            ToolRead::Failed(why) => Known::Failed(why),
        };
        self.tools.insert(tool, known);
    }

    /// Lets what could not be read be asked for again: roles and links change.
    pub fn forget_failures(&mut self) {
        self.tools.retain(|_, known| !matches!(known, Known::Failed(_)));
    }

    /// What the answer to a call is checked against, as of now.
    pub fn against(&self, agent: Option<&Agent>, call: &PendingCall) -> Against {
        if agent.is_none() {
            return Against::Nothing("the agent is not loaded".to_owned());
        }
        let Some(tool) = Self::tool_of(agent, call) else {
            return Against::Nothing("the agent names no tool".to_owned());
        };
        match self.tools.get(&tool) {
            None | Some(Known::Asked) => Against::Nothing("being read".to_owned()),
            Some(Known::Failed(why)) => Against::Nothing(why.clone()),
            Some(Known::Free) => Against::Free,
            Some(Known::Here(schema)) => Against::Schema(Arc::clone(schema)),
        }
    }
}

#[cfg(test)]
mod tests;
