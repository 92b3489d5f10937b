//! `:bind`: other keys for an action, as long as the screen is open, and with `--save` for good.
//!
//! Start with [`run`]. The invariant: keys that cannot be had change nothing, and why is said with what
//! has them; nothing that cannot be had is written.

use std::fmt::Write as _;

use super::{Cx, notices};
use crate::action::Action;
use crate::app::effect::{FileWork, KeyLine};
use crate::app::{chain, own_keys};
use crate::keymap::{Key, Line, Scope, Source, key};
use crate::text::suggest::did_you_mean;
use crate::view::{Level, Model};

/// What keeps the keys for later runs, behind all else.
pub(super) const SAVE: &str = "--save";

/// The keys and the action of a line, the action being its last word; and whether that is to last.
fn split(argument: &str) -> (&str, &str, bool) {
    let argument = argument.trim();
    let kept = argument.strip_suffix(SAVE).filter(|rest| rest.ends_with(char::is_whitespace));
    let line = kept.unwrap_or(argument).trim();
    let (keys, action) = line.rsplit_once(char::is_whitespace).unwrap_or(("", line));
    (keys, action, kept.is_some())
}

/// Binds, and says what a file has to have in it for that to last.
pub(super) fn run(cx: &mut Cx<'_>, argument: &str) -> Result<(), String> {
    let (typed, name, lasts) = split(argument);
    let action = cx.model.own.action(name).ok_or_else(|| {
        let known = Action::ALL.iter().map(|action| action.name());
        let own = cx.model.own.iter().map(|(_, command)| command.name.as_str());
        format!("bind: there is no action \"{name}\"{}", did_you_mean(name, known.chain(own)))
    })?;
    if typed.is_empty() {
        return Err(format!("bind: which keys? bind g x {name}, or bind none {name}"));
    }
    let keys = match typed.trim() {
        "none" => Vec::new(),
        keys => vec![Key::parse_sequence(keys).map_err(|error| format!("bind: {error}"))?],
    };
    let scope = scope_of(cx, action);
    let line = Line { scope, action, keys: keys.clone(), source: Source::Typed };
    let lost = cx.machine.keymap.lost().to_vec();
    let remarks = own_keys::bind(&mut cx.machine.keymap, line, &cx.model.own)
        .map_err(|why| format!("bind: {why}"))?;
    cx.model.keys = own_keys::names(&cx.machine.keymap, &cx.machine.usual);
    let written = keys.first().map(|keys| key::notation(keys));
    let until = if lasts { "" } else { " until you quit" };
    let mut said = match keys.first() {
        Some(keys) => format!("{}: {name}{until}", key::label(keys)),
        None => format!("{name}: no key{until}"),
    };
    let new = cx.machine.keymap.lost().iter().filter(|now| !lost.contains(now));
    let gone: Vec<&str> = new.map(|lost| cx.model.own.name(lost.binding.action)).collect();
    if !gone.is_empty() {
        let _ = write!(said, ", and not {} any more", gone.join(", "));
    }
    for remark in remarks {
        let _ = write!(said, "; {remark}");
    }
    if lasts {
        let line = KeyLine { scope: scope.name(), action: name.to_owned(), keys: written };
        cx.emit(FileWork::KeepKeys(line));
        cx.say(format!("{said} · writing it down …"));
    } else {
        let written = written.map_or_else(|| "false".to_owned(), |keys| quoted(&keys));
        cx.say(format!("{said} · {SAVE} keeps it · keys.toml: [{scope}] {name} = {written}"));
    }
    Ok(())
}

/// It is in the file, or why it is not: the keys work all the same until the screen is left.
pub(super) fn kept(cx: &mut Cx<'_>, outcome: Result<String, String>) {
    match outcome {
        Ok(words) => cx.say(words),
        Err(why) => {
            let text = format!("the keys last until you quit: {why}");
            notices::toast(cx.model, Level::Error, text);
        }
    }
}

/// As TOML has a text.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Where an action is bound: in the innermost scope that knows it and is in force under the line, or
/// else where it is at home; a command of one's own works around the panes.
pub(super) fn scope_of(cx: &Cx<'_>, action: Action) -> Scope {
    let homes: Vec<Scope> = cx.machine.keymap.home_of(action).collect();
    let now = in_force(cx.model);
    let here = now.iter().find(|scope| homes.contains(scope));
    here.or(homes.first()).copied().unwrap_or(Scope::Global)
}

fn in_force(model: &Model) -> Vec<Scope> {
    chain::browse(model).iter().flat_map(|target| target.scopes()).copied().collect()
}
