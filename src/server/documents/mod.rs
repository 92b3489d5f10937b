//! What agents, client tools and aliases look like once they are accepted (contract section 8).
//!
//! Generous in, strict out: what a client leaves open is filled in, what it gets wrong is refused
//! with the path to it, and what is stored has every field that the schema requires. Pure: no store,
//! no HTTP. Start with [`agent::create`].

pub mod agent;
pub mod alias;
mod fill;
pub mod tool;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Object, Session, Timestamp, exact, time};

/// What is wrong with a document: dotted paths and why.
pub type Problems = BTreeMap<String, String>;

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Client,
    /// It comes with the program: no schema is compiled to look at it at every start, tests do that.
    Program,
}

/// What expressions and templates can see: who acts, the session, and the time. Secrets are none of it.
pub fn context(agent: Value, session: &Session, now: Timestamp) -> Value {
    let session = json!({
        "key": session.key, "name": session.name, "description": session.description,
        "metadata": session.metadata,
    });
    Value::Object(Object::from_iter([
        ("agent".to_owned(), agent),
        ("session".to_owned(), session),
        ("currentDate".to_owned(), time::format(now).into()),
    ]))
}

/// A field that is not there, or `null`, which the contract treats alike.
fn is_absent(object: &Object, field: &str) -> bool {
    object.get(field).is_none_or(Value::is_null)
}

/// An object with the fields of a request that are not `null`.
fn without_nulls(request: Object) -> Object {
    request.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn to_object<T: Serialize>(stored: &T) -> Result<Object, Problems> {
    match serde_json::to_string(stored).and_then(|text| exact::read(&text)) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(problem("body", "is not what this server stores")),
    }
}

/// A document with the fields of a request put over it; `null` clears one, and the `fixed` ones may
/// be repeated but not changed.
fn patched<T: Serialize + DeserializeOwned>(
    old: &T,
    request: Object,
    fixed: &[&str],
) -> Result<T, Problems> {
    let mut body = to_object(old)?;
    for (field, value) in request {
        if fixed.contains(&field.as_str()) {
            if body.get(&field) != Some(&value) {
                return Err(problem(&field, "cannot be changed; leave it out"));
            }
        } else if value.is_null() {
            body.shift_remove(&field);
        } else {
            body.insert(field, value);
        }
    }
    exact::typed_or_where(&Value::Object(body)).map_err(|(path, why)| problem(&path, why))
}

fn problem(field: &str, why: impl Into<String>) -> Problems {
    Problems::from([(field.to_owned(), why.into())])
}
