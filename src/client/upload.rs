//! Files that go to a session, with a message (contract section 3.1, multipart).

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::request::TURN_DEADLINE;
use super::sessions::path;
use super::{Client, ClientError, EventStream};
use crate::api::SessionRef;
use crate::api::input::MessageInput;

/// One file, held in memory.
#[derive(Debug, Clone)]
pub struct UploadFile {
    pub filename: String,
    pub mime_type: String,
    pub bytes: bytes::Bytes,
}

/// A multipart body that can be built again for another try.
#[derive(Debug, Clone)]
pub(super) struct UploadForm {
    files: Vec<UploadFile>,
    message: MessageInput,
}

impl UploadForm {
    pub(super) fn build(&self) -> Form {
        let mut form = Form::new().text("stream_response", "true");
        if !self.message.messages.is_empty() {
            let parts = serde_json::to_string(&self.message.messages).unwrap_or_default();
            // The part must say what it is; staging refused it otherwise.
            form = form.part("messages", typed(|| Part::text(parts.clone()), "application/json"));
        }
        if let Some(since) = &self.message.since {
            form = form.text("since", String::from(since.clone()));
        }
        if let Some(behavior) = &self.message.behavior {
            form = form.text("behavior", behavior.as_str().to_owned());
        }
        self.files.iter().fold(form, |form, file| {
            let length = file.bytes.len() as u64;
            let part = || Part::stream_with_length(file.bytes.clone(), length);
            form.part("files", typed(part, &file.mime_type).file_name(file.filename.clone()))
        })
    }

    pub(super) fn preview(&self) -> Value {
        let file = |file: &UploadFile| {
            json!({"filename": file.filename, "mime_type": file.mime_type,
                   "size_bytes": file.bytes.len()})
        };
        let files: Vec<Value> = self.files.iter().map(file).collect();
        json!({"files": files, "messages": self.message.messages, "stream_response": true})
    }
}

/// A type that is none becomes that of unknown bytes.
fn typed(part: impl Fn() -> Part, mime_type: &str) -> Part {
    let typed = part().mime_str(mime_type);
    let typed = typed.or_else(|_| part().mime_str("application/octet-stream"));
    typed.unwrap_or_else(|_| part())
}

impl Client {
    /// Uploads files and follows the turn that they start. Never repeated, like
    /// [`Client::stream_input`].
    pub async fn upload(
        &self,
        session: &SessionRef,
        files: Vec<UploadFile>,
        message: MessageInput,
    ) -> Result<EventStream, ClientError> {
        let path = path(session, &["events"]);
        let request = self
            .request("the upload", crate::api::Need::Submit, reqwest::Method::POST, &path)?
            .form(UploadForm { files, message })
            .deadline(TURN_DEADLINE)
            .secret();
        self.follow(request).await
    }
}
