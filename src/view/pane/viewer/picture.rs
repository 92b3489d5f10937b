//! A picture as it fits into the pane.

use std::sync::Arc;

use super::file_view::Viewing;
use crate::content::{Done, Drawn, Graphics, Job, Prepared, Room};
use crate::viewport::Motion;

#[derive(Debug, Clone, Default)]
pub struct PictureView {
    room: Option<Room>,
    asked: Option<Room>,
    /// What was made for a room that may be another one by now.
    drawn: Option<(Room, Arc<Drawn>)>,
    problem: Option<String>,
}

impl PictureView {
    /// `None` as long as it is being made.
    pub fn drawn(&self) -> Option<&Drawn> {
        let (room, drawn) = self.drawn.as_ref()?;
        (Some(*room) == self.room).then_some(drawn)
    }

    /// Why nothing can be drawn.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Tells what the terminal proved to draw with. Two rows below the picture are for what is said
    /// about it.
    pub(super) fn prove(&mut self, columns: usize, height: usize, graphics: Option<Graphics>) {
        let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let columns = cells(columns.saturating_sub(2).max(1));
        let rows = cells(height.saturating_sub(2).max(1));
        self.room = Some(Room { columns, rows, graphics });
    }
}

impl Viewing for PictureView {
    fn settle(&mut self, _: &Prepared, _columns: usize, _height: usize, _wrap: bool) {}

    fn go(&mut self, _: &Prepared, _: Motion) {}

    fn move_by(&mut self, _: &Prepared, _by: isize) {}

    fn wanted(&mut self, file: &Prepared, shown: bool) -> Option<Job> {
        let room = self.room.filter(|_| shown && matches!(file.picture(), Some(Ok(_))))?;
        let has = self.drawn.as_ref().is_some_and(|(made_for, _)| *made_for == room);
        if has || self.problem.is_some() || self.asked == Some(room) {
            return None;
        }
        self.asked = Some(room);
        let before = self.drawn.as_ref().map(|(_, drawn)| Arc::clone(drawn));
        Some(Job::Draw { room, before })
    }

    fn forget_asked(&mut self) {
        self.asked = None;
    }

    fn take(&mut self, _: &Prepared, done: Done) -> Option<Done> {
        let Done::Drawn(room, made) = done else { return Some(done) };
        self.asked = None;
        match made {
            Ok(drawn) => self.drawn = Some((room, drawn)),
            Err(problem) => self.problem = Some(problem),
        }
        None
    }
}
