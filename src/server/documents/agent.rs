//! Agents: create, replace, patch.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Problems, Source, fill, is_absent, problem, to_object, without_nulls};
use crate::api::{Agent, AgentKey, Object, Timestamp, exact, time};
use crate::server::json_schema::Checker;

/// What is stored, and therefore what every reply shows.
static SCHEMA: LazyLock<Checker> =
    LazyLock::new(|| Checker::compiled_in(include_str!("../../../assets/schemas/agent.json")));

/// The agent that a create request asks for.
pub fn create(
    request: Object,
    key: &AgentKey,
    now: Timestamp,
    source: Source,
) -> Result<Agent, Problems> {
    let mut body = without_nulls(request);
    body.insert("created_at".to_owned(), time::format(now).into());
    finish(body, key, now, source)
}

/// The agent after a PUT: what the request leaves out is reset.
pub fn replace(old: &Agent, request: Object, now: Timestamp) -> Result<Agent, Problems> {
    if request.get("key").is_some_and(|key| !key.is_null() && key != old.key.as_str()) {
        return Err(problem("key", "cannot be changed; leave it out"));
    }
    let mut body = without_nulls(request);
    if let Some(created_at) = old.created_at {
        body.insert("created_at".to_owned(), time::format(created_at).into());
    }
    finish(body, &old.key, now, Source::Client)
}

/// Maps whose entries a PATCH replaces one by one.
const MERGED: [&str; 2] = ["tool_configurations", "skills"];

/// The agent after a PATCH: what the request leaves out stays, entries of maps are merged, and
/// `null` removes or resets.
pub fn patch(old: &Agent, request: Object, now: Timestamp) -> Result<Agent, Problems> {
    let mut body = to_object(old)?;
    let first_step = request.get("first_step").cloned();
    let first_step_name = request.get("first_step_name").cloned();
    let mut removed = Vec::new();
    for (field, value) in request {
        match (field.as_str(), value) {
            ("key", value) if value == old.key.as_str() => {}
            ("key", _) => return Err(problem("key", "cannot be changed; leave it out")),
            // The steps are taken up below, once they are what they will be; the times are ours.
            ("first_step" | "first_step_name" | "created_at" | "updated_at", _) => {}
            ("steps", Value::Object(changes)) => {
                let first = body.get("first_step_name").cloned();
                let is_first = |name: &str| first.as_ref().is_some_and(|first| first == name);
                for (name, change) in changes {
                    match change {
                        // Taken out below, once it is clear where the agent enters.
                        Value::Null => removed.push(name),
                        Value::Object(change) if is_first(&name) => {
                            merge_first_step(&mut body, change)?;
                        }
                        change => merge_step(&mut body, name, change),
                    }
                }
            }
            // A PATCH of the parameters keeps the name.
            ("model", Value::Object(changes)) => {
                let model = body.entry("model").or_insert_with(|| json!({}));
                if let Value::Object(model) = model {
                    model.extend(changes);
                }
            }
            (field, Value::Object(changes)) if MERGED.contains(&field) => {
                let entries = body.entry(field).or_insert_with(|| json!({}));
                if let Value::Object(entries) = entries {
                    // `null` among them is taken out when the document is filled in.
                    entries.extend(changes);
                }
            }
            (field, Value::Null) => {
                body.shift_remove(field);
            }
            (field, value) => {
                body.insert(field.to_owned(), value);
            }
        }
    }
    if let Some(name) = first_step_name.filter(|name| !name.is_null()) {
        enter_at(&mut body, &name)?;
    }
    remove_steps(&mut body, removed)?;
    match first_step {
        Some(Value::Object(change)) => merge_first_step(&mut body, change)?,
        Some(Value::Null) | None => {}
        Some(_) => return Err(problem("first_step", "must be an object")),
    }
    finish(body, &old.key, now, Source::Client)
}

/// Changes single fields of a step; `null` for a field clears it.
fn merge_step(body: &mut Object, name: String, change: Value) {
    let Value::Object(steps) = body.entry("steps").or_insert_with(|| json!({})) else {
        return;
    };
    match (steps.get_mut(&name), change) {
        (Some(Value::Object(step)), Value::Object(change)) => step.extend(change),
        (_, change) => {
            steps.insert(name, change);
        }
    }
}

