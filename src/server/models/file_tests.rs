use super::*;
use crate::server::tools;

fn read(text: &str) -> Result<File, FileError> {
    super::read(Path::new("/etc/m/models.toml"), text, |reader, table| {
        tools::file::read_with(reader, table, Path::new("/etc/m"), &|_| None)
    })
    .map(|(file, _)| file)
}

/// What is told of a file, a line each.
fn told(text: &str) -> Vec<String> {
    read(text).unwrap_err().0
}

/// What is told of a model with one more line.
fn of_model(line: &str) -> String {
    let lines = told(&format!("[models.a]\nkind = \"ollama\"\n{line}\n"));
    assert!(lines.iter().all(|line| line.starts_with("/etc/m/models.toml:")), "{lines:?}");
    lines.join("\n")
}

#[test]
fn a_model_needs_only_its_name() {
    let file = read("[models.\"llama3.2:3b\"]\nkind = \"ollama\"\n").unwrap();
    let Entry { settings, key, line } = &file.models[0];
    assert_eq!(*settings, ModelSettings::new("llama3.2:3b", Kind::Ollama, "llama3.2:3b"));
    assert_eq!((key, *line), (&KeyPlace::Nowhere, 1));
    assert_eq!(file.limits, Limits::default());
}

#[test]
fn everything_that_can_be_said_is_read() {
    let text = r#"
        [models.fast]
        url = "https://gateway.example/v1?team=a"
        id = "gpt-x"
        key_env = "GATEWAY_KEY"
        context_window = 200_000
        sees_images = true
        input_price = 0.15
        cached_price = 0.075
        output_price = 1
        currency = "EUR"
        parallel = 2
        connect_seconds = 1.5
        first_seconds = 20
        silence_seconds = 30
        answer_seconds = 600

        [models.local]
        url = "http://ollama.lan:8080/v1/"
        allow_http = true

        [models.kept]
        kind = "anthropic"
        key_file = "keys/anthropic"

        [models.home]
        kind = "gemini"
        key_file = "~/keys/gemini"

        [models.logged]
        kind = "openai-responses"
        key = "stored"

        [limits]
        turns_per_session = 100
        model_calls_per_turn = 10
        step_transitions_per_turn = 50
        tool_calls_per_turn = 20
        tokens_per_session = 1_000_000
        cost_per_session = 0.5
        sub_agent_depth = 0
        running_turns = 4
        tokens_per_day = 5_000_000
        cost_per_day = 10

        [tools.web_get]
        allow = ["docs.example.org"]

        [mcp.files]
        command = ["mcp-files", "/srv"]
    "#;
    let file = read(text).unwrap();
    let named = |name: &str| file.models.iter().find(|entry| entry.settings.name == name).unwrap();
    let fast = named("fast");
    assert_eq!(fast.settings.url, "https://gateway.example/v1/?team=a");
    assert_eq!((fast.settings.kind, &*fast.settings.id), (Kind::OpenAi, "gpt-x"));
    assert_eq!(fast.key, KeyPlace::Variable("GATEWAY_KEY".to_owned()));
    assert_eq!(fast.settings.prices, Some(Prices { input: 0.15, cached: 0.075, output: 1.0 }));
    assert_eq!((fast.settings.parallel, &*fast.settings.currency), (2, "EUR"));
    assert_eq!(fast.settings.patience.connect, Duration::from_millis(1_500));
    assert_eq!(fast.settings.patience.answer, Duration::from_mins(10));
    assert!(fast.settings.sees_images && fast.settings.context_window == 200_000);
    assert_eq!(named("local").settings.url, "http://ollama.lan:8080/v1/");
    assert_eq!(named("kept").key, KeyPlace::File("/etc/m/keys/anthropic".into()));
    assert_eq!(named("home").key, KeyPlace::File("~/keys/gemini".into()));
    assert_eq!(named("logged").key, KeyPlace::Stored);
    let limits = Limits {
        turns_per_session: Some(100),
        model_calls_per_turn: 10,
        step_transitions_per_turn: 50,
        tool_calls_per_turn: 20,
        tokens_per_session: Some(1_000_000),
        cost_per_session: Some(0.5),
        sub_agent_depth: 0,
        running_turns: Some(4),
        tokens_per_day: Some(5_000_000),
        cost_per_day: Some(10.0),
    };
    assert_eq!(file.limits, limits);
}

