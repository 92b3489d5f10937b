//! Agents, tools and aliases by verbs and on the screen, on a real server: what is there, and what a key
//! without rights is told.

use foretop::internals::server::Options;
use serde_json::{Value, json};

use crate::flows::Person;
use crate::stage::{Stage, say};
use crate::verbs::{Home, private};

const LIMITED: &str = "limited-limited-limited";

/// A server with two agents, a tool and an alias, and a key that may talk to one agent alone.
async fn stage() -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens.toml");
    let text = format!(
        "[[token]]\nname = \"limited\"\ntoken = \"{LIMITED}\"\n\n[token.agents]\n\
         rehearsal = [\"agent_user\"]\n"
    );
    private(&tokens, &text);
    let stage = Stage::with(dir, |options: &mut Options| options.tokens = Some(tokens)).await;
    let tool = json!({"type": "client", "name": "stamp", "description": "Stamps a form.",
        "input_schema": {"type": "object", "properties": {"form": {"type": "string"}}},
        "output_schema": {"type": "object", "required": ["stamped"]}});
    let tool = stage.ask("POST", "/v2/tools", Some(tool)).await;
    stage.agent().await;
    let clerk = json!({"key": "clerk", "name": "Clerk\u{1b}[2J", "model": {"name": "m-1"},
        "tool_configurations": {"seal": {"type": "client", "tool_id": tool["id"],
            "argument_override": {"office": "secret-office"}}},
        "skills": {"forms": {"description": "How forms are read", "content": "Slowly."}},
        "compaction": {"threshold_percent": 70}});
    stage.ask("POST", "/v2/agents", Some(clerk)).await;
    let alias = json!({"key": "desk", "name": "Desk", "policy": {"type": "routed", "rules": [
        {"match": "get('$.session.key') == 'mine'",
            "targets": {"type": "single", "agent_key": "clerk"}},
        {"targets": {"type": "single", "agent_key": "rehearsal"}}]}});
    stage.ask("POST", "/v2/agent_aliases", Some(alias)).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_aliases_are_listed_and_one_is_shown_closely() {
    let stage = stage().await;
    let home = Home::of(&stage);
    let listed = home.json(&["agents"]).await;
    assert_eq!((&listed["schema_version"], &listed["partial"]), (&json!(1), &json!(false)));
    let keys: Vec<_> = listed["items"].as_array().unwrap().iter().map(|of| &of["key"]).collect();
    assert_eq!(keys, ["clerk", "rehearsal"]);
    let table = home.run(&["agents"]).await;
    assert!(table.stdout.starts_with("AGENT"), "{}", table.stdout);
    assert!(table.stdout.contains("3, 2 wait for you"), "{}", table.stdout);
    assert!(!table.stdout.contains('\u{1b}') && table.stdout.contains("\\x1b"), "{}", table.stdout);

    // A call that failed, and that the agent got over.
    let mended = stage.session(&"rehearsal".into(), "mended").await;
    stage.client.send_input(&mended, &say("/call write_file {}")).await.unwrap();
    let call = home.json(&["pending"]).await["items"][0]["event_id"].clone();
    let failed = home.run(&["answer", call.as_str().unwrap(), "--error", "it broke"]).await;
    assert_eq!(failed.code, 0, "{}", failed.stderr);
    let parked = stage.session(&"rehearsal".into(), "parked").await;
    stage.client.send_input(&parked, &say("/call write_file {}")).await.unwrap();
    let one = home.json(&["agents", "rehe"]).await;
    let item = &one["item"];
    assert_eq!(item["sessions"]["by_state"], json!({"idle": 1, "parked": 1}));
    let errors = item["sessions"]["errors_of_the_last_day"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[0]["session_key"]), (1, &json!("mended")));
    assert!(errors[0]["text"].as_str().unwrap().contains("it broke"), "{errors:?}");
    assert_eq!(item["aliases"], json!(["desk"]));
    let waits = |name: &str| {
        let tools = item["tools"].as_array().unwrap().iter();
        let tool = tools.clone().find(|of| of["tool_configuration_name"] == name);
        tool.unwrap()["waits_for_answer"].clone()
    };
    assert_eq!((waits("write_file"), waits("web_get")), (json!(true), json!(false)));
    let told = home.run(&["agents", "clerk"]).await.stdout;
    for wanted in ["at 70% of the context", "forms · How forms are read", "sets office"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert!(!told.contains("secret-office") && !told.contains('\u{1b}'), "{told}");
    let quick = home.json(&["agents", "clerk", "--no-look"]).await;
    assert_eq!(quick["item"].get("sessions"), None);

    let aliases = home.json(&["agents", "--aliases"]).await;
    assert_eq!(aliases["items"][0]["agent_keys"], json!(["clerk", "rehearsal"]));
    let wrong = home.run(&["agents", "clark"]).await;
    assert_eq!(wrong.code, 3, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("did you mean \"clerk\"?"), "{}", wrong.stderr);
    assert_eq!(home.run(&["agents", "clerk", "--aliases"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_say_who_answers_and_who_uses_them() {
    let stage = stage().await;
    let home = Home::of(&stage);
    let listed = home.json(&["tools"]).await;
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|of| of["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["notify", "stamp", "write_file", "web_get"], "those that wait come first");
    let of = home.json(&["tools", "--agent", "clerk"]).await;
    assert_eq!(of["items"].as_array().unwrap().len(), 1);
    let used = &of["items"][0]["used_by"][0];
    assert_eq!(
        *used,
        json!({"agent_key": "clerk", "tool_configuration_name": "seal", "sets": ["office"]})
    );
    let one = home.run(&["tools", "stamp"]).await.stdout;
    for wanted in ["waits for your answer", "clerk as seal · sets office", "\"form\": {"] {
        assert!(one.contains(wanted), "{wanted}: {one}");
    }
    assert!(!one.contains("secret-office"), "{one}");
    let json = home.json(&["tools", "stamp"]).await;
    assert_eq!(json["item"]["output_schema"]["required"], json!(["stamped"]));
    let unknown = home.run(&["tools", "write_file"]).await.stdout;
    assert!(unknown.contains("schema       not known"), "{unknown}");
    assert_eq!(home.run(&["tools", "stmap"]).await.code, 3);
    assert_eq!(home.run(&["tools", "--agent", "nobody"]).await.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_rights_is_told_which_role_is_missing() {
    let stage = stage().await;
    let home = Home::at(&stage.server.url(), LIMITED);
    let listed = home.json(&["agents"]).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "the one that it may talk to");
    let aliases = home.run(&["agents", "--aliases"]).await;
    assert_eq!(aliases.code, 4, "{}", aliases.stderr);
    assert!(aliases.stderr.contains("you need agent_viewer"), "{}", aliases.stderr);
    let one = home.run(&["agents", "rehearsal", "--json"]).await;
    assert!(one.stderr.contains("the aliases are not known"), "{}", one.stderr);
    let one: Value = one.json();
    assert_eq!((&one["item"]["aliases"], &one["item"]["sessions"]), (&json!(null), &json!(null)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_shows_them_and_enter_shows_the_sessions_of_one() {
    let stage = stage().await;
    let session = stage.session(&"rehearsal".into(), "night-shift").await;
    stage.client.send_input(&session, &say("/slow 0\n/say only answer")).await.unwrap();
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("only answer").await;
    person.press("5");
    person
        .sees("both agents and the alias", |screen| {
            ["5 Agents", "clerk", "rehearsal", "ALIASES  1", "desk"]
                .iter()
                .all(|of| screen.contains(of))
        })
        .await;
    person.press("g g l z R");
    let screen = person.sees_text("not seen by the model").await;
    assert!(!screen.contains("secret-office"), "{screen}");
    person.press("<esc> j <enter>");
    person.sees_text("agent:rehearsal").await;
    person.press("<esc>");
    person.sees("the filter is off", |screen| !screen.contains("agent:rehearsal")).await;
    person.leaves().await;
}
