//! What tools are called on the way to a model: providers take fewer letters than keys of a tool map have.

use std::collections::BTreeMap;

use crate::api::Agent;

/// The tool by which a model loads a skill.
pub(in crate::server::engine) const INVOKE_SKILL: &str = "invoke_skill";

/// The most that all providers take.
const MAX_CHARS: usize = 64;

/// The names of an agent's tools in both directions. It holds for all of its steps, so that a name means
/// the same from the first message to the last.
#[derive(Debug, Clone, Default)]
pub(in crate::server::engine) struct Names {
    to_wire: BTreeMap<String, String>,
    to_key: BTreeMap<String, String>,
}

impl Names {
    pub(in crate::server::engine) fn of(agent: &Agent) -> Self {
        let mut names = Self::default();
        // Those that need no other name keep theirs.
        let (same, other): (Vec<_>, Vec<_>) =
            agent.tool_configurations.keys().partition(|key| legal(key) == **key);
        if !agent.skills.is_empty() {
            names.add(INVOKE_SKILL);
        }
        same.into_iter().chain(other).for_each(|key| names.add(key));
        names
    }

    fn add(&mut self, key: &str) {
        let legal = legal(key);
        let others = (2..).map(|number: u64| {
            let suffix = format!("_{number}");
            let cut = legal.len().min(MAX_CHARS - suffix.len());
            format!("{}{suffix}", &legal[..cut])
        });
        let mut all = std::iter::once(legal.clone()).chain(others);
        let free = all.find(|name| !self.to_key.contains_key(name)).unwrap_or_default();
        self.to_key.insert(free.clone(), key.to_owned());
        // A skill is loaded by the name that was there first.
        self.to_wire.entry(key.to_owned()).or_insert(free);
    }

    /// What the model knows the tool by. One that the agent no longer has keeps what is legal of its name.
    pub(in crate::server::engine) fn wire(&self, key: &str) -> String {
        self.to_wire.get(key).cloned().unwrap_or_else(|| legal(key))
    }

    /// The key of what the model calls; a name that it made up is its own key.
    pub(in crate::server::engine) fn key<'a>(&'a self, wire: &'a str) -> &'a str {
        self.to_key.get(wire).map_or(wire, String::as_str)
    }
}

fn legal(key: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    let name: String = key.chars().map(letter).take(MAX_CHARS).collect();
    if name.is_empty() { "tool".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::agent::ToolConfiguration;
    use crate::api::{AgentKey, Object};

    #[test]
    fn every_key_has_a_legal_name_of_its_own_and_comes_back() {
        let mut agent = Agent::unread(AgentKey::from("a"));
        let long = "x".repeat(80);
        let keys = ["ask me", "ask_me", "ask.me", "日本", "", &long, "plain"];
        for key in keys {
            let configuration = ToolConfiguration {
                kind: "client".to_owned(),
                tool_id: None,
                argument_override: None,
                extra: Object::new(),
            };
            agent.tool_configurations.insert(key.to_owned(), configuration);
        }
        let names = Names::of(&agent);
        let mut wires: Vec<_> = keys.iter().map(|key| names.wire(key)).collect();
        for (key, wire) in keys.iter().zip(&wires) {
            assert!(!wire.is_empty() && wire.len() <= MAX_CHARS && legal(wire) == *wire, "{wire}");
            assert_eq!(names.key(wire), *key);
        }
        assert_eq!(names.wire("ask_me"), "ask_me");
        wires.sort();
        wires.dedup();
        assert_eq!(wires.len(), keys.len());
        assert_eq!(names.key("made up"), "made up");
    }
}
