//! Client tools: the only ones that this server keeps (contract section 8.2).

use serde_json::Value;

use super::{Problems, Source, patched, problem};
use crate::api::tool::{ClientTool, NewTool};
use crate::api::{Object, Timestamp, ToolId};
use crate::server::json_schema::check_schema;

const MAX_NAME_CHARS: usize = 50;
const MAX_DESCRIPTION_CHARS: usize = 5_000;

/// The tool that a create request asks for.
pub fn create(
    new: NewTool,
    id: ToolId,
    now: Timestamp,
    source: Source,
) -> Result<ClientTool, Problems> {
    let mut extra = new.extra;
    // Whoever chose one would look for the tool under it.
    if extra.shift_remove("id").is_some_and(|id| !id.is_null()) {
        return Err(problem("id", "is given by the server; leave it out"));
    }
    // The times are ours, as an agent's are.
    extra.retain(|field, _| !["created_at", "updated_at"].contains(&field.as_str()));
    if new.kind != "client" {
        return Err(problem("type", "must be client: this server runs no tools of its own"));
    }
    let tool = ClientTool {
        id,
        kind: new.kind,
        name: new.name,
        title: new.title,
        description: new.description.unwrap_or_default(),
        input_schema: new.input_schema.unwrap_or_default(),
        output_schema: new.output_schema,
        enabled: new.enabled.unwrap_or(true),
        metadata: new.metadata.unwrap_or_default(),
        created_at: now,
        updated_at: now,
        extra,
        damage: None,
    };
    match source {
        Source::Client => check(tool),
        Source::Program => Ok(tool),
    }
}

/// The tool after a PATCH: what the request leaves out stays, `null` clears what may be absent.
pub fn patch(old: &ClientTool, request: Object, now: Timestamp) -> Result<ClientTool, Problems> {
    let tool: ClientTool = patched(old, request, &["id", "type", "created_at", "updated_at"])?;
    check(ClientTool { updated_at: now, ..tool })
}

fn check(tool: ClientTool) -> Result<ClientTool, Problems> {
    let mut problems = Problems::new();
    let mut add = |field: &str, why: String| problems.insert(field.to_owned(), why);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let length = tool.name.chars().count();
    if !(1..=MAX_NAME_CHARS).contains(&length) || !tool.name.chars().all(is_word) {
        add("name", format!("must be 1 to {MAX_NAME_CHARS} characters of 0-9 a-z A-Z _ -"));
    }
    if tool.description.chars().count() > MAX_DESCRIPTION_CHARS {
        add("description", format!("must have at most {MAX_DESCRIPTION_CHARS} characters"));
    }
    let schemas = [
        ("input_schema", Some(&tool.input_schema)),
        ("output_schema", tool.output_schema.as_ref()),
    ];
    for (field, schema) in schemas {
        if let Some(Err(why)) = schema.map(|schema| check_schema(&Value::Object(schema.clone()))) {
            add(field, format!("is not a JSON Schema: {why}"));
        }
    }
    if problems.is_empty() { Ok(tool) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(request: Value) -> Result<ClientTool, Problems> {
        let now = Timestamp::UNIX_EPOCH;
        create(serde_json::from_value(request).unwrap(), "tol_1".into(), now, Source::Client)
    }

    #[test]
    fn a_tool_is_checked_as_it_is_made_and_as_it_changes() {
        let tool = made(json!({"type": "client", "name": "write_file"})).unwrap();
        let object = |value: Value| value.as_object().unwrap().clone();
        let patched = patch(&tool, object(json!({"title": "Write"})), Timestamp::UNIX_EPOCH);
        assert_eq!(patched.unwrap().title.as_deref(), Some("Write"));
        for (change, field) in [
            (json!({"name": "two words"}), "name"),
            (json!({"output_schema": {"type": "nonsense"}}), "output_schema"),
            (json!({"enabled": 1}), "enabled"),
            (json!({"id": "tol_2"}), "id"),
        ] {
            let problems = patch(&tool, object(change), Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(problems.contains_key(field), "{problems:?}");
        }
        assert!(made(json!({"type": "lambda", "name": "x"})).unwrap_err().contains_key("type"));
    }

    #[test]
    fn what_the_server_gives_is_not_said_twice() {
        let new = |id: Value| {
            made(json!({"type": "client", "name": "x", "id": id, "created_at": "yesterday",
                "updated_at": 7, "more": 1}))
        };
        assert!(new(json!("tol_mine")).unwrap_err()["id"].contains("leave it out"));
        let tool = new(Value::Null).unwrap();
        assert_eq!(tool.extra, Object::from_iter([("more".to_owned(), json!(1))]));
        let stored = serde_json::to_string(&tool).unwrap();
        assert_eq!(serde_json::from_str::<ClientTool>(&stored).unwrap(), tool);
    }
}
