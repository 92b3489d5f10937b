//! `artifact_read`: a file, or a range of its lines or bytes.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Found, aside, find};
use crate::api::Object;
use crate::api::agent::ToolConfiguration;
use crate::content::{self, Prepared, Text};
use crate::server::tools::Workplace;
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;
use crate::text::units;

/// How much is read at a time.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    bytes: usize,
    lines: usize,
}

impl Bounds {
    /// As the agent's configuration has them, which the server's bound on outputs goes before: half of it,
    /// because JSON takes room for what it escapes.
    pub(super) fn of(configuration: &ToolConfiguration, most: usize) -> Self {
        let own = configuration.extra.get("tool_configuration");
        let number = |name: &str| own?.get(name)?.as_u64()?.try_into().ok();
        let bytes = number("max_size_bytes").unwrap_or(256 << 10).clamp(1, 10 << 20);
        Self {
            bytes: bytes.min(most / 2),
            lines: number("max_lines").unwrap_or(200).clamp(1, 10_000),
        }
    }
}

/// What a call asks for.
struct Wanted {
    base64: bool,
    lines: Option<(usize, Option<usize>)>,
    bytes: Option<(usize, Option<usize>)>,
}

impl Wanted {
    fn of(arguments: Arguments<'_>) -> Result<Self, Refusal> {
        let (first, last) = (arguments.count("start_line")?, arguments.count("end_line")?);
        let (from, to) = (arguments.count("start_byte")?, arguments.count("end_byte")?);
        let lines = (first.is_some() || last.is_some()).then_some((first.unwrap_or(1), last));
        let bytes = (from.is_some() || to.is_some()).then_some((from.unwrap_or(0), to));
        if lines.is_some() && bytes.is_some() {
            return Err(Refusal::input("give lines or bytes, not both"));
        }
        if lines.is_some_and(|(first, last)| first == 0 || last.is_some_and(|last| last < first)) {
            return Err(Refusal::input(
                "lines count from 1, and end_line is not before start_line",
            ));
        }
        if bytes.is_some_and(|(from, to)| to.is_some_and(|to| to < from)) {
            return Err(Refusal::input("end_byte is before start_byte"));
        }
        let base64 = arguments.word("encoding", ["raw", "base64"])? == "base64";
        if base64 && lines.is_some() {
            return Err(Refusal::input(
                "with encoding base64 give start_byte and end_byte, not lines",
            ));
        }
        Ok(Self { base64, lines, bytes })
    }
}

pub(super) async fn read(
    at: &Workplace,
    arguments: Arguments<'_>,
    bounds: Bounds,
) -> Result<Object, Refusal> {
    let wanted = Wanted::of(arguments)?;
    let Found { artifact, bytes } = find(at, arguments.required("artifact_id")?).await?;
    let mut out = super::told(&artifact);
    let read = aside(move |_| {
        if wanted.base64 {
            return encoded(&bytes, wanted.bytes, bounds);
        }
        let file = content::prepare(&artifact.filename, &artifact.mime_type, bytes);
        let Some(text) = file.text() else { return Err(no_text(&file)) };
        match (wanted.lines, wanted.bytes) {
            (Some((first, last)), _) => lines(text, first, last, bounds),
            (_, Some((from, to))) => piece(text, from, to, bounds),
            _ => whole(text, bounds),
        }
    });
    out.extend(read.await??);
    Ok(out)
}

