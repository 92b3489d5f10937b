//! Finding and filtering: the line at the bottom, going from match to match, the menu of types.

use super::viewer::NOT_LOADED;
use super::{Cx, served_filter, toast};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::Work;
use crate::keymap::Scope;
use crate::model::timeline::{Leap, Purpose, Revealed};
use crate::query::{Known, Query};
use crate::view::layer::prompt::{Origin, Remark, Subject};
use crate::view::{Edit, Layer, Level, Model, Pane, Prompt, layer::prompt};

/// The line to find or filter by.
pub(super) struct FindLine;

impl Target for FindLine {
    fn place(&self) -> &'static str {
        "the line to find or filter by"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Search)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Ask]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Confirm => keep,
            Action::Cancel => leave,
            Action::SwitchSearch => switch,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Confirm, "keeps"), (Action::Cancel, "leaves")]
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx.model, change);
    }
}

/// What something is looked for in from the focused pane, if it is anything of the kind.
pub(super) fn subject(model: &Model) -> Option<Subject> {
    match Pane::focused(model) {
        Pane::Sessions => Some(Subject::Sessions),
        Pane::Timeline | Pane::Detail | Pane::Waterfall => Some(Subject::Events),
        Pane::Files => Some(Subject::Files),
        Pane::Viewer => Some(Subject::InFile),
        Pane::Composer
        | Pane::Queue
        | Pane::Why
        | Pane::Arguments
        | Pane::Answer
        | Pane::Departed
        | Pane::Comparison
        | Pane::SessionDiff
        | Pane::Agents
        | Pane::AgentFacts => None,
    }
}

/// Opens the line, about what is focused. It starts from what stands.
pub(super) fn begin(cx: &mut Cx<'_>, _: Action) {
    let standing = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let prompt = match subject(cx.model) {
        Some(Subject::Sessions) => {
            let sessions = &cx.model.sessions;
            let origin = Origin::Sessions(sessions.whereabouts());
            let mut prompt = Prompt::new(origin, Purpose::Filter, sessions.filter());
            prompt.before.1 = standing(sessions.filter());
            prompt
        }
        Some(Subject::Files) => {
            let list = &cx.model.artifacts.list;
            let origin = Origin::Files(list.whereabouts());
            let mut prompt = Prompt::new(origin, Purpose::Filter, list.filter());
            prompt.before.1 = standing(list.filter());
            prompt
        }
        Some(Subject::InFile) => {
            let Some(viewer) = cx.model.artifacts.viewer_mut() else { return cx.say(NOT_LOADED) };
            viewer.begin_find();
            let typed = viewer.finding().typed().unwrap_or_default();
            Prompt::new(Origin::InFile, Purpose::Find, typed)
        }
        Some(Subject::Events) | None => {
            let Some(open) = &cx.model.open else { return cx.say("open a session first") };
            let text = |purpose| open.timeline.query_text(purpose).map(str::to_owned);
            let before = (text(Purpose::Find), text(Purpose::Filter));
            // A filter that somebody may want to change is shown.
            let (purpose, line) = match &before {
                (None, Some(filter)) => (Purpose::Filter, filter.clone()),
                (find, _) => (Purpose::Find, find.clone().unwrap_or_default()),
            };
            let origin = Origin::Events(open.timeline.whereabouts());
            let mut prompt = Prompt::new(origin, purpose, &line);
            prompt.before = before;
            prompt
        }
    };
    cx.model.layers.push(Layer::Prompt(Box::new(prompt)));
}

/// Puts an example into the line, behind what was typed there.
pub(super) fn try_out(cx: &mut Cx<'_>, example: &str) {
    if cx.model.layers.prompt().is_none() {
        begin(cx, Action::Search);
    }
    with_line(cx.model, |model, prompt| {
        let (typed, _) = prompt.line();
        let kept = if prompt.standing { "" } else { typed.trim_end() };
        prompt.standing = false;
        prompt.typed();
        prompt.input.set_text(format!("{kept} {example}").trim_start());
        apply(model, prompt);
    });
}

/// Takes the line off the stack to work with the rest of the model, and puts it back.
fn with_line(model: &mut Model, work: impl FnOnce(&mut Model, &mut Prompt)) {
    match model.layers.pop() {
        Some(Layer::Prompt(mut prompt)) => {
            work(model, &mut prompt);
            model.layers.push(Layer::Prompt(prompt));
        }
        other => model.layers.extend(other),
    }
}

/// A key in the line.
fn edit(model: &mut Model, edit: &Edit) {
    with_line(model, |model, prompt| {
        if change(prompt, &model.searches, edit) {
            apply(model, prompt);
        }
    });
}

