//! The schema of `config.toml` for editors, made of the one table of settings (JSON Schema, draft 2020-12).
//!
//! The invariant: a file that the schema takes has no name or form that the reader refuses; what a text
//! says, such as a command with an open quote, is the reader's to judge.

use serde_json::{Map, Value, json};

use super::known::{Form, Place, SETTINGS};

const SIZE: &str = "^[0-9]+(\\.[0-9])? ?[kKmMgG]?([iI]?[bB])?$";

/// The whole schema.
pub fn schema() -> Value {
    let mut whole = table(Place::Top);
    if let Value::Object(members) = &mut whole {
        let head = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "foretop's config.toml"),
        ];
        for (at, (key, value)) in head.into_iter().enumerate() {
            members.shift_insert(at, key.to_owned(), value.into());
        }
    }
    whole
}

fn table(place: Place) -> Value {
    let mut properties = Map::new();
    for known in SETTINGS.iter().filter(|known| known.place == place) {
        let mut form = form(known.form);
        if let Value::Object(members) = &mut form {
            members.insert("description".to_owned(), known.about.into());
        }
        properties.insert(known.name.to_owned(), form);
    }
    let mut whole = json!({
        "type": "object", "additionalProperties": false, "properties": properties,
    });
    if matches!(place, Place::Tool | Place::Command) {
        whole["required"] = json!(["run"]);
    }
    whole
}

fn form(form: Form) -> Value {
    let text = || json!({"type": "string", "pattern": "\\S"});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    match form {
        Form::Text | Form::Path => text(),
        Form::Truth => json!({"type": "boolean"}),
        Form::Number(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
        Form::Size(0, _) => {
            json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": SIZE}]})
        }
        Form::Size(least, most) => json!({"anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            {"type": "string", "pattern": SIZE},
        ]}),
        Form::Texts => texts(),
        Form::Word(words) => json!({"enum": words}),
        Form::Words(words) => json!({"type": "array", "items": {"enum": words}}),
        Form::Theme => json!({"anyOf": [text(), {
            "type": "object", "additionalProperties": false, "required": ["dark", "light"],
            "properties": {"dark": text(), "light": text()},
        }]}),
        Form::Time => json!({"anyOf": [
            {"type": "number", "minimum": 0.1, "maximum": 86_400},
            {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
        ]}),
        Form::Command => json!({"anyOf": [text(), {
            "type": "array", "items": {"type": "string"}, "minItems": 1,
        }]}),
        Form::Keys => json!({"anyOf": [text(), {"const": false}, texts()]}),
        Form::Variables => json!({"type": "object", "additionalProperties": text()}),
        Form::Tables(place) => json!({"type": "object", "additionalProperties": table(place)}),
    }
}
