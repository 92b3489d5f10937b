//! Files that go to a session, with a message (contract section 3.1, multipart).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream;
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::request::TURN_DEADLINE;
use super::sessions::path;
use super::{Client, ClientError, EventStream};
use crate::api::SessionRef;
use crate::api::input::MessageInput;

/// Bytes of a file that are handed over at once; what was sent is counted in these steps.
const AT_ONCE: usize = 64 * 1024;

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
    /// Bytes of files that were handed to the connection in this try.
    sent: Arc<AtomicU64>,
}

impl UploadForm {
    pub(super) fn build(&self) -> Form {
        self.sent.store(0, Ordering::Relaxed);
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
            let part = || Part::stream_with_length(self.body(&file.bytes), length);
            form.part("files", typed(part, &file.mime_type).file_name(file.filename.clone()))
        })
    }

    fn body(&self, bytes: &bytes::Bytes) -> Body {
        let (bytes, sent) = (bytes.clone(), Arc::clone(&self.sent));
        let pieces = (0..bytes.len()).step_by(AT_ONCE).map(move |at| {
            let piece = bytes.slice(at..bytes.len().min(at + AT_ONCE));
            sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Ok::<_, Infallible>(piece)
        });
        Body::wrap_stream(stream::iter(pieces))
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
        self.upload_counted(session, files, message, Arc::default()).await
    }

    /// The same, with the bytes of files that have left counted in `sent`.
    pub async fn upload_counted(
        &self,
        session: &SessionRef,
        files: Vec<UploadFile>,
        message: MessageInput,
        sent: Arc<AtomicU64>,
    ) -> Result<EventStream, ClientError> {
        let path = path(session, &["events"]);
        let request = self
            .request("the upload", crate::api::Need::Submit, reqwest::Method::POST, &path)?
            .form(UploadForm { files, message, sent })
            .deadline(TURN_DEADLINE)
            .secret();
        self.follow(request).await
    }
}