/// Changes the line; says whether there is another one now.
fn change(prompt: &mut Prompt, history: &[String], edit: &Edit) -> bool {
    let standing = std::mem::take(&mut prompt.standing);
    let replaces =
        matches!(edit, Edit::Insert(_) | Edit::Paste(_) | Edit::Backspace | Edit::Delete);
    if standing && replaces {
        prompt.input.set_text("");
    }
    let (text, cursor) = prompt.line();
    match edit {
        Edit::Backspace | Edit::Delete if standing => prompt.typed(),
        Edit::Newline => return false,
        Edit::Up | Edit::Down => {
            let Some(recalled) = prompt.recall(history, &text, *edit == Edit::Up) else {
                return false;
            };
            prompt.touched = true;
            prompt.input.set_text(&recalled);
        }
        Edit::Right | Edit::LineEnd
            if cursor == text.chars().count() && !prompt.offers.is_empty() =>
        {
            return accept(prompt);
        }
        Edit::Paste(pasted) => {
            prompt.typed();
            let first = pasted.lines().next().unwrap_or_default();
            prompt.input.apply(&Edit::Paste(first.to_owned()));
        }
        edit => {
            if !prompt.input.apply(edit) {
                return false;
            }
            prompt.typed();
        }
    }
    true
}

/// Takes the first offer over into the line.
fn accept(prompt: &mut Prompt) -> bool {
    let Some((text, cursor)) = prompt.accept(&prompt.line().0) else { return false };
    prompt.standing = false;
    prompt.typed();
    prompt.input.set_text(&text);
    prompt.input.move_to((0, cursor));
    true
}

/// Works what is typed into what is shown, as far as it is a query yet.
fn apply(model: &mut Model, prompt: &mut Prompt) {
    let (text, _) = prompt.line();
    let Some(domain) = prompt.subject().domain() else {
        prompt.remark = find_in_file(model, &text).err().map(Remark::Wrong);
        return;
    };
    let understood = understand(&text, prompt.purpose, prompt.subject());
    let part = match &understood {
        Ok(_) => text.as_str(),
        Err(_) => prompt::finished(&text, prompt.purpose, domain),
    };
    let query = understand(part, prompt.purpose, prompt.subject());
    prompt.remark = understood.err();
    if let Some(known) = known(model, prompt.subject()) {
        prompt.offer(domain, known);
    }
    if let Ok(query) = query {
        return_to_origin(model, prompt);
        let query = query.map(|query| (part.to_owned(), query));
        set_query(model, prompt.subject(), prompt.purpose, query);
    }
}

/// What completion knows of the names in what a line is about.
pub(super) fn known(model: &Model, subject: Subject) -> Option<&dyn Known> {
    match subject {
        Subject::Sessions => Some(&model.sessions),
        Subject::Events => model.open.as_ref().map(|open| &open.timeline as &dyn Known),
        Subject::Files => Some(&model.artifacts.list),
        Subject::InFile => None,
    }
}

/// What a line asks for, or why that cannot be asked for here.
pub(super) fn understand(
    line: &str,
    purpose: Purpose,
    subject: Subject,
) -> Result<Option<Query>, Remark> {
    let Some(domain) = subject.domain() else { return Ok(None) };
    prompt::read(line, purpose, domain).map_err(|mistake| Remark::from(&mistake))
}

/// Looks for a query, or shows only what passes it; `None` ends that.
pub(super) fn set_query(
    model: &mut Model,
    subject: Subject,
    purpose: Purpose,
    query: Option<(String, Query)>,
) {
    let now = model.now;
    let seek = query.is_some() && purpose == Purpose::Find;
    let split = |query: Option<(String, Query)>| match query {
        Some((text, query)) => (text, Some(query)),
        None => (String::new(), None),
    };
    match subject {
        Subject::Sessions => {
            let (text, query) = split(query);
            model.sessions.set_filter(&text, query);
        }
        Subject::Files => {
            let (text, query) = split(query);
            model.artifacts.list.set_filter(&text, query, now);
        }
        Subject::Events => {
            let Some(open) = &mut model.open else { return };
            open.timeline.set_query(purpose, query, now);
            if seek {
                open.timeline.seek();
            }
        }
        Subject::InFile => {}
    }
}

/// Looks for text in the file that is looked at.
pub(super) fn find_in_file(model: &mut Model, text: &str) -> Result<(), String> {
    let viewer = model.artifacts.viewer_mut().ok_or_else(|| NOT_LOADED.to_owned())?;
    viewer.find(text);
    viewer.finding().problem().map_or(Ok(()), |problem| Err(problem.to_owned()))
}

fn return_to_origin(model: &mut Model, prompt: &Prompt) {
    match &prompt.origin {
        Origin::Sessions(place) => model.sessions.return_to(place),
        Origin::Files(place) => model.artifacts.list.return_to(place),
        Origin::Events(place) => {
            if let Some(open) = &mut model.open {
                open.timeline.return_to(place);
            }
        }
        Origin::InFile => {
            if let Some(viewer) = model.artifacts.viewer_mut() {
                viewer.give_up_find();
            }
        }
    }
}

/// Enter: what was typed stays. What is wrong stands above the line, and the line with it.
fn keep(cx: &mut Cx<'_>, _: Action) {
    let Some(prompt) = cx.model.layers.prompt() else { return };
    if prompt.remark.is_some() {
        return;
    }
    let ((text, _), subject) = (prompt.line(), prompt.subject());
    prompt::keep(&mut cx.model.searches, &text);
    cx.model.layers.pop();
    match subject {
        Subject::Files => super::fetching::preview(cx),
        Subject::InFile => {
            if let Some(viewer) = cx.model.artifacts.viewer_mut() {
                viewer.keep_find();
            }
        }
        Subject::Sessions => served_filter::ask(cx),
        Subject::Events => {}
    }
}

