//! What keys do on the screens of the first minute.
//!
//! Pure: a key or an answer comes in, what is to be done comes out. Must not know how that is done. Start
//! with [`press`] and [`answered`]. The invariant: every key has a reply, and Esc leads back without
//! anything having been written.

use super::typing::edit_of;
use crate::keymap::{Code, Key};
use crate::view::Edit;
use crate::view::first_run::{
    AUTH, AgentChoice, Answer, BY_NOTHING, BY_OAUTH, CLIENT_ID, CONTENTS, DEMO, DIRECTORY, Doing,
    FirstRun, KEY, NAME, Offer, Outcome, Page, SECRET, TOKEN_URL, URL, Wish,
};
use crate::view::layer::form::FieldKind;

/// Letters that a profile can have, so that it needs no quotes anywhere.
const MOST_NAME: usize = 40;

/// What a key wants done, if something.
pub fn press(first: &mut FirstRun, key: Key) -> Option<Wish> {
    first.said = None;
    let leaving = std::mem::take(&mut first.leaving);
    if key == Key::ctrl('c') {
        return interrupt(first, leaving);
    }
    if let Some(doing) = &first.doing {
        let may_stop = doing.may_stop;
        if key.code == Code::Esc && may_stop {
            first.doing = None;
            first.said = Some("stopped; nothing was written".to_owned());
        } else {
            let words = if may_stop { "Esc stops it" } else { "a moment: it is being written" };
            first.said = Some(words.to_owned());
        }
        return None;
    }
    match first.page {
        Page::Choice => choose(first, key),
        Page::Server | Page::Service => fill_in(first, key),
        Page::Agents => choose_agents(first, key),
    }
}

/// A text that was pasted.
pub fn paste(first: &mut FirstRun, text: &str) {
    first.said = None;
    if first.doing.is_some() || first.field().is_none() {
        first.said = Some("there is no field here to paste into".to_owned());
        return;
    }
    edit(first, &Edit::Paste(text.trim().to_owned()));
}

/// Something was done.
pub fn answered(first: &mut FirstRun, answer: Answer) {
    if first.doing.take().is_none() {
        // Stopped meanwhile.
        return;
    }
    match answer {
        Answer::Checked(Ok(found)) => {
            first.agents = found
                .agents
                .into_iter()
                .map(|(key, name)| AgentChoice { key, name, chosen: false })
                .collect();
            first.agents_remark = found.remark;
            (first.agent, first.page, first.problem) = (0, Page::Agents, None);
        }
        Answer::Made(Ok(made)) => {
            first.forget_secrets();
            first.outcome = Some(Outcome::Profile { name: made.profile, words: made.words });
        }
        Answer::Checked(Err(problem)) | Answer::Made(Err(problem)) => first.problem = Some(problem),
    }
}

fn interrupt(first: &mut FirstRun, leaving: bool) -> Option<Wish> {
    let stops = first.doing.as_ref().is_some_and(|doing| doing.may_stop);
    if leaving {
        first.outcome = Some(Outcome::Left);
    } else {
        if stops {
            first.doing = None;
        }
        first.leaving = true;
        first.said = Some("Ctrl-C again quits; nothing is configured yet".to_owned());
    }
    None
}

/// Up or down, in a list of so many.
fn moved(at: usize, count: usize, key: Key) -> Option<usize> {
    let last = count.saturating_sub(1);
    Some(match (key.code, key.ctrl) {
        (Code::Char('j'), false) | (Code::Char('n'), true) | (Code::Down | Code::Tab, _) => {
            (at + 1).min(last)
        }
        (Code::Char('k'), false) | (Code::Char('p'), true) | (Code::Up | Code::BackTab, _) => {
            at.saturating_sub(1)
        }
        (Code::Char('g'), false) | (Code::Home | Code::PageUp, _) => 0,
        (Code::Char('G'), false) | (Code::End | Code::PageDown, _) => last,
        _ => return None,
    })
}

/// Elsewhere than in a text Alt with a key is Esc and the key.
fn without_alt(key: Key) -> Key {
    key.apart().map_or(key, |[_, key]| key)
}

fn choose(first: &mut FirstRun, key: Key) -> Option<Wish> {
    let key = without_alt(key);
    let count = first.offers.len();
    if let Some(at) = moved(first.at, count, key) {
        first.at = at;
        return None;
    }
    match key.typed() {
        Some('q' | 'Q') => first.outcome = Some(Outcome::Left),
        Some(digit @ '1'..='9') => {
            let at = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1) - 1;
            if at < count {
                first.at = at;
                take_offer(first);
            } else {
                first.said = Some(format!("there are {count} of them"));
            }
        }
        _ if matches!(key.code, Code::Enter | Code::Right) || key.typed() == Some('l') => {
            take_offer(first);
        }
        _ if key.code == Code::Esc => {
            first.said = Some("this is the beginning; q quits".to_owned());
        }
        _ => {
            let words = format!("{} does nothing here: Enter chooses, q quits", key.label());
            first.said = Some(words);
        }
    }
    None
}

