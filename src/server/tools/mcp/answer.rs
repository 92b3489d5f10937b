//! What an MCP server answered, as an output: texts as text, and what else it sends as files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use crate::api::Object;
use crate::server::tools::artifact::{self, New};
use crate::server::tools::refusal::Refusal;
use crate::server::tools::{Done, Workplace};
use crate::text::units;

/// Files that one answer may bring.
const MOST_FILES: usize = 16;

/// A file in an answer.
struct Sent {
    mime_type: String,
    base64: String,
}

pub(super) async fn read(
    at: &Workplace,
    server: &str,
    tool: &str,
    answer: CallToolResult,
    most: usize,
) -> Result<Done, Refusal> {
    let (mut text, mut sent) = (String::new(), Vec::new());
    for block in answer.content {
        let (words, file) = read_block(block);
        if !words.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&words);
        }
        sent.extend(file);
    }
    let mut output = match answer.structured_content {
        // The text says the same in other words.
        Some(Value::Object(output)) => output,
        Some(other) if !other.is_null() => Object::from_iter([("content".to_owned(), other)]),
        _ => Object::from_iter([("content".to_owned(), text.clone().into())]),
    };
    let size = serde_json::to_string(&output).map_or(0, |json| json.len());
    if size > most {
        return Err(Refusal::failed(format!(
            "the MCP server {server} answered with {}, more than the {} that this server lets through. Ask for \
             less",
            units::size(size as u64),
            units::size(most as u64)
        )));
    }
    if answer.is_error == Some(true) {
        let why = if text.is_empty() { Value::Object(output) } else { Value::from(text) };
        let output = Object::from_iter([("error".to_owned(), why)]);
        return Ok(Done { output, failure: Some("execution_error"), follows: None });
    }
    let mut kept = Vec::new();
    let left_out = sent.len().saturating_sub(MOST_FILES);
    for (number, file) in sent.into_iter().take(MOST_FILES).enumerate() {
        let Ok(bytes) = STANDARD.decode(&file.base64) else { continue };
        let ending = mime_guess::get_mime_extensions_str(&file.mime_type);
        let ending = ending.and_then(|endings| endings.first()).copied().unwrap_or("bin");
        let filename = format!("{tool}-{}.{ending}", number + 1);
        let description = format!("From the tool {tool} of the MCP server {server}.");
        let new = New {
            filename: &filename,
            mime_type: Some(&file.mime_type),
            description: Some(&description),
            bytes,
        };
        kept.push(Value::Object(artifact::told(&artifact::keep(at, new).await?)));
    }
    if !kept.is_empty() {
        output.insert("artifacts".to_owned(), kept.into());
    }
    if left_out > 0 {
        output.insert("artifacts_left_out".to_owned(), left_out.into());
    }
    Ok(Done::output(output))
}

fn read_block(block: ContentBlock) -> (String, Option<Sent>) {
    let file = |mime_type, base64| (String::new(), Some(Sent { mime_type, base64 }));
    match block {
        ContentBlock::Text(text) => (text.text, None),
        ContentBlock::Image(image) => file(image.mime_type, image.data),
        ContentBlock::Audio(audio) => file(audio.mime_type, audio.data),
        ContentBlock::Resource(resource) => match resource.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                (format!("{uri}:\n{text}"), None)
            }
            ResourceContents::BlobResourceContents { mime_type, blob, .. } => {
                file(mime_type.unwrap_or_else(|| "application/octet-stream".to_owned()), blob)
            }
            _ => (String::new(), None),
        },
        ContentBlock::ResourceLink(link) => (format!("{} ({})", link.name, link.uri), None),
        _ => (String::new(), None),
    }
}
