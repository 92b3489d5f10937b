//! Bundles: what is in them, that it is the same each time, and what is refused.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::*;

fn session(metadata: &Value) -> Session {
    serde_json::from_value(json!({"key": "s", "agent_key": "a", "name": "S", "enabled": true,
        "created_at": "2026-05-03T14:00:00.000Z", "metadata": metadata,
        "secrets": {"db": "planted-by-session"}}))
    .unwrap()
}

/// Every way in which a secret may come along.
fn planted() -> Material {
    let events: Vec<crate::api::Event> = [
        json!({"id": "aev_1", "type": "tool_input", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "t", "tool_input": {"q": 1, "auth": {"key": "planted-path"}},
            "argument_override_paths": ["auth.key"]}),
        json!({"id": "aev_2", "type": "tool_output", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "t", "error": true,
            "tool_output": {"echo": "you sent planted-override and planted-resolved"},
            "resolved_argument_overrides": {"auth.key": "planted-resolved", "masked": "****"}}),
        json!({"id": "aev_3", "type": "agent_output",
            "content": "the key is zut_plantedplanted0123 and password=planted-prose"}),
        json!({"id": "aev_4", "type": "client_tool_pending", "pending_calls": [
            {"event_id": "aev_1", "tool_configuration_name": "t", "tool_name": "t",
             "arguments": {"token": "planted-final"}}]}),
    ]
    .into_iter()
    .map(|event| serde_json::from_value(event).unwrap())
    .collect();
    let agent = json!({"key": "a", "name": "A", "tool_configurations": {"t": {"type": "client",
        "tool_id": "tol_1", "argument_override": {"auth": "planted-override",
        "ref": {"$ref": "secrets.db"}}}}});
    let trace = serde_json::from_value(json!({"trace_id": "t1", "api_key": "planted-trace"}));
    Material {
        session: session(&json!({"stripe_secret_key": "planted-metadata", "tier": "gold"})),
        events: Exported::all(events, None),
        agent: serde_json::from_value(agent).ok(),
        tools: Vec::new(),
        files: Vec::new(),
        traces: vec![(trace.unwrap(), Vec::new())],
        missing: vec![Missing { what: "tools".into(), why: "the key may not read them".into() }],
    }
}

fn packed(material: &Material) -> Vec<u8> {
    let mut out = Vec::new();
    pack(material, &mut out).unwrap();
    out
}

fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn no_planted_secret_is_in_it_and_where_each_was_is_told() {
    let material = planted();
    let mut out = Vec::new();
    let manifest = pack(&material, &mut out).unwrap();
    let text = String::from_utf8_lossy(&plain(&out)).into_owned();
    assert!(!text.contains("planted"), "{}", &text[text.find("planted").unwrap() - 200..]);
    for kept in ["gold", "secrets.db", "you sent [redacted] and [redacted]", "aev_2"] {
        assert!(text.contains(kept), "{kept}");
    }
    let told = |file: &str, line: Option<usize>, path: &str| {
        let is_it = |it: &&Redacted| it.file == file && it.line == line && it.path == path;
        assert!(manifest.redacted.iter().any(|it| is_it(&it)), "{file} {line:?} {path}");
    };
    told(SESSION, Some(1), ".session.metadata.stripe_secret_key");
    told(SESSION, Some(2), ".tool_input.auth.key");
    told("agent.json", None, ".tool_configurations.t.argument_override.auth");
    assert_eq!(manifest.missing, material.missing);
    assert!(manifest.words().ends_with("without tools"), "{}", manifest.words());
}

#[test]
fn the_same_session_gives_the_same_bytes_and_comes_back() {
    let (one, two) = (packed(&planted()), packed(&planted()));
    assert_eq!(one, two);
    let mut lines = Vec::new();
    let manifest = unpack(one.as_slice(), &mut lines).unwrap();
    assert_eq!((manifest.session.as_str(), manifest.events), ("a/s", 4));
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 5);
    assert!(lines.starts_with(r#"{"session":{"#), "{lines}");
    let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [SESSION, "agent.json", "traces.jsonl", "files.json", "errors.jsonl", "README.txt"]
    );
}

/// The archive with other contents for its files; none leaves one out.
fn tampered(change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let bytes = plain(&packed(&planted()));
    let mut archive = tar::Archive::new(bytes.as_slice());
    let gzip = GzBuilder::new().write(Vec::new(), Compression::default());
    let mut out = tar::Builder::new(gzip);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let Some(content) = change(&path, content) else { continue };
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        out.append_data(&mut header, path, content.as_slice()).unwrap();
    }
    out.into_inner().unwrap().finish().unwrap()
}

#[test]
fn what_was_changed_on_its_way_is_refused() {
    let refused = |bytes: &[u8]| unpack(bytes, &mut Vec::new()).unwrap_err().to_string();
    let other = tampered(|name, content| {
        let session = name.ends_with(SESSION);
        Some(if session { [content, b"{}\n".to_vec()].concat() } else { content })
    });
    assert!(
        refused(&other).contains("session.jsonl is not as it was packed"),
        "{}",
        refused(&other)
    );
    let without = tampered(|name, content| (!name.ends_with("agent.json")).then_some(content));
    assert!(refused(&without).contains("agent.json is missing"));
    let unnamed = tampered(|name, content| {
        let text = String::from_utf8_lossy(&content).replace("README.txt", "README.md");
        Some(if name.ends_with(MANIFEST) { text.into_bytes() } else { content })
    });
    assert!(refused(&unnamed).contains("README.txt does not belong there"));
    let newer = tampered(|_, content| {
        let text = String::from_utf8_lossy(&content).into_owned();
        Some(text.replace(r#""foretop_bundle": 1"#, r#""foretop_bundle": 2"#).into_bytes())
    });
    assert!(refused(&newer).contains("newer foretop"), "{}", refused(&newer));
    for none in [&b""[..], b"hello", &packed(&planted())[..60]] {
        let words = refused(none);
        assert!(words.contains("no bundle") || words.contains("cannot be unpacked"), "{words}");
    }
    let cut = packed(&planted());
    assert!(unpack(&cut[..cut.len() - 40], &mut Vec::new()).is_err());
}
