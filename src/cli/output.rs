//! What commands print: a table for people, JSON for programs.
//!
//! JSON is a promise: `{"schema_version":1,"items":[…],"next":…,"partial":…}` for listings, times
//! in RFC 3339 UTC, fields only ever added. Text of the service is sanitised for a table; in JSON it
//! says what it said, with control characters as escapes.

use std::io::{self, IsTerminal as _, Write};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::exit::Failure;
use super::global::{ColorWhen, Global};
use crate::api::Exact;
use crate::text::{json, sanitize, width};

/// Raised when a field changes its meaning or goes away.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    /// A table with every column
    Wide,
    Json,
    Jsonl,
    /// A Markdown table
    Md,
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
    color: bool,
    pub(super) to_terminal: bool,
}

impl Output {
    pub(super) fn new(global: &Global, no_color: bool) -> Self {
        let to_terminal = io::stdout().is_terminal();
        let color = match global.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => to_terminal && !no_color,
        };
        Self {
            format: match (global.json, global.jsonl, global.plain) {
                (true, ..) => Format::Json,
                (_, true, _) => Format::Jsonl,
                (.., true) => Format::Plain,
                _ => Format::Table,
            },
            quiet: global.quiet,
            color,
            to_terminal,
        }
    }

    pub(super) fn format(&self, arguments: &OutputArgs) -> Format {
        arguments.output.unwrap_or(self.format)
    }

    /// Whether a person reads the listing, at a glance: a table on their screen.
    pub(super) fn is_for_people(&self, arguments: &OutputArgs) -> bool {
        matches!(self.format(arguments), Format::Table | Format::Wide)
    }

    /// Whether a program reads what is printed.
    pub(super) fn is_for_programs(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    pub(super) fn is(&self, format: Format) -> bool {
        self.format == format
    }

    pub(super) fn listing(&self, listing: &Listing, arguments: &OutputArgs) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match self.format(arguments) {
            Format::Json => {
                let items: Vec<&str> = listing.items.iter().map(Exact::text).collect();
                let (items, partial) = (items.join(","), listing.partial);
                let whole = format!(
                    r#"{{"schema_version":{SCHEMA_VERSION},"items":[{items}],"next":null,"partial":{partial}}}"#
                );
                writeln!(out, "{}", json::inert(&json::spread(&whole)))?;
            }
            Format::Jsonl => {
                for item in &listing.items {
                    writeln!(out, "{}", on_one_line(item.text()))?;
                }
            }
            Format::Csv => separated(&mut out, listing, true, csv_cell, ",")?,
            Format::Plain => {
                separated(
                    &mut out,
                    listing,
                    false,
                    |cell| one_line(cell).replace('\t', " "),
                    "\t",
                )?;
            }
            Format::Md => markdown(&mut out, listing)?,
            format @ (Format::Table | Format::Wide) => {
                if listing.rows.is_empty() {
                    self.note(listing.empty);
                }
                self.table(&mut out, listing, format == Format::Wide)?;
            }
        }
        out.flush()?;
        Ok(())
    }

    /// One thing: JSON for programs, lines for people.
    pub(super) fn value(&self, value: &Value, lines: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        if self.is(Format::Json) {
            writeln!(out, "{}", json::inert(&format!("{value:#}")))?;
        } else if self.is(Format::Jsonl) {
            writeln!(out, "{}", on_one_line(&value.to_string()))?;
        } else if !lines.is_empty() {
            writeln!(out, "{lines}")?;
        }
        out.flush()?;
        Ok(())
    }

    /// Something that is not data, on stderr.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            let _ = writeln!(io::stderr(), "{}", sanitize::one_line(text));
        }
    }

    fn table(&self, out: &mut impl Write, listing: &Listing, wide: bool) -> io::Result<()> {
        if listing.rows.is_empty() {
            return Ok(());
        }
        let shown: Vec<usize> =
            (0..listing.columns.len()).filter(|at| wide || !listing.columns[*at].1).collect();
        let cell = |row: &[String], at: usize| one_line(row.get(at).map_or("", String::as_str));
        let mut heading: Vec<String> =
            listing.columns.iter().map(|column| column.0.to_uppercase()).collect();
        if let Some((column, zone)) = &listing.zone {
            heading[*column] = format!("{} {zone}", heading[*column]);
        }
        let widths: Vec<usize> = shown
            .iter()
            .map(|at| {
                let rows = listing.rows.iter().map(|row| width::width(&cell(row, *at)));
                rows.chain([width::width(&heading[*at])]).max().unwrap_or(0)
            })
            .collect();
        let room = self.to_terminal.then(terminal_width);
        for (number, row) in std::iter::once(&heading).chain(&listing.rows).enumerate() {
            let last = shown.len().saturating_sub(1);
            let cells = shown.iter().zip(&widths).enumerate().map(|(place, (at, width))| {
                let text = cell(row, *at);
                if place == last { text } else { width::fit(&text, *width) }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            // On a terminal a row is a line; a pipe gets everything.
            let line = match room {
                Some(room) if !wide => width::truncate(&line, room).into_owned(),
                _ => line,
            };
            let line = line.trim_end();
            if number == 0 && self.color {
                writeln!(out, "\x1b[1m{line}\x1b[0m")?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// JSON as a line for programs: as it was received, but on one line whatever the service does, and
/// with nothing in it that a terminal obeys.
pub(super) fn on_one_line(json: &str) -> String {
    json::inert(json).replace(['\n', '\r'], " ")
}

/// One line of data, at once.
pub(super) fn print_line(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn terminal_width() -> usize {
    crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns)).max(40)
}

fn one_line(text: &str) -> String {
    sanitize::one_line(text).into_owned()
}

/// A cell keeps its lines and tabs, and nothing else that a terminal obeys.
fn csv_cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => cell.push(c),
            c if c.is_control() => cell.extend(c.escape_default()),
            c => cell.push(c),
        }
    }
    let text = cell;
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn separated(
    out: &mut impl Write,
    listing: &Listing,
    heading: bool,
    cell: impl Fn(&str) -> String,
    separator: &str,
) -> io::Result<()> {
    if heading {
        let names: Vec<&str> = listing.columns.iter().map(|column| column.0).collect();
        writeln!(out, "{}", names.join(separator))?;
    }
    for row in &listing.rows {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        writeln!(out, "{}", cells.join(separator))?;
    }
    Ok(())
}

fn markdown(out: &mut impl Write, listing: &Listing) -> io::Result<()> {
    let names: Vec<&str> = listing.columns.iter().map(|column| column.0).collect();
    writeln!(out, "| {} |", names.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(names.len()))?;
    for row in &listing.rows {
        let cells: Vec<String> =
            row.iter().map(|text| one_line(text).replace('|', "\\|")).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
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
        let mut csv = Vec::new();
        separated(&mut csv, &listing, true, csv_cell, ",").unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "a,b\n\"x,\"\"y\"\"\",p|q\tz\n");
        assert_eq!(csv_cell("a\u{9b}1m\r\n\u{7f}"), "\"a\\u{9b}1m\n\\u{7f}\"");
        let mut md = Vec::new();
        markdown(&mut md, &listing).unwrap();
        assert!(String::from_utf8(md).unwrap().ends_with("| x,\"y\" | p\\|q    z |\n"));
    }
}
