//! What the word under the cursor may become: a skill of the agent, a file of the session, a file of this
//! machine.
//!
//! Owns the list and what of it is chosen; what there is comes in from those who know. Puts nothing into
//! the text by itself. Start with [`Word::under_cursor`]. The invariant: a list is about one word, and goes
//! when that word does.

use crate::api::{Agent, ArtifactId};
use crate::text::{sanitize, units};
use crate::view::{Editor, ItemList, Model};

/// Rows of the list that are seen at once.
pub const ROWS: u16 = 6;
/// Things of one sort that are offered.
const MOST: usize = 40;
/// Characters of a description that are looked at.
const DESCRIPTION: usize = 200;

/// What a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// `/` at the beginning of the message.
    Skills,
    /// `@` at the beginning of a word.
    Files,
}

/// The word that the cursor is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub sort: Sort,
    /// Row and character that it begins at.
    pub at: (usize, usize),
    /// What stands behind its sign.
    pub text: String,
}

impl Word {
    /// The word, if it asks for something.
    pub fn under_cursor(editor: &Editor) -> Option<Self> {
        let (row, column) = editor.cursor();
        let line: Vec<char> = editor.lines().get(row)?.chars().take(column).collect();
        let start = line.iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1);
        let (sign, rest) = line.get(start..)?.split_first()?;
        let sort = match sign {
            '/' if (row, start) == (0, 0) => Sort::Skills,
            '@' => Sort::Files,
            _ => return None,
        };
        Some(Self { sort, at: (row, start), text: rest.iter().collect() })
    }

    /// Characters of it, with its sign.
    pub fn characters(&self) -> usize {
        self.text.chars().count() + 1
    }
}

/// What a word becomes if an offer is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gives {
    /// The skill is loaded with the message; the word goes.
    Skill(String),
    /// The name and the id of a file of the session, as text.
    Named(String),
    /// A file of this machine goes along; the word goes.
    Attached(String),
    /// The word goes on in this directory.
    Directory(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub name: String,
    pub words: String,
    pub gives: Gives,
    /// Why it would come to nothing.
    pub off: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Offers {
    pub word: Word,
    pub list: ItemList<Offer>,
    /// Files of the session that were listed when this was made.
    pub listed: usize,
}

impl Offers {
    pub fn new(word: Word, offers: Vec<Offer>, listed: usize) -> Self {
        let title = match word.sort {
            Sort::Skills => "skills",
            Sort::Files => "files",
        };
        Self { word, list: ItemList::new(title, offers), listed }
    }

    pub fn rows(&self) -> u16 {
        u16::try_from(self.list.items().len()).unwrap_or(u16::MAX).min(ROWS)
    }
}

/// Skills of an agent that a word may mean, in the step that the session is in.
pub fn skills(agent: &Agent, step: Option<&str>, typed: &str) -> Vec<Offer> {
    let typed = typed.to_lowercase();
    let meant = agent.skills.iter().filter(|(name, _)| name.to_lowercase().contains(&typed));
    let offer = |(name, skill): (&String, &serde_json::Value)| {
        let told = |field: &str| skill.get(field).and_then(serde_json::Value::as_str);
        let words = [told("description"), told("when_to_use")].into_iter().flatten();
        let words: Vec<String> = words.map(|words| sanitize::preview(words, DESCRIPTION)).collect();
        Offer {
            name: sanitize::one_line(name).into_owned(),
            words: words.join(" · "),
            gives: Gives::Skill(name.clone()),
            off: (!agent.allows_skill(step, name)).then(|| "not in this step".to_owned()),
        }
    };
    meant.map(offer).take(MOST).collect()
}

/// Files of the session that a word may mean, the newest first.
pub fn named_files(model: &Model, typed: &str) -> Vec<Offer> {
    let typed = typed.to_lowercase();
    let meant = model.artifacts.artifacts().iter().filter(|file| {
        file.filename.to_lowercase().contains(&typed) || file.id.as_str().starts_with(&typed)
    });
    let offers = meant.take(MOST).map(|file| {
        let (name, id): (_, &ArtifactId) = (sanitize::one_line(&file.filename), &file.id);
        Offer {
            words: format!("in the session · {} · {id}", units::size(file.size_bytes)),
            gives: Gives::Named(format!("{name} ({id}) ")),
            name: name.into_owned(),
            off: None,
        }
    });
    offers.collect()
}

/// Files of this machine that a beginning of a path may become.
pub fn paths(typed: &str, names: &[String]) -> Vec<Offer> {
    let directory = typed.rfind('/').map_or("", |at| &typed[..=at]);
    let offers = names.iter().take(MOST).map(|name| {
        let path = format!("{directory}{name}");
        let (words, gives) = if name.ends_with('/') {
            ("a directory here", Gives::Directory(path))
        } else {
            ("of this machine: goes along", Gives::Attached(path))
        };
        let name = sanitize::one_line(name).into_owned();
        Offer { name, words: words.to_owned(), gives, off: None }
    });
    offers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_slash_asks_at_the_very_beginning_and_an_at_sign_at_that_of_a_word() {
        let asked = |text: &str| {
            let mut editor = Editor::default();
            editor.set_text(text);
            Word::under_cursor(&editor).map(|word| (word.sort, word.at, word.text))
        };
        assert_eq!(asked("/le"), Some((Sort::Skills, (0, 0), "le".to_owned())));
        assert_eq!(asked("look @src/m"), Some((Sort::Files, (0, 5), "src/m".to_owned())));
        assert_eq!(asked("ä\n @"), Some((Sort::Files, (1, 1), String::new())));
        for nothing in ["", "a", "see /etc", "\n/le", "/say hello", "me@host", "@a "] {
            assert_eq!(asked(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn skills_come_with_what_they_are_for_and_say_where_they_are_not_allowed() {
        let agent: Agent = serde_json::from_value(json!({"key": "a", "name": "A",
            "first_step_name": "one", "first_step": {},
            "steps": {"two": {"allowed_skills": ["letters"]}},
            "skills": {"letters": {"description": "How letters are written",
                "when_to_use": "for any\u{1b}[2J letter", "content": "c"},
                "review": {"description": "d", "content": "c"}, "odd": null}}))
        .unwrap();
        let found = skills(&agent, Some("one"), "LET");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].gives, Gives::Skill("letters".to_owned()));
        assert!(found[0].words.starts_with("How letters are written · for any"));
        assert!(!found[0].words.contains('\u{1b}'));
        let off =
            |step| skills(&agent, step, "").iter().map(|of| of.off.is_some()).collect::<Vec<_>>();
        assert_eq!((off(Some("one")), off(Some("two"))), (vec![false; 3], vec![false, true, true]));
    }

    #[test]
    fn a_path_goes_on_where_it_was_typed() {
        let names = ["a.txt".to_owned(), "sub/".to_owned()];
        let found: Vec<Gives> = paths("~/x/a", &names).into_iter().map(|of| of.gives).collect();
        let wanted =
            [Gives::Attached("~/x/a.txt".to_owned()), Gives::Directory("~/x/sub/".to_owned())];
        assert_eq!(found, wanted);
        assert_eq!(paths("a", &names)[0].gives, Gives::Attached("a.txt".to_owned()));
    }
}
