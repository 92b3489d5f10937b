//! One file as it is looked at: the view, the place in it, folds, and what is looked for.
//!
//! Holds no bytes of its own and works nothing out that takes longer than a frame: that is asked
//! for by [`Viewer::wanted`] and comes back through [`Viewer::take`]. Start with [`Viewer::settle`].
//! A file per view. The invariant: another view of a file stands at the same place of it.

mod colours;
mod file_view;
mod finding;
mod goto;
mod grid;
mod hex;
mod list;
mod pdf;
mod picture;
mod rendered;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::content::{Done, Graphics, Job, Pattern, Prepared, Rendition, Text};
use crate::view::tree_view::TreeRow;
use crate::viewport::Motion;
use colours::Colours;
pub use file_view::FileView;
use file_view::{Places, Viewing};
pub use finding::{Finding, Leap};
pub use grid::{GAP, Grid, GridRow};
pub use hex::Hex;
pub use list::List;
pub use pdf::PdfView;
pub use picture::PictureView;
pub use source::{SourceRow, SourceView};
pub use text::TextView;
pub use tree::JsonTree;

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
    Ready(Arc<Prepared>),
    /// Here, and not what was promised; shown only to who asks for it.
    Doubtful {
        file: Arc<Prepared>,
        reason: String,
    },
    Failed {
        reason: String,
    },
}

#[derive(Debug, Clone, Default)]
pub struct Loaded {
    pub content: Content,
    pub checksum: Checksum,
    /// There once the content is.
    pub viewer: Option<Box<Viewer>>,
}

#[derive(Debug, Clone)]
pub struct Viewer {
    file: Arc<Prepared>,
    /// Those that there is something to see in: each keeps its place.
    views: Vec<FileView>,
    /// The one that is looked at.
    shown: usize,
    /// A string that is shown whole.
    page: Option<Box<Page>>,
    finding: Finding,
    /// As everything was before the line to find was opened.
    before: Option<Box<Viewer>>,
    /// What was looked for last, by a job.
    asked: Option<Pattern>,
}

#[derive(Debug, Clone)]
struct Page {
    text: Text,
    source: SourceView,
}

/// Longer strings are not shown by themselves.
const PAGE: usize = 8 << 20;

impl Viewer {
    pub fn new(file: Arc<Prepared>) -> Self {
        let views: Vec<_> = file.views().filter_map(|view| FileView::of(view, &file)).collect();
        let first = file.first_view();
        Self {
            shown: views.iter().position(|view| view.view() == first).unwrap_or(0),
            views,
            page: None,
            finding: Finding::default(),
            before: None,
            asked: None,
            file,
        }
    }

    pub fn file(&self) -> &Arc<Prepared> {
        &self.file
    }

    /// What is looked at.
    pub fn file_view(&self) -> &FileView {
        &self.views[self.shown]
    }

    pub fn view(&self) -> Rendition {
        self.file_view().view()
    }

    fn shown(&self) -> &dyn Viewing {
        self.file_view().get()
    }

    /// The view that is looked at, to be changed, and the file.
    fn parts(&mut self) -> (&mut dyn Viewing, &Prepared) {
        (self.views[self.shown].get_mut(), &self.file)
    }

    /// What is read line by line, and where: the file, or a string of it.
    pub fn reading(&self) -> Option<(&Text, &SourceView)> {
        match (&self.page, self.file_view()) {
            (Some(page), _) => Some((&page.text, &page.source)),
            (None, FileView::Source(view)) => Some((self.file.text()?, view.source())),
            (None, FileView::Pages(view)) => view.reading(),
            _ => None,
        }
    }

    /// There is a tree to come.
    pub fn is_making_tree(&self) -> bool {
        let misses =
            |view: &FileView| matches!(view, FileView::Tree(tree) if tree.tree().is_none());
        self.views.iter().any(misses)
    }

