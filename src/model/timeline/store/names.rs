//! Names that occur in events, for completion.

use std::collections::HashSet;

use crate::api::{EventBody, EventKind};
use crate::query::{Known, Names};

use super::Store;

/// Events looked through for names, from the newest on: completion must not cost more in a long
/// session.
const RECENT: usize = 2_000;

impl Known for Store {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str)) {
        let mut seen = HashSet::new();
        let mut visit = |name: &str| {
            if !seen.contains(name) {
                seen.insert(name.to_owned());
                visit(name);
            }
        };
        let of_names = |kind| match names {
            Names::Tools => matches!(kind, EventKind::ToolInput | EventKind::ToolOutput),
            Names::SubAgents => kind == EventKind::ToolInput,
            Names::Steps => kind == EventKind::StepTransition,
            _ => false,
        };
        let recent = self.entries.iter().rev().take(RECENT);
        for entry in recent.filter(|entry| of_names(entry.glance.kind)) {
            match (names, &*entry.event.body) {
                (Names::Tools, EventBody::ToolInput(input)) => {
                    visit(&input.tool_configuration_name);
                }
                (Names::SubAgents, EventBody::ToolInput(input)) if entry.glance.sub_agent => {
                    visit(&input.tool_configuration_name);
                }
                (Names::Steps, EventBody::StepTransition(step)) => {
                    visit(&step.to_step);
                    visit(&step.from_step);
                }
                _ => {}
            }
        }
    }
}
