//! What providers want back of a model's thoughts when its calls are answered: stubs that refuse a turn
//! without it, as the real ones do.

use std::sync::Arc;

use foretop::api::AgentKey;
use foretop::internals::server::models::{Key, Kind, Limits, ModelSettings, Models};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::conversations::{S, message};
use crate::provider::{Provider, Turn};
use crate::stage::{Stage, kinds};

const SIGNATURE: &str = "c2lnbmVkLWJ5LXRoZS1wcm92aWRlcg==";
const CALL: &str = "toolu_0123456789abcdef";

async fn serving(dir: TempDir, provider: &Provider, kind: Kind) -> Stage {
    let new = |name: &str, id: &str| ModelSettings {
        url: provider.url().to_owned(),
        key: Some(Key::new("k")),
        ..ModelSettings::new(name, kind, id)
    };
    let models = Models::new([new("stub", "stub-1"), new("other", "stub-2")]).unwrap();
    let models = Arc::new(models.limited(Limits::default()));
    Stage::with(dir, |options| options.models = models).await
}

/// A session whose agent has one client tool, and reasons as the parameters say.
async fn scene(provider: &Provider, kind: Kind, parameters: Value) -> Stage {
    let stage = serving(tempfile::tempdir().unwrap(), provider, kind).await;
    let tool = json!({"type": "client", "name": "write", "description": "Writes.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}});
    let made = stage.ask("POST", "/v2/tools", Some(tool)).await;
    let agent = json!({"key": "thinker", "name": "Thinker",
        "model": {"name": "stub", "parameters": parameters},
        "tool_configurations": {"write": {"type": "client", "tool_id": made["id"]}}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.session(&AgentKey::from("thinker"), "s").await;
    stage
}

async fn say(stage: &Stage, session: &str, text: &str) -> Value {
    stage.ask("POST", &format!("{session}/events"), Some(message(text))).await
}

async fn answer(stage: &Stage, session: &str) -> Value {
    let path = format!("{session}/outstanding_client_tool_calls");
    let waiting = stage.ask("GET", &path, None).await;
    let calls = waiting["client_tool_calls"].as_array().unwrap().iter();
    let outputs: Vec<_> = calls
        .map(|call| json!({"type": "success", "event_id": call["event_id"], "output": {"ok": 1}}))
        .collect();
    let body = json!({"type": "tool_output", "tool_outputs": outputs});
    stage.ask("POST", &format!("{session}/events"), Some(body)).await
}

async fn restarted(stage: Stage, provider: &Provider, kind: Kind) -> Stage {
    let Stage { server, dir, .. } = stage;
    server.stop().await;
    serving(dir, provider, kind).await
}

fn block(index: u64, start: &Value, deltas: &[Value]) -> Vec<Value> {
    let mut out =
        vec![json!({"type": "content_block_start", "index": index, "content_block": start})];
    let deltas = deltas.iter();
    out.extend(
        deltas.map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
    );
    out.push(json!({"type": "content_block_stop", "index": index}));
    out
}

/// An answer of Anthropic's.
fn anthropic(blocks: &[Vec<Value>], stop: &str) -> Turn {
    let message = json!({"id": "m", "role": "assistant", "content": [],
        "usage": {"input_tokens": 11, "output_tokens": 1}});
    let mut events = vec![json!({"type": "message_start", "message": message})];
    events.extend(blocks.concat());
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop},
        "usage": {"output_tokens": 23}}));
    events.push(json!({"type": "message_stop"}));
    Turn::named(&events)
}

fn anthropic_text(text: &str) -> Turn {
    let delta = json!({"type": "text_delta", "text": text});
    anthropic(&[block(0, &json!({"type": "text", "text": ""}), &[delta])], "end_turn")
}

/// Thinks, has a part of that kept from everybody, and makes two calls.
fn anthropic_call() -> Turn {
    let (begin, end) = SIGNATURE.split_at(7);
    let thinking = block(
        0,
        &json!({"type": "thinking", "thinking": "", "signature": ""}),
        &[
            json!({"type": "thinking_delta", "thinking": "I should "}),
            json!({"type": "thinking_delta", "thinking": "write."}),
            json!({"type": "signature_delta", "signature": begin}),
            json!({"type": "signature_delta", "signature": end}),
        ],
    );
    let redacted = block(1, &json!({"type": "redacted_thinking", "data": "b3BhcXVl"}), &[]);
    let call = |index: u64, id: &str, path: &str| {
        let arguments = json!({"path": path}).to_string();
        let tool = json!({"type": "tool_use", "id": id, "name": "write", "input": {}});
        block(index, &tool, &[json!({"type": "input_json_delta", "partial_json": arguments})])
    };
    let calls = [call(2, CALL, "/a"), call(3, "toolu_fedcba9876543210", "/b")];
    anthropic(&[thinking, redacted, calls.concat()], "tool_use")
}

