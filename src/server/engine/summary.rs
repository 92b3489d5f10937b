//! The plain summary of a history: what was asked, which tools ran, what was said last.

use std::collections::BTreeMap;

use super::History;
use crate::api::{Event, EventBody};

/// Inputs that a summary quotes; of the others it tells the number.
const QUOTED_INPUTS: usize = 8;
const QUOTED_CHARS: usize = 160;

pub(super) fn of(history: &History<'_>) -> String {
    let mut asked = Vec::new();
    let mut tools: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last_said = None;
    for Event { body, .. } in history.events {
        match &**body {
            EventBody::InputMessage(message) => asked.push(quote(&message.to_text())),
            EventBody::ToolInput(call) => {
                *tools.entry(&call.tool_configuration_name).or_default() += 1;
            }
            EventBody::AgentOutput(said) => last_said = Some(quote(&said.content)),
            EventBody::Compaction(earlier) => {
                asked.extend(earlier.summary_text.as_deref().map(quote));
            }
            _ => {}
        }
    }
    let mut lines = vec![format!("{} earlier events, in short.", history.count)];
    if let Some(instructions) = history.instructions {
        lines.push(format!("Summed up as asked: {}", quote(instructions)));
    }
    let more = asked.len().saturating_sub(QUOTED_INPUTS);
    lines.extend(asked.iter().skip(more).map(|text| format!("Asked: {text}")));
    if more > 0 {
        lines.push(format!("{more} inputs before those."));
    }
    if !tools.is_empty() {
        let counts: Vec<_> = tools.iter().map(|(name, n)| format!("{name} ({n})")).collect();
        lines.push(format!("Tools called: {}.", counts.join(", ")));
    }
    lines.extend(last_said.map(|text| format!("Last said: {text}")));
    lines.join("\n")
}

fn quote(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= QUOTED_CHARS {
        return flat;
    }
    flat.chars().take(QUOTED_CHARS).chain(['…']).collect()
}
