//! A whole session on the disk before it is deleted: what it is, its events, hidden ones too, and its
//! files up to a limit.
//!
//! The invariant: where this fails nothing may be deleted, and what the copy lacks is said in words.

use std::collections::HashSet;
use std::io::Write as _;

use futures_util::TryStreamExt as _;

use crate::api::{Artifact, Event, EventId, SessionRef, Timestamp};
use crate::archive::written;
use crate::client::{Client, ClientError};
use crate::state::{CopyOfSession, StateDir, StateError};
use crate::text::units;

/// Bytes of files that are copied of one session.
const MOST_FILES: u64 = 64 << 20;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("no copy could be made, so nothing was deleted: {0}")]
    Read(#[from] ClientError),
    #[error("no copy could be kept, so nothing was deleted: {0}")]
    Write(#[from] StateError),
    #[error("no copy could be kept, so nothing was deleted: {0}")]
    File(#[from] std::io::Error),
}

/// Where a copy is.
#[derive(Debug)]
pub(crate) struct SessionCopy {
    pub(crate) path: String,
    /// Files that it lacks, because they are too large or cannot be read.
    pub(crate) missing: usize,
}

impl SessionCopy {
    /// The place, and what is not there.
    pub(crate) fn words(&self) -> String {
        match self.missing {
            0 => self.path.clone(),
            missing => format!("{} without {}", self.path, units::counted(missing, "file")),
        }
    }
}

/// A session as it is now, in lines that can be read again.
pub(super) async fn lines(
    client: &Client,
    session: &SessionRef,
) -> Result<Vec<String>, ClientError> {
    let about = client.get_session(session).await?;
    let events = client.all_events(session, true).await?;
    let mut visible: HashSet<EventId> = HashSet::new();
    if !events.is_empty() {
        let listed = client.all_events(session, false).await?;
        visible.extend(listed.into_iter().filter_map(|event| event.id));
    }
    let is_hidden = |event: &Event| event.id.as_ref().is_some_and(|id| !visible.contains(id));
    let lines = events.iter().map(|event| written::line(event, Some(is_hidden(event))));
    Ok(std::iter::once(written::head(&about)).chain(lines).collect())
}

/// Makes a copy of a session as it is now.
pub(crate) async fn keep(
    client: &Client,
    state: &StateDir,
    session: &SessionRef,
) -> Result<SessionCopy, CopyError> {
    let lines = lines(client, session).await?;
    let pages: Vec<_> = client.artifact_pages(session).try_collect().await?;
    let artifacts: Vec<Artifact> = pages.into_iter().flat_map(|page| page.items).collect();
    let copy = state.begin_copy(session, Timestamp::now())?;
    let written = copy.write_session(lines.into_iter());
    let files = match written {
        Ok(()) => copy_files(client, session, &artifacts, &copy).await,
        Err(error) => Err(error.into()),
    };
    match files {
        Ok(missing) => Ok(SessionCopy { path: copy.path().display().to_string(), missing }),
        Err(error) => {
            copy.discard();
            Err(error)
        }
    }
}

/// How many of the files are not in the copy.
async fn copy_files(
    client: &Client,
    session: &SessionRef,
    artifacts: &[Artifact],
    copy: &CopyOfSession,
) -> Result<usize, CopyError> {
    let (mut left, mut missing) = (MOST_FILES, 0);
    for (number, artifact) in artifacts.iter().enumerate() {
        let Some(rest) = left.checked_sub(artifact.size_bytes) else {
            missing += 1;
            continue;
        };
        let Ok(mut stream) = client.open_artifact(session, artifact).await else {
            missing += 1;
            continue;
        };
        let mut file = copy.file(number + 1, &artifact.filename)?;
        let mut failed = None;
        let mut write = |bytes: &[u8]| {
            if failed.is_none() {
                failed = file.write_all(bytes).err();
            }
        };
        while stream.next(&mut write).await {}
        if let Some(error) = failed {
            return Err(error.into());
        }
        missing += usize::from(stream.finish().is_err());
        file.sync_all()?;
        left = rest;
    }
    Ok(missing)
}
