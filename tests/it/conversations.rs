//! Agents with a model, from the message to the end of the turn, against a provider that plays a script.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use foretop::api::AgentKey;
use foretop::internals::server::models::{Key, Kind, Limits, ModelSettings, Models, Prices};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::provider::{Provider, Step, Turn};
use crate::stage::{Stage, kinds, plain_http};

pub const S: &str = "/v2/agents/thinker/sessions/s";
const KEY: &str = "sk-planted-provider-key";

/// A server whose agents think with the provider, and one agent with one session.
pub struct Scene {
    pub stage: Stage,
    pub provider: Provider,
}

pub fn settings(provider: &Provider) -> ModelSettings {
    let mut settings = ModelSettings::new("stub", Kind::OpenAi, "stub-1");
    provider.url().clone_into(&mut settings.url);
    settings.key = Some(Key::new(KEY));
    settings
}

/// What every agent here begins with.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a literal reads better without a sign before it"
)]
fn agent(more: Value) -> Value {
    let mut agent = json!({
        "key": "thinker", "name": "Thinker", "model": {"name": "stub"},
        "tool_configurations": {},
        "first_step": {"name": "first", "instructions": [
            {"type": "inline", "name": "i", "template": "You are $agent.name in $session.key."}]}
    });
    for (field, value) in more.as_object().unwrap() {
        agent[field] = value.clone();
    }
    agent
}

impl Scene {
    pub async fn with(script: Vec<Turn>, more: Value) -> Self {
        Self::of(Provider::start(script).await, more, |_| {}, Limits::default()).await
    }

    pub async fn of(
        provider: Provider,
        more: Value,
        change: impl FnOnce(&mut ModelSettings),
        limits: Limits,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = settings(&provider);
        change(&mut settings);
        let stage = serving(dir, settings, limits).await;
        let tool = |name: &str| {
            json!({"type": "client", "name": name,
                "description": format!("Does {name}."),
                "input_schema": {"type": "object", "required": ["path"],
                    "properties": {"path": {"type": "string"}, "token": {"type": "string"}}}})
        };
        let made = stage.ask("POST", "/v2/tools", Some(tool("write"))).await;
        let mut agent = agent(more);
        // Tools are named by the id that the server gave them.
        let text = agent.to_string().replace("tol_write", made["id"].as_str().unwrap());
        agent = serde_json::from_str(&text).unwrap();
        stage.ask("POST", "/v2/agents", Some(agent)).await;
        stage.session(&AgentKey::from("thinker"), "s").await;
        Self { stage, provider }
    }

    pub async fn say(&self, text: &str) -> Value {
        self.send(message(text)).await
    }

    pub async fn send(&self, body: Value) -> Value {
        self.stage.ask("POST", &format!("{S}/events"), Some(body)).await
    }

    /// The messages of a question, without what the agent is instructed with.
    pub fn asked(&self, question: usize) -> Vec<Value> {
        let request = &self.provider.requests()[question];
        let messages = request["messages"].as_array().unwrap();
        messages.iter().filter(|message| message["role"] != "system").cloned().collect()
    }

    fn instructions(&self, question: usize) -> String {
        let request = &self.provider.requests()[question];
        request["messages"][0]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// Answers all that waits in a session.
    pub async fn answer(&self, session: &str, output: Value) -> Value {
        let path = format!("{session}/outstanding_client_tool_calls");
        let waiting = self.stage.ask("GET", &path, None).await;
        let calls = waiting["client_tool_calls"].as_array().unwrap();
        assert!(!calls.is_empty(), "nothing waits in {session}");
        let outputs: Vec<_> = calls
            .iter()
            .map(|call| json!({"type": "success", "event_id": call["event_id"], "output": output}))
            .collect();
        let body = json!({"type": "tool_output", "tool_outputs": outputs});
        self.stage.ask("POST", &format!("{session}/events"), Some(body)).await
    }

    /// A message whose turn is followed.
    pub async fn stream(&self, body: Value) -> Stream {
        self.stream_of(S, body).await
    }

    pub async fn stream_of(&self, session: &str, mut body: Value) -> Stream {
        body["stream_response"] = true.into();
        let server = &self.stage.server;
        let request = plain_http().post(format!("{}{session}/events", server.url()));
        let request = request.header("x-api-key", server.token().reveal());
        let request = request.header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 201);
        Stream { response, text: String::new() }
    }

    /// Says something to which the turn answers with an error: its words.
    pub async fn error(&self, text: &str) -> String {
        let text = self.stream(message(text)).await.rest().await;
        let frames = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let mut frames = frames.map(|data| serde_json::from_str::<Value>(data).unwrap());
        let error = frames.find(|frame| frame["type"] == "error");
        let error = error.unwrap_or_else(|| panic!("no error in {text}"));
        assert_eq!(frames.next().unwrap()["type"], "end");
        error["messages"][0].as_str().unwrap().to_owned()
    }

    /// Ends the server, and starts another one on what it left.
    pub async fn restarted(self) -> Self {
        let Self { stage, provider } = self;
        let Stage { server, dir, .. } = stage;
        server.stop().await;
        let stage = serving(dir, settings(&provider), Limits::default()).await;
        Self { stage, provider }
    }

