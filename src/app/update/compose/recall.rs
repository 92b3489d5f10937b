//! Bringing back messages that were sent before: walking through them, and looking for one.
//!
//! Start with [`edit`]. The invariant: nothing is sent from here, and what was being written comes back.

use super::super::Cx;
use crate::action::Action;
use crate::api::SessionRef;
use crate::text::quoted;
use crate::view::{Edit, Model};

/// Whether something of earlier is shown in the place of what is written.
pub(super) fn is_shown(model: &Model) -> bool {
    let draft = model.layers.composer().and_then(|session| model.composer.draft(session));
    draft.is_some_and(|draft| draft.history.place().is_some())
}

/// Whether letters are what is looked for.
pub(super) fn is_searching(model: &Model) -> bool {
    let draft = model.layers.composer().and_then(|session| model.composer.draft(session));
    draft.is_some_and(|draft| draft.history.is_searching())
}

/// `Ctrl-r`: looks for a message, or for an earlier one with the same in it.
pub(super) fn search(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let sent = cx.model.memory.sent_to(&session.agent);
    if sent.is_empty() {
        return say_nothing_sent(cx, &session);
    }
    let draft = cx.model.composer.draft_mut(&session);
    let goes_on = draft.history.is_searching();
    let written = draft.editor.text();
    draft.offers = None;
    match draft.history.search(&sent, &written) {
        Some(found) => draft.editor.set_text(&found),
        None if goes_on => cx.say("no earlier message has that in it"),
        None => {}
    }
}

/// Takes what is shown over, to be changed or sent; nothing leaves yet.
pub(super) fn take(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    if cx.model.composer.draft_mut(&session).history.stop_searching() {
        cx.say("Enter sends it · Esc brings back what you wrote");
    } else {
        cx.say("nothing was found; what you wrote is here");
    }
}

/// `Esc`: what was being written is there again.
pub(super) fn give_back(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let draft = cx.model.composer.draft_mut(&session);
    if let Some(covered) = draft.history.give_back() {
        draft.editor.set_text(&covered);
    }
}

/// Takes a key for itself, if it is about messages of earlier.
pub(super) fn edit(cx: &mut Cx<'_>, session: &SessionRef, edit: &Edit) -> bool {
    let sent = cx.model.memory.sent_to(&session.agent);
    let draft = cx.model.composer.draft_mut(session);
    let (row, rows) = (draft.editor.cursor().0, draft.editor.lines().len());
    let shown = draft.history.place().is_some();
    let searches = draft.history.is_searching();
    let found = match edit {
        Edit::Insert(c) if searches => draft.history.seek(&sent, |sought| sought.push(*c)),
        Edit::Paste(text) if searches => {
            let line = text.lines().next().unwrap_or_default();
            draft.history.seek(&sent, |sought| sought.push_str(line))
        }
        Edit::Backspace if searches => draft.history.seek(&sent, |sought| {
            sought.pop();
        }),
        Edit::DeleteWord | Edit::DeleteToLineStart if searches => {
            draft.history.seek(&sent, String::clear)
        }
        Edit::Up if searches || (row == 0 && (shown || draft.editor.is_empty())) => {
            let written = draft.editor.text();
            let earlier = draft.history.step(&sent, &written, true);
            if earlier.is_none() && sent.is_empty() {
                say_nothing_sent(cx, session);
                return true;
            }
            if earlier.is_none() {
                cx.say("this is the first message that is kept");
                return true;
            }
            earlier
        }
        Edit::Down if searches || (shown && row + 1 == rows) => {
            draft.history.step(&sent, "", false)
        }
        _ => {
            draft.history.stop_searching();
            return false;
        }
    };
    if let Some(found) = found {
        draft.editor.set_text(&found);
    }
    true
}

fn say_nothing_sent(cx: &mut Cx<'_>, session: &SessionRef) {
    let agent = quoted::in_sentence(session.agent.as_str());
    cx.say(format!("nothing that was sent to {agent} from here is kept"));
}
