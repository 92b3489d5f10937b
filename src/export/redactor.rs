//! What is taken out of what leaves for a stranger: more than of an export, which its reader knows.
//!
//! Three nets, one behind the other: where a value came from (overrides, secrets, arguments of calls that
//! wait), what its name tells, and what it looks like. Start with [`Redactor::knowing`]. The invariant: a
//! value that was caught by where it came from is caught wherever else it is repeated.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::model::masking::{MASK, dotted, reach};
use crate::text::json::{Index, Json, Kind, Name, NodeId, decode, replaced};
use crate::text::redact::{self, REDACTED};

/// Members whose values were filled by configuration, or may be.
const FILLED: [&str; 3] = ["argument_override", "resolved_argument_overrides", "secrets"];
/// Lists of calls whose `arguments` are final, with secrets in clear.
const FINAL: [&str; 2] = ["pending_calls", "client_tool_calls"];
/// Parts of names whose texts are taken for secrets.
const TELLING: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "token",
    "authorization",
    "credential",
    "cookie",
    "signature",
];
/// A shorter text may stand anywhere for anything.
const SHORTEST_KNOWN: usize = 6;

pub(super) struct Redactor {
    /// Values that are secret wherever they are; the longest first, because one may hold another.
    known: Vec<String>,
}

/// A text that was cleaned, and the paths at which something was taken out.
pub(super) struct Clean {
    pub(super) text: String,
    pub(super) paths: Vec<String>,
}

impl Redactor {
    /// Learns from all that leaves which values are secret.
    pub(super) fn knowing<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = BTreeSet::new();
        for text in texts {
            let index = Index::of(text);
            let json = Json::new(text, &index);
            let values = masked(json).into_iter().filter_map(|node| json.inner(node));
            let values = values.map(|inner| decode(inner).into_owned());
            known.extend(values.filter(|value| value.chars().count() >= SHORTEST_KNOWN));
        }
        let mut known: Vec<String> = known.into_iter().collect();
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { known }
    }

    /// A JSON text without them.
    pub(super) fn clean(&self, text: &str) -> Clean {
        let index = Index::of(text);
        let json = Json::new(text, &index);
        let masked = masked(json);
        let mut told = vec![false; index.node_count()];
        let mut paths = Vec::new();
        let clean = replaced(text, json, |node| {
            let above = json.parent(node).is_some_and(|parent| told[parent.number()]);
            told[node.number()] =
                above || matches!(json.name(node), Name::Key(key) if is_telling(&key));
            let other = if masked.contains(&node) {
                Some(Value::from(MASK).to_string())
            } else {
                self.instead(json, node, told[node.number()])
            };
            if other.is_some() {
                paths.push(self.text(&json.path(node)));
            }
            other
        });
        Clean { text: clean.unwrap_or_else(|| text.to_owned()), paths }
    }

    fn instead(&self, json: Json<'_>, node: NodeId, told: bool) -> Option<String> {
        match json.kind(node) {
            Kind::String => {
                let held = decode(json.inner(node).unwrap_or_default());
                let is_shown = held.bytes().any(|byte| byte != b'*') && held != REDACTED;
                let clean = if told && is_shown { REDACTED.to_owned() } else { self.text(&held) };
                (clean != held).then(|| Value::from(clean).to_string())
            }
            // What is no JSON is a text.
            Kind::Beyond | Kind::Broken => {
                let held = json.raw(node);
                Some(self.text(held)).filter(|clean| clean != held)
            }
            _ => None,
        }
    }

    /// A text without what is known to be secret, and without what looks like a key.
    pub(super) fn text(&self, text: &str) -> String {
        let mut clean = redact::line(text).into_owned();
        for known in &self.known {
            if clean.contains(known.as_str()) {
                clean = clean.replace(known.as_str(), REDACTED);
            }
        }
        clean
    }
}