/// Whether every message with calls begins with the thoughts that came before them.
fn is_signed(question: &Value) -> bool {
    let messages = question["messages"].as_array().unwrap();
    messages.iter().all(|message| {
        let parts = message["content"].as_array().cloned().unwrap_or_default();
        if !parts.iter().any(|part| part["type"] == "tool_use") {
            return true;
        }
        let thinking =
            json!({"type": "thinking", "thinking": "I should write.", "signature": SIGNATURE});
        parts.first() == Some(&thinking)
            && parts.get(1) == Some(&json!({"type": "redacted_thinking", "data": "b3BhcXVl"}))
    })
}

fn has_call(question: &Value) -> bool {
    question.to_string().contains("tool_use")
}

#[tokio::test]
async fn anthropics_thoughts_go_back_signed_also_after_a_restart_and_in_a_fork() {
    let provider = Provider::answering(|question, _| {
        let is_last_call = question["messages"].as_array().unwrap().last().unwrap()["content"]
            .to_string()
            .contains("tool_result");
        match (has_call(question), is_signed(question)) {
            (_, false) => Turn::error(400, "Expected `thinking`, but found `tool_use`"),
            (true, true) if is_last_call => anthropic_text("Written."),
            (true, true) => anthropic_text("You are welcome."),
            (false, _) => anthropic_call(),
        }
    })
    .await;
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let stage = scene(&provider, Kind::Anthropic, thinking).await;
    let reply = say(&stage, S, "write").await;
    let expected = ["input_message", "thinking", "tool_input", "tool_input", "client_tool_pending"];
    assert_eq!(kinds(&reply), expected);
    // Nobody is shown what is nobody's to read.
    let shown = json!(stage.events(S, true).await).to_string();
    assert!(!shown.contains(SIGNATURE) && shown.contains("I should write."), "{shown}");
    let stage = restarted(stage, &provider, Kind::Anthropic).await;
    let fork = json!({"key": "f", "from_session": {"session_key": "s"}});
    stage.ask("POST", "/v2/agents/thinker/sessions", Some(fork)).await;
    // One that has the first of the two calls alone.
    let stored = stage.events(S, false).await;
    let from = json!({"session_key": "s", "include_up_to_event_id": stored[2]["id"]});
    let fork = json!({"key": "g", "from_session": from});
    stage.ask("POST", "/v2/agents/thinker/sessions", Some(fork)).await;
    let forks = ["f", "g"].map(|key| format!("/v2/agents/thinker/sessions/{key}"));
    for session in [S, &*forks[0], &*forks[1]] {
        let reply = answer(&stage, session).await;
        let kinds = kinds(&reply);
        assert_eq!(kinds.last().unwrap(), "agent_output", "{session}: {reply}");
        let reply = say(&stage, session, "thanks").await;
        assert_eq!(reply["events"][1]["content"], "You are welcome.", "{session}");
    }
    let data = std::fs::read(stage.dir.path().join("foretop.db")).unwrap();
    let is_clear = data.windows(SIGNATURE.len()).any(|found| found == SIGNATURE.as_bytes());
    assert!(!is_clear, "it is sealed on disk");
    // Another model cannot read it, and a thought that was hidden is told to none.
    let asked = provider.requests().len();
    let other = json!({"model": {"name": "other"}});
    stage.ask("PATCH", "/v2/agents/thinker", Some(other)).await;
    let provider_says = |at: usize| provider.requests()[at].to_string();
    stage.http("POST", &format!("{S}/events"), Some(message("and?"))).await;
    assert!(!provider_says(asked).contains(SIGNATURE));
    let same = json!({"model": {"name": "stub"}});
    stage.ask("PATCH", "/v2/agents/thinker", Some(same)).await;
    let events = stage.events(S, false).await;
    let thought = events.iter().find(|event| event["type"] == "thinking").unwrap();
    let hide = format!("{S}/events/{}/hide", thought["id"].as_str().unwrap());
    stage.ask("POST", &hide, Some(json!({}))).await;
    stage.http("POST", &format!("{S}/events"), Some(message("and?"))).await;
    let told = provider_says(asked + 1);
    assert!(!told.contains(SIGNATURE) && !told.contains("I should write."), "{told}");
}

