//! A form over the panes: fields that are typed or chosen, and what sending them does.
//!
//! Owns what is typed until it was taken; a refusal leaves it where it is. Knows no keys and draws
//! nothing. Start with [`Form`]. The invariant: `at` is a field, or one behind the last: the button.

use serde_json::Value;

use crate::api::session::SessionChanges;
use crate::api::{AgentKey, EventId, Object, Session, SessionRef, exact};
use crate::text::wrap;
use crate::view::Editor;

const TEXT_ROWS: usize = 3;
/// In one form.
const MOST_SECRETS: usize = 20;
/// At least, and at most.
const JSON_ROWS: (usize, usize) = (3, 12);
/// Of why the service did not take it.
pub const PROBLEM_ROWS: usize = 2;
/// Of what is said above the fields, at most.
const REMARK_ROWS: usize = 4;
/// Columns of the labels.
pub const LABEL: u16 = 13;

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    Line,
    /// Some lines of prose.
    Text,
    /// An object, checked while it is typed.
    Json,
    /// Never shown, never kept. May have lines, as keys of programs do.
    Secret,
    /// One of these: what is sent, and what is said of it.
    Choice(Vec<(String, String)>),
}

impl FieldKind {
    /// Whether Enter begins a new line in it.
    pub fn has_lines(&self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
}

#[derive(Debug, Clone)]
pub struct Field {
    pub label: &'static str,
    pub kind: FieldKind,
    pub editor: Editor,
    /// What an empty one means, or how it is written.
    pub hint: &'static str,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Field {
    pub fn new(label: &'static str, kind: FieldKind, text: &str, hint: &'static str) -> Self {
        let mut editor = Editor::default();
        editor.set_text(text);
        Self { label, kind, editor, hint, problem: None }
    }

    pub fn text(&self) -> String {
        self.editor.text()
    }

    /// Rows that it takes, with what is wrong with it.
    pub fn rows(&self) -> usize {
        let rows = match self.kind {
            FieldKind::Json => self.editor.lines().len().clamp(JSON_ROWS.0, JSON_ROWS.1),
            FieldKind::Text => TEXT_ROWS,
            FieldKind::Line | FieldKind::Secret | FieldKind::Choice(_) => 1,
        };
        rows + usize::from(self.problem.is_some())
    }

    /// Goes to another of the choices.
    pub fn choose(&mut self, forward: bool) {
        let FieldKind::Choice(choices) = &self.kind else { return };
        let text = self.editor.text();
        let at = choices.iter().position(|(choice, _)| *choice == text).unwrap_or(0);
        let count = choices.len().max(1);
        let next = if forward { (at + 1) % count } else { (at + count - 1) % count };
        if let Some((choice, _)) = choices.get(next) {
            self.editor.set_text(choice);
        }
    }
}

/// What a branch takes of its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    All,
    /// Events up to the point, as they are.
    UpTo,
    /// A summary in the place of the events up to the point, and all later ones.
    SummaryUpTo,
}

/// Where a branch leaves its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchPoint {
    pub session: SessionRef,
    /// `None` where all is taken.
    pub event: Option<EventId>,
    pub extent: Extent,
}

/// Something said above the fields: what it is about, and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormRemark {
    pub label: &'static str,
    pub words: String,
}

impl FormRemark {
    /// The words as lines of so many columns with the label.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        let columns = columns.saturating_sub(usize::from(LABEL) + 1);
        wrap::wrap(&self.words, columns.max(8), REMARK_ROWS).0
    }
}

/// What a form is for, with what it began with.
#[derive(Debug, Clone, PartialEq)]
pub enum FormAbout {
    New,
    Branch(BranchPoint),
    Describe(Box<Session>),
    Metadata(Box<Session>),
    /// Adds to the metadata of all of them.
    MergeMetadata(Vec<SessionRef>),
    Expiry(Vec<SessionRef>),
    Secrets(SessionRef),
}

impl FormAbout {
    /// The session that it is about, where it is about one.
    pub fn session(&self) -> Option<SessionRef> {
        match self {
            Self::Describe(session) | Self::Metadata(session) => Some(session.reference()),
            Self::Secrets(session) => Some(session.clone()),
            Self::Branch(point) => Some(point.session.clone()),
            Self::MergeMetadata(sessions) | Self::Expiry(sessions) => match sessions.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            },
            Self::New => None,
        }
    }

    /// Whether what is typed for the one may stand in the other.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        if let (Self::Branch(point), Self::Branch(other)) = (self, other) {
            return point == other;
        }
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && self.session() == other.session()
    }
}

