//! Whether there is a terminal to draw on, asked before anything is changed.

use std::io::IsTerminal;

/// Why the screen cannot be opened, with the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTerminal {
    #[error(
        "stdin is not a terminal, so no key would arrive. Start foretop without a pipe, \
         or run `foretop serve` for scripts"
    )]
    Input,
    #[error(
        "stdout is not a terminal, so there is nothing to draw on. Over SSH ask for one with \
         `ssh -t`, or run `foretop serve` for scripts"
    )]
    Output,
    #[error(
        "TERM is not set, so the terminal's abilities are unknown. Set it, \
         for instance TERM=xterm-256color, or run `foretop serve` for scripts"
    )]
    Unnamed,
    #[error(
        "TERM=dumb cannot place a cursor. Set TERM to what the terminal really is, \
         or run `foretop serve` for scripts"
    )]
    Dumb,
}

/// Looks at this process's stdin, stdout and `TERM`.
pub fn check() -> Result<(), NoTerminal> {
    let term = std::env::var("TERM").unwrap_or_default();
    check_with(std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), &term)
}

/// The judgement by itself.
pub fn check_with(stdin: bool, stdout: bool, term: &str) -> Result<(), NoTerminal> {
    match (stdout, stdin, term) {
        (false, ..) => Err(NoTerminal::Output),
        (_, false, _) => Err(NoTerminal::Input),
        (.., "") => Err(NoTerminal::Unnamed),
        (.., "dumb") => Err(NoTerminal::Dumb),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_has_its_own_error() {
        assert_eq!(check_with(true, true, "xterm"), Ok(()));
        assert_eq!(check_with(false, true, "xterm"), Err(NoTerminal::Input));
        assert_eq!(check_with(true, false, "xterm"), Err(NoTerminal::Output));
        assert_eq!(check_with(true, true, ""), Err(NoTerminal::Unnamed));
        assert_eq!(check_with(true, true, "dumb"), Err(NoTerminal::Dumb));
    }
}
