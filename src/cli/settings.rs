//! `config path`, `check`, `edit`: the configuration and where each value of it came from.

use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use super::appearance::is_ascii_by;
use super::connect::Places;
use super::exit::Failure;
use super::global::Global;
use super::output::{Output, SCHEMA_VERSION};
use super::serve_tools;
use crate::tool_runner::program;
use crate::tools::rules::Rules;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print where the files are
    Path,
    /// Read the files and print each value with its origin
    Check,
    /// Open the user's file in $VISUAL or $EDITOR, and check it afterwards
    Edit,
}

/// What a new file says: everything there is, switched off.
const TEMPLATE: &str = "\
# foretop's configuration. `foretop config check` reads it and says what is wrong.
# Keys are kept elsewhere: `foretop auth login` stores the one of a profile.

# profile = \"prod\"                      # used when none is named
# glyphs = \"nerd\"                     # auto unicode nerd ascii
# plain = true                          # line by line instead of the screen
# ambiguous_width = 2                   # where the terminal draws such characters wide
# rules = \"~/rules.toml\"               # calls that are answered without you; see the README

# [profiles.prod]
# url = \"https://api.vectara.io\"
# auth = \"api-key\"                      # or \"oauth\", \"none\"
# api_key_file = \"~/keys/prod\"          # instead of `foretop auth login`
# agents = [\"support\", \"ops\"]           # all when left out
# read_only = true                      # nothing but reads leaves the process
# production = true
# badge = \"red\"                         # red yellow green blue magenta cyan
# requests_per_second = 4               # what watching may cost
# requests_ahead = 60                   # of these, what a start may spend at once
# requests_at_once = 8

# [profiles.stage]
# url = \"https://stage.example\"
# auth = \"oauth\"
# client_id = \"me\"
# client_secret_file = \"~/keys/stage\"
# token_url = \"https://auth.example/oauth2/token\"
# token_body = \"form\"                   # or \"json\"

# [tools.orders_refund]                 # what ! runs for calls of this tool
# run = [\"./refund\", \"--order\", \"{order_id}\"]
# wrap = \"output\"                       # key for output that is no JSON object
# timeout = \"60s\"
# max_output = 1000000                  # bytes
# env = { CURRENCY = \"{currency}\" }
# cwd = \"~/tools\"

# [tools.deploy]
# run = \"make deploy | tail -n 1\"      # without shell, run is split into words
# shell = true
";

pub(super) fn run(command: &ConfigCommand, global: &Global) -> Result<ExitCode, Failure> {
    let places = Places::find()?;
    let out = Output::new(global).in_ascii(is_ascii_by(global.ascii));
    match command {
        ConfigCommand::Path => {
            let value = json!({"schema_version": SCHEMA_VERSION, "config": places.config,
                "credentials": places.credentials, "state": places.state});
            let lines = [
                format!("config       {}", places.config.display()),
                format!("credentials  {}", places.credentials.display()),
                format!("state        {}", places.state.display()),
            ];
            out.value(&value, lines)?;
        }
        ConfigCommand::Check => check(global, &places, &out)?,
        ConfigCommand::Edit => {
            edit(&places)?;
            check(global, &places, &out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(global: &Global, places: &Places, out: &Output) -> Result<(), Failure> {
    let settings = global.settings(places)?;
    let rules = match &settings.rules {
        Some(rules) => serve_tools::rules(places, &rules.value)?,
        None => Rules::default(),
    };
    serve_tools::warn(out, &rules, &places.commands(&settings.tools));
    let rows = settings.rows();
    let items: Vec<Value> = rows
        .iter()
        .map(|(name, value, origin)| json!({"name": name, "value": value, "origin": origin}))
        .collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value, origin)| format!("{name:<20} {value:<28} {origin}"))
        .collect();
    let value = json!({"schema_version": SCHEMA_VERSION, "items": items});
    out.reading(&value, lines)
}

fn edit(places: &Places) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("cannot edit {}: {error}", places.config.display()))
    };
    if !places.config.exists() {
        if let Some(directory) = places.config.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&places.config)
            .map_err(failed)?;
        std::io::Write::write_all(&mut file, TEMPLATE.as_bytes()).map_err(failed)?;
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| Failure::usage("EDITOR is no command"))?;
    let status = program(&words[0])
        .args(&words[1..])
        .arg(&places.config)
        .status()
        .map_err(|error| Failure::usage(format!("cannot run {}: {error}", words[0])))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::other(format!("{} ended with {status}", words[0])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_line_of_the_template_is_a_setting_that_exists() {
        let is_setting = |line: &&str| line.contains(" = ") || line.starts_with("# [");
        let on: Vec<&str> =
            TEMPLATE.lines().filter(is_setting).map(|line| line.trim_start_matches("# ")).collect();
        let on = on.join("\n");
        let config = Config::parse(std::path::Path::new("/c"), &on).unwrap();
        assert_eq!(config.profiles.len(), 2);
    }
}
