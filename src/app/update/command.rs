//! The command line `:`: every action by its name, and commands with an argument.
//!
//! Owns the keys of the line and what its commands do; their table is in [`commands`], what is
//! offered in [`offers`]. Start with [`run`]. The invariant: a line that was not run stays, with what
//! is wrong above it.
//!
//! A command that hides shows what it means first: its query becomes the filter, what passes is
//! marked, and a question says how much it is.

mod commands;
mod offers;

use super::{
    Cx, artifacts, ask_again, attach, bind, compose, export, find, keys, leaving, navigate, picked,
    roles, served_filter, session_pair, toast, tour, viewer,
};
use crate::action::Action;
use crate::api::{Artifact, SessionRef};
use crate::app::chain::{self, Handler, Target};
use crate::keymap::Scope;
use crate::model::timeline::{At, Purpose, UnitId};
use crate::view::layer::prompt::{self, Remark, Subject};
use crate::view::{Edit, Focus, Layer, Level, Model, Palette, Pane, View};
pub use commands::is_free_name;
use commands::{Command, Named, named};

/// The command line.
pub(super) struct CommandLine;

impl Target for CommandLine {
    fn place(&self) -> &'static str {
        "the command line"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Commands)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Ask]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Confirm => confirm,
            Action::Cancel => super::close,
            Action::SwitchSearch => complete,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Confirm, "runs"),
            (Action::SwitchSearch, "completes"),
            (Action::Cancel, "leaves"),
        ]
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

/// Hiding or showing that waits until it is known what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    hide: bool,
    /// Keys that were pressed before: whoever has pressed another one since waits no more.
    since: u64,
}

pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.push(Layer::Palette(Box::default()));
    offer(cx);
}

fn palette(model: &mut Model) -> Option<&mut Palette> {
    match model.layers.top_mut()? {
        Layer::Palette(palette) => Some(palette),
        _ => None,
    }
}

/// Offers anew what may become of the line.
fn offer(cx: &mut Cx<'_>) {
    let Some(Layer::Palette(palette)) = cx.model.layers.top() else { return };
    let (line, (_, cursor)) = (palette.input.text(), palette.input.cursor());
    let (offers, command) = offers::offers(cx.model, &cx.machine.keymap, &line, cursor);
    let has_history = !cx.machine.commands.is_empty();
    let Some(palette) = self::palette(cx.model) else { return };
    palette.set_offers(offers);
    palette.about = command.map(|command| (command.name(), command.argument()));
    palette.has_history = has_history;
}

/// A key in the command line.
fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let Some(palette) = palette(cx.model) else { return };
    let another = match edit {
        Edit::Newline => false,
        Edit::Up => palette.up(&cx.machine.commands),
        Edit::Down => palette.down(&cx.machine.commands),
        edit => {
            if palette.input.apply(&edit.first_line()) {
                palette.typed();
            }
            true
        }
    };
    if another {
        offer(cx);
    }
}

/// Tab: what is typed becomes the chosen offer, or the first; a path becomes the one that it begins.
fn complete(cx: &mut Cx<'_>, _: Action) {
    if attach::complete(cx) {
        return;
    }
    if palette(cx.model).is_some_and(Palette::take) {
        offer(cx);
    }
}

/// Enter: the chosen offer is run, or else the line. A line that is wrong stays, to be mended.
fn confirm(cx: &mut Cx<'_>, _: Action) {
    let Some(palette) = palette(cx.model) else { return };
    let line = match palette.chosen() {
        Some(chosen) if !chosen.whole && chosen.off.is_none() => {
            palette.take();
            return offer(cx);
        }
        Some(chosen) => chosen.line.clone(),
        None => palette.input.text(),
    };
    let Some(Layer::Palette(mut palette)) = cx.model.layers.pop() else { return };
    if let Err(problem) = run(cx, &line) {
        palette.problem = Some(problem);
        palette.has_history = true;
        cx.model.layers.push(Layer::Palette(palette));
    }
}

/// `@:`.
pub(super) fn repeat(cx: &mut Cx<'_>, _: Action) {
    let Some(line) = cx.machine.commands.last().cloned() else {
        return cx
            .say(format!("no command was run yet; {} runs one", cx.key(Action::Commands, ":")));
    };
    if let Err(problem) = run(cx, &line) {
        toast(cx.model, Level::Error, problem);
    }
}