#[derive(Debug, Clone)]
pub struct Form {
    pub about: FormAbout,
    pub title: String,
    /// What sending it does, above the fields.
    pub remarks: Vec<FormRemark>,
    /// What the button says.
    pub button: &'static str,
    pub fields: Vec<Field>,
    pub at: usize,
    /// Sent and not answered yet.
    pub sending: bool,
    /// Why it was not taken.
    pub problem: Option<String>,
    begun_with: Vec<String>,
}

impl Form {
    pub fn new(about: FormAbout, title: String, button: &'static str, fields: Vec<Field>) -> Self {
        let begun_with = fields.iter().map(Field::text).collect();
        let remarks = Vec::new();
        Self {
            about,
            title,
            remarks,
            button,
            fields,
            at: 0,
            sending: false,
            problem: None,
            begun_with,
        }
    }

    /// Rows of what is said above the fields, where it has so many columns.
    pub fn remark_rows(&self, columns: usize) -> usize {
        self.remarks.iter().map(|remark| remark.lines(columns).len()).sum()
    }

    /// The field that letters go to; `None` on the button.
    pub fn field(&self) -> Option<&Field> {
        self.fields.get(self.at)
    }

    pub fn field_mut(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.at)
    }

    pub fn text_of(&self, label: &str) -> String {
        let field = self.fields.iter().find(|field| field.label == label);
        field.map(Field::text).unwrap_or_default()
    }

    /// To the next field or the button, and round.
    pub fn step(&mut self, forward: bool) {
        let count = self.fields.len() + 1;
        self.at = if forward { (self.at + 1) % count } else { (self.at + count - 1) % count };
    }

    /// Whether letters are typed in secret now.
    pub fn is_at_secret(&self) -> bool {
        self.field().is_some_and(|field| field.kind == FieldKind::Secret)
    }

    /// Rows that it would like to have, where it has so many columns.
    pub fn rows(&self, columns: usize) -> usize {
        let fields: usize = self.fields.iter().map(Field::rows).sum();
        let problem = usize::from(self.problem.is_some()) * PROBLEM_ROWS;
        self.remark_rows(columns) + fields + problem + 1
    }

    /// Whether something was typed that is not sent yet.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().zip(&self.begun_with).any(|(field, begun)| field.text() != *begun)
    }

    /// What is typed in secret is forgotten, so that it never comes back.
    pub fn forget_secrets(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.kind == FieldKind::Secret) {
            field.editor = Editor::default();
        }
    }

    /// Whether there is a field behind the secrets for one more: there is, as soon as each has something.
    pub fn make_room_for_secrets(&mut self) {
        let all: Vec<_> = self.secrets().collect();
        let full = all.iter().all(|(name, value)| !name.is_empty() && !value.is_empty());
        if !all.is_empty() && full && all.len() < MOST_SECRETS {
            self.fields.push(Field::new(
                SECRET_NAME,
                FieldKind::Line,
                "",
                "of another, if there is one",
            ));
            self.fields.push(Field::new(SECRET_VALUE, FieldKind::Secret, "", "typed unseen"));
        }
    }

    /// Names and values as they were typed, empty ones too.
    pub fn secrets(&self) -> impl Iterator<Item = (String, String)> {
        let pairs = self.fields.windows(2).filter_map(|pair| match pair {
            [name, value] if name.label == SECRET_NAME => Some((name, value)),
            _ => None,
        });
        pairs.map(|(name, value)| (name.text().trim().to_owned(), value.text()))
    }

    /// Looks at every field; whether each can be sent.
    pub fn check(&mut self) -> bool {
        for field in &mut self.fields {
            field.problem = match (&field.kind, field.label) {
                (FieldKind::Json, _) => object(&field.editor.text()).err(),
                (_, EXPIRY) => minutes(&field.editor.text()).err(),
                (_, KEY) => key_problem(&field.editor.text()),
                _ => None,
            };
        }
        self.fields.iter().all(|field| field.problem.is_none())
    }

    /// Goes to the first field with a problem.
    pub fn go_to_problem(&mut self) {
        if let Some(at) = self.fields.iter().position(|field| field.problem.is_some()) {
            self.at = at;
        }
    }

    /// What the fields say a session shall become.
    pub fn changes(&self) -> SessionChanges {
        let typed =
            |label: &str| self.fields.iter().find(|field| field.label == label).map(Field::text);
        SessionChanges {
            name: typed(NAME),
            description: typed(DESCRIPTION),
            metadata: typed(METADATA).and_then(|text| object(&text).ok()),
            tti_minutes: typed(EXPIRY).and_then(|text| minutes(&text).ok()),
            ..SessionChanges::default()
        }
    }

    /// The agent that was chosen, or that of the origin.
    pub fn agent(&self) -> Option<AgentKey> {
        if let FormAbout::Branch(point) = &self.about {
            return Some(point.session.agent.clone());
        }
        let field = self.fields.iter().find(|field| field.label == AGENT)?;
        Some(field.text().as_str().into())
    }
}

