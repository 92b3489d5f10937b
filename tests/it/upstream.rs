//! What a server asked of its models, as those who administer it are told.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::Arc;

use foretop::internals::server::models::{Key, Kind, ModelSettings, Models};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::provider::{Provider, Step, Turn};
use crate::stage::Stage;
use crate::verbs::Home;

const PLANTED: &str = "planted-provider-key-0123";
const REQUESTS: &str = "/v2/foretop/upstream_requests";
const S: &str = "/v2/agents/thinker/sessions/s";

async fn stage(provider: &Provider) -> Stage {
    let settings = ModelSettings {
        url: format!("{}?team=hidden", provider.url()),
        key: Some(Key::new(PLANTED)),
        ..ModelSettings::new("stub", Kind::OpenAi, "stub-1")
    };
    let models = Arc::new(Models::new([settings]).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.models = models).await;
    let agent = json!({
        "key": "thinker", "name": "Thinker",
        "model": {"name": "stub", "parameters": {"temperature": 0.5, "api_key": "planted-too"},
            "retry_configuration": {"max_retries": 1, "initial_backoff_ms": 100}},
        "tool_configurations": {}, "skills": {"review": {"description": "d", "content": "c"}},
        "first_step": {"name": "first", "instructions": [
            {"type": "inline", "name": "i", "template": "You are $agent.name."}]}
    });
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", "/v2/agents/thinker/sessions", Some(json!({"key": "s"}))).await;
    stage
}

async fn say(stage: &Stage, text: &str) {
    let body = json!({"messages": [{"type": "text", "content": text}]});
    stage.http("POST", &format!("{S}/events"), Some(body)).await;
}

fn of<'a>(told: &'a Value, field: &str) -> Vec<&'a Value> {
    told["requests"].as_array().unwrap().iter().map(|one| &one[field]).collect()
}

