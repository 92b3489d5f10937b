//! Arguments that an agent's configuration supplies to its tools: literals, and references to
//! session metadata and secrets (contract section 8.2).
//!
//! The model never sees them. Their paths are frozen in the `tool_input`, their values are merged
//! into what a client is handed. The invariant: a secret's value leaves through [`Resolved::merged`]
//! and nowhere else.

use std::fmt;

use serde_json::Value;

use crate::api::{Agent, Object, Session};
use crate::server::error::ApiError;
use crate::server::store::secrets::{MASK, Secrets};

/// What references can point at.
pub(super) struct Bindings<'a> {
    pub(super) metadata: &'a Object,
    pub(super) session_secrets: &'a Secrets,
    pub(super) agent_secrets: &'a Secrets,
}

/// A configured argument, ready to be used.
#[derive(Clone, PartialEq)]
struct Argument {
    path: Vec<String>,
    value: Value,
    shown: Value,
}

/// The configured arguments of one tool.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Resolved(Vec<Argument>);

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resolved").field(&self.paths()).finish()
    }
}

/// A reference that points at nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) path: String,
    pub(super) reference: String,
}

impl Resolved {
    /// Dotted paths of the leaves, in the order of the configuration.
    pub(super) fn paths(&self) -> Vec<String> {
        self.0.iter().map(|argument| argument.path.join(".")).collect()
    }

    /// The model's arguments with the configured ones put over them.
    pub(super) fn merged(&self, arguments: &Object) -> Object {
        let mut out = arguments.clone();
        for argument in &self.0 {
            put(&mut out, &argument.path, argument.value.clone());
        }
        out
    }

    /// Path to the value used, with secrets masked; `None` where nothing was configured.
    pub(super) fn shown(&self) -> Option<Object> {
        let values =
            self.0.iter().map(|argument| (argument.path.join("."), argument.shown.clone()));
        (!self.0.is_empty()).then(|| values.collect())
    }
}

/// Resolves one tool's `argument_override`, or tells every reference that points at nothing.
pub(super) fn resolve(
    overrides: &Object,
    bindings: &Bindings<'_>,
) -> Result<Resolved, Vec<Unresolved>> {
    let mut walk = Walk { bindings, out: Vec::new(), unresolved: Vec::new() };
    walk.object(overrides, &mut Vec::new());
    if walk.unresolved.is_empty() { Ok(Resolved(walk.out)) } else { Err(walk.unresolved) }
}

/// The paths that a configuration supplies, whatever its references point at.
pub(super) fn covered(overrides: &Object) -> Vec<Vec<String>> {
    let none = Secrets::new();
    let bindings =
        Bindings { metadata: &Object::new(), session_secrets: &none, agent_secrets: &none };
    let mut walk = Walk { bindings: &bindings, out: Vec::new(), unresolved: Vec::new() };
    walk.object(overrides, &mut Vec::new());
    walk.out.into_iter().map(|argument| argument.path).collect()
}

struct Walk<'a> {
    bindings: &'a Bindings<'a>,
    out: Vec<Argument>,
    unresolved: Vec<Unresolved>,
}

impl Walk<'_> {
    fn object(&mut self, object: &Object, path: &mut Vec<String>) {
        for (name, value) in object {
            path.push(name.clone());
            match value {
                Value::Object(inner) if !inner.is_empty() && reference(value).is_none() => {
                    self.object(inner, path);
                }
                _ => {
                    let (value, shown) = self.leaf(value, path);
                    self.out.push(Argument { path: path.clone(), value, shown });
                }
            }
            path.pop();
        }
    }

    /// The value itself and how it is shown.
    fn leaf(&mut self, value: &Value, path: &[String]) -> (Value, Value) {
        if let Some(reference) = reference(value) {
            return self.look_up(reference).unwrap_or_else(|| {
                let path = path.join(".");
                self.unresolved.push(Unresolved { path, reference: reference.to_owned() });
                (Value::Null, Value::Null)
            });
        }
        match value {
            Value::Array(items) => {
                let pairs = items.iter().map(|item| self.leaf(item, path));
                let (values, shown): (Vec<_>, Vec<_>) = pairs.unzip();
                (values.into(), shown.into())
            }
            other => (other.clone(), other.clone()),
        }
    }

    fn look_up(&self, reference: &str) -> Option<(Value, Value)> {
        let secret = |secrets: &Secrets, name: &str| {
            secrets.get(name).map(|value| (Value::from(value.as_str()), Value::from(MASK)))
        };
        if let Some(name) = reference.strip_prefix("session.secrets.") {
            secret(self.bindings.session_secrets, name)
        } else if let Some(name) = reference.strip_prefix("agent.secrets.") {
            secret(self.bindings.agent_secrets, name)
        } else {
            let path = reference.strip_prefix("session.metadata.")?;
            let mut names = path.split('.');
            let first = self.bindings.metadata.get(names.next()?)?;
            let found = names.try_fold(first, |value, name| value.get(name))?;
            Some((found.clone(), found.clone()))
        }
    }
}