/// Takes out the steps whose names a PATCH maps to `null`.
fn remove_steps(body: &mut Object, removed: Vec<String>) -> Result<(), Problems> {
    for name in removed {
        if body.get("first_step_name").is_some_and(|first| *first == *name) {
            let why = "is the first step; name another first_step_name along with this";
            return Err(problem(&format!("steps.{name}"), why));
        }
        if let Some(Value::Object(steps)) = body.get_mut("steps") {
            steps.shift_remove(&name);
        }
    }
    Ok(())
}

/// Makes another step the first one; the one that was takes its place among the others.
fn enter_at(body: &mut Object, name: &Value) -> Result<(), Problems> {
    let Some(wanted) = name.as_str() else {
        return Err(problem("first_step_name", "must be a string"));
    };
    if body.get("first_step_name").is_some_and(|current| current == wanted) {
        return Ok(());
    }
    let steps = body.entry("steps").or_insert_with(|| json!({}));
    let found = steps.as_object_mut().and_then(|steps| steps.shift_remove(wanted));
    let Some(Value::Object(mut next)) = found else {
        return Err(problem("first_step_name", format!("there is no step named {wanted}")));
    };
    next.insert("name".to_owned(), wanted.into());
    let previous = body.insert("first_step".to_owned(), Value::Object(next));
    body.insert("first_step_name".to_owned(), wanted.into());
    if let (Some(Value::Object(mut previous)), Some(Value::Object(steps))) =
        (previous, body.get_mut("steps"))
        && let Some(Value::String(name)) = previous.shift_remove("name")
    {
        steps.insert(name, Value::Object(previous));
    }
    Ok(())
}

fn merge_first_step(body: &mut Object, change: Object) -> Result<(), Problems> {
    if let Some(Value::Object(first)) = body.get_mut("first_step") {
        first.extend(change);
        let name = first.get("name").cloned();
        if let Some(name) = name.filter(|name| !name.is_null()) {
            body.insert("first_step_name".to_owned(), name);
        }
        return Ok(());
    }
    Err(problem("first_step", "is not what this server stores"))
}

