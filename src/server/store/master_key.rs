//! The master key: 32 random bytes in a file that only its owner can read.
//!
//! Everything sealed hangs on it, so it is never overwritten, and a database without its key is
//! refused rather than given a new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::OpenError;
use super::seal::{KEY_BYTES, Seal, random_key};
use crate::text::units;

pub(super) const FILE_NAME: &str = "master.key";

/// Reads the key file; `None` when there is none.
pub(super) fn load(directory: &Path) -> Result<Option<Seal>, OpenError> {
    let path = directory.join(FILE_NAME);
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(OpenError::Directory { path, source }),
    };
    let mode = fs::metadata(&path).map_or(0, |found| found.permissions().mode());
    if mode & 0o077 != 0 {
        return Err(OpenError::KeyExposed { path });
    }
    let Some(key) = parse(text.trim()) else {
        return Err(OpenError::KeyUnreadable { path });
    };
    Ok(Some(Seal::new(&key)))
}

/// Makes a key file and has it on disk before it is used.
pub(super) fn create(directory: &Path) -> Result<Seal, OpenError> {
    let path = directory.join(FILE_NAME);
    let key = random_key().map_err(|error| OpenError::Directory {
        path: path.clone(),
        source: io::Error::other(error),
    })?;
    let text = Zeroizing::new(units::hex(&*key) + "\n");
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        File::open(directory)?.sync_all()
    })();
    written.map_err(|source| OpenError::Directory { path, source })?;
    Ok(Seal::new(&key))
}

fn parse(hex: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    if hex.len() != KEY_BYTES * 2 || !hex.is_ascii() {
        return None;
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    for (byte, pair) in key.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_private_made_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert!(load(dir.path()).unwrap().is_none());
        create(dir.path()).unwrap();
        assert!(create(dir.path()).is_err(), "an old key is never overwritten");
        let path = dir.path().join(FILE_NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(load(dir.path()).unwrap().is_some());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load(dir.path()), Err(OpenError::KeyExposed { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(matches!(load(dir.path()), Err(OpenError::KeyUnreadable { .. })));
    }
}
