//! The session whose timeline is shown, and what arrives for it while the view is held still.

use crate::api::SessionRef;
use crate::archive::Chunk;
use crate::model::timeline::{Timeline, UnitId};
use crate::view::{Detail, Waterfall};

/// What is shown in place of what is true now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// How it was when the view was held still.
    Earlier,
    /// The end of a file, while what comes before it is being read.
    Tail,
    /// Nothing else; but the end of the file is wanted as soon as it is there.
    WantsTail,
    Latest,
}

#[derive(Debug, Clone)]
pub struct OpenSession {
    pub reference: SessionRef,
    /// What is shown.
    pub timeline: Timeline,
    /// What is true meanwhile, while something else is shown.
    behind: Option<Box<Timeline>>,
    shows: Shows,
    /// A listing is on its way.
    pub loading: bool,
    /// Why it could not be loaded.
    pub problem: Option<String>,
    /// A unit that is looked at closely, in the place of the timeline.
    pub detail: Option<Box<Detail>>,
    /// Where its time went, in the place of the timeline.
    pub waterfall: Option<Box<Waterfall>>,
}

impl OpenSession {
    pub fn new(reference: SessionRef) -> Self {
        Self::showing(reference, Timeline::default())
    }

    pub fn showing(reference: SessionRef, timeline: Timeline) -> Self {
        Self {
            reference,
            timeline,
            behind: None,
            shows: Shows::Latest,
            loading: true,
            problem: None,
            detail: None,
            waterfall: None,
        }
    }

    /// Goes to a row, which is then seen: what stands in the place of the timeline gives way. Says
    /// whether the row is here.
    pub fn reach(&mut self, unit: &UnitId) -> bool {
        let is_here = self.timeline.reach(unit);
        if is_here {
            self.uncover();
        }
        is_here
    }

    /// Takes away what stands in the place of the timeline.
    pub fn uncover(&mut self) {
        self.detail = None;
        if let Some(waterfall) = &mut self.waterfall {
            waterfall.set_away(true);
        }
    }

    /// What is true now, shown or not.
    pub fn latest(&self) -> &Timeline {
        self.behind.as_deref().unwrap_or(&self.timeline)
    }

    /// Where what arrives goes.
    pub fn arriving(&mut self) -> &mut Timeline {
        self.behind.as_deref_mut().unwrap_or(&mut self.timeline)
    }

    /// What a person does is seen at once, and is still there when the view goes on.
    pub fn each(&mut self, change: impl Fn(&mut Timeline)) {
        change(&mut self.timeline);
        if let Some(behind) = &mut self.behind {
            change(behind);
        }
    }

    pub fn is_paused(&self) -> bool {
        self.shows == Shows::Earlier
    }

    /// Events that have arrived since the view was held still.
    pub fn waiting(&self) -> usize {
        self.latest().event_count().saturating_sub(self.timeline.event_count())
    }

    pub fn pause(&mut self) {
        if self.behind.is_none() {
            let mut behind = Box::new(self.timeline.clone());
            behind.return_to_present();
            self.behind = Some(behind);
            self.shows = Shows::Earlier;
        }
    }

    /// Goes on with everything that has arrived; says whether the view was held still.
    pub fn resume(&mut self) -> bool {
        let shown = std::mem::replace(&mut self.shows, Shows::Latest);
        let waiting = self.waiting();
        let Some(mut behind) = self.behind.take() else { return false };
        behind.take_reader(&self.timeline);
        if shown == Shows::Earlier {
            behind.note_arrived(waiting);
        }
        self.timeline = *behind;
        true
    }

    /// Goes to the newest row. While a file is being read that is its end, read ahead.
    pub fn newest(&mut self) {
        if !self.latest().reads_on() {
            return self.timeline.newest();
        }
        let at_tail = self.shows == Shows::Tail;
        match self.latest().tail().filter(|_| !at_tail) {
            Some(tail) => {
                let whole = std::mem::replace(&mut self.timeline, tail);
                self.behind.get_or_insert_with(|| Box::new(whole));
                self.shows = Shows::Tail;
            }
            None if at_tail => self.timeline.move_cursor(isize::MAX >> 1),
            None => self.shows = Shows::WantsTail,
        }
    }

    /// Goes to the first row, of the whole session.
    pub fn first(&mut self) {
        if self.shows != Shows::Earlier {
            self.resume();
        }
        self.timeline.first();
    }

    /// Takes over the next lines of a file.
    pub fn absorb_chunk(&mut self, chunk: Chunk) {
        let last = chunk.last;
        self.loading = !last;
        self.arriving().absorb_chunk(chunk);
        match self.shows {
            Shows::Tail if last => {
                self.resume();
            }
            Shows::Tail => {
                if let Some(behind) = &self.behind {
                    self.timeline.follow_reading(behind);
                }
            }
            Shows::WantsTail => {
                self.shows = Shows::Latest;
                self.newest();
                if last {
                    self.timeline.move_cursor(isize::MAX >> 1);
                }
            }
            Shows::Earlier | Shows::Latest => {}
        }
    }
}

#[cfg(test)]
mod tests;
