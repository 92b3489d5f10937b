//! What a model is told of the tools that are built in, and of those that this server lacks.
//!
//! Start with [`told`]. The invariant: every kind that [`is_run_here`] is described with the very
//! arguments that it reads.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::web::Web;
use crate::api::Object;

/// The kinds that this server runs by itself.
const HERE: [&str; 7] = [
    "artifact_create",
    "artifact_read",
    "artifact_grep",
    "image_read",
    "document_conversion",
    "get_document_text",
    "web_get",
];

pub(super) fn is_run_here(kind: &str) -> bool {
    HERE.contains(&kind)
}

/// The description and the schema of a kind's arguments.
pub(super) fn told(kind: &str, web: Option<&Web>) -> (String, Object) {
    let description = match kind {
        "artifact_create" => {
            "Stores a new file (an artifact) in this session and returns its artifact_id. Use it for what \
             should be kept or handed over: reports, data, code."
                .to_owned()
        }
        "artifact_read" => {
            "Reads a file (an artifact) of this session. A short text comes whole; of a long one give a \
             range of lines with start_line and end_line, or of bytes with start_byte and end_byte. The \
             answer says where to go on."
                .to_owned()
        }
        "artifact_grep" => {
            "Searches a text file (an artifact) of this session line by line with a regular expression \
             (as grep -E; | ( ) + need no backslash; no look-around, no back-references) and returns the \
             lines that match, with their numbers."
                .to_owned()
        }
        "image_read" => {
            "Puts an image (an artifact of this session: PNG, JPEG, GIF or WebP) before you, so that you \
             can look at it."
                .to_owned()
        }
        "document_conversion" => {
            "Converts a document (an artifact of this session: PDF, HTML, plain text, CSV, JSON, or the \
             list of files of a ZIP, tar or gzip archive) to Markdown or to JSON with a part for each page, \
             and stores the outcome as a new artifact, to be read with artifact_read or artifact_grep."
                .to_owned()
        }
        "get_document_text" => {
            "Returns the text of a document (an artifact of this session: PDF, HTML, plain text, CSV, \
             JSON, or the list of files of an archive)."
                .to_owned()
        }
        "web_get" => match web {
            Some(web) => format!(
                "Fetches a page or file from the web with HTTP and returns its text; HTML is reduced to \
                 text with links. Only these hosts may be asked: {}.",
                web.hosts()
            ),
            None => "Would fetch a page from the web, but this server does not allow it.".to_owned(),
        },
        _ => lacking(kind, "").why,
    };
    (description, schema(kind))
}

