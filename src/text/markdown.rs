//! Markdown as lines of spans that say what they are. How that looks is up to the theme.
//!
//! What it cannot show as text, such as images and HTML, stays readable as it was written.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation as _;

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

/// Lines of at most `columns`, and how many bytes of the text were left out.
pub fn render(text: &str, columns: usize) -> (Vec<Line>, usize) {
    let end = (0..=MAX_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let shown = &text[..end.unwrap_or(0)];
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page::new(columns.max(8));
    for event in Parser::new_ext(shown, options) {
        page.take(event);
    }
    page.break_line();
    while page.lines.last().is_some_and(Vec::is_empty) {
        page.lines.pop();
    }
    (page.lines, text.len() - shown.len())
}

/// A list that is open; ordered ones count.
struct List {
    next: Option<u64>,
}

struct Page {
    columns: usize,
    lines: Vec<Line>,
    /// Of the paragraph that is being read.
    spans: Vec<Span>,
    /// What stands before every line: quote bars and the room under bullets.
    margin: Vec<Span>,
    /// What stands before the next line only.
    bullet: Option<(usize, String)>,
    lists: Vec<List>,
    heading: bool,
    emphasis: usize,
    strong: usize,
    /// Target and how much of the paragraph was before it.
    links: Vec<(String, usize)>,
    /// Language and text of the code block that is being read.
    code: Option<(String, String)>,
    source_left: usize,
    table: Vec<Vec<Vec<Span>>>,
}

impl Page {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            lines: Vec::new(),
            spans: Vec::new(),
            margin: Vec::new(),
            bullet: None,
            lists: Vec::new(),
            heading: false,
            emphasis: 0,
            strong: 0,
            links: Vec::new(),
            code: None,
            source_left: MAX_SOURCE,
            table: Vec::new(),
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text),
            },
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(Style::Code, &text);
            }
            Event::Html(text) | Event::InlineHtml(text) => self.push(Style::Code, text.trim_end()),
            Event::FootnoteReference(name) => self.text(&format!("[^{name}]")),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.break_line(),
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
                self.indent(Style::Furniture, "▏ ");
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
                self.indent(Style::Text, &" ".repeat(bullet.len()));
                self.bullet = Some((self.margin.len() - 1, bullet));
            }
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Link { dest_url, .. } => self.links.push((dest_url.to_string(), self.read())),
            Tag::Image { dest_url, .. } => {
                self.push(Style::Furniture, "image ");
                self.links.push((dest_url.to_string(), self.read()));
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
                self.margin.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => {
                let Some((target, from)) = self.links.pop() else { return };
                let words: String = self.spans.iter().map(|span| span.text.as_str()).collect();
                let words = words.get(from..).unwrap_or_default();
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

    /// Bytes of the paragraph that is being read.
    fn read(&self) -> usize {
        self.spans.iter().map(|span| span.text.len()).sum()
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
        match self.spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.text.push_str(&text),
            None => self.spans.push(Span { style, text: text.into_owned() }),
        }
    }

    fn indent(&mut self, style: Style, text: &str) {
        let used: usize = self.margin.iter().map(|span| width::width(&span.text)).sum();
        let room = used < MAX_INDENT.min(self.columns / 2);
        let text = if room { text.to_owned() } else { String::new() };
        self.margin.push(Span { style, text });
    }

    /// Columns beside the margin.
    fn room(&self) -> usize {
        let used: usize = self.margin.iter().map(|span| width::width(&span.text)).sum();
        self.columns.saturating_sub(used).max(1)
    }

    /// One empty line between blocks; none within a tight list.
    fn gap(&mut self) {
        self.break_line();
        let wanted =
            self.bullet.is_none() && self.lines.last().is_some_and(|line| !line.is_empty());
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
        for line in wrap(spans, self.room()) {
            self.line(line);
        }
    }

    /// One line as it is, behind the margin.
    fn line(&mut self, spans: Vec<Span>) {
        let mut line: Line = self.margin.clone();
        if let Some((place, bullet)) = self.bullet.take()
            && let Some(room) = line.get_mut(place).filter(|room| !room.text.is_empty())
        {
            *room = Span { style: Style::Furniture, text: bullet };
        }
        line.retain(|span| !span.text.is_empty());
        line.extend(spans);
        self.lines.push(line);
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
            for mut piece in fold(line, room) {
                piece.insert(0, Span { style: Style::Furniture, text: "  ".to_owned() });
                self.line(piece);
            }
        }
    }

    /// Columns side by side, cut where there is no room.
    fn draw_table(&mut self) {
        let table = std::mem::take(&mut self.table);
        let measure = |cell: &Vec<Span>| cell.iter().map(|span| width::width(&span.text)).sum();
        let columns = table.iter().map(Vec::len).max().unwrap_or(0);
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

/// Breaks spans at words into lines of at most `room` columns.
fn wrap(spans: Vec<Span>, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        for word in span.text.split_inclusive(' ') {
            let wide = width::width(word.trim_end());
            if used + wide > room && used > 0 {
                trim_end(lines.last_mut());
                lines.push(Vec::new());
                used = 0;
            }
            if wide > room {
                let word = Span { style: span.style, text: word.to_owned() };
                for (at, piece) in fold(vec![word], room).into_iter().enumerate() {
                    if at > 0 {
                        lines.push(Vec::new());
                    }
                    used = piece.iter().map(|span| width::width(&span.text)).sum();
                    for span in &piece {
                        add(lines.last_mut(), span.style, &span.text);
                    }
                }
                continue;
            }
            add(lines.last_mut(), span.style, word);
            used += width::width(word);
        }
    }
    trim_end(lines.last_mut());
    lines
}

