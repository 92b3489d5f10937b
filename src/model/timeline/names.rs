//! What is in a timeline, for menus and completion.

use std::collections::HashSet;

use crate::api::{EventBody, EventKind};
use crate::query::{Known, Names};

use super::super::type_menu::Census;
use super::Timeline;

/// Events looked through for names, from the newest on: completion must not cost more in a long
/// session.
const RECENT: usize = 2_000;

impl Timeline {
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for (row, record) in self.records.iter().enumerate() {
            census.kinds[record.kind() as usize] += 1;
            if record.joined() {
                continue;
            }
            census.failed += usize::from(self.is_error_row(row, record.partner()));
            census.pending += usize::from(self.is_pending_row(row));
            census.see(self.records[self.place_seen(row)].visibility());
        }
        census
    }
}

impl Known for Timeline {
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
            match (names, &entry.event.body) {
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
