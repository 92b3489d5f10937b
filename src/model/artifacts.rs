//! The files of the open session, and the one that is looked at.

pub mod list;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::text::highlight::HighlightedLine;

pub use list::FileList;

/// Whether the bytes that we received are those that the service describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    #[default]
    Unchecked,
    Matches,
    Differs,
}

impl Checksum {
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Matches => "matches",
            Self::Differs => "DIFFERS",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Unchecked => "not checked yet",
            Self::Matches => "matches the bytes we received",
            Self::Differs => "DIFFERS from the bytes we received",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    #[default]
    NotLoaded,
    Loading,
    Text {
        lines: Vec<HighlightedLine>,
    },
    /// The first bytes, for a hex view; the rest stays where it is.
    Binary {
        head: Vec<u8>,
        total: u64,
    },
    Failed {
        reason: String,
    },
}

impl Content {
    /// Rows of the viewer: lines, or sixteen bytes each.
    pub fn rows(&self) -> usize {
        match self {
            Self::Text { lines } => lines.len(),
            Self::Binary { head, .. } => head.len().div_ceil(16),
            _ => 0,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    pub content: Content,
    pub checksum: Checksum,
    /// First row on the screen.
    pub top: usize,
}

#[derive(Debug, Clone)]
pub struct ArtifactPane {
    session: Option<SessionRef>,
    pub list: FileList,
    loaded: BTreeMap<ArtifactId, Loaded>,
    /// The viewer wraps long lines.
    pub wrap: bool,
}

/// Rows that stay in view at the very end of a file.
const LAST_ROWS: usize = 10;

impl Default for ArtifactPane {
    fn default() -> Self {
        Self {
            session: None,
            list: FileList::default(),
            loaded: BTreeMap::new(),
            // Reading comes first; what must not be broken can be cut with one key.
            wrap: true,
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
        if self.session.as_ref() != Some(session) {
            *self = Self {
                session: Some(session.clone()),
                list: self.list.emptied(),
                wrap: self.wrap,
                ..Self::default()
            };
        }
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

    pub fn position(&self) -> Option<usize> {
        self.list.position()
    }

    pub fn select(&mut self, id: &ArtifactId) {
        self.list.select(id);
    }

    pub fn move_selection(&mut self, by: isize) {
        self.list.move_selection(by);
    }

    pub fn set_content(&mut self, id: &ArtifactId, content: Content, checksum: Checksum) {
        let loaded = self.loaded.entry(id.clone()).or_default();
        loaded.content = content;
        loaded.checksum = checksum;
    }

    pub fn loaded(&self) -> Option<&Loaded> {
        self.loaded.get(self.list.selected_id()?)
    }

    /// Moves the viewer by rows, stopping at the ends.
    pub fn scroll(&mut self, by: isize) {
        let selected = self.list.selected_id();
        let Some(loaded) = selected.and_then(|id| self.loaded.get_mut(id)) else {
            return;
        };
        // A few lines stay on the screen, so that the end looks like an end.
        let last = loaded.content.rows().saturating_sub(LAST_ROWS);
        loaded.top = loaded.top.saturating_add_signed(by).min(last);
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
        pane.set_content(&"art_2".into(), Content::Text { lines: vec![] }, Checksum::Matches);
        pane.apply_listing(&session, vec![artifact("art_2", 2, "y"), artifact("art_3", 3, "z")]);
        assert_eq!(pane.position(), Some(1));
        assert!(pane.loaded().is_some());
        pane.apply_listing(&session, vec![artifact("art_2", 2, "other")]);
        assert!(pane.loaded().is_none());
    }
}