    /// A string is shown whole.
    pub fn has_page(&self) -> bool {
        self.page.is_some()
    }

    pub fn finding(&self) -> &Finding {
        &self.finding
    }

    /// The next view that there is something to see in, at the same place.
    pub fn next_view(&mut self) {
        self.turn_to((self.shown + 1) % self.views.len().max(1));
    }

    fn show(&mut self, view: Rendition) {
        if let Some(at) = self.views.iter().position(|other| other.view() == view) {
            self.turn_to(at);
        }
    }

    fn turn_to(&mut self, at: usize) {
        self.page = None;
        let (here, places) = (self.byte_of_text(), self.shown().places());
        self.shown = at;
        let here = match (self.shown().places(), self.file.text()) {
            (Places::Text, _) | (Places::Bytes, None) => here,
            (Places::Bytes, Some(text)) => here.and_then(|byte| text.in_file(byte)),
            (Places::Own, _) => None,
        };
        if let Some(byte) = here {
            self.go_to(byte);
        }
        if self.shown().places() != places {
            self.look_anew();
        }
    }

    /// The byte of the text that the reader is at, or of the file where that is no text.
    fn byte_of_text(&self) -> Option<usize> {
        let byte = self.shown().place(&self.file);
        match (self.shown().places(), self.file.text()) {
            (Places::Text, _) | (Places::Bytes, None) => byte,
            (Places::Bytes, Some(text)) => text.of_file(byte?),
            (Places::Own, _) => None,
        }
    }

    fn go_to(&mut self, place: usize) {
        let (view, file) = self.parts();
        view.go_to(file, place);
    }

    /// Tells the room that there is, heading excluded, and lays out what is on the screen.
    pub fn settle(&mut self, columns: usize, height: usize, wrap: bool) {
        let height = height.max(1);
        if let Some(page) = &mut self.page {
            page.source.settle(&page.text, columns, height, wrap);
            return;
        }
        let (view, file) = self.parts();
        view.settle(file, columns, height, wrap);
    }

    /// Tells what the terminal proved to draw pictures with. After [`Viewer::settle`].
    pub fn settle_picture(&mut self, columns: usize, height: usize, graphics: Option<Graphics>) {
        if let FileView::Picture(picture) = &mut self.views[self.shown] {
            picture.prove(columns, height, graphics);
        }
    }

    pub fn go(&mut self, motion: Motion) {
        if let Some(page) = &mut self.page {
            return page.source.go(&page.text, motion);
        }
        self.finding.leave();
        let (view, file) = self.parts();
        view.go(file, motion);
    }

    /// `h`: folds, goes to what this is in, or back to the start of lines; false when there is
    /// nothing further out.
    pub fn out(&mut self) -> bool {
        if let Some(page) = &mut self.page {
            return page.source.scroll_aside(false) || self.close_page();
        }
        self.leave_cell();
        let (view, file) = self.parts();
        view.out(file)
    }

    /// `l`: unfolds and goes inside, or shows more of lines that are cut.
    pub fn inwards(&mut self) {
        if let Some(page) = &mut self.page {
            page.source.scroll_aside(true);
            return;
        }
        self.leave_cell();
        let (view, file) = self.parts();
        view.inwards(file);
    }

    /// In a table that is to go elsewhere.
    fn leave_cell(&mut self) {
        if self.view() == Rendition::Table {
            self.finding.leave();
        }
    }

    /// Sorts a table by the column under the cursor, or another way; false where there is none, or
    /// too many rows.
    pub fn next_order(&mut self) -> bool {
        self.page.is_none() && self.parts().0.next_order()
    }

    /// Enter: shows a string whole, or else folds and unfolds; false where there is neither.
    pub fn enter(&mut self) -> bool {
        let string = self.shown().string(&self.file).filter(|_| self.page.is_none());
        let Some(string) = string.filter(|string| string.len() <= PAGE) else {
            return self.toggle_fold();
        };
        let text = Text::of_string(string);
        self.page = Some(Box::new(Page { text, source: SourceView::default() }));
        true
    }