/// Esc: everything is as it was before.
fn leave(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Prompt(prompt)) = cx.model.layers.pop() else { return };
    restore(cx.model, &prompt, Purpose::Filter);
    restore(cx.model, &prompt, Purpose::Find);
    return_to_origin(cx.model, &prompt);
}

/// What was looked for, or filtered by, before the line was opened.
fn restore(model: &mut Model, prompt: &Prompt, purpose: Purpose) {
    let before = match purpose {
        Purpose::Find => &prompt.before.0,
        Purpose::Filter => &prompt.before.1,
    };
    let subject = prompt.subject();
    let stands = match (subject, purpose) {
        (Subject::Events, _) => {
            let open = model.open.as_ref();
            open.and_then(|open| open.timeline.query_text(purpose)) == before.as_deref()
        }
        (Subject::Sessions | Subject::Files, Purpose::Filter) => false,
        (Subject::Sessions | Subject::Files, Purpose::Find) | (Subject::InFile, _) => true,
    };
    if !stands {
        let text = before.clone().unwrap_or_default();
        let query = understand(&text, purpose, subject).ok().flatten();
        let query = query.map(|query| (text, query));
        set_query(model, subject, purpose, query);
    }
}

/// Tab: the same words as a filter, or as something to find. Where there is only one of the two, the
/// first offer is taken.
fn switch(cx: &mut Cx<'_>, _: Action) {
    with_line(cx.model, |model, prompt| {
        if prompt.subject() == Subject::Events {
            restore(model, prompt, prompt.purpose);
            prompt.purpose = match prompt.purpose {
                Purpose::Find => Purpose::Filter,
                Purpose::Filter => Purpose::Find,
            };
            let other = match prompt.purpose {
                Purpose::Find => &prompt.before.0,
                Purpose::Filter => &prompt.before.1,
            };
            if !prompt.touched {
                prompt.input.set_text(other.as_deref().unwrap_or_default());
                prompt.standing = other.is_some();
            }
        } else {
            accept(prompt);
        }
        apply(model, prompt);
    });
}

/// `n` and `N`.
pub(super) fn leap(cx: &mut Cx<'_>, action: Action) {
    let (model, forward) = (&mut *cx.model, action == Action::NextHit);
    let Some(open) = &mut model.open else { return cx.say("open a session first") };
    let words = match open.timeline.leap(forward) {
        Leap::NoQuery => {
            format!("nothing is looked for; {} finds", model.keys.of(Action::Search, "/"))
        }
        Leap::NoHit => "no match".to_owned(),
        Leap::Searching => "still searching".to_owned(),
        Leap::Done { wrapped, revealed } => {
            let ends = match (wrapped, forward) {
                (true, true) => Some("search starts again at the top"),
                (true, false) => Some("search goes on from the end"),
                (false, _) => None,
            };
            ends.into_iter().chain(reasons(revealed)).collect::<Vec<_>>().join(" · ")
        }
    };
    if !words.is_empty() {
        toast(model, Level::Info, words);
    }
}

fn reasons(revealed: Revealed) -> impl Iterator<Item = &'static str> {
    let agent =
        revealed.left_agents_view.then_some("the agent does not see it: all rows are shown");
    let chat = revealed.left_chat.then_some("it is no part of the chat: all rows are shown");
    let fold = revealed.unfolded.then_some("it was folded away");
    chat.into_iter().chain(agent).chain(fold)
}

/// What Esc in the timeline ends first: the filter, then the search.
pub(super) fn standing_query(model: &Model) -> Option<Purpose> {
    let open = model.open.as_ref()?;
    let mut purposes = [Purpose::Filter, Purpose::Find].into_iter();
    purposes.find(|purpose| open.timeline.query_text(*purpose).is_some())
}

pub(super) fn end_one(cx: &mut Cx<'_>, _: Action) {
    let now = cx.model.now;
    let standing = standing_query(cx.model);
    if let (Some(purpose), Some(open)) = (standing, &mut cx.model.open) {
        open.timeline.set_query(purpose, None, now);
    }
}

/// Goes on with what is looked for in the open session.
pub(super) fn search_on(cx: &mut Cx<'_>) {
    let timeline = cx.model.open.as_mut().map(|open| &mut open.timeline);
    let under_way = timeline.and_then(|timeline| {
        if let Some(search) = timeline.next_search(cx.machine.next_search) {
            cx.machine.next_search += 1;
            return Some(Err(search));
        }
        timeline.search_under_way().map(Ok)
    });
    match under_way {
        Some(Err(search)) => {
            cx.machine.searching = Some(search.generation);
            cx.emit(Work::Search(Box::new(search)));
        }
        Some(Ok(generation)) if cx.machine.searching == Some(generation) => {}
        // Nobody waits for the answers any more.
        _ => {
            if cx.machine.searching.take().is_some() {
                cx.emit(Work::StopSearch);
            }
        }
    }
}
