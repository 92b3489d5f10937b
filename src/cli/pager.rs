//! What is longer than the screen, in the person's own pager.
//!
//! Owns which pager that is and how it is begun and left; what it shows comes from the printer, which
//! has made it harmless, and from nobody else. Start with [`Pager::show`]. The invariant: nothing is
//! lost for want of a pager, and to leave one early is no failure.

use std::io::{BufRead as _, Write as _};
use std::process::Stdio;

use tokio::signal::unix::{SignalKind, signal};

use crate::tool_runner::program;

/// What is looked for first, for those who want another one here.
const VARIABLE: &str = "FORETOP_PAGER";
const USUAL: &str = "less";
/// What pagers are told that were told nothing: to end at once where all fits, to show colours, and to
/// leave what was read on the screen.
const ADVICE: [(&str, &str); 2] = [("LESS", "FRX"), ("LV", "-c")];
/// With these a shell, or `env`, says that there is no such program.
const NOT_STARTED: [i32; 2] = [126, 127];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Pager {
    /// Nothing is paged.
    #[default]
    None,
    /// The words of its command.
    Program(Vec<String>),
    /// No program: so many lines, then a question.
    Lines(usize),
}

impl Pager {
    pub(super) fn of_environment(unwanted: bool) -> Self {
        if unwanted { Self::None } else { Self::chosen(|name| std::env::var(name).ok()) }
    }

    pub(super) fn by_lines(rows: usize) -> Self {
        if rows == 0 { Self::None } else { Self::Lines(rows) }
    }

    /// After how many lines there is a question; `None` where a program pages, or nothing does.
    pub(super) fn rows(&self) -> Option<usize> {
        if let Self::Lines(rows) = self { Some(*rows) } else { None }
    }

    /// Whether the person who was asked wants more.
    pub(super) fn is_to_go_on() -> bool {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.is_ok_and(|read| read > 0) && !line.trim().starts_with(['q', 'Q', 'n', 'N'])
    }

    /// An empty variable, and `cat`, ask for none. `variable` looks up the environment.
    fn chosen(variable: impl Fn(&str) -> Option<String>) -> Self {
        // It could not go back to what it has shown.
        if variable("TERM").is_some_and(|term| term == "dumb") {
            return Self::None;
        }
        let named = variable(VARIABLE).or_else(|| variable("PAGER"));
        let words = shlex::split(named.as_deref().unwrap_or(USUAL)).unwrap_or_default();
        if words == ["cat"] || words.is_empty() { Self::None } else { Self::Program(words) }
    }

    /// Shows it, and waits until it is left; `false` where there is no pager that can be started.
    pub(super) fn show(&self, text: &str) -> bool {
        let Self::Program(words) = self else { return false };
        let Some((name, arguments)) = words.split_first() else { return false };
        let mut command = program(name);
        command.args(arguments).stdin(Stdio::piped());
        for (name, value) in ADVICE {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        leave_interrupts_to_it();
        let Ok(mut child) = command.spawn() else { return false };
        if let Some(mut input) = child.stdin.take() {
            // Who leaves early has seen enough.
            let _ = input.write_all(text.as_bytes());
        }
        let ending = child.wait().ok().and_then(|status| status.code());
        !ending.is_some_and(|code| NOT_STARTED.contains(&code))
    }
}

/// Ctrl-C stops a search in the pager. If it ended this process, a pager would be left behind that
/// reads the same keys as the shell. What is listened for once never ends the process again.
fn leave_interrupts_to_it() {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
        return;
    };
    let inside = runtime.enter();
    drop(signal(SignalKind::interrupt()));
    drop(inside);
    // A command may be inside a runtime of its own, where waiting for this one is not allowed.
    runtime.shutdown_background();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(set: &[(&str, &str)]) -> Vec<String> {
        let value =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        match Pager::chosen(|name| value(name).map(|value| (*value).to_owned())) {
            Pager::Program(words) => words,
            _ => Vec::new(),
        }
    }

    #[test]
    fn the_pager_is_the_one_that_is_named_first() {
        assert_eq!(chosen(&[]), ["less"]);
        assert_eq!(chosen(&[("PAGER", "more -s")]), ["more", "-s"]);
        assert_eq!(
            chosen(&[("PAGER", "more"), ("FORETOP_PAGER", "less '-P a b'")]),
            ["less", "-P a b"]
        );
        let none = Vec::<String>::new();
        assert_eq!(chosen(&[("PAGER", "more"), ("FORETOP_PAGER", "")]), none);
        assert_eq!(chosen(&[("PAGER", "cat")]), none);
        assert_eq!(chosen(&[("PAGER", "less 'open")]), none);
        assert_eq!(chosen(&[("TERM", "dumb"), ("PAGER", "less")]), none);
    }

    #[test]
    fn what_cannot_be_started_says_so_and_leaving_early_is_fine() {
        let pager =
            |words: &[&str]| Pager::Program(words.iter().map(|word| (*word).to_owned()).collect());
        // More than a pipe holds.
        let long = "line\n".repeat(100_000);
        assert!(pager(&["true"]).show(&long));
        assert!(pager(&["false"]).show(&long));
        assert!(!pager(&["/nowhere/no-such-pager"]).show(&long));
        assert!(!pager(&["sh", "-c", "exit 127"]).show(&long));
        assert!(!Pager::default().show(&long));
    }
}