    /// Back to the tree; false when that is where the reader is.
    pub fn close_page(&mut self) -> bool {
        self.page.take().is_some()
    }

    /// Folds or unfolds what the cursor is on; false where the view has no folds.
    pub fn toggle_fold(&mut self) -> bool {
        let (view, file) = self.parts();
        view.toggle_fold(file)
    }

    /// The same for all of it; false where the view has no folds.
    pub fn fold_all(&mut self, folded: bool) -> bool {
        let (view, file) = self.parts();
        view.fold_all(file, folded)
    }

    /// Rows of the text that are on the screen.
    pub fn source_rows(&self) -> Vec<SourceRow> {
        match (&self.page, self.file_view(), self.reading()) {
            (None, FileView::Source(view), _) => view.rows(&self.file, &self.finding),
            (None, _, Some((text, source))) => {
                source.rows(text, &Colours::default(), &self.finding)
            }
            (Some(_), _, Some((text, source))) => {
                source.rows(text, &Colours::default(), &Finding::default())
            }
            _ => Vec::new(),
        }
    }

    /// Rows of the table that are on the screen.
    pub fn grid_rows(&self) -> Vec<GridRow> {
        match (self.file_view(), self.file.text()) {
            (FileView::Table(grid), Some(text)) => grid.rows_shown(text, &self.finding),
            _ => Vec::new(),
        }
    }

    /// Rows of the tree that are on the screen.
    pub fn tree_rows(&self) -> Vec<TreeRow> {
        match self.file_view() {
            FileView::Tree(tree) if self.page.is_none() => tree.rows(&self.file),
            _ => Vec::new(),
        }
    }

    /// Hits in these bytes of the file, and whether the reader is at it.
    pub fn found_bytes(&self, range: &Range<usize>) -> Vec<(Range<usize>, bool)> {
        self.finding.within(range)
    }

    /// Where the cursor of the tree is, for the heading.
    pub fn breadcrumb(&self) -> Option<String> {
        self.shown().breadcrumb(&self.file)
    }

    /// The path of the value under the cursor, as jq takes it.
    pub fn path(&self) -> Option<String> {
        self.shown().path(&self.file)
    }

    /// The value or the line under the cursor, and what it is.
    pub fn value(&self) -> Option<(String, &'static str)> {
        self.shown().value(&self.file)
    }

    /// All of a text, as its author wrote it.
    pub fn text(&self) -> Option<String> {
        self.shown().text(&self.file)
    }

    /// Forgets what it waits for: nobody works on it any more.
    pub fn forget_asked(&mut self) {
        self.asked = None;
        for view in &mut self.views {
            view.get_mut().forget_asked();
        }
    }

    /// What is to be worked out for what is on the screen now; each is named once.
    pub fn wanted(&mut self) -> Vec<Job> {
        let (file, shown) = (&self.file, self.shown);
        let views = self.views.iter_mut().enumerate();
        let mut jobs: Vec<Job> =
            views.filter_map(|(at, view)| view.get_mut().wanted(file, at == shown)).collect();
        let own = self.shown().places() == Places::Own;
        if let Some(pattern) = self.finding.wanted().filter(|_| !own)
            && self.asked.as_ref() != Some(pattern)
        {
            self.asked = Some(pattern.clone());
            jobs.push(Job::Find(pattern.clone()));
        }
        jobs
    }

    /// Takes over what was worked out; what nobody wants any more is dropped.
    pub fn take(&mut self, done: Done) {
        if let Done::Found(pattern, hits) = done {
            if self.finding.found(&pattern, hits) {
                self.seek();
            }
            return;
        }
        let mut left = Some(done);
        for view in &mut self.views {
            left = left.and_then(|done| view.get_mut().take(&self.file, done));
        }
        self.find_in_own();
    }
}