/// Fills in, checks, and reads what is then known to be sound.
fn finish(
    mut body: Object,
    key: &AgentKey,
    now: Timestamp,
    source: Source,
) -> Result<Agent, Problems> {
    body.insert("key".to_owned(), key.as_str().into());
    body.insert("updated_at".to_owned(), time::format(now).into());
    let missing: Problems = ["name", "tool_configurations", "model"]
        .into_iter()
        .filter(|field| is_absent(&body, field))
        .map(|field| (field.to_owned(), "is required".to_owned()))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    if body.get("model").and_then(Value::as_object).is_some_and(|model| is_absent(model, "name")) {
        return Err(problem("model.name", "is required"));
    }
    fill::agent(&mut body);
    let body = Value::Object(body);
    let mut problems = match source {
        Source::Client => SCHEMA.misfits(&body, "").into_iter().collect(),
        Source::Program => Problems::new(),
    };
    let blank = body["name"].as_str().is_some_and(|name| name.trim().is_empty());
    if blank {
        problems.insert("name".to_owned(), "must not be blank".to_owned());
    }
    if body["first_step"]["name"] != body["first_step_name"] {
        let why = "must be the name of first_step, or of one of the steps where that is left out";
        problems.insert("first_step_name".to_owned(), why.to_owned());
    }
    if let (Some(steps), Some(name)) = (body["steps"].as_object(), body["first_step_name"].as_str())
        && steps.contains_key(name)
    {
        problems.insert(format!("steps.{name}"), "has the name of the first step".to_owned());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    exact::typed(&body).map_err(|error| problem("agent", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    /// What is required and not what a test is about.
    fn complete(request: Value) -> Object {
        let mut body = object(request);
        body.entry("model").or_insert_with(|| json!({"name": "m"}));
        body.entry("tool_configurations").or_insert_with(|| json!({}));
        body
    }

    fn made(request: Value) -> Result<Value, Problems> {
        create(complete(request), &"a".into(), now(), Source::Client).map(|agent| json!(agent))
    }

    fn patched(request: Value, change: Value) -> Result<Value, Problems> {
        let agent = create(complete(request), &"a".into(), now(), Source::Client).unwrap();
        patch(&agent, object(change), now()).map(|agent| json!(agent))
    }

    #[test]
    fn what_is_required_is_enough_and_the_rest_is_filled_in() {
        let agent = made(json!({"name": "A", "description": null})).unwrap();
        assert_eq!(agent["first_step"]["name"], "first_step");
        assert_eq!(agent["first_step"]["instructions"], json!([]));
        assert_eq!(agent["tool_configurations"], json!({}));
        assert_eq!(agent["enabled"], true);
        assert!(agent.get("description").is_none());
        let model = json!({"name": "m"});
        for (request, missing) in [
            (json!({"name": "A", "tool_configurations": {}}), "model"),
            (json!({"name": "A", "tool_configurations": {}, "model": {}}), "model.name"),
            (json!({"name": "A", "model": model}), "tool_configurations"),
            (json!({"tool_configurations": {}, "model": model}), "name"),
        ] {
            let problems = create(object(request), &"a".into(), now(), Source::Client).unwrap_err();
            assert_eq!(problems[missing], "is required");
        }
    }

    #[test]
    fn steps_may_come_in_either_form() {
        let old = made(json!({"name": "A", "first_step": {"name": "s", "instructions": [
            {"template": "Be kind."}, {"id": "ins_1"}]}}))
        .unwrap();
        assert_eq!(old["first_step_name"], "s");
        assert_eq!(old["first_step"]["instructions"][0]["type"], "inline");
        assert_eq!(old["first_step"]["instructions"][1]["type"], "reference");
        let new = made(json!({"name": "A", "first_step_name": "s", "steps": {
            "s": {"reentry_step": "t"}, "t": {}}}))
        .unwrap();
        assert_eq!(new["first_step"]["reentry_step"], "t");
        assert_eq!(
            new["steps"],
            json!({"t": {
            "instructions": [], "output_parser": {"type": "default"}}})
        );
    }

    #[test]
    fn every_tool_type_is_taken_with_what_it_requires() {
        let agent = made(json!({"name": "A", "tool_configurations": {
            "ask me": {"type": "client"}, "find": {"type": "corpora_search"}, "gone": null,
            "helper": {"type": "sub_agent"}, "new": {"type": "quantum", "spin": 0.5}}}))
        .unwrap();
        let tools = &agent["tool_configurations"];
        assert_eq!(tools["ask me"]["tool_id"], "tol_ask_me");
        assert_eq!(tools["helper"]["sub_agent_configuration"]["agent_key"], "helper");
        assert_eq!(tools["new"]["spin"], 0.5);
        assert!(tools.get("gone").is_none() && tools["find"]["query_configuration"].is_object());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        for (request, field) in [
            (json!({}), "name"),
            (json!({"name": "  "}), "name"),
            (json!({"name": "x".repeat(51)}), "name"),
            (json!({"name": "A", "enabled": "yes"}), "enabled"),
            (json!({"name": "A", "model": {"name": 7}}), "model.name"),
            (
                json!({"name": "A", "model": {"name": "m",
                    "retry_configuration": {"max_retries": 11}}}),
                "model.retry_configuration.max_retries",
            ),
            (
                json!({"name": "A", "compaction": {"threshold_percent": 20}}),
                "compaction.threshold_percent",
            ),
            (json!({"name": "A", "skills": {"s": {"description": "d"}}}), "skills.s"),
            (
                json!({"name": "A", "tool_configurations": {"t": {"type": 1}}}),
                "tool_configurations.t.type",
            ),
            (json!({"name": "A", "tool_configurations": []}), "tool_configurations"),
            (
                json!({"name": "A", "first_step": {"instructions": [{"template": 1}]}}),
                "first_step.instructions[0].template",
            ),
            (
                json!({"name": "A", "first_step": {"name": "a"}, "first_step_name": "b"}),
                "first_step_name",
            ),
        ] {
            let problems = made(request.clone()).unwrap_err();
            assert!(problems.contains_key(field), "{request}: {problems:?}");
        }
    }

    #[test]
    fn a_patch_merges_entries_and_null_removes() {
        let before = json!({"name": "A", "description": "d", "metadata": {"a": 1},
            "tool_configurations": {"t": {"type": "web_get"}, "u": {"type": "mcp"}},
            "compaction": {"enabled": false}});
        let after = patched(
            before,
            json!({"description": null, "metadata": {"b": 2},
            "tool_configurations": {"t": null, "v": {"type": "client"}}, "compaction": null}),
        );
        let after = after.unwrap();
        assert!(after.get("description").is_none() && after.get("compaction").is_none());
        assert_eq!(after["metadata"], json!({"b": 2}));
        let tools: Vec<_> = after["tool_configurations"].as_object().unwrap().keys().collect();
        assert_eq!(tools, ["u", "v"]);
    }

    #[test]
    fn a_patch_of_the_parameters_keeps_the_name_of_the_model() {
        let before = json!({"name": "A", "model": {"name": "m", "parameters": {"t": 1}}});
        let after = patched(before.clone(), json!({"model": {"parameters": {"t": 2}}})).unwrap();
        assert_eq!(after["model"], json!({"name": "m", "parameters": {"t": 2}}));
        for change in [json!({"model": null}), json!({"model": {"name": null}})] {
            assert!(patched(before.clone(), change).is_err());
        }
    }

    #[test]
    fn null_takes_a_step_out_but_never_the_one_that_the_agent_enters_at() {
        let before = json!({"name": "A", "first_step_name": "s", "steps": {
            "s": {"allowed_tools": ["x"]}, "t": {}, "u": {}}});
        let patch = |change| patched(before.clone(), change);
        let after = patch(json!({"steps": {"t": null}})).unwrap();
        assert_eq!(after["steps"].as_object().unwrap().keys().collect::<Vec<_>>(), ["u"]);
        assert!(patch(json!({"steps": {"s": null}})).unwrap_err().contains_key("steps.s"));
        let after = patch(json!({"first_step_name": "t", "steps": {"s": null}})).unwrap();
        assert_eq!(after["first_step"]["name"], "t");
        assert_eq!(after["steps"].as_object().unwrap().keys().collect::<Vec<_>>(), ["u"]);
        // The first step is one of the steps, wherever it is kept.
        let after = patch(json!({"steps": {"s": {"allowed_tools": ["y"]}}})).unwrap();
        assert_eq!(after["first_step"]["allowed_tools"], json!(["y"]));
        assert!(after["steps"].get("s").is_none());
    }

    #[test]
    fn a_patch_moves_the_entry_and_changes_single_fields_of_steps() {
        let before = json!({"name": "A", "first_step": {"name": "s", "allowed_tools": ["x"]},
            "steps": {"t": {"allowed_tools": ["y"], "reentry_step": "s"}}});
        let after = patched(
            before.clone(),
            json!({"first_step_name": "t",
            "steps": {"t": {"reentry_step": null}}}),
        )
        .unwrap();
        assert_eq!(after["first_step"]["allowed_tools"], json!(["y"]));
        assert!(after["first_step"].get("reentry_step").is_none());
        assert_eq!(after["steps"]["s"]["allowed_tools"], json!(["x"]));
        let missing = patched(before.clone(), json!({"first_step_name": "nowhere"}));
        assert!(missing.unwrap_err().contains_key("first_step_name"));
        assert!(patched(before, json!({"key": "other"})).unwrap_err().contains_key("key"));
    }

    #[test]
    fn a_put_resets_what_it_leaves_out() {
        let before = made(json!({"name": "A", "description": "d"})).unwrap();
        let before: Agent = serde_json::from_value(before).unwrap();
        let after = replace(&before, complete(json!({"name": "B"})), now()).unwrap();
        assert_eq!((after.name.as_str(), after.description), ("B", None));
        assert_eq!(after.created_at, before.created_at);
    }
}
