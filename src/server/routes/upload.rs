//! Multipart uploads: files, words or both for a session (contract section 3.1).

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::StatusCode;
use serde_json::Value;

use super::Service;
use crate::api::event::{InputMessage, InputPart};
use crate::api::input::{Behavior, Since};
use crate::api::{Artifact, EventId};
use crate::server::artifact_files;
use crate::server::engine::submit::Submission;
use crate::server::error::{ApiError, ApiResult};

const MAX_FILENAME_CHARS: usize = 255;
const DEFAULT_MIME_TYPE: &str = "application/octet-stream";

/// The parts of an upload, read to the end.
#[derive(Default)]
pub(super) struct Upload {
    files: Vec<File>,
    messages: Option<Vec<InputPart>>,
    /// The older form of `messages`, which wins where both are sent.
    message: Option<String>,
    since: Option<Since>,
    behavior: Option<Behavior>,
    pub(super) stream_response: bool,
}

struct File {
    filename: String,
    mime_type: String,
    data: Vec<u8>,
}

fn broken(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::payload_too_large(error.body_text())
    } else {
        ApiError::bad_request(format!("the multipart body cannot be read: {}", error.body_text()))
    }
}

async fn text(field: Field<'_>, name: &str) -> ApiResult<String> {
    let bytes = field.bytes().await.map_err(|error| broken(&error))?;
    String::from_utf8(bytes.to_vec()).map_err(|_| ApiError::field(name, "must be UTF-8"))
}

/// A part that may be text or, where its type says so, JSON.
async fn value(field: Field<'_>, name: &str) -> ApiResult<Value> {
    let is_json = field.content_type().is_some_and(is_json);
    let text = text(field, name).await?;
    if is_json {
        serde_json::from_str(&text).map_err(|error| ApiError::field(name, error.to_string()))
    } else {
        Ok(Value::String(text))
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// As [`value`], for what is a text either way; `null` is as good as nothing.
async fn string(field: Field<'_>, name: &str) -> ApiResult<Option<String>> {
    match value(field, name).await? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(ApiError::field(name, "must be a string")),
    }
}

impl Upload {
    pub(super) async fn read(mut parts: Multipart) -> ApiResult<Self> {
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
            match part.name().unwrap_or_default() {
                "files" => {
                    let file = upload.file(part).await?;
                    upload.files.push(file);
                }
                "messages" => {
                    let json = text(part, "messages").await?;
                    let reader = &mut serde_json::Deserializer::from_str(&json);
                    let parts = serde_path_to_error::deserialize(reader).map_err(|error| {
                        let path = error.path().to_string();
                        let field = match path.as_str() {
                            "." => "messages".to_owned(),
                            path => format!("messages{path}"),
                        };
                        ApiError::field(field, error.inner().to_string())
                    })?;
                    upload.messages = Some(parts);
                }
                "message" => upload.message = string(part, "message").await?,
                "since" => {
                    let text = string(part, "since").await?;
                    upload.since = text.map(|text| since(&text)).transpose()?;
                }
                "behavior" => {
                    upload.behavior = string(part, "behavior").await?.map(Behavior::from);
                }
                "stream_response" => {
                    let flag = match value(part, "stream_response").await? {
                        Value::Bool(flag) => Some(flag),
                        Value::Null => Some(false),
                        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
                        _ => None,
                    };
                    let problem = || ApiError::field("stream_response", "must be true or false");
                    upload.stream_response = flag.ok_or_else(problem)?;
                }
                // Newer clients may send more than is known here.
                _ => {}
            }
        }
        if upload.files.is_empty() && upload.messages.is_none() && upload.message.is_none() {
            return Err(ApiError::field("files", "send at least one file or message"));
        }
        Ok(upload)
    }

    async fn file(&self, part: Field<'_>) -> ApiResult<File> {
        let field = format!("files[{}].filename", self.files.len());
        let filename = part.file_name().unwrap_or_default().to_owned();
        check_filename(&filename).map_err(|problem| ApiError::field(field, problem))?;
        let mime_type = part.content_type().unwrap_or(DEFAULT_MIME_TYPE).to_owned();
        let data = part.bytes().await.map_err(|error| broken(&error))?.to_vec();
        Ok(File { filename, mime_type, data })
    }

    pub(super) fn submission(self, service: &Service) -> Submission {
        let message =
            self.messages.or_else(|| self.message.map(|content| vec![InputPart::Text { content }]));
        let describe = |file: File| -> (Artifact, Vec<u8>) {
            let (id, now) = (service.ids.artifact(), service.clock.now());
            let artifact =
                artifact_files::describe(id, &file.filename, &file.mime_type, &file.data, now);
            (artifact, file.data)
        };
        Submission {
            message: message.map(|messages| InputMessage { messages, message_diffs: Vec::new() }),
            files: self.files.into_iter().map(describe).collect(),
            since: self.since,
            behavior: self.behavior,
        }
    }
}

fn since(text: &str) -> ApiResult<Since> {
    let since = Since::from(text.trim().to_owned());
    match &since {
        Since::After(id) if EventId::parse(id.as_str()).is_err() => {
            Err(ApiError::field("since", "must be start or an event id"))
        }
        _ => Ok(since),
    }
}

/// A name is a name and no path: it ends up on the disks of those who save the file.
fn check_filename(name: &str) -> Result<(), String> {
    if name.is_empty() || name.chars().count() > MAX_FILENAME_CHARS {
        return Err(format!("must have 1 to {MAX_FILENAME_CHARS} characters"));
    }
    if name == "." || name == ".." || name.contains(['/', '\\']) {
        return Err("must be a file name without a path".to_owned());
    }
    if name.chars().any(char::is_control) {
        return Err("must not hold control characters".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_filename;

    #[test]
    fn a_file_name_never_leads_anywhere() {
        for good in ["q3.md", "..notes", "Bericht für Ada.pdf", ".env"] {
            assert!(check_filename(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "/etc/passwd", "a\\b", "a\0b", "a\nb", &"x".repeat(256)]
        {
            assert!(check_filename(bad).is_err(), "{bad:?}");
        }
    }
}
