//! The last word of a step that wants a shape: read, and held against its schema.

use serde_json::Value;

use crate::api::exact;
use crate::server::json_schema;
use crate::server::models::Schema;
use crate::text::sanitize;

/// Characters of an answer that is quoted because it does not fit.
const QUOTED: usize = 160;

/// Reads an answer, or says what does not fit.
pub(in crate::server::engine) fn read(answer: &str, schema: &Schema) -> Result<Value, String> {
    let text = unfenced(answer);
    let value = exact::read(text).map_err(|error| {
        format!("it is no JSON ({error}): {}", sanitize::preview(answer, QUOTED))
    })?;
    let misfits = json_schema::misfits(&schema.schema, &value, "answer");
    if misfits.is_empty() {
        return Ok(value);
    }
    Err(told(misfits))
}

/// Misfits as one line.
pub(in crate::server::engine) fn told(misfits: Vec<(String, String)>) -> String {
    let lines = misfits.into_iter().map(|(path, why)| format!("{path}: {why}"));
    lines.collect::<Vec<_>>().join("; ")
}

/// What a model is told whose answer did not fit.
pub(in crate::server::engine) fn correction(schema: &Schema, why: &str) -> String {
    format!(
        "Your answer does not fit the schema {}: {why}. Answer again, with JSON that fits it and \
         nothing else. The schema is: {}",
        schema.name, schema.schema
    )
}

/// Models that have no notion of a schema put JSON into a fence of Markdown.
fn unfenced(answer: &str) -> &str {
    let text = answer.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let Some(inner) = inner else { return text };
    let inner = inner.strip_prefix("json").or_else(|| inner.strip_prefix("JSON")).unwrap_or(inner);
    inner.trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_read_as_it_is_written_or_told_what_is_wrong() {
        let schema = Schema {
            name: "n".to_owned(),
            schema: json!({"type": "object", "required": ["a"],
                "properties": {"a": {"type": "number"}}}),
        };
        assert_eq!(read("{\"a\": 1.50}", &schema).unwrap().to_string(), "{\"a\":1.50}");
        assert_eq!(read("```json\n{\"a\":1}\n```", &schema).unwrap(), json!({"a": 1}));
        assert_eq!(read("```\n{\"a\":1}```", &schema).unwrap(), json!({"a": 1}));
        assert!(read("I think so", &schema).unwrap_err().contains("I think so"));
        let why = read("{\"a\":\"x\"}", &schema).unwrap_err();
        assert!(why.starts_with("answer.a: "), "{why}");
        assert!(correction(&schema, &why).contains("\"required\""));
    }
}
