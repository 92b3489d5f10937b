//! Tools as agents call them: on a real store, against programs and servers that behave and that do not.

mod commands;
mod files;
mod web;

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::api::{Agent, Session, Timestamp};
use crate::server::reading;
use crate::server::store::secrets::SecretChanges;
use crate::server::store::{agents, artifacts, sessions};

/// A session in a store of its own.
pub(super) struct Desk {
    pub(super) dir: TempDir,
    pub(super) at: Workplace,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let agent: Agent = serde_json::from_value(json!({
            "key": "a", "name": "A", "tool_configurations": {}, "model": {"name": "m"}, "enabled": true,
        }))
        .unwrap();
        let session: Session = serde_json::from_value(json!({
            "key": "s", "agent_key": "a", "name": "S", "enabled": true, "tti_minutes": 0,
            "created_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let vault = store.write(move |db| {
            assert!(agents::insert(db, &agent)?.is_ok());
            Ok(sessions::insert(db, &session, &SecretChanges::new())?.unwrap())
        });
        let vault = vault.await.unwrap();
        let clock = Clock::scripted(Timestamp::from_second(1_800_000_000).unwrap());
        let at = Workplace { store, vault, ids: Arc::new(Ids::seeded(1)), clock };
        Self { dir, at }
    }

    /// Stores a file; its id.
    pub(super) async fn file(&self, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        let new = artifact::New {
            filename: name,
            mime_type: None,
            description: None,
            bytes: bytes.into(),
        };
        artifact::keep(&self.at, new).await.unwrap().id.to_string()
    }

    pub(super) async fn bytes(&self, id: &str) -> Vec<u8> {
        let (vault, id) = (self.at.vault.clone(), id.into());
        let found = self.at.store.read(move |db| artifacts::get(db, &vault, &id));
        found.await.unwrap().unwrap().1
    }

    pub(super) async fn run(&self, tools: &Tools, tool: Value, arguments: Value) -> Done {
        self.call(tools, "tool", tool, arguments).await
    }

    pub(super) async fn call(
        &self,
        tools: &Tools,
        name: &str,
        tool: Value,
        arguments: Value,
    ) -> Done {
        let configuration = configuration(tool);
        let arguments = arguments.as_object().unwrap().clone();
        let call = ToolCall { name, configuration: &configuration, arguments };
        tools.run(&self.at, call, &|_| ()).await
    }
}

pub(super) fn configuration(tool: Value) -> ToolConfiguration {
    serde_json::from_value(tool).unwrap()
}

pub(super) fn kind(kind: &str) -> Value {
    json!({"type": kind})
}

/// Tools as a file has them.
pub(super) fn configured(toml: &str, base: &Path) -> Tools {
    let read = reading::read(toml, |file, whole| file::read_with(file, whole, base, &|_| None));
    read.unwrap()
}

