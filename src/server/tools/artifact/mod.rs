//! The files of the session as tools see them: found by id or name, read, searched, made.
//!
//! A file per tool. Start with [`run`]. The invariant: nothing is read of any other session, and what a
//! session's tools store has a bound.

mod create;
mod document;
mod grep;
mod image;
mod read;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::arguments::Arguments;
use super::refusal::Refusal;
use super::{Done, ToolCall, Workplace};
use crate::api::{Artifact, ArtifactId, Object};
use crate::server::artifact_files;
use crate::server::store::artifacts::{self, Listing};
use crate::text::{file_name, sanitize, units};

pub use image::image;

/// Files that a session may have before its tools store no more, and their bytes: a loop that runs away
/// ends here and not on the disk.
const MOST_FILES: u64 = 2_000;
const MOST_BYTES: u64 = 1 << 30;
/// Files that are looked through for a name.
const LOOK_FOR_NAME: u32 = 2_000;
/// Names that are told where one is not found.
const TOLD: usize = 20;
const DESCRIPTION_CHARS: usize = 1_000;

/// Runs one of these tools.
pub(super) async fn run(
    kind: &str,
    at: &Workplace,
    call: &ToolCall<'_>,
    most: usize,
) -> Result<Done, Refusal> {
    let arguments = Arguments(&call.arguments);
    match kind {
        "artifact_create" => create::create(at, arguments).await.map(Done::output),
        "artifact_read" => read::read(at, arguments, read::Bounds::of(call.configuration, most))
            .await
            .map(Done::output),
        "artifact_grep" => grep::grep(at, arguments, most).await.map(Done::output),
        "image_read" => image::read(at, arguments).await,
        "document_conversion" => document::convert(at, arguments).await.map(Done::output),
        _ => document::text(at, arguments, most).await.map(Done::output),
    }
}

/// A file and its bytes.
pub(super) struct Found {
    pub(super) artifact: Artifact,
    pub(super) bytes: Arc<[u8]>,
}

/// The file that a model means: by its id, or else the newest of that name.
pub(super) async fn find(at: &Workplace, wanted: &str) -> Result<Found, Refusal> {
    let (vault, id) = (at.vault.clone(), ArtifactId::from(wanted));
    let by_id = at.store.read(move |db| artifacts::get(db, &vault, &id)).await?;
    if let Some((artifact, bytes)) = by_id {
        return Ok(Found { artifact, bytes: bytes.into() });
    }
    let vault = at.vault.clone();
    let name = wanted.to_owned();
    let found = at.store.read(move |db| {
        let all = Listing { by_update: false, ascending: false, after: None, limit: LOOK_FOR_NAME };
        let all: Vec<_> =
            artifacts::list(db, &vault, all)?.into_iter().map(|(_, one)| one).collect();
        let id = all.iter().find(|one| one.filename == name).map(|one| one.id.clone());
        let found = id.map(|id| artifacts::get(db, &vault, &id)).transpose()?.flatten();
        Ok(found.ok_or(all))
    });
    match found.await? {
        Ok((artifact, bytes)) => Ok(Found { artifact, bytes: bytes.into() }),
        Err(all) => Err(missing(wanted, &all)),
    }
}

fn missing(wanted: &str, all: &[Artifact]) -> Refusal {
    let wanted = sanitize::preview(wanted, 100);
    if all.is_empty() {
        return Refusal::missing(format!(
            "there is no artifact {wanted}: this session has none yet"
        ));
    }
    let named = |one: &Artifact| format!("{} ({})", one.id, one.filename);
    let told: Vec<_> = all.iter().take(TOLD).map(named).collect();
    let more = all.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let told = told.join(", ");
    Refusal::missing(format!("there is no artifact {wanted} in this session; it has {told}{more}"))
}

/// A file to be stored.
pub(super) struct New<'a> {
    pub(super) filename: &'a str,
    pub(super) mime_type: Option<&'a str>,
    pub(super) description: Option<&'a str>,
    pub(super) bytes: Vec<u8>,
}

/// Stores a file in the session.
pub(super) async fn keep(at: &Workplace, new: New<'_>) -> Result<Artifact, Refusal> {
    let (filename, _) = file_name::harmless(new.filename);
    let mime_type = match new.mime_type.map(str::trim).filter(|given| is_mime_type(given)) {
        Some(given) => given.to_owned(),
        None => by_name(&filename, &new.bytes),
    };
    let (id, now) = (at.ids.artifact(), at.clock.now());
    let mut artifact = artifact_files::describe(id, &filename, &mime_type, &new.bytes, now);
    artifact.description = new
        .description
        .filter(|words| !words.trim().is_empty())
        .map(|words| words.chars().take(DESCRIPTION_CHARS).collect());
    let (vault, stored, bytes) = (at.vault.clone(), artifact.clone(), new.bytes);
    let ids = Arc::clone(&at.ids);
    let kept = at.store.write(move |db| {
        let (files, size) = artifacts::weight(db, vault.row)?;
        if files >= MOST_FILES || size.saturating_add(bytes.len() as u64) > MOST_BYTES {
            return Ok(None);
        }
        let mut stored = stored;
        while artifacts::get(db, &vault, &stored.id).is_ok_and(|found| found.is_some()) {
            // Three words do meet again.
            stored.id = ids.artifact();
        }
        artifacts::insert(db, &vault, &stored, &bytes)?;
        Ok(Some(stored))
    });
    kept.await?.ok_or_else(|| {
        Refusal::failed(format!(
            "this session has {MOST_FILES} files or {} already, and its tools store no more. Work with the \
             files that there are",
            units::bytes(MOST_BYTES)
        ))
    })
}

/// What a tool tells of a file that it stored.
pub(super) fn told(artifact: &Artifact) -> Object {
    Object::from_iter([
        ("artifact_id".to_owned(), artifact.id.as_str().into()),
        ("filename".to_owned(), artifact.filename.as_str().into()),
        ("mime_type".to_owned(), artifact.mime_type.as_str().into()),
        ("size_bytes".to_owned(), artifact.size_bytes.into()),
    ])
}

fn is_mime_type(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "/+-._; =".contains(c);
    text.contains('/') && text.len() <= 100 && text.chars().all(fine)
}

fn by_name(filename: &str, bytes: &[u8]) -> String {
    let bare =
        if std::str::from_utf8(bytes).is_ok() { "text/plain" } else { "application/octet-stream" };
    mime_guess::from_path(filename).first_raw().unwrap_or(bare).to_owned()
}

/// Work on a thread that may block. It is told through its argument when nobody waits any more: when the
/// future is dropped.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
) -> Result<T, Refusal> {
    struct Gone(Arc<AtomicBool>);

    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let flag = Arc::new(AtomicBool::new(false));
    let _gone = Gone(Arc::clone(&flag));
    let done = tokio::task::spawn_blocking(move || work(&|| flag.load(Ordering::Relaxed)));
    done.await.map_err(|_| Refusal::failed("the file is broken in a way that is not understood"))
}