/// `{"$ref": "…"}` and nothing else beside it.
fn reference(value: &Value) -> Option<&str> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get("$ref")?.as_str()
}

fn put(object: &mut Object, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            object.insert(name.clone(), value);
        }
        [name, rest @ ..] => {
            let inner = object.entry(name.clone()).or_insert_with(|| Object::new().into());
            if !inner.is_object() {
                *inner = Object::new().into();
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Refuses input to an agent whose tools refer to what the session does not have (contract section
/// 1.5, status 422).
pub(super) fn check(
    agent: &Agent,
    session: &Session,
    bindings: &Bindings<'_>,
) -> Result<(), ApiError> {
    let mut messages = Vec::new();
    for (name, tool) in &agent.tool_configurations {
        if !agent.allows_tool(session.current_step_name.as_deref(), name) {
            continue;
        }
        let Some(overrides) = &tool.argument_override else { continue };
        for missing in resolve(overrides, bindings).err().unwrap_or_default() {
            messages.push(format!(
                "tool_configurations.{name}.argument_override.{}: nothing is at {}",
                missing.path, missing.reference
            ));
        }
    }
    if messages.is_empty() { Ok(()) } else { Err(ApiError::unprocessable(messages)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    fn resolve_with(overrides: Value) -> Result<Resolved, Vec<Unresolved>> {
        let secret = |name: &str, value: &str| Secrets::from([(name.into(), value.into())]);
        let (session, agent) = (secret("token", "s3cret"), secret("root", "hunter2"));
        let metadata = object(json!({"user": {"id": 7}, "tier": null}));
        let bindings =
            Bindings { metadata: &metadata, session_secrets: &session, agent_secrets: &agent };
        resolve(&object(overrides), &bindings)
    }

    #[test]
    fn configured_leaves_go_over_the_models_and_leave_the_rest() {
        let resolved = resolve_with(json!({
            "limit": 5,
            "auth": {"token": {"$ref": "session.secrets.token"}, "scheme": "bearer"},
            "user": {"$ref": "session.metadata.user.id"},
            "tier": {"$ref": "session.metadata.tier"},
            "keys": [{"$ref": "agent.secrets.root"}, "plain"]
        }))
        .unwrap();
        let paths = ["limit", "auth.token", "auth.scheme", "user", "tier", "keys"];
        assert_eq!(resolved.paths(), paths);
        let arguments = object(json!({"query": "x", "limit": 99, "auth": {"realm": "a"}}));
        assert_eq!(
            Value::Object(resolved.merged(&arguments)),
            json!({
                "query": "x", "limit": 5, "user": 7, "tier": null,
                "auth": {"realm": "a", "token": "s3cret", "scheme": "bearer"},
                "keys": ["hunter2", "plain"]
            })
        );
        let shown = Value::Object(resolved.shown().unwrap());
        assert_eq!(shown["auth.token"], "****");
        assert_eq!(shown["keys"], json!(["****", "plain"]));
        assert!(!shown.to_string().contains("s3cret") && !shown.to_string().contains("hunter2"));
    }

    #[test]
    fn every_reference_to_nothing_is_told() {
        let missing = resolve_with(json!({
            "a": {"$ref": "session.secrets.other"}, "b": {"c": {"$ref": "session.metadata.user.x"}},
            "d": {"$ref": "environment.HOME"}, "e": 1
        }));
        let paths: Vec<_> = missing.unwrap_err().into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["a", "b.c", "d"]);
    }
}
