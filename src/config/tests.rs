//! Files, environment and flags against each other, and what mistakes are told.

use std::path::Path;

use super::*;

const USER: &str = r#"
profile = "prod"
agent = "general"

[profiles.prod]
url = "https://api.vectara.io"
read_only = true
production = true
badge = "red"
agents = ["support", "ops"]
requests_per_second = 2

[profiles.stage]
url = "https://stage.example"
auth = "oauth"
client_id = "me"
client_secret_file = "~/secret"
token_body = "json"
"#;

fn user(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/c/config.toml"), text)
}

fn no_variables(_: &str) -> Option<String> {
    None
}

fn mistakes(text: &str) -> Vec<String> {
    match user(text) {
        Err(ConfigError::Mistakes(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn later_layers_win_and_every_value_knows_its_origin() {
    let project = Path::new("/p/.foretop.toml");
    let project = Config::parse_project(project, "agent = \"support\"").unwrap();
    let config = user(USER).unwrap().under(project);
    let settings = config.resolve(&Flags::default(), no_variables).unwrap();
    assert_eq!(settings.url.as_ref().unwrap().value, "https://api.vectara.io");
    let origin = Origin::File("/c/config.toml".into(), 6);
    assert_eq!(settings.url.unwrap().origin, origin);
    assert_eq!(settings.agent.unwrap().value, "support");
    assert!(settings.read_only.value && settings.production.value);
    assert_eq!(settings.requests_per_second.value.to_string(), "2");
    assert_eq!(settings.token_url.unwrap().value, "https://auth.vectara.io/oauth2/token");

    let variables = |name: &str| match name {
        "FORETOP_PROFILE" => Some("stage".to_owned()),
        "FORETOP_AGENT" => Some("from-variable".to_owned()),
        _ => None,
    };
    let settings = config.resolve(&Flags::default(), variables).unwrap();
    assert_eq!(settings.profile.unwrap().origin, Origin::Variable("FORETOP_PROFILE"));
    assert_eq!(settings.auth.value, Auth::ClientCredentials);
    assert_eq!(settings.client_secret_file.unwrap().value, PathBuf::from("~/secret"));
    assert_eq!(settings.agent.unwrap().value, "from-variable");
    let flags = Flags { profile: Some("prod".into()), agent: Some("a".into()), ..Flags::default() };
    let settings = config.resolve(&flags, variables).unwrap();
    assert_eq!(settings.profile.unwrap().origin, Origin::Flag("--profile"));
    assert_eq!(settings.agent.unwrap().origin, Origin::Flag("--agent"));
}

#[test]
fn a_url_by_hand_takes_nothing_from_a_profile() {
    let config = user(USER).unwrap();
    let flags = Flags { url: Some("https://elsewhere".into()), ..Flags::default() };
    let settings = config.resolve(&flags, no_variables).unwrap();
    assert!(settings.profile.is_none() && settings.badge.is_none());
    assert!(!settings.read_only.value);
    let both = Flags { profile: Some("prod".into()), ..flags };
    assert_eq!(config.resolve(&both, no_variables), Err(ConfigError::UrlAndProfile));
}

#[test]
fn mistakes_come_with_their_line_and_all_at_once() {
    let found = mistakes(
        "profil = \"x\"\n[profiles.a]\nread_onli = true\nproduction = \"yes\"\nbadge = \"rde\"\n\
         requests_per_second = 0\nagents = [1]\nurl = \"\"\n",
    );
    assert_eq!(
        found,
        [
            "/c/config.toml:1: there is no setting \"profil\", did you mean \"profile\"?",
            "/c/config.toml:3: there is no setting \"read_onli\", did you mean \"read_only\"?",
            "/c/config.toml:4: production must be true or false; this is of type string",
            "/c/config.toml:5: badge is \"rde\", did you mean \"red\"? It can be: red, yellow, \
             green, blue, magenta, cyan",
            "/c/config.toml:6: requests_per_second must be between 0.1 and 1000",
            "/c/config.toml:7: agents must be a list of texts; this is of type array",
            "/c/config.toml:8: url is empty; leave it out instead",
        ]
    );
    assert!(mistakes("profile = \"a\nx").remove(0).starts_with("/c/config.toml:1: "));
    assert_eq!(mistakes("profiles = 1").len(), 1);
}

#[test]
fn what_a_service_is_believed_is_for_its_profile_and_not_for_a_checkout() {
    let text = "reply_limit = \"8M\"\n[profiles.a]\nreply_limit = \"64M\"\n[profiles.b]\n";
    let limit = |profile: Option<&str>| {
        let flags = Flags { profile: profile.map(str::to_owned), ..Flags::default() };
        user(text).unwrap().resolve(&flags, no_variables).unwrap().reply_limit.value >> 20
    };
    assert_eq!([limit(Some("a")), limit(Some("b")), limit(None)], [64, 8, 8]);
    let settings = Config::default().resolve(&Flags::default(), no_variables).unwrap();
    assert_eq!(settings.reply_limit, Setting::default(32 << 20));
    for wrong in ["1K", "64G"] {
        let told = mistakes(&format!("[profiles.a]\nreply_limit = \"{wrong}\"")).remove(0);
        assert!(told.ends_with("reply_limit must be between \"1M\" and \"16G\""), "{told}");
    }
    let project = Config::parse_project(Path::new("/p/.foretop.toml"), "reply_limit = \"1G\"");
    assert!(project.unwrap_err().to_string().contains("not for a project's file"));
}

#[test]
fn a_key_in_the_file_is_refused_and_not_shown() {
    let found = mistakes("[profiles.a]\napi_key = \"zut_hunter2\"\n").remove(0);
    assert!(found.starts_with("/c/config.toml:2: \"api_key\" has no place here"), "{found}");
    assert!(!found.contains("hunter2"));
}

#[test]
fn a_checkout_cannot_choose_where_a_key_goes() {
    let path = Path::new("/p/.foretop.toml");
    for text in ["profile = \"x\"", "[profiles.a]\nurl = \"https://evil\""] {
        let error = Config::parse_project(path, text).unwrap_err().to_string();
        assert!(error.contains("not for a project's file"), "{error}");
    }
}

#[test]
fn an_unknown_profile_is_named_with_its_neighbours() {
    let config = user(USER).unwrap();
    let flags = Flags { profile: Some("prdo".into()), ..Flags::default() };
    let error = config.resolve(&flags, no_variables).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no profile \"prdo\" (--profile), did you mean \"prod\"? Known: prod, stage"
    );
    let empty = Config::default().resolve(&Flags::default(), no_variables).unwrap();
    assert!(empty.url.is_none() && empty.profile.is_none());
}

#[test]
fn commands_of_tools_are_read_with_all_that_belongs_to_them() {
    let config = user(
        "[tools.orders_refund]\nrun = [\"./tools/refund\", \"--order\", \"{order_id}\"]\n\
         wrap = \"result\"\ntimeout = 5\nmax_output = 2000\ncwd = \"work\"\n\
         env = { ORDER = \"{order_id}\" }\n\
         [tools.deploy]\nrun = \"make 'two words'\"\n\
         [tools.page]\nrun = \"echo \\\"$X\\\" | mail\"\nshell = true\n",
    )
    .unwrap();
    let settings = config.resolve(&Flags::default(), no_variables).unwrap();
    let refund = &settings.tools["orders_refund"];
    assert_eq!(refund.origin, Origin::File("/c/config.toml".into(), 1));
    let refund = &refund.value;
    assert_eq!(refund.line(), "./tools/refund --order {order_id}");
    assert_eq!((refund.wrap.as_str(), refund.limits.max_output), ("result", 2_000));
    assert_eq!(refund.limits.timeout, std::time::Duration::from_secs(5));
    assert_eq!(refund.cwd.as_deref(), Some(Path::new("/c/work")));
    assert_eq!(refund.env, [("ORDER".to_owned(), "{order_id}".to_owned())]);
    let words = ["make", "two words"].map(str::to_owned);
    assert_eq!(settings.tools["deploy"].value.words, crate::tools::Words::Direct(words.into()));
    assert!(settings.tools["page"].value.uses_shell());
    let rows = settings.rows();
    assert!(rows.contains(&(
        "tools.deploy".to_owned(),
        "make 'two words'".to_owned(),
        "/c/config.toml:8".to_owned()
    )));
}

#[test]
fn a_command_that_cannot_be_meant_is_told_and_none_comes_with_a_checkout() {
    let told = mistakes(
        "[tools.a]\nrn = [\"x\"]\n[tools.b]\nrun = 7\n[tools.c]\nrun = \"x 'y\"\n\
         [tools.d]\nrun = [\"x\"]\nshell = true\n[tools.e]\nrun = \"x\"\ntimeout = \"soon\"\n\
         [tools.f]\nrun = \"x\"\nenv = { \"A=B\" = \"c\" }\n[tools.g]\nrun = [\"x\", 1]\n",
    );
    let wanted = [
        (1, "tools.a has no run"),
        (2, "there is no setting \"rn\", did you mean \"run\"?"),
        (4, "run must be a list of words, or a text; this is of type integer"),
        (6, "run: a quote is left open in the command"),
        (8, "with shell = true, run is one text for the shell"),
        (12, "timeout is \"soon\"; write it like 30s or 5m"),
        (15, "\"A=B\" cannot be the name of a variable"),
        (17, "run must be a list of texts"),
    ];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    for (told, (line, words)) in told.iter().zip(wanted) {
        assert!(told.starts_with(&format!("/c/config.toml:{line}: {words}")), "{told}");
    }
    let project = Path::new("/p/.foretop.toml");
    let refused = Config::parse_project(project, "[tools.a]\nrun = [\"x\"]\n").unwrap_err();
    assert!(
        refused.to_string().starts_with("/p/.foretop.toml:1: \"tools\" is not for"),
        "{refused}"
    );
}

proptest::proptest! {
    /// Whatever stands in a file, it is read or its mistakes are told, each with a line that is there.
    #[test]
    fn a_file_of_any_text_is_read_or_its_mistakes_are_told(
        bits in proptest::collection::vec(proptest::sample::select(BITS), 0..40),
    ) {
        let text = bits.concat();
        let lines = text.split('\n').count();
        for read in [Config::parse, Config::parse_project] {
            match read(Path::new("/c/config.toml"), &text) {
                Ok(config) => drop(config.resolve(&Flags::default(), no_variables)),
                Err(ConfigError::Mistakes(all)) => {
                    proptest::prop_assert!(!all.is_empty());
                    let exists = |mistake: &Mistake| mistake.line.is_none_or(|line| line <= lines);
                    proptest::prop_assert!(all.iter().all(exists), "{all:?}");
                }
                Err(other) => proptest::prop_assert!(false, "{other}"),
            }
        }
    }
}

/// What files are made of, and what readers of them stumble over.
const BITS: &[&str] = &[
    "\n",
    "\n",
    "\n",
    " = ",
    "=",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    ".",
    "profile",
    "agent",
    "profiles.a",
    "[profiles.a]",
    "[profiles.b]",
    "[tools.t]",
    "run",
    "shell",
    "true",
    "false",
    "1e999",
    "-1",
    "99999999999999999999",
    "nan",
    "1979-05-27",
    "\"x\"",
    "[\"x\"]",
    "url",
    "\"https://a\"",
    "reply_limit",
    "\"32M\"",
    "\"1K\"",
    "api_key",
    "\\u",
    "\\U0010FFFF",
    "é",
    "\u{0}",
    "\r\n",
    "\u{feff}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{a={a={a={a={a={a=",
    "rules",
    "\t",
];

#[test]
fn what_a_newer_build_may_know_is_passed_over_and_said() {
    let config = user("sparkle = 3\n[profiles.a]\nurl = \"https://a\"\nbadgr = \"red\"\n").unwrap();
    let told: Vec<_> = config.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "/c/config.toml:1: there is no setting \"sparkle\"",
            "/c/config.toml:4: there is no setting \"badgr\", did you mean \"badge\"?",
        ]
    );
    assert_eq!(config.profiles["a"].url.as_ref().unwrap().value, "https://a");
}

#[test]
fn a_slip_in_the_name_of_a_bound_is_a_mistake() {
    for name in ["read_onli", "readonly", "prodution"] {
        let told = mistakes(&format!("[profiles.a]\n{name} = true\n")).remove(0);
        assert!(told.contains("did you mean"), "{told}");
    }
}

#[test]
fn what_can_be_read_of_a_broken_file_is_there_and_the_rest_is_told() {
    let text = "agent = \"ops\"\nprofile = \nglyphs = 3\n[profiles.a]\nurl = \"https://a\"\n\
                read_only = maybe\nserve = \"d\"\n";
    let config = Config::salvage(Path::new("/c/config.toml"), text);
    assert!(config.is_damaged());
    let lines: Vec<_> = config.mistakes.iter().map(|mistake| mistake.line).collect();
    for line in [2, 3, 6, 7] {
        assert!(lines.contains(&Some(line)), "{line}: {:?}", config.mistakes);
    }
    assert_eq!(config.agent.as_ref().unwrap().value, "ops");
    let mut settings = config.resolve(&Flags::default(), no_variables).unwrap();
    assert_eq!(settings.url.as_ref().unwrap().value, "https://a");
    assert!(settings.serve.is_none() && !settings.read_only.value);
    settings.hold_back(Origin::File("/c/config.toml".into(), 1));
    assert!(settings.read_only.value);
}

#[test]
fn a_directory_that_is_served_needs_no_url_and_may_be_asked_often() {
    let config = user("[profiles.a]\nserve = \"~/d\"\n").unwrap();
    let settings = config.resolve(&Flags::default(), no_variables).unwrap();
    assert!(settings.url.is_none());
    assert_eq!(settings.serve.unwrap().value, PathBuf::from("~/d"));
    assert_eq!(settings.requests_per_second.value.to_string(), "400");
}
