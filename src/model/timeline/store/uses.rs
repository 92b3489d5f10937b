//! The rows that name a file: who made it, and who has used it since.

use crate::api::{ArtifactId, Timestamp};

use super::{Store, UnitId};
use crate::model::artifact_links::{ArtifactLinks, Role};
use crate::model::timeline::Visibility;

/// A row that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub unit: UnitId,
    /// Of the first event of that row that names it.
    pub role: Role,
    /// The agent does not see it.
    pub hidden: bool,
    row: usize,
}

impl Store {
    pub(crate) fn artifact_links(&self) -> &ArtifactLinks {
        &self.derived.links
    }

    pub(crate) fn uses(&self, file: &ArtifactId) -> (Vec<Use>, usize) {
        let Some(mentions) = self.derived.links.of(file) else { return (Vec::new(), 0) };
        let mut uses: Vec<Use> = Vec::new();
        for mention in &mentions.kept {
            let Some(record) = self.records.get(mention.row as usize) else { continue };
            // An output is shown with its input.
            let joined = record.partner().filter(|_| record.joined());
            let row = joined.unwrap_or(mention.row as usize);
            if let Some(known) = uses.iter_mut().find(|known| known.row == row) {
                // The call that was given the id is no more its author than the answer.
                known.hidden &= record.visibility() != Visibility::InContext;
                continue;
            }
            let Some(unit) = self.id_of(row) else { continue };
            let hidden = record.visibility() != Visibility::InContext;
            uses.push(Use { unit, role: mention.role, hidden, row });
        }
        (uses, mentions.more)
    }

    pub(crate) fn maker<'a>(&self, uses: &'a [Use], made_at: Timestamp) -> Option<&'a Use> {
        let first = uses.first().filter(|first| first.role.can_make())?;
        let loaded_from = self.span().map(|(from, _)| from);
        let may_be_older = !self.reaches_start && loaded_from.is_none_or(|from| made_at < from);
        (!may_be_older).then_some(first)
    }
}
