//! Whether the output of a command fits what its tool promises. Asked only before an answer leaves
//! without a person: where nothing can be said, that is a no.

use jsonschema::PatternOptions;
use serde_json::Value;

/// Memory that one pattern of a schema may take.
const PATTERN_BYTES: usize = 1 << 20;
/// Characters of a reason.
const REASON: usize = 160;

/// Why an answer does not fit, or `Ok`. Nothing is fetched for a schema.
pub fn check(schema: &Value, output: &str) -> Result<(), String> {
    let output: Value =
        serde_json::from_str(output).map_err(|error| format!("it cannot be checked: {error}"))?;
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES);
    let built = jsonschema::options().with_pattern_options(patterns).build(schema);
    let schema = built.map_err(|error| short(&format!("the schema cannot be used: {error}")))?;
    match schema.iter_errors(&output).next() {
        None => Ok(()),
        Some(error) => {
            let at = error.instance_path().to_string();
            Err(short(&if at.is_empty() { error.to_string() } else { format!("{at}: {error}") }))
        }
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(REASON) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn only_what_surely_fits_fits() {
        let schema =
            json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}});
        assert_eq!(check(&schema, r#"{"n": 84.20}"#), Ok(()));
        assert!(check(&schema, r#"{"n": "84"}"#).unwrap_err().starts_with("/n: "));
        assert!(check(&schema, "{}").is_err() && check(&schema, "{").is_err());
        assert!(check(&json!({"$ref": "http://127.0.0.1:1/x.json"}), "{}").is_err());
        assert!(check(&json!({"type": "nonsense"}), "{}").is_err());
    }
}
