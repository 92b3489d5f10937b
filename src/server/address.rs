//! Where a server listens, written into its data directory, so that other programs of the same user find it
//! without a port of its own.
//!
//! The directory is its owner's alone to write, so nobody else can lead a token astray. The invariant: the
//! file is only a hint; who holds the lock of the database serves the directory.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::lasting::Lasting;
use super::ownership;

const FILE: &str = "address";

/// The file while its server lives.
#[derive(Debug)]
pub(super) struct Told {
    path: PathBuf,
    address: SocketAddr,
}

impl Told {
    /// A server that cannot say where it is serves all the same.
    pub(super) fn tell(data: &Path, address: SocketAddr) -> Self {
        let path = data.join(FILE);
        // Of one that was killed.
        let _ = fs::remove_file(&path);
        // It is gone with its server.
        let lasting = Lasting::WithTheProcess;
        if let Err(error) = ownership::write_new(&path, &format!("{address}\n"), lasting) {
            tracing::warn!(%error, "the address of the server is not noted in its directory");
        }
        Self { path, address }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // Another one may have begun meanwhile.
        if read(&self.path) == Some(self.address) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Where the server of that directory said that it listens.
pub fn of(data: &Path) -> Option<SocketAddr> {
    ownership::directory(data).ok().filter(|there| *there)?;
    read(&data.join(FILE))
}

fn read(path: &Path) -> Option<SocketAddr> {
    ownership::file(path).ok()??;
    let address: SocketAddr = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    address.ip().is_loopback().then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_while_the_server_lives_and_no_other_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(of(dir.path()), None);
        let first = Told::tell(dir.path(), at(1));
        assert_eq!(of(dir.path()), Some(at(1)));
        let second = Told::tell(dir.path(), at(2));
        drop(first);
        assert_eq!(of(dir.path()), Some(at(2)));
        drop(second);
        assert_eq!(of(dir.path()), None);
        fs::write(dir.path().join(FILE), "10.0.0.1:80").unwrap();
        assert_eq!(of(dir.path()), None, "another machine");
    }
}
