//! Markdown as it is meant to be read, laid out by a job.

use std::ops::Deref;

use super::file_view::Viewing;
use crate::content::{Done, Hits, Job, Pattern, Prepared};
use crate::view::rendered::Rendered;
use crate::viewport::Motion;

#[derive(Debug, Clone, Default)]
pub struct RenderedView {
    rendered: Rendered,
    /// The width that it was asked for.
    asked: Option<usize>,
}

impl Deref for RenderedView {
    type Target = Rendered;

    fn deref(&self) -> &Rendered {
        &self.rendered
    }
}

impl Viewing for RenderedView {
    fn settle(&mut self, _: &Prepared, columns: usize, height: usize, _wrap: bool) {
        self.rendered.settle(columns, height);
    }

    fn go(&mut self, _: &Prepared, motion: Motion) {
        self.rendered.go(motion);
    }

    fn move_by(&mut self, _: &Prepared, by: isize) {
        self.rendered.move_by(by);
    }

    fn place(&self, _: &Prepared) -> Option<usize> {
        Some(self.rendered.top())
    }

    fn go_to(&mut self, _: &Prepared, line: usize) {
        self.rendered.show(line);
    }

    fn find(&self, pattern: &Pattern) -> Option<Hits> {
        self.rendered.lines().map(|_| Hits::of(self.rendered.find(pattern)))
    }

    fn wanted(&mut self, _: &Prepared, shown: bool) -> Option<Job> {
        let columns = self.rendered.columns();
        let misses = shown && self.rendered.misses(self.asked);
        misses.then(|| {
            self.asked = Some(columns);
            Job::Render { columns }
        })
    }

    fn forget_asked(&mut self) {
        self.asked = None;
    }

    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        let Done::Rendered { columns, lines, left_out } = done else { return Some(done) };
        self.rendered.take(columns, lines, left_out);
        None
    }
}
