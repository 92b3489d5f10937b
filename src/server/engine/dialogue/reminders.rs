//! Reminders: texts of a step that come along with messages and outputs.

use serde::Deserialize;
use serde_json::Value;

use super::instructions::{Scene, render};

/// What a reminder comes along with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::server::engine) enum Hook {
    InputMessage,
    ToolOutput,
}

/// A reminder whose template is rendered.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::server::engine) struct Reminder {
    text: String,
    hooks: Vec<Hook>,
    every: u64,
    skip: u64,
}

/// How many of each kind have come by since the latest compaction.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::server::engine) struct Counters {
    inputs: u64,
    outputs: u64,
}

impl Counters {
    /// Counts one more, and tells what comes along with it.
    pub(in crate::server::engine) fn next<'a>(
        &mut self,
        hook: Hook,
        reminders: &'a [Reminder],
    ) -> Vec<&'a str> {
        let count = match hook {
            Hook::InputMessage => &mut self.inputs,
            Hook::ToolOutput => &mut self.outputs,
        };
        *count += 1;
        let fires = |reminder: &&Reminder| {
            let beyond = count.saturating_sub(reminder.skip);
            reminder.hooks.contains(&hook) && beyond > 0 && beyond % reminder.every == 0
        };
        reminders.iter().filter(fires).map(|reminder| reminder.text.as_str()).collect()
    }
}

/// The reminders of a step. Those that expand a glossary are left out: this server has none. The error
/// names the one that cannot be rendered.
pub(in crate::server::engine) fn of_step(
    step: &Value,
    scene: &Scene<'_>,
) -> Result<Vec<Reminder>, String> {
    let listed = step.get("reminders").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut out = Vec::new();
    for (index, one) in listed.iter().enumerate() {
        let kind = one.get("type").and_then(Value::as_str).unwrap_or("templated");
        let Some(template) = one.get("template").and_then(Value::as_str) else { continue };
        if kind != "templated" {
            continue;
        }
        let text = render(one, template, &scene.context())
            .map_err(|why| format!("reminders[{index}]: {why}"))?;
        let hooks = one.get("hooks").cloned().unwrap_or_default();
        let number = |name: &str| one.get(name).and_then(Value::as_u64);
        out.push(Reminder {
            text,
            hooks: serde_json::from_value(hooks).unwrap_or_default(),
            every: number("fire_every").unwrap_or(1).max(1),
            skip: number("skip_first").unwrap_or(0),
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder(every: u64, skip: u64) -> Reminder {
        Reminder { text: "r".to_owned(), hooks: vec![Hook::ToolOutput], every, skip }
    }

    fn fired(reminder: Reminder, outputs: u64) -> Vec<u64> {
        let (reminders, mut counters) = ([reminder], Counters::default());
        (1..=outputs).filter(|_| !counters.next(Hook::ToolOutput, &reminders).is_empty()).collect()
    }

    #[test]
    fn a_reminder_comes_with_every_nth_after_those_that_it_skips() {
        assert_eq!(fired(reminder(1, 0), 3), [1, 2, 3]);
        assert_eq!(fired(reminder(2, 0), 5), [2, 4]);
        assert_eq!(fired(reminder(1, 2), 4), [3, 4]);
        assert_eq!(fired(reminder(2, 1), 5), [3, 5]);
    }

    #[test]
    fn each_kind_is_counted_by_itself() {
        let reminders = [Reminder { hooks: vec![Hook::InputMessage], ..reminder(2, 0) }];
        let mut counters = Counters::default();
        assert!(counters.next(Hook::ToolOutput, &reminders).is_empty());
        assert!(counters.next(Hook::InputMessage, &reminders).is_empty());
        assert!(counters.next(Hook::ToolOutput, &reminders).is_empty());
        assert_eq!(counters.next(Hook::InputMessage, &reminders), ["r"]);
    }
}
