//! What commands print: a table for people, JSON for programs.
//!
//! JSON is a promise: `{"schema_version":1,"items":[…],"next":…,"partial":…}` for listings, times
//! in RFC 3339 UTC, fields only ever added. Text of the service is sanitised for a table; in JSON it
//! says what it said, with control characters as escapes.

use std::fmt::Write as _;
use std::io;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::Failure;
use super::global::Global;
use super::pager::Pager;
use super::printer::{Line, Printer, Style};
use super::table::{self, Extent, Pieces};
use crate::api::Exact;
use crate::archive::written::on_one_line;
use crate::text::{json, sanitize};

/// Raised when a field changes its meaning or goes away.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table that fits the terminal
    Table,
    /// A table with every column, and each value whole
    Wide,
    /// One JSON value
    Json,
    /// One JSON value a line
    Jsonl,
    /// A Markdown table
    Md,
    /// Comma-separated values
    Csv,
    /// Tab-separated, without a heading
    #[value(skip)]
    Plain,
}

#[derive(Debug, Clone, Default, Args)]
pub(super) struct OutputArgs {
    /// How to print
    #[arg(short, long, value_name = "FORMAT", conflicts_with_all = ["json", "jsonl", "plain"])]
    output: Option<Format>,
}

/// One column: its heading, and whether only a wide table has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) bool);

/// Rows and the same as JSON.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<String>>,
    pub(super) items: Vec<Exact>,
    /// Which column holds times of a clock on a wall, and the name of its zone; none where they are
    /// in the form of the service.
    pub(super) zone: Option<(usize, String)>,
    /// Said instead of an empty table.
    pub(super) empty: &'static str,
    /// Something could not be read, or there is more than was asked for.
    pub(super) partial: bool,
}

pub(super) struct Output {
    format: Format,
    pub(super) quiet: bool,
    pager: Pager,
    /// Nothing that was written is written over.
    line_by_line: bool,
    pub(super) stdout: Printer,
    pub(super) stderr: Printer,
}

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        Self {
            format: match (global.json, global.jsonl, global.plain) {
                (true, ..) => Format::Json,
                (_, true, _) => Format::Jsonl,
                (.., true) => Format::Plain,
                _ => Format::Table,
            },
            quiet: global.quiet,
            pager: Pager::of_environment(global.no_pager),
            line_by_line: false,
            stdout: Printer::stdout(global.color),
            stderr: Printer::stderr(global.color),
        }
    }

    /// The same with signs in ASCII.
    pub(super) fn in_ascii(self, ascii: bool) -> Self {
        let (stdout, stderr) = (self.stdout.in_ascii(ascii), self.stderr.in_ascii(ascii));
        Self { stdout, stderr, ..self }
    }

    /// For somebody who reads one line after the other, and is asked before there are more than so many
    /// at once; 0 asks nothing.
    pub(super) fn page_by(&mut self, rows: usize) {
        (self.line_by_line, self.pager) = (true, Pager::by_lines(rows));
    }

    pub(super) fn is_line_by_line(&self) -> bool {
        self.line_by_line
    }

    /// The same streams with the form that these flags want.
    pub(super) fn again(&self, global: &Global) -> Self {
        let (stdout, stderr, pager) = (self.stdout, self.stderr, self.pager.clone());
        Self { stdout, stderr, pager, line_by_line: self.line_by_line, ..Self::new(global) }
    }

    pub(super) fn format(&self, arguments: &OutputArgs) -> Format {
        arguments.output.unwrap_or(self.format)
    }

    /// Whether a person reads the listing, at a glance: a table on their screen.
    pub(super) fn is_for_people(&self, arguments: &OutputArgs) -> bool {
        matches!(self.format(arguments), Format::Table | Format::Wide)
    }

    /// Whether a value may be cut at what nobody reads at a glance.
    pub(super) fn is_brief(&self, arguments: &OutputArgs) -> bool {
        self.format(arguments) == Format::Table
    }

    /// Whether a listing is fitted into the columns of a terminal.
    pub(super) fn is_fitted(&self, arguments: &OutputArgs) -> bool {
        self.is_brief(arguments) && self.stdout.is_terminal()
    }

    /// Whether a program reads what is printed.
    pub(super) fn is_for_programs(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    pub(super) fn is(&self, format: Format) -> bool {
        self.format == format
    }

    /// Whether the rows of a listing are shown, and not only its items.
    pub(super) fn has_rows(&self, arguments: &OutputArgs) -> bool {
        !matches!(self.format(arguments), Format::Json | Format::Jsonl)
    }

    pub(super) fn listing(&self, listing: &Listing, arguments: &OutputArgs) -> Result<(), Failure> {
        match self.format(arguments) {
            Format::Json => {
                let whole = whole(listing);
                let spread = json::spread(&whole);
                // Both may be large, and one is enough.
                drop(whole);
                self.stdout.json(&spread)?;
            }
            Format::Jsonl => {
                for item in &listing.items {
                    self.json_line(item.text())?;
                }
            }
            Format::Csv => self.stdout.data(&separated(listing, true, csv_cell, ","))?,
            Format::Plain => {
                let cell = |cell: &str| one_line(cell).replace('\t', " ");
                self.stdout.data(&separated(listing, false, cell, "\t"))?;
            }
            Format::Md => self.stdout.data(&markdown(listing))?,
            format @ (Format::Table | Format::Wide) => {
                if listing.rows.is_empty() {
                    self.note(listing.empty);
                }
                self.table(listing, format == Format::Wide)?;
            }
        }
        Ok(())
    }

    /// One thing: JSON for programs, lines for people.
    pub(super) fn value<T: AsRef<str>>(
        &self,
        value: &Value,
        lines: impl IntoIterator<Item = T>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.stdout.json(&format!("{value:#}"))?,
            Format::Jsonl => self.json_line(&value.to_string())?,
            _ => self.stdout.lines(lines)?,
        }
        Ok(())
    }

    /// The same of something that people read rather than take note of, and that may be long.
    pub(super) fn reading<T: AsRef<str>>(
        &self,
        value: &Value,
        lines: impl IntoIterator<Item = T>,
    ) -> Result<(), Failure> {
        if self.format != Format::Table {
            return self.value(value, lines);
        }
        let lines: Vec<T> = lines.into_iter().collect();
        let lines = lines.iter().map(|line| vec![(Style::Plain, line.as_ref())]);
        Ok(self.stdout.read_styled(&lines.collect::<Vec<_>>(), &self.pager)?)
    }

    /// The same where some of the words stand out.
    pub(super) fn reading_styled(&self, value: &Value, lines: &[Pieces]) -> Result<(), Failure> {
        if self.format != Format::Table {
            let words =
                |line: &Pieces| line.iter().map(|(_, text)| text.as_str()).collect::<String>();
            return self.value(value, lines.iter().map(words));
        }
        Ok(self.stdout.read_styled(&lines.iter().map(pieces).collect::<Vec<_>>(), &self.pager)?)
    }

    /// One line of data for people, at once.
    pub(super) fn line(&self, line: &str) -> Result<(), Failure> {
        Ok(self.stdout.line(line)?)
    }

    /// The same for programs.
    pub(super) fn json_line(&self, json: &str) -> Result<(), Failure> {
        Ok(self.stdout.json(&on_one_line(json))?)
    }

    /// One thing whose JSON may be of any depth, and so is no value: JSON for programs and people alike.
    pub(super) fn exact(&self, json: &str, shown: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.stdout.json(&json::spread(json))?,
            Format::Jsonl => self.json_line(json)?,
            Format::Table => self.stdout.read_json(shown, &self.pager)?,
            _ => self.stdout.json(shown)?,
        }
        Ok(())
    }

    /// Something that is not data, on stderr.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            let _ = self.stderr.line(text);
        }
    }

    fn table(&self, listing: &Listing, wide: bool) -> io::Result<()> {
        let extent = match self.stdout.room() {
            _ if wide => Extent::Wide,
            // A pipe gets everything.
            None => Extent::Whole,
            Some((columns, _)) => Extent::Within(columns),
        };
        let lines = table::lines(listing, extent);
        self.stdout.read_styled(&lines.iter().map(pieces).collect::<Vec<_>>(), &self.pager)
    }
}