fn no_text(file: &Prepared) -> Refusal {
    Refusal::input(format!(
        "{} is {}, not text: use image_read for an image, document_conversion for a document, or read it \
         with encoding base64",
        file.name(),
        file.format()
    ))
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn whole(text: &Text, bounds: Bounds) -> Result<Object, Refusal> {
    let size = text.bytes().len();
    if size > bounds.bytes {
        return Err(Refusal::input(format!(
            "the file has {} in {}, more than the {} that are read at once: give start_line and end_line \
             (at most {} lines), or start_byte and end_byte, or search it with artifact_grep",
            units::size(size as u64),
            units::counted(text.len(), "line"),
            units::size(bounds.bytes as u64),
            bounds.lines
        )));
    }
    Ok(fields([("content", text.whole().into()), ("total_lines", text.len().into())]))
}

fn lines(
    text: &Text,
    first: usize,
    last: Option<usize>,
    bounds: Bounds,
) -> Result<Object, Refusal> {
    let total = text.len();
    if first > total {
        let total = units::counted(total, "line");
        return Err(Refusal::input(format!("the file has only {total}; start_line is {first}")));
    }
    let wanted = last.unwrap_or(usize::MAX).min(total);
    let most = wanted.min(first.saturating_add(bounds.lines - 1));
    let (mut content, mut end) = (String::new(), first);
    let mut cut = None;
    for line in first..=most {
        let range = text.line(line - 1);
        if content.len() + range.len() > bounds.bytes {
            if line == first {
                let to = text.boundary(range.start + bounds.bytes);
                content.push_str(&text.decoded(range.start..to));
                cut = Some(to);
            } else {
                end = line - 1;
            }
            break;
        }
        content.push_str(&text.decoded(range));
        content.push('\n');
        end = line;
    }
    let mut out = fields([
        ("content", content.into()),
        ("start_line", first.into()),
        ("end_line", end.into()),
        ("total_lines", total.into()),
        ("truncated", (end < wanted || cut.is_some()).into()),
    ]);
    if let Some(to) = cut {
        let hint = format!("the line is longer; go on with start_byte {to}");
        out.insert("hint".to_owned(), hint.into());
    } else if end < wanted {
        out.insert("hint".to_owned(), format!("go on with start_line {}", end + 1).into());
    }
    Ok(out)
}

/// The part of a wanted range that there is, and that is read at once.
fn part(
    size: usize,
    from: usize,
    to: Option<usize>,
    most: usize,
) -> Result<(Range<usize>, bool), Refusal> {
    if from > size || from == size && size > 0 {
        let size = units::size(size as u64);
        return Err(Refusal::input(format!("the file has only {size}; start_byte is {from}")));
    }
    let wanted = to.unwrap_or(usize::MAX).min(size);
    let end = wanted.min(from.saturating_add(most));
    Ok((from..end, end < wanted))
}

fn piece(text: &Text, from: usize, to: Option<usize>, bounds: Bounds) -> Result<Object, Refusal> {
    let size = text.bytes().len();
    let (range, truncated) = part(size, from, to, bounds.bytes)?;
    let range = text.boundary(range.start)..text.boundary(range.end);
    let mut out = fields([
        ("content", text.decoded(range.clone()).into()),
        ("start_byte", range.start.into()),
        ("end_byte", range.end.into()),
        ("total_bytes", size.into()),
        ("truncated", truncated.into()),
    ]);
    if truncated {
        out.insert("hint".to_owned(), format!("go on with start_byte {}", range.end).into());
    }
    Ok(out)
}

fn encoded(
    bytes: &[u8],
    range: Option<(usize, Option<usize>)>,
    bounds: Bounds,
) -> Result<Object, Refusal> {
    // Four characters for three bytes.
    let most = (bounds.bytes / 4 * 3).max(1);
    let (from, to) = range.unwrap_or((0, None));
    if range.is_none() && bytes.len() > most {
        let (size, most) = (units::size(bytes.len() as u64), units::size(most as u64));
        let why = format!("the file has {size}, more than the {most} that are read at once");
        return Err(Refusal::input(format!("{why}: give start_byte and end_byte")));
    }
    let (range, truncated) = part(bytes.len(), from, to, most)?;
    Ok(fields([
        ("content", STANDARD.encode(&bytes[range.clone()]).into()),
        ("encoding", "base64".into()),
        ("start_byte", range.start.into()),
        ("end_byte", range.end.into()),
        ("truncated", truncated.into()),
    ]))
}
