//! `run --serve-tools`, `[tools.NAME]` and the log of answers, on a real server.

use std::process::{Child, Stdio};
use std::time::Duration;

use foretop::api::SessionRef;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::fault_proxy::{Fault, FaultProxy};
use crate::stage::{Stage, say};
use crate::verbs::Home;

const BOTH: &str = "/slow 0\n/call write_file {\"path\": \"a b\"}\n/call notify {\"text\": \"x\"}";

/// Answers both tools, and leaves a line in a file for each run.
fn rules(home: &Home, more: &str) -> String {
    let path = home.path("rules.toml");
    let text = format!(
        "[[rule]]\nname = \"all\"\ntool = \"*\"\nanswer = true\n\
         run = [\"sh\", \"-c\", \"echo $FORETOP_CALL >> {}; cat\"]\n{more}",
        home.path("ran").display()
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn runs(home: &Home) -> usize {
    std::fs::read_to_string(home.path("ran")).map_or(0, |text| text.lines().count())
}

fn audit(home: &Home) -> Vec<Value> {
    let path = home.path(".local/state/foretop/audit.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn outputs(stage: &Stage, session: &SessionRef) -> Vec<Value> {
    let path = format!("/v2/agents/{}/sessions/{}", session.agent, session.key);
    let events = stage.events(&path, true).await;
    events.into_iter().filter(|event| event["type"] == "tool_output").collect()
}

async fn until_answered(stage: &Stage, session: &SessionRef) {
    while outputs(stage, session).await.len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn start(home: &Home, arguments: &[&str]) -> Child {
    let mut command = home.command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn end(child: Child) -> (Option<i32>, String) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await;
    let output = output.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_answer_a_session_exactly_once() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    // The same machine, and two that know nothing of each other.
    let (home, elsewhere) = (Home::of(&stage), Home::of(&stage));
    let (here, there) = (rules(&home, ""), rules(&elsewhere, ""));
    for (key, second, file) in [("same", &home, &here), ("other", &elsewhere, &there)] {
        let session = stage.session(&agent, key).await;
        let begun = runs(&home) + runs(&elsewhere);
        let (one, two) = (
            start(&home, &["run", "--serve-tools", &here]),
            start(second, &["run", "--serve-tools", file, "--session", key]),
        );
        stage.client.send_input(&session, &say(BOTH)).await.unwrap();
        until_answered(&stage, &session).await;
        let ((code_one, said_one), (code_two, said_two)) = tokio::join!(end(one), end(two));
        assert_eq!((code_one, code_two), (Some(0), Some(0)), "{said_one}\n{said_two}");
        let outputs = outputs(&stage, &session).await;
        assert_eq!(outputs.len(), 2, "{outputs:#?}");
        assert!(outputs.iter().all(|output| output["error"] == false));
        let said = format!("{said_one}{said_two}");
        assert_eq!(said.matches("sent; the session goes on").count(), 2, "{said}");
        let ran = runs(&home) + runs(&elsewhere) - begun;
        assert!(if key == "same" { ran == 2 } else { ran <= 4 }, "{ran} runs\n{said}");
    }
    let sent = |log: &[Value]| log.iter().filter(|line| line["outcome"] == "sent").count();
    assert_eq!(sent(&audit(&home)) + sent(&audit(&elsewhere)), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_what_no_rule_answers_and_a_dry_run_does_nothing() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    let home = Home::of(&stage);
    stage.client.send_input(&session, &say(BOTH)).await.unwrap();
    let only = home.path("one.toml");
    std::fs::write(&only, "[[rule]]\ntool = \"write_*\"\nanswer = true\nrun = [\"cat\"]\n")
        .unwrap();
    let only = only.to_str().unwrap();
    let ran = home.run(&["run", "--serve-tools", only, "--once"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no rule fits it; a person answers it"), "{}", ran.stderr);

    let all = rules(&home, "");
    let dry = home.run(&["run", "--serve-tools", &all, "--once", "--dry-run", "--json"]).await;
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let events = dry.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: Vec<String> = events.map(|line| line["event"].as_str().unwrap().into()).collect();
    assert_eq!(events, ["serving", "dry_run", "ended"]);
    let read_only = home.run(&["run", "--serve-tools", &all, "--once", "--read-only"]).await;
    assert_eq!(read_only.code, 4);
    assert!(outputs(&stage, &session).await.is_empty());
    assert_eq!((runs(&home), audit(&home).len()), (0, 0));

    let mistaken = home.path("bad.toml");
    std::fs::write(&mistaken, "[[rule]]\ntol = \"x\"\n").unwrap();
    let mistaken = home.run(&["run", "--serve-tools", mistaken.to_str().unwrap()]).await;
    assert_eq!(mistaken.code, 2);
    assert!(mistaken.stderr.contains("bad.toml:2: there is no setting \"tol\", did you mean"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_ended_sends_nothing_half_and_leaves_no_process() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    let home = Home::of(&stage);
    let (file, id) = (home.path("rules.toml"), home.path("id"));
    let text = format!(
        "[[rule]]\ntool = \"write_file\"\nanswer = true\nrun = [\"cat\"]\n\
         [[rule]]\ntool = \"notify\"\nanswer = true\n\
         run = [\"sh\", \"-c\", \"echo $$ > {0}.new; mv {0}.new {0}; sleep 600; echo\"]\n",
        id.display()
    );
    std::fs::write(&file, text).unwrap();
    stage.client.send_input(&session, &say(BOTH)).await.unwrap();
    let worker = start(&home, &["run", "--serve-tools", file.to_str().unwrap()]);
    while !id.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pid = Pid::from_raw(i32::try_from(worker.id()).unwrap()).unwrap();
    // The first signal lets the command finish, the second one does not.
    kill_process(pid, Signal::INT).unwrap();
    let (code, said) = end(worker).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(outputs(&stage, &session).await.is_empty(), "{said}");
    let command = std::fs::read_to_string(&id).unwrap();
    let command = Pid::from_raw(command.trim().parse().unwrap()).unwrap();
    assert!(rustix::process::test_kill_process(command).is_err(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_command_is_tried_again_and_then_left_to_a_person() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    let home = Home::of(&stage);
    let file = home.path("rules.toml");
    let failing =
        "[[rule]]\ntool = \"*\"\nanswer = true\nrun = [\"sh\", \"-c\", \"echo no >&2; exit 3\"]\n";
    std::fs::write(&file, failing).unwrap();
    let call = "/slow 0\n/call write_file {\"path\": \"x\"}";
    stage.client.send_input(&session, &say(call)).await.unwrap();
    let ran = home.run(&["run", "--serve-tools", file.to_str().unwrap(), "--once"]).await;
    assert!(ran.stderr.contains("exit 3: no; tried again in 1s"), "{}", ran.stderr);
    assert!(outputs(&stage, &session).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_noted_with_who_gave_them_and_without_secrets() {
    let stage = Stage::open().await;
    let agent: foretop::api::NewAgent = serde_json::from_value(json!({
        "key": "vault", "name": "Vault",
        "tool_configurations": {"pay": {"type": "client", "tool_id": "tol_9",
            "argument_override": {"key": {"$ref": "session.secrets.k"}, "currency": "EUR"}}}
    }))
    .unwrap();
    stage.client.create_agent(&agent).await.unwrap();
    let secret = json!({"key": "s", "secrets": {"k": "hunter2-secret-value"}});
    stage.ask("POST", "/v2/agents/vault/sessions", Some(secret)).await;
    let session = SessionRef::new("vault", "s");
    let home = Home::of(&stage);
    home.config("[tools.pay]\nrun = [\"sh\", \"-c\", \"cat\"]\n");
    stage.client.send_input(&session, &say("/slow 0\n/call pay {\"n\": 1}")).await.unwrap();
    let call = home.json(&["pending"]).await["items"][0]["event_id"].clone();
    let ran = home.run(&["run", call.as_str().unwrap()]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let output = &outputs(&stage, &session).await[0]["tool_output"];
    assert_eq!(output["key"], "hunter2-secret-value", "the command and the agent get it");

    let log = audit(&home);
    assert_eq!(log.len(), 1);
    let line = &log[0];
    assert_eq!(line["sent"], json!({"n": 1, "key": "****", "currency": "EUR"}));
    for (key, value) in [
        ("agent", json!("vault")),
        ("session", json!("s")),
        ("call", call),
        ("tool", json!("pay")),
        ("by", json!("person")),
        ("kind", json!("success")),
        ("outcome", json!("sent")),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_answer_is_left_to_a_person_and_its_command_runs_once() {
    let stage = Stage::open().await;
    let tool = json!({"type": "client", "name": "pay", "input_schema": {"type": "object"},
        "output_schema": {"type": "object", "required": ["ok"]}});
    let tool = stage.ask("POST", "/v2/tools", Some(tool)).await;
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {
        "pay": {"type": "client", "tool_id": tool["id"]}}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", "/v2/agents/a/sessions", Some(json!({"key": "s"}))).await;
    let session = SessionRef::new("a", "s");
    let home = Home::of(&stage);
    let file = rules(&home, "");
    stage.client.send_input(&session, &say("/slow 0\n/call pay {\"n\": 1}")).await.unwrap();
    // Several rounds, so that a second run would show.
    let ran = home.run(&["run", "--serve-tools", &file, "--timeout", "2500ms"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("left to a person").count(), 1, "{}", ran.stderr);
    assert_eq!(runs(&home), 1, "{}", ran.stderr);
    assert!(outputs(&stage, &session).await.is_empty());
    let log = audit(&home);
    assert_eq!(
        (log.len(), &log[0]["outcome"], &log[0]["status"]),
        (1, &json!("refused"), &json!(400))
    );
    assert_eq!(log[0]["by"], "worker rule all");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_program_is_given_our_secrets() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    let home = Home::of(&stage);
    let key = stage.server.token().reveal();
    stage
        .client
        .send_input(&session, &say("/slow 0\n/call notify {\"text\": \"x\"}"))
        .await
        .unwrap();
    let call = home.json(&["pending"]).await["items"][0]["event_id"].as_str().unwrap().to_owned();
    let told = home.run(&["run", &call, "--no-send", "--", "env"]).await;
    assert!(told.stdout.contains("FORETOP_CALL=") && !told.stdout.contains(key), "{}", told.stdout);
    let kept = home.path("env");
    let exec = format!("sh -c 'env > {}'", kept.display());
    let watched = home.run(&["watch", "--once", "--exec", &exec]).await;
    assert_eq!(watched.code, 0, "{}", watched.stderr);
    assert!(!std::fs::read_to_string(&kept).unwrap().contains(key));
    let mut edit = home.command(&["config", "edit"]);
    edit.env("EDITOR", &exec).env("FORETOP_SERVE_TOKEN", key);
    assert_eq!(crate::verbs::ran(edit, "").await.code, 0);
    assert!(!std::fs::read_to_string(&kept).unwrap().contains(key));
    // One that needs a key has it by name.
    home.config("[tools.notify]\nrun = [\"env\"]\nenv = { VECTARA_API_KEY = \"for it\" }\n");
    let told = home.run(&["run", &call, "--no-send"]).await;
    assert!(told.stdout.contains("VECTARA_API_KEY=for it"), "{}", told.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placeholder_that_a_shell_leaves_as_it_is_is_warned_about() {
    let stage = Stage::open().await;
    let home = Home::of(&stage);
    home.config("[tools.notify]\nrun = \"notify-send {text}\"\nshell = true\n");
    let checked = home.run(&["config", "check"]).await;
    assert_eq!(checked.code, 0);
    assert!(checked.stderr.contains("tools.notify: with shell = true {text} stays as it is"));
    home.config("[tools.notify]\nrun = \"notify-send ${TEXT}\"\nshell = true\n");
    assert_eq!(home.run(&["config", "check"]).await.stderr, "");
}

/// The proxy's answer is what a service could say that means two things.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_can_be_read_in_two_ways_is_left_to_a_person() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    stage
        .client
        .send_input(&session, &say("/slow 0\n/call notify {\"text\": \"x\"}"))
        .await
        .unwrap();
    let home = Home::of(&stage);
    let call = home.json(&["pending"]).await["items"][0]["event_id"].as_str().unwrap().to_owned();
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let home = Home::at(&proxy.url, stage.server.token().reveal());
    let file = home.path("rules.toml");
    let text = format!(
        "[[rule]]\ntool = \"notify\"\nwhen = {{ amount = \"<100\" }}\nanswer = true\n\
         run = [\"sh\", \"-c\", \"cat > {}; echo\"]\n",
        home.path("ran").display()
    );
    std::fs::write(&file, text).unwrap();
    for (arguments, passes) in [
        (r#"{"amount":5000,"amount":1}"#, false),
        (r#"{"amount":1,"amount":5000}"#, false),
        (r#"{"amount":-5000}"#, false),
        (r#"{"amount":99.99999999999999999999}"#, false),
        (r#"{"amount":1e-400}"#, false),
        ("{ \"amount\" :\t84.20,\"id\":12345678901234567890123 }", true),
    ] {
        let body = format!(
            r#"{{"client_tool_calls":[{{"event_id":"{call}","tool_configuration_name":"notify","tool_name":"notify","arguments":{arguments}}}]}}"#
        );
        let reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        );
        proxy.judge(move |line| match line {
            _ if line.contains("outstanding_client_tool_calls") => Fault::Reply(reply.clone()),
            _ => Fault::Pass,
        });
        let serve = ["run", "--serve-tools", file.to_str().unwrap(), "--once"];
        let worker = home.run(&serve).await;
        assert_eq!(worker.code, 0, "{}", worker.stderr);
        let ran = std::fs::read_to_string(home.path("ran")).ok();
        assert_eq!(ran.as_deref(), passes.then_some(arguments), "{arguments}: {}", worker.stderr);
        assert!(passes || worker.stderr.contains("a person answers it"), "{}", worker.stderr);
    }
}
