//! Two files of a session, fetched and compared off the screen's thread.

use crate::app::msg::ServiceMsg;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::execute::problem;
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::app::Msg;
use crate::client::Client;
use crate::text::units;
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{MAX_BYTES, Outcome, compare};

/// After this long the comparison takes what is left as it comes.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn artifacts(client: &Client, session: SessionRef, files: [ArtifactId; 2]) -> Msg {
    let (old, new) = tokio::join!(
        client.get_artifact(&session, &files[0]),
        client.get_artifact(&session, &files[1]),
    );
    let failed = |reason: String| (Outcome::Failed { reason }, [Checksum::Unchecked; 2]);
    let (outcome, checksums) = match (old, new) {
        (Err(error), _) | (_, Err(error)) => failed(problem(&error).line()),
        (Ok(old), Ok(new)) => {
            let comparing = tokio::task::spawn_blocking(move || read_both(&old, &new));
            let fault = || failed("comparing failed; foretop has a fault there".to_owned());
            comparing.await.unwrap_or_else(|_| fault())
        }
    };
    Msg::Service(ServiceMsg::Compared { session, files, outcome, checksums })
}

fn read_both(old: &Artifact, new: &Artifact) -> (Outcome, [Checksum; 2]) {
    let (old_bytes, new_bytes) = match (bytes(old), bytes(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(reason), _) | (_, Err(reason)) => {
            return (Outcome::Failed { reason }, [Checksum::Unchecked; 2]);
        }
    };
    let checksums = [checksum(old, &old_bytes), checksum(new, &new_bytes)];
    let outcome = if (old_bytes.len() + new_bytes.len()) as u64 > MAX_BYTES {
        Outcome::TooLarge
    } else {
        match (text(old_bytes), text(new_bytes)) {
            (Some(old), Some(new)) => {
                let deadline = Instant::now() + PATIENCE;
                let diff = Arc::new(compare(old, new, Some(deadline)));
                Outcome::Text { diff, rough: Instant::now() > deadline }
            }
            _ => Outcome::Bytes,
        }
    };
    (outcome, checksums)
}

fn bytes(artifact: &Artifact) -> Result<Vec<u8>, String> {
    let Some(data) = &artifact.data else {
        return Err(format!("the service sent no data with {}", artifact.filename));
    };
    STANDARD.decode(data).map_err(|error| format!("{} is not base64: {error}", artifact.filename))
}

fn checksum(artifact: &Artifact, bytes: &[u8]) -> Checksum {
    let sum = units::hex(&Sha256::digest(bytes));
    let matches = sum.eq_ignore_ascii_case(&artifact.checksum_sha256);
    if matches { Checksum::Matches } else { Checksum::Differs }
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| memchr::memchr(0, text.as_bytes()).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn artifact(data: Option<&[u8]>) -> Artifact {
        let sum = units::hex(&Sha256::digest(data.unwrap_or_default()));
        let mut artifact: Artifact = serde_json::from_value(json!({
            "artifact_id": "art_1", "filename": "a", "mime_type": "text/plain", "size_bytes": 4,
            "checksum_sha256": sum, "created_at": "2026-05-03T14:00:00.000Z",
            "updated_at": "2026-05-03T14:00:00.000Z"
        }))
        .unwrap();
        artifact.data = data.map(|data| STANDARD.encode(data));
        artifact
    }

    #[test]
    fn texts_are_compared_by_lines_and_anything_else_by_its_sum() {
        let (old, new) = (artifact(Some(b"a\nb\n")), artifact(Some(b"a\nc\n")));
        let (outcome, checksums) = read_both(&old, &new);
        let Outcome::Text { diff, rough: false } = outcome else { panic!("{outcome:?}") };
        assert_eq!((diff.tally.same, diff.tally.changed), (1, 1));
        assert_eq!(checksums, [Checksum::Matches; 2]);
        let (outcome, _) = read_both(&old, &artifact(Some(b"\x89PNG\0")));
        assert!(matches!(outcome, Outcome::Bytes));
        let mut lying = artifact(Some(b"a\n"));
        lying.checksum_sha256 = "00".to_owned();
        assert_eq!(read_both(&old, &lying).1, [Checksum::Matches, Checksum::Differs]);
        let (outcome, _) = read_both(&old, &artifact(None));
        assert!(matches!(outcome, Outcome::Failed { .. }));
    }

    #[test]
    fn a_file_that_is_larger_than_was_said_is_not_compared() {
        let large = vec![b'x'; usize::try_from(MAX_BYTES).unwrap() + 1];
        let (outcome, _) = read_both(&artifact(Some(b"")), &artifact(Some(&large)));
        assert!(matches!(outcome, Outcome::TooLarge));
    }
}
