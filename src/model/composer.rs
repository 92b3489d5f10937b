//! What a person writes to agents: one draft per session, and the mode that it will be sent in.

use std::collections::HashMap;

use crate::api::SessionRef;

use super::editor::Editor;

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

#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub editor: Editor,
    /// Sent and not yet answered; comes back into the editor if it is refused.
    sending: Option<String>,
    prefers_steer: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Composer {
    drafts: HashMap<SessionRef, Draft>,
}

impl Composer {
    pub fn draft(&self, session: &SessionRef) -> Option<&Draft> {
        self.drafts.get(session)
    }

    pub fn draft_mut(&mut self, session: &SessionRef) -> &mut Draft {
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
        draft.sending = Some(text.clone());
        text
    }

    /// The service took the message, or refused it: then its text is in the editor again.
    pub fn end_sending(&mut self, session: &SessionRef, taken: bool) {
        let draft = self.draft_mut(session);
        if let Some(text) = draft.sending.take().filter(|_| !taken) {
            let since = draft.editor.text();
            let text = if since.is_empty() { text } else { format!("{text}\n{since}") };
            draft.editor.set_text(&text);
        }
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

    /// Every draft with text, for saving.
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
        composer.draft_mut(&one).editor.set_text("typed meanwhile");
        composer.end_sending(&one, false);
        assert_eq!(composer.draft(&one).unwrap().editor.text(), "hello\ntyped meanwhile");
        composer.begin_sending(&one);
        composer.end_sending(&one, true);
        assert!(!composer.is_sending(&one) && composer.written().count() == 0);
    }
}
