//! The files of a session as a list: in an order, filtered, each name with its versions.
//!
//! Owns which files are shown and which of them keys are about; what is in a file is the viewer's.
//! Start with [`FileList::rows`]. The invariant: the selection and the marks are ids, so that a file
//! that appears moves nothing from under them.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use crate::api::{Artifact, ArtifactId, Timestamp};
use crate::model::Timeline;
use crate::query::{FileFacts, Known, Names, Query};
use crate::viewport::{Motion, Viewport};

/// What files are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    #[default]
    Created,
    Updated,
    Name,
    Size,
}

/// The order of files; those of one name stay together, and the newest of them counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    pub by: SortBy,
    pub reversed: bool,
}

impl Order {
    #[must_use]
    pub fn next(self) -> Self {
        let by = match self.by {
            SortBy::Created => SortBy::Updated,
            SortBy::Updated => SortBy::Name,
            SortBy::Name => SortBy::Size,
            SortBy::Size => SortBy::Created,
        };
        Self { by, reversed: false }
    }

    pub fn words(self) -> &'static str {
        match (self.by, self.reversed) {
            (SortBy::Created, false) => "newest first",
            (SortBy::Created, true) => "oldest first",
            (SortBy::Updated, false) => "last changed first",
            (SortBy::Updated, true) => "last changed last",
            (SortBy::Name, false) => "by name",
            (SortBy::Name, true) => "by name, from Z",
            (SortBy::Size, false) => "largest first",
            (SortBy::Size, true) => "smallest first",
        }
    }

    fn compare(self, a: &Artifact, b: &Artifact) -> Ordering {
        let order = match self.by {
            SortBy::Created => b.created_at.cmp(&a.created_at),
            SortBy::Updated => b.updated_at.cmp(&a.updated_at),
            SortBy::Size => b.size_bytes.cmp(&a.size_bytes),
            SortBy::Name => {
                let lower = |file: &Artifact| file.filename.to_lowercase();
                lower(a).cmp(&lower(b)).then_with(|| a.filename.cmp(&b.filename))
            }
        };
        if self.reversed { order.reverse() } else { order }
    }
}

/// A file in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRow {
    /// Its place among [`FileList::files`].
    at: usize,
    /// Which of the files of its name it is, the oldest being the first, and how many there are.
    pub version: usize,
    pub of: usize,
    /// It stands under a newer one of its name.
    pub older: bool,
    /// Older ones that are folded away under it.
    pub folded: usize,
}

/// Which file was selected, and which rows were seen.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    selected: Option<ArtifactId>,
    viewport: Viewport,
}

#[derive(Debug, Clone, Default)]
pub struct FileList {
    /// Newest first.
    files: Vec<Artifact>,
    rows: Vec<FileRow>,
    selected: Option<ArtifactId>,
    /// To be selected once it is listed.
    wanted: Option<ArtifactId>,
    order: Order,
    filter: Option<(String, Query)>,
    /// Files that the filter takes away.
    filtered: usize,
    /// Names whose older versions are shown, or with `unfolds` those whose are not.
    toggled: BTreeSet<String>,
    unfolds: bool,
    marked: Vec<ArtifactId>,
    authors: HashMap<ArtifactId, String>,
    /// What the timeline knew when authors were last looked up.
    authors_as_of: (usize, usize, bool),
    more: bool,
    now: Timestamp,
    viewport: Viewport,
}

