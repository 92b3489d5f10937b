//! The views of a file: what every one can be asked, and the matches in which they meet.
//!
//! A new view is a file with an implementation of [`Viewing`] and a line in each match here.

use super::grid::Grid;
use super::hex::Hex;
use super::list::List;
use super::pdf::PdfView;
use super::picture::PictureView;
use super::rendered::RenderedView;
use super::text::TextView;
use super::tree::JsonTree;
use crate::content::{Done, Hits, Job, Pattern, Prepared, Rendition};
use crate::viewport::Motion;

/// What places in a view are places of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Places {
    Text,
    Bytes,
    /// Of something that only this view has.
    Own,
}

/// A view with its place, its folds and what it waits for. Most views lack most of this.
pub(super) trait Viewing {
    /// Tells the room that there is, heading excluded, and lays out what is on the screen.
    fn settle(&mut self, file: &Prepared, columns: usize, height: usize, wrap: bool);

    fn go(&mut self, file: &Prepared, motion: Motion);

    fn move_by(&mut self, file: &Prepared, by: isize);

    fn places(&self) -> Places {
        Places::Own
    }

    /// Where the reader is.
    fn place(&self, _: &Prepared) -> Option<usize> {
        None
    }

    fn go_to(&mut self, _: &Prepared, _place: usize) {}

    /// To the line, row or page of that number, from one.
    fn go_to_number(&mut self, file: &Prepared, number: usize) {
        self.go(file, Motion::First);
        self.move_by(file, isize::try_from(number.saturating_sub(1)).unwrap_or(isize::MAX));
    }

    /// Further out, or back to the start of lines; false when there is nothing further out.
    fn out(&mut self, _: &Prepared) -> bool {
        false
    }

    /// Inside, or to more of lines that are cut; false where there is no such thing.
    fn inwards(&mut self, _: &Prepared) -> bool {
        false
    }

    /// False where there are no folds.
    fn toggle_fold(&mut self, _: &Prepared) -> bool {
        false
    }

    /// False where there are no folds.
    fn fold_all(&mut self, _: &Prepared, _folded: bool) -> bool {
        false
    }

    /// False where there is no order, or too much to be put in one.
    fn next_order(&mut self) -> bool {
        false
    }

    /// Text under the cursor that can be shown whole.
    fn string(&self, _: &Prepared) -> Option<String> {
        None
    }

    /// The way to the cursor, for the heading.
    fn breadcrumb(&self, _: &Prepared) -> Option<String> {
        None
    }

    /// The same as jq takes it.
    fn path(&self, _: &Prepared) -> Option<String> {
        None
    }

    /// What the cursor is on, and what that is.
    fn value(&self, _: &Prepared) -> Option<(String, &'static str)> {
        None
    }

    /// All of a text, as its author wrote it.
    fn text(&self, file: &Prepared) -> Option<String> {
        file.text().map(|text| text.whole().into_owned())
    }

    /// Looks through what only this view has, as far as it is there.
    fn find(&self, _: &Pattern) -> Option<Hits> {
        None
    }

    /// What is to be worked out for it, each once.
    fn wanted(&mut self, _: &Prepared, _shown: bool) -> Option<Job> {
        None
    }

    /// Nobody works on what it waits for any more.
    fn forget_asked(&mut self) {}

    /// Takes over what was worked out for it; gives back what was not.
    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        Some(done)
    }
}

#[derive(Debug, Clone)]
pub enum FileView {
    Picture(PictureView),
    Rendered(RenderedView),
    Tree(JsonTree),
    Table(Grid),
    Listing(List),
    Pages(PdfView),
    Source(TextView),
    Hex(Hex),
}

impl FileView {
    /// `None` where there is nothing to see.
    pub(super) fn of(view: Rendition, file: &Prepared) -> Option<Self> {
        Some(match view {
            Rendition::Picture => Self::Picture(PictureView::default()),
            Rendition::Rendered => Self::Rendered(RenderedView::default()),
            Rendition::Tree => Self::Tree(JsonTree::of(file)),
            Rendition::Table => Self::Table(Grid::of(file.table()?)),
            Rendition::Listing => Self::Listing(List::default()),
            Rendition::Pages => Self::Pages(PdfView::default()),
            Rendition::Source => Self::Source(TextView::default()),
            Rendition::Hex => Self::Hex(Hex::default()),
        })
    }

    pub fn view(&self) -> Rendition {
        match self {
            Self::Picture(_) => Rendition::Picture,
            Self::Rendered(_) => Rendition::Rendered,
            Self::Tree(_) => Rendition::Tree,
            Self::Table(_) => Rendition::Table,
            Self::Listing(_) => Rendition::Listing,
            Self::Pages(_) => Rendition::Pages,
            Self::Source(_) => Rendition::Source,
            Self::Hex(_) => Rendition::Hex,
        }
    }

    pub(super) fn get(&self) -> &dyn Viewing {
        match self {
            Self::Picture(view) => view,
            Self::Rendered(view) => view,
            Self::Tree(view) => view,
            Self::Table(view) => view,
            Self::Listing(view) => view,
            Self::Pages(view) => view,
            Self::Source(view) => view,
            Self::Hex(view) => view,
        }
    }

    pub(super) fn get_mut(&mut self) -> &mut dyn Viewing {
        match self {
            Self::Picture(view) => view,
            Self::Rendered(view) => view,
            Self::Tree(view) => view,
            Self::Table(view) => view,
            Self::Listing(view) => view,
            Self::Pages(view) => view,
            Self::Source(view) => view,
            Self::Hex(view) => view,
        }
    }
}
