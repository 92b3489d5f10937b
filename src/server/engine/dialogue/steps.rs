//! Steps: what a step wants of the last word, and which one comes next.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::instructions::Scene;
use crate::api::{Agent, Event, EventBody};
use crate::server::models::Schema;
use crate::server::userfn::Expression;

/// The shape that a step wants of the last word; `None` where that is a text.
pub(in crate::server::engine) fn schema(step: &Value) -> Option<Schema> {
    let parser = step.get("output_parser")?;
    if parser.get("type").and_then(Value::as_str) != Some("structured") {
        return None;
    }
    let spec = parser.get("json_schema")?;
    let name = spec.get("name").and_then(Value::as_str).unwrap_or("output").to_owned();
    Some(Schema { name, schema: spec.get("schema")?.clone() })
}

/// The step that an agent which came to rest in `current` takes up the next message in, where that is
/// another one.
pub(in crate::server::engine) fn reentry(agent: &Agent, current: Option<&str>) -> Option<String> {
    let wanted = agent.step(current)?.get("reentry_step")?.as_str()?;
    let first = agent.first_step_name.as_deref();
    let is_there = agent.step(Some(wanted)).is_some();
    (is_there && current.or(first) != Some(wanted)).then(|| wanted.to_owned())
}

/// What the agent said last in a step, as conditions see it.
pub(in crate::server::engine) enum Said<'a> {
    Text(&'a str),
    Structured(&'a Value),
}

/// The step to go on with: the first one whose condition is true. `None` is the end of the turn.
pub(in crate::server::engine) fn next(
    step: &Value,
    scene: &Scene<'_>,
    events: &[Event],
    said: &Said<'_>,
) -> Option<String> {
    let listed = step.get("next_steps")?.as_array().filter(|listed| !listed.is_empty())?;
    let mut context = scene.context();
    context["tools"] = latest_outputs(events);
    context["output"] = match said {
        Said::Text(text) => json!({ "text": text }),
        Said::Structured(value) => (*value).clone(),
    };
    let holds = |one: &&Value| match one.get("condition").and_then(Value::as_str) {
        None => true,
        Some(condition) => Expression::parse(condition)
            .is_ok_and(|expression| expression.is_true(&context, scene.now)),
    };
    let next = listed.iter().find(holds)?;
    next.get("step_name").and_then(Value::as_str).map(str::to_owned)
}

/// What each tool gave last, of what the agent still sees.
fn latest_outputs(events: &[Event]) -> Value {
    let mut latest = BTreeMap::new();
    for event in events {
        if let EventBody::ToolOutput(output) = &*event.body {
            latest.insert(&output.tool_configuration_name, &output.tool_output);
        }
    }
    let outputs = latest
        .into_iter()
        .map(|(tool, output)| (tool.clone(), json!({ "outputs": { "latest": output } })));
    Value::Object(outputs.collect())
}

/// What of a step's ways on cannot be followed.
pub(in crate::server::engine) fn problems(agent: &Agent, step: &Value) -> Vec<String> {
    let listed = step.get("next_steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut out = Vec::new();
    for (index, one) in listed.iter().enumerate() {
        if let Some(condition) = one.get("condition").and_then(Value::as_str)
            && let Err(error) = Expression::parse(condition)
        {
            out.push(format!("next_steps[{index}].condition {error}"));
        }
        let name = one.get("step_name").and_then(Value::as_str).unwrap_or_default();
        if agent.step(Some(name)).is_none() {
            out.push(format!("next_steps[{index}].step_name: the agent has no step {name}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AgentKey, Session, Timestamp};

    fn agent() -> Agent {
        let mut agent = Agent::unread(AgentKey::from("a"));
        agent.first_step_name = Some("classify".to_owned());
        agent.first_step = json!({
            "next_steps": [
                {"condition": "get('$.output.intent') == 'sales'", "step_name": "sales"},
                {"condition": "get('$.tools.find.outputs.latest.hits') > 2", "step_name": "many"},
                {"condition": "get('$.output.text') == 'bye'", "step_name": "classify"}
            ]
        });
        let steps = json!({"sales": {"reentry_step": "classify"}, "many": {"next_steps": [
            {"condition": "oh no", "step_name": "sales"}, {"step_name": "nowhere"}]}});
        agent.extra.insert("steps".to_owned(), steps);
        agent
    }

    fn next_of(events: &[Event], said: &Said<'_>) -> Option<String> {
        let agent = agent();
        let session = Session::named("a".into(), "s".into(), "S".into(), Timestamp::UNIX_EPOCH);
        let scene = Scene { agent: &agent, session: &session, now: Timestamp::UNIX_EPOCH };
        next(&agent.first_step, &scene, events, said)
    }

    #[test]
    fn the_first_condition_that_is_true_says_where_to_go() {
        let sales = json!({"intent": "sales"});
        assert_eq!(next_of(&[], &Said::Structured(&sales)).as_deref(), Some("sales"));
        assert_eq!(next_of(&[], &Said::Text("bye")).as_deref(), Some("classify"));
        assert_eq!(next_of(&[], &Said::Text("hello")), None);
        let output = |hits: u64| -> Event {
            serde_json::from_value(
                json!({"id": "aev_1", "type": "tool_output", "tool_call_id": "c",
                "tool_configuration_name": "find", "tool_name": "find", "error": false,
                "tool_output": {"hits": hits}}),
            )
            .unwrap()
        };
        let found = next_of(&[output(1), output(3)], &Said::Text("hello"));
        assert_eq!(found.as_deref(), Some("many"));
        assert_eq!(next_of(&[output(3), output(1)], &Said::Text("hello")), None, "not the latest");
    }

    #[test]
    fn a_step_that_is_left_at_the_next_message_says_for_which() {
        let agent = agent();
        assert_eq!(reentry(&agent, Some("sales")).as_deref(), Some("classify"));
        assert_eq!(reentry(&agent, None), None);
        assert_eq!(reentry(&agent, Some("gone")), None);
    }

    #[test]
    fn ways_that_cannot_be_followed_are_named() {
        let agent = agent();
        let problems = problems(&agent, agent.step(Some("many")).unwrap());
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("next_steps[0].condition is no UserFn"), "{problems:?}");
        assert!(problems[1].contains("no step nowhere"), "{problems:?}");
        assert!(super::problems(&agent, &agent.first_step).is_empty());
    }
}
