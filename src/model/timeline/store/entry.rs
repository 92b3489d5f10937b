//! An event with what is known about it beside its content.

use std::sync::Arc;

use crate::api::{Event, Glance};

use super::UnitId;

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: UnitId,
    pub(super) event: Arc<Event>,
    pub(super) glance: Glance,
    pub(super) hidden: bool,
    /// False for rows that exist only here, because the service does not store them.
    pub(super) stored: bool,
    /// Arrived by a stream and no listing has confirmed it yet.
    pub(super) streamed: bool,
    /// Counts changes of the content.
    pub(super) revision: u32,
    /// A hide (`true`) or unhide was sent and is not confirmed yet.
    pub(super) hiding: Option<bool>,
    /// Done by the person at this screen; of all else nobody knows who did it.
    pub(super) from_here: bool,
    /// No word of the service: noted here, until it says the same.
    pub(super) made_here: bool,
}

impl Entry {
    pub(super) fn new(id: UnitId, event: Event) -> Self {
        Self {
            id,
            glance: Glance::from(&event),
            hidden: event.hide_reason.is_some(),
            event: Arc::new(event),
            stored: true,
            streamed: false,
            revision: 0,
            hiding: None,
            from_here: false,
            made_here: false,
        }
    }

    /// Takes over what the event is now; says whether that is something else.
    pub(super) fn renew(&mut self, event: Event) -> bool {
        let changed = *self.event != event;
        if changed {
            self.glance = Glance::from(&event);
            self.event = Arc::new(event);
            self.revision += 1;
        }
        changed
    }
}
