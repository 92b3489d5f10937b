//! What the word that is written may become, and taking it.
//!
//! The lists are made in [`offers`]. Start with [`offer`]. The
//! invariant: nothing gets into the message but by the key that takes it.

use super::super::Cx;
use crate::api::SessionRef;
use crate::app::effect::{FileWork, Request};
use crate::text::quoted;
use crate::view::pane::composer::offers::{self, Gives, Offer, Offers, Sort, Word};
use crate::view::{Edit, Layer, Model};
use crate::viewport::Motion;

pub(super) fn is_open(model: &Model) -> bool {
    let draft = model.layers.composer().and_then(|session| model.composer.draft(session));
    draft.is_some_and(|draft| draft.offers.is_some())
}

/// Nothing is offered any more, until another word is begun.
pub(super) fn close(cx: &mut Cx<'_>, session: &SessionRef) {
    let draft = cx.model.composer.draft_mut(session);
    draft.declined = draft.offers.take().map(|offers| offers.word.at);
}

/// The arrows choose.
pub(super) fn choose(cx: &mut Cx<'_>, session: &SessionRef, edit: &Edit) -> bool {
    let draft = cx.model.composer.draft_mut(session);
    let motion = match edit {
        Edit::Up => Motion::Up,
        Edit::Down => Motion::Down,
        _ => return false,
    };
    let Some(offers) = &mut draft.offers else { return false };
    offers.list.go(motion);
    true
}

/// Offers what the word under the cursor may become, after the text has changed.
pub(super) fn offer(cx: &mut Cx<'_>, session: &SessionRef) {
    let draft = cx.model.composer.draft_mut(session);
    draft.offers = None;
    let Some(word) = Word::under_cursor(&draft.editor) else {
        draft.declined = None;
        return;
    };
    if draft.declined == Some(word.at) {
        return;
    }
    draft.declined = None;
    match word.sort {
        Sort::Skills => {
            let entry = cx.model.sessions.get(session);
            let step = entry.and_then(|entry| entry.session.current_step_name.clone());
            let agent = cx.model.agents.get(&session.agent);
            let found = agent.map(|agent| offers::skills(agent, step.as_deref(), &word.text));
            show(cx.model, session, word, found.unwrap_or_default());
        }
        Sort::Files => {
            let typed = word.text.clone();
            let artifacts = &cx.model.artifacts;
            let unlisted = artifacts.session() != Some(session) && artifacts.unlisted.is_none();
            let found = files(cx.model, session, &typed);
            let begins = typed.is_empty();
            show(cx.model, session, word, found);
            if unlisted && begins {
                cx.emit(Request::ListArtifacts { session: session.clone() });
            }
            cx.emit(FileWork::CompletePath { typed });
        }
    }
}

/// Files of the open session; none while those of another one are listed.
fn files(model: &Model, session: &SessionRef, typed: &str) -> Vec<Offer> {
    if model.artifacts.session() != Some(session) {
        return Vec::new();
    }
    offers::named_files(model, typed)
}

fn show(model: &mut Model, session: &SessionRef, word: Word, found: Vec<Offer>) {
    let listed = model.artifacts.artifacts().len();
    let draft = model.composer.draft_mut(session);
    draft.offers = (!found.is_empty()).then(|| Offers::new(word, found, listed));
}

/// What a beginning of a path may become has come; whoever typed on is not interrupted.
pub(in crate::app::update) fn paths_listed(model: &mut Model, typed: &str, names: &[String]) {
    let Some(Layer::Composer(session)) = model.layers.top() else { return };
    let session = session.clone();
    let Some(draft) = model.composer.draft(&session) else { return };
    let word = Word::under_cursor(&draft.editor);
    let Some(word) = word.filter(|word| word.sort == Sort::Files && word.text == typed) else {
        return;
    };
    if draft.declined == Some(word.at) || draft.history.place().is_some() {
        return;
    }
    let at = draft.offers.as_ref().map_or(0, |offers| offers.list.at());
    let mut found = files(model, &session, typed);
    found.extend(offers::paths(typed, names));
    show(model, &session, word, found);
    if let Some(offers) = &mut model.composer.draft_mut(&session).offers {
        for _ in 0..at {
            offers.list.go(Motion::Down);
        }
    }
}

/// Files of the session were listed while they were asked for.
pub(in crate::app::update) fn offer_again(cx: &mut Cx<'_>) {
    let Some(Layer::Composer(session)) = cx.model.layers.top() else { return };
    let Some(draft) = cx.model.composer.draft(session) else { return };
    let listed = cx.model.artifacts.artifacts().len();
    let stale = draft.offers.as_ref().is_some_and(|offers| {
        offers.word.sort == Sort::Files && offers.listed != listed && offers.list.at() == 0
    });
    if stale {
        let session = session.clone();
        offer(cx, &session);
    }
}

/// The word becomes what is chosen. What it became, unless it comes to nothing.
pub(super) fn take(cx: &mut Cx<'_>, session: &SessionRef) -> Option<Gives> {
    let draft = cx.model.composer.draft_mut(session);
    let offers = draft.offers.as_ref()?;
    let chosen = offers.list.selected()?.clone();
    let name = quoted::in_sentence(&chosen.name);
    if let Some(why) = chosen.off {
        cx.say(format!("{name}: {why}"));
        return None;
    }
    let word = offers.word.clone();
    let text = match &chosen.gives {
        Gives::Skill(_) | Gives::Attached(_) => String::new(),
        Gives::Named(text) => text.clone(),
        Gives::Directory(path) => format!("@{path}"),
    };
    draft.editor.replace_word(word.at, word.characters(), &text);
    draft.history.take();
    draft.offers = None;
    if let Gives::Skill(skill) = &chosen.gives {
        if !draft.skills.contains(skill) {
            draft.skills.push(skill.clone());
        }
        cx.say(format!("the skill {name} is loaded with the message"));
    }
    Some(chosen.gives)
}
