//! Two files that are compared, and what came of it.

use std::sync::Arc;

use super::{DiffView, TextDiff};
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::view::pane::artifacts::Checksum;

/// More bytes of both files together are not compared.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// One of the two files.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    pub file: Artifact,
    /// `(2, 3)`: the second of three of that name.
    pub version: (usize, usize),
    /// Whether the bytes that we received are those that the service describes.
    pub checksum: Checksum,
}

#[derive(Debug, Clone, Default)]
pub enum Outcome {
    /// The files are on their way, or being compared.
    #[default]
    Waiting,
    /// `rough`: time ran out, and more is shown as different than need be.
    Text {
        diff: Arc<TextDiff>,
        rough: bool,
    },
    /// Told by size and checksum alone: at least one is not text.
    Bytes,
    /// Told by size and checksum alone: both together are larger than [`MAX_BYTES`].
    TooLarge,
    Failed {
        reason: String,
    },
}

/// The older of two files, the newer one, and how they differ.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub session: SessionRef,
    pub sides: [Side; 2],
    pub outcome: Outcome,
    pub view: DiffView,
}

impl Comparison {
    pub fn new(session: SessionRef, sides: [Side; 2]) -> Self {
        Self { session, sides, outcome: Outcome::Waiting, view: DiffView::default() }
    }

    pub fn ids(&self) -> [ArtifactId; 2] {
        [self.sides[0].file.id.clone(), self.sides[1].file.id.clone()]
    }

    /// Of both files.
    pub fn bytes(&self) -> u64 {
        self.sides.iter().map(|side| side.file.size_bytes).fold(0, u64::saturating_add)
    }

    /// What the service says of both: the same bytes.
    pub fn says_same(&self) -> bool {
        let [old, new] = &self.sides;
        old.file.size_bytes == new.file.size_bytes
            && old.file.checksum_sha256.eq_ignore_ascii_case(&new.file.checksum_sha256)
    }

    pub fn diff(&self) -> Option<&Arc<TextDiff>> {
        match &self.outcome {
            Outcome::Text { diff, .. } => Some(diff),
            _ => None,
        }
    }

    /// Takes over what came of it.
    pub fn answer(&mut self, outcome: Outcome, checksums: [Checksum; 2]) {
        self.outcome = outcome;
        for (side, checksum) in self.sides.iter_mut().zip(checksums) {
            side.checksum = checksum;
        }
    }

    /// Makes rows and scroll position valid for `width` columns and `height` rows.
    pub fn settle(&mut self, width: usize, height: usize) {
        if let Outcome::Text { diff, .. } = &self.outcome {
            self.view.settle(diff, width, height);
        }
    }
}
