//! A session with all that belongs to it, in one archive for a report of a fault.
//!
//! Owns what is in it and how it is packed; reading the service is the runtime's. Start with [`pack`], and
//! [`unpack()`] for the way back. The invariants: the same material gives the same bytes, and nothing leaves
//! that did not go through the [`Redactor`].

mod manifest;
mod unpack;

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Exported;
use super::redactor::Redactor;
use crate::api::tool::ClientTool;
use crate::api::trace::{Span, Trace};
use crate::api::{Agent, Artifact, Session};
use crate::archive::written;
use crate::model::event_words::outcome;
use crate::model::timeline::Visibility;
use crate::text::json::spread;
use crate::text::units;

pub use manifest::{Manifest, Missing, Packed, Redacted, VERSION};
pub use unpack::{Fault, unpack};

/// How a file that holds one ends.
pub const EXTENSION: &str = "bundle.tar.gz";

/// The folder that it unpacks to.
const FOLDER: &str = "foretop-bundle/";
const MANIFEST: &str = "manifest.json";
const SESSION: &str = "session.jsonl";

/// All that was read of a session.
#[derive(Debug, Clone)]
pub struct Material {
    pub session: Session,
    /// Oldest first.
    pub events: Vec<Exported>,
    pub agent: Option<Agent>,
    /// Those that the agent is configured with.
    pub tools: Vec<ClientTool>,
    /// What is listed of its files, without their bytes.
    pub files: Vec<Artifact>,
    pub traces: Vec<(Trace, Vec<Span>)>,
    pub missing: Vec<Missing>,
}

/// Writes the archive; what it says of itself comes back.
pub fn pack(material: &Material, out: impl Write) -> io::Result<Manifest> {
    let documents = documents(material);
    let texts = documents.iter().flat_map(|document| &document.texts);
    let redactor = Redactor::knowing(texts.map(String::as_str));
    let mut redacted = Vec::new();
    let mut packed: Vec<(&str, Vec<u8>)> = Vec::new();
    for document in &documents {
        let mut bytes = Vec::new();
        for (at, text) in document.texts.iter().enumerate() {
            let clean = redactor.clean(text);
            let text = if document.in_lines { clean.text } else { spread(&clean.text) };
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
            redacted.extend(clean.paths.into_iter().map(|path| Redacted {
                file: document.name.to_owned(),
                line: document.in_lines.then_some(at + 1),
                path,
            }));
        }
        packed.push((document.name, bytes));
    }
    packed.push(("README.txt", README.as_bytes().to_vec()));
    let file = |(name, bytes): &(&str, Vec<u8>)| Packed {
        name: (*name).to_owned(),
        bytes: bytes.len() as u64,
        sha256: units::hex(&Sha256::digest(bytes)),
    };
    let manifest = Manifest {
        version: VERSION,
        foretop: env!("CARGO_PKG_VERSION").to_owned(),
        session: material.session.reference().to_string(),
        events: material.events.len(),
        files: packed.iter().map(file).collect(),
        redacted,
        missing: material.missing.clone(),
    };
    // Neither a time nor a system is in its head.
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(out, Compression::default());
    let mut tar = tar::Builder::new(gzip);
    let mut first = serde_json::to_vec_pretty(&manifest)?;
    first.push(b'\n');
    for (name, bytes) in [(MANIFEST, first)].into_iter().chain(packed) {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, format!("{FOLDER}{name}"), bytes.as_slice())?;
    }
    tar.into_inner()?.finish()?.flush()?;
    Ok(manifest)
}

const README: &str = "\
A session of an AI agent, packed by foretop for a report of a fault.

foretop open FILE   checks the archive and shows the session
manifest.json       what is in here, where something was redacted, and what could not be read
session.jsonl       the session, then its events, oldest first, one a line
agent.json          how the agent was configured
tools.json          the client tools that it may call
traces.jsonl        what the service measured, one invocation a line
files.json          the files of the session, without what is in them
errors.jsonl        the events that tell of a failure, again
";

/// A file before it is cleaned.
struct Document {
    name: &'static str,
    /// JSON each.
    texts: Vec<String>,
    in_lines: bool,
}

fn documents(material: &Material) -> Vec<Document> {
    let hidden = |exported: &Exported| {
        (exported.seen != Visibility::Unknown).then_some(exported.seen != Visibility::InContext)
    };
    let line = |exported: &Exported| written::line(&exported.event, hidden(exported));
    let failed = material.events.iter().filter(|exported| outcome(&exported.event) == "ERR");
    let head = written::head(&material.session);
    let traces = material.traces.iter().map(|(trace, spans)| {
        let value = json!({"trace": trace, "spans": spans});
        written::on_one_line(&value.to_string())
    });
    let lines = |name, texts| Document { name, texts, in_lines: true };
    let whole = |name, text: String| Document { name, texts: vec![text], in_lines: false };
    let mut out = vec![lines(
        SESSION,
        std::iter::once(head).chain(material.events.iter().map(line)).collect(),
    )];
    out.extend(material.agent.as_ref().map(|agent| whole("agent.json", json_of(agent))));
    if !material.tools.is_empty() {
        out.push(whole("tools.json", json_of(&material.tools)));
    }
    if !material.traces.is_empty() {
        out.push(lines("traces.jsonl", traces.collect()));
    }
    out.push(whole("files.json", json_of(&material.files)));
    out.push(lines("errors.jsonl", failed.map(line).collect()));
    out
}

fn json_of(value: &impl Serialize) -> String {
    // What was read as JSON can be written as JSON.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
