//! One file as it is looked at: the view, the place in it, folds, and what is looked for.
//!
//! Holds no bytes of its own and works nothing out that takes longer than a frame: that is asked
//! for by [`Viewer::wanted`] and comes back through [`Viewer::take`]. Start with [`Viewer::settle`].
//! A file per view. The invariant: another view of a file stands at the same place of it.

mod colours;
mod document;
mod finding;
mod goto;
mod grid;
mod hex;
mod list;
mod picture;
mod rendered;
mod source;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::detail::TreeRow;
use crate::content::{Done, Graphics, Job, Kind, Pattern, Prepared, Text, View};
use colours::Colours;
pub use document::Document;
pub use finding::{Finding, Leap};
pub use grid::{GAP, Grid, GridCell, GridRow};
pub use hex::Hex;
pub use list::List;
pub use picture::PictureView;
pub use rendered::Rendered;
pub use source::{Source, SourceRow};
pub use tree::Tree;

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

/// What was asked for and did not come yet, or came and need not be asked for again.
#[derive(Debug, Clone, Default)]
struct Asked {
    index: bool,
    /// What is in an archive or a PDF.
    inside: bool,
    columns: Option<usize>,
    pattern: Option<Pattern>,
}

#[derive(Debug, Clone)]
pub struct Viewer {
    file: Arc<Prepared>,
    view: View,
    source: Source,
    colours: Colours,
    tree: Option<Tree>,
    rendered: Rendered,
    hex: Hex,
    grid: Option<Grid>,
    list: List,
    document: Document,
    picture: PictureView,
    /// A string of the tree that is shown whole.
    page: Option<Box<Page>>,
    finding: Finding,
    /// As everything was before the line to find was opened.
    before: Option<Box<Viewer>>,
    asked: Asked,
    height: usize,
}

#[derive(Debug, Clone)]
struct Page {
    text: Text,
    source: Source,
}

/// What places in a view are places of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    Text,
    Bytes,
    /// Of something that only this view has.
    Own,
}

fn places(view: View) -> Places {
    match view {
        View::Tree | View::Table | View::Source => Places::Text,
        View::Hex => Places::Bytes,
        View::Rendered | View::Listing | View::Pages | View::Picture => Places::Own,
    }
}

/// Longer strings are not shown by themselves.
const PAGE: usize = 8 << 20;

/// Moves of more rows than that lead to an end.
const FAR: usize = 1 << 20;

impl Viewer {
    pub fn new(file: Arc<Prepared>) -> Self {
        let tree = match file.kind() {
            _ if !file.fits(View::Tree) => None,
            Kind::JsonLines => file.text().map(Tree::of_lines),
            _ => file.index().zip(file.text()).map(|(index, text)| Tree::of_whole(index, text)),
        };
        Self {
            view: file.first_view(),
            tree,
            source: Source::default(),
            colours: Colours::default(),
            rendered: Rendered::default(),
            hex: Hex::default(),
            grid: file.table().map(Grid::of),
            list: List::default(),
            document: Document::default(),
            picture: PictureView::default(),
            page: None,
            finding: Finding::default(),
            before: None,
            asked: Asked::default(),
            height: 20,
            file,
        }
    }

    pub fn file(&self) -> &Arc<Prepared> {
        &self.file
    }

    pub fn view(&self) -> View {
        self.view
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What is read line by line, and where: the file, or a string of it.
    pub fn reading(&self) -> Option<(&Text, &Source)> {
        match (&self.page, self.view) {
            (Some(page), _) => Some((&page.text, &page.source)),
            (None, View::Source) => Some((self.file.text()?, &self.source)),
            (None, View::Pages) => Some((self.document.text()?, &self.document.source)),
            _ => None,
        }
    }

    /// A string of the tree is shown whole.
    pub fn has_page(&self) -> bool {
        self.page.is_some()
    }

    pub fn colours(&self) -> &Colours {
        &self.colours
    }

    /// `None` as long as it is being made.
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }

    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    pub fn hex(&self) -> &Hex {
        &self.hex
    }

    pub fn grid(&self) -> Option<&Grid> {
        self.grid.as_ref()
    }

