//! A bundle that came from somewhere: checked before anything of it is believed.
//!
//! The invariant: what is handed on has the size and the checksum that the manifest names, and nothing else
//! is in the archive.

use std::io::{self, Read, Write};

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};

use super::manifest::{Manifest, Packed, VERSION};
use super::{FOLDER, MANIFEST, SESSION};
use crate::text::{sanitize, units};

/// A manifest that is longer is none.
const MOST_MANIFEST: u64 = 64 << 20;
/// More bytes of a session are not unpacked.
const MOST_SESSION: u64 = 4 << 30;
const BLOCK: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it is no bundle of foretop")]
    NoBundle,
    #[error("it was packed by a newer foretop ({0}), and in a form that this one does not know")]
    Newer(String),
    #[error("{0} is not as it was packed: its checksum is wrong. Ask for the bundle again")]
    Changed(String),
    #[error("{0} is missing. Ask for the bundle again")]
    Missing(String),
    #[error("{0} does not belong there. Whoever packed it was no foretop")]
    Stranger(String),
    #[error("it is too large: {0}")]
    TooLarge(String),
    #[error("it cannot be unpacked: {0}")]
    Io(#[from] io::Error),
}

/// Checks all of it and writes the lines of the session to `lines`; what it says of itself comes back.
pub fn unpack(source: impl Read, lines: &mut impl Write) -> Result<Manifest, Fault> {
    let mut archive = tar::Archive::new(GzDecoder::new(source));
    let mut entries = archive.entries()?.raw(true);
    let mut first = entries.next().ok_or(Fault::NoBundle)?.map_err(|_| Fault::NoBundle)?;
    if name(&first) != MANIFEST {
        return Err(Fault::NoBundle);
    }
    let mut bytes = Vec::new();
    first.by_ref().take(MOST_MANIFEST).read_to_end(&mut bytes)?;
    let manifest = manifest(&bytes)?;
    let mut left: Vec<&Packed> = manifest.files.iter().collect();
    for entry in entries {
        let mut entry = entry?;
        let name = name(&entry);
        let is_file = entry.header().entry_type().is_file();
        let at = left.iter().position(|file| file.name == name).filter(|_| is_file);
        let Some(at) = at else {
            return Err(Fault::Stranger(shown(&name)));
        };
        let file = left.swap_remove(at);
        let is_session = file.name == SESSION;
        if file.bytes > MOST_SESSION {
            return Err(Fault::TooLarge(units::bytes(file.bytes)));
        }
        let (size, sum) = copy(&mut entry, file.bytes, is_session.then_some(&mut *lines))?;
        if size != file.bytes || !sum.eq_ignore_ascii_case(&file.sha256) {
            return Err(Fault::Changed(shown(&name)));
        }
    }
    if let Some(file) = left.first() {
        return Err(Fault::Missing(shown(&file.name)));
    }
    if !manifest.files.iter().any(|file| file.name == SESSION) {
        return Err(Fault::Missing(SESSION.to_owned()));
    }
    lines.flush()?;
    Ok(manifest)
}

fn manifest(bytes: &[u8]) -> Result<Manifest, Fault> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(rename = "foretop_bundle")]
        version: u32,
        #[serde(default)]
        foretop: String,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| Fault::NoBundle)?;
    if head.version > VERSION {
        return Err(Fault::Newer(shown(&head.foretop)));
    }
    serde_json::from_slice(bytes).map_err(|_| Fault::NoBundle)
}

/// Without the folder; a name that is not in it is whole.
fn name(entry: &tar::Entry<'_, impl Read>) -> String {
    let path = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
    path.strip_prefix(FOLDER).map_or(path.clone(), str::to_owned)
}

fn shown(text: &str) -> String {
    sanitize::preview(text, 80)
}

/// Its size and checksum; no more than one byte over `most` is looked at.
fn copy(
    from: &mut impl Read,
    most: u64,
    mut to: Option<&mut impl Write>,
) -> Result<(u64, String), Fault> {
    let mut from = from.take(most.saturating_add(1));
    let (mut hasher, mut size, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
    loop {
        let count = from.read(&mut block)?;
        if count == 0 {
            return Ok((size, units::hex(&hasher.finalize())));
        }
        hasher.update(&block[..count]);
        size += count as u64;
        if let Some(to) = &mut to {
            to.write_all(&block[..count])?;
        }
    }
}
