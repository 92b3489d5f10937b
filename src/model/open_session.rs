//! The session whose timeline is shown, and what arrives for it while the view is held still.

use crate::api::SessionRef;

use super::Detail;
use super::timeline::Timeline;

#[derive(Debug, Clone)]
pub struct OpenSession {
    pub reference: SessionRef,
    /// What is shown.
    pub timeline: Timeline,
    /// While the view is held still: the same, with everything that has arrived since.
    behind: Option<Box<Timeline>>,
    /// A listing is on its way.
    pub loading: bool,
    /// Why it could not be loaded.
    pub problem: Option<String>,
    /// A unit that is looked at closely, in the place of the timeline.
    pub detail: Option<Box<Detail>>,
}

impl OpenSession {
    pub fn new(reference: SessionRef) -> Self {
        Self::showing(reference, Timeline::default())
    }

    pub fn showing(reference: SessionRef, timeline: Timeline) -> Self {
        Self { reference, timeline, behind: None, loading: true, problem: None, detail: None }
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
        self.behind.is_some()
    }

    /// Events that have arrived since the view was held still.
    pub fn waiting(&self) -> usize {
        self.latest().event_count().saturating_sub(self.timeline.event_count())
    }

    pub fn pause(&mut self) {
        if self.behind.is_none() {
            self.behind = Some(Box::new(self.timeline.clone()));
        }
    }

    /// Goes on with everything that has arrived; says whether the view was held still.
    pub fn resume(&mut self) -> bool {
        let Some(mut behind) = self.behind.take() else { return false };
        behind.take_reader(&self.timeline);
        self.timeline = *behind;
        true
    }
}
