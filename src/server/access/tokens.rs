//! The tokens file: more keys than the server's own, each with roles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use zeroize::Zeroizing;

use super::roles::{Grants, Role};
use super::token::{MIN_CHARS, RECIPE};
use super::{Fingerprint, fingerprint};
use crate::server::mistake::{self, Mistake};
use crate::server::ownership::{self, Untrusted};

/// What the server's own token is called.
pub const OWN_NAME: &str = "owner";

/// One entry of the file; the secret itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    pub name: String,
    pub fingerprint: Fingerprint,
    pub grants: Grants,
}

/// Why a tokens file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    #[error("cannot read the tokens file {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    #[error("others can read the tokens file {path}. Look who did, then: chmod 600 {path}")]
    Exposed { path: PathBuf },
    #[error("{path}:{why}")]
    Content { path: PathBuf, why: Mistake },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    token: Option<String>,
    token_sha256: Option<String>,
    #[serde(default)]
    roles: BTreeSet<Role>,
    #[serde(default)]
    agents: BTreeMap<String, BTreeSet<Role>>,
}

/// Reads a tokens file, which nobody else may be able to read.
pub fn load(path: &Path) -> Result<Vec<TokenEntry>, TokensError> {
    let at = |source| TokensError::Read { path: path.to_owned(), source };
    let found = ownership::file(path)?.ok_or_else(|| at(io::ErrorKind::NotFound.into()))?;
    if ownership::is_exposed(&found) {
        return Err(TokensError::Exposed { path: path.to_owned() });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at)?);
    parse(&text).map_err(|why| TokensError::Content { path: path.to_owned(), why })
}

fn parse(text: &str) -> Result<Vec<TokenEntry>, Mistake> {
    // The library's full message quotes the line, and with it a secret.
    let file: File = toml::from_str(text).map_err(|error| mistake::of(text, &error))?;
    let mut out: Vec<TokenEntry> = Vec::new();
    for entry in file.token {
        let line = mistake::line_of(text, entry.span().start);
        let wrong = |words: String| Mistake { line, words };
        let entry = read(entry.into_inner()).map_err(wrong)?;
        if entry.name == OWN_NAME || out.iter().any(|other| other.name == entry.name) {
            return Err(wrong(format!("the name {} is taken; names are unique", entry.name)));
        }
        if let Some(other) = out.iter().find(|other| other.fingerprint == entry.fingerprint) {
            return Err(wrong(format!("{} and {} have the same token", other.name, entry.name)));
        }
        out.push(entry);
    }
    Ok(out)
}

fn read(entry: Entry) -> Result<TokenEntry, String> {
    let name = entry.name;
    let fingerprint = match (&entry.token, &entry.token_sha256) {
        (Some(token), None) if token.chars().count() >= MIN_CHARS => fingerprint(token),
        (Some(_), None) => {
            return Err(format!(
                "the token of {name} has less than {MIN_CHARS} characters; {RECIPE}"
            ));
        }
        (None, Some(hex)) => digest(hex)
            .ok_or_else(|| format!("token_sha256 of {name} must be 64 hexadecimal digits"))?,
        _ => return Err(format!("{name} needs either token or token_sha256")),
    };
    for (agent, roles) in &entry.agents {
        if let Some(role) = roles.iter().find(|role| role.is_for_accounts_only()) {
            return Err(format!(
                "{name}: {role} is a role on the account, not on the agent {agent}; put it in roles"
            ));
        }
    }
    let grants = Grants { account: entry.roles, agents: entry.agents };
    Ok(TokenEntry { name, fingerprint, grants })
}

fn digest(hex: &str) -> Option<Fingerprint> {
    let mut out = Fingerprint::default();
    if hex.len() != out.len() * 2 || !hex.is_ascii() {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn entries_are_read_and_their_secrets_forgotten() {
        let text = "[[token]]\nname = \"watcher\"\ntoken = \"0123456789abcdef\"\nroles = [\"viewer\"]\n\
                    agents = { support = [\"agent_user\"] }\n";
        let entries = parse(text).unwrap();
        assert_eq!(entries[0].fingerprint, fingerprint("0123456789abcdef"));
        assert!(entries[0].grants.account.contains(&Role::Viewer));
        assert!(entries[0].grants.agents["support"].contains(&Role::AgentUser));
        assert!(!format!("{entries:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn a_mistake_is_told_without_the_secret() {
        let token = "token = \"s3cret-s3cret-s3cret\"";
        for (text, told) in [
            (
                format!("[[token]]\nname = \"a\"\n{token}\nroles = [\"king\"]"),
                "viewer, administrator, owner",
            ),
            (
                format!("[[token]]\nname = \"a\"\n{token}\nrols = []"),
                "4: there is no setting \"rols\", did you mean \"roles\"?",
            ),
            (
                "[[token]]\nname = \"a\"\ntoken = 53300000000053300".to_owned(),
                "3: a text in quotes",
            ),
            ("[[token]]\nname = \"a\"\ntoken = \"short\"".to_owned(), "less than 16"),
            ("[[token]]\nname = \"a\"".to_owned(), "either token or token_sha256"),
            ("[[token]]\nname = \"a\"\ntoken_sha256 = \"xyz\"".to_owned(), "64 hexadecimal"),
            (format!("[[token]]\nname = \"owner\"\n{token}"), "owner is taken"),
            (format!("[[token]]\nname = \"a\"\n{token}\n[[token]]\nname = \"b\"\n{token}"), "same"),
            (
                format!("[[token]]\nname = \"a\"\n{token}\nagents = {{ x = [\"owner\"] }}"),
                "role on the account",
            ),
        ] {
            let why = parse(&text).unwrap_err().to_string();
            assert!(why.contains(told), "{why}");
            assert!(!why.contains("s3cret") && !why.contains("533000"), "{why}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = load(file.path()).unwrap_err();
        assert!(matches!(error, TokensError::Exposed { .. }));
        assert!(error.to_string().contains("chmod 600"));
    }
}