fn take_offer(first: &mut FirstRun) {
    first.problem = None;
    let page = match first.offers.get(first.at) {
        Some(Offer::Profile { name, .. }) => {
            let (name, words) = (name.clone(), String::new());
            return first.outcome = Some(Outcome::Profile { name, words });
        }
        Some(Offer::Demo) => return first.outcome = Some(Outcome::Demo),
        Some(Offer::Server) => Page::Server,
        _ => Page::Service,
    };
    if let Some(why) = &first.unwritable {
        // Nothing is asked for that could not be kept.
        first.problem = Some(why.clone());
        return;
    }
    first.page = page;
}

fn fill_in(first: &mut FirstRun, key: Key) -> Option<Wish> {
    match key.code {
        Code::Esc => {
            back(first);
            return None;
        }
        Code::Tab | Code::BackTab => {
            let forward = key.code == Code::Tab;
            if let Some(sheet) = first.sheet_mut() {
                sheet.step(forward);
            }
            return None;
        }
        Code::Enter => return send(first),
        _ => {}
    }
    let undo = match key {
        _ if key == Key::ctrl('z') => Some(Edit::Undo),
        _ if key == Key::ctrl('y') => Some(Edit::Redo),
        _ => None,
    };
    match (undo.or_else(|| edit_of(key)), key.apart()) {
        (Some(change), _) => edit(first, &change),
        (None, Some([_, key])) => {
            back(first);
            return press(first, key);
        }
        (None, None) => {
            first.said = Some(format!("{} does nothing here", key.label()));
        }
    }
    None
}

/// To the choice, or out where there is nothing to choose.
fn back(first: &mut FirstRun) {
    first.problem = None;
    let forgotten = first.forget_secrets();
    if forgotten {
        first.said = Some("what you typed unseen is forgotten; the rest is kept".to_owned());
    }
    if first.keyless.is_some() {
        first.outcome = Some(Outcome::Left);
    } else {
        first.page = Page::Choice;
    }
}

fn edit(first: &mut FirstRun, change: &Edit) {
    first.problem = None;
    let Some(sheet) = first.sheet_mut() else { return };
    let Some(field) = sheet.fields.get_mut(sheet.at) else {
        match change {
            Edit::Up => sheet.step(false),
            Edit::Down => sheet.step(true),
            _ => {
                first.said =
                    Some("this is the button: Enter goes on, Tab to the fields".to_owned());
            }
        }
        return;
    };
    field.problem = None;
    match (&field.kind, change) {
        (_, Edit::Up) => sheet.step(false),
        (_, Edit::Down) => sheet.step(true),
        (FieldKind::Choice(_), Edit::Left) => field.choose(false),
        (FieldKind::Choice(_), Edit::Right | Edit::Insert(' ')) => field.choose(true),
        (FieldKind::Choice(_), _) => {
            first.said = Some("Left and Right choose, Tab goes on".to_owned());
        }
        _ => drop(field.editor.apply(&change.first_line())),
    }
    first.fit_service();
}

fn send(first: &mut FirstRun) -> Option<Wish> {
    first.problem = None;
    let taken = first.taken.clone();
    let is_new = first.keyless.is_none();
    let page = first.page;
    let sheet = first.sheet_mut()?;
    let name = sheet.text(NAME);
    if is_new && let Some(problem) = name_problem(&name, &taken) {
        sheet.complain(NAME, problem);
        return None;
    }
    if page == Page::Server {
        let directory = sheet.text(DIRECTORY);
        if directory.is_empty() {
            sheet.complain(DIRECTORY, "a directory is wanted".to_owned());
            return None;
        }
        let demo = sheet.text(CONTENTS) == DEMO;
        let words = format!("making a server in {directory}");
        first.doing = Some(Doing { words, may_stop: false });
        return Some(Wish::Serve { name, directory, demo });
    }
    if is_new && let Some(problem) = url_problem(&sheet.text(URL)) {
        sheet.complain(URL, problem);
        return None;
    }
    let auth = sheet.text(AUTH);
    let wanted: &[&str] = match auth.as_str() {
        BY_NOTHING => &[],
        BY_OAUTH => &[CLIENT_ID, SECRET],
        _ => &[KEY],
    };
    let is_empty = |label: &&&str| {
        sheet.fields.iter().any(|field| field.label == **label && field.text().trim().is_empty())
    };
    let missing = wanted.iter().chain(&[KEY, SECRET]).find(is_empty).copied();
    if let Some(label) = missing {
        sheet.complain(label, format!("the {label} is empty"));
        return None;
    }
    let token_url = sheet.text(TOKEN_URL);
    if let Some(problem) =
        Some(token_url).filter(|url| !url.is_empty()).and_then(|url| url_problem(&url))
    {
        sheet.complain(TOKEN_URL, problem);
        return None;
    }
    let draft = first.draft();
    let at = if draft.url.is_empty() { draft.name.clone() } else { draft.url.clone() };
    first.doing = Some(Doing { words: format!("asking {at} for its agents"), may_stop: true });
    Some(Wish::Check(draft))
}

