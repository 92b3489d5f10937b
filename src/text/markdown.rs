//! Markdown as lines of spans that say what they are. How that looks is up to the theme.
//!
//! What it cannot show as text, such as images and HTML, stays readable as it was written.
//! Start with [`render`]. The invariant: the work is in proportion to the text, whatever is in it;
//! what would cost more is shown as plain text, and that is said.

mod breaking;
mod costly;
mod rows;
mod unfinished;

pub use rows::{Progress, Row, rows};

use breaking::{fold, wrap};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::highlight::{self, Class};
use super::{sanitize, width};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    #[default]
    Text,
    Heading,
    Emphasis,
    Strong,
    /// Code within a line, and code of no known language.
    Code,
    /// Code of a known language.
    Source(Class),
    /// The target of a link, when it is not its text.
    Link,
    /// Bullets, quote bars, rules, borders.
    Furniture,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub style: Style,
    pub text: String,
}

pub type Line = Vec<Span>;

/// More text than that is not looked at.
pub const MAX_BYTES: usize = 256 * 1024;
/// Code that is coloured, in all; the grammars are slow.
const MAX_SOURCE: usize = 8 * 1024;
/// Deeper lists and quotes are indented no further.
const MAX_INDENT: usize = 24;
const MAX_CELL: usize = 40;

/// Quotes and lists in one another: every line costs as much as there are around it.
const MAX_DEPTH: usize = 32;
/// Cells of all tables, those included that a short row lacks.
const MAX_CELLS: usize = 50_000;
/// Images may be in one another; the target of an inner one is not told.
const MAX_LINKS: usize = 8;
/// Steps for each byte of the text, at most, and some for the beginning.
const STEPS_PER_BYTE: usize = 64;
const FIRST_STEPS: usize = 10_000;

/// Lines of at most `columns`, and how many bytes of the text were left out.
pub fn render(text: &str, columns: usize) -> (Vec<Line>, usize) {
    let end = text.floor_char_boundary(MAX_BYTES);
    (lay_out(&text[..end], Page::new(columns.max(8))).lines, text.len() - end)
}

/// Fills an empty page.
fn lay_out(text: &str, mut page: Page) -> Page {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let (end, mut why) = costly::from(text);
    let most = FIRST_STEPS + text.len() * STEPS_PER_BYTE;
    let (mut plain, mut read) = (end, 0);
    for (event, place) in Parser::new_ext(&text[..end], options).into_offset_iter() {
        if page.steps > most {
            (plain, why) = (place.start, "it is too intricate");
            break;
        }
        if page.lines.len() > page.most_lines {
            page.unread = text.len() - read;
            return page;
        }
        if page.keeps_lines {
            let between = text.get(read..place.start).unwrap_or_default();
            page.sets_apart = between.matches('\n').count() > 1;
        }
        if !matches!(event, Event::Start(_) | Event::End(_)) {
            read = place.end;
        }
        page.take(event);
    }
    page.break_line();
    while page.lines.last().is_some_and(Vec::is_empty) {
        page.lines.pop();
    }
    if plain < text.len() {
        page.plain(&text[plain..], why);
    }
    page
}

/// A list that is open; ordered ones count.
struct List {
    next: Option<u64>,
}

struct Page {
    columns: usize,
    /// Lines beyond which nothing is read any more.
    most_lines: usize,
    /// Whether a line of the author is one here, too.
    keeps_lines: bool,
    lines: Vec<Line>,
    /// Whether there is room between two blocks here.
    sets_apart: bool,
    /// Lines that go on in the next one, in their order.
    broken: Vec<usize>,
    /// Bytes at the end of the text that were not read.
    unread: usize,
    /// Of the paragraph that is being read.
    spans: Vec<Span>,
    /// What stands before every line: quote bars and the room under bullets.
    margin: Vec<Span>,
    /// Of each quote and item that is open, whether there was room for it in the margin.
    indents: Vec<bool>,
    /// What stands before the next line only.
    bullet: Option<(usize, String)>,
    lists: Vec<List>,
    heading: bool,
    emphasis: usize,
    strong: usize,
    /// Target, and the span of the paragraph and the byte in it that its words begin at; no target
    /// where it is not told.
    links: Vec<(Option<String>, (usize, usize))>,
    /// Language and text of the code block that is being read.
    code: Option<(String, String)>,
    source_left: usize,
    /// Columns of the margin.
    margin_columns: usize,
    /// What was done so far, in units that each take about the same.
    steps: usize,
    table: Vec<Vec<Vec<Span>>>,
}

