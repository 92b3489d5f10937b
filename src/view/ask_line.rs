//! What a layer asks for in the hint row, and where the line stands that is typed there.
//!
//! Drawn by the drawing, pointed at with the mouse. Start with [`ask_line`], then [`TypedRow::of`]. The
//! invariant: what is typed at the cursor is in view, and so is the last key, which says the way out.

use crate::model::timeline::Purpose;
use crate::text::{sanitize, width, wrap};
use crate::view::layer::prompt::Subject;
use crate::view::{Editor, Layer, Layout, Mode, Model, Prompt, QuestionKind};

/// What a layer asks for in the hint row.
pub struct AskLine<'a> {
    pub text: String,
    /// The line that is typed, where one is.
    pub input: Option<&'a Editor>,
    /// A letter takes the place of the line, which stands there from before.
    pub marked: bool,
    pub keys: String,
}

pub fn ask_line<'a>(model: &'a Model, layer: &'a Layer) -> Option<AskLine<'a>> {
    let line = |text: &str, input, keys: &str| {
        let (text, keys) = (sanitize::preview(text, 200), keys.to_owned());
        Some(AskLine { text, input: Some(input), marked: false, keys })
    };
    match layer {
        Layer::Question(question) => {
            let keys = match &question.kind {
                // What is offered would do nothing yet.
                _ if model.is_guarded() => "a moment …".to_owned(),
                QuestionKind::Confirm => "Enter does it  Esc leaves".to_owned(),
                QuestionKind::Typed { expected } => {
                    format!("type {}  Esc leaves", sanitize::preview(expected, 200))
                }
                QuestionKind::Line => "Enter  Esc leaves".to_owned(),
            };
            let input = (question.kind != QuestionKind::Confirm).then_some(&question.input);
            let text = sanitize::one_line(&question.text).into_owned();
            Some(AskLine { text, input, marked: false, keys })
        }
        Layer::Prompt(prompt) => {
            let ask = line(prompt.word(), &prompt.input, prompt_keys(prompt));
            ask.map(|ask| AskLine { marked: prompt.standing, ..ask })
        }
        Layer::Palette(palette) => {
            line(":", &palette.input, "Enter runs  Tab completes  Esc leaves")
        }
        Layer::SessionSearch => {
            let search = &model.session_search;
            let keys = match (search.is_asked(), search.is_running(), search.hits().is_empty()) {
                (true, true, true) => "Esc stops",
                (true, true, false) => "Enter opens  Esc stops",
                (true, false, false) => "Enter opens  Esc leaves",
                _ => "Enter looks  Esc leaves",
            };
            line("in sessions:", &search.input, keys)
        }
        Layer::Help(help) => line("find key:", &help.input, "Enter does it  Esc leaves"),
        Layer::Composer(_)
        | Layer::Answer(_)
        | Layer::Form(_)
        | Layer::Types(_)
        | Layer::Bookmarks(_)
        | Layer::Uses(_)
        | Layer::Compaction(_)
        | Layer::Branches(_)
        | Layer::Inside(_)
        | Layer::Output(_)
        | Layer::Notices(_) => None,
    }
}

fn prompt_keys(prompt: &Prompt) -> &'static str {
    match (prompt.subject(), prompt.purpose) {
        (Subject::Sessions | Subject::Files, _) => "Tab completes  Enter keeps  Esc leaves",
        (Subject::InFile, _) => "Enter keeps  Esc leaves",
        (Subject::Events, Purpose::Find) => "Tab filters  Enter keeps  Esc leaves",
        (Subject::Events, Purpose::Filter) => "Tab finds  Enter keeps  Esc leaves",
    }
}

/// Columns that the line of a question has at least, or what is asked goes above it.
const LINE: usize = 16;

/// A question in the rows above the hint row; none where it fits into that.
pub fn question_rows(model: &Model, layout: &Layout) -> Vec<String> {
    let Some(layer @ Layer::Question(question)) = model.layers.top() else {
        return Vec::new();
    };
    let Some(asked) = ask_line(model, layer) else { return Vec::new() };
    let columns = usize::from(layout.hints.width);
    let words = sanitize::one_line(&question.text);
    let line = asked.input.map_or(0, |input| width::width(&input.text()).clamp(1, LINE) + 1);
    let around = width::width(Mode::Ask.word()) + 3 + 1 + line + 1 + width::width(&asked.keys);
    if width::width(&words) + around <= columns {
        return Vec::new();
    }
    let most = usize::from(layout.body.height).saturating_sub(2).max(1);
    wrap::wrap(&words, columns.saturating_sub(2).max(1), most).0
}

/// As many of the keys, from the last one back, as half of the row has room for; the last one says
/// the way out.
fn last_keys(keys: &str, columns: usize) -> String {
    let mut kept = String::new();
    for key in keys.rsplit("  ") {
        let more = if kept.is_empty() { key.to_owned() } else { format!("{key}  {kept}") };
        if !kept.is_empty() && width::width(&more) > columns / 2 {
            break;
        }
        kept = more;
    }
    kept
}

/// The line that is typed, as the hint row shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedRow {
    /// Column at which it begins.
    pub at: usize,
    /// Characters of it that gave way to what is being typed.
    hidden: usize,
    /// What is seen of it up to the cursor, and behind that.
    pub before: String,
    pub rest: String,
    /// The keys that stand at the end of the row.
    pub keys: String,
    /// The whole of it, as it is typed.
    line: String,
}

impl TypedRow {
    /// Of the uppermost layer; `None` where nothing is typed in the hint row.
    pub fn of(model: &Model, columns: usize) -> Option<Self> {
        let asked = ask_line(model, model.layers.top()?)?;
        let input = asked.input?;
        let is_above = !question_rows(model, &Layout::of(model)).is_empty();
        // The word for the mode with a column before and two behind it, and the text with one.
        let words = if is_above { 0 } else { width::width(&asked.text) + 1 };
        let at = width::width(model.mode().word()) + 3 + words;
        // Half of the row is for what is typed; what a question waits for stays.
        let is_question = model.layers.question().is_some();
        let keys = if is_question { asked.keys } else { last_keys(&asked.keys, columns) };
        let room = columns.saturating_sub(at + width::width(&keys) + 2);
        let (line, column) = (input.text(), input.cursor().1);
        let shown = |text: &str| sanitize::one_line(text).into_owned();
        // The end is what is being typed, so the start gives way.
        let mut hidden = 0;
        let mut before: String = line.chars().take(column).collect();
        while width::width(&shown(&before)) > room.saturating_sub(1) && !before.is_empty() {
            before.remove(0);
            hidden += 1;
        }
        let rest: String = line.chars().skip(column).collect();
        Some(Self { at, hidden, before: shown(&before), rest: shown(&rest), keys, line })
    }

    /// The character of the line that a column of the row is at, or the nearest one.
    pub fn letter_at(&self, column: u16) -> usize {
        let wanted = usize::from(column).saturating_sub(self.at);
        let mut taken = 0;
        let mut letters = self.hidden;
        for char in self.line.chars().skip(self.hidden) {
            taken += width::width(&sanitize::one_line(char.encode_utf8(&mut [0; 4])));
            if taken > wanted {
                break;
            }
            letters += 1;
        }
        letters
    }
}
