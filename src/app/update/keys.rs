//! From a key to an action, and from an action to the target that takes it.

use super::pace::Came;
use super::{Cx, calls, departed, memory, pace, question, roles, tour};
use crate::action::Action;
use crate::app::chain::{self, TargetName};
use crate::app::msg::Press;
use crate::app::typing::edit_of;
use crate::keymap::{Code, Continuation, Key, Outcome};
use crate::view::{Edit, OwnCommands, Pane};

pub(super) fn press(cx: &mut Cx<'_>, press: Press) {
    let came = cx.machine.pace.note(&press);
    if let Some([escape, key]) = apart(cx, press.key) {
        // They are one key, however they came.
        work(cx, escape, came);
        work(cx, key, came);
    } else {
        let leaves = tour::leaves(cx.model, press.key);
        work(cx, press.key, came);
        if leaves {
            tour::leave(cx);
        }
    }
    pace::say_on(cx, came);
}

fn work(cx: &mut Cx<'_>, key: Key, came: Came) {
    cx.machine.steered = true;
    if Pane::focused(cx.model) == Pane::Sessions {
        cx.model.moved_at = Some(cx.model.now);
    }
    if cx.model.is_guarded() {
        // Typed for what was on the screen before: it must not answer what is on it now.
        let why = if cx.model.layers.question().is_some() {
            "too soon to answer what has just been asked · press it again"
        } else {
            "too soon for what has just come up here · press it again"
        };
        return pace::say(cx, came, why);
    }
    cx.machine.pressed += 1;
    cx.model.guard_until = None;
    cx.model.selection = None;
    cx.machine.landing = None;
    cx.model.toast = None;
    // A key shows that somebody is there and looks; what it does may be to go elsewhere.
    memory::looked(cx);
    if came.pasted
        && let Some(char) = pace::text_of(key)
    {
        return pasted_by_keys(cx, char, came);
    }
    let scopes = chain::scopes(cx.model);
    let outcome = cx.machine.dispatcher.press(&cx.machine.keymap, &scopes, key);
    cx.model.which_key.clear();
    let answers = matches!(outcome, Outcome::Action(Action::Confirm | Action::Cancel));
    if question::is_armed(cx.model) && !answers {
        question::disarm(cx);
        if !matches!(outcome, Outcome::Action(Action::QuitInterrupt)) {
            return;
        }
    }
    match outcome {
        Outcome::Action(action) => match pace::hold(cx.model, action, key, came) {
            Some(why) => {
                if pace::is_new_line(action, came)
                    && let Some(target) = chain::chain(cx.model).first()
                {
                    target.edit(cx, &Edit::Newline);
                }
                pace::say(cx, came, &why);
            }
            None => act(cx, action),
        },
        Outcome::Pending(ways) => {
            cx.model.which_key = ways.iter().map(|next| way(next, &cx.model.own)).collect();
        }
        Outcome::Unbound => unbound(cx, key),
    }
}

/// Esc and a key, where a key with Alt would mean nothing: the two look alike on their way.
fn apart(cx: &Cx<'_>, key: Key) -> Option<[Key; 2]> {
    let scopes = chain::scopes(cx.model);
    let text = scopes.first().is_some_and(|scope| scope.takes_text());
    let bound = (text && edit_of(key).is_some())
        || cx.machine.dispatcher.binds(&cx.machine.keymap, &scopes, key);
    key.apart().filter(|_| !bound)
}

fn way(next: &Continuation<Action>, own: &OwnCommands) -> (String, String) {
    (next.key.label(), next.action.map_or("…", |action| own.words(action)).to_owned())
}

/// A key that means nothing here is text where text is typed, and is told what it is elsewhere.
fn unbound(cx: &mut Cx<'_>, key: Key) {
    let chain = chain::names(cx.model);
    let Some(innermost) = chain.first().copied() else { return };
    if innermost == TargetName::Pane(Pane::Departed) {
        return calls::let_go(cx.model);
    }
    let target = super::target(innermost);
    if target.takes_text() {
        if let Some(edit) = edit_of(key) {
            target.edit(cx, &edit);
        }
    } else if key.code != Code::Esc {
        let key = key.label();
        let help = cx.key(Action::Help, "?");
        cx.say(format!("{key} does nothing in {} · {help} lists what does", target.place()));
    }
}

/// Does an action where it belongs, or says where that is.
pub(super) fn act(cx: &mut Cx<'_>, action: Action) {
    match roles::held_back(cx.model, action) {
        Some(why) => cx.warn(why),
        None => take(cx, action),
    }
}

/// Does an action that no role holds back.
pub(super) fn take(cx: &mut Cx<'_>, action: Action) {
    let handler =
        chain::taker(cx.model, action).and_then(|target| target.handler(cx.model, action));
    let Some(handler) = handler else {
        let words = not_here(cx, action);
        return cx.say(words);
    };
    let dismisses = chain::names(cx.model).contains(&TargetName::Sent)
        && super::target(TargetName::Sent).handler(cx.model, action).is_none()
        && !departed::stays(action);
    handler(cx, action);
    tour::note(cx, action);
    if dismisses {
        cx.model.sent = None;
    }
}

/// Why nobody takes an action: where it works, and which key leads there.
pub(super) fn not_here(cx: &Cx<'_>, action: Action) -> String {
    let what = cx.model.own.words(action).split(';').next().unwrap_or_default();
    let Some(place) = chain::elsewhere(cx.model, action) else {
        return format!("{what}: there is nothing to do that with now");
    };
    let chain = chain::scopes(cx.model);
    let key = place.way().and_then(|way| cx.machine.keymap.label_for(way, &chain));
    let way = key.map_or_else(String::new, |key| format!(" · {key} leads there"));
    format!("{what}: not here, but in {}{way}", place.place())
}

/// A text that arrives as keys: where one is written it is text; where none is, keys mean what nobody
/// meant.
fn pasted_by_keys(cx: &mut Cx<'_>, char: char, came: Came) {
    cx.machine.dispatcher.forget();
    cx.model.which_key.clear();
    let Some(target) = chain::chain(cx.model).first().copied() else { return };
    if question::is_armed(cx.model) {
        question::disarm(cx);
    } else if target.takes_text() && cx.model.layers.takes_letters() {
        let edit = if char == '\n' { Edit::Newline } else { Edit::Paste(char.to_string()) };
        target.edit(cx, &edit);
    } else {
        let scopes = chain::scopes(cx.model);
        let write = cx.machine.keymap.label_for(Action::Write, &scopes);
        let write = write.map_or_else(String::new, |key| format!(" · {key} writes, paste there"));
        let why = format!("like a paste: not taken{write} · or press the keys one by one");
        pace::say(cx, came, &why);
    }
}

pub(super) fn paste(cx: &mut Cx<'_>, text: &str) {
    if question::is_armed(cx.model) {
        return question::disarm(cx);
    }
    match chain::chain(cx.model).first() {
        Some(target) if target.takes_text() => target.edit(cx, &Edit::Paste(text.to_owned())),
        _ => cx.say(format!(
            "nothing to paste into; {} writes to the agent",
            cx.key(Action::Write, "i")
        )),
    }
}