    pub fn list(&self) -> &List {
        &self.list
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn picture(&self) -> &PictureView {
        &self.picture
    }

    pub fn finding(&self) -> &Finding {
        &self.finding
    }

    /// The next view that there is something to see in, at the same place.
    pub fn next_view(&mut self) {
        let views: Vec<View> = self.file.views().collect();
        let at = views.iter().position(|view| *view == self.view).unwrap_or(0);
        self.show(views[(at + 1) % views.len().max(1)]);
    }

    fn show(&mut self, view: View) {
        self.page = None;
        let here = self.byte_of_text();
        let changes = places(self.view) != places(view);
        self.view = view;
        let text = self.file.text();
        match (here, view) {
            (Some(byte), View::Hex) => {
                if let Some(byte) = text.map_or(Some(byte), |text| text.in_file(byte)) {
                    self.go_to(byte);
                }
            }
            (Some(byte), _) if places(view) == Places::Text => self.go_to(byte),
            _ => {}
        }
        if changes {
            self.look_anew();
        }
    }

    /// The byte of the text that the reader is at, or of the file where that is no text.
    fn byte_of_text(&self) -> Option<usize> {
        let byte = self.byte_here();
        match (places(self.view), self.file.text()) {
            (Places::Text, _) | (Places::Bytes, None) => byte,
            (Places::Bytes, Some(text)) => text.of_file(byte?),
            (Places::Own, _) => None,
        }
    }

    /// The byte that the reader is at, of what the view shows; `None` where it has no such thing.
    fn byte_here(&self) -> Option<usize> {
        let text = self.file.text();
        match self.view {
            View::Source => Some(self.source.byte(text?)),
            View::Tree => Some(self.tree.as_ref()?.byte(text?)),
            View::Table => Some(self.grid.as_ref()?.byte(text?)),
            View::Hex => Some(self.hex.byte()),
            View::Pages => Some(self.document.source.byte(self.document.text()?)),
            View::Listing => Some(self.list.cursor()),
            View::Rendered | View::Picture => None,
        }
    }

    fn go_to(&mut self, byte: usize) {
        let text = self.file.text();
        if let (View::Table, Some(text), Some(grid)) = (self.view, text, &mut self.grid) {
            return grid.go_to(text, byte);
        }
        if let (View::Pages, Some(text)) = (self.view, self.document.text().cloned()) {
            return self.document.source.go_to(&text, byte);
        }
        match (self.view, text, &mut self.tree) {
            (View::Source, Some(text), _) => self.source.go_to(text, byte),
            (View::Tree, Some(text), Some(tree)) => tree.go_to(text, byte),
            (View::Hex, ..) => self.hex.go_to(byte),
            (View::Listing, ..) => self.list.show(byte),
            _ => {}
        }
    }

    /// Tells the room that there is, heading excluded, and lays out what is on the screen.
    pub fn settle(&mut self, columns: usize, height: usize, wrap: bool) {
        self.height = height.max(1);
        let height = self.height;
        if let Some(page) = &mut self.page {
            page.source.settle(&page.text, columns, height, wrap);
            return;
        }
        match (self.view, self.file.text()) {
            (View::Source, Some(text)) => self.source.settle(text, columns, height, wrap),
            (View::Tree, _) => {
                if let Some(tree) = &mut self.tree {
                    tree.settle(height);
                }
            }
            (View::Rendered, _) => self.rendered.settle(columns, height),
            (View::Listing, _) => self.list.settle(height),
            (View::Pages, _) => {
                if let Some(text) = self.document.text().cloned() {
                    self.document.source.settle(&text, columns, height, wrap);
                }
            }
            (View::Table, _) => {
                if let Some(grid) = &mut self.grid {
                    grid.settle(columns, height);
                }
            }
            _ => self.hex.settle(self.file.bytes().len(), columns, height),
        }
    }

    /// Tells what the terminal proved to draw pictures with. After [`Viewer::settle`].
    pub fn settle_picture(&mut self, columns: usize, height: usize, graphics: Option<Graphics>) {
        if self.view == View::Picture {
            self.picture.settle(columns, height, graphics);
        }
    }

    /// Moves by rows, stopping at the ends.
    pub fn move_by(&mut self, by: isize) {
        if let Some(page) = &mut self.page {
            page.source.move_by(&page.text, by);
            return;
        }
        self.finding.leave();
        if let (View::Table, Some(grid)) = (self.view, &mut self.grid) {
            return grid.move_by(by);
        }
        if let (View::Pages, Some(text)) = (self.view, self.document.text().cloned()) {
            return self.document.source.move_by(&text, by);
        }
        match (self.view, self.file.text(), &mut self.tree) {
            (View::Source, Some(text), _) => self.source.move_by(text, by),
            (View::Tree, _, Some(tree)) => tree.move_by(by),
            (View::Rendered, ..) => self.rendered.move_by(by),
            (View::Hex, ..) => self.hex.move_by(by),
            (View::Listing, ..) => self.list.move_by(by),
            _ => {}
        }
    }

    /// `h`: folds, goes to what this is in, or back to the start of lines; false when there is
    /// nothing further out.
    pub fn out(&mut self) -> bool {
        if let Some(page) = &mut self.page {
            return page.source.scroll_aside(false) || self.close_page();
        }
        if let (View::Table, Some(grid)) = (self.view, &mut self.grid) {
            self.finding.leave();
            return grid.step(false);
        }
        match (self.view, self.file.text(), &mut self.tree) {
            (View::Pages, ..) => self.document.source.scroll_aside(false),
            (View::Tree, Some(text), Some(tree)) => tree.out(text),
            (View::Source, ..) => self.source.scroll_aside(false),
            _ => false,
        }
    }

    /// `l`: unfolds and goes inside, or shows more of lines that are cut.
    pub fn inwards(&mut self) {
        if let Some(page) = &mut self.page {
            page.source.scroll_aside(true);
            return;
        }
        if let (View::Table, Some(grid)) = (self.view, &mut self.grid) {
            self.finding.leave();
            grid.step(true);
            return;
        }
        match (self.view, self.file.text(), &mut self.tree) {
            (View::Pages, ..) => {
                self.document.source.scroll_aside(true);
            }
            (View::Tree, Some(text), Some(tree)) => tree.inwards(text),
            (View::Source, ..) => {
                self.source.scroll_aside(true);
            }
            _ => {}
        }
    }

    /// Sorts a table by the column under the cursor, or another way; false where there is none, or
    /// too many rows.
    pub fn next_order(&mut self) -> bool {
        let grid = self.grid.as_mut().filter(|_| self.view == View::Table && self.page.is_none());
        grid.is_some_and(Grid::next_order)
    }

    /// Enter: shows a string whole, or else folds and unfolds; false where there is neither.
    pub fn enter(&mut self) -> bool {
        let tree = self.tree.as_ref().filter(|_| self.view == View::Tree && self.page.is_none());
        let string = tree.zip(self.file.text()).and_then(|(tree, text)| tree.string(text));
        let string = string.or_else(|| self.cell().filter(|_| self.page.is_none()));
        let Some(string) = string.filter(|string| string.len() <= PAGE) else {
            return self.toggle_fold();
        };
        let text = Text::of_string(string);
        self.page = Some(Box::new(Page { text, source: Source::default() }));
        true
    }

    /// Back to the tree; false when that is where the reader is.
    pub fn close_page(&mut self) -> bool {
        self.page.take().is_some()
    }

    /// Folds or unfolds what the cursor is on; false where the view has no folds.
    pub fn toggle_fold(&mut self) -> bool {
        match (self.view, self.file.text(), &mut self.tree) {
            (View::Tree, Some(text), Some(tree)) => {
                tree.toggle_fold(text);
                true
            }
            _ => false,
        }
    }

    /// The same for all of it; false where the view has no folds.
    pub fn fold_all(&mut self, folded: bool) -> bool {
        match (self.view, self.file.text(), &mut self.tree) {
            (View::Tree, Some(text), Some(tree)) => {
                tree.fold_all(text, folded);
                true
            }
            _ => false,
        }
    }

    /// Rows of the source that are on the screen.
    pub fn source_rows(&self) -> Vec<SourceRow> {
        if let Some(page) = &self.page {
            return page.source.rows(&page.text, &Colours::default(), &Finding::default());
        }
        if let (View::Pages, Some(text)) = (self.view, self.document.text()) {
            return self.document.source.rows(text, &Colours::default(), &self.finding);
        }
        let text = self.file.text().filter(|_| self.view == View::Source);
        let rows = |text| self.source.rows(text, &self.colours, &self.finding);
        text.map(rows).unwrap_or_default()
    }

    /// Rows of the table that are on the screen.
    pub fn grid_rows(&self) -> Vec<GridRow> {
        let grid = self.grid.as_ref().zip(self.file.text());
        grid.map(|(grid, text)| grid.rows_shown(text, &self.finding)).unwrap_or_default()
    }

    /// Hits in these bytes of the file, and whether the reader is at it.
    pub fn found_bytes(&self, range: &Range<usize>) -> Vec<(Range<usize>, bool)> {
        self.finding.within(range)
    }

    /// The cell of the table under the cursor.
    fn cell(&self) -> Option<String> {
        let grid = self.grid.as_ref().filter(|_| self.view == View::Table)?;
        Some(grid.value(self.file.text()?))
    }

    /// Rows of the tree that are on the screen.
    pub fn tree_rows(&self) -> Vec<TreeRow> {
        let tree = self.tree.as_ref().zip(self.file.text());
        let tree = tree.filter(|_| self.view == View::Tree && self.page.is_none());
        tree.map(|(tree, text)| tree.rows(text)).unwrap_or_default()
    }

    /// Where the cursor of the tree is, for the heading.
    pub fn breadcrumb(&self) -> Option<String> {
        let tree = self.tree.as_ref().filter(|_| self.view == View::Tree)?;
        Some(tree.breadcrumb(self.file.text()?))
    }

    /// The path of the value under the cursor, as jq takes it.
    pub fn path(&self) -> Option<String> {
        let tree = self.tree.as_ref().filter(|_| self.view == View::Tree)?;
        Some(tree.path(self.file.text()?))
    }

    /// The value or the line under the cursor, and what it is.
    pub fn value(&self) -> Option<(String, &'static str)> {
        let text = match self.view {
            View::Listing => return Some((self.list.name()?, "name")),
            View::Pages => {
                return Some((self.document.source.line(self.document.text()?), "line"));
            }
            _ => self.file.text()?,
        };
        match self.view {
            View::Table => Some((self.cell()?, "cell")),
            View::Tree => Some((self.tree.as_ref()?.value(text), "value")),
            View::Source => Some((self.source.line(text), "line")),
            View::Rendered | View::Hex | View::Listing | View::Pages | View::Picture => None,
        }
    }

    /// All of a text, as its author wrote it.
    pub fn text(&self) -> Option<String> {
        let pages = self.document.text().filter(|_| self.view == View::Pages);
        pages.or(self.file.text()).map(|text| text.whole().into_owned())
    }

    /// Forgets what it waits for: nobody works on it any more.
    pub fn forget_asked(&mut self) {
        self.asked = Asked::default();
        self.picture.forget_asked();
        self.colours.forget_asked();
        if let Some(grid) = &mut self.grid {
            grid.forget_asked();
        }
    }

    /// What is to be worked out for what is on the screen now; each is named once.
    pub fn wanted(&mut self) -> Vec<Job> {
        let mut jobs = Vec::new();
        if self.view == View::Picture
            && matches!(self.file.picture(), Some(Ok(_)))
            && let Some((room, before)) = self.picture.wanted()
        {
            jobs.push(Job::Draw { room, before });
        }
        if self.view == View::Source
            && let Some(text) = self.file.text()
        {
            let lines = self.source.lines_shown();
            jobs.extend(self.colours.wanted(text, lines));
        }
        if self.file.fits(View::Tree) && self.tree.is_none() && !self.asked.index {
            self.asked.index = true;
            jobs.push(Job::Index);
        }
        if self.view == View::Rendered && self.rendered.misses(self.asked.columns) {
            let columns = self.rendered.columns();
            self.asked.columns = Some(columns);
            jobs.push(Job::Render { columns });
        }
        if self.view == View::Table {
            jobs.extend(self.grid.as_mut().and_then(Grid::wanted));
        }
        let job = match self.view {
            View::Listing if self.list.listing().is_none() => Some(Job::List),
            View::Pages if self.document.pages().is_none() => Some(Job::Read),
            _ => None,
        };
        if let Some(job) = job
            && !std::mem::replace(&mut self.asked.inside, true)
        {
            jobs.push(job);
        }
        let pattern = self.finding.wanted().filter(|_| places(self.view) != Places::Own);
        if let Some(pattern) = pattern.filter(|wanted| self.asked.pattern.as_ref() != Some(wanted))
        {
            self.asked.pattern = Some(pattern.clone());
            jobs.push(Job::Find(pattern.clone()));
        }
        jobs
    }

    /// Takes over what was worked out; what nobody wants any more is dropped.
    pub fn take(&mut self, done: Done) {
        match done {
            Done::Index(index) => {
                self.tree = self.file.text().map(|text| Tree::of_whole(&index, text));
                if self.view == View::Tree {
                    self.go_to(self.source.byte_or_start(self.file.text()));
                }
            }
            Done::Rendered { columns, lines, left_out } => {
                self.rendered.take(columns, lines, left_out);
                self.find_in_own();
            }
            Done::Rows(rows) => {
                if let (Some(grid), Some(text)) = (&mut self.grid, self.file.text()) {
                    grid.take_rows(text, rows);
                }
            }
            Done::Sorted(by, order) => {
                if let Some(grid) = &mut self.grid {
                    grid.take_sorted(by, order);
                }
            }
            Done::Listed(listing) => {
                self.list.take(listing);
                self.find_in_own();
            }
            Done::Read(pages) => {
                self.document.take(pages);
                self.find_in_own();
            }
            Done::Coloured(coloured) => self.colours.take(coloured),
            Done::Drawn(room, drawn) => self.picture.take(room, drawn),
            Done::Colourless => self.colours.never(),
            Done::Found(pattern, hits) => {
                if self.finding.found(&pattern, hits) {
                    self.seek();
                }
            }
        }
    }
}