#[tokio::test]
async fn every_request_is_told_with_what_came_of_it_and_without_a_key() {
    let provider = Provider::start(vec![
        Turn::error(429, &format!("slow down, {PLANTED}")),
        Turn::calls(&[("invoke_skill", json!({"skill_name": "review"}))]),
        Turn::text("Done."),
        Turn::error(401, &format!("no such key {PLANTED}")),
        Turn::text("so far").after(2, Step::Cut),
    ])
    .await;
    let stage = stage(&provider).await;
    let secret = "sk-planted-0123456789abcdef";
    say(&stage, &format!("look, my key is {secret}")).await;
    for text in ["again", "once more"] {
        say(&stage, text).await;
    }
    let told = stage.ask("GET", REQUESTS, None).await;
    let text = told.to_string();
    assert!(!text.contains("planted") && !text.contains("hidden"), "{text}");
    let went = ["failed", "answered", "answered", "failed", "failed"];
    assert_eq!(of(&told, "state"), went, "{text}");
    assert_eq!(of(&told, "status"), [429, 200, 200, 401, 200]);
    assert_eq!(of(&told, "retries"), [0, 1, 0, 0, 0]);
    assert!(of(&told, "session").iter().all(|session| **session == "thinker/s"));
    let second = &told["requests"][1];
    assert_eq!((&second["kind"], &second["model_id"]), (&json!("openai"), &json!("stub-1")));
    assert_eq!(second["url"], provider.url());
    assert_eq!(
        (&second["finish"], &second["calls"][0]),
        (&json!("tool_calls"), &json!("invoke_skill"))
    );
    assert_eq!(second["tools"], json!(["invoke_skill"]));
    assert_eq!(second["tokens"]["input"], 100);
    assert!(second["time_to_first_token_ms"].is_u64() && second["duration_ms"].is_u64());
    assert_eq!(second["parameters"]["temperature"], 0.5);
    let roles: Vec<_> =
        second["messages"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["system", "user"]);
    assert!(told["requests"][4]["error"].as_str().unwrap().contains("broke off"), "{text}");
    // What was told is no news.
    let since = told["changes"].as_u64().unwrap();
    let news = stage.ask("GET", &format!("{REQUESTS}?since={since}"), None).await;
    assert_eq!(news, json!({"requests": [], "changes": since}));
    let (status, reply) = stage.http("GET", &format!("{REQUESTS}?since=-1"), None).await;
    assert_eq!(status, 400, "{reply}");
    // Nothing of it is kept on disk: another start knows nothing.
    for entry in std::fs::read_dir(stage.dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let holds = |word: &str| bytes.windows(word.len()).any(|found| found == word.as_bytes());
        assert!(!holds(PLANTED));
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_what_was_asked_too() {
    let provider = Provider::answering(|_, _| Turn::text("Yes.")).await;
    let stage = stage(&provider).await;
    let asked = async || of(&stage.ask("GET", REQUESTS, None).await, "id").len();
    say(&stage, "one").await;
    assert_eq!(asked().await, 1);
    let event = stage.events(S, false).await[0]["id"].as_str().unwrap().to_owned();
    stage.ask("DELETE", &format!("{S}/events/{event}"), None).await;
    assert_eq!(asked().await, 0);
    say(&stage, "two").await;
    assert_eq!(asked().await, 1);
    stage.ask("DELETE", S, None).await;
    assert_eq!(asked().await, 0);
}

#[tokio::test]
async fn summaries_are_told_as_such() {
    let provider =
        Provider::start(vec![Turn::text("One."), Turn::text("Two."), Turn::text("Sum.")]).await;
    let stage = stage(&provider).await;
    say(&stage, "hi").await;
    say(&stage, "and?").await;
    stage.ask("POST", &format!("{S}/events"), Some(json!({"type": "compact"}))).await;
    let told = stage.ask("GET", REQUESTS, None).await;
    assert_eq!(of(&told, "purpose"), ["turn", "turn", "summary"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_when_one_is_asked_and_when_it_is_over() {
    let told = Arc::new(Notify::new());
    let provider =
        Provider::start(vec![Turn::text("Hello."), Turn::text("Later.").once(&told)]).await;
    let stage = stage(&provider).await;
    let home = Home::of(&stage);
    let empty = home.run(&["tail", "--upstream"]).await;
    assert_eq!((empty.code, &*empty.stdout), (0, ""));
    assert!(empty.stderr.contains("no model was asked"), "{}", empty.stderr);
    say(&stage, "hi").await;
    let text = home.run(&["tail", "--upstream", "s"]).await.stdout;
    let expected = [
        "#1 stub answered for thinker/s",
        "stub-1 at",
        "temperature=0.5",
        "tools",
        "user      hi",
        "200, stop, 100 tokens in, 20 out",
    ];
    for words in expected {
        assert!(text.contains(words), "no {words} in {text}");
    }
    let mut command = home.command(&["tail", "--upstream", "-f", "--last", "1", "--json"]);
    let mut tail = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let (send, mut seen) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let value: Value = serde_json::from_str(&line).unwrap();
            if send.send(value).is_err() {
                return;
            }
        }
    });
    let later = async {
        let first = seen.recv().await.unwrap();
        assert_eq!((&first["id"], &first["state"]), (&json!(1), &json!("answered")));
        let said = say(&stage, "later");
        let notices = async {
            let asked = seen.recv().await.unwrap();
            assert_eq!((&asked["id"], &asked["session"]), (&json!(2), &json!("thinker/s")));
            assert!(matches!(asked["state"].as_str(), Some("waiting" | "asked")), "{asked}");
            told.notify_one();
            let over = seen.recv().await.unwrap();
            assert_eq!((&over["id"], &over["state"]), (&json!(2), &json!("answered")));
        };
        tokio::join!(said, notices)
    };
    later.await;
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_tell_is_said_to() {
    let provider = Provider::answering(|_, _| Turn::error(404, "no such path")).await;
    let home = Home::at(provider.url().trim_end_matches("/v1/"), "key");
    let refused = home.run(&["tail", "--upstream"]).await;
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("this service does not tell what it asks"),
        "{}",
        refused.stderr
    );
    let wrong = home.run(&["tail"]).await;
    assert_eq!(wrong.code, 2);
    let wrong = home.run(&["tail", "--upstream", "-f", "--until-idle"]).await;
    assert_eq!(wrong.code, 2);
}
