//! A text that arrives in chunks, until the stored event takes its place.

use crate::api::{EventId, Timestamp};
use crate::model::timeline::unit::{Before, ChatPart, Kind, State, Unit, UnitId, Who};
use crate::model::timeline::visibility::Visibility;
use crate::text::markdown;

use super::sent::Message;

/// Bytes of a text on its way that are shown. A unit is made anew for every frame, and what is drawn
/// ends long before.
const SHOWN: usize = markdown::MAX_BYTES;
/// A text that goes on for longer is not kept: the stored event has it.
pub(super) const MOST: usize = 8 << 20;

#[derive(Debug, Clone)]
pub(crate) struct LiveText {
    pub(super) id: UnitId,
    pub(super) kind: Kind,
    pub(super) at: Option<Timestamp>,
    pub(super) text: String,
    /// More came than is kept.
    pub(super) cut: bool,
    pub(super) ended: bool,
    /// The stream ended before the text did.
    pub(super) unfinished: bool,
    pub(super) stored_as: Option<EventId>,
    /// It is no text that streams in, but was sent from here.
    pub(super) message: Option<Message>,
}

impl LiveText {
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Adds a piece to the end.
    pub(super) fn push(&mut self, piece: &str) {
        if self.text.len() + piece.len() > MOST {
            self.cut = true;
        } else if !self.cut {
            self.text.push_str(piece);
        }
    }

    /// What has come of it so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn unit(&self) -> Unit {
        let mut unit = Unit {
            id: self.id.clone(),
            version: 0,
            kind: self.kind,
            at: self.at,
            gap: None,
            state: State::None,
            visibility: Visibility::InContext,
            hiding: None,
            duration: None,
            size: self.text.len() as u64,
            stored: false,
            live_text: Some(self.text[..self.text.floor_char_boundary(SHOWN)].to_owned()),
            unfinished: self.unfinished,
            fate: self.message.as_ref().map(|message| message.fate.clone()),
            who: if self.message.is_some() { Who::Us } else { Who::Unknown },
            hidden_by: Who::Unknown,
            activity: Vec::new(),
            clipped: false,
            problem: None,
            above: None,
            before: Before::Unknown,
            chat: ChatPart::None,
            note: None,
            folded_behind: None,
            event: None,
            output: None,
        };
        unit.seal(u64::from(self.ended) | u64::from(self.unfinished) << 1);
        unit
    }
}
