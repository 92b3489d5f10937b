//! `get_document_text` and `document_conversion`: the text of what the viewer can read.
//!
//! The reading itself is [`crate::content`]'s, with its bounds on pages, archives and time. Start with
//! [`parts`]. The invariant: what cannot be read is told, and never becomes an empty document.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Found, New, aside, find, keep, told};
use crate::api::Object;
use crate::content::{self, Done, Job, Kind, Listing, Pages, Prepared, Rendition};
use crate::server::tools::Workplace;
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;
use crate::server::tools::web::plain;
use crate::text::{sanitize, units};

/// Of an archive, so many files are told.
const ENTRIES: usize = 2_000;
/// Text that is given at once.
const TEXT: usize = 256 << 10;

/// A document as text, page by page where it has pages.
struct Parts {
    /// Text, and the page that it is on.
    texts: Vec<(Option<usize>, String)>,
    /// For Markdown: what it is fenced as.
    fence: Option<&'static str>,
    /// What is missing, and why.
    problem: Option<String>,
}

impl Parts {
    fn of_text(text: String, fence: Option<&'static str>) -> Self {
        Self { texts: vec![(None, text)], fence, problem: None }
    }

    fn plain(&self) -> String {
        let texts: Vec<_> = self.texts.iter().map(|(_, text)| text.trim_end()).collect();
        texts.join("\n\n")
    }

    fn markdown(&self, name: &str) -> String {
        let mut out = String::new();
        for (page, text) in &self.texts {
            if let Some(page) = page {
                let _ = write!(out, "## Page {page}\n\n");
            }
            match self.fence {
                Some(fence) => {
                    // Longer than any that the text has.
                    let ticks = "`".repeat(longest_run(text).max(2) + 1);
                    let _ =
                        write!(out, "# {name}\n\n{ticks}{fence}\n{}\n{ticks}\n", text.trim_end());
                }
                None => {
                    let _ = write!(out, "{}\n\n", text.trim_end());
                }
            }
        }
        out
    }