/// The error of a call that must have failed so.
pub(super) fn why(done: &Done, failure: &str) -> String {
    assert_eq!(done.failure, Some(failure), "{:?}", done.output);
    done.output["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_this_server_lacks_is_told_and_can_be_mapped() {
    let desk = Desk::new().await;
    let tools = Tools::default();
    for (kind, lacks) in [
        ("corpora_search", "no corpora"),
        ("web_search", "no search engine"),
        ("lambda", "no functions"),
        ("dynamic_vectara", "none of the tools"),
        ("reference", "no tool configurations"),
        ("from_the_future", "no tools of that type"),
    ] {
        let why =
            why(&desk.run(&tools, self::kind(kind), json!({})).await, "invalid_configuration");
        assert!(why.contains(lacks) && why.contains("[tools.command.NAME]"), "{why}");
        let offer = tools.offer("tool", &configuration(self::kind(kind))).unwrap();
        assert!(offer.description.contains(lacks), "{}", offer.description);
    }
    let off = why(
        &desk.run(&tools, self::kind("web_get"), json!({"url": "http://a"})).await,
        "invalid_configuration",
    );
    assert!(off.contains("[tools.web_get]"), "{off}");
    let mcp = json!({"type": "mcp", "tool_id": "tol_mcp_a_b"});
    assert!(
        why(&desk.run(&tools, mcp, json!({})).await, "invalid_configuration")
            .contains("[mcp.NAME]")
    );
    for kind in ["client", "sub_agent"] {
        assert_eq!(tools.offer("tool", &configuration(self::kind(kind))), None);
    }
}

#[tokio::test]
async fn a_tool_that_needs_jq_is_not_run_without_it() {
    let desk = Desk::new().await;
    for name in ["input_transform", "output_transform"] {
        let tool = json!({"type": "artifact_create", name: ".args"});
        let done =
            desk.run(&Tools::default(), tool, json!({"filename": "a", "content": "b"})).await;
        assert!(why(&done, "invalid_configuration").contains(&format!("no jq, which {name}")));
    }
    let (at, vault) = (&desk.at, desk.at.vault.clone());
    assert_eq!(at.store.read(move |db| artifacts::weight(db, vault.row)).await.unwrap().0, 0);
    let tool = json!({"type": "artifact_create", "output_transform": ""});
    let done = desk.run(&Tools::default(), tool, json!({"filename": "a", "content": "b"})).await;
    assert_eq!(done.failure, None);
}

#[tokio::test]
async fn a_large_output_becomes_a_file_that_says_where_it_is_or_is_cut() {
    let desk = Desk::new().await;
    let agent = |mode: &str| -> Agent {
        serde_json::from_value(json!({
            "key": "a", "name": "A",
            "tool_configurations": {"look": {"type": "artifact_read"}},
            "tool_output_offloading": {"mode": mode},
        }))
        .unwrap()
    };
    let object = |value: Value| value.as_object().unwrap().clone();
    let apply = async |mode: &str, kind: &str, output: &Value| {
        let settings = offload::Offloading::of(&agent(mode));
        offload::apply(&desk.at, &settings, 8_000, 0, "fetch", kind, object(output.clone())).await
    };
    let text = "a line of text\n".repeat(2_000);
    let large = json!({"url": "http://a", "content": text});
    let kept = apply("artifact", "web_get", &large).await;
    let id = kept["offloaded"]["artifact_id"].as_str().unwrap();
    assert_eq!(desk.bytes(id).await, text.as_bytes());
    assert_eq!((&kept["url"], &kept["offloaded"]["lines"]), (&json!("http://a"), &json!(2_001)));
    assert!(kept["offloaded"]["hint"].as_str().unwrap().contains("with look"));
    assert!(serde_json::to_string(&kept).unwrap().len() < 4_096);
    let rows = json!({"rows": vec![json!({"id": 1, "name": "one"}); 1_000]});
    let kept = apply("artifact", "lambda", &rows).await;
    let id = kept["offloaded"]["artifact_id"].as_str().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&desk.bytes(id).await).unwrap(), rows);
    assert_eq!(kept["offloaded"]["shape"]["rows"], "array of 1000");
    for (mode, kind) in [("truncate", "web_get"), ("artifact", "artifact_read")] {
        let cut = apply(mode, kind, &large).await;
        let json = serde_json::to_string(&cut).unwrap();
        assert!(
            json.len() <= 8_000 && json.contains("left out") && !json.contains("offloaded"),
            "{json}"
        );
    }
    let small = json!({"content": "small"});
    assert_eq!(Value::Object(apply("artifact", "web_get", &small).await), small);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        "(art_|https?://|[(]|[-][ABCm]|[\\[*+\\\\]|127.0.0.1|/|[.][.]|\0|[0-9]){0,6}"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const NAMES: [&str; 22] = [
    "artifact_id",
    "filename",
    "content",
    "encoding",
    "start_line",
    "end_line",
    "start_byte",
    "end_byte",
    "pattern",
    "grep_options",
    "detail",
    "output_format",
    "document_id",
    "corpus_key",
    "url",
    "method",
    "headers",
    "body",
    "auth",
    "head_lines",
    "mime_type",
    "description",
];

const KINDS: [&str; 8] = [
    "artifact_create",
    "artifact_read",
    "artifact_grep",
    "image_read",
    "document_conversion",
    "get_document_text",
    "web_get",
    "lambda",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_arguments_whatsoever_give_an_output_within_bounds(
        calls in prop::collection::vec(
            (prop::sample::select(&KINDS[..]),
             prop::collection::btree_map(prop::sample::select(&NAMES[..]), any_json(), 0..8)),
            1..12,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new().await;
            let there = desk.file("there.txt", "one\ntwo\n").await;
            // Nothing that the calls name is allowed, so that nobody is asked.
            let tools = configured(
                "[tools]\noutput_bytes = 4096\n[tools.web_get]\nallow = [\"host.invalid\"]",
                desk.dir.path(),
            );
            for (kind, arguments) in calls {
                let mut arguments: Object =
                    arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                if !arguments.contains_key("artifact_id") {
                    arguments.insert("artifact_id".to_owned(), there.as_str().into());
                }
                let done = desk.run(&tools, self::kind(kind), Value::Object(arguments)).await;
                let json = serde_json::to_string(&done.output).unwrap();
                assert!(json.len() <= 4_096, "{} bytes of {kind}", json.len());
                assert_eq!(done.failure.is_some(), done.output.contains_key("error"), "{json}");
            }
        });
    }
}
