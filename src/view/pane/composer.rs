//! What a person writes to agents: one draft per session, and the mode that it will be sent in.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::api::{SessionRef, Timestamp};
use crate::view::editor::Editor;
use crate::view::transfer::Transfer;

/// What sending means; shown before it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chip {
    /// The session rests: this starts a turn.
    #[default]
    NewTurn,
    /// Joins the running turn at its next step.
    Steer,
    /// Waits for the end of the running turn.
    FollowUp,
}

impl Chip {
    pub fn words(self) -> &'static str {
        match self {
            Self::NewTurn => "new turn",
            Self::Steer => "steer: joins the running turn",
            Self::FollowUp => "follow-up: after this turn",
        }
    }
}

/// A file of this machine that goes with a message. Read when the message is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub path: PathBuf,
    pub name: String,
    pub mime: String,
    /// When it was attached.
    pub size: u64,
}

#[derive(Debug, Clone, Default)]
pub struct MessageDraft {
    pub editor: Editor,
    /// Files that go with it; not kept between runs.
    pub attached: Vec<Attachment>,
    sending_files: Vec<Attachment>,
    /// How much of them has left, while they do.
    pub transfer: Option<Transfer>,
    /// Sent and not yet answered; comes back into the editor if it is refused.
    sending: Option<String>,
    prefers_steer: bool,
    /// When it was written, if that was in an earlier run and nobody was told yet.
    pub restored: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
pub struct Composer {
    drafts: HashMap<SessionRef, MessageDraft>,
}

impl Composer {
    pub fn draft(&self, session: &SessionRef) -> Option<&MessageDraft> {
        self.drafts.get(session)
    }

    pub fn draft_mut(&mut self, session: &SessionRef) -> &mut MessageDraft {
        self.drafts.entry(session.clone()).or_default()
    }

    pub fn is_sending(&self, session: &SessionRef) -> bool {
        self.draft(session).is_some_and(|draft| draft.sending.is_some())
    }

    /// Takes the text out of the editor, so that what is typed meanwhile is another message.
    pub fn begin_sending(&mut self, session: &SessionRef) -> String {
        let draft = self.draft_mut(session);
        let text = draft.editor.text();
        draft.editor = Editor::default();
        draft.sending_files = std::mem::take(&mut draft.attached);
        draft.sending = Some(text.clone());
        text
    }

    /// The service took the message, or refused it: then its text is in the editor again.
    pub fn end_sending(&mut self, session: &SessionRef, taken: bool) {
        let draft = self.draft_mut(session);
        draft.transfer = None;
        let files = std::mem::take(&mut draft.sending_files);
        if !taken {
            draft.attached.splice(0..0, files);
        }
        if let Some(text) = draft.sending.take().filter(|_| !taken) {
            let since = draft.editor.text();
            let text = if since.is_empty() || text.is_empty() {
                text + &since
            } else {
                format!("{text}\n{since}")
            };
            draft.editor.set_text(&text);
        }
    }

    /// Files that go with the next message to a session.
    pub fn attached(&self, session: &SessionRef) -> &[Attachment] {
        self.draft(session).map_or(&[], |draft| &draft.attached)
    }

    /// Files go with the next message, or are on their way with the last one.
    pub fn has_files(&self, session: &SessionRef) -> bool {
        let draft = self.draft(session);
        draft.is_some_and(|draft| !draft.attached.is_empty() || draft.transfer.is_some())
    }

    pub fn chip(&self, session: &SessionRef, running: bool) -> Chip {
        match (running, self.drafts.get(session).is_some_and(|draft| draft.prefers_steer)) {
            (false, _) => Chip::NewTurn,
            (true, true) => Chip::Steer,
            (true, false) => Chip::FollowUp,
        }
    }

    /// Switches between steer and follow-up; kept while the session rests.
    pub fn toggle_chip(&mut self, session: &SessionRef) {
        let draft = self.draft_mut(session);
        draft.prefers_steer = !draft.prefers_steer;
    }

    /// All that was typed and is not known to have arrived, what is on its way included.
    pub fn unsent(&self, session: &SessionRef) -> Option<String> {
        let draft = self.drafts.get(session)?;
        let typed = Some(draft.editor.text()).filter(|text| !text.is_empty());
        match (&draft.sending, typed) {
            (Some(sending), Some(typed)) => Some(format!("{sending}\n{typed}")),
            (sending, typed) => sending.clone().or(typed),
        }
    }

    /// Gives back what was typed in an earlier run, unless something is being written by now.
    pub fn restore(&mut self, session: &SessionRef, text: &str, written_at: Timestamp) {
        if self.unsent(session).is_none() {
            let draft = self.draft_mut(session);
            draft.editor.set_text(text);
            draft.restored = Some(written_at);
        }
    }

    /// Every draft with text.
    pub fn written(&self) -> impl Iterator<Item = (&SessionRef, String)> {
        let written = self.drafts.iter().filter(|(_, draft)| !draft.editor.is_empty());
        written.map(|(session, draft)| (session, draft.editor.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_belong_to_their_session_and_the_chip_follows_the_status() {
        let (one, two) = (SessionRef::new("a", "one"), SessionRef::new("a", "two"));
        let mut composer = Composer::default();
        composer.draft_mut(&one).editor.set_text("hello");
        assert!(composer.draft(&two).is_none());
        assert_eq!(composer.chip(&one, false), Chip::NewTurn);
        assert_eq!(composer.chip(&one, true), Chip::FollowUp);
        composer.toggle_chip(&one);
        assert_eq!(composer.chip(&one, true), Chip::Steer);
        assert_eq!(composer.written().count(), 1);
        assert_eq!(composer.begin_sending(&one), "hello");
        assert_eq!(composer.written().count(), 0);
        assert_eq!(composer.unsent(&one).as_deref(), Some("hello"));
        composer.draft_mut(&one).editor.set_text("typed meanwhile");
        assert_eq!(composer.unsent(&one).as_deref(), Some("hello\ntyped meanwhile"));
        composer.restore(&one, "from an earlier run", Timestamp::UNIX_EPOCH);
        composer.end_sending(&one, false);
        assert_eq!(composer.draft(&one).unwrap().editor.text(), "hello\ntyped meanwhile");
        composer.begin_sending(&one);
        composer.end_sending(&one, true);
        assert!(!composer.is_sending(&one) && composer.written().count() == 0);
        assert_eq!(composer.unsent(&one), None);
        composer.restore(&one, "from an earlier run", Timestamp::UNIX_EPOCH);
        assert_eq!(composer.unsent(&one).as_deref(), Some("from an earlier run"));
    }
}