/// `g v`: the command line with the views.
pub(super) fn choose_view(cx: &mut Cx<'_>, _: Action) {
    let mut palette = Palette::default();
    palette.input.set_text("view ");
    palette.input.move_to((0, "view ".len()));
    cx.model.layers.push(Layer::Palette(Box::new(palette)));
    offer(cx);
}

/// By its name, or by its number in the list of them.
fn show_view(cx: &mut Cx<'_>, name: &str) -> Result<(), String> {
    let views = &cx.model.views;
    let numbered = name.parse::<usize>().ok().and_then(|number| views.get(number.checked_sub(1)?));
    let named = views.iter().find(|view| view.name == name);
    let Some(view) = named.or(numbered).cloned() else {
        let known: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
        return Err(format!("there is no view {name:?}; there are {}", known.join(", ")));
    };
    cx.model.sessions.show_view(&view);
    cx.model.moved_at = None;
    navigate::go(cx.model, View::Triage, Focus::Sessions);
    served_filter::ask(cx);
    cx.say(format!("view {}: {} · Esc ends it", view.name, view.words()));
    Ok(())
}

fn show_profile(cx: &mut Cx<'_>, name: &str) -> Result<(), String> {
    if !cx.model.profiles.iter().any(|profile| profile == name) {
        let names = cx.model.profiles.join(", ");
        return Err(format!("there is no other profile {name:?}; there are {names}"));
    }
    leaving::switch(cx, name);
    Ok(())
}

/// Draws in other colours, or without a name in those of the configuration.
fn show_theme(cx: &mut Cx<'_>, name: &str) -> Result<(), String> {
    if name.is_empty() {
        cx.model.theme = None;
        cx.say("the theme of the configuration");
        return Ok(());
    }
    let name =
        one_of(name, "theme", cx.model.themes.iter().map(|it| (it.clone(), vec![it.clone()])))?;
    cx.say(format!("theme {name}, until you quit · theme = \"{name}\" in config.toml keeps it"));
    cx.model.theme = Some(name);
    Ok(())
}

