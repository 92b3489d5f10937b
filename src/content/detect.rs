//! What kind of file bytes are: by the bytes, then by the name, then by the type that was given.

use super::Text;
use crate::text::json::{Index, Json, Kind as Node};
use crate::text::sanitize;

/// Of that much of a text it is decided whether it is JSON.
const LOOK: usize = 4 * 1024;
/// Longest type or ending that a remark repeats.
const CLAIM_CHARS: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Markdown,
    Json,
    /// One value a line.
    JsonLines,
    Csv,
    Tsv,
    Image,
    Pdf,
    Archive,
    Binary,
}

pub(super) struct Found {
    pub kind: Kind,
    pub format: &'static str,
    pub remark: Option<String>,
}

/// First bytes, what they mean, and what that is called.
const MAGIC: &[(&[u8], Kind, &str)] = &[
    (b"\x89PNG\r\n\x1a\n", Kind::Image, "PNG"),
    (b"\xff\xd8\xff", Kind::Image, "JPEG"),
    (b"GIF87a", Kind::Image, "GIF"),
    (b"GIF89a", Kind::Image, "GIF"),
    (b"II*\0", Kind::Image, "TIFF"),
    (b"MM\0*", Kind::Image, "TIFF"),
    (b"%PDF-", Kind::Pdf, "PDF"),
    (b"PK\x03\x04", Kind::Archive, "ZIP"),
    (b"PK\x05\x06", Kind::Archive, "ZIP"),
    (b"\x1f\x8b", Kind::Archive, "gzip"),
    (b"\x28\xb5\x2f\xfd", Kind::Archive, "zstd"),
    (b"BZh", Kind::Archive, "bzip2"),
    (b"\xfd7zXZ\0", Kind::Archive, "xz"),
    (b"7z\xbc\xaf\x27\x1c", Kind::Archive, "7z"),
    (b"\x7fELF", Kind::Binary, "ELF"),
    (b"\0asm", Kind::Binary, "WebAssembly"),
    (b"OggS", Kind::Binary, "Ogg"),
    (b"ID3", Kind::Binary, "MP3"),
    (b"fLaC", Kind::Binary, "FLAC"),
    (b"PAR1", Kind::Binary, "Parquet"),
    (b"SQLite format 3\0", Kind::Binary, "SQLite"),
];

/// Bytes further in, for kinds whose first bytes say too little.
const INNER_MAGIC: &[(usize, &[u8], Kind, &str)] = &[
    (8, b"WEBP", Kind::Image, "WebP"),
    (8, b"WAVE", Kind::Binary, "WAV"),
    (4, b"ftyp", Kind::Binary, "MP4"),
    (257, b"ustar", Kind::Archive, "tar"),
];

pub(super) fn detect(name: &str, mime: &str, bytes: &[u8], text: Option<&Text>) -> Found {
    let claimed = claim(name, mime);
    let (kind, format) = by_magic(bytes, text.is_some()).unwrap_or_else(|| match text {
        Some(text) => by_text(claimed, text),
        None => (Kind::Binary, "bytes"),
    });
    let kept = claimed.is_none_or(|claimed| is_kept(claimed, kind));
    let remark = (!kept && !bytes.is_empty()).then(|| {
        let said = if is_telling(mime) { essence(mime) } else { ending(name) };
        let verb = if is_telling(mime) { "says" } else { "is named" };
        format!("{verb} {}, is {format}", sanitize::preview(said, CLAIM_CHARS))
    });
    Found { kind, format, remark }
}

fn by_magic(bytes: &[u8], is_text: bool) -> Option<(Kind, &'static str)> {
    let first = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic));
    let first = first.map(|(_, kind, format)| (*kind, *format));
    let inner = INNER_MAGIC
        .iter()
        .find(|(at, magic, ..)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    let found = first.or(bitmap(bytes)).or(inner.map(|(_, _, kind, format)| (*kind, *format)))?;
    // Letters alone prove nothing of what is a text from end to end; a PDF may be one all the same.
    (!is_text || matches!(found.0, Kind::Pdf)).then_some(found)
}

/// Two letters are little; the length of the header that follows is one of few.
fn bitmap(bytes: &[u8]) -> Option<(Kind, &'static str)> {
    let header = bytes.get(14..18).filter(|_| bytes.starts_with(b"BM"))?;
    let known = matches!(header, [12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]);
    known.then_some((Kind::Image, "BMP"))
}

