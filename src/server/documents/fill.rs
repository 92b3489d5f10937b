//! Defaults for what clients leave out of an agent. Leaves alone what it does not understand, which
//! the schema then refuses.

use serde_json::{Value, json};

use super::is_absent;
use crate::api::Object;

pub(super) const FIRST_STEP: &str = "first_step";

/// Fills in everything but names, times and what every agent must say.
pub(super) fn agent(body: &mut Object) {
    default(body, "enabled", || json!(true));
    default(body, "metadata", || json!({}));
    if let Some(Value::Object(model)) = body.get_mut("model") {
        model.retain(|_, value| !value.is_null());
    }
    if let Some(Value::Object(tools)) = body.get_mut("tool_configurations") {
        tools.retain(|_, tool| !tool.is_null());
        for (name, configuration) in tools {
            if let Value::Object(configuration) = configuration {
                tool(name, configuration);
            }
        }
    }
    if let Some(Value::Object(skills)) = body.get_mut("skills") {
        skills.retain(|_, skill| !skill.is_null());
    }
    steps(body);
}

/// A named tool configuration with what its type requires.
fn tool(name: &str, configuration: &mut Object) {
    configuration.retain(|_, value| !value.is_null());
    let word: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
        .take(50)
        .collect();
    match configuration.get("type").and_then(Value::as_str) {
        // Names a tool that nobody made, which is all that a rehearsal needs.
        Some("client" | "lambda" | "mcp" | "dynamic_vectara") => {
            default(configuration, "tool_id", || format!("tol_{word}").into());
        }
        Some("reference") => default(configuration, "tool_configuration_key", || word.into()),
        Some("corpora_search") => default(configuration, "query_configuration", || json!({})),
        Some("sub_agent") => {
            default(configuration, "sub_agent_configuration", || json!({ "agent_key": word }));
        }
        _ => {}
    }
}

/// Brings both ways to give steps to one form: `first_step` is the step that `first_step_name`
/// names, `steps` holds the others.
fn steps(body: &mut Object) {
    let named = body.get("first_step_name").and_then(Value::as_str).map(str::to_owned);
    if is_absent(body, "first_step") {
        let name = named.clone().unwrap_or_else(|| FIRST_STEP.to_owned());
        let mut first = json!({ "name": name });
        if let Some(Value::Object(steps)) = body.get_mut("steps")
            && let Some(Value::Object(found)) = steps.shift_remove(&name)
            && let Value::Object(first) = &mut first
        {
            first.extend(found);
            first.insert("name".to_owned(), name.into());
        }
        body.insert("first_step".to_owned(), first);
    }
    if let Some(Value::Object(first)) = body.get_mut("first_step") {
        default(first, "name", || named.unwrap_or_else(|| FIRST_STEP.to_owned()).into());
        step(first);
        let name = first.get("name").cloned();
        if is_absent(body, "first_step_name")
            && let Some(name) = name
        {
            body.insert("first_step_name".to_owned(), name);
        }
    }
    if let Some(Value::Object(steps)) = body.get_mut("steps") {
        steps.retain(|_, step| !step.is_null());
        steps.values_mut().filter_map(Value::as_object_mut).for_each(step);
    }
}

fn step(step: &mut Object) {
    step.retain(|_, value| !value.is_null());
    default(step, "instructions", || json!([]));
    default(step, "output_parser", || json!({ "type": "default" }));
    if let Some(Value::Object(parser)) = step.get_mut("output_parser") {
        let kind = if parser.contains_key("json_schema") { "structured" } else { "default" };
        default(parser, "type", || kind.into());
    }
    if let Some(Value::Array(instructions)) = step.get_mut("instructions") {
        for (index, instruction) in instructions.iter_mut().enumerate() {
            if let Value::Object(instruction) = instruction {
                instruction.retain(|_, value| !value.is_null());
                let kind = if instruction.contains_key("id") { "reference" } else { "inline" };
                default(instruction, "type", || kind.into());
                if instruction.get("type").is_some_and(|kind| kind == "inline") {
                    default(instruction, "name", || format!("instruction_{}", index + 1).into());
                }
            }
        }
    }
}

fn default(object: &mut Object, field: &str, value: impl FnOnce() -> Value) {
    if is_absent(object, field) {
        object.insert(field.to_owned(), value());
    }
}