#[test]
fn every_name_of_the_table_is_read_and_every_read_name_is_in_it() {
    for name in MODEL {
        let why = of_model(&format!("{name} = [[1]]"));
        assert!(
            why.contains(&format!("{name} must be")) || *name == "kind" || *name == "key",
            "{why}"
        );
    }
    for name in LIMITS {
        let lines = told(&format!("[models.a]\nkind = \"ollama\"\n[limits]\n{name} = [[1]]\n"));
        assert!(lines.join("\n").contains(&format!(":4: {name} must be")), "{lines:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_with_lines_and_what_was_meant() {
    let text = "[models.a]\nkind = \"opnai\"\nurl = \"https://x.example\"\nparalel = 3\n\n\
                [modles.b]\nkind = \"ollama\"\n\n[limits]\nturns_per_sesion = 1\ncost_per_day = -1\n";
    let lines = told(text);
    let expected = [
        ("models.toml:2: kind is \"opnai\"", "did you mean \"openai\"?"),
        (":4: the model \"a\" has no \"paralel\"", "did you mean \"parallel\"?"),
        (":6: the file has no \"modles\"", "did you mean \"models\"?"),
        (":10: [limits] has no \"turns_per_sesion\"", "did you mean \"turns_per_session\"?"),
        (":11: cost_per_day must be between", ""),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, (told, meant)) in lines.iter().zip(expected) {
        assert!(line.contains(told) && line.contains(meant), "{line}");
    }
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (line, told) in [
        ("parallel = 0", "parallel must be between 1 and 1000"),
        ("parallel = -3", "parallel must be between"),
        ("parallel = 1.5", "must be a whole number; this is of type float"),
        ("context_window = 10", "context_window must be between 256"),
        ("context_window = 99999999999999999999", "context_window must be between 256"),
        ("context_window = \"128k\"", "must be a whole number; this is of type string"),
        ("input_price = -1", "input_price must be between 0"),
        ("input_price = nan\noutput_price = 1", "input_price must be between 0"),
        ("output_price = inf\ninput_price = 1", "output_price must be between 0"),
        ("input_price = 1", "belong together"),
        ("cached_price = 1", "belong together"),
        ("currency = \"a very long word\"", "short word"),
        ("first_seconds = 0", "first_seconds must be between 0.1"),
        ("answer_seconds = 1e12", "answer_seconds must be between"),
        ("id = \"\"", "id is empty"),
        ("id = \"a\\nb\"", "line break"),
        ("id = \"openai::gpt\"", "::"),
        ("url = \"nowhere\"", "url is no address"),
        ("url = \"http://example.com\"", "allow_http"),
        ("key = \"stored\"\nkey_env = \"A\"", "exclude each other"),
        ("key_env = \"1A\"", "name of a variable"),
        ("sees_images = \"yes\"", "true or false"),
        ("kind = \"ollama\"", "duplicate key"),
        ("[models.a]", "duplicate key"),
        ("[models]\nx = 1", "must be a table"),
        ("[limits]\nstep_transitions_per_turn = 501", "between 1 and 500"),
        ("[limits]\ntokens_per_day = 0", "must be 1 or more"),
        ("[limits]\nsub_agent_depth = 17", "between 0 and 16"),
        ("[limits]\ncost_per_day = 1", "no model has a price"),
        ("tools = 3", "has no \"tools\""),
    ] {
        let why = of_model(line);
        assert!(why.contains(told), "{line}: {why}");
    }
    for (text, told_of) in [
        ("", "it has no model"),
        ("[models]\n", "it has no model"),
        ("[limits]\n", "it has no model"),
        ("models = 3", "models must be a table"),
        ("[models]\na = 3", "must be a table"),
        ("[models]\nurl = \"https://x.example\"", "below [models.NAME]"),
        ("[models.\"\"]\nkind = \"ollama\"", "1 to 100 characters"),
        ("[models.\" a\"]\nkind = \"ollama\"", "1 to 100 characters"),
        ("[models.a]\nkind = \"openai\"", "has no key"),
        ("[models.a]\nkind = \"anthropic\"", "has no key"),
        ("[models.a]\nkind = \"ollama\"\n[mcp]\nfiles = [", "models.toml:4"),
        ("tools = 3\n[models.a]\nkind = \"ollama\"", "tools must be a table"),
        ("\u{1}", "models.toml:1"),
    ] {
        let lines = told(text).join("\n");
        assert!(lines.contains(told_of), "{text}: {lines}");
    }
}

#[test]
fn a_bound_on_the_cost_wants_one_currency() {
    let model = |name: &str, currency: &str| {
        format!(
            "[models.{name}]\nkind = \"ollama\"\ninput_price = 1\noutput_price = 2\n\
             currency = \"{currency}\"\n"
        )
    };
    let limits = "[limits]\ncost_per_session = 1\n";
    let lines = told(&(model("a", "USD") + &model("b", "EUR") + limits)).join("\n");
    assert!(lines.contains("EUR (b), USD (a)"), "{lines}");
    assert!(read(&(model("a", "EUR") + &model("b", "EUR") + limits)).is_ok());
    // What costs nothing is in no currency.
    let free = "[models.c]\nkind = \"ollama\"\n";
    assert!(read(&(model("a", "EUR") + free + limits)).is_ok());
}

#[test]
fn a_key_in_the_file_is_refused_and_not_repeated() {
    const PLANTED: &str = "sk-planted-0123456789abcdef";
    for line in [
        format!("key = \"{PLANTED}\""),
        format!("api_key = \"{PLANTED}\""),
        format!("API_KEY = \"{PLANTED}\""),
        format!("token = \"{PLANTED}\""),
        format!("key_env = \"{PLANTED}\""),
        format!("kind = \"{PLANTED}\""),
        format!("url = \"https://x.example/?key={PLANTED}\""),
        format!("url = \"https://{PLANTED}@x.example/\""),
        format!("parallel = \"{PLANTED}\""),
        format!("{PLANTED} = 1"),
        format!("key = {PLANTED}"),
    ] {
        let text = format!("[models.a]\n{line}\n");
        let lines = told(&text).join("\n");
        assert!(!lines.contains("planted"), "{line}: {lines}");
        assert!(lines.contains("models.toml:2"), "{line}: {lines}");
    }
    assert!(of_model(&format!("key = \"{PLANTED}\"")).contains("key_env names a variable"));
}

#[test]
fn a_file_in_the_hands_of_others_is_refused() {
    use std::fs;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("models.toml");
    let said = || load(&path, |_, _| ()).unwrap_err().to_string();
    assert!(said().contains("cannot be read"), "{}", said());
    fs::write(&path, "[models.a]\nkind = \"ollama\"\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    assert!(said().contains("chmod go-w"), "{}", said());
    // Others may read it: there is no secret in it.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(load(&path, |_, _| ()).unwrap().0.models.len(), 1);
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(
        load(&link, |_, _| ()).unwrap().0.models.len(),
        1,
        "where it leads is what is looked at"
    );
    fs::write(&path, b"\xff").unwrap();
    assert!(said().contains("UTF-8"), "{}", said());
    assert!(load(dir.path(), |_, _| ()).unwrap_err().to_string().contains("no regular file"));
    assert!(
        load(Path::new("/dev/zero"), |_, _| ())
            .unwrap_err()
            .to_string()
            .contains("no regular file")
    );
}
