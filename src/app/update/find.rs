//! Finding and filtering: the line at the bottom, going from match to match, the menu of types.

use super::{Machine, navigate, toast};
use crate::app::{Action, Effect};
use crate::model::prompt::Remark;
use crate::model::timeline::{Leap, Purpose, Revealed};
use crate::model::{
    Edit, Editor, Focus, Level, Mode, Model, Overlay, Prompt, Question, QuestionKind, TypeMenu,
    View, prompt,
};
use crate::query::{Domain, Query};

pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Search => open(model),
        Action::NextHit | Action::PreviousHit => leap(model, action == Action::NextHit),
        Action::SwitchSearch => switch(model),
        Action::Types => open_types(model),
        _ => {}
    }
}

fn open(model: &mut Model) {
    let (prompt, line) = if model.view == View::Triage && model.focus == Focus::Sessions {
        let line = model.sessions.filter().to_owned();
        (Prompt::new(Domain::Sessions, Purpose::Filter), line)
    } else {
        let Some(open) = &model.open else {
            toast(model, Level::Info, "open a session first");
            return;
        };
        let text = |purpose| open.timeline.query_text(purpose).map(str::to_owned);
        let before = (text(Purpose::Find), text(Purpose::Filter));
        // A filter that somebody may want to change is shown.
        let (purpose, line) = match &before {
            (None, Some(filter)) => (Purpose::Filter, filter.clone()),
            _ => (Purpose::Find, String::new()),
        };
        let origin = Some(open.timeline.whereabouts());
        let mut prompt = Prompt::new(Domain::Events, purpose);
        (prompt.before, prompt.origin) = (before, origin);
        (prompt, line)
    };
    let mut input = Editor::default();
    input.set_text(&line);
    model.ask = Some(Question { text: prompt.word().to_owned(), kind: QuestionKind::Line, input });
    model.prompt = Some(prompt);
    model.mode = Mode::Ask;
}

/// The line that is being typed, and the character that the cursor is before.
fn line(model: &Model) -> (String, usize) {
    let input = model.ask.as_ref().map(|question| &question.input);
    input.map_or_else(Default::default, |input| (input.text(), input.cursor().1))
}

/// A key in the line.
pub(super) fn edit(model: &mut Model, edit: &Edit) {
    let (text, cursor) = line(model);
    let (Some(prompt), Some(question)) = (&mut model.prompt, &mut model.ask) else { return };
    match edit {
        Edit::Newline => return,
        Edit::Up | Edit::Down => {
            let Some(recalled) = prompt.recall(&model.searches, &text, *edit == Edit::Up) else {
                return;
            };
            prompt.touched = true;
            question.input.set_text(&recalled);
        }
        Edit::Right | Edit::LineEnd
            if cursor == text.chars().count() && !prompt.offers.is_empty() =>
        {
            let Some((text, cursor)) = prompt.accept(&text) else { return };
            prompt.typed();
            question.input.set_text(&text);
            for _ in cursor..text.chars().count() {
                question.input.apply(&Edit::Left);
            }
        }
        Edit::Paste(pasted) => {
            prompt.typed();
            let first = pasted.lines().next().unwrap_or_default();
            question.input.apply(&Edit::Paste(first.to_owned()));
        }
        edit => {
            if !question.input.apply(edit) {
                return;
            }
            prompt.typed();
        }
    }
    apply(model);
}