    pub async fn stored(&self) -> Vec<Value> {
        self.stage.events(S, false).await
    }
}

/// What comes of a turn while it goes on.
pub struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    pub async fn until(&mut self, words: &str) {
        while !self.text.contains(words) {
            let chunk = self.response.chunk().await.unwrap();
            let chunk = chunk.unwrap_or_else(|| panic!("no {words} in {}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    pub async fn rest(mut self) -> String {
        while let Some(chunk) = self.response.chunk().await.unwrap() {
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
        self.text
    }
}

/// The first session of the agent that helps.
pub async fn child_of(scene: &Scene) -> String {
    let all = scene.stage.ask("GET", "/v2/agents/helper/sessions", None).await;
    format!("/v2/agents/helper/sessions/{}", all["sessions"][0]["key"].as_str().unwrap())
}

pub async fn serving(dir: TempDir, settings: ModelSettings, limits: Limits) -> Stage {
    let models = Models::new([settings]).unwrap().limited(limits);
    Stage::with(dir, |options| options.models = Arc::new(models)).await
}

pub fn message(text: &str) -> Value {
    json!({"messages": [{"type": "text", "content": text}]})
}

pub fn of_kind(events: &[Value], kind: &str) -> Vec<Value> {
    events.iter().filter(|event| event["type"] == kind).cloned().collect()
}

pub fn events_of(reply: &Value) -> Vec<Value> {
    reply["events"].as_array().unwrap().clone()
}

pub fn write_tool() -> Value {
    json!({"write it": {"type": "client", "tool_id": "tol_write"}})
}

fn skills() -> Value {
    json!({"review": {"description": "Reviews code.", "content": "Check error paths first."}})
}

fn load_skill() -> Turn {
    Turn::calls(&[("invoke_skill", json!({"skill_name": "review"}))])
}

#[tokio::test]
async fn a_model_is_asked_and_its_words_become_the_sessions() {
    let scene = Scene::with(
        vec![Turn::text("Hello there.").in_pieces_of(3), Turn::text("Again.")],
        json!({}),
    )
    .await;
    let reply = scene.say("hi").await;
    assert_eq!(kinds(&reply), ["input_message", "agent_output"]);
    assert_eq!(reply["events"][1]["content"], "Hello there.");
    scene.say("and?").await;
    assert_eq!(scene.instructions(0), "You are Thinker in s.");
    let expected = json!([
        {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello there."},
        {"role": "user", "content": "and?"}
    ]);
    assert_eq!(json!(scene.asked(1)), expected);
    let session = scene.stage.ask("GET", S, None).await;
    let usage = &session["session_context_usage"];
    assert_eq!(
        (&usage["input_tokens"]["count"], &usage["output_tokens"]["count"]),
        (&json!(100), &json!(20))
    );
    assert_eq!((&usage["model"], &usage["session_tokens"]), (&json!("stub"), &json!(240)));
    assert!(usage.get("estimated").is_none());
}

#[tokio::test]
async fn thoughts_and_words_stream_as_they_come() {
    let scene = Scene::with(vec![Turn::thought("I wonder.", "Here it is.")], json!({})).await;
    let text = scene.stream(message("go")).await.rest().await;
    let mut names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("event:")).collect();
    names.dedup();
    let expected = [
        "input_message",
        "streaming_thinking",
        "streaming_thinking_end",
        "thinking",
        "streaming_agent_output",
        "streaming_agent_output_end",
        "context_consumed",
        "end",
    ];
    assert_eq!(names, expected);
    let stored = scene.stored().await;
    assert_eq!(
        (&stored[1]["content"], &stored[2]["content"]),
        (&json!("I wonder."), &json!("Here it is."))
    );
    // Another provider's thoughts are not told to any.
    scene.say("more").await;
    assert!(!json!(scene.asked(1)).to_string().contains("wonder"));
}

#[tokio::test]
async fn calls_of_one_answer_are_made_side_by_side_and_answered_by_whoever_can() {
    let calls = [
        ("write_it", json!({"path": "/a"})),
        ("invoke_skill", json!({"skill_name": "review"})),
        ("write_it", json!({"path": "/b"})),
    ];
    let scene = Scene::with(
        vec![Turn::text_and_calls("I write.", &calls), Turn::text("Done.")],
        json!({"tool_configurations": write_tool(), "skills": skills()}),
    )
    .await;
    let reply = scene.say("write").await;
    let expected = [
        "input_message",
        "agent_output",
        "tool_input",
        "tool_input",
        "tool_input",
        "tool_output",
        "skill_load",
        "client_tool_pending",
    ];
    assert_eq!(kinds(&reply), expected);
    assert_eq!(reply["events"][2]["tool_configuration_name"], "write it");
    let reply = scene.answer(S, json!({"bytes": 3})).await;
    assert_eq!(kinds(&reply), ["tool_output", "tool_output", "agent_output"]);
    let told = scene.asked(1);
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(told[1]["content"], "I write.");
    let asked = told[1]["tool_calls"].as_array().unwrap();
    assert_eq!(asked.len(), 3);
    for (call, answer) in asked.iter().zip(&told[2..5]) {
        assert_eq!((&answer["role"], &call["id"]), (&json!("tool"), &answer["tool_call_id"]));
    }
    assert_eq!(told[2]["content"], r#"{"bytes":3}"#);
    assert!(told[5]["content"].as_str().unwrap().contains("Check error paths first."));
    // Tools are told with their schema, skills with what they are for.
    let tools = &scene.provider.requests()[0]["tools"];
    assert_eq!(tools[0]["function"]["name"], "write_it");
    assert_eq!(tools[0]["function"]["description"], "Does write.");
    assert!(scene.instructions(0).contains("- review: Reviews code."));
}

#[tokio::test]
async fn what_a_configuration_supplies_never_reaches_the_model() {
    let tools = json!({"write it": {"type": "client", "tool_id": "tol_write",
        "argument_override": {"token": {"$ref": "session.secrets.token"}}}});
    let scene = Scene::with(
        vec![Turn::calls(&[("write_it", json!({"path": "/a"}))]), Turn::text("Done.")],
        json!({"tool_configurations": tools}),
    )
    .await;
    let secret = json!({"secrets": {"token": "hunter2-hunter2"}});
    scene.stage.ask("PATCH", S, Some(secret)).await;
    scene.say("write").await;
    let waiting = scene.stage.ask("GET", &format!("{S}/outstanding_client_tool_calls"), None).await;
    assert_eq!(waiting["client_tool_calls"][0]["arguments"]["token"], "hunter2-hunter2");
    scene.answer(S, json!({})).await;
    let requests = json!(scene.provider.requests()).to_string();
    assert!(!requests.contains("hunter2") && !requests.contains("\"token\""), "{requests}");
    let stored = json!(scene.stage.events(S, true).await).to_string();
    assert!(!stored.contains("hunter2") && !stored.contains(KEY));
}

#[tokio::test]
async fn a_call_that_cannot_be_made_is_told_to_the_model_which_mends_it() {
    let scene = Scene::with(
        vec![
            Turn::calls_as(&[("write_it", "{\"path\": ")]),
            Turn::calls(&[("write_it", json!({"path": 7})), ("nonsense", json!({}))]),
            Turn::calls(&[("write_it", json!({"path": "/a"}))]),
        ],
        json!({"tool_configurations": write_tool()}),
    )
    .await;
    let reply = scene.say("write").await;
    let outputs = of_kind(&events_of(&reply), "tool_output");
    let errors: Vec<_> =
        outputs.iter().map(|output| output["tool_output"]["error"].as_str().unwrap()).collect();
    assert_eq!(errors.len(), 3, "{outputs:?}");
    assert!(errors[0].contains("no JSON") && errors[1].contains("arguments.path"), "{errors:?}");
    assert!(errors[2].contains("there is no tool nonsense; there are: write_it"), "{errors:?}");
    assert!(outputs.iter().all(|output| output["error"] == true));
    assert_eq!(kinds(&reply).last().unwrap(), "client_tool_pending");
}

#[tokio::test]
async fn a_model_that_never_mends_its_calls_ends_its_turn() {
    let scene =
        Scene::with((0..9).map(|_| Turn::calls(&[("nonsense", json!({}))])).collect(), json!({}))
            .await;
    let words = scene.error("go").await;
    assert!(words.contains("5 times in a row") && words.contains("nonsense"), "{words}");
    assert_eq!(scene.provider.requests().len(), 5);
}

#[tokio::test]
async fn whoever_steers_is_heard_between_calls_and_whoever_follows_up_afterwards() {
    let told = Arc::new(Notify::new());
    let scene = Scene::with(
        vec![load_skill().once(&told), Turn::text("As you say."), Turn::text("And that.")],
        json!({"skills": skills()}),
    )
    .await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(1).await;
    let with = |text: &str, behavior: &str| {
        let mut body = message(text);
        body["since"] = "start".into();
        body["behavior"] = behavior.into();
        body
    };
    // A stream begins once its message waits for its turn.
    let follow = scene.stream(with("later", "follow_up")).await;
    let steer = scene.stream(with("rather so", "steer")).await;
    told.notify_one();
    let (_, followed) = (turn.rest().await, follow.rest().await);
    let steered = steer.rest().await;
    assert!(steered.contains("rather so") && steered.contains("event:end"), "{steered}");
    assert!(followed.contains("event:end"), "{followed}");
    let users = |question: usize| -> String {
        let all = scene.asked(question);
        json!(all.iter().filter(|message| message["role"] == "user").collect::<Vec<_>>())
            .to_string()
    };
    assert!(users(1).contains("rather so") && !users(1).contains("later"), "{}", users(1));
    assert!(users(2).contains("later"), "{}", users(2));
}

#[tokio::test]
async fn an_interrupt_ends_the_request_and_keeps_what_was_said() {
    let turn = Turn::text("A long story about").after(4, Step::Silence);
    let scene = Scene::with(vec![turn, Turn::text("Short then.")], json!({})).await;
    let mut turn = scene.stream(message("tell")).await;
    turn.until("event:streaming_agent_output\n").await;
    scene.send(json!({"type": "interrupt"})).await;
    scene.provider.left(1).await;
    let text = turn.rest().await;
    assert!(text.contains("event:session_interrupted") && text.contains("event:end"), "{text}");
    let stored = scene.stored().await;
    let said = stored[1]["content"].as_str().unwrap();
    assert!(!said.is_empty() && "A long story about".starts_with(said), "{said}");
    let reply = scene.say("shorter").await;
    assert_eq!(reply["events"][1]["content"], "Short then.");
}

#[tokio::test]
async fn an_answer_that_breaks_off_keeps_what_was_said_and_the_session_goes_on() {
    let broken = Turn::text("One two three four five").after(3, Step::Cut);
    let scene = Scene::with(vec![broken, Turn::text("Whole.")], json!({})).await;
    let words = scene.error("count").await;
    assert!(words.starts_with("UNAVAILABLE: stub: its answer broke off"), "{words}");
    let stored = scene.stored().await;
    let said = stored[1]["content"].as_str().unwrap();
    assert!(!said.is_empty() && "One two three four five".starts_with(said), "{said}");
    let reply = scene.say("again").await;
    assert_eq!(kinds(&reply), ["input_message", "agent_output"]);
}

#[tokio::test]
async fn what_may_succeed_a_moment_later_is_asked_again_where_that_is_wanted() {
    let busy = || Turn::error(429, "slow down").header("retry-after", "0");
    let retry = json!({"model": {"name": "stub", "retry_configuration":
        {"max_retries": 2, "initial_backoff_ms": 100, "max_backoff_ms": 1000}}});
    let scene = Scene::with(vec![busy(), busy(), Turn::text("Now.")], retry).await;
    let reply = scene.say("hi").await;
    assert_eq!(
        kinds(&reply),
        ["input_message", "agent_output"],
        "nothing on the wire but the answer"
    );
    assert_eq!(scene.provider.requests().len(), 3);
    let traces = scene.stage.ask("GET", "/v2/agent_analytics/traces", None).await;
    let id = traces["traces"][0]["trace_id"].as_str().unwrap();
    let spans =
        scene.stage.ask("GET", &format!("/v2/agent_analytics/traces/{id}/spans"), None).await;
    let spans = spans["spans"].as_array().unwrap();
    let chat = spans.iter().find(|span| span["operation"] == "chat").unwrap();
    let attributes = &chat["attributes"];
    assert_eq!(
        (&attributes["retries"], &attributes["retried_for"]),
        (&json!(2), &json!("rate_limited"))
    );
    assert_eq!(attributes["finish_reasons"], json!(["stop"]));
    assert_eq!(
        (&attributes["input_tokens"], &attributes["output_tokens"]),
        (&json!(100), &json!(20))
    );
    assert!(attributes["time_to_first_token_ms"].is_number(), "{attributes}");

    let scene = Scene::with(vec![busy(), Turn::text("Now.")], json!({})).await;
    let words = scene.error("hi").await;
    assert!(words.starts_with("RESOURCE_EXHAUSTED: ") && words.contains("slow down"), "{words}");
}

#[tokio::test]
async fn steps_follow_their_conditions_and_each_has_its_own_instructions() {
    let step = |text: &str| {
        json!({"instructions": [
        {"type": "inline", "name": "i", "template_type": "text", "template": text}]})
    };
    let mut first = step("Classify.");
    first["name"] = "classify".into();
    first["output_parser"] = json!({"type": "structured", "json_schema": {"name": "triage",
        "schema": {"type": "object", "required": ["intent"],
            "properties": {"intent": {"type": "string"}}}}});
    first["next_steps"] = json!([
        {"condition": "get('$.output.intent') == 'billing'", "step_name": "billing"},
        {"step_name": "other"}]);
    let mut billing = step("Be exact.");
    billing["reentry_step"] = "other".into();
    let steps = json!({"billing": billing, "other": step("Be kind.")});
    let scene = Scene::with(
        vec![
            Turn::text(r#"{"intent":"billing"}"#),
            Turn::text("17 is late."),
            Turn::text("Hello."),
        ],
        json!({"first_step": first, "first_step_name": "classify", "steps": steps}),
    )
    .await;
    let reply = scene.say("which are late?").await;
    let expected = ["input_message", "structured_output", "step_transition", "agent_output"];
    assert_eq!(kinds(&reply), expected);
    assert_eq!(reply["events"][1]["content"], json!({"intent": "billing"}));
    assert_eq!(
        (scene.instructions(0), scene.instructions(1)),
        ("Classify.".into(), "Be exact.".into())
    );
    assert_eq!(scene.asked(1).last().unwrap()["content"], "Continue with the billing step.");
    scene.say("thanks").await;
    assert_eq!(scene.instructions(2), "Be kind.", "the step for the next message");
    let session = scene.stage.ask("GET", S, None).await;
    assert_eq!(session["current_step_name"], "other");
}

#[tokio::test]
async fn an_answer_without_its_shape_is_asked_for_once_more() {
    let parser = json!({"type": "structured", "json_schema": {"name": "n",
        "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}});
    let first = json!({"name": "first", "instructions": [], "output_parser": parser});
    let wrong = || Turn::text(r#"{"n":"one"}"#);
    let right = Turn::text(r#"{"n":1}"#);
    let scene =
        Scene::with(vec![wrong(), right, wrong(), wrong()], json!({"first_step": first})).await;
    let reply = scene.say("count").await;
    assert_eq!(kinds(&reply), ["input_message", "structured_output"]);
    let told = scene.asked(1);
    assert!(told[2]["content"].as_str().unwrap().contains("answer.n"), "{told:?}");
    let words = scene.error("again").await;
    assert!(words.contains("does not fit the schema n, nor did the one before"), "{words}");
    let format = &scene.provider.requests()[0]["response_format"];
    assert_eq!(format["type"], "json_schema");
}

#[tokio::test]
async fn a_full_context_is_summed_up_by_the_model_in_the_middle_of_its_task() {
    let script = vec![
        Turn::text("First answer.").used(700, 20),
        load_skill().used(900, 20),
        Turn::text("They asked for one thing."),
        Turn::text("Second answer.").used(300, 20),
    ];
    let scene = Scene::of(
        Provider::start(script).await,
        json!({"skills": skills(), "compaction": {"compaction_message": "Keep the names."}}),
        |settings| settings.context_window = 1_000,
        Limits::default(),
    )
    .await;
    scene.say("first question").await;
    let reply = scene.say("second question").await;
    let expected =
        ["input_message", "tool_input", "tool_output", "skill_load", "compaction", "agent_output"];
    assert_eq!(kinds(&reply), expected);
    let summing = &scene.provider.requests()[2];
    let system = summing["messages"][0]["content"].as_str().unwrap();
    assert!(system.starts_with("You sum up") && system.ends_with("Keep the names."), "{system}");
    let history = summing["messages"][1]["content"].as_str().unwrap();
    assert!(history.contains("Person: first question") && !history.contains("second question"));
    let told = scene.asked(3);
    let first = told[0]["content"].as_str().unwrap();
    assert!(first.starts_with("Summary of the conversation before this:\n\nThey asked"), "{first}");
    assert!(
        first.ends_with("second question") && !json!(told).to_string().contains("First answer")
    );
}

#[tokio::test]
async fn what_does_not_fit_is_compacted_once_and_then_said() {
    let full = || Turn::error(400, "This model's maximum context length is 1000 tokens.");
    let script =
        vec![Turn::text("One."), full(), Turn::text("In short."), full(), Turn::text("Better.")];
    let scene = Scene::with(script, json!({})).await;
    scene.say("first").await;
    let reply = scene.say("second").await;
    assert_eq!(kinds(&reply), ["input_message", "compaction", "context_limit_exceeded"]);
    assert_eq!(kinds(&scene.say("third").await), ["input_message", "agent_output"]);
}

#[tokio::test]
async fn a_summary_that_fails_ends_no_turn_that_still_fits() {
    let script = vec![
        Turn::text("First answer.").used(900, 20),
        Turn::error(500, "the summary failed"),
        load_skill().used(950, 20),
        Turn::text("Second answer.").used(950, 20),
    ];
    let scene = Scene::of(
        Provider::start(script).await,
        json!({"skills": skills()}),
        |settings| settings.context_window = 1_000,
        Limits::default(),
    )
    .await;
    scene.say("first").await;
    let text = scene.stream(message("second")).await.rest().await;
    let error = text.find("nothing was compacted: stub: answered 500: the summary failed");
    let said = text.find("Second answer.").or_else(|| text.find("Second"));
    assert!(error.is_some() && error < said, "{text}");
    assert!(text.contains("The turn goes on without that") && text.contains("event:end"), "{text}");
    assert_eq!(text.matches("event:error").count(), 1, "it is tried once: {text}");
    assert_eq!(scene.provider.requests().len(), 4);
    assert!(of_kind(&scene.stage.events(S, true).await, "compaction").is_empty());
}

#[tokio::test]
async fn where_nothing_fits_and_no_summary_is_made_the_turn_ends_with_both() {
    let full = || Turn::error(400, "This model's maximum context length is 1000 tokens.");
    let script =
        vec![Turn::text("One."), full(), Turn::error(503, "no summary"), Turn::text("On.")];
    let scene = Scene::with(script, json!({})).await;
    scene.say("first").await;
    let reply = scene.say("second").await;
    assert_eq!(kinds(&reply), ["input_message", "context_limit_exceeded"]);
    let words = reply["events"][1]["message"].as_str().unwrap();
    assert!(
        words.contains("maximum context length") && words.contains("503: no summary"),
        "{words}"
    );
    assert_eq!(kinds(&scene.say("third").await), ["input_message", "agent_output"]);
}

#[tokio::test]
async fn loops_meet_their_limit() {
    let limits =
        Limits { model_calls_per_turn: 3, step_transitions_per_turn: 2, ..Limits::default() };
    let provider = Provider::answering(|_, _| load_skill()).await;
    let scene = Scene::of(provider, json!({"skills": skills()}), |_| {}, limits.clone()).await;
    let reply = scene.say("go").await;
    let last = events_of(&reply).pop().unwrap();
    assert_eq!(
        (&last["type"], &last["transition_limit"]),
        (&json!("step_transition_limit_exceeded"), &json!(3))
    );
    assert_eq!(scene.provider.requests().len(), 3);

    let first = json!({"name": "a", "instructions": [], "next_steps": [{"step_name": "b"}]});
    let steps = json!({"b": {"instructions": [], "next_steps": [{"step_name": "a"}]}});
    let agent = json!({"first_step": first, "first_step_name": "a", "steps": steps});
    let provider = Provider::answering(|_, _| Turn::text("on")).await;
    let scene = Scene::of(provider, agent, |_| {}, limits).await;
    let last = events_of(&scene.say("go").await).pop().unwrap();
    assert_eq!(
        (&last["type"], &last["transition_limit"]),
        (&json!("step_transition_limit_exceeded"), &json!(2))
    );
}

#[tokio::test]
async fn a_session_that_has_spent_enough_says_so() {
    let limits =
        Limits { cost_per_session: Some(3.0), turns_per_session: Some(2), ..Limits::default() };
    let provider = Provider::answering(|_, _| Turn::text("Dear.").used(1_000_000, 1_000_000)).await;
    let scene = Scene::of(
        provider,
        json!({}),
        |settings| {
            settings.prices = Some(Prices { input: 1.0, cached: 1.0, output: 2.0 });
            settings.context_window = 10_000_000;
        },
        limits,
    )
    .await;
    scene.say("one").await;
    let session = scene.stage.ask("GET", S, None).await;
    let usage = &session["session_context_usage"];
    assert_eq!((&usage["cost"], &usage["session_cost"]), (&json!(3.0), &json!(3.0)));
    let words = scene.error("two").await;
    assert!(words.contains("cost 3.00") && words.contains("cost_per_session"), "{words}");
    let (status, error) =
        scene.stage.http("POST", &format!("{S}/events"), Some(message("three"))).await;
    assert_eq!(status, 422, "{error}");
    assert!(error["messages"][0].as_str().unwrap().contains("turns_per_session"), "{error}");
}

#[tokio::test]
async fn an_agent_that_cannot_be_told_to_a_model_takes_no_message() {
    let first = json!({"name": "first", "instructions": [{"type": "reference", "id": "ins_1"}],
        "next_steps": [{"condition": "1 +", "step_name": "first"}]});
    let scene = Scene::with(vec![], json!({"first_step": first})).await;
    let (status, error) =
        scene.stage.http("POST", &format!("{S}/events"), Some(message("hi"))).await;
    assert_eq!(status, 422, "{error}");
    let all = error["messages"].to_string();
    assert!(all.contains("first_step.instructions[0]") && all.contains("ins_1"), "{all}");
    assert!(all.contains("first_step.next_steps[0].condition"), "{all}");
    assert!(scene.stored().await.is_empty(), "nothing was taken");
}

pub fn helper(mode: &str) -> Value {
    json!({"ask_helper": {"type": "sub_agent", "sub_agent_configuration":
        {"agent_key": "helper", "session_mode": mode}}})
}

pub async fn with_helper(scene: &Scene, tools: Value) {
    let made = scene.stage.ask("GET", "/v2/tools", None).await;
    let text = tools.to_string().replace("tol_write", made["tools"][0]["id"].as_str().unwrap());
    let tools: Value = serde_json::from_str(&text).unwrap();
    let helper = json!({"key": "helper", "name": "Helper", "description": "Helps.",
        "model": {"name": "stub"}, "tool_configurations": tools});
    scene.stage.ask("POST", "/v2/agents", Some(helper)).await;
}

pub fn ask_helper(arguments: Value) -> Turn {
    Turn::calls(&[("ask_helper", arguments)])
}

#[tokio::test]
async fn a_sub_agent_answers_in_a_session_of_its_own_and_its_events_are_relayed() {
    let script = vec![
        ask_helper(json!({"message": "sum 2 and 2"})),
        Turn::text("Four."),
        Turn::text("The helper says four."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("ephemeral")})).await;
    with_helper(&scene, json!({})).await;
    let reply = scene.say("2 + 2?").await;
    assert_eq!(kinds(&reply), ["input_message", "tool_input", "tool_output", "agent_output"]);
    let output = &reply["events"][2]["tool_output"];
    assert_eq!(output["sub_agent_response"], "Four.");
    let child = format!("/v2/agents/helper/sessions/{}", output["session_key"].as_str().unwrap());
    let session = scene.stage.ask("GET", &child, None).await;
    assert_eq!(session["created_by_session_key"], "s");
    assert_eq!(session["status"], "stopped");
    let own = scene.stage.events(&child, false).await;
    assert_eq!(own[0]["messages"][0]["content"], "sum 2 and 2");
    let tools = &scene.provider.requests()[0]["tools"][0]["function"];
    assert!(tools["description"].as_str().unwrap().ends_with("Helps."), "{tools}");
    let parent = scene.stage.ask("GET", S, None).await;
    let spent = &parent["session_context_usage"]["session_tokens"];
    assert_eq!(spent, &json!(360), "the helper's own are among them");
}

#[tokio::test]
async fn a_session_of_a_sub_agent_goes_on_as_its_mode_says() {
    let provider = Provider::answering(|question, _| {
        let messages = question["messages"].as_array().unwrap();
        let last = messages.last().unwrap();
        let words = last["content"].as_str().unwrap_or_default();
        match (last["role"].as_str().unwrap(), words.strip_prefix("ask ")) {
            ("user", Some(key)) => ask_helper(json!({"message": "go", "session_key": key})),
            ("user", None) if words == "ask" => ask_helper(json!({"message": "go"})),
            _ => Turn::text("Said."),
        }
    })
    .await;
    let tools = json!({"tool_configurations": helper("session_scoped")});
    let scene = Scene::of(provider, tools, |_| {}, Limits::default()).await;
    with_helper(&scene, json!({})).await;
    let key_of = |reply: &Value| {
        let outputs = of_kind(&events_of(reply), "tool_output");
        outputs[0]["tool_output"].clone()
    };
    let first = key_of(&scene.say("ask").await);
    let key = first["session_key"].as_str().unwrap().to_owned();
    let again = key_of(&scene.say(&format!("ask {key}")).await);
    assert_eq!(again["session_key"], json!(key));
    let events = scene.stage.events(&format!("/v2/agents/helper/sessions/{key}"), false).await;
    assert_eq!(of_kind(&events, "input_message").len(), 2, "the same session went on");
    // Another session of the agent has no right to it.
    scene.stage.session(&AgentKey::from("thinker"), "other").await;
    let other = "/v2/agents/thinker/sessions/other/events";
    let reply = scene.stage.ask("POST", other, Some(message(&format!("ask {key}")))).await;
    let refused = key_of(&reply);
    assert!(refused["error"].as_str().unwrap().contains("was not made by this one"), "{refused}");
    let change = json!({"tool_configurations": helper("agent_scoped")});
    scene.stage.ask("PATCH", "/v2/agents/thinker", Some(change)).await;
    let reply = scene.stage.ask("POST", other, Some(message(&format!("ask {key}")))).await;
    assert_eq!(key_of(&reply)["session_key"], json!(key));
    // One that lasts is the same for every call of its tool.
    let change = json!({"tool_configurations": helper("persistent")});
    scene.stage.ask("PATCH", "/v2/agents/thinker", Some(change)).await;
    let (one, two) = (key_of(&scene.say("ask").await), key_of(&scene.say("ask").await));
    assert_eq!(one["session_key"], two["session_key"]);
    assert_ne!(one["session_key"], json!(key));
}

#[tokio::test]
async fn a_sub_agent_waits_for_a_client_and_its_parent_for_it() {
    let script = vec![
        ask_helper(json!({"message": "write it"})),
        Turn::calls(&[("write_it", json!({"path": "/a"}))]),
        Turn::text("Written."),
        Turn::text("The helper wrote it."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("persistent")})).await;
    with_helper(&scene, write_tool()).await;
    let mut turn = scene.stream(message("write")).await;
    turn.until("\"type\":\"client_tool_pending\"").await;
    let child = child_of(&scene).await;
    let answered = scene.answer(&child, json!({"bytes": 1})).await;
    assert_eq!(kinds(&answered), ["tool_output", "agent_output"], "whoever answered reads on");
    let text = turn.rest().await;
    assert!(text.contains("event:end"), "{text}");
    let stored = scene.stored().await;
    assert_eq!(stored[2]["tool_output"]["sub_agent_response"], "Written.");
    assert_eq!(stored[3]["content"], "The helper wrote it.");
    assert_eq!(scene.stage.ask("GET", &child, None).await["status"], "stopped");
}

#[tokio::test]
async fn an_interrupt_withdraws_the_calls_of_a_sub_agent() {
    let script = vec![
        ask_helper(json!({"message": "write it"})),
        Turn::calls(&[("write_it", json!({"path": "/a"}))]),
        Turn::text("Never mind."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("persistent")})).await;
    with_helper(&scene, write_tool()).await;
    let mut turn = scene.stream(message("write")).await;
    turn.until("\"type\":\"client_tool_pending\"").await;
    scene.send(json!({"type": "interrupt"})).await;
    let text = turn.rest().await;
    assert!(text.contains("event:session_interrupted"), "{text}");
    let child = child_of(&scene).await;
    assert_eq!(scene.stage.ask("GET", &child, None).await["status"], "stopped");
    let path = format!("{child}/outstanding_client_tool_calls");
    assert_eq!(scene.stage.ask("GET", &path, None).await["client_tool_calls"], json!([]));
    // The call that was cut off is answered in the question, and nowhere else.
    scene.say("leave it").await;
    let told = json!(scene.asked(2)).to_string();
    assert!(told.contains("the call was interrupted"), "{told}");
    assert!(of_kind(&scene.stored().await, "tool_output").is_empty());
}

/// As the files are at this moment: what a machine finds that lost its power.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    to
}

#[tokio::test]
async fn after_a_sudden_end_a_turn_is_gone_on_with_from_where_it_got() {
    let told = Arc::new(Notify::new());
    let script = vec![
        load_skill(),
        Turn::text("never heard").once(&told),
        Turn::text("Where were we?"),
        Turn::calls(&[("write_it", json!({"path": "/a"}))]),
        Turn::text("Written."),
    ];
    let agent = json!({"skills": skills(), "tool_configurations": write_tool()});
    let scene = Scene::with(script, agent).await;
    let turn = scene.say("review");
    let cut = async {
        scene.provider.asked(2).await;
        let left = copy(scene.stage.dir.path());
        scene.send(json!({"type": "interrupt"})).await;
        left
    };
    let (_, left) = tokio::join!(turn, cut);
    let Scene { stage, provider } = scene;
    stage.server.stop().await;
    let stage = serving(left, settings(&provider), Limits::default()).await;
    let scene = Scene { stage, provider };
    assert_eq!(scene.stage.ask("GET", S, None).await["status"], "stopped");
    let kinds_of = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let stored = kinds_of(&scene.stored().await);
    assert_eq!(stored, ["input_message", "tool_input", "tool_output", "skill_load"]);
    let reply = scene.say("go on").await;
    assert_eq!(reply["events"][1]["content"], "Where were we?");
    // A turn that waits for its client goes on waiting after an end.
    scene.say("write").await;
    let left = copy(scene.stage.dir.path());
    let Scene { stage, provider } = scene;
    stage.server.stop().await;
    let stage = serving(left, settings(&provider), Limits::default()).await;
    let scene = Scene { stage, provider };
    let reply = scene.answer(S, json!({})).await;
    assert_eq!(kinds(&reply), ["tool_output", "agent_output"]);
}

#[tokio::test]
async fn a_fork_is_summed_up_by_the_model() {
    let script = vec![Turn::text("Yes."), Turn::text("They agreed."), Turn::error(500, "down")];
    let scene = Scene::with(script, json!({})).await;
    scene.say("do you agree?").await;
    let stored = scene.stored().await;
    let fork = |key: &str| {
        json!({"key": key, "from_session": {"session_key": "s",
            "compact_up_to_event_id": stored[1]["id"]}})
    };
    let sessions = "/v2/agents/thinker/sessions";
    scene.stage.ask("POST", sessions, Some(fork("f"))).await;
    let events = scene.stage.events(&format!("{sessions}/f"), false).await;
    assert_eq!(events[0]["summary_text"], "They agreed.");
    let (status, error) = scene.stage.http("POST", sessions, Some(fork("g"))).await;
    assert_eq!(status, 503, "{error}");
    let (status, _) = scene.stage.http("GET", &format!("{sessions}/g"), None).await;
    assert_eq!(status, 404, "nothing is left of it");
}

#[tokio::test]
async fn what_is_hidden_is_not_told() {
    let scene = Scene::with(vec![Turn::text("One."), Turn::text("Two.")], json!({})).await;
    scene.say("first").await;
    let id = scene.stored().await[0]["id"].as_str().unwrap().to_owned();
    scene.stage.ask("POST", &format!("{S}/events/{id}/hide"), Some(json!({}))).await;
    scene.say("second").await;
    let told = json!(scene.asked(1)).to_string();
    assert!(!told.contains("first") && told.contains("One.") && told.contains("second"), "{told}");
}

#[tokio::test]
async fn sub_agents_are_nested_no_deeper_than_allowed() {
    let provider = Provider::answering(|question, _| {
        let last = question["messages"].as_array().unwrap().last().unwrap();
        match last["role"].as_str().unwrap() {
            "tool" => Turn::text("Back."),
            _ => ask_helper(json!({"message": "go"})),
        }
    })
    .await;
    let limits = Limits { sub_agent_depth: 1, ..Limits::default() };
    let tools = json!({"tool_configurations": helper("ephemeral")});
    let scene = Scene::of(provider, tools, |_| {}, limits).await;
    with_helper(&scene, helper("ephemeral")).await;
    let reply = scene.say("go").await;
    assert_eq!(kinds(&reply), ["input_message", "tool_input", "tool_output", "agent_output"]);
    let requests = scene.provider.requests();
    assert_eq!(requests.len(), 4, "the helper of the helper was never asked");
    assert!(json!(requests[2]).to_string().contains("nested too deeply"));
}

#[tokio::test]
async fn what_a_provider_does_not_count_is_estimated() {
    let scene = Scene::with(vec![Turn::text("Hello.").without_usage()], json!({})).await;
    scene.say("hi").await;
    let session = scene.stage.ask("GET", S, None).await;
    let usage = &session["session_context_usage"];
    assert_eq!(usage["estimated"], true);
    assert!(usage["total_tokens"].as_u64().unwrap() > 0 && usage.get("cost").is_none());
}