impl FileList {
    /// An empty one that keeps how a person likes to see lists.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self { order: self.order, wanted: self.wanted.clone(), now: self.now, ..Self::default() }
    }

    /// Takes over a listing. An id that was waited for and is not in it comes back.
    pub fn apply(&mut self, mut files: Vec<Artifact>) -> Option<ArtifactId> {
        files.sort_by_key(|file| std::cmp::Reverse(file.created_at));
        let before = self.position();
        let here: BTreeSet<&ArtifactId> = files.iter().map(|file| &file.id).collect();
        self.marked.retain(|id| here.contains(id));
        self.files = files;
        self.authors_as_of = (usize::MAX, 0, false);
        self.arrange_from(before);
        let wanted = self.wanted.take()?;
        if self.file(&wanted).is_none() {
            return Some(wanted);
        }
        self.reveal(&wanted);
        None
    }

    /// The service has more files than were listed.
    pub fn set_more(&mut self, more: bool) {
        self.more = more;
    }

    pub fn has_more(&self) -> bool {
        self.more
    }

    /// All of them, newest first.
    pub fn files(&self) -> &[Artifact] {
        &self.files
    }

    pub fn file(&self, id: &ArtifactId) -> Option<&Artifact> {
        self.files.iter().find(|file| file.id == *id)
    }

    /// What the list shows, in its order.
    pub fn rows(&self) -> &[FileRow] {
        &self.rows
    }

    /// The first row on the screen.
    pub fn top(&self) -> usize {
        self.viewport.seen(self.rows.len()).start
    }

    /// What of it is on the screen.
    pub fn seen(&self) -> &[FileRow] {
        &self.rows[self.viewport.seen(self.rows.len())]
    }

    pub fn at(&self, row: &FileRow) -> &Artifact {
        &self.files[row.at]
    }

    pub fn selected(&self) -> Option<&Artifact> {
        self.file(self.selected.as_ref()?)
    }

    pub fn selected_id(&self) -> Option<&ArtifactId> {
        self.selected.as_ref()
    }

    pub fn selected_row(&self) -> Option<&FileRow> {
        self.rows.get(self.position()?)
    }

    /// The row of the selected file.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| self.files[row.at].id == *selected)
    }

    pub fn select(&mut self, id: &ArtifactId) {
        self.selected = Some(id.clone());
    }

    pub fn whereabouts(&self) -> Whereabouts {
        Whereabouts { selected: self.selected.clone(), viewport: self.viewport }
    }

    pub fn return_to(&mut self, place: &Whereabouts) {
        (self.selected, self.viewport) = (place.selected.clone(), place.viewport);
    }

    /// Selects a file whatever hides it, or as soon as it is listed.
    pub fn reveal(&mut self, id: &ArtifactId) {
        let Some(name) = self.file(id).map(|file| file.filename.clone()) else {
            self.wanted = Some(id.clone());
            return;
        };
        self.select(id);
        if self.position().is_none() {
            self.filter = None;
            if self.is_folded(&name) {
                self.toggle(name);
            }
            self.arrange();
        }
        self.select(id);
    }

    pub fn go(&mut self, motion: Motion) {
        self.travel(|viewport, len| viewport.go(motion, len));
    }

    pub fn move_selection(&mut self, by: isize) {
        self.travel(|viewport, len| viewport.move_by(by, len));
    }

    /// Moves from the selected file, and selects the one that is reached.
    fn travel(&mut self, how: impl FnOnce(&mut Viewport, usize)) {
        if let Some(at) = self.position() {
            self.viewport.select(at);
            how(&mut self.viewport, self.rows.len());
        }
        let reached = self.rows.get(self.viewport.at());
        self.selected = reached.map(|row| self.files[row.at].id.clone());
    }

    pub fn order(&self) -> Order {
        self.order
    }

    pub fn set_order(&mut self, order: Order) {
        self.order = order;
        self.arrange();
    }

    pub fn filter(&self) -> &str {
        self.filter.as_ref().map_or("", |(text, _)| text)
    }

    pub fn set_filter(&mut self, text: &str, query: Option<Query>, now: Timestamp) {
        self.filter = query.map(|query| (text.to_owned(), query));
        self.now = now;
        self.arrange();
    }

    /// Files that the filter takes away.
    pub fn filtered(&self) -> usize {
        self.filtered
    }

    fn is_folded(&self, name: &str) -> bool {
        self.toggled.contains(name) == self.unfolds
    }

    fn toggle(&mut self, name: String) {
        if !self.toggled.remove(&name) {
            self.toggled.insert(name);
        }
    }

    /// Shows the older versions of the selected file, or folds them; false when it has none.
    pub fn toggle_fold(&mut self) -> bool {
        let Some(row) = self.selected_row().copied() else { return false };
        if row.of < 2 {
            return false;
        }
        let name = self.at(&row).filename.clone();
        let selected = self.selected.clone();
        self.toggle(name.clone());
        self.arrange();
        if self.selected != selected {
            // It was folded away under the newest.
            let newest = self.rows.iter().find(|row| self.files[row.at].filename == name);
            self.selected = newest.map(|row| self.files[row.at].id.clone());
        }
        true
    }

    pub fn fold_all(&mut self, folded: bool) {
        self.unfolds = !folded;
        self.toggled.clear();
        self.arrange();
    }

    pub fn toggle_mark(&mut self) {
        let Some(id) = self.selected.clone() else { return };
        match self.marked.iter().position(|marked| *marked == id) {
            Some(at) => drop(self.marked.remove(at)),
            None => self.marked.push(id),
        }
    }

    pub fn is_marked(&self, id: &ArtifactId) -> bool {
        self.marked.contains(id)
    }

    pub fn marked(&self) -> &[ArtifactId] {
        &self.marked
    }

    /// False when there were none.
    pub fn clear_marks(&mut self) -> bool {
        !std::mem::take(&mut self.marked).is_empty()
    }

    /// The file of the same name that came before this one.
    pub fn previous_version(&self, of: &Artifact) -> Option<&Artifact> {
        let mut same = self.files.iter().filter(|file| file.filename == of.filename);
        same.by_ref().find(|file| file.id == of.id)?;
        same.next()
    }

    /// Who made it: `you`, the name of a tool, or `""` while that is not known.
    pub fn author(&self, id: &ArtifactId) -> &str {
        self.authors.get(id).map_or("", String::as_str)
    }

    /// Looks authors up again where the timeline knows more than before.
    pub fn learn(&mut self, timeline: &Timeline, now: Timestamp) {
        self.now = now;
        let links = timeline.artifact_links().count();
        let as_of = (links, timeline.event_count(), timeline.reaches_start());
        if std::mem::replace(&mut self.authors_as_of, as_of) == as_of {
            return;
        }
        let author =
            |file: &Artifact| Some((file.id.clone(), timeline.author(&file.id, file.created_at)?));
        self.authors = self.files.iter().filter_map(author).collect();
        if self.filter.is_some() {
            self.arrange();
        }
    }

    /// Keeps the selection within `height` rows.
    pub fn settle(&mut self, height: usize) {
        if let Some(at) = self.position() {
            self.viewport.select(at);
        }
        self.viewport.settle(self.rows.len(), height);
    }

    fn passes(&self, file: &Artifact) -> bool {
        let Some((_, query)) = &self.filter else { return true };
        let facts = FileFacts {
            id: file.id.as_str(),
            name: &file.filename,
            mime_type: &file.mime_type,
            description: file.description.as_deref().unwrap_or_default(),
            by: self.author(&file.id),
            size: file.size_bytes,
            created_at: file.created_at,
        };
        query.file(&facts, self.now)
    }

    /// Works out the rows. The selection stays, or goes to what is in its place.
    fn arrange(&mut self) {
        self.arrange_from(self.position());
    }

    /// `before`: where the selection was.
    fn arrange_from(&mut self, before: Option<usize>) {
        let mut versions: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, file) in self.files.iter().enumerate() {
            versions.entry(&file.filename).or_default().push(at);
        }
        self.filtered = 0;
        // Of each name those that pass, newest first, with their number.
        let mut groups: Vec<Vec<FileRow>> = Vec::new();
        for places in versions.values() {
            let of = places.len();
            let row = |(newer, at): (usize, &usize)| FileRow {
                at: *at,
                version: of - newer,
                of,
                older: false,
                folded: 0,
            };
            let rows = places.iter().enumerate().map(row);
            let rows: Vec<FileRow> = rows.filter(|row| self.passes(&self.files[row.at])).collect();
            self.filtered += of - rows.len();
            if !rows.is_empty() {
                groups.push(rows);
            }
        }
        let order = self.order;
        groups.sort_by(|a, b| {
            let (first, second) = (a[0].at, b[0].at);
            order.compare(&self.files[first], &self.files[second]).then(first.cmp(&second))
        });
        let mut out = Vec::with_capacity(self.files.len());
        for group in groups {
            let closed = self.is_folded(&self.files[group[0].at].filename);
            let shown = if closed { 1 } else { group.len() };
            let hidden = group.len() - shown;
            for (place, row) in group.into_iter().take(shown).enumerate() {
                let is_first = place == 0;
                let folded = if is_first { hidden } else { 0 };
                out.push(FileRow { older: !is_first, folded, ..row });
            }
        }
        self.rows = out;
        if self.position().is_none() {
            let next = before.unwrap_or(0).min(self.rows.len().saturating_sub(1));
            self.selected = self.rows.get(next).map(|row| self.files[row.at].id.clone());
        }
    }
}

impl Known for FileList {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str)) {
        match names {
            Names::Files => self.files.iter().for_each(|file| visit(&file.filename)),
            Names::MimeTypes => self.files.iter().for_each(|file| visit(&file.mime_type)),
            Names::Authors => {
                let all: BTreeSet<&str> = self.authors.values().map(String::as_str).collect();
                all.into_iter().for_each(visit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