/// What the arguments of a kind look like; of one that is not known, anything.
pub(super) fn schema(kind: &str) -> Object {
    let artifact = json!({
        "type": "string",
        "description": "The artifact_id of the file, such as art_one_two_three, or its file name.",
    });
    let (properties, required): (Value, &[&str]) = match kind {
        "artifact_create" => (
            json!({
                "filename": {"type": "string", "description": "Name of the file, without a path."},
                "content": {"type": "string", "description": "What is to be in it."},
                "mime_type": {
                    "type": "string",
                    "description": "Its type, such as text/markdown. By the name where left out.",
                },
                "encoding": {
                    "type": "string", "enum": ["raw", "base64"],
                    "description": "base64 where content is not text. raw where left out.",
                },
                "description": {"type": "string", "description": "What the file is, in a sentence."},
            }),
            &["filename", "content"],
        ),
        "artifact_read" => (
            json!({
                "artifact_id": artifact,
                "encoding": {
                    "type": "string", "enum": ["raw", "base64"],
                    "description": "base64 for what is no text. raw where left out.",
                },
                "start_line": {"type": "integer", "minimum": 1, "description": "First line, from 1."},
                "end_line": {
                    "type": "integer", "minimum": 1, "description": "Last line, this one included.",
                },
                "start_byte": {
                    "type": "integer", "minimum": 0,
                    "description": "First byte, from 0, in the place of lines: for very long lines.",
                },
                "end_byte": {
                    "type": "integer", "minimum": 0,
                    "description": "The byte to end before.",
                },
            }),
            &["artifact_id"],
        ),
        "artifact_grep" => (
            json!({
                "artifact_id": artifact,
                "pattern": {"type": "string", "description": "The regular expression."},
                "grep_options": {
                    "type": "array", "items": {"type": "string"},
                    "description": "Of grep: -i (any case), -v (lines that do not match), -c (only count), \
                                    -o (only what matches), -w (whole words), -x (whole lines), -F (no \
                                    regular expression), -m N (at most N), -A N, -B N, -C N (lines after, \
                                    before, around).",
                },
            }),
            &["artifact_id", "pattern"],
        ),
        "image_read" => (
            json!({
                "artifact_id": artifact,
                "detail": {
                    "type": "string", "enum": ["auto", "low", "high"],
                    "description": "How closely it is looked at. auto where left out.",
                },
            }),
            &["artifact_id"],
        ),
        "document_conversion" => (
            json!({
                "artifact_id": artifact,
                "output_format": {
                    "type": "string", "enum": ["markdown", "structured_document"],
                    "description": "markdown where left out.",
                },
                "description": {"type": "string", "description": "What the outcome is, in a sentence."},
            }),
            &["artifact_id"],
        ),
        "get_document_text" => (
            json!({
                "document_id": {
                    "type": "string",
                    "description": "The artifact_id of the document in this session, or its file name.",
                },
                "corpus_key": {
                    "type": "string",
                    "description": "Not used: this server has no corpora.",
                },
            }),
            &["document_id"],
        ),
        "web_get" => (
            json!({
                "url": {"type": "string", "description": "Where from: http:// or https://."},
                "method": {
                    "type": "string",
                    "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
                    "description": "GET where left out. The server may allow only some.",
                },
                "headers": {
                    "type": "object", "additionalProperties": {"type": "string"},
                    "description": "Headers of the request, by name.",
                },
                "body": {"type": "string", "description": "What is sent, with POST, PUT or PATCH."},
                "follow_redirects": {"type": "boolean", "description": "true where left out."},
                "timeout_seconds": {"type": "integer", "minimum": 1},
                "head_lines": {
                    "type": "integer", "minimum": 1,
                    "description": "Only so many lines from the start.",
                },
                "tail_lines": {
                    "type": "integer", "minimum": 1,
                    "description": "Only so many lines from the end.",
                },
                "max_content_bytes": {"type": "integer", "minimum": 1},
            }),
            &["url"],
        ),
        "corpora_search" | "web_search" => {
            (json!({"query": {"type": "string", "description": "What is looked for."}}), &["query"])
        }
        _ => (json!({}), &[]),
    };
    let schema = json!({"type": "object", "properties": properties, "required": required});
    match schema {
        Value::Object(schema) => schema,
        _ => Object::new(),
    }
}

/// Why a call of such a tool cannot be run, and what would make it possible.
pub(super) fn lacking(kind: &str, name: &str) -> Refusal {
    let lacks = match kind {
        "corpora_search" => "no corpora to search",
        "web_search" => "no search engine",
        "lambda" => "no functions that customers upload",
        "dynamic_vectara" => "none of the tools that Vectara's platform runs",
        "reference" => "no tool configurations of their own, which an agent could refer to",
        _ => "no tools of that type",
    };
    let entry = if name.is_empty() { "NAME" } else { name };
    Refusal::setup(format!(
        "a tool of type {kind} cannot be run: this server has {lacks}. Whoever runs the server can let a \
         program answer for it, with [tools.command.NAME] and names = [\"{entry}\"] or types = [\"{kind}\"] \
         in its models.toml"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::json_schema::check_schema;

    #[test]
    fn every_kind_is_described_with_a_schema_of_its_arguments() {
        for kind in HERE.into_iter().chain(["corpora_search", "lambda", "from_the_future"]) {
            let (description, schema) = told(kind, None);
            assert!(description.len() > 40, "{kind}");
            assert!(check_schema(&Value::Object(schema.clone())).is_ok(), "{kind}");
            for required in schema["required"].as_array().unwrap() {
                assert!(schema["properties"].get(required.as_str().unwrap()).is_some(), "{kind}");
            }
        }
    }
}
