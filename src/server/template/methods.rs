//! The methods of texts, lists and objects that templates are known to call.

use serde_json::{Map, Value};

use super::fill::{equal, shown};

/// What the method gives; the error says what is not known or does not fit.
pub(super) fn call(value: Value, method: &str, arguments: &[Value]) -> Result<Value, String> {
    match (value, method, arguments) {
        (value, "toString", []) => Ok(shown(&value).into()),
        (value, "equals", [other]) => Ok(equal(&value, other).into()),
        (Value::String(text), method, arguments) => of_text(&text, method, arguments),
        (Value::Array(items), method, arguments) => of_list(items, method, arguments),
        (Value::Object(fields), method, arguments) => of_object(fields, method, arguments),
        (value, method, _) => Err(format!("{method}() is not known of {}", shown(&value))),
    }
}

fn of_text(text: &str, method: &str, arguments: &[Value]) -> Result<Value, String> {
    let chars = || text.chars().count();
    Ok(match (method, arguments) {
        ("length", []) => chars().into(),
        ("isEmpty", []) => text.is_empty().into(),
        ("isBlank", []) => text.trim().is_empty().into(),
        ("trim", []) => text.trim().into(),
        ("toUpperCase", []) => text.to_uppercase().into(),
        ("toLowerCase", []) => text.to_lowercase().into(),
        ("contains", [part]) => text.contains(&shown(part)).into(),
        ("startsWith", [part]) => text.starts_with(&shown(part)).into(),
        ("endsWith", [part]) => text.ends_with(&shown(part)).into(),
        ("equalsIgnoreCase", [other]) => {
            (text.to_lowercase() == shown(other).to_lowercase()).into()
        }
        ("replace", [from, to]) => {
            let (from, to) = (shown(from), shown(to));
            let grown = text.matches(&from).count().saturating_mul(to.len());
            if grown > 1 << 20 {
                return Err("replace() makes a text that is too large".to_owned());
            }
            text.replace(&from, &to).into()
        }
        ("substring", [start]) => part(text, start, &chars().into())?,
        ("substring", [start, end]) => part(text, start, end)?,
        ("split", [separator]) => {
            let separator = shown(separator);
            let parts: Vec<Value> = if separator.is_empty() {
                text.chars().map(|c| c.to_string().into()).collect()
            } else {
                text.split(&separator).map(Value::from).collect()
            };
            Value::Array(parts)
        }
        _ => return Err(format!("{method}() is not known of a text")),
    })
}

fn part(text: &str, start: &Value, end: &Value) -> Result<Value, String> {
    let place = |value: &Value| value.as_u64().and_then(|place| usize::try_from(place).ok());
    match (place(start), place(end)) {
        (Some(start), Some(end)) if start <= end && end <= text.chars().count() => {
            Ok(text.chars().skip(start).take(end - start).collect::<String>().into())
        }
        _ => Err(format!("substring({start}, {end}) is not inside of the text")),
    }
}

fn of_list(items: Vec<Value>, method: &str, arguments: &[Value]) -> Result<Value, String> {
    Ok(match (method, arguments) {
        ("size", []) => items.len().into(),
        ("isEmpty", []) => items.is_empty().into(),
        ("contains", [item]) => items.iter().any(|found| equal(found, item)).into(),
        ("get", [index]) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| items.into_iter().nth(index)).unwrap_or(Value::Null)
        }
        _ => return Err(format!("{method}() is not known of a list")),
    })
}

fn of_object(
    mut fields: Map<String, Value>,
    method: &str,
    arguments: &[Value],
) -> Result<Value, String> {
    Ok(match (method, arguments) {
        ("size", []) => fields.len().into(),
        ("isEmpty", []) => fields.is_empty().into(),
        ("containsKey", [key]) => fields.contains_key(&shown(key)).into(),
        ("get", [key]) => fields.shift_remove(&shown(key)).unwrap_or(Value::Null),
        ("getOrDefault", [key, other]) => {
            fields.shift_remove(&shown(key)).unwrap_or_else(|| other.clone())
        }
        ("keySet", []) => fields.into_iter().map(|(key, _)| Value::from(key)).collect(),
        ("values", []) => fields.into_iter().map(|(_, value)| value).collect(),
        ("entrySet", []) => {
            let entry = |(key, value): (String, Value)| {
                let entry = [("key".to_owned(), key.into()), ("value".to_owned(), value)];
                Value::Object(Map::from_iter(entry))
            };
            fields.into_iter().map(entry).collect()
        }
        _ => return Err(format!("{method}() is not known of an object")),
    })
}
