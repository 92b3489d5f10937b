//! `config path`, `check`, `edit`, `settings`, `schema`: the configuration and where each value of it came
//! from.

use std::io::IsTerminal as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{ExitCode, Stdio};

use clap::Subcommand;
use serde_json::{Value, json};

use super::appearance::is_ascii_by;
use super::exit::Failure;
use super::global::Global;
use super::output::{Column, Listing, Output, OutputArgs, SCHEMA_VERSION};
use super::places::Places;
use super::read_files::{ReadFile, read_files};
use super::serve_tools;
use crate::config::known::{Known, Place, SETTINGS};
use crate::config::schema;
use crate::tool_runner::program;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print where the files are
    Path,
    /// Read every file and print each value with its origin
    Check,
    /// Open the user's file in $VISUAL or $EDITOR, and check it afterwards
    Edit,
    /// List every setting that config.toml may have
    Settings(OutputArgs),
    /// Print the JSON schema of config.toml, for editors
    Schema,
}

const SETTINGS_COLUMNS: &[Column] =
    &[Column("SETTING", false), Column("HOW", false), Column("WHAT", false)];

/// What a new file says: everything there is, switched off.
const TEMPLATE: &str = "\
# foretop's configuration. `foretop config check` reads it and says what is wrong.
# Keys are kept elsewhere: `foretop auth login` stores the one of a profile.

# profile = \"prod\"                      # used when none is named
# glyphs = \"nerd\"                     # auto unicode nerd ascii
# plain = true                          # line by line instead of the screen
# ambiguous_width = 2                   # where the terminal draws such characters wide
# rules = \"~/rules.toml\"               # calls that are answered without you; see docs/answering.md

# [profiles.prod]
# url = \"https://api.vectara.io\"
# auth = \"api-key\"                      # or \"oauth\", \"none\"
# api_key_file = \"~/keys/prod\"          # instead of `foretop auth login`
# agents = [\"support\", \"ops\"]           # all when left out
# read_only = true                      # nothing but reads leaves the process
# production = true                     # PROD in the header; deleting asks for the whole key
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

# [commands.ticket]                     # a key, or :ticket, runs it; see docs/keys.md
# run = [\"jira\", \"view\", \"{session}\"]
# keys = \"g t\"
# scope = \"timeline\"                    # left out: around every pane
# mode = \"show\"                        # or \"aside\", \"foreground\"
# help = \"the ticket of this session\"

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
                "views": places.views(), "themes": places.themes(), "keys": places.keys(),
                "credentials": places.credentials, "state": places.state});
            let lines = [
                format!("config       {}", places.config.display()),
                format!("views        {}", places.views().display()),
                format!("themes       {}", places.themes().display()),
                format!("keys         {}", places.keys().display()),
                format!("credentials  {}", places.credentials.display()),
                format!("state        {}", places.state.display()),
            ];
            out.value(&value, lines)?;
        }
        ConfigCommand::Check => check(global, &places, &out)?,
        ConfigCommand::Edit => {
            edit(&places, global, &out)?;
            check(global, &places, &out)?;
        }
        ConfigCommand::Settings(arguments) => out.listing(&settings_listing(), arguments)?,
        ConfigCommand::Schema => out.stdout.json(&format!("{:#}", schema()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The one table of settings, as a listing.
fn settings_listing() -> Listing {
    let name = |known: &Known| {
        let place = match known.place {
            Place::Top => "",
            Place::Profile => "profiles.NAME.",
            Place::Tool => "tools.NAME.",
            Place::Command => "commands.NAME.",
        };
        format!("{place}{}", known.name)
    };
    let row = |known: &Known| vec![name(known), known.form.words(), known.about.to_owned()];
    let item = |known: &Known| {
        json!({"name": name(known), "form": known.form.words(), "example": known.example,
               "about": known.about})
        .into()
    };
    Listing {
        columns: SETTINGS_COLUMNS,
        rows: SETTINGS.iter().map(row).collect(),
        items: SETTINGS.iter().map(item).collect(),
        ..Listing::default()
    }
}

fn check(global: &Global, places: &Places, out: &Output) -> Result<(), Failure> {
    let salvaged = places.salvage_config();
    let settings = global.resolve(&salvaged.config);
    let files = read_files(places, settings.as_ref().ok());
    let wrong = files.iter().filter(|file| file.is_wrong());
    let mut wrong: Vec<String> = wrong.flat_map(|file| file.found.lines()).cloned().collect();
    // Values of a file that is not read whole are nothing to go by.
    if !salvaged.is_whole {
        return Err(Failure::mistakes(wrong));
    }
    let settings = match settings {
        Ok(settings) => settings,
        Err(failure) => {
            wrong.extend_from_slice(failure.lines());
            return Err(Failure::mistakes(wrong));
        }
    };
    for file in files.iter().filter(|file| !file.is_wrong()) {
        file.found.lines().iter().for_each(|line| out.note(line));
    }
    let rules = settings.rules.as_ref().map(|rules| serve_tools::rules(places, &rules.value));
    let rules = rules.and_then(Result::ok).unwrap_or_default();
    serve_tools::warn(out, &rules, &places.commands(&settings.tools));
    let rows = settings.rows();
    let items: Vec<Value> = rows
        .iter()
        .map(|(name, value, origin)| json!({"name": name, "value": value, "origin": origin}))
        .collect();
    let line = |name: &str, value: &str, origin: &str| format!("{name:<20} {value:<28} {origin}");
    let mut lines: Vec<String> =
        rows.iter().map(|(name, value, origin)| line(name, value, origin)).collect();
    lines.push(String::new());
    let of_file = |file: &ReadFile| {
        line(&format!("file: {}", file.what), file.found.word(), &file.path.display().to_string())
    };
    lines.extend(files.iter().map(of_file));
    let files: Vec<Value> = files.iter().map(ReadFile::to_json).collect();
    let value = json!({"schema_version": SCHEMA_VERSION, "items": items, "files": files});
    out.reading(&value, lines)?;
    if wrong.is_empty() { Ok(()) } else { Err(Failure::mistakes(wrong)) }
}

/// Without a terminal only an editor that somebody chose for that is run, and its input is empty: one that
/// waits for keys ends.
fn edit(places: &Places, global: &Global, out: &Output) -> Result<(), Failure> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let chosen = set("VISUAL").or_else(|| set("EDITOR"));
    let is_terminal = std::io::stdin().is_terminal() && out.stdout.is_terminal();
    if global.no_input || (!is_terminal && chosen.is_none()) {
        let why = if global.no_input { "--no-input is given" } else { "there is no terminal" };
        let file = places.config.display();
        return Err(Failure::usage(format!(
            "no editor is opened, because {why}. Edit {file} yourself, then `foretop config check`"
        )));
    }
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
    let editor = chosen.unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| Failure::usage("EDITOR is no command"))?;
    let mut editor = program(&words[0]);
    editor.args(&words[1..]).arg(&places.config);
    if !is_terminal {
        editor.stdin(Stdio::null());
    }
    let status = editor
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