fn by_text(claimed: Option<Kind>, text: &Text) -> (Kind, &'static str) {
    let start = text.decoded(0..text.boundary(LOOK.min(text.bytes().len())));
    let start = start.trim_start();
    let whole = text.bytes().len() <= LOOK;
    let opens = start.starts_with(['{', '[']);
    match claimed {
        Some(Kind::Json) if plausible(start) => return (Kind::Json, "json"),
        Some(Kind::JsonLines) if plausible(start) => return (Kind::JsonLines, "jsonl"),
        Some(Kind::Markdown) => return (Kind::Markdown, "markdown"),
        Some(Kind::Csv) => return (Kind::Csv, "csv"),
        Some(Kind::Tsv) => return (Kind::Tsv, "tsv"),
        _ => {}
    }
    if opens && is_json_lines(start) {
        (Kind::JsonLines, "jsonl")
    } else if opens && begins_as_json(start, whole) {
        (Kind::Json, "json")
    } else {
        (Kind::Text, "text")
    }
}

/// What is said to be JSON is shown as such, with its mistakes, when it begins like a value.
fn plausible(start: &str) -> bool {
    start.is_empty() || start.starts_with(|c: char| "{[\"-tfn".contains(c) || c.is_ascii_digit())
}

/// More than one line, and the first two are a value each.
fn is_json_lines(start: &str) -> bool {
    let mut lines = start.lines().filter(|line| !line.trim().is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let complete = |line: &str| line.starts_with('{') && begins_as_json(line, true);
    complete(first) && (complete(second) || lines.next().is_none() && second.starts_with('{'))
}

/// Nothing but its end is missing.
fn begins_as_json(start: &str, whole: bool) -> bool {
    let index = Index::of(start);
    let json = Json::new(start, &index);
    let broken = json.nodes().find(|node| json.kind(*node) == Node::Broken);
    // The last token before the cut may be half a word.
    let cut = |at: usize| !whole && !start[at..].contains([' ', '\n', '}', ']']);
    broken.is_none_or(|node| {
        let (from, to) = json.span(node);
        !whole && (from == to || cut(from) || start[from..].starts_with('"'))
    })
}

fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Types that say no more than that there are bytes, or lines, say nothing.
fn is_telling(mime: &str) -> bool {
    by_type(essence(mime)).is_some_and(|kind| kind != Kind::Text)
}

/// What name and type make one expect; `None` when neither says anything.
fn claim(name: &str, mime: &str) -> Option<Kind> {
    let by_type = by_type(essence(mime));
    let by_name = by_ending(&ending(name).to_ascii_lowercase());
    by_type.filter(|kind| *kind != Kind::Text).or(by_name).or(by_type)
}

fn by_type(mime: &str) -> Option<Kind> {
    let mime = mime.to_ascii_lowercase();
    Some(match mime.as_str() {
        "text/markdown" | "text/x-markdown" => Kind::Markdown,
        "application/jsonl"
        | "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonlines"
        | "application/x-jsonlines" => Kind::JsonLines,
        "application/json" | "text/json" => Kind::Json,
        "text/csv" => Kind::Csv,
        "text/tab-separated-values" => Kind::Tsv,
        "application/pdf" => Kind::Pdf,
        "image/svg+xml" => Kind::Text,
        "application/zip" | "application/gzip" | "application/x-tar" | "application/zstd" => {
            Kind::Archive
        }
        mime if mime.ends_with("+json") => Kind::Json,
        mime if mime.starts_with("image/") => Kind::Image,
        mime if mime.starts_with("text/") || mime.ends_with("+xml") => Kind::Text,
        mime if mime.starts_with("audio/") || mime.starts_with("video/") => Kind::Binary,
        _ => return None,
    })
}

fn by_ending(ending: &str) -> Option<Kind> {
    Some(match ending {
        "md" | "markdown" => Kind::Markdown,
        "json" | "geojson" | "ipynb" | "har" => Kind::Json,
        "jsonl" | "ndjson" => Kind::JsonLines,
        "csv" => Kind::Csv,
        "tsv" => Kind::Tsv,
        "pdf" => Kind::Pdf,
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" => Kind::Image,
        "zip" | "gz" | "tgz" | "tar" | "zst" | "xz" | "bz2" | "7z" => Kind::Archive,
        "txt" | "log" => Kind::Text,
        _ => return None,
    })
}

/// Texts of all kinds are texts, and nobody lies who says so.
fn is_kept(claimed: Kind, is: Kind) -> bool {
    let is_text = |kind| {
        matches!(
            kind,
            Kind::Text | Kind::Markdown | Kind::Json | Kind::JsonLines | Kind::Csv | Kind::Tsv
        )
    };
    match claimed {
        Kind::Json | Kind::JsonLines => matches!(is, Kind::Json | Kind::JsonLines),
        claimed if is_text(claimed) => is_text(is),
        // Many kinds of file are a ZIP inside, and those that are just bytes may be anything.
        Kind::Binary => !is_text(is),
        claimed => claimed == is,
    }
}