fn pieces(line: &Pieces) -> Line<'_> {
    line.iter().map(|(style, text)| (*style, &**text)).collect()
}

fn whole(listing: &Listing) -> String {
    let items = listing.items.iter().map(|item| item.text().len() + 1).sum::<usize>();
    let mut whole = String::with_capacity(items + 80);
    let _ = write!(whole, r#"{{"schema_version":{SCHEMA_VERSION},"items":["#);
    for (at, item) in listing.items.iter().enumerate() {
        whole.push_str(if at == 0 { "" } else { "," });
        whole.push_str(item.text());
    }
    let _ = write!(whole, r#"],"next":null,"partial":{}}}"#, listing.partial);
    whole
}

fn one_line(text: &str) -> String {
    sanitize::one_line(text).into_owned()
}

/// What a spreadsheet takes for the beginning of a formula, or for space before one.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell keeps its lines and tabs. One that a spreadsheet would run begins with an apostrophe, which
/// makes a text of it.
fn csv_cell(text: &str) -> String {
    let mark = if text.starts_with(FORMULA) { "'" } else { "" };
    let text = format!("{mark}{}", sanitize::data(text));
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn separated(
    listing: &Listing,
    heading: bool,
    cell: impl Fn(&str) -> String,
    separator: &str,
) -> String {
    let mut out = String::new();
    if heading {
        let names: Vec<&str> = listing.columns.iter().map(|column| column.0).collect();
        out.extend([&*names.join(separator), "\n"]);
    }
    for row in &listing.rows {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        out.extend([&*cells.join(separator), "\n"]);
    }
    out
}

fn markdown(listing: &Listing) -> String {
    let names: Vec<&str> = listing.columns.iter().map(|column| column.0).collect();
    let mut out = format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for row in &listing.rows {
        let cells: Vec<String> =
            row.iter().map(|text| one_line(text).replace('|', "\\|")).collect();
        out.extend(["| ", &*cells.join(" | "), " |\n"]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_inside_cells_are_quoted() {
        let listing = Listing {
            columns: &[Column("a", false), Column("b", false)],
            rows: vec![vec!["x,\"y\"".into(), "p|q\tz".into()]],
            ..Listing::default()
        };
        let csv = separated(&listing, true, csv_cell, ",");
        assert_eq!(csv, "a,b\n\"x,\"\"y\"\"\",p|q\tz\n");
        assert_eq!(csv_cell("a\u{9b}1m\r\n\u{7f}"), "\"a\\x9b1m\n\\x7f\"");
        assert!(markdown(&listing).ends_with("| x,\"y\" | p\\|q    z |\n"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\\x0d=1"),
            ("\r\n=1", "\"'\n=1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }
}
