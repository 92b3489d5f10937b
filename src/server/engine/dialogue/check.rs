//! What of an agent cannot be told to a model, found before a message is taken (contract section 1.5,
//! status 422).

use serde_json::Value;

use super::instructions::{self, Scene, render};
use super::offers::{description_template, told_of};
use super::{reminders, steps};

/// Every problem with its place. All steps are looked at: an agent must not find out in the middle of a
/// turn that it cannot go on.
pub(in crate::server::engine) fn problems(scene: &Scene<'_>) -> Vec<String> {
    let agent = scene.agent;
    let others = agent.extra.get("steps").and_then(Value::as_object);
    let others = others.into_iter().flatten().map(|(name, step)| (format!("steps.{name}"), step));
    let mut out = Vec::new();
    for (place, step) in std::iter::once(("first_step".to_owned(), &agent.first_step)).chain(others)
    {
        let mut found = steps::problems(agent, step);
        found.extend(instructions::of_step(step, scene, &[]).err());
        found.extend(reminders::of_step(step, scene).err());
        out.extend(found.into_iter().map(|problem| format!("{place}.{problem}")));
    }
    for (key, configuration) in &agent.tool_configurations {
        let template = description_template(configuration);
        let rendered = template.map(|template| render(&Value::Null, template, &scene.context()));
        if let Some(Err(why)) = rendered {
            out.push(told_of(key, &why));
        }
    }
    out
}
