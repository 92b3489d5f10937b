//! Flags that every command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::pager::Pager;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Global {
    /// Profile of config.toml to use
    #[arg(long, global = true, value_name = "NAME", display_order = 200)]
    pub(super) profile: Option<String>,
    /// Base URL of a service, without a profile
    #[arg(long, global = true, value_name = "URL", display_order = 201)]
    pub(super) url: Option<String>,
    /// Agent that the command is about
    #[arg(long, global = true, value_name = "KEY", display_order = 202)]
    pub(super) agent: Option<String>,
    /// File that holds the API key
    #[arg(long, global = true, value_name = "FILE", display_order = 203)]
    pub(super) api_key_file: Option<PathBuf>,
    /// Let nothing but reads leave the process
    #[arg(long, global = true, display_order = 204)]
    pub(super) read_only: bool,
    /// Print the request instead of sending it; reads are made
    #[arg(short = 'n', long, global = true, display_order = 205)]
    pub(super) dry_run: bool,
    /// Longest wait for one answer, or for what `wait` waits for: 500ms, 30s, 10m, 2h
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, display_order = 206)]
    pub(super) timeout: Option<Duration>,
    /// Print JSON
    #[arg(long, global = true, display_order = 207)]
    pub(super) json: bool,
    /// Print one JSON value a line
    #[arg(long, global = true, conflicts_with = "json", display_order = 208)]
    pub(super) jsonl: bool,
    /// Print tab-separated values without a heading; instead of the screen: go line by line
    #[arg(long, global = true, conflicts_with_all = ["json", "jsonl"], env = "FORETOP_PLAIN",
          hide_env_values = true,
          value_parser = clap::builder::FalseyValueParser::new(), display_order = 209)]
    pub(super) plain: bool,
    /// Write signs in ASCII, as for a locale without UTF-8
    #[arg(long, global = true, display_order = 217)]
    pub(super) ascii: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 210)]
    pub(super) color: ColorWhen,
    /// Print to the terminal at once what is longer than it, instead of opening a pager
    #[arg(long, global = true, display_order = 216)]
    pub(super) no_pager: bool,
    /// Say only what failed
    #[arg(short, long, global = true, display_order = 211)]
    pub(super) quiet: bool,
    /// Tell about every request on stderr
    #[arg(short, long, global = true, conflicts_with = "quiet", display_order = 212)]
    pub(super) verbose: bool,
    /// Do what is asked for without asking back
    #[arg(short, long, global = true, display_order = 213)]
    pub(super) yes: bool,
    /// Never ask back; refuse instead
    #[arg(long, global = true, display_order = 214)]
    pub(super) no_input: bool,
    /// Show values that are masked otherwise; without a terminal only with --yes
    #[arg(long, global = true, display_order = 215)]
    pub(super) reveal_secrets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` or `CLICOLOR` says otherwise
    #[default]
    Auto,
    Always,
    Never,
}

impl Global {
    /// What stands where clap cannot tell us because it failed: errors in the asked form.
    pub(super) fn wants_json(arguments: &[std::ffi::OsString]) -> bool {
        let before_dashes = arguments.iter().take_while(|argument| *argument != "--");
        before_dashes.into_iter().any(|argument| argument == "--json" || argument == "--jsonl")
    }

    /// The same for what is paged.
    pub(super) fn wanted_pager(arguments: &[std::ffi::OsString]) -> Pager {
        let mut before_dashes = arguments.iter().take_while(|argument| *argument != "--");
        Pager::of_environment(before_dashes.any(|argument| argument == "--no-pager"))
    }

    /// The same for signs.
    pub(super) fn wanted_ascii(arguments: &[std::ffi::OsString]) -> bool {
        let mut before_dashes = arguments.iter().take_while(|argument| *argument != "--");
        before_dashes.any(|argument| argument == "--ascii")
    }

    /// The same for colours.
    pub(super) fn wanted_color(arguments: &[std::ffi::OsString]) -> ColorWhen {
        let mut words = arguments.iter().take_while(|argument| *argument != "--");
        let mut wanted = ColorWhen::default();
        while let Some(word) = words.next().map(|word| word.to_string_lossy()) {
            let value = match word.strip_prefix("--color") {
                Some("") => words.next().map(|value| value.to_string_lossy().into_owned()),
                Some(value) => value.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            let named = value.and_then(|value| ColorWhen::from_str(&value, false).ok());
            wanted = named.unwrap_or(wanted);
        }
        wanted
    }
}

/// `500ms`, `30s`, `10m`, `2h`, `1d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let wrong = || format!("\"{text}\" is no time; write it like 500ms, 30s, 10m, 2h or 1d");
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_as_wanted_whatever_else_is_wrong() {
        let wanted =
            |line: &str| Global::wanted_color(&line.split(' ').map(Into::into).collect::<Vec<_>>());
        assert_eq!(wanted("foretop ls"), ColorWhen::Auto);
        assert_eq!(wanted("foretop --color never ls --nonsense"), ColorWhen::Never);
        assert_eq!(wanted("foretop ls --color=always"), ColorWhen::Always);
        assert_eq!(wanted("foretop run x --color odd -- y --color never"), ColorWhen::Auto);
    }

    #[test]
    fn times_need_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        for bad in ["", "10", "m", "-1s", "1w", "99999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
