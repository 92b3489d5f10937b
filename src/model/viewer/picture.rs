//! A picture as it fits into the pane.

use std::sync::Arc;

use crate::content::{Drawn, Graphics, Room};

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

    /// Two rows below the picture are for what is said about it.
    pub(super) fn settle(&mut self, columns: usize, height: usize, graphics: Option<Graphics>) {
        let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let columns = cells(columns.saturating_sub(2).max(1));
        let rows = cells(height.saturating_sub(2).max(1));
        self.room = Some(Room { columns, rows, graphics });
    }

    /// The room that it is to be made for, once.
    pub(super) fn wanted(&mut self) -> Option<(Room, Option<Arc<Drawn>>)> {
        let room = self.room?;
        let has = self.drawn.as_ref().is_some_and(|(made_for, _)| *made_for == room);
        if has || self.problem.is_some() || self.asked == Some(room) {
            return None;
        }
        self.asked = Some(room);
        Some((room, self.drawn.as_ref().map(|(_, drawn)| Arc::clone(drawn))))
    }

    pub(super) fn forget_asked(&mut self) {
        self.asked = None;
    }

    pub(super) fn take(&mut self, room: Room, made: Result<Arc<Drawn>, String>) {
        self.asked = None;
        match made {
            Ok(drawn) => self.drawn = Some((room, drawn)),
            Err(problem) => self.problem = Some(problem),
        }
    }
}
