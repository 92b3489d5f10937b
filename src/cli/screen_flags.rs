//! Flags of commands that a screen has no use for.
//!
//! Start with [`refuse`]. The invariant: a flag that would mean nothing on the screen is refused, and never
//! passed over.

use super::exit::Failure;
use super::global::Global;

/// Each with what the screen does instead.
pub(super) fn refuse(global: &Global) -> Result<(), Failure> {
    const PRINTS_NOTHING: &str = "prints nothing";
    let given = [
        ("--yes", global.yes, "asks before what others would notice, and its questions stay"),
        ("--no-input", global.no_input, "is there to be asked"),
        (
            "--reveal-secrets",
            global.reveal_secrets,
            "shows one value that is masked for 10 seconds, by :reveal",
        ),
        ("--quiet", global.quiet, PRINTS_NOTHING),
        ("--verbose", global.verbose, PRINTS_NOTHING),
        ("--json", global.json, PRINTS_NOTHING),
        ("--jsonl", global.jsonl, PRINTS_NOTHING),
        ("--no-pager", global.no_pager, PRINTS_NOTHING),
    ];
    match given.into_iter().find(|(_, given, _)| *given) {
        Some((flag, _, instead)) => Err(Failure::usage(format!(
            "{flag} is for commands that print; the screen {instead}. Leave {flag} out"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_screen_has_no_use_for_is_refused_and_what_counts_there_is_not() {
        let counts = Global {
            read_only: true,
            dry_run: true,
            ascii: true,
            agent: Some("support".to_owned()),
            timeout: Some(std::time::Duration::from_secs(9)),
            ..Global::default()
        };
        assert!(refuse(&counts).is_ok());
        let told = refuse(&Global { reveal_secrets: true, ..counts }).unwrap_err().to_string();
        assert!(told.contains("--reveal-secrets is for commands") && told.contains(":reveal"));
    }
}