impl Page {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            most_lines: usize::MAX,
            keeps_lines: false,
            lines: Vec::new(),
            sets_apart: true,
            broken: Vec::new(),
            unread: 0,
            spans: Vec::new(),
            margin: Vec::new(),
            indents: Vec::new(),
            bullet: None,
            lists: Vec::new(),
            heading: false,
            emphasis: 0,
            strong: 0,
            links: Vec::new(),
            code: None,
            source_left: MAX_SOURCE,
            margin_columns: 0,
            steps: 0,
            table: Vec::new(),
        }
    }

    fn take(&mut self, event: Event) {
        self.steps += 1;
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text),
            },
            // Its marks stay, also where there are colours: without them it would look like other words, and
            // with them in one place only, lines would be broken elsewhere.
            Event::Code(text) => {
                let mark = if text.contains('`') { "``" } else { "`" };
                self.push(Style::Code, &format!("{mark}{text}{mark}"));
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.push(Style::Code, &text),
            Event::Html(text) | Event::InlineHtml(text) => self.push(Style::Code, text.trim_end()),
            Event::FootnoteReference(name) => self.text(&format!("[^{name}]")),
            Event::SoftBreak if !self.keeps_lines => self.text(" "),
            Event::SoftBreak | Event::HardBreak => self.break_line(),
            Event::Rule => {
                self.gap();
                let rule = "─".repeat(self.room());
                self.push(Style::Furniture, &rule);
                self.break_line();
                self.gap();
            }
            Event::TaskListMarker(done) => {
                self.push(Style::Furniture, if done { "[x] " } else { "[ ] " });
            }
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.gap(),
            Tag::Heading { .. } => {
                self.gap();
                self.heading = true;
            }
            Tag::BlockQuote(_) => {
                self.gap();
                let _ = self.indent(Style::Furniture, "▏ ");
            }
            Tag::CodeBlock(kind) => {
                self.gap();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.gap();
                } else {
                    self.break_line();
                }
                self.lists.push(List { next: first });
            }
            Tag::Item => {
                let bullet = match self.lists.last_mut().and_then(|list| list.next.as_mut()) {
                    Some(next) => {
                        *next += 1;
                        format!("{}. ", *next - 1)
                    }
                    None => "- ".to_owned(),
                };
                let fits = self.indent(Style::Text, &" ".repeat(bullet.len()));
                self.bullet = fits.then(|| (self.margin.len() - 1, bullet));
            }
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Link { dest_url, .. } => self.begin_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.push(Style::Furniture, "image ");
                self.begin_link(&dest_url);
            }
            Tag::Table(_) => {
                self.gap();
                self.table.clear();
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.break_line(),
            TagEnd::Heading(_) => {
                self.heading = false;
                self.break_line();
            }
            TagEnd::BlockQuote(_) | TagEnd::Item => {
                self.break_line();
                self.bullet = None;
                if self.indents.pop() == Some(true) {
                    let gone = self.margin.pop().map_or(0, |span| width::width(&span.text));
                    self.margin_columns -= gone;
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => {
                let Some((Some(target), (span, from))) = self.links.pop() else { return };
                let words: String = self.words_from(span, from);
                if words != sanitize::one_line(&target) && !target.is_empty() {
                    self.push(Style::Link, &format!(" <{target}>"));
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.draw_table(),
            _ => {}
        }
    }

    fn begin_link(&mut self, target: &str) {
        let told = self.links.len() < MAX_LINKS;
        let last = self.spans.last().map_or(0, |span| span.text.len());
        let from = (self.spans.len().saturating_sub(1), last);
        self.links.push((told.then(|| target.to_owned()), from));
    }

    /// What was read of the paragraph since that place.
    fn words_from(&mut self, span: usize, from: usize) -> String {
        let spans = self.spans.get(span..).unwrap_or_default();
        let texts = spans.iter().map(|span| span.text.as_str()).enumerate();
        let words: String = texts
            .map(|(at, text)| if at == 0 { text.get(from..).unwrap_or_default() } else { text })
            .collect();
        self.steps += spans.len() + words.len() / 16;
        words
    }

    fn text(&mut self, text: &str) {
        let style = match (self.heading, self.strong > 0, self.emphasis > 0) {
            (true, ..) => Style::Heading,
            (_, true, _) => Style::Strong,
            (_, _, true) => Style::Emphasis,
            _ => Style::Text,
        };
        self.push(style, text);
    }

    fn push(&mut self, style: Style, text: &str) {
        let text = sanitize::one_line(text);
        self.steps += 1 + text.len() / 16;
        match self.spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.text.push_str(&text),
            None => self.spans.push(Span { style, text: text.into_owned() }),
        }
    }

    /// Widens the margin; false where it is wide enough.
    fn indent(&mut self, style: Style, text: &str) -> bool {
        let fits = self.margin_columns < MAX_INDENT.min(self.columns / 2);
        if fits {
            self.margin_columns += width::width(text);
            self.margin.push(Span { style, text: text.to_owned() });
        }
        self.indents.push(fits);
        fits
    }

    /// Columns beside the margin.
    fn room(&self) -> usize {
        self.columns.saturating_sub(self.margin_columns).max(1)
    }

    /// One empty line between blocks; none within a tight list.
    fn gap(&mut self) {
        self.break_line();
        let wanted = self.sets_apart
            && self.bullet.is_none()
            && self.lines.last().is_some_and(|line| !line.is_empty());
        if wanted {
            self.lines.push(Vec::new());
        }
    }

    /// Ends what is being read and wraps it.
    fn break_line(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if spans.is_empty() {
            return;
        }
        self.lines_of(wrap(&spans, self.room()));
    }

    /// Lines that are one of the author.
    fn lines_of(&mut self, lines: Vec<Line>) {
        let last = lines.len().saturating_sub(1);
        for (at, line) in lines.into_iter().enumerate() {
            if at < last {
                self.broken.push(self.lines.len());
            }
            self.line(line);
        }
    }

    /// One line as it is, behind the margin.
    fn line(&mut self, spans: Vec<Span>) {
        self.steps += self.margin.len() + spans.len();
        let mut line: Line = self.margin.clone();
        if let Some((place, bullet)) = self.bullet.take()
            && let Some(room) = line.get_mut(place)
        {
            *room = Span { style: Style::Furniture, text: bullet };
        }
        line.extend(spans);
        self.lines.push(line);
    }

    /// The rest of a text as it was written, below a word about why.
    fn plain(&mut self, text: &str, why: &str) {
        self.spans.clear();
        self.margin.clear();
        self.indents.clear();
        (self.margin_columns, self.bullet) = (0, None);
        let note = format!("from here on as plain text: {why}");
        self.gap();
        self.push(Style::Furniture, &note);
        self.break_line();
        self.lines.push(Vec::new());
        for line in sanitize::lines(text) {
            let line = Span { style: Style::Text, text: line.into_owned() };
            self.lines_of(wrap(&[line], self.room()));
        }
    }

    fn code_block(&mut self) {
        let Some((language, code)) = self.code.take() else { return };
        let code = code.trim_end_matches('\n');
        let language = language.split([' ', ',']).next().unwrap_or_default();
        let room = self.room().saturating_sub(2).max(1);
        let coloured = !language.is_empty() && code.len() <= self.source_left;
        let lines: Vec<Vec<Span>> = if coloured {
            self.source_left -= code.len();
            let lines = highlight::highlight_language(language, code).into_iter();
            let span = |span: highlight::Span| Span {
                style: if span.class == Class::Plain {
                    Style::Code
                } else {
                    Style::Source(span.class)
                },
                text: span.text,
            };
            lines.map(|line| line.into_iter().map(span).collect()).collect()
        } else {
            let lines = sanitize::lines(code);
            lines.map(|line| vec![Span { style: Style::Code, text: line.into_owned() }]).collect()
        };
        for line in lines {
            let mut pieces = fold(line, room);
            for piece in &mut pieces {
                piece.insert(0, Span { style: Style::Furniture, text: "  ".to_owned() });
            }
            self.lines_of(pieces);
        }
    }

    /// Columns side by side, cut where there is no room.
    fn draw_table(&mut self) {
        let table = std::mem::take(&mut self.table);
        let measure = |cell: &Vec<Span>| cell.iter().map(|span| width::width(&span.text)).sum();
        let columns = table.iter().map(Vec::len).max().unwrap_or(0);
        self.steps += columns * table.len();
        let most = (self.room() / columns.max(1)).saturating_sub(3).clamp(3, MAX_CELL);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = table.iter().filter_map(|row| row.get(column));
                cells.map(measure).max().unwrap_or(0).clamp(1, most)
            })
            .collect();
        for (at, row) in table.iter().enumerate() {
            let mut line = Vec::new();
            for (column, wide) in widths.iter().enumerate() {
                if column > 0 {
                    line.push(Span { style: Style::Furniture, text: " │ ".to_owned() });
                }
                let cell = row.get(column);
                let text: String =
                    cell.into_iter().flatten().map(|span| span.text.as_str()).collect();
                let style = if at == 0 { Style::Strong } else { Style::Text };
                line.push(Span { style, text: width::fit(&text, *wide) });
            }
            self.line(line);
            if at == 0 {
                let rule = widths.iter().map(|wide| "─".repeat(*wide)).collect::<Vec<_>>();
                self.line(vec![Span { style: Style::Furniture, text: rule.join("─┼─") }]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
