//! `man`: the manual pages, and the words that they share with `--help` and `docs/`.
//!
//! Owns examples, files and the sections that no flag has; flags and commands tell of themselves, exit
//! codes in [`super::exit`], variables in [`super::environment`]. Start with [`man`]. The invariant: each
//! fact is written once here, and the tables in `docs/` are made of it; tests compare them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::Cli;
use super::environment::{GIVEN, READ};
use super::exit::{Failure, codes};
use super::printer::Printer;

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Writes a page for each command into this directory, instead of the first to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn man(arguments: &ManArgs, out: Printer) -> Result<ExitCode, Failure> {
    let mut command = Cli::command();
    command.build();
    match &arguments.out {
        None => out.own(&page(&command)?)?,
        Some(directory) => {
            let failed = |error: io::Error| {
                Failure::usage(format!("cannot write to {}: {error}", directory.display()))
            };
            std::fs::create_dir_all(directory).map_err(failed)?;
            write_all(&command, directory).map_err(failed)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Commands to begin with, and what each does.
const EXAMPLES: &[(&str, &str)] = &[
    ("foretop --demo", "Everything, on an embedded server with agents that go on working."),
    ("foretop ls --state parked,error", "What needs somebody."),
    ("foretop pending --json", "Every call that waits, the oldest first."),
    ("foretop answer aev_d081 -f answer.json", "Answers one of them from a file."),
    (
        "foretop run aev_d081 -- echo '{\"rows\": 0}'",
        "Answers it with what a command prints; the arguments are on its stdin.",
    ),
    (
        "foretop run --serve-tools rules.toml --agent support",
        "Answers calls as rules say, until it is stopped.",
    ),
    (
        "foretop grep 'is:error tool:web_*' --filter is:parked",
        "Finds events in the sessions that wait.",
    ),
    ("foretop send quote-7731 'Please check again'", "Prints the reply as it comes."),
    ("foretop diff quote-7730 quote-7731", "Compares two sessions by what happened in them."),
    ("foretop bundle refund-4411 -o refund.tar.gz", "Packs a session for a report of a fault."),
    ("foretop open session.jsonl", "Shows a session in a file, offline."),
    (
        "foretop wait refund-4411 --until parked,idle --timeout 10m",
        "Waits, and ends with 124 when the time is over.",
    ),
    ("foretop tools --agent support", "Says who answers the calls of which tool."),
    (
        "foretop watch --on parked --exec 'notify-send {}'",
        "Runs a command whenever a session begins to wait.",
    ),
    (
        "foretop auth login prod --url https://api.vectara.io",
        "Makes a profile; the key is asked for, or read from a pipe.",
    ),
];

/// Files, and what they are for.
const FILES: &[(&str, &str)] = &[
    (
        "~/.config/foretop/config.toml",
        "the configuration; `foretop config settings` lists what it may have",
    ),
    ("~/.config/foretop/keys.toml", "keys of your own"),
    ("~/.config/foretop/views.toml", "views of the list of sessions"),
    ("~/.config/foretop/themes/NAME.toml", "themes of your own"),
    (
        "~/.config/foretop/credentials",
        "keys to services where there is no keyring, readable by you alone",
    ),
    (".foretop.toml", "in a project: the `agent` that commands are about"),
    ("~/.local/state/foretop/", "what is remembered for each profile: drafts, bookmarks, undo"),
    ("~/.local/state/foretop/foretop.log", "what went wrong; at most 1 MiB, then `foretop.log.1`"),
    ("~/.local/state/foretop/audit.jsonl", "every answer that was given, secrets masked"),
    ("~/.local/share/foretop/local/", "data of the server that the first minute makes"),
    ("DIR/foretop.db", "the database of `foretop serve --data DIR`"),
    ("DIR/master.key", "opens what is sealed in it; keep a copy elsewhere"),
    ("DIR/token", "the access token of that server"),
];

/// What `--help` says below the flags.
pub(super) fn after_help() -> String {
    let examples: String = EXAMPLES.iter().flat_map(|(line, _)| ["  ", line, "\n"]).collect();
    let codes: Vec<String> = codes().map(|(code, short, _)| format!("{code} {short}")).collect();
    let codes = codes.join(", ");
    format!(
        "Sessions, events and calls may be named by the beginning of their keys.\n\n\
         Examples:\n{examples}\n\
         What went wrong is in the log, foretop.log in $XDG_STATE_HOME/foretop (else \
         ~/.local/state/foretop); FORETOP_LOG=debug logs every request. `foretop doctor` says where it \
         is.\n\nExit codes: {codes}"
    )
}

fn write_all(command: &clap::Command, directory: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_all(below, directory)?;
    }
    let name = format!("{}.1", name_of(command));
    std::fs::write(directory.join(name), page(command)?)
}

/// `foretop-events-rm`, as the files and titles of pages are called.
fn name_of(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// A page as troff reads it. Every one has the exit codes; the first has what is about all commands.
fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let source = format!("foretop {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("foretop");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let mut more = Roff::new();
    let is_first = name_of(command) == "foretop";
    if is_first {
        examples(&mut more);
        environment(&mut more);
        files(&mut more);
    } else if command.get_after_help().is_some() {
        man.render_extra_section(&mut page)?;
    }
    exit_status(&mut more);
    if !is_first {
        more.control("SH", ["SEE ALSO"]);
        more.text([bold("foretop"), roman("(1), whose page has the environment and the files")]);
    }
    more.to_writer(&mut page)?;
    if is_first {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}

fn examples(page: &mut Roff) {
    page.control("SH", ["EXAMPLES"]);
    for (line, what) in EXAMPLES {
        item(page, [bold(*line)], what);
    }
}

fn environment(page: &mut Roff) {
    page.control("SH", ["ENVIRONMENT"]);
    for (names, what) in READ {
        item(page, listed(names), what);
    }
    page.control("SS", ["For programs that foretop starts"]);
    page.text([roman("They get none of the secrets above.")]);
    for (names, what) in GIVEN {
        item(page, listed(names), what);
    }
}

fn files(page: &mut Roff) {
    page.control("SH", ["FILES"]);
    for (path, what) in FILES {
        item(page, [bold(*path)], what);
    }
}

fn exit_status(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for (code, short, more) in codes() {
        item(page, [bold(code.to_string())], &[short, more].concat());
    }
}

/// A term, and what it means indented below or beside it.
fn item(page: &mut Roff, term: impl Into<Vec<Inline>>, what: &str) {
    page.control("TP", []);
    page.text(term);
    page.text(spoken(what));
}

fn listed(names: &[&str]) -> Vec<Inline> {
    let mut term = Vec::new();
    for name in names {
        if !term.is_empty() {
            term.push(roman(", "));
        }
        term.push(bold(*name));
    }
    term
}

/// What stands in backticks is bold.
fn spoken(words: &str) -> Vec<Inline> {
    let parts = words.split('`').enumerate();
    parts
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| if at % 2 == 1 { bold(part) } else { roman(part) })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::*;

    fn text_of(path: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn table(heading: &str, rows: impl Iterator<Item = (String, String)>) -> String {
        let rows = rows.map(|(name, what)| format!("| {name} | {what} |\n"));
        format!("| {heading} |\n|---|---|\n{}", rows.collect::<String>())
    }

    fn typed(names: &[&str]) -> String {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_pages_have_the_tables_that_are_made_of_this() {
        let variables = |rows: &'static [super::super::environment::Row]| {
            let rows = rows.iter().map(|(names, what)| (typed(names), (*what).to_owned()));
            table("variable | meaning", rows)
        };
        let files = FILES.iter().map(|(path, what)| (typed(&[path]), (*what).to_owned()));
        let codes = codes().map(|(code, short, more)| (code.to_string(), [short, more].concat()));
        for (page, table) in [
            ("docs/configuration.md", variables(READ)),
            ("docs/configuration.md", variables(GIVEN)),
            ("docs/configuration.md", table("file | what", files)),
            ("docs/command-line.md", table("exit code | meaning", codes)),
        ] {
            assert!(text_of(page).contains(&table), "{page} needs this table:\n{table}");
        }
    }

    /// Every command that a page names: in backticks, and in blocks for a shell.
    fn named(page: &str) -> Vec<String> {
        let blocks = page.split("```").skip(1).step_by(2);
        let lines = blocks.filter_map(|block| block.strip_prefix("sh\n")).flat_map(str::lines);
        let lines = lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned());
        let prose: String = page.split("```").step_by(2).collect();
        let spans = prose.split('`').skip(1).step_by(2);
        let spans = spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.chain(spans).collect()
    }

    #[test]
    fn what_the_pages_name_is_what_the_command_line_takes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut pages =
            vec!["README.md".to_owned(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
        for entry in std::fs::read_dir(root.join("docs")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(format!("docs/{name}"));
            }
        }
        let (mut seen, mut wrong) = (0, Vec::new());
        for page in pages {
            for line in named(&text_of(&page)) {
                // A line may hold more than one: behind a pipe, an `&&`, or inside `<(…)`.
                let parts = line.split([';', '(', ')']).flat_map(|part| part.split("&&"));
                let parts = parts.flat_map(|part| part.split(" | ")).map(str::trim);
                for part in parts.filter(|part| part.starts_with("foretop ")) {
                    let words = shlex::split(part).unwrap_or_default();
                    // What is left open is for the reader to put there.
                    let words = words.into_iter().filter(|word| word != "…");
                    seen += 1;
                    // A name without its arguments is a way to speak of a command.
                    if let Err(error) = Cli::try_parse_from(words)
                        && !matches!(
                            error.kind(),
                            ErrorKind::MissingRequiredArgument
                                | ErrorKind::MissingSubcommand
                                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                                | ErrorKind::DisplayHelp
                                | ErrorKind::DisplayVersion
                        )
                    {
                        wrong.push(format!("{page}: {part}: {error}"));
                    }
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert!(seen > 80, "{seen}");
    }

    #[test]
    fn every_command_has_a_page_and_names_in_it_are_harmless_to_troff() {
        let mut command = Cli::command();
        command.build();
        let directory = tempfile::tempdir().unwrap();
        write_all(&command, directory.path()).unwrap();
        let pages: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
        assert!(pages.len() > 40, "{}", pages.len());
        for page in pages {
            let text = std::fs::read_to_string(page.path()).unwrap();
            assert!(text.contains(".SH \"EXIT STATUS\"") && text.contains(".SH NAME"), "{page:?}");
            assert!(text.lines().all(|line| !line.starts_with('\'')), "{page:?}");
        }
    }
}
