//! JSON to start an answer from: what a schema requires, with the emptiest value of each type.
//!
//! Bounded in depth and in size, so that a schema that refers to itself ends somewhere.

use serde_json::{Map, Value};

/// Objects in objects that are filled in.
const MAX_DEPTH: usize = 8;
/// Values of one skeleton.
const MAX_VALUES: usize = 400;
/// References that are followed for one value.
const MAX_HOPS: usize = 16;

/// Formatted, with two spaces a level; `{}` in two lines where a schema asks for nothing.
pub(super) fn of(schema: &Value) -> String {
    let mut maker = Maker { root: schema, left: MAX_VALUES };
    let object = match maker.value(schema, 0) {
        Value::Object(map) if !map.is_empty() => Value::Object(map),
        _ => return "{\n  \n}".to_owned(),
    };
    serde_json::to_string_pretty(&object).unwrap_or_else(|_| "{\n  \n}".to_owned())
}

struct Maker<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Maker<'a> {
    fn value(&mut self, schema: &'a Value, depth: usize) -> Value {
        self.left = self.left.saturating_sub(1);
        let schema = self.resolved(schema);
        for given in ["const", "default"] {
            if let Some(value) = schema.get(given) {
                return value.clone();
            }
        }
        let first =
            |name: &str| schema.get(name).and_then(Value::as_array).and_then(|all| all.first());
        if let Some(value) = first("enum") {
            return value.clone();
        }
        if schema.get("type").is_none() && schema.get("properties").is_none() {
            for choice in ["oneOf", "anyOf", "allOf"] {
                if let Some(schema) = first(choice).filter(|_| depth < MAX_DEPTH) {
                    return self.value(schema, depth + 1);
                }
            }
        }
        match kind(schema) {
            "object" if depth < MAX_DEPTH => self.object(schema, depth),
            "object" => Value::Object(Map::new()),
            "array" => self.array(schema, depth),
            "string" => Value::from(""),
            "number" | "integer" => number(schema),
            "boolean" => Value::from(false),
            _ => Value::Null,
        }
    }

    /// What is required comes first; what is not is left out below the root.
    fn object(&mut self, schema: &'a Value, depth: usize) -> Value {
        let mut out = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        for name in &required {
            if self.left == 0 {
                break;
            }
            let property = properties.and_then(|all| all.get(*name)).unwrap_or(&Value::Null);
            out.insert((*name).to_owned(), self.value(property, depth + 1));
        }
        let others = properties.into_iter().flatten();
        for (name, property) in others.filter(|(name, _)| !required.contains(&name.as_str())) {
            if depth > 0 || self.left == 0 {
                break;
            }
            out.insert(name.clone(), self.value(property, depth + 1));
        }
        Value::Object(out)
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> Value {
        let wanted = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let mut items = Vec::new();
        if let Some(item) = schema.get("items").filter(|_| depth < MAX_DEPTH) {
            while (items.len() as u64) < wanted && self.left > 0 {
                items.push(self.value(item, depth + 1));
            }
        }
        Value::Array(items)
    }

    /// Follows references within the schema; what leads elsewhere stands for anything.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut at = schema;
        for _ in 0..MAX_HOPS {
            let Some(to) = at.get("$ref").and_then(Value::as_str) else { return at };
            match to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
                Some(next) => at = next,
                None => return &Value::Null,
            }
        }
        &Value::Null
    }
}

/// The first type that is named, else what the keywords speak of.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ if schema.get("properties").is_some() || schema.get("required").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "",
    }
}

/// Zero, or the least number that is allowed where zero is not.
fn number(schema: &Value) -> Value {
    let least =
        schema.get("minimum").filter(|least| least.as_f64().is_some_and(|least| least > 0.0));
    least.cloned().unwrap_or_else(|| Value::from(0))
}
