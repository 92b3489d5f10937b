//! The file of models from outside: what a server, its lists and its commands make of it.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use foretop::api::Input;
use foretop::internals::server::models::{Key, Kind, Limits, ModelSettings, Models, Prices, file};
use foretop::internals::server::tools;
use serde_json::{Value, json};

use crate::provider::{Provider, Step, Turn};
use crate::stage::{Stage, say};
use crate::verbs::{Home, Ran, private, ran};

const PLANTED: &str = "sk-planted-0123456789abcdef";

async fn stage() -> Stage {
    let priced = ModelSettings {
        url: "https://gateway.example/v1/?team=hidden".to_owned(),
        key: Some(Key::new(PLANTED)),
        prices: Some(Prices { input: 0.15, cached: 0.075, output: 1.0 }),
        currency: "EUR".to_owned(),
        sees_images: true,
        ..ModelSettings::new("fast", Kind::OpenAi, "gpt-x")
    };
    let models = [
        priced,
        ModelSettings::new("big", Kind::Anthropic, "large-1"),
        ModelSettings::new("local", Kind::Ollama, "llama3.2:3b"),
    ];
    let models = Arc::new(Models::new(models).unwrap());
    Stage::with(tempfile::tempdir().unwrap(), |options| options.models = models).await
}

fn names(page: &Value) -> Vec<&str> {
    page["llms"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn models_are_listed_without_keys_by_page_and_pattern() {
    let stage = stage().await;
    let page = stage.ask("GET", "/v2/llms", None).await;
    assert_eq!(names(&page), ["big", "fast", "local"]);
    let fast = &page["llms"][1];
    assert_eq!((&fast["id"], &fast["default"]), (&json!("llm_fast"), &json!(false)));
    assert_eq!(fast["capabilities"]["context_limit"], 128_000);
    assert_eq!(fast["capabilities"]["image_support"], true);
    assert_eq!(fast["foretop"]["prices"]["cached"], 0.075);
    assert_eq!(fast["foretop"]["url"], "https://gateway.example/v1/");
    let text = page.to_string();
    assert!(!text.contains("planted") && !text.contains("hidden"), "{text}");

    let first = stage.ask("GET", "/v2/llms?limit=2", None).await;
    assert_eq!(names(&first), ["big", "fast"]);
    let key = first["metadata"]["page_key"].as_str().unwrap();
    let second = stage.ask("GET", &format!("/v2/llms?limit=2&page_key={key}"), None).await;
    assert_eq!(names(&second), ["local"]);
    assert!(second["metadata"]["page_key"].is_null(), "{second}");
    let found = stage.ask("GET", "/v2/llms?filter=llama|big", None).await;
    assert_eq!(names(&found), ["big", "local"]);
    for (query, field) in [("limit=0", "limit"), ("filter=(", "filter"), ("page_key=x", "page_key")]
    {
        let (status, reply) = stage.http("GET", &format!("/v2/llms?{query}"), None).await;
        assert_eq!(status, 400, "{reply}");
        assert!(reply["field_errors"][field].is_string(), "{reply}");
    }
    assert_eq!(stage.http("POST", "/v2/llms", Some(json!({}))).await.0, 405);
}

#[tokio::test]
async fn an_agent_may_name_a_model_that_is_not_there_but_cannot_think() {
    let stage = stage().await;
    let agent =
        json!({"key": "a", "name": "A", "model": {"name": "fats"}, "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", "/v2/agents/a/sessions", Some(json!({"key": "s"}))).await;
    let events = "/v2/agents/a/sessions/s/events";
    let said = json!({"messages": [{"type": "text", "content": "hello"}]});
    for input in [said, json!({"type": "compact"})] {
        let (status, reply) = stage.http("POST", events, Some(input)).await;
        assert_eq!(status, 422, "{reply}");
        let why = reply["messages"][0].as_str().unwrap();
        assert!(why.contains("has no model fats; it has big, fast, local"), "{why}");
    }
    assert!(stage.events("/v2/agents/a/sessions/s", true).await.is_empty(), "nothing is stored");
    // One that plays a script needs none.
    let player = json!({"key": "b", "name": "B", "model": {"name": "fats"}, "tool_configurations": {},
        "metadata": {"foretop_playbook": "drive"}});
    stage.ask("POST", "/v2/agents", Some(player)).await;
    stage.ask("POST", "/v2/agents/b/sessions", Some(json!({"key": "s"}))).await;
    let kinds = stage.say("/v2/agents/b/sessions/s", "/slow 0\n/say hi").await;
    assert!(kinds.contains(&"agent_output".to_owned()), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_lists_them_with_their_prices() {
    let stage = stage().await;
    let home = Home::of(&stage);
    let listed = home.json(&["models"]).await;
    assert_eq!(listed["items"][1]["foretop"]["prices"]["currency"], "EUR");
    assert_eq!((&listed["partial"], &listed["items"][2]["name"]), (&json!(false), &json!("local")));
    let table = home.run(&["models"]).await.stdout;
    for wanted in ["MODEL", "EUR 0.15 in, 0.075 cached, 1 out", "128k", "gpt-x at https://"] {
        assert!(table.contains(wanted), "{wanted}: {table}");
    }
    let wide = home.run(&["models", "-o", "wide"]).await.stdout;
    assert!(wide.contains("anthropic") && !wide.contains("planted"), "{wide}");

    let scripted = Stage::open().await;
    let none = Home::of(&scripted).run(&["models"]).await;
    assert_eq!(none.code, 0);
    assert!(
        none.stdout.contains("no model") || none.stderr.contains("no model"),
        "{}",
        none.stdout
    );
}

/// A home with a file of models, which nobody else can write.
fn home(models: &str) -> Home {
    let home = Home::at("http://127.0.0.1:9", "unused-unused-unused");
    private(&home.path("models.toml"), models);
    home
}

/// What `serve` makes of the file: it must not begin.
async fn refused(home: &Home) -> Ran {
    let data = home.path("data");
    let mut command = home.bare(&["serve", "--models", "models.toml", "--data"]);
    let ran = ran(
        {
            command.arg(&data);
            command
        },
        "",
    )
    .await;
    assert_eq!(ran.code, 2, "{} {}", ran.stdout, ran.stderr);
    assert!(!data.exists(), "what cannot start leaves nothing behind");
    assert!(!ran.stderr.contains("planted"), "{}", ran.stderr);
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_begin_with_a_file_that_cannot_be_meant() {
    let ran = refused(&home("[models.a]\nknd = \"ollama\"\nparallel = 0\n")).await;
    assert!(
        ran.stderr.contains("models.toml:2: ") && ran.stderr.contains("\"kind\"?"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("models.toml:3: parallel"), "all at once: {}", ran.stderr);
    let ran = refused(&home(&format!("[models.a]\nkey = \"{PLANTED}\"\n"))).await;
    assert!(ran.stderr.contains("key_env names a variable"), "{}", ran.stderr);
    let ran = refused(&home("[models.a]\nkey_env = \"FORETOP_TEST_UNSET\"\n")).await;
    assert!(ran.stderr.contains("FORETOP_TEST_UNSET is not set"), "{}", ran.stderr);
    // What was pasted into the wrong place is not repeated.
    let ran = refused(&home("[models.a]\nkey_env = \"abplanted0123\"\n")).await;
    assert!(ran.stderr.contains("key_env names is not set"), "{}", ran.stderr);
    let ran = refused(&home("[models.a]\nkey = \"stored\"\n")).await;
    assert!(ran.stderr.contains("foretop auth login --model a"), "{}", ran.stderr);
    let ran = refused(&home("[models.a]\nkey_file = \"nowhere\"\n")).await;
    assert!(ran.stderr.contains("cannot read the key file"), "{}", ran.stderr);

    let open = home("[models.a]\nkey_file = \"key\"\n");
    std::fs::set_permissions(open.path("key"), Permissions::from_mode(0o644)).unwrap();
    let ran = refused(&open).await;
    assert!(ran.stderr.contains("others can read the key file"), "{}", ran.stderr);
    let odd = home("[models.a]\nkey_file = \"key\"\n");
    private(&odd.path("key"), &format!("{PLANTED}\nand more"));
    let ran = refused(&odd).await;
    assert!(ran.stderr.contains("is no key"), "{}", ran.stderr);

    let shared = home("[models.a]\nkind = \"ollama\"\n");
    std::fs::set_permissions(shared.path("models.toml"), Permissions::from_mode(0o666)).unwrap();
    assert!(refused(&shared).await.stderr.contains("others may write it"));
    let gone = home("");
    std::fs::remove_file(gone.path("models.toml")).unwrap();
    assert!(refused(&gone).await.stderr.contains("cannot be read"));
}

/// A provider that uses tools, one that does not, and one that refuses.
const TRIED: &str = "[models.able]\nurl = \"URL\"\nkey_env = \"TRIED_KEY\"\n\n\
                     [models.mute]\nurl = \"URL\"\nid = \"mute-1\"\n\n\
                     [models.closed]\nurl = \"URL\"\nkey_file = \"own\"\n\n\
                     [models.toolless]\nurl = \"URL\"\n";

async fn tried() -> (Provider, Home) {
    let provider = Provider::answering(|body, _| match body["model"].as_str().unwrap() {
        "able" => Turn::calls(&[("report", json!({"status": "ready"}))]),
        "toolless" if body.get("tools").is_some() => Turn::error(400, "does not support tools"),
        "mute-1" | "toolless" => Turn::text("ready"),
        _ => Turn::error(401, &format!("Incorrect API key provided: {PLANTED}")),
    })
    .await;
    let home = home(&TRIED.replace("URL", provider.url()));
    private(&home.path("own"), PLANTED);
    (provider, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_model_is_tried_with_one_tiny_question() {
    let (provider, home) = tried().await;
    let with_key = |arguments: &[&str]| {
        let mut command = home.bare(arguments);
        command.env("TRIED_KEY", PLANTED);
        command
    };
    let doctor = ran(with_key(&["doctor", "--models", "models.toml", "--json"]), "").await;
    assert!(!doctor.stdout.contains("planted"), "{}", doctor.stdout);
    let items: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let items = items["items"].as_array().unwrap().iter();
    let of: Vec<_> = items.filter(|item| item["about"] == "model").collect();
    let told: Vec<_> = of.iter().map(|item| item["verdict"].as_str().unwrap()).collect();
    assert_eq!(told, ["ok", "BAD", "note", "note"], "{of:#?}");
    for (at, wanted) in [
        (0, "able answers in"),
        (0, "uses tools; key: the variable TRIED_KEY"),
        (1, "closed: answered 401"),
        (2, "mute: mute-1 answers in"),
        (2, "did not call the tool"),
        (3, "refuses tools"),
        (3, "key: none is sent"),
    ] {
        let text = of[at]["text"].as_str().unwrap();
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(provider.requests().len(), 5, "one question each, and one more without tools");

    let data = home.path("data");
    let serve = ["serve", "--data", data.to_str().unwrap(), "--models", "models.toml"];
    private(&home.path("sound.toml"), &TRIED.replace("URL", provider.url()).replace("own", "key"));
    let stage =
        Stage::with(tempfile::tempdir().unwrap(), |options| options.data = data.clone()).await;
    stage.server.stop().await;
    let checked = ran(with_key(&[&serve[..], &["--check"]].concat()), "").await;
    assert_eq!(checked.code, 1, "one does not answer: {}", checked.stdout);
    assert!(checked.stdout.contains("able answers in") && checked.stdout.ends_with("1 problem\n"));
    assert!(!(checked.stdout + &checked.stderr).contains("planted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_what_it_begins_with_and_its_log_keeps_quiet_about_answers() {
    let turn = Turn::text("hi").after(2, Step::Event(json!({"choices": [{"delta": {}}]})));
    let provider = Provider::start(vec![turn]).await;
    let home =
        home(&format!("[models.a]\nurl = \"{0}\"\n[models.b]\nurl = \"{0}\"\n", provider.url()));
    let data = home.path("data");
    let mut command = home.bare(&["serve", "--models", "models.toml", "--data"]);
    command.arg(&data).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    for line in stdout.lines().map(Result::unwrap) {
        let is_last = line.starts_with("stop with");
        said.push(line);
        if is_last {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let wanted = "models       a, b (models.toml)";
    assert!(said.iter().any(|line| line == wanted), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_key_is_kept_apart_from_those_of_profiles() {
    let home = home("[models.\"gpt x\"]\nkey = \"stored\"\nurl = \"https://x.example/\"\n");
    let login = ["auth", "login", "--model", "gpt x", "--store", "file"];
    let stored = ran(home.bare(&login), PLANTED).await;
    assert_eq!(stored.code, 0, "{}", stored.stderr);
    assert!(stored.stdout.contains("of the model \"gpt x\"") && !stored.stdout.contains("planted"));
    let kept = std::fs::read_to_string(home.path(".config/foretop/credentials")).unwrap();
    assert!(kept.contains("[\"model:gpt x\"]") && kept.contains(PLANTED), "{kept}");
    for arguments in
        [&["auth", "login", "--model", "a", "b"][..], &["auth", "login", "--model", ""]]
    {
        assert_eq!(ran(home.bare(arguments), PLANTED).await.code, 2, "{arguments:?}");
    }
    let out = ran(home.bare(&["auth", "logout", "--model", "gpt x"]), "").await;
    assert!(out.stdout.contains("forgot the key of the model"), "{}", out.stdout);
    assert!(refused(&home).await.stderr.contains("no key is stored"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_serves_a_directory_names_its_models() {
    let provider = Provider::start(Vec::new()).await;
    let home = home(&format!("[models.local]\nurl = \"{}\"\n", provider.url()));
    let models = home.path("models.toml");
    home.config(&format!(
        "[profiles.mine]\nserve = \"{}\"\nmodels = \"{}\"\n",
        home.path("data").display(),
        models.display()
    ));
    let listed = ran(home.bare(&["models", "--json"]), "").await.json();
    assert_eq!(listed["items"][0]["name"], "local");
    private(&models, "[models.local]\nurl = 3\n");
    let wrong = ran(home.bare(&["models"]), "").await;
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
    assert!(wrong.stderr.contains("models.toml:2: url must be"), "{}", wrong.stderr);
    let checked = ran(home.bare(&["config", "check"]), "").await;
    assert!(checked.stderr.contains("models.toml:2: url must be"), "{}", checked.stderr);
    let doctor = ran(home.bare(&["doctor"]), "").await;
    let told = doctor.stdout.matches("models.toml:2: url must be").count();
    assert_eq!((doctor.code, told), (1, 1), "{}", doctor.stdout);
    home.config("[profiles.mine]\nurl = \"https://x.example\"\nmodels = \"m.toml\"\n");
    let both = ran(home.bare(&["models"]), "").await;
    assert!(both.code == 2 && both.stderr.contains("models goes with serve"), "{}", both.stderr);
}

#[tokio::test]
async fn one_turn_more_than_may_run_is_refused_and_told_when_to_come_back() {
    let models = Models::new([ModelSettings::new("local", Kind::Ollama, "x")]).unwrap();
    let models = models.limited(Limits { running_turns: Some(1), ..Limits::default() });
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.models = Arc::new(models)).await;
    let agent = json!({"key": "a", "name": "A", "model": {"name": "local"}, "tool_configurations": {},
        "metadata": {"foretop_playbook": "drive"}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    let one = stage.session(&"a".into(), "one").await;
    stage.session(&"a".into(), "two").await;
    let long = say("/slow 60000\n/say a long story");
    let mut stream = stage.client.stream_input(&one, &long).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let said = json!({"messages": [{"type": "text", "content": "/slow 0\n/say hi"}]});
    let path = "/v2/agents/a/sessions/two/events";
    let (status, reply) = stage.http("POST", path, Some(said.clone())).await;
    assert_eq!(status, 429, "{reply}");
    assert!(
        reply["messages"][0].as_str().unwrap().contains("no more than 1 turn at a time"),
        "{reply}"
    );
    assert!(stage.events("/v2/agents/a/sessions/two", true).await.is_empty());
    stage.client.send_input(&one, &Input::Interrupt).await.unwrap();
    stage.server.turns().settle().await;
    assert_eq!(stage.http("POST", path, Some(said)).await.0, 201);
}

/// Every example of the manual is a file that a server begins with.
#[test]
fn the_files_that_the_manual_shows_can_be_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/models.md");
    let manual = std::fs::read_to_string(path).unwrap();
    let blocks = manual.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let files: Vec<_> = blocks.filter(|block| block.contains("[models.")).collect();
    assert!(files.len() >= 3);
    for text in files {
        let file = file::read(Path::new("models.toml"), text, |reader, table| {
            tools::file::read(reader, table, Path::new("."))
        });
        assert!(file.is_ok_and(|(file, _)| !file.models.is_empty()), "{text}");
    }
}
