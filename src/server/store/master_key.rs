//! The master key: 32 random bytes in a file that only its owner can read.
//!
//! Everything sealed hangs on it, so it is never overwritten, and a database without its key is
//! refused rather than given a new one. A new key is staged under another name until the database
//! that it belongs to is on disk: so a start that is cut short leaves either both or neither.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::OpenError;
use super::seal::{KEY_BYTES, Seal, random_key};
use crate::server::lasting::Lasting;
use crate::server::ownership;
use crate::text::units;

pub(super) const FILE_NAME: &str = "master.key";
const STAGED: &str = "master.key.new";

/// Reads the key file; `None` when there is none.
pub(super) fn load(directory: &Path) -> Result<Option<Seal>, OpenError> {
    read(directory, FILE_NAME)
}

/// Reads the key of a start that was cut short, as far as it was written.
pub(super) fn load_staged(directory: &Path) -> Option<Seal> {
    read(directory, STAGED).ok().flatten()
}

fn read(directory: &Path, name: &str) -> Result<Option<Seal>, OpenError> {
    let path = directory.join(name);
    let Some(found) = ownership::file(&path)? else {
        return Ok(None);
    };
    if ownership::is_exposed(&found) {
        return Err(OpenError::KeyExposed { path });
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Zeroizing::default(),
        Err(source) => return Err(OpenError::Directory { path, source }),
    };
    match parse(text.trim()).map(|key| Seal::new(&key)) {
        Some(Ok(seal)) => Ok(Some(seal)),
        None | Some(Err(_)) => Err(OpenError::KeyUnreadable { path }),
    }
}

/// Makes a key, which is on disk before it is used where it is to last.
pub(super) fn stage(directory: &Path, lasting: Lasting) -> Result<Seal, OpenError> {
    discard(directory);
    let path = directory.join(STAGED);
    let failed =
        |error| OpenError::Directory { path: path.clone(), source: io::Error::other(error) };
    let key = random_key().map_err(failed)?;
    let seal = Seal::new(&key).map_err(failed)?;
    let text = Zeroizing::new(units::hex(&*key) + "\n");
    ownership::write_new(&path, &text, lasting)
        .map_err(|source| OpenError::Directory { path, source })?;
    Ok(seal)
}

/// Gives the staged key its name, now that its database is there.
pub(super) fn settle(directory: &Path, lasting: Lasting) -> Result<(), OpenError> {
    let path = directory.join(FILE_NAME);
    let settled = (|| {
        // A change of the name would replace it; nobody else makes one while we hold the lock.
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(directory.join(STAGED), &path)?;
        lasting.sync(&File::open(directory)?)
    })();
    settled.map_err(|source| OpenError::Directory { path, source })
}

/// Removes a staged key, which opens nothing.
pub(super) fn discard(directory: &Path) {
    let _ = fs::remove_file(directory.join(STAGED));
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
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_file_is_private_made_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert!(load(dir.path()).unwrap().is_none());
        stage(dir.path(), Lasting::ForGood).unwrap();
        assert!(load(dir.path()).unwrap().is_none(), "not before its database is there");
        settle(dir.path(), Lasting::ForGood).unwrap();
        stage(dir.path(), Lasting::ForGood).unwrap();
        assert!(settle(dir.path(), Lasting::ForGood).is_err(), "an old key is never overwritten");
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
