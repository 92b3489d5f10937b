//! What a person writes to agents: one draft per session, and the mode that it will be sent in.

mod history;
pub mod offers;
pub mod outlook;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::api::{SessionRef, Timestamp};
use crate::view::editor::{Edit, Editor};
use crate::view::transfer::Transfer;

pub use history::{History, Place};

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
            Self::Steer => "steer now: joins at the next step",
            Self::FollowUp => "follow-up: after this turn",
        }
    }

    /// The same where there is room for little.
    pub fn short(self) -> &'static str {
        match self {
            Self::NewTurn => "new turn",
            Self::Steer => "steer now",
            Self::FollowUp => "follow-up",
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

/// How far a file of a message is that is on its way. They leave one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    Left,
    /// So many percent of it have.
    Leaving(u64),
    Waits,
}

#[derive(Debug, Clone, Default)]
pub struct MessageDraft {
    pub editor: Editor,
    /// Files that go with it; not kept between runs.
    pub attached: Vec<Attachment>,
    sending_files: Vec<Attachment>,
    /// Skills that are loaded with it; not kept between runs either.
    pub skills: Vec<String>,
    sending_skills: Vec<String>,
    /// How much of them has left, while they do.
    pub transfer: Option<Transfer>,
    /// Sent and not yet answered; comes back into the editor if it is refused.
    sending: Option<String>,
    prefers_steer: bool,
    /// What of earlier is shown in the place of what is written.
    pub history: History,
    /// What the word that is written may become.
    pub offers: Option<offers::Offers>,
    /// Where a word begins for which nothing is to be offered.
    pub declined: Option<(usize, usize)>,
    /// What was given to the person's editor, while that has it.
    lent: Option<String>,
    /// When it was written, if that was in an earlier run and nobody was told yet.
    pub restored: Option<Timestamp>,
}

impl MessageDraft {
    /// The files that are on their way, and how far each is. What frames them on the wire is counted with
    /// none of them.
    pub fn on_their_way(&self) -> impl Iterator<Item = (&Attachment, FileState)> {
        let mut left = self.transfer.as_ref().map_or(0, |transfer| transfer.done);
        self.sending_files.iter().map(move |file| {
            let state = match left {
                0 if file.size > 0 => FileState::Waits,
                done if done >= file.size => FileState::Left,
                done => FileState::Leaving(done.saturating_mul(100) / file.size.max(1)),
            };
            left = left.saturating_sub(file.size);
            (file, state)
        })
    }

    /// What its person has written, also while something of earlier is shown.
    fn written(&self) -> String {
        self.history.written(self.editor.text())
    }
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

    /// Takes the text out of the editor, so that what is typed meanwhile is another message. What a
    /// message of earlier covered is there again.
    pub fn begin_sending(&mut self, session: &SessionRef) -> String {
        let draft = self.draft_mut(session);
        let text = draft.editor.text();
        draft.editor = Editor::default();
        if let Some(covered) = draft.history.give_back() {
            draft.editor.set_text(&covered);
        }
        (draft.offers, draft.declined) = (None, None);
        draft.sending_files = std::mem::take(&mut draft.attached);
        draft.sending_skills = std::mem::take(&mut draft.skills);
        draft.sending = Some(text.clone());
        text
    }

    /// The text of the message that is on its way.
    pub fn on_its_way(&self, session: &SessionRef) -> Option<&str> {
        self.draft(session)?.sending.as_deref()
    }

    /// The service took the message, or refused it: then its text is in the editor again.
    pub fn end_sending(&mut self, session: &SessionRef, taken: bool) {
        let draft = self.draft_mut(session);
        draft.transfer = None;
        let files = std::mem::take(&mut draft.sending_files);
        let skills = std::mem::take(&mut draft.sending_skills);
        if !taken {
            draft.attached.splice(0..0, files);
            draft.skills.splice(0..0, skills);
            draft.offers = None;
        }
        if let Some(text) = draft.sending.take().filter(|_| !taken) {
            let since = draft.written();
            draft.history.forget();
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

    /// Something goes with the next message, or is on its way with the last one.
    pub fn has_more_than_text(&self, session: &SessionRef) -> bool {
        let draft = self.draft(session);
        draft.is_some_and(|draft| {
            let leaves = !draft.sending_files.is_empty();
            leaves || !draft.attached.is_empty() || !draft.skills.is_empty()
        })
    }

    /// Rows of what is offered for the word that is written.
    pub fn offer_rows(&self, session: &SessionRef) -> u16 {
        let offers = self.draft(session).and_then(|draft| draft.offers.as_ref());
        offers.map_or(0, offers::Offers::rows)
    }

    /// The text for the person's editor, which has it from now on.
    pub fn lend(&mut self, session: &SessionRef) -> String {
        let draft = self.draft_mut(session);
        (draft.offers, draft.declined) = (None, None);
        draft.history.take();
        let text = draft.editor.text();
        draft.lent = Some(text.clone());
        text
    }

    /// The editor has ended and left this. What came back into the draft meanwhile stays in front of it.
    /// Says whether the draft is another one now.
    pub fn take_back(&mut self, session: &SessionRef, text: &str) -> bool {
        let draft = self.draft_mut(session);
        let lent = draft.lent.take().unwrap_or_default();
        let now = draft.editor.text();
        let since = now.strip_suffix(lent.as_str()).unwrap_or(&now);
        let changed = draft.editor.replace(&format!("{since}{text}"));
        draft.editor.apply(&Edit::TextEnd);
        draft.editor.apply(&Edit::LineEnd);
        changed
    }

    /// Skills that are loaded with the next message to a session.
    pub fn skills(&self, session: &SessionRef) -> &[String] {
        self.draft(session).map_or(&[], |draft| &draft.skills)
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
        let typed = Some(draft.written()).filter(|text| !text.is_empty());
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
        let written = self.drafts.iter().map(|(session, draft)| (session, draft.written()));
        written.filter(|(_, text)| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_leave_one_after_the_other() {
        use FileState::{Leaving, Left, Waits};
        let file = |size| Attachment {
            path: PathBuf::new(),
            name: String::new(),
            mime: String::new(),
            size,
        };
        let mut draft = MessageDraft { attached: vec![file(9)], ..MessageDraft::default() };
        draft.sending_files = vec![file(100), file(0), file(200)];
        let mut states = |done| {
            let mut transfer = Transfer::new(300, Timestamp::UNIX_EPOCH);
            transfer.advance(done, Timestamp::UNIX_EPOCH);
            draft.transfer = Some(transfer);
            draft.on_their_way().map(|(_, state)| state).collect::<Vec<_>>()
        };
        assert_eq!(states(0), [Waits, Left, Waits]);
        assert_eq!(states(40), [Leaving(40), Left, Waits]);
        assert_eq!(states(150), [Left, Left, Leaving(25)]);
        assert_eq!(states(300), [Left, Left, Left]);
    }

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
