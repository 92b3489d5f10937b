//! What the bytes of a file are, and the ways in which they can be looked at.
//!
//! Pure, and free of the screen: no file is read here and nothing is drawn. Start with
//! [`prepare`], which is called once per file and off the screen's thread; what takes longer than
//! a frame is a [`Job`]. The invariant: bytes are held once, and what is made of them is small
//! beside them.

mod detect;
mod encoding;
mod find;
mod job;
mod lines;
pub mod listing;
pub mod pdf;
mod picture;
mod rows;
pub mod table;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::json::Index;
use crate::text::markdown;

pub use detect::Kind;
pub use encoding::Encoding;
pub use find::{Hits, Pattern};
pub use job::{COLOURED_AT_ONCE, Coloured, Done, Job, Slot};
pub use lines::LineIndex;
pub use listing::Listing;
pub use pdf::Pages;
pub use picture::{Drawn, Graphics, Halves, Header, Payload, Protocol, Room};
pub use rows::{RowStart, Rows};
pub use table::Table;
pub use text::Text;

/// A way to look at a file. A new one needs a file each in `view/pane/viewer` and
/// `ui/panes/viewer`, a line in the matches of the former's `file_view.rs` and of the latter's
/// `mod.rs`, and here a place in [`Rendition::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rendition {
    Picture,
    /// Markdown as it is meant to be read.
    Rendered,
    /// JSON with folds.
    Tree,
    /// Separated values in columns.
    Table,
    /// What is in an archive.
    Listing,
    /// The text of a PDF.
    Pages,
    /// Text with line numbers.
    Source,
    Hex,
}

impl Rendition {
    /// The one that says most comes first; a file opens in the first that fits.
    const ALL: [Self; 8] = [
        Self::Picture,
        Self::Rendered,
        Self::Tree,
        Self::Table,
        Self::Listing,
        Self::Pages,
        Self::Source,
        Self::Hex,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Rendered => "rendered",
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Listing => "archive",
            Self::Pages => "pages",
            Self::Source => "text",
            Self::Hex => "hex",
        }
    }
}

/// JSON up to this size has its tree from the start; of longer ones it is made beside.
const TREE_AT_ONCE: usize = 2 << 20;

/// A file that is ready to be looked at. Written and read as its name, its type and its bytes: the
/// rest follows from these.
#[derive(Clone)]
pub struct Prepared {
    name: String,
    mime: String,
    bytes: Arc<[u8]>,
    kind: Kind,
    format: &'static str,
    remark: Option<String>,
    text: Option<Text>,
    index: Option<Arc<Index>>,
    table: Option<Arc<Table>>,
    picture: Option<Result<Header, String>>,
}

/// Works out what `bytes` are. Takes about as long as it takes to read them from memory a few
/// times, and up to [`TREE_AT_ONCE`] as long as their index takes. Never fails: what is nothing
/// else is bytes.
pub fn prepare(name: &str, mime: &str, bytes: Arc<[u8]>) -> Prepared {
    let text = Text::of(&bytes);
    let found = detect::detect(name, mime, &bytes, text.as_ref());
    let small = bytes.len() <= TREE_AT_ONCE && found.kind == Kind::Json;
    let indexed = text.as_ref().filter(|text| small && text.encoding().is_utf8());
    let picture = (found.kind == Kind::Image).then(|| picture::header(found.format, &bytes));
    let index = indexed.map(|text| Arc::new(Index::of_file(text.bytes())));
    let table = text.as_ref().and_then(|text| match found.kind {
        Kind::Csv | Kind::Tsv => Table::of(text, true, found.kind == Kind::Tsv),
        Kind::Text => Table::of(text, false, false),
        _ => None,
    });
    Prepared {
        name: name.to_owned(),
        mime: mime.to_owned(),
        kind: found.kind,
        format: found.format,
        remark: found.remark,
        bytes,
        text,
        index,
        table: table.map(Arc::new),
        picture,
    }
}

impl Prepared {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type as the service gave it.
    pub fn mime(&self) -> &str {
        &self.mime
    }

    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What it is in a word: `text`, `json`, `PNG`.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Where type or name say something else than the bytes.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// `None` for what is no text in an encoding that we know.
    pub fn text(&self) -> Option<&Text> {
        self.text.as_ref()
    }

    /// What is looked through when something is looked for: the text, or else the bytes.
    pub fn searched(&self) -> &[u8] {
        self.text.as_ref().map_or(&self.bytes, Text::bytes)
    }

    /// The index of JSON that is small enough to have it from the start.
    pub fn index(&self) -> Option<&Arc<Index>> {
        self.index.as_ref()
    }

    pub fn table(&self) -> Option<&Arc<Table>> {
        self.table.as_ref()
    }

    /// What the header of a picture says, or why it is not drawn; `None` for what is no picture.
    pub fn picture(&self) -> Option<&Result<Header, String>> {
        self.picture.as_ref()
    }

    /// There is something to see in that view.
    pub fn fits(&self, view: Rendition) -> bool {
        match view {
            Rendition::Picture => self.picture.is_some(),
            Rendition::Rendered => {
                self.kind == Kind::Markdown && self.bytes.len() <= markdown::MAX_BYTES
            }
            Rendition::Tree => {
                let decoded = self.text.as_ref().is_some_and(|text| text.encoding().is_utf8());
                decoded && matches!(self.kind, Kind::Json | Kind::JsonLines)
            }
            Rendition::Table => self.table.is_some(),
            Rendition::Listing => self.kind == Kind::Archive && listing::is_listed(self.format),
            Rendition::Pages => self.kind == Kind::Pdf,
            Rendition::Source => self.text.is_some(),
            Rendition::Hex => true,
        }
    }

    /// The views that fit, the best first.
    pub fn views(&self) -> impl Iterator<Item = Rendition> {
        Rendition::ALL.into_iter().filter(|view| self.fits(*view))
    }

    /// The view that a file opens in. One that is not there yet is not waited for.
    pub fn first_view(&self) -> Rendition {
        let ready = |view: &Rendition| match view {
            Rendition::Tree => self.tree_is_ready(),
            // What only looks like a table by chance is a text first.
            Rendition::Table => matches!(self.kind, Kind::Csv | Kind::Tsv),
            _ => true,
        };
        self.views().find(ready).unwrap_or(Rendition::Hex)
    }

    fn tree_is_ready(&self) -> bool {
        self.index.is_some() || self.kind == Kind::JsonLines
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.len();
        let mut out = out.debug_struct("Prepared");
        out.field("name", &self.name).field("kind", &self.kind).field("bytes", &bytes);
        out.finish_non_exhaustive()
    }
}

impl PartialEq for Prepared {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.mime) == (&other.name, &other.mime) && self.bytes == other.bytes
    }
}

/// [`Prepared`] as it is written down: nothing twice, and nothing that can be made again.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    name: Cow<'a, str>,
    mime: Cow<'a, str>,
    /// In base64.
    data: String,
}

impl Serialize for Prepared {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let data = STANDARD.encode(&self.bytes);
        Plain { name: (&self.name).into(), mime: (&self.mime).into(), data }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Prepared {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let plain = Plain::deserialize(from)?;
        let bytes = STANDARD.decode(&plain.data).map_err(D::Error::custom)?;
        Ok(prepare(&plain.name, &plain.mime, bytes.into()))
    }
}