fn choose_agents(first: &mut FirstRun, key: Key) -> Option<Wish> {
    let key = without_alt(key);
    if let Some(at) = moved(first.agent, first.agents.len(), key) {
        first.agent = at;
        return None;
    }
    match (key.code, key.typed()) {
        (Code::Esc, _) => {
            (first.page, first.problem) = (Page::Service, None);
        }
        (_, Some(' ')) => match first.agents.get_mut(first.agent) {
            Some(agent) => agent.chosen = !agent.chosen,
            None => first.said = Some("there is no agent to choose".to_owned()),
        },
        (_, Some('a')) => {
            let all = first.agents.iter().all(|agent| agent.chosen);
            first.agents.iter_mut().for_each(|agent| agent.chosen = !all);
        }
        (Code::Enter, _) => {
            let chosen = first.agents.iter().filter(|agent| agent.chosen);
            let chosen = chosen.map(|agent| agent.key.clone()).collect();
            first.problem = None;
            let words = "storing the key and the profile".to_owned();
            first.doing = Some(Doing { words, may_stop: false });
            return Some(Wish::Save(first.draft(), chosen));
        }
        _ => {
            let words = format!("{} does nothing here: Space chooses, Enter goes on", key.label());
            first.said = Some(words);
        }
    }
    None
}

/// What stands in the way of a name.
pub fn name_problem(name: &str, taken: &[String]) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() {
        Some("a name is wanted".to_owned())
    } else if !name.chars().all(fits) || name.len() > MOST_NAME {
        Some(format!("letters, digits, _ and -, {MOST_NAME} at most"))
    } else if taken.iter().any(|known| known == name) {
        Some(format!("there is a profile {name} already"))
    } else {
        None
    }
}