#[tokio::test]
async fn geminis_signatures_go_back_with_their_calls() {
    let part = |part: Value, finish: Option<&str>| {
        let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": [part]}});
        if let Some(finish) = finish {
            candidate["finishReason"] = json!(finish);
        }
        json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 11,
            "candidatesTokenCount": 23, "totalTokenCount": 34}})
    };
    let provider = Provider::answering(move |question, _| {
        let contents = question["contents"].as_array().unwrap();
        let parts = contents.iter().flat_map(|one| one["parts"].as_array().unwrap());
        let calls: Vec<_> = parts.filter(|part| part.get("functionCall").is_some()).collect();
        match calls[..] {
            [] => {
                let call =
                    |path: &str| json!({"functionCall": {"name": "write", "args": {"path": path}}});
                let mut first = call("/a");
                first["thoughtSignature"] = SIGNATURE.into();
                Turn::events(&[part(first, None), part(call("/b"), Some("STOP"))])
            }
            [first, second]
                if first["thoughtSignature"] == SIGNATURE
                    && second.get("thoughtSignature").is_none() =>
            {
                Turn::events(&[part(json!({"text": "Written."}), Some("STOP"))])
            }
            _ => Turn::error(400, "Function call is missing a thought_signature"),
        }
    })
    .await;
    let stage = scene(&provider, Kind::Gemini, json!({})).await;
    say(&stage, S, "write").await;
    let stage = restarted(stage, &provider, Kind::Gemini).await;
    let reply = answer(&stage, S).await;
    assert_eq!(kinds(&reply), ["tool_output", "tool_output", "agent_output"], "{reply}");
    // Nothing is asked for that a model without thoughts refuses.
    assert!(provider.requests()[0].pointer("/generationConfig/thinkingConfig").is_none());
}

#[tokio::test]
async fn sealed_reasoning_goes_back_where_the_agent_reasons() {
    let completed = |output: Value| {
        json!({"type": "response.completed", "response": {"id": "r", "model": "stub-1",
            "status": "completed", "output": output, "usage": {"input_tokens": 11, "output_tokens": 23,
            "total_tokens": 34}}})
    };
    let provider = Provider::answering(move |question, _| {
        let items = question["input"].as_array().unwrap();
        let of = |kind: &str| items.iter().position(|item| item["type"] == kind);
        match (of("reasoning"), of("function_call")) {
            (None, None) => {
                let call = json!({"type": "function_call", "call_id": CALL, "name": "write",
                    "arguments": "{\"path\":\"/a\"}"});
                let reasoning =
                    json!({"type": "reasoning", "summary": [], "encrypted_content": SIGNATURE});
                Turn::named(&[
                    json!({"type": "response.output_item.done", "output_index": 0, "item": reasoning}),
                    json!({"type": "response.output_item.added", "output_index": 1, "item": call}),
                    json!({"type": "response.output_item.done", "output_index": 1, "item": call}),
                    completed(json!([])),
                ])
            }
            (Some(reasoning), Some(call))
                if reasoning < call && items[reasoning]["encrypted_content"] == SIGNATURE =>
            {
                let delta = json!({"type": "response.output_text.delta", "delta": "Written."});
                Turn::named(&[delta, completed(json!([]))])
            }
            _ => Turn::error(400, "function_call was provided without its required reasoning item"),
        }
    })
    .await;
    let stage = scene(&provider, Kind::OpenAiResponses, json!({"reasoning_effort": "low"})).await;
    say(&stage, S, "write").await;
    let stage = restarted(stage, &provider, Kind::OpenAiResponses).await;
    let reply = answer(&stage, S).await;
    assert_eq!(kinds(&reply), ["tool_output", "agent_output"], "{reply}");
    let first = &provider.requests()[0];
    assert_eq!(first["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(first["reasoning"], json!({"effort": "low"}), "no summary, which many may not have");
    // One that does not reason is asked for nothing of it.
    let plain = json!({"model": {"parameters": {}}});
    stage.ask("PATCH", "/v2/agents/thinker", Some(plain)).await;
    stage.session(&AgentKey::from("thinker"), "plain").await;
    say(&stage, "/v2/agents/thinker/sessions/plain", "write").await;
    let plain = provider.requests().pop().unwrap();
    assert!(plain.get("include").is_none() && plain.get("reasoning").is_none(), "{plain}");
}
