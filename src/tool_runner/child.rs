//! The one way to start another program: without our secrets in its environment, whose every variable
//! it could print, send or hand on.

use std::ffi::OsStr;
use std::process::Command;

/// Variables in which we are given keys and tokens.
pub const SECRETS: [&str; 2] = ["VECTARA_API_KEY", "FORETOP_SERVE_TOKEN"];

/// A program to be started. One that needs a key is given it by name, in `env` of its command.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for secret in SECRETS {
        command.env_remove(secret);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_not_told_our_secrets() {
        let command = program("true");
        for secret in SECRETS {
            assert!(command.get_envs().any(|(name, value)| name == secret && value.is_none()));
        }
    }
}