/// The values that are secret by where they came from.
fn masked(json: Json<'_>) -> HashSet<NodeId> {
    let mut within = HashSet::new();
    let named = |node: NodeId, names: &[&str]| matches!(json.name(node), Name::Key(key) if names.contains(&&*key));
    for node in json.nodes() {
        let above = |steps: usize| (0..steps).try_fold(node, |at, _| json.parent(at));
        let is_final =
            named(node, &["arguments"]) && above(2).is_some_and(|list| named(list, &FINAL));
        if named(node, &FILLED) || is_final {
            within.insert(node);
        }
        if named(node, &["argument_override_paths"])
            && let Some(event) = json.parent(node)
            && let Some(input) = json.member(event, "tool_input")
        {
            for path in json.children(node).filter_map(|path| json.inner(path)) {
                reach(json, input, &dotted(&decode(path)), &mut within);
            }
        }
    }
    // In a reference stands where the secret is, and not the secret.
    let is_reference = |node: NodeId| named(node, &["$ref"]);
    let mut all = HashSet::new();
    for node in within {
        let mut at = node.number();
        let end = json.end(node).number();
        while at < end {
            let leaf = NodeId::numbered(at);
            at += 1;
            let is_value = match json.kind(leaf) {
                Kind::String => {
                    json.inner(leaf).is_some_and(|text| text.bytes().any(|b| b != b'*'))
                }
                Kind::Number | Kind::Broken | Kind::Beyond => true,
                Kind::Object | Kind::Array | Kind::Boolean | Kind::Null => false,
            };
            if is_value && !is_reference(leaf) {
                all.insert(leaf);
            }
        }
    }
    all
}

fn is_telling(name: &str) -> bool {
    let bare: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    TELLING.iter().any(|part| bare.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> (String, Vec<String>) {
        let Clean { text, paths } = Redactor::knowing([text]).clean(text);
        (text, paths)
    }

    #[test]
    fn what_configuration_filled_in_goes_wherever_it_is_repeated() {
        let text = r#"{"argument_override":{"key":"hunter22","ref":{"$ref":"secrets.k"},"n":7},
            "said":"the key is hunter22, as always", "on":true}"#;
        let (shown, paths) = clean(text);
        assert!(!shown.contains("hunter22"), "{shown}");
        assert!(shown.contains(r#""key":"****","ref":{"$ref":"secrets.k"},"n":"****""#), "{shown}");
        assert!(shown.contains("the key is [redacted], as always"), "{shown}");
        assert_eq!(paths, [".argument_override.key", ".argument_override.n", ".said"]);
    }

    #[test]
    fn paths_that_were_overridden_and_final_arguments_go() {
        let call = r#"{"type":"tool_input","argument_override_paths":["auth.key","list[0]"],
            "tool_input":{"auth":{"key":"abcdef","user":"u"},"list":["one","two"],"n":1}}"#;
        let (shown, _) = clean(call);
        assert!(
            shown.contains(r#"{"key":"****","user":"u"},"list":["****","two"],"n":1"#),
            "{shown}"
        );
        let waits = r#"{"pending_calls":[{"tool_name":"t","arguments":{"a":"in clear"}}]}"#;
        assert_eq!(clean(waits).0, waits.replace("in clear", "****"));
    }

    #[test]
    fn telling_names_and_key_like_texts_go_and_numbers_stay() {
        let text = r#"{"metadata":{"stripe_api_key":"x1","db":{"Passwords":["p1","p2"]},
            "total_tokens":5,"note":"zut_0123456789abcdef"},"secret_count":2,"token":"****"}"#;
        let (shown, paths) = clean(text);
        for secret in ["x1", "p1", "p2", "zut_"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains(r#""total_tokens":5"#) && shown.contains(r#""token":"****""#));
        assert_eq!(paths.len(), 4);
        assert_eq!(clean(&shown).1, [] as [&str; 0], "once is enough");
    }
}
