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

/// What a program that knows nothing of us needs to find its way.
pub(super) const USUAL: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// The same for one that works for an agent: of our environment it gets what is usual and the variables
/// that are named, and no other, because keys of models and of tools lie in it too.
pub(super) fn bare(name: impl AsRef<OsStr>, named: &[String]) -> Command {
    let mut command = Command::new(name);
    command.env_clear();
    for variable in USUAL.into_iter().chain(named.iter().map(String::as_str)) {
        if let Some(value) = std::env::var_os(variable) {
            command.env(variable, value);
        }
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
