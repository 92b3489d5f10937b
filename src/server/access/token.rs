//! The server's access token: made once per data directory and kept in a file that only its owner
//! can read, or given in `FORETOP_SERVE_TOKEN`.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::text::units;

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

    /// Reads the token in `path`, or makes one there with mode 0600.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => {
                fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
                return Ok(Self::new(text.trim()));
            }
            Ok(_) => fs::remove_file(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let token = Self(format!("zut_local_{}", units::hex(&bytes)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", token.0)?;
        file.sync_all()?;
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

    #[test]
    fn made_once_readable_by_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let first = Token::load_or_create(&path).unwrap();
        let again = Token::load_or_create(&path).unwrap();
        assert_eq!(first, again);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{first:?}").contains(first.reveal()));
    }
}