pub const AGENT: &str = "agent";
pub const KEY: &str = "key";
pub const NAME: &str = "name";
pub const DESCRIPTION: &str = "description";
pub const METADATA: &str = "metadata";
pub const EXPIRY: &str = "expires";
pub const ENABLED: &str = "enabled";
/// What the field of that name says where input is taken.
pub const YES: &str = "yes";
pub const SECRET_NAME: &str = "secret";
pub const SECRET_VALUE: &str = "value";

/// An object, or in words what is wrong and where. Nothing is an empty one.
pub fn object(text: &str) -> Result<Object, String> {
    if text.trim().is_empty() {
        return Ok(Object::new());
    }
    match exact::read(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("an object is wanted: { … }".to_owned()),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            Err(format!("line {line}, column {column}: {words}"))
        }
    }
}

/// Minutes of `90m`, `2h`, `3d`, `90`; `0` and nothing are never.
pub fn minutes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if matches!(text, "" | "0" | "never") {
        return Ok(0);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let each = match text.get(digits.len()..).unwrap_or_default() {
        "" | "m" | "min" => 1,
        "h" => 60,
        "d" => 24 * 60,
        unit => return Err(format!("{unit} is no unit: 90m, 2h, 3d, or 0 for never")),
    };
    let number = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(each));
    // The service counts in 64 bits with a sign.
    number
        .filter(|minutes| i64::try_from(*minutes).is_ok())
        .ok_or_else(|| format!("{text} is no time: 90m, 2h, 3d, or 0 for never"))
}

/// Minutes as they are typed.
pub fn minutes_typed(minutes: u64) -> String {
    match minutes {
        0 => "0".to_owned(),
        days if days % 1_440 == 0 => format!("{}d", days / 1_440),
        hours if hours % 60 == 0 => format!("{}h", hours / 60),
        minutes => format!("{minutes}m"),
    }
}

/// What stands in the way of a key (contract section 1.7).
fn key_problem(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match text.chars().find(|c| !fits(*c)) {
        Some(odd) => Some(format!("{odd:?} cannot be in a key: letters, digits, _ and -")),
        None if text.len() > 50 => Some("a key has 50 characters at most".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_shown() {
        for (text, wanted) in
            [("0", 0), ("", 0), ("never", 0), ("90", 90), ("90m", 90), ("2h", 120)]
        {
            assert_eq!(minutes(text), Ok(wanted), "{text}");
        }
        for wanted in [0, 1, 59, 60, 90, 1_440, 4_320, 1_441] {
            assert_eq!(minutes(&minutes_typed(wanted)), Ok(wanted));
        }
        for text in ["x", "5w", "-1", "1.5h", "99999999999999999999", "9223372036854775807d"] {
            assert!(minutes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_is_an_object_and_a_mistake_has_a_place() {
        assert_eq!(object("  "), Ok(Object::new()));
        assert!(object("{\"a\": 1}").is_ok());
        assert!(object("[1]").unwrap_err().contains("object"));
        let wrong = object("{\n  \"a\": 1,,\n}").unwrap_err();
        assert!(wrong.starts_with("line 2, column"), "{wrong}");
    }

    #[test]
    fn there_is_room_for_one_more_secret_once_each_has_a_name_and_a_value() {
        let field = |label, text| Field::new(label, FieldKind::Secret, text, "");
        let fields = vec![field(NAME, "n"), field(SECRET_NAME, ""), field(SECRET_VALUE, "")];
        let mut form = Form::new(FormAbout::New, String::new(), "", fields);
        form.make_room_for_secrets();
        assert_eq!(form.fields.len(), 3);
        for many in 1..=MOST_SECRETS + 2 {
            for field in &mut form.fields {
                field.editor.set_text("x\ny");
            }
            form.make_room_for_secrets();
            assert_eq!(form.secrets().count(), (many + 1).min(MOST_SECRETS));
        }
        form.forget_secrets();
        assert!(form.secrets().all(|(_, value)| value.is_empty()));
        let mut without = Form::new(FormAbout::New, String::new(), "", vec![field(NAME, "n")]);
        without.make_room_for_secrets();
        assert_eq!(without.fields.len(), 1);
    }

    #[test]
    fn a_key_has_the_letters_that_the_service_takes() {
        assert_eq!(key_problem("a-B_1"), None);
        assert!(key_problem(&"a".repeat(51)).is_some());
        assert!(key_problem("a b").is_some() && key_problem("ä").is_some());
    }
}