fn add(line: Option<&mut Line>, style: Style, text: &str) {
    let Some(line) = line else { return };
    match line.last_mut().filter(|last| last.style == style) {
        Some(last) => last.text.push_str(text),
        None => line.push(Span { style, text: text.to_owned() }),
    }
}

fn trim_end(line: Option<&mut Line>) {
    if let Some(last) = line.and_then(|line| line.last_mut()) {
        last.text.truncate(last.text.trim_end_matches(' ').len());
    }
}

/// Breaks spans between graphemes into lines of at most `room` columns.
fn fold(spans: Line, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        for grapheme in span.text.graphemes(true) {
            let wide = width::width(grapheme);
            if used + wide > room && used > 0 {
                lines.push(Vec::new());
                used = 0;
            }
            add(lines.last_mut(), span.style, grapheme);
            used += wide;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, columns: usize) -> Vec<String> {
        let line = |line: Line| line.into_iter().map(|span| span.text).collect();
        render(text, columns).0.into_iter().map(line).collect()
    }

    #[test]
    fn blocks_are_set_apart_and_lists_hang() {
        let text = "# Title\ntext with **bold** and `code` that wraps\n\n- one\n- two is longer than \
                    that\n  - deep\n\n1. first\n2. second\n\n> said\n\n---\nend";
        let wanted = [
            "Title",
            "",
            "text with bold and",
            "code that wraps",
            "",
            "- one",
            "- two is longer than",
            "  that",
            "  - deep",
            "",
            "1. first",
            "2. second",
            "",
            "▏ said",
            "",
            "────────────────────",
            "",
            "end",
        ];
        assert_eq!(shown(text, 20), wanted);
    }

    #[test]
    fn code_keeps_its_lines_and_knows_its_language() {
        let (lines, _) = render("```rust\nfn main() {}\n\n// end\n```\n", 40);
        let text: Vec<String> =
            lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect();
        assert_eq!(text, ["  fn main() {}", "  ", "  // end"]);
        let classes = lines.iter().flatten().map(|span| span.style);
        assert!(classes.into_iter().any(|style| style == Style::Source(Class::Comment)));
    }

    #[test]
    fn tables_stand_in_columns_and_links_show_where_they_lead() {
        let text = "| a | long name |\n|---|---|\n| 1 | 2 |\n\n[here](https://x.example) <https://y.example>";
        let wanted = [
            "a │ long name",
            "──┼──────────",
            "1 │ 2        ",
            "",
            "here <https://x.example> https://y.example",
        ];
        assert_eq!(shown(text, 60), wanted);
    }

    #[test]
    fn more_than_is_looked_at_is_counted() {
        let text = "word ".repeat(60_000);
        assert_eq!(render(&text, 80).1, text.len() - MAX_BYTES);
    }

    #[test]
    fn html_and_escapes_are_shown_and_never_obeyed() {
        let text = "a <b onclick=x>\u{1b}[2J\u{202e}</b>\n\n<script>\n\u{9b}31m\n</script>";
        let all = shown(text, 60).join("\n");
        assert!(all.contains("<b onclick=x>\\x1b[2J<U+202E></b>"), "{all}");
        assert!(all.contains("<script>") && all.contains("\\x9b31m"), "{all}");
    }

    #[test]
    fn nesting_without_end_is_only_so_wide() {
        for text in [">".repeat(5_000), "- ".repeat(5_000), "*a ".repeat(5_000)] {
            shown(&text, 40);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide(text in "([ #*`>|\\-\n_\\[\\]()]|[a-z]{1,9}|日|\u{1b}|1\\. ){0,60}", columns in 12usize..50) {
            for line in render(&text, columns).0 {
                let line: String = line.into_iter().map(|span| span.text).collect();
                prop_assert!(width::width(&line) <= columns, "{line:?}");
                prop_assert!(line.chars().all(|c| !c.is_control()));
            }
        }
    }
}
