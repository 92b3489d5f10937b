//! `help`: what a command does and takes.
//!
//! Owns the way from the words to the page; the page itself is the one of `--help`, so that there is
//! only one of each. Start with [`help`]. The invariant: every command has a page, and every flag a
//! sentence of its own on it; a test walks all of them.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser as _};

use super::Cli;
use super::exit::Failure;
use super::pager::Pager;
use super::printer::Printer;
use crate::text::sanitize;
use crate::text::suggest::did_you_mean;

#[derive(Debug, Args)]
pub(super) struct HelpArgs {
    /// The command, such as `ls` or `events rm`; all of foretop without one
    #[arg(value_name = "COMMAND")]
    pub(super) path: Vec<String>,
}

pub(super) fn help(
    arguments: &HelpArgs,
    no_pager: bool,
    out: Printer,
) -> Result<ExitCode, Failure> {
    let mut whole = Cli::command();
    whole.build();
    let mut command = &whole;
    for (at, word) in arguments.path.iter().enumerate() {
        let found = command.find_subcommand(word);
        command = found.ok_or_else(|| unknown(command, &arguments.path[..at], word))?;
    }
    let path = arguments.path.iter().map(OsString::from);
    let words = [OsString::from("foretop")].into_iter().chain(path).chain(["--help".into()]);
    if let Err(page) = Cli::try_parse_from(words) {
        // A reader that closed the pipe has seen what it wanted.
        let _ = out.help(&page.render(), &Pager::of_environment(no_pager));
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(command: &clap::Command, path: &[String], word: &str) -> Failure {
    let near = did_you_mean(word, command.get_subcommands().map(clap::Command::get_name));
    let near = if near.is_empty() { "." } else { &near };
    let word = sanitize::preview(word, 80);
    let path: String = path.iter().flat_map(|word| [" ", word]).collect();
    Failure::usage(format!(
        "foretop{path} has no command \"{word}\"{near} `foretop help{path}` lists what there is"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(command: &clap::Command, path: &str, visit: &mut impl FnMut(&str, &clap::Command)) {
        visit(path, command);
        for below in command.get_subcommands() {
            walk(below, &format!("{path} {}", below.get_name()), visit);
        }
    }

    #[test]
    fn every_command_and_every_flag_has_a_sentence_of_its_own() {
        let mut whole = Cli::command();
        whole.build();
        let (mut commands, mut faults) = (0, Vec::new());
        walk(&whole, "foretop", &mut |path, command| {
            commands += 1;
            let mut said = Vec::new();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let of_flags = command.get_arguments().map(|argument| {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                (argument.to_string(), help)
            });
            for (name, text) in of_flags.chain([("the command".to_owned(), about)]) {
                let is_sentence =
                    text.starts_with(|c: char| c.is_uppercase()) && !text.ends_with('.');
                let is_sentence = is_sentence && text.is_ascii();
                if !is_sentence || said.contains(&text) {
                    faults.push(format!("{path}, {name}: {text:?}"));
                }
                said.push(text);
            }
        });
        assert!(commands > 40, "{commands}");
        assert_eq!(faults, Vec::<String>::new());
    }

    #[test]
    fn what_is_no_command_is_said_with_what_may_be_meant() {
        let complaint = |words: &[&str]| {
            let path = words.iter().map(|word| (*word).to_owned()).collect();
            let out = Printer::stdout(super::super::global::ColorWhen::Never);
            help(&HelpArgs { path }, true, out).unwrap_err().to_string()
        };
        assert_eq!(
            complaint(&["pendin"]),
            "foretop has no command \"pendin\", did you mean \"pending\"? `foretop help` lists what \
             there is"
        );
        assert!(complaint(&["events", "rn"]).starts_with("foretop events has no command \"rn\""));
        assert!(complaint(&["ls", "x"]).contains("`foretop help ls`"));
    }
}
