//! The files of the open session, and the one that is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::viewer::Viewer;
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::content::{Done, Job, Prepared};

pub use super::viewer::{Checksum, Content, Loaded};

#[derive(Debug, Clone)]
pub struct ArtifactPane {
    session: Option<SessionRef>,
    artifacts: Vec<Artifact>,
    selected: Option<ArtifactId>,
    loaded: BTreeMap<ArtifactId, Loaded>,
    pub top: usize,
    /// The viewer wraps long lines.
    pub wrap: bool,
    /// The file that something is being worked out for.
    working: Option<ArtifactId>,
}

impl Default for ArtifactPane {
    fn default() -> Self {
        Self {
            session: None,
            artifacts: Vec::new(),
            selected: None,
            loaded: BTreeMap::new(),
            top: 0,
            // Reading comes first; what must not be broken can be cut with one key.
            wrap: true,
            working: None,
        }
    }
}

impl ArtifactPane {
    /// Takes over a listing, newest first on the screen.
    pub fn apply_listing(&mut self, session: &SessionRef, mut artifacts: Vec<Artifact>) {
        if self.session.as_ref() != Some(session) {
            *self = Self { session: Some(session.clone()), wrap: self.wrap, ..Self::default() };
        }
        let at = self.position();
        artifacts.sort_by_key(|artifact| std::cmp::Reverse(artifact.created_at));
        // Content of a file that was replaced is not the content of the file.
        self.loaded.retain(|id, _| {
            let now = artifacts.iter().find(|artifact| artifact.id == *id);
            let before = self.artifacts.iter().find(|artifact| artifact.id == *id);
            now.is_some() && now.map(|a| &a.checksum_sha256) == before.map(|a| &a.checksum_sha256)
        });
        self.artifacts = artifacts;
        if self.selected().is_none() {
            let next = at.unwrap_or(0).min(self.artifacts.len().saturating_sub(1));
            self.selected = self.artifacts.get(next).map(|artifact| artifact.id.clone());
        }
    }

    pub fn session(&self) -> Option<&SessionRef> {
        self.session.as_ref()
    }

    pub fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }

    pub fn total_bytes(&self) -> u64 {
        self.artifacts.iter().map(|artifact| artifact.size_bytes).sum()
    }

    pub fn selected(&self) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| Some(&artifact.id) == self.selected.as_ref())
    }

    pub fn position(&self) -> Option<usize> {
        self.artifacts.iter().position(|artifact| Some(&artifact.id) == self.selected.as_ref())
    }

    pub fn select(&mut self, id: &ArtifactId) {
        self.selected = Some(id.clone());
    }

    pub fn move_selection(&mut self, by: isize) {
        let to = self.position().map_or(0, |at| at.saturating_add_signed(by));
        let to = to.min(self.artifacts.len().saturating_sub(1));
        self.selected = self.artifacts.get(to).map(|artifact| artifact.id.clone());
    }

    pub fn set_content(&mut self, id: &ArtifactId, content: Content, checksum: Checksum) {
        let viewer = match &content {
            Content::Ready(file) => Some(Box::new(Viewer::new(Arc::clone(file)))),
            _ => None,
        };
        self.loaded.insert(id.clone(), Loaded { content, checksum, viewer });
    }

    pub fn loaded(&self) -> Option<&Loaded> {
        self.loaded.get(self.selected.as_ref()?)
    }

    /// The selected file as it is looked at, once it is here.
    pub fn viewer(&self) -> Option<&Viewer> {
        self.loaded()?.viewer.as_deref()
    }

    pub fn viewer_mut(&mut self) -> Option<&mut Viewer> {
        self.loaded.get_mut(self.selected.as_ref()?)?.viewer.as_deref_mut()
    }

    /// What is to be worked out for what is on the screen now; each is named once.
    pub fn wanted(&mut self) -> Vec<(ArtifactId, Arc<Prepared>, Job)> {
        let Some(id) = self.selected.clone() else { return Vec::new() };
        let again = self.working.as_ref() != Some(&id);
        let Some(viewer) = self.viewer_mut() else { return Vec::new() };
        if again {
            // The jobs of another file have ended those of this one.
            viewer.forget_asked();
        }
        let file = Arc::clone(viewer.file());
        let jobs = viewer.wanted();
        if !jobs.is_empty() {
            self.working = Some(id.clone());
        }
        jobs.into_iter().map(|job| (id.clone(), Arc::clone(&file), job)).collect()
    }

    /// Takes over what was worked out, unless the file is another one by now.
    pub fn take(&mut self, id: &ArtifactId, file: &Arc<Prepared>, done: Done) {
        let viewer = self.loaded.get_mut(id).and_then(|loaded| loaded.viewer.as_deref_mut());
        if let Some(viewer) = viewer.filter(|viewer| Arc::ptr_eq(viewer.file(), file)) {
            viewer.take(done);
        }
    }

    /// Keeps the selection of the list within `height` rows.
    pub fn settle(&mut self, height: usize) {
        let at = self.position().unwrap_or(0);
        self.top = self.top.clamp((at + 1).saturating_sub(height.max(1)), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn artifact(id: &str, second: u32, sum: &str) -> Artifact {
        let at = format!("2026-05-03T14:00:{second:02}.000Z");
        serde_json::from_value(json!({
            "artifact_id": id, "filename": id, "mime_type": "text/plain", "size_bytes": 4,
            "checksum_sha256": sum, "created_at": at, "updated_at": at
        }))
        .unwrap()
    }

    #[test]
    fn selection_is_by_name_and_replaced_content_is_dropped() {
        let session = SessionRef::new("a", "s");
        let mut pane = ArtifactPane::default();
        pane.apply_listing(&session, vec![artifact("art_1", 1, "x"), artifact("art_2", 2, "y")]);
        assert_eq!(pane.selected().unwrap().id.as_str(), "art_2");
        pane.set_content(&"art_2".into(), Content::Loading, Checksum::Matches);
        pane.apply_listing(&session, vec![artifact("art_2", 2, "y"), artifact("art_3", 3, "z")]);
        assert_eq!(pane.position(), Some(1));
        assert!(pane.loaded().is_some());
        pane.apply_listing(&session, vec![artifact("art_2", 2, "other")]);
        assert!(pane.loaded().is_none());
    }
}
