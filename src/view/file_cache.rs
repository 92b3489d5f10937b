//! Files that were fetched, over all sessions, up to a budget of bytes: what was looked at longest
//! ago goes first. In memory only.
//!
//! Does no IO. Start with [`FileCache::get`]. The invariant: the bytes held never exceed the budget,
//! and nothing is held whose checksum was wrong.

use std::sync::Arc;

use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::content::Prepared;

/// How much of files is fetched and kept without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// Files of more bytes are fetched after a question.
    pub ask_above: u64,
    /// Bytes of files that are kept.
    pub cache: u64,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { ask_above: 1 << 20, cache: 128 << 20 }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    session: SessionRef,
    artifact: ArtifactId,
    sum: String,
    file: Arc<Prepared>,
}

#[derive(Debug, Clone, Default)]
pub struct FileCache {
    pub limits: FileLimits,
    /// What was asked for last is last.
    entries: Vec<Entry>,
}

fn size(file: &Prepared) -> u64 {
    file.bytes().len() as u64
}

impl FileCache {
    /// The file, if it is here and is still the one that is listed.
    pub fn get(&mut self, session: &SessionRef, listed: &Artifact) -> Option<Arc<Prepared>> {
        let at = self.position(session, listed)?;
        let entry = self.entries.remove(at);
        let file = Arc::clone(&entry.file);
        self.entries.push(entry);
        Some(file)
    }

    pub fn holds(&self, session: &SessionRef, listed: &Artifact) -> bool {
        self.position(session, listed).is_some()
    }

    fn position(&self, session: &SessionRef, listed: &Artifact) -> Option<usize> {
        self.entries.iter().position(|entry| {
            entry.artifact == listed.id
                && entry.sum == listed.checksum_sha256
                && entry.session == *session
        })
    }

    /// Keeps a file, and says which of the same session had to go for it.
    pub fn put(
        &mut self,
        session: &SessionRef,
        listed: &Artifact,
        file: Arc<Prepared>,
    ) -> Vec<ArtifactId> {
        self.entries.retain(|entry| entry.artifact != listed.id || entry.session != *session);
        if size(&file) > self.limits.cache {
            return Vec::new();
        }
        self.entries.push(Entry {
            session: session.clone(),
            artifact: listed.id.clone(),
            sum: listed.checksum_sha256.clone(),
            file,
        });
        let mut held: u64 = self.entries.iter().map(|entry| size(&entry.file)).sum();
        let mut gone = Vec::new();
        while held > self.limits.cache {
            let entry = self.entries.remove(0);
            held -= size(&entry.file);
            if entry.session == *session {
                gone.push(entry.artifact);
            }
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::prepare;
    use serde_json::json;

    fn listed(id: &str, sum: &str) -> Artifact {
        let at = "2026-05-03T14:00:00.000Z";
        serde_json::from_value(json!({
            "artifact_id": id, "filename": id, "mime_type": "text/plain", "size_bytes": 4,
            "checksum_sha256": sum, "created_at": at, "updated_at": at
        }))
        .unwrap()
    }

    fn file(size: usize) -> Arc<Prepared> {
        Arc::new(prepare("x", "text/plain", vec![b'x'; size].into()))
    }

    #[test]
    fn what_was_looked_at_longest_ago_goes_first() {
        let (one, two) = (SessionRef::new("a", "one"), SessionRef::new("a", "two"));
        let mut cache = FileCache::default();
        cache.limits.cache = 100;
        assert!(cache.put(&one, &listed("art_1", "x"), file(40)).is_empty());
        assert!(cache.put(&one, &listed("art_2", "x"), file(40)).is_empty());
        assert!(cache.get(&one, &listed("art_1", "x")).is_some());
        assert!(cache.get(&one, &listed("art_1", "other")).is_none(), "it was replaced");
        assert!(cache.put(&two, &listed("art_3", "x"), file(40)).is_empty(), "not of that session");
        assert!(!cache.holds(&one, &listed("art_2", "x")));
        assert_eq!(cache.put(&one, &listed("art_4", "x"), file(60)), ["art_1".into()]);
        assert!(cache.put(&one, &listed("art_5", "x"), file(101)).is_empty());
        assert!(
            !cache.holds(&one, &listed("art_5", "x")) && cache.holds(&one, &listed("art_4", "x"))
        );
    }
}
