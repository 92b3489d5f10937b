//! Which events name which files: made by it, uploaded with it, read by it, or only mentioned.
//!
//! Grows as a timeline takes events in, and looks only into events whose JSON has `art_` in it.
//! Owns what an event says of files; which row that is, the timeline knows. Start with
//! [`ArtifactLinks::add`]. The invariant: bounded, whatever events hold. What is left out is counted.

use std::collections::HashMap;

use memchr::memmem::Finder;

use crate::api::{ArtifactId, Event, EventBody};

/// Files of one event that are looked at.
const PER_EVENT: usize = 64;
/// Events of one file that are kept.
const PER_FILE: usize = 64;
/// Files that are kept.
const FILES: usize = 50_000;
/// An id is no longer than this; more is no id.
const LONGEST: usize = 200;

/// How an event comes to name a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A person sent it.
    Uploaded,
    /// A tool answered with its id.
    Output,
    /// A tool was called with its id.
    Input,
    /// The agent looked at it.
    Image,
    Other,
}

impl Role {
    fn of(event: &Event) -> Self {
        match &*event.body {
            EventBody::ArtifactUpload(_) => Self::Uploaded,
            EventBody::ToolOutput(_) => Self::Output,
            EventBody::ToolInput(_) => Self::Input,
            EventBody::ImageRead(_) => Self::Image,
            _ => Self::Other,
        }
    }

    /// What the event did with the file, when it did not make it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "sent",
            Self::Input | Self::Image => "read",
            Self::Output | Self::Other => "named",
        }
    }

    /// Whether the first event of this role is where the file comes from.
    pub fn can_make(self) -> bool {
        matches!(self, Self::Uploaded | Self::Output)
    }
}

/// An event that names a file, by its place among all that were taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    pub row: u32,
    pub role: Role,
}

/// The events of one file, in their order.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    pub kept: Vec<Mention>,
    /// Events beyond those.
    pub more: usize,
}

#[derive(Debug, Clone, Default)]
pub struct ArtifactLinks {
    files: HashMap<ArtifactId, Mentions>,
    /// Mentions so far.
    count: usize,
}

impl ArtifactLinks {
    /// Takes an event in. Rows come in ascending order.
    pub fn add(&mut self, row: u32, event: &Event) {
        let role = Role::of(event);
        for id in files_of(event) {
            if self.files.len() >= FILES && !self.files.contains_key(&id) {
                continue;
            }
            let mentions = self.files.entry(id).or_default();
            self.count += 1;
            if mentions.kept.len() < PER_FILE {
                mentions.kept.push(Mention { row, role });
            } else {
                mentions.more += 1;
            }
        }
    }

    pub fn of(&self, id: &ArtifactId) -> Option<&Mentions> {
        self.files.get(id)
    }

    /// Changes whenever something was added.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// The files that an event names, each once, in the order in which they stand there.
pub fn files_of(event: &Event) -> Vec<ArtifactId> {
    let mut found: Vec<ArtifactId> = Vec::new();
    let mut take = |id: &str| {
        if found.len() < PER_EVENT && found.iter().all(|known| known.as_str() != id) {
            found.push(id.into());
        }
    };
    match &*event.body {
        EventBody::ArtifactUpload(upload) => {
            upload.artifacts.iter().for_each(|artifact| take(artifact.artifact_id.as_str()));
        }
        EventBody::ImageRead(image) => take(image.artifact_id.as_str()),
        _ => ids_in(event.raw().get()).for_each(take),
    }
    found
}

/// What looks like the id of a file in JSON text: `art_` and small letters, digits, `_` and `-`.
fn ids_in(json: &str) -> impl Iterator<Item = &str> {
    let bytes = json.as_bytes();
    let finder = Finder::new("art_");
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + finder.find(bytes.get(from..)?)?;
            from = start + "art_".len();
            let is_id = |byte: &u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            };
            let length = bytes[from..].iter().take_while(|byte| is_id(byte)).count();
            let end = from + length;
            // Not the rest of a word, such as `start_time`; `\n` before it is a line break.
            let (two, one) = (start.checked_sub(2), start.checked_sub(1));
            let escaped = two.is_some_and(|at| bytes[at] == b'\\');
            let inside =
                one.is_some_and(|at| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_');
            from = end;
            if length > 0 && end - start <= LONGEST && (!inside || escaped) {
                return json.get(start..end);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(json: &serde_json::Value) -> Event {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn ids(event: &Event) -> Vec<String> {
        files_of(event).iter().map(|id| id.as_str().to_owned()).collect()
    }

    fn output(result: &serde_json::Value) -> Event {
        event(&json!({"id": "aev_1", "type": "tool_output", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "t", "tool_output": result, "error": false}))
    }

    #[test]
    fn ids_are_found_wherever_they_stand_and_words_are_no_ids() {
        let found = output(&json!({"artifact_id": "art_slow_green_lamp", "again":
            "see art_slow_green_lamp.\nart_b-2, (art_c)", "start_time": 1, "smart_x": "Xart_no"}));
        assert_eq!(ids(&found), ["art_slow_green_lamp", "art_b-2", "art_c"]);
        assert!(ids(&output(&json!({"a": "art_", "b": "art_É", "c": "x".repeat(9)}))).is_empty());
        let long = format!("art_{}", "a".repeat(300));
        assert!(ids(&output(&json!({"a": long}))).is_empty());
    }

    #[test]
    fn uploads_and_images_name_files_by_whatever_id_they_have() {
        let upload = event(&json!({"id": "aev_1", "type": "artifact_upload", "artifacts": [
            {"artifact_id": "file-1", "filename": "art_x", "mime_type": "t/p", "size_bytes": 1}]}));
        assert_eq!(ids(&upload), ["file-1"]);
        let image = event(&json!({"id": "aev_2", "type": "image_read", "artifact_id": "art_1"}));
        assert_eq!(ids(&image), ["art_1"]);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_rest_is_counted() {
        let mut links = ArtifactLinks::default();
        let many: Vec<String> = (0..500).map(|n| format!("art_{n}")).collect();
        for row in 0..100 {
            links.add(row, &output(&json!(many).as_array().map(|_| json!({"ids": many})).unwrap()));
        }
        assert!(links.of(&"art_499".into()).is_none());
        let first = links.of(&"art_0".into()).unwrap();
        assert_eq!((first.kept.len(), first.more), (PER_FILE, 100 - PER_FILE));
        assert_eq!(links.count(), 100 * PER_EVENT);
    }
}