fn url_problem(url: &str) -> Option<String> {
    let host = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    match host {
        Some(host) if host.starts_with(|c: char| c.is_alphanumeric() || c == '[') => None,
        _ => Some("write it like https://api.example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first_run::{ACCESS, Found, Made, Whereabouts};

    fn first() -> FirstRun {
        let places = Whereabouts { data: "/d".to_owned(), ..Whereabouts::default() };
        FirstRun::new("nothing is configured", places)
    }

    fn keys(first: &mut FirstRun, keys: &str) -> Option<Wish> {
        let keys = Key::parse_sequence(keys).unwrap();
        keys.into_iter().filter_map(|key| press(first, key)).last()
    }

    #[test]
    fn every_key_of_the_keyboard_has_a_reply_on_every_page() {
        for page in [Page::Choice, Page::Server, Page::Service, Page::Agents] {
            for key in "x <f5> <del> <c-x> <c-g> <a-x> Z <pgdn> <left> ? <space> / <c-z>".split(' ')
            {
                let mut first = FirstRun { page, ..first() };
                let before = format!("{first:?}");
                keys(&mut first, key);
                let edits = matches!(page, Page::Server | Page::Service);
                assert!(
                    edits || format!("{first:?}") != before || page == Page::Agents,
                    "{page:?} {key}"
                );
                assert!(first.outcome.is_none(), "{page:?} {key}");
            }
        }
    }

    #[test]
    fn a_key_is_asked_for_checked_and_stored_with_the_chosen_agents() {
        let mut first = first();
        assert_eq!(keys(&mut first, "3 <enter>"), None, "a key is missing");
        assert_eq!(first.field().unwrap().label, KEY);
        assert_eq!(first.field().unwrap().problem.as_deref(), Some("the key is empty"));
        paste(&mut first, " zut_hunter2\n");
        let Some(Wish::Check(draft)) = keys(&mut first, "<enter>") else { panic!("{first:?}") };
        assert_eq!((draft.secret.reveal(), draft.name.as_str()), ("zut_hunter2", "main"));
        assert!(!format!("{draft:?}").contains("hunter2"));
        keys(&mut first, "x");
        assert_eq!(first.draft(), draft, "what is checked is not changed");
        answered(&mut first, Answer::Checked(Err("401 · request r1".to_owned())));
        assert_eq!(first.problem.as_deref(), Some("401 · request r1"));
        assert_eq!(first.draft(), draft, "and stays after a refusal");
        keys(&mut first, "<enter>");
        let agents = [("a", "A"), ("b", "B")].map(|(k, n)| (k.to_owned(), n.to_owned())).to_vec();
        answered(&mut first, Answer::Checked(Ok(Found { agents, remark: None })));
        let Some(Wish::Save(saved, agents)) = keys(&mut first, "j <space> <enter>") else {
            panic!("{first:?}")
        };
        assert_eq!((saved, agents), (draft, vec!["b".to_owned()]));
        let made = Made { profile: "main".to_owned(), words: String::new() };
        answered(&mut first, Answer::Made(Ok(made)));
        assert!(matches!(first.outcome, Some(Outcome::Profile { .. })));
        assert_eq!(first.draft().secret.reveal(), "", "nothing of the key is left behind");
    }

    #[test]
    fn a_slow_service_is_left_with_esc_and_its_late_answer_changes_nothing() {
        let mut first = first();
        keys(&mut first, "3 <enter> k e y <enter>");
        assert!(first.doing.is_some());
        assert_eq!(keys(&mut first, "<esc>"), None);
        assert!(first.doing.is_none() && first.page == Page::Service);
        answered(&mut first, Answer::Checked(Ok(Found::default())));
        assert_eq!(first.page, Page::Service);
        keys(&mut first, "<esc>");
        assert_eq!((first.page, first.draft().secret.reveal()), (Page::Choice, ""));
        keys(&mut first, "<c-c>");
        assert!(first.outcome.is_none());
        keys(&mut first, "<c-c>");
        assert_eq!(first.outcome, Some(Outcome::Left));
    }

    #[test]
    fn the_way_of_proving_oneself_decides_what_is_asked() {
        let mut first = first();
        keys(&mut first, "3 <tab> <tab> <right>");
        let labels = |first: &FirstRun| {
            first.service.fields.iter().map(|field| field.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&first), [NAME, URL, AUTH, CLIENT_ID, SECRET, TOKEN_URL, ACCESS]);
        keys(&mut first, "<right>");
        assert_eq!(labels(&first), [NAME, URL, AUTH, ACCESS]);
        let Some(Wish::Check(draft)) = keys(&mut first, "<enter>") else { panic!("{first:?}") };
        assert_eq!((draft.auth.as_str(), draft.secret.reveal()), (BY_NOTHING, ""));
    }

    #[test]
    fn names_that_are_taken_or_need_quotes_are_told_in_their_place() {
        let mut first = first().with_profiles(vec![("local".to_owned(), "u".to_owned())]);
        keys(&mut first, "3");
        assert_eq!(first.server.text(NAME), "local2");
        keys(&mut first, "<bs>");
        assert_eq!(keys(&mut first, "<enter>"), None);
        assert!(first.field().unwrap().problem.as_deref().unwrap().contains("already"));
        keys(&mut first, ". <enter>");
        assert!(first.field().unwrap().problem.as_deref().unwrap().contains("letters"));
        keys(&mut first, "<bs> x");
        let wish = keys(&mut first, "<enter>");
        let (name, directory) = ("localx".to_owned(), "/d".to_owned());
        assert_eq!(wish, Some(Wish::Serve { name, directory, demo: true }));
        assert_eq!(keys(&mut first, "<esc>"), None);
        assert!(first.doing.is_some(), "what is being written is not left half way");
    }

    #[test]
    fn where_nothing_can_be_written_nothing_is_asked_for() {
        let mut first = FirstRun { unwritable: Some("no TOML".to_owned()), ..first() };
        keys(&mut first, "3");
        assert_eq!((first.page, first.problem.as_deref()), (Page::Choice, Some("no TOML")));
        keys(&mut first, "1");
        assert_eq!(first.outcome, Some(Outcome::Demo));
    }

    #[test]
    fn a_profile_without_a_key_asks_for_that_alone() {
        let mut first = first().for_key("prod", "api-key");
        assert_eq!(first.field().unwrap().label, KEY);
        assert_eq!(first.service.fields.len(), 1);
        let Some(Wish::Check(draft)) = keys(&mut first, "k <enter>") else { panic!("{first:?}") };
        assert!(draft.is_there && draft.name == "prod");
        assert_eq!(keys(&mut first, "<esc> <esc>"), None);
        assert_eq!(first.outcome, Some(Outcome::Left));
        let oauth = self::first().for_key("stage", "oauth");
        assert_eq!(oauth.field().unwrap().label, SECRET);
    }
}