    fn structured(&self, name: &str) -> Value {
        let parts = self.texts.iter().map(|(page, text)| match page {
            Some(page) => json!({"page": page, "text": text}),
            None => json!({"text": text}),
        });
        json!({"source": name, "parts": parts.collect::<Vec<_>>()})
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Reads a document; `None` when nobody waits any more.
fn parts(file: &Prepared, gone: &dyn Fn() -> bool) -> Option<Result<Parts, Refusal>> {
    let name = file.name();
    if file.kind() == Kind::Pdf {
        let Some(Done::Read(pages)) = Job::Read.run(file, gone) else { return None };
        return Some(of_pages(name, &pages));
    }
    if file.fits(Rendition::Listing) {
        let Some(Done::Listed(listing)) = Job::List.run(file, gone) else { return None };
        return Some(Ok(of_listing(&listing)));
    }
    let Some(text) = file.text() else {
        let why =
            format!("{name} is {}, which this server cannot read as a document", file.format());
        return Some(Err(Refusal::input(why)));
    };
    let whole = text.whole();
    if is_html(file, &whole) {
        return Some(Ok(Parts::of_text(plain::text(&whole, None), None)));
    }
    let fence = match file.kind() {
        Kind::Json | Kind::JsonLines => Some("json"),
        Kind::Csv => Some("csv"),
        Kind::Tsv => Some("tsv"),
        _ => None,
    };
    Some(Ok(Parts::of_text(whole.into_owned(), fence)))
}

fn is_html(file: &Prepared, text: &str) -> bool {
    let named = |ending: &str| file.name().to_ascii_lowercase().ends_with(ending);
    let start: String = text.trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    file.mime().to_ascii_lowercase().starts_with("text/html")
        || named(".html")
        || named(".htm")
        || start.starts_with("<!doctype html")
        || start.starts_with("<html")
}

fn of_pages(name: &str, pages: &Pages) -> Result<Parts, Refusal> {
    let lines: Vec<&str> = pages.text.split('\n').collect();
    let mut parts = Vec::new();
    for (at, start) in pages.starts.iter().enumerate() {
        let end = pages.starts.get(at + 1).copied().unwrap_or(lines.len());
        // The first line only says which page it is.
        let text = lines.get(start + 1..end).unwrap_or_default().join("\n");
        parts.push((Some(at + 1), text.trim().to_owned()));
    }
    if parts.iter().all(|(_, text)| text.is_empty()) {
        let why = pages
            .problem
            .clone()
            .unwrap_or_else(|| "its pages hold no text: they are images, perhaps scans".to_owned());
        return Err(Refusal::input(format!("{name} cannot be read as text: {why}")));
    }
    let unknown = (pages.unknown > 0).then(|| {
        format!(
            "{} are drawn without saying which they are",
            units::counted(pages.unknown, "letter")
        )
    });
    Ok(Parts { texts: parts, fence: None, problem: pages.problem.clone().or(unknown) })
}

fn of_listing(listing: &Listing) -> Parts {
    let mut out = String::from("| name | size |\n|---|---|\n");
    for entry in listing.entries.iter().take(ENTRIES) {
        let name = sanitize::preview(&entry.name, 300).replace('|', "\\|");
        let _ = writeln!(out, "| {name} | {} |", entry.size);
    }
    let left = listing.count.saturating_sub(listing.entries.len().min(ENTRIES) as u64);
    let left = (left > 0).then(|| format!("{left} more files are not listed"));
    Parts { problem: listing.cut.clone().or(left), ..Parts::of_text(out, None) }
}

async fn read(found: Found) -> Result<(String, Parts), Refusal> {
    let Found { artifact, bytes } = found;
    let read = aside(move |gone| {
        let file = content::prepare(&artifact.filename, &artifact.mime_type, bytes);
        let parts =
            parts(&file, gone).unwrap_or_else(|| Err(Refusal::failed("nobody waits for it")));
        parts.map(|parts| (artifact.filename, parts))
    });
    read.await?
}

pub(super) async fn text(
    at: &Workplace,
    arguments: Arguments<'_>,
    most: usize,
) -> Result<Object, Refusal> {
    // An agent's configuration may name a corpus all the same.
    let wanted = match arguments.text("document_id")? {
        Some(wanted) if !wanted.is_empty() => wanted,
        _ => arguments
            .required("artifact_id")
            .map_err(|_| Refusal::input("document_id is required"))?,
    };
    let found = find(at, wanted).await.map_err(|refusal| match arguments.get("corpus_key") {
        Some(_) => Refusal::missing(format!("this server has no corpora, and {}", refusal.why)),
        None => refusal,
    })?;
    let mut out = told(&found.artifact);
    let (_, parts) = read(found).await?;
    let mut text = parts.plain();
    out.insert("total_bytes".to_owned(), text.len().into());
    let room = TEXT.min(most / 2);
    let cut = text.len() > room;
    if cut {
        text.truncate(text.floor_char_boundary(room));
        let hint = "make a file of it with document_conversion, and read that in ranges";
        out.insert("hint".to_owned(), hint.into());
    }
    out.insert("text".to_owned(), text.into());
    out.insert("truncated".to_owned(), cut.into());
    if let Some(problem) = parts.problem {
        out.insert("problem".to_owned(), problem.into());
    }
    Ok(out)
}

pub(super) async fn convert(at: &Workplace, arguments: Arguments<'_>) -> Result<Object, Refusal> {
    let format = arguments.word("output_format", ["markdown", "structured_document"])?;
    let description = arguments.text("description")?;
    let found = find(at, arguments.required("artifact_id")?).await?;
    let source = found.artifact.id.clone();
    let (name, parts) = read(found).await?;
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let (filename, mime_type, bytes) = if format == "markdown" {
        (format!("{stem}.md"), "text/markdown", parts.markdown(&name).into_bytes())
    } else {
        let json = serde_json::to_vec_pretty(&parts.structured(&name)).unwrap_or_default();
        (format!("{stem}.json"), "application/json", json)
    };
    let new = New { filename: &filename, mime_type: Some(mime_type), description, bytes };
    let mut out = told(&keep(at, new).await?);
    out.insert("converted_from".to_owned(), source.as_str().into());
    let pages = parts.texts.iter().filter(|(page, _)| page.is_some()).count();
    if pages > 0 {
        out.insert("pages".to_owned(), pages.into());
    }
    if let Some(problem) = parts.problem {
        out.insert("problem".to_owned(), problem.into());
    }
    Ok(out)
}
