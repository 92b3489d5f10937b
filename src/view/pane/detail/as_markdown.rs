//! A unit as Markdown, to be put into a report or a chat elsewhere.
//!
//! Built like the paragraphs of an export, but for the masks that the screen has, too.

use std::fmt::Write as _;

use super::Detail;
use super::section::Section;
use crate::api::{EventBody, time};
use crate::text::json::{NodeId, spread};

impl Detail {
    /// A heading with who and when, and what it says: text as its author wrote it, JSON in fences.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}\n", self.title());
        if let Some(at) = self.event.as_ref().and_then(|event| event.created_at) {
            let _ = write!(out, "\n*{}*\n", time::format(at));
        }
        if let Some(text) = self.text() {
            let _ = write!(out, "\n{}\n", text.trim_end());
            return out;
        }
        let sections = &self.content.sections;
        let parts: Vec<&Section> = sections.iter().filter(|part| self.is_part(part)).collect();
        for part in if parts.is_empty() { sections.iter().collect() } else { parts } {
            let Some(document) = self.content.documents.get(part.document) else { continue };
            let json = spread(&document.raw(part.root));
            let fence = fence(&json);
            if self.is_part(part) {
                let _ = write!(out, "\n{}:\n", part.label);
            }
            let _ = write!(out, "\n{fence}json\n{json}\n{fence}\n");
        }
        out
    }

    /// Arguments or output, and not an event with all that is around them.
    fn is_part(&self, section: &Section) -> bool {
        let document = self.content.documents.get(section.document);
        let made = document.is_some_and(|document| !document.is_received());
        made || section.root != NodeId::ROOT
    }

    fn title(&self) -> String {
        let Some(event) = &self.event else { return "Agent".to_owned() };
        let tool = match &*event.body {
            EventBody::ToolInput(input) => &input.tool_configuration_name,
            EventBody::ToolOutput(output) => &output.tool_configuration_name,
            EventBody::InputMessage(_) => return "You".to_owned(),
            EventBody::AgentOutput(_) => return "Agent".to_owned(),
            EventBody::Thinking(_) => return "Thinking".to_owned(),
            EventBody::StructuredOutput(output) => {
                return one_line(&format!("Agent ({})", output.schema_name));
            }
            _ => return one_line(&words(&event.kind)),
        };
        let output = self.output.as_ref().unwrap_or(event);
        let how = match &*output.body {
            EventBody::ToolOutput(output) if output.error => ": failed",
            EventBody::ToolOutput(_) => "",
            _ => ": no output",
        };
        one_line(&format!("Call {tool}{how}"))
    }
}

fn words(wire: &str) -> String {
    let words = wire.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn one_line(text: &str) -> String {
    crate::text::sanitize::preview(text, 120)
}

/// Longer than any run of backticks inside.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