/// Runs a line, or says what is wrong with it.
fn run(cx: &mut Cx<'_>, line: &str) -> Result<(), String> {
    let line = line.trim();
    let (word, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    if word.is_empty() {
        return Ok(());
    }
    remember(cx, line);
    match named(word, !argument.is_empty(), &cx.model.own)? {
        Named::Command(command) => run_command(cx, command, argument),
        Named::Action(action) => run_action(cx, action),
    }
}

fn run_command(cx: &mut Cx<'_>, command: Command, argument: &str) -> Result<(), String> {
    let name = command.name();
    if let Some(why) = command.off(cx.model) {
        return Err(format!("{name}: {why}"));
    }
    if argument.is_empty() && !command.works_without() {
        return Err(format!("{name} needs {}: {}", command.argument(), command.words()));
    }
    match command {
        Command::Hide => hide_by_query(cx, argument, true),
        Command::Unhide => hide_by_query(cx, argument, false),
        Command::Find => set_query(cx.model, Purpose::Find, argument),
        Command::Filter => {
            set_query(cx.model, Purpose::Filter, argument)?;
            served_filter::ask(cx);
            Ok(())
        }
        Command::Goto => go_to(cx.model, argument),
        Command::Session => open_session(cx, argument),
        Command::Compare => compare_with(cx, argument),
        Command::Try => ask_again::ask_other(cx, argument),
        Command::File => open_file(cx, argument),
        Command::View => show_view(cx, argument),
        Command::Profile => show_profile(cx, argument),
        Command::Theme => show_theme(cx, argument),
        Command::Tour if argument.is_empty() => {
            tour::begin(cx);
            Ok(())
        }
        Command::Tour => Err("tour takes nothing behind it".to_owned()),
        Command::Bind => bind::run(cx, argument),
        Command::Attach => {
            attach_file(cx, argument);
            Ok(())
        }
        Command::Export => export::run_line(cx, argument),
        Command::Bundle => {
            export::run_bundle(cx, argument);
            Ok(())
        }
    }
}

fn run_action(cx: &mut Cx<'_>, action: Action) -> Result<(), String> {
    if let Some(why) = roles::held_back(cx.model, action) {
        return Err(why);
    }
    let Some(taker) = chain::taker(cx.model, action) else {
        return Err(keys::not_here(cx, action));
    };
    if let Some(why) = taker.off(cx.model, action) {
        return Err(format!("{}: {why}", cx.model.own.name(action)));
    }
    keys::take(cx, action);
    Ok(())
}

/// Keeps a line to come back to, also one that is to be mended. Nothing repeats itself.
fn remember(cx: &mut Cx<'_>, line: &str) {
    if line != Action::RepeatCommand.name() {
        prompt::keep(&mut cx.machine.commands, line);
    }
}

fn hide_by_query(cx: &mut Cx<'_>, query: &str, hide: bool) -> Result<(), String> {
    set_query_of(cx.model, Subject::Events, Purpose::Filter, query)?;
    let open = cx.model.open.as_ref();
    if open.is_some_and(|open| open.timeline.query_text(Purpose::Filter) == Some(query)) {
        cx.machine.waiting = Some(Waiting { hide, since: cx.machine.pressed });
    }
    Ok(())
}

/// Asks about what passes, once that is known.
pub(super) fn ask_what_waits(cx: &mut Cx<'_>) {
    let Some(waiting) = cx.machine.waiting else { return };
    let tally = cx.model.open.as_ref().and_then(|open| open.timeline.tally(Purpose::Filter));
    let Some(tally) = tally else {
        // The filter was taken away: nobody wants it any more.
        cx.machine.waiting = None;
        return;
    };
    if waiting.since != cx.machine.pressed {
        // A question must not come up under a key that was meant for something else.
        cx.machine.waiting = None;
        let verb = if waiting.hide { "hide" } else { "unhide" };
        let again = cx.key(Action::RepeatCommand, "@:");
        return cx.say(format!("{verb} was given up: a key was pressed · {again} does it again"));
    }
    if tally.searching {
        return;
    }
    cx.machine.waiting = None;
    if tally.hits == 0 {
        return cx.say("nothing passes that query");
    }
    if let Some(open) = &mut cx.model.open {
        open.timeline.mark_shown();
    }
    picked::ask_to_hide(cx.model, waiting.hide);
}

/// Finds or filters what is focused.
fn set_query(model: &mut Model, purpose: Purpose, text: &str) -> Result<(), String> {
    match find::subject(model) {
        Some(Subject::InFile) => find_in_file(model, text),
        Some(subject) => set_query_of(model, subject, purpose, text),
        None => Err("there is nothing to find here".to_owned()),
    }
}

fn set_query_of(
    model: &mut Model,
    subject: Subject,
    purpose: Purpose,
    text: &str,
) -> Result<(), String> {
    if subject == Subject::Events && model.open.is_none() {
        return Err("open a session first".to_owned());
    }
    let query = find::understand(text, purpose, subject).map_err(|remark| match remark {
        Remark::Unfinished(words) | Remark::Wrong(words) => words,
    })?;
    find::set_query(model, subject, purpose, query.map(|query| (text.to_owned(), query)));
    Ok(())
}

fn find_in_file(model: &mut Model, text: &str) -> Result<(), String> {
    if let Some(viewer) = model.artifacts.viewer_mut() {
        viewer.begin_find();
    }
    let found = find::find_in_file(model, text);
    if let Some(viewer) = model.artifacts.viewer_mut() {
        match &found {
            Ok(()) => viewer.keep_find(),
            Err(_) => viewer.give_up_find(),
        }
    }
    found
}

/// The one thing that is called so, whole or by a beginning that nothing else has. Each comes with
/// what it is called and, last, what tells it from all others.
fn one_of<T>(
    typed: &str,
    what: &str,
    all: impl IntoIterator<Item = (T, Vec<String>)>,
) -> Result<T, String> {
    let lower = typed.to_lowercase();
    let (mut called, mut begun) = (Vec::new(), Vec::new());
    for (thing, names) in all {
        if names.iter().any(|name| name == typed) {
            called.push((thing, names));
        } else if names.iter().any(|name| name.to_lowercase().starts_with(&lower)) {
            begun.push((thing, names));
        }
    }
    let mut found = if called.is_empty() { begun } else { called };
    if found.len() > 1 {
        let names: Vec<&str> =
            found.iter().filter_map(|(_, names)| Some(names.last()?.as_str())).collect();
        return Err(commands::ambiguous(typed, &names));
    }
    found.pop().map(|(only, _)| only).ok_or_else(|| format!("no {what} begins with \"{typed}\""))
}

/// The session that is called so, by its key or its name.
fn session_called(model: &Model, typed: &str) -> Result<SessionRef, String> {
    let all = model.sessions.iter().map(|(name, entry)| {
        let names = vec![name.key.to_string(), entry.session.name.clone(), name.to_string()];
        (name.clone(), names)
    });
    one_of(typed, "session", all)
}

/// Compares the open session with another one.
fn compare_with(cx: &mut Cx<'_>, typed: &str) -> Result<(), String> {
    let other = session_called(cx.model, typed)?;
    if let Some(shown) = cx.model.current_session().cloned() {
        session_pair::compare(cx, shown, other);
    }
    Ok(())
}

/// Shows a session by its key or its name.
fn open_session(cx: &mut Cx<'_>, typed: &str) -> Result<(), String> {
    let session = session_called(cx.model, typed)?;
    cx.model.sessions.select(&session);
    super::open(cx, &session);
    cx.model.zoomed = false;
    navigate::go(cx.model, View::Triage, Focus::Timeline);
    Ok(())
}

/// Files of the open session, as far as they are listed.
fn listed_files(model: &Model) -> &[Artifact] {
    let open = model.open.as_ref().map(|open| &open.reference);
    if open.is_some() && model.artifacts.session() == open {
        model.artifacts.artifacts()
    } else {
        &[]
    }
}

/// Opens a file of the session by its name or its id.
fn open_file(cx: &mut Cx<'_>, typed: &str) -> Result<(), String> {
    let files = listed_files(cx.model);
    if files.is_empty() {
        return Err(format!(
            "file: no files of this session are listed yet; {} lists them",
            cx.key(Action::PaneArtifacts, "4")
        ));
    }
    let mut seen = Vec::new();
    // Newest first: a name is the newest file's.
    let newest = files.iter().filter(|file| {
        let is_new = !seen.contains(&file.filename);
        seen.push(file.filename.clone());
        is_new
    });
    let named = newest.map(|file| (file.id.clone(), vec![file.filename.clone()]));
    let by_id = files.iter().find(|file| file.id.as_str() == typed).map(|file| file.id.clone());
    let id = by_id.map_or_else(|| one_of(typed, "file", named), Ok)?;
    super::jumps::leave(cx.model);
    artifacts::show(cx, &id);
    artifacts::open(cx, Action::Open);
    cx.model.focus = Focus::Viewer;
    Ok(())
}

/// Attaches a file to the message to the open session, and leads to it.
fn attach_file(cx: &mut Cx<'_>, path: &str) {
    compose::begin(cx, Action::Write);
    if let Some(session) = cx.model.layers.composer().cloned() {
        attach::attach(cx, session, path);
    }
}

fn go_to(model: &mut Model, argument: &str) -> Result<(), String> {
    let wrong = |wrong: &dyn std::fmt::Display| format!("goto {argument}: {wrong}");
    if Pane::focused(model) == Pane::Viewer {
        return viewer::go_to(model, argument).map_err(|error| wrong(&error));
    }
    let at: At = argument.parse().map_err(|error| wrong(&error))?;
    super::jumps::leave(model);
    let zone = model.wall().zone().clone();
    let Some(open) = &mut model.open else { return Err("open a session first".to_owned()) };
    let unit = match &at {
        At::Event(id) => Some(UnitId::from(id)),
        at => open.timeline.unit_at(at, &zone),
    };
    if unit.is_some_and(|unit| open.reach(&unit)) {
        return Ok(());
    }
    Err(format!("there is nothing at {argument} here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_called_exactly_so_is_meant_unless_two_are() {
        let all = || {
            [("one", "a/nightly"), ("one", "b/nightly"), ("onerous", "a/x")]
                .map(|(key, whole)| (whole, vec![key.to_owned(), whole.to_owned()]))
        };
        let meant = |typed| one_of(typed, "session", all());
        assert_eq!(meant("oner"), Ok("a/x"));
        assert_eq!(meant("b/"), Ok("b/nightly"));
        assert_eq!(meant("one"), Err("\"one\" could be a/nightly, b/nightly".to_owned()));
        assert_eq!(meant("two"), Err("no session begins with \"two\"".to_owned()));
    }
}
