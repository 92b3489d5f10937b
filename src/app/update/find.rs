//! Finding and filtering: the line at the bottom, going from match to match, the menu of types.

use super::{Cx, toast};
use crate::action::Action;
use crate::app::chain::{Handler, Pane, Target};
use crate::app::effect::Work;
use crate::keymap::Scope;
use crate::model::prompt::Remark;
use crate::model::timeline::{Leap, Purpose, Revealed};
use crate::model::{Edit, Layer, Level, Model, Prompt, prompt};
use crate::query::{Domain, Query};

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

/// Opens the line, about what is focused. It starts from what stands.
pub(super) fn begin(cx: &mut Cx<'_>, _: Action) {
    let prompt = match Pane::focused(cx.model) {
        Pane::Sessions => {
            let mut prompt =
                Prompt::new(Domain::Sessions, Purpose::Filter, cx.model.sessions.filter());
            prompt.before.1 = standing(cx.model.sessions.filter());
            prompt.session = cx.model.sessions.selected().cloned();
            prompt
        }
        Pane::Files => {
            let filter = cx.model.artifacts.list.filter();
            let mut prompt = Prompt::new(Domain::Files, Purpose::Filter, filter);
            prompt.before.1 = standing(filter);
            prompt.file = cx.model.artifacts.selected().map(|file| file.id.clone());
            prompt
        }
        _ => {
            let Some(open) = &cx.model.open else { return cx.say("open a session first") };
            let text = |purpose| open.timeline.query_text(purpose).map(str::to_owned);
            let before = (text(Purpose::Find), text(Purpose::Filter));
            // A filter that somebody may want to change is shown.
            let (purpose, line) = match &before {
                (None, Some(filter)) => (Purpose::Filter, filter.clone()),
                (find, _) => (Purpose::Find, find.clone().unwrap_or_default()),
            };
            let mut prompt = Prompt::new(Domain::Events, purpose, &line);
            (prompt.before, prompt.origin) = (before, Some(open.timeline.whereabouts()));
            prompt
        }
    };
    cx.model.layers.push(Layer::Prompt(Box::new(prompt)));
}

fn standing(filter: &str) -> Option<String> {
    Some(filter.to_owned()).filter(|filter| !filter.is_empty())
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
    if standing && matches!(edit, Edit::Insert(_) | Edit::Paste(_)) {
        prompt.input.set_text("");
    }
    let (text, cursor) = prompt.line();
    match edit {
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
            let Some((text, cursor)) = prompt.accept(&text) else { return false };
            prompt.typed();
            prompt.input.set_text(&text);
            for _ in cursor..text.chars().count() {
                prompt.input.apply(&Edit::Left);
            }
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

/// Works what is typed into what is shown. What is no query yet leaves the last one in place.
fn apply(model: &mut Model, prompt: &mut Prompt) {
    let (text, _) = prompt.line();
    let read = prompt::read(&text, prompt.purpose, prompt.domain);
    prompt.remark = match &read {
        Err(mistake) => Some(mistake.into()),
        Ok(Some(query)) => elsewhere(query),
        Ok(None) => None,
    };
    match (prompt.domain, &model.open) {
        (Domain::Events, Some(open)) => prompt.offer(&open.timeline),
        (Domain::Files, _) => prompt.offer(&model.artifacts.list),
        _ => prompt.offer(&model.sessions),
    }
    if let Ok(query) = read.map(|query| query.filter(|query| elsewhere(query).is_none())) {
        show(model, prompt, text, query);
    }
}

/// A part that only the service can decide, which is not asked from here.
fn elsewhere(query: &Query) -> Option<Remark> {
    let asks = query.server_filter().is_some() || query.server_where().is_some();
    let words = "name:/re/ and where … are decided by the service: foretop ls asks it";
    asks.then(|| Remark::Wrong(words.to_owned()))
}

fn show(model: &mut Model, prompt: &Prompt, text: String, query: Option<Query>) {
    let now = model.now;
    if prompt.domain == Domain::Sessions {
        model.sessions.set_filter(&text, query);
        return;
    }
    if prompt.domain == Domain::Files {
        model.artifacts.list.set_filter(&text, query, now);
        return;
    }
    let Some(open) = &mut model.open else { return };
    if let Some(origin) = &prompt.origin {
        open.timeline.return_to(origin);
    }
    let seek = query.is_some() && prompt.purpose == Purpose::Find;
    open.timeline.set_query(prompt.purpose, query.map(|query| (text, query)), now);
    if seek {
        open.timeline.seek();
    }
}

/// Enter: what was typed stays. What is wrong stands above the line, and the line with it.
fn keep(cx: &mut Cx<'_>, _: Action) {
    let Some(prompt) = cx.model.layers.prompt() else { return };
    if prompt.remark.is_some() {
        return;
    }
    let ((text, _), domain) = (prompt.line(), prompt.domain);
    prompt::keep(&mut cx.model.searches, &text);
    cx.model.layers.pop();
    if domain == Domain::Files {
        super::service::preview(cx);
    }
}

/// Esc: everything is as it was before.
fn leave(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Prompt(prompt)) = cx.model.layers.pop() else { return };
    restore(cx.model, &prompt, Purpose::Filter);
    restore(cx.model, &prompt, Purpose::Find);
    match prompt.domain {
        Domain::Events => {
            if let (Some(open), Some(origin)) = (&mut cx.model.open, &prompt.origin) {
                open.timeline.return_to(origin);
            }
        }
        Domain::Sessions => {
            if let Some(session) = &prompt.session {
                cx.model.sessions.select(session);
            }
        }
        Domain::Files => {
            if let Some(file) = &prompt.file {
                cx.model.artifacts.select(file);
            }
        }
    }
}

/// What was looked for, or filtered by, before the line was opened.
fn restore(model: &mut Model, prompt: &Prompt, purpose: Purpose) {
    let before = match purpose {
        Purpose::Find => &prompt.before.0,
        Purpose::Filter => &prompt.before.1,
    };
    let text = before.clone().unwrap_or_default();
    let query = prompt::read(&text, purpose, prompt.domain).ok().flatten();
    let now = model.now;
    match (prompt.domain, purpose) {
        (Domain::Events, _) => {
            let Some(open) = &mut model.open else { return };
            if open.timeline.query_text(purpose) != before.as_deref() {
                let parsed = query.map(|query| (text, query));
                open.timeline.set_query(purpose, parsed, now);
            }
        }
        (Domain::Sessions, Purpose::Filter) => model.sessions.set_filter(&text, query),
        (Domain::Files, Purpose::Filter) => model.artifacts.list.set_filter(&text, query, now),
        (Domain::Sessions | Domain::Files, Purpose::Find) => {}
    }
}

/// Tab: the same words as a filter, or as something to find.
fn switch(cx: &mut Cx<'_>, _: Action) {
    with_line(cx.model, |model, prompt| {
        if prompt.domain == Domain::Events {
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
        }
        apply(model, prompt);
    });
}

/// `n` and `N`.
pub(super) fn leap(cx: &mut Cx<'_>, action: Action) {
    let (model, forward) = (&mut *cx.model, action == Action::NextHit);
    let Some(open) = &mut model.open else { return cx.say("open a session first") };
    let words = match open.timeline.leap(forward) {
        Leap::NoQuery => "nothing is looked for; / finds".to_owned(),
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
    let fold = revealed.unfolded.then_some("it was folded away");
    agent.into_iter().chain(fold)
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
