//! The tokens file: more keys than the server's own, each with roles.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::roles::{Grants, Role};
use super::token::{MIN_CHARS, RECIPE};
use super::{Fingerprint, fingerprint};
use crate::server::ownership::{self, Untrusted};
use crate::server::reading::{self, Mistake, Reader, Value, shown};

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
    /// A line each, in the order of the file.
    #[error("{}", .0.join("\n"))]
    Content(Vec<String>),
}

const ENTRY: &[&str] = &["name", "token", "token_sha256", "roles", "agents"];

/// Reads a tokens file, which nobody else may be able to read.
pub fn load(path: &Path) -> Result<Vec<TokenEntry>, TokensError> {
    let at = |source| TokensError::Read { path: path.to_owned(), source };
    let found = ownership::file(path)?.ok_or_else(|| at(io::ErrorKind::NotFound.into()))?;
    if ownership::is_exposed(&found) {
        return Err(TokensError::Exposed { path: path.to_owned() });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at)?);
    let told = |mistake: &Mistake| format!("{}:{mistake}", path.display());
    parse(&text).map_err(|wrong| TokensError::Content(wrong.iter().map(told).collect()))
}

fn parse(text: &str) -> Result<Vec<TokenEntry>, Vec<Mistake>> {
    reading::read(text, |reader, table| {
        let mut out: Vec<TokenEntry> = Vec::new();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "token" => {
                    let wanted = "a list of tables, each after [[token]]";
                    for item in reader.list("token", value, wanted).into_iter().flatten() {
                        let Some(entry) = entry(reader, item) else { continue };
                        taken(reader, item, &entry, &out);
                        out.push(entry);
                    }
                }
                name => reader.unknown("the file", name, &key.span(), &["token"]),
            }
        }
        out
    })
}

/// What one entry may not have from those before it.
fn taken(reader: &mut Reader<'_>, item: Value<'_, '_>, entry: &TokenEntry, before: &[TokenEntry]) {
    let name = shown(&entry.name);
    if entry.name == OWN_NAME || before.iter().any(|other| other.name == entry.name) {
        reader.mistake(&item.span(), format!("the name {name} is taken; names are unique"));
    }
    if let Some(other) = before.iter().find(|other| other.fingerprint == entry.fingerprint) {
        let words = format!("{} and {name} have the same token", shown(&other.name));
        reader.mistake(&item.span(), words);
    }
}

/// Nothing after a mistake.
fn entry(reader: &mut Reader<'_>, item: Value<'_, '_>) -> Option<TokenEntry> {
    let before = reader.mistakes();
    let table = reader.table("token", item)?;
    let mut name = None;
    let mut fingerprints = Vec::new();
    let mut grants = Grants::default();
    for (key, value) in table {
        let word: &str = key.get_ref();
        match word {
            "name" => name = reader.words(word, value),
            "token" => fingerprints.push(of_token(reader, value)),
            "token_sha256" => {
                let wanted = "64 hexadecimal digits in quotes";
                let read = |value: &toml::de::DeValue<'_>| value.as_str().and_then(digest);
                fingerprints.push(reader.wanted(word, value, wanted, read));
            }
            "roles" => grants.account = roles(reader, word, value),
            "agents" => {
                for (agent, value) in reader.table(word, value).into_iter().flatten() {
                    let roles = roles(reader, "a role on an agent", value);
                    if let Some(role) = roles.iter().find(|role| role.is_for_accounts_only()) {
                        let agent = shown(agent.get_ref());
                        let words = format!(
                            "{role} is a role on the account, not on the agent {agent}; put it in roles"
                        );
                        reader.mistake(&value.span(), words);
                    }
                    grants.agents.insert(agent.get_ref().clone().into_owned(), roles);
                }
            }
            _ => reader.unknown("[[token]]", word, &key.span(), ENTRY),
        }
    }
    if !table.contains_key("name") {
        reader.mistake(&item.span(), "name is missing");
    }
    if fingerprints.len() != 1 {
        let of = name.as_deref().map_or_else(|| "it".to_owned(), shown);
        reader.mistake(&item.span(), format!("{of} needs either token or token_sha256"));
    }
    let fingerprint = fingerprints.pop().flatten();
    let entry = TokenEntry { name: name?, fingerprint: fingerprint?, grants };
    (reader.mistakes() == before).then_some(entry)
}

fn of_token(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<Fingerprint> {
    let read = |value: &toml::de::DeValue<'_>| {
        let token = value.as_str()?;
        Some((token.chars().count(), fingerprint(token)))
    };
    let (count, fingerprint) = reader.wanted("token", value, "a text in quotes", read)?;
    if count < MIN_CHARS {
        let words = format!("token has less than {MIN_CHARS} characters; {RECIPE}");
        reader.mistake(&value.span(), words);
        return None;
    }
    Some(fingerprint)
}

fn roles(reader: &mut Reader<'_>, key: &str, value: Value<'_, '_>) -> BTreeSet<Role> {
    let words = Role::ALL.map(|role| (role.as_str(), role));
    let list = reader.list(key, value, "a list of roles in brackets");
    list.into_iter().flatten().filter_map(|item| reader.choice(key, item, &words)).collect()
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
                "4: [[token]] has no \"rols\", did you mean \"roles\"?",
            ),
            (
                "[[token]]\nname = \"a\"\ntoken = 53300000000053300".to_owned(),
                "3: token must be a text in quotes",
            ),
            ("[[token]]\nname = \"a\"\ntoken = \"short\"".to_owned(), "less than 16"),
            ("[[token]]\nname = \"a\"".to_owned(), "either token or token_sha256"),
            ("[[token]]\nname = \"a\"\ntoken_sha256 = \"xyz\"".to_owned(), "64 hexadecimal"),
            (format!("[[token]]\nname = \"owner\"\n{token}"), "\"owner\" is taken"),
            (format!("[[token]]\nname = \"a\"\n{token}\n[[token]]\nname = \"b\"\n{token}"), "same"),
            (
                format!("[[token]]\nname = \"a\"\n{token}\nagents = {{ x = [\"owner\"] }}"),
                "role on the account",
            ),
        ] {
            let why = parse(&text).unwrap_err();
            assert_eq!(why.len(), 1, "{why:?}");
            let why = why[0].to_string();
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
