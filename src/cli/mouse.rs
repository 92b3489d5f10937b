//! Whose the mouse is when the screen opens: by the configuration, else by where the terminal is.
//!
//! Start with [`for_screen`]. The invariant: over SSH it is ours only where a person said so.

use super::places::Places;
use crate::config;
use crate::terminal;
use crate::view::Mouse;

pub(super) fn for_screen() -> Mouse {
    let config = Places::readable_config();
    let way = config.mouse.map_or(config::Mouse::Auto, |mouse| mouse.value);
    let mouse = decide(way, |name| std::env::var(name).ok());
    config.wheel_lines.map_or(mouse, |lines| mouse.scrolling(lines.value))
}

pub(super) fn decide(way: config::Mouse, variable: impl Fn(&str) -> Option<String>) -> Mouse {
    let is_remote = terminal::is_remote(variable);
    match way {
        config::Mouse::Auto => Mouse::by_itself(is_remote),
        config::Mouse::On => Mouse::configured(true, is_remote),
        config::Mouse::Off => Mouse::configured(false, is_remote),
    }
}

/// The same in words, for who asks why.
pub(super) fn words(mouse: Mouse) -> String {
    let whose = if mouse.is_ours { "foretop's" } else { "the terminal's" };
    let why = match (mouse.is_configured, mouse.is_remote) {
        (true, _) => "as the setting mouse says",
        (false, true) => "over SSH; F2 takes it, which is kept",
        (false, false) => "F2 gives it back, which is kept; Shift leaves one drag to the terminal",
    };
    format!("{whose}, {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_ssh_it_is_the_terminals_unless_somebody_said_otherwise() {
        let remote = |name: &str| (name == "SSH_TTY").then(|| "/dev/pts/1".to_owned());
        let local = |name: &str| (name == "SSH_TTY").then(String::new);
        let is_ours = |way| [decide(way, remote).is_ours, decide(way, local).is_ours];
        assert_eq!(is_ours(config::Mouse::Auto), [false, true]);
        assert_eq!(is_ours(config::Mouse::On), [true, true]);
        assert_eq!(is_ours(config::Mouse::Off), [false, false]);
        assert!(words(decide(config::Mouse::Auto, remote)).contains("F2 takes it"));
    }
}
