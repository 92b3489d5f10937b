//! Local programs that answer for tools.

use std::time::Duration;

use serde_json::json;

use super::{Desk, configuration, configured, kind, why};

#[tokio::test]
async fn a_program_gets_the_call_as_json_and_answers_with_json() {
    let desk = Desk::new().await;
    let tools = configured(
        r#"
        [tools.command.search]
        run = ["cat"]
        types = ["web_search"]
        description = "Searches our wiki."
        [tools.command.echo]
        run = ["sh", "-c", "echo \"[$FORETOP_SESSION, 1]\" | tr s 2; echo $PWD >&2"]
        names = ["special"]
        [tools.command.words]
        run = ["echo", "just words"]
        "#,
        desk.dir.path(),
    );
    let done =
        desk.call(&tools, "wiki", kind("web_search"), json!({"query": "refunds", "n": 1.50})).await;
    let echoed = json!({
        "tool": "wiki", "type": "web_search", "arguments": {"query": "refunds", "n": 1.50},
        "session": "s", "agent": "a",
    });
    assert_eq!((done.failure, serde_json::Value::Object(done.output)), (None, echoed));
    let offer = tools.offer("wiki", &configuration(kind("web_search"))).unwrap();
    assert_eq!(offer.description, "Searches our wiki.");
    assert_eq!(offer.schema["required"], json!(["query"]));
    let special = desk.call(&tools, "special", kind("web_search"), json!({})).await;
    assert_eq!(special.output["output"], json!([2, 1]));
    let words = desk.call(&tools, "words", kind("lambda"), json!({})).await;
    assert_eq!(words.output["output"], "just words");
    let other = desk.call(&tools, "other", kind("lambda"), json!({})).await;
    assert!(why(&other, "invalid_configuration").contains("names = [\"other\"]"));
}

#[tokio::test]
async fn a_program_that_fails_floods_or_hangs_is_an_error_that_says_so() {
    let desk = Desk::new().await;
    let tools = configured(
        r#"
        [tools.command.fails]
        run = ["sh", "-c", "echo token sk-abcdefghijklmnopqrst >&2; echo no such order >&2; exit 4"]
        [tools.command.floods]
        run = ["sh", "-c", "yes"]
        [tools.command.hangs]
        run = ["sh", "-c", "sleep 600"]
        timeout_seconds = 0.2
        [tools.command.missing]
        run = ["./no-such-program"]
        [tools.command.deep]
        run = ["sh", "-c", "head -c 200000 /dev/zero | tr '\\0' '['"]
        "#,
        desk.dir.path(),
    );
    let call = async |name| desk.call(&tools, name, kind("lambda"), json!({})).await;
    let fails = call("fails").await;
    assert!(why(&fails, "execution_error").contains("exit 4"));
    assert_eq!(fails.output["said"], "token [redacted]\nno such order");
    assert!(why(&call("floods").await, "execution_error").contains("more than 1.0M"));
    assert!(why(&call("hangs").await, "timeout").contains("time limit"));
    assert!(why(&call("missing").await, "invalid_configuration").contains("there is no file"));
    assert!(call("deep").await.failure.is_none(), "what is no JSON is a text");
}

#[tokio::test]
async fn dropping_the_call_ends_the_program() {
    let desk = Desk::new().await;
    let file = desk.dir.path().join("id");
    let tools = configured(
        "[tools.command.slow]\nrun = [\"sh\", \"-c\", \"echo $$ > id.new; mv id.new id; sleep 600\"]",
        desk.dir.path(),
    );
    let call = desk.call(&tools, "slow", kind("lambda"), json!({}));
    let appears = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        done = call => panic!("{done:?}"),
        () = appears => {}
    }
    let id = std::fs::read_to_string(&file).unwrap();
    let id = rustix::process::Pid::from_raw(id.trim().parse().unwrap()).unwrap();
    let is_dead = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.contains(") Z"))
    };
    while rustix::process::test_kill_process(id).is_ok() && !is_dead() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
