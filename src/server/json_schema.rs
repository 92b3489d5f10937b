//! JSON Schemas that clients bring along, and what does not fit them.
//!
//! Nothing is fetched for a schema, and its patterns run on a linear-time engine, because both come
//! from outside.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Memory that one pattern may take once it is compiled.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Problems told of one value; the rest would not help.
const MAX_PROBLEMS: usize = 20;
const MAX_PROBLEM_CHARS: usize = 240;

fn compile(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::regex().size_limit(MAX_PATTERN_BYTES);
    let options = jsonschema::options().with_pattern_options(patterns);
    options.build(schema).map_err(|error| error.to_string())
}

/// A schema that is checked against again and again.
pub struct Checker(Option<Validator>);

impl Checker {
    /// For a schema of this program's own. One that is none lets everything pass; a test looks.
    pub fn compiled_in(json: &str) -> Self {
        Self(serde_json::from_str(json).ok().and_then(|schema| compile(&schema).ok()))
    }

    /// As [`misfits`].
    pub fn misfits(&self, value: &Value, root: &str) -> Vec<(String, String)> {
        self.0.as_ref().map(|schema| told(schema, value, root)).unwrap_or_default()
    }
}

/// Whether this is a schema that values can be checked against; says why not.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    compile(schema).map(|_| ())
}

/// What of `value` does not fit: the dotted path to it below `root`, and why. A schema that cannot
/// be used lets everything pass, for the answer must not fail for the tool's fault.
pub fn misfits(schema: &Value, value: &Value, root: &str) -> Vec<(String, String)> {
    compile(schema).map(|schema| told(&schema, value, root)).unwrap_or_default()
}

fn told(schema: &Validator, value: &Value, root: &str) -> Vec<(String, String)> {
    let problem = |error: jsonschema::ValidationError<'_>| {
        // The message quotes the value, which may be long.
        let mut why = error.to_string();
        if let Some((cut, _)) = why.char_indices().nth(MAX_PROBLEM_CHARS) {
            why.truncate(cut);
            why.push('…');
        }
        (dotted(root, error.instance_path().as_str()), why)
    };
    schema.iter_errors(value).take(MAX_PROBLEMS).map(problem).collect()
}

/// `/a/0/b` (RFC 6901) below `root` as `root.a[0].b`.
fn dotted(root: &str, pointer: &str) -> String {
    let mut out = root.to_owned();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push('[');
            out.push_str(part);
            out.push(']');
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_misfit_is_told_with_its_path() {
        let schema = json!({
            "type": "object", "required": ["path"],
            "properties": {"sizes": {"type": "array", "items": {"type": "integer"}}}
        });
        let misfits = misfits(&schema, &json!({"path": "x", "sizes": [1, "two"]}), "output");
        assert_eq!(misfits.len(), 1);
        assert_eq!(misfits[0].0, "output.sizes[1]");
        assert!(super::misfits(&schema, &json!({"path": "x"}), "output").is_empty());
    }

    #[test]
    fn what_is_no_schema_is_refused_and_nothing_is_fetched() {
        assert!(check_schema(&json!({"type": "no such type"})).is_err());
        assert!(check_schema(&json!({"$ref": "http://127.0.0.1:1/x.json"})).is_err());
        assert!(check_schema(&json!({"pattern": "(?=look)"})).is_err(), "not linear");
        assert!(check_schema(&json!({"type": "object"})).is_ok());
    }
}
