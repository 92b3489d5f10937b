//! The server's access token: made once per data directory and kept in a file that only its owner
//! can read, or given in `FORETOP_SERVE_TOKEN`.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use crate::server::lasting::Lasting;
use crate::server::ownership::{self, Untrusted};
use crate::text::units;

/// Fewer can be guessed.
pub const MIN_CHARS: usize = 16;

/// How people make one.
pub const RECIPE: &str = "make one with: openssl rand -hex 24";

/// Why a token cannot be used or kept.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    #[error(
        "others can read the token file {path}. Look who did, then: chmod 600 {path}; or remove it, \
         and the next start makes another"
    )]
    Exposed { path: PathBuf },
    #[error(
        "the access token in {place} has {found} characters and must have at least {MIN_CHARS}; \
         {RECIPE}"
    )]
    Short { place: String, found: usize },
    #[error("cannot keep the access token in {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// A secret text. `Debug` and logs never show it; [`Token::reveal`] is the only way to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Refuses one that is too short; `place` says where it is from.
    pub fn check(&self, place: &str) -> Result<(), TokenError> {
        match self.0.chars().count() {
            found if found < MIN_CHARS => Err(TokenError::Short { place: place.to_owned(), found }),
            _ => Ok(()),
        }
    }

    /// Reads the token in `path`, or makes one there with mode 0600.
    pub fn load_or_create(path: &Path, lasting: Lasting) -> Result<Self, TokenError> {
        let at = |source| TokenError::Io { path: path.to_owned(), source };
        if let Some(found) = ownership::file(path)? {
            if ownership::is_exposed(&found) {
                return Err(TokenError::Exposed { path: path.to_owned() });
            }
            let text = fs::read_to_string(path).map_err(at)?;
            if !text.trim().is_empty() {
                let token = Self::new(text.trim());
                token.check(&path.display().to_string())?;
                return Ok(token);
            }
            fs::remove_file(path).map_err(at)?;
        }
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(|error| at(io::Error::other(error)))?;
        let token = Self(format!("zut_local_{}", units::hex(&bytes)));
        ownership::write_new(path, &format!("{}\n", token.0), lasting).map_err(at)?;
        Ok(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(masked)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_short_or_exposed_token_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        fs::write(&path, "fifteen-letters\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Token::load_or_create(&path, Lasting::ForGood),
            Err(TokenError::Exposed { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = Token::load_or_create(&path, Lasting::ForGood).unwrap_err().to_string();
        assert!(error.contains("15 characters") && error.contains("openssl rand"), "{error}");
        assert!(!error.contains("fifteen"));
        assert!(Token::new("sixteen-letters!").check("here").is_ok());
    }

    #[test]
    fn made_once_readable_by_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let first = Token::load_or_create(&path, Lasting::ForGood).unwrap();
        let again = Token::load_or_create(&path, Lasting::ForGood).unwrap();
        assert_eq!(first, again);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{first:?}").contains(first.reveal()));
    }
}
