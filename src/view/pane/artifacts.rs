//! The files of the open session, and the one that is looked at.

pub mod list;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::content::{Done, Job, Prepared};
use crate::model::sessions::Unlisted;
use crate::view::Transfer;
use crate::view::pane::viewer::Viewer;

pub use crate::view::pane::viewer::{Checksum, Content, Loaded};
pub use list::FileList;

#[derive(Debug, Clone)]
pub struct ArtifactPane {
    session: Option<SessionRef>,
    pub list: FileList,
    loaded: BTreeMap<ArtifactId, Loaded>,
    /// Why the last listing could not be had.
    pub unlisted: Option<Unlisted>,
    /// The viewer wraps long lines.
    pub wrap: bool,
    /// The file that something is being worked out for.
    working: Option<ArtifactId>,
    /// Files that are on their way.
    pub transfers: BTreeMap<ArtifactId, Transfer>,
    /// The program that a file was given to and that runs.
    pub piping: Option<String>,
}

impl Default for ArtifactPane {
    fn default() -> Self {
        Self {
            session: None,
            list: FileList::default(),
            loaded: BTreeMap::new(),
            unlisted: None,
            // Reading comes first; what must not be broken can be cut with one key.
            wrap: true,
            working: None,
            transfers: BTreeMap::new(),
            piping: None,
        }
    }
}

impl ArtifactPane {
    /// Takes over a listing. The id that was to be selected comes back if it is not in it.
    pub fn apply_listing(
        &mut self,
        session: &SessionRef,
        artifacts: Vec<Artifact>,
    ) -> Option<ArtifactId> {
        if self.session.as_ref().is_some_and(|listed| listed != session) {
            self.leave_session();
        }
        // What was typed to filter by while the listing was on its way stays.
        (self.session, self.unlisted) = (Some(session.clone()), None);
        // Content of a file that was replaced is not the content of the file.
        let now: HashMap<&ArtifactId, &str> =
            artifacts.iter().map(|file| (&file.id, file.checksum_sha256.as_str())).collect();
        let before = &self.list;
        self.loaded.retain(|id, _| {
            let before = before.file(id).map(|file| file.checksum_sha256.as_str());
            now.contains_key(id) && now.get(id).copied() == before
        });
        self.list.apply(artifacts)
    }

    /// Makes room for the files of another session.
    pub fn leave_session(&mut self) {
        *self = Self { list: self.list.emptied(), wrap: self.wrap, ..Self::default() };
    }

    pub fn session(&self) -> Option<&SessionRef> {
        self.session.as_ref()
    }

    /// All files, newest first.
    pub fn artifacts(&self) -> &[Artifact] {
        self.list.files()
    }

    pub fn total_bytes(&self) -> u64 {
        self.artifacts().iter().map(|artifact| artifact.size_bytes).sum()
    }

    pub fn selected(&self) -> Option<&Artifact> {
        self.list.selected()
    }

    pub fn set_content(&mut self, id: &ArtifactId, content: Content, checksum: Checksum) {
        let viewer = match &content {
            Content::Ready(file) => Some(Box::new(Viewer::new(Arc::clone(file)))),
            _ => None,
        };
        self.loaded.insert(id.clone(), Loaded { content, checksum, viewer });
    }

    /// Forgets what came of a file, unless it is the one on the screen.
    pub fn forget(&mut self, id: &ArtifactId) {
        if self.list.selected_id() != Some(id) {
            self.loaded.remove(id);
        }
    }

    pub fn get(&self, id: &ArtifactId) -> Option<&Artifact> {
        self.artifacts().iter().find(|artifact| artifact.id == *id)
    }

    pub fn loaded(&self) -> Option<&Loaded> {
        self.loaded.get(self.list.selected_id()?)
    }

    /// The selected file as it is looked at, once it is here.
    pub fn viewer(&self) -> Option<&Viewer> {
        self.loaded()?.viewer.as_deref()
    }

    pub fn viewer_mut(&mut self) -> Option<&mut Viewer> {
        self.loaded.get_mut(self.list.selected_id()?)?.viewer.as_deref_mut()
    }

    /// What is to be worked out for what is on the screen now; each is named once.
    pub fn wanted(&mut self) -> Vec<(ArtifactId, Arc<Prepared>, Job)> {
        let Some(id) = self.list.selected_id().cloned() else { return Vec::new() };
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
        assert_eq!(pane.list.position(), Some(1));
        assert!(pane.loaded().is_some());
        pane.apply_listing(&session, vec![artifact("art_2", 2, "other")]);
        assert!(pane.loaded().is_none());
    }
}