/// Works what is typed into what is shown. What is no query yet leaves the last one in place.
fn apply(model: &mut Model) {
    let (text, cursor) = line(model);
    let Some(mut prompt) = model.prompt.take() else { return };
    let read = prompt::read(&text, prompt.purpose, prompt.domain);
    prompt.remark = match &read {
        Err(mistake) => Some(mistake.into()),
        Ok(Some(query)) => elsewhere(query),
        Ok(None) => None,
    };
    match (prompt.domain, &model.open) {
        (Domain::Events, Some(open)) => prompt.offer(&text, cursor, &open.timeline),
        _ => prompt.offer(&text, cursor, &model.sessions),
    }
    if let Ok(query) = read.map(|query| query.filter(|query| elsewhere(query).is_none())) {
        show(model, &prompt, text, query);
    }
    model.prompt = Some(prompt);
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

/// Enter: what was typed stays.
pub(super) fn keep(model: &mut Model) {
    let (text, _) = line(model);
    let Some(prompt) = model.prompt.take() else { return };
    if prompt.remark.is_some() {
        // What is wrong stands above the line.
        model.prompt = Some(prompt);
        return;
    }
    prompt::keep(&mut model.searches, &text);
    close(model);
}

/// Esc: everything is as it was before.
pub(super) fn leave(model: &mut Model) {
    let Some(prompt) = model.prompt.take() else { return };
    close(model);
    if prompt.domain == Domain::Sessions {
        // What the filter hides is said in the heading, and Esc in the list ends it.
        return;
    }
    restore(model, &prompt, Purpose::Filter);
    restore(model, &prompt, Purpose::Find);
    if let (Some(open), Some(origin)) = (&mut model.open, &prompt.origin) {
        open.timeline.return_to(origin);
    }
}

fn close(model: &mut Model) {
    model.ask = None;
    model.mode = Mode::Browse;
}

/// What was looked for, or filtered by, before the line was opened.
fn restore(model: &mut Model, prompt: &Prompt, purpose: Purpose) {
    let Some(open) = &mut model.open else { return };
    let before = match purpose {
        Purpose::Find => &prompt.before.0,
        Purpose::Filter => &prompt.before.1,
    };
    if open.timeline.query_text(purpose) == before.as_deref() {
        return;
    }
    let parsed = before.as_ref().and_then(|text| {
        let query = prompt::read(text, purpose, Domain::Events).ok().flatten()?;
        Some((text.clone(), query))
    });
    open.timeline.set_query(purpose, parsed, model.now);
}

/// Tab: the same words as a filter, or as something to find.
fn switch(model: &mut Model) {
    let Some(mut prompt) = model.prompt.take() else { return };
    if prompt.domain == Domain::Events {
        restore(model, &prompt, prompt.purpose);
        prompt.purpose = match prompt.purpose {
            Purpose::Find => Purpose::Filter,
            Purpose::Filter => Purpose::Find,
        };
        let other = match prompt.purpose {
            Purpose::Find => &prompt.before.0,
            Purpose::Filter => &prompt.before.1,
        };
        if let Some(question) = &mut model.ask {
            prompt.word().clone_into(&mut question.text);
            if !prompt.touched {
                question.input.set_text(other.as_deref().unwrap_or_default());
            }
        }
    }
    model.prompt = Some(prompt);
    apply(model);
}

/// `n` and `N`.
fn leap(model: &mut Model, forward: bool) {
    let Some(open) = &mut model.open else { return };
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

/// Esc outside of the line ends the filter first, then the search; says whether there was one.
pub(super) fn end_one(model: &mut Model) -> bool {
    if model.focus == Focus::Sessions {
        let filtered = !model.sessions.filter().is_empty();
        if filtered {
            model.sessions.set_filter("", None);
        }
        return filtered;
    }
    if let Some(viewer) = model.artifacts.viewer_mut().filter(|_| model.focus == Focus::Viewer) {
        return viewer.end_find(false);
    }
    let Some(open) = model.open.as_mut().filter(|_| model.focus == Focus::Timeline) else {
        return false;
    };
    let mut purposes = [Purpose::Filter, Purpose::Find].into_iter();
    let set = purposes.find(|purpose| open.timeline.query_text(*purpose).is_some());
    if let Some(purpose) = set {
        open.timeline.set_query(purpose, None, model.now);
    }
    set.is_some()
}

fn open_types(model: &mut Model) {
    let Some(open) = &model.open else { return };
    let menu = TypeMenu::of(&open.timeline);
    if menu.items().is_empty() {
        toast(model, Level::Info, "there are no events yet");
        return;
    }
    model.types = Some(menu);
    model.overlay = Some(Overlay::Types);
}

/// A key while the menu of types is open; `None` when it is none of its own.
pub(super) fn in_types(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.overlay != Some(Overlay::Types) {
        return None;
    }
    let by = navigate::distance(model, action);
    let menu = model.types.as_mut()?;
    match action {
        Action::Toggle => menu.toggle(),
        Action::ChooseAll => menu.toggle_all(),
        Action::First => menu.move_by(-navigate::FAR),
        Action::Last => menu.move_by(navigate::FAR),
        Action::Open => {
            let text = menu.query();
            model.types = None;
            model.overlay = None;
            choose(model, text);
        }
        Action::Close => {
            model.types = None;
            model.overlay = None;
        }
        _ => menu.move_by(by?),
    }
    Some(Vec::new())
}

fn choose(model: &mut Model, text: String) {
    let query = prompt::read(&text, Purpose::Filter, Domain::Events).ok().flatten();
    prompt::keep(&mut model.searches, &text);
    let now = model.now;
    if let Some(open) = &mut model.open {
        open.timeline.set_query(Purpose::Filter, query.map(|query| (text, query)), now);
    }
}

impl Machine {
    /// Goes on with what is looked for in the open session.
    pub(super) fn search_on(&mut self, model: &mut Model) -> Vec<Effect> {
        let timeline = model.open.as_mut().map(|open| &mut open.timeline);
        let under_way = timeline.and_then(|timeline| {
            if let Some(search) = timeline.next_search(self.next_search) {
                self.next_search += 1;
                return Some(Err(search));
            }
            timeline.search_under_way().map(Ok)
        });
        match under_way {
            Some(Err(search)) => {
                self.searching = Some(search.generation);
                vec![Effect::Search(Box::new(search))]
            }
            Some(Ok(generation)) if self.searching == Some(generation) => Vec::new(),
            // Nobody waits for the answers any more.
            _ => self.searching.take().map(|_| Effect::StopSearch).into_iter().collect(),
        }
    }
}
