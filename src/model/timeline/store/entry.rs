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
    pub(super) by: By,
    pub(super) sight: Sight,
}

/// Who did what an entry tells, as far as anybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum By {
    #[default]
    Unknown,
    /// The person at this screen.
    Us,
    /// The same, noted here; the service has not said it yet.
    UsAlone,
    /// Nobody at this screen.
    Elsewhere,
}

/// What was told of an entry while it was looked at, for who has hidden it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sight {
    /// Nothing, or that it was hidden before anybody looked, or from here.
    #[default]
    Untold,
    Visible,
    HiddenElsewhere,
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
            by: By::Unknown,
            sight: Sight::Untold,
        }
    }

    /// Takes over whether the service hides it.
    pub(super) fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
        if self.hiding == Some(hidden) {
            self.hiding = None;
        }
    }

    /// The same from a listing that was made to tell it. Whoever hid what was visible before, it was not
    /// from here if nothing of that is on its way.
    pub(super) fn tell_hidden(&mut self, hidden: bool) {
        self.sight = match (hidden, self.sight, self.hiding) {
            (false, ..) => Sight::Visible,
            (true, Sight::Visible, None) => Sight::HiddenElsewhere,
            (true, Sight::Visible, Some(_)) => Sight::Untold,
            (true, sight, _) => sight,
        };
        self.set_hidden(hidden);
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
