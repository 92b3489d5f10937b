//! Traces, and artifacts: listing, fetching, and what can be done to their bytes off the screen's thread.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, pin_mut};
use sha2::{Digest as _, Sha256};

use super::execute::problem;
use crate::api::trace::Trace;
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::app::Msg;
use crate::client::Client;
use crate::client::traces::MAX_SPANS;
use crate::content::prepare;
use crate::model::artifacts::{Checksum, Content};
use crate::model::waterfall::Measured;
use crate::text::units;

/// Pages of artifacts that are listed; nobody reads further down.
const MAX_PAGES: usize = 5;
/// Traces that are looked into, a request each; older turns are told from their events.
const MAX_TRACES: u32 = 10;

pub(super) async fn artifacts(client: &Client, session: SessionRef) -> Msg {
    let pages = client.artifact_pages(&session).take(MAX_PAGES);
    pin_mut!(pages);
    let mut artifacts = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => artifacts.extend(page.items),
            Err(error) => return Msg::Refused { session: None, problem: problem(&error) },
        }
    }
    Msg::ArtifactsListed { session, artifacts }
}

/// Never fails: without traces the times of events tell where time went.
pub(super) async fn traces(client: &Client, session: SessionRef) -> Msg {
    let mut lengths = Vec::new();
    let listed = client.list_traces(&session, MAX_TRACES, None).await;
    let traces = listed.map(|page| page.items).unwrap_or_default();
    // A service that does not know the filter tells of all sessions.
    let other = |trace: &Trace| trace.session_key.as_ref().is_some_and(|key| *key != session.key);
    let ours = traces.iter().filter(|trace| !other(trace)).take(MAX_TRACES as usize);
    for trace in ours {
        let Ok(spans) = client.list_spans(&trace.id, MAX_SPANS, None).await else { break };
        lengths.extend(spans.items.iter().filter_map(|span| {
            let length = u64::try_from(span.duration()?.as_millis()).ok()?;
            Some((span.event()?.clone(), length))
        }));
    }
    Msg::TracesRead { session, measured: Measured::new(lengths) }
}

pub(super) async fn artifact(client: &Client, session: SessionRef, id: ArtifactId) -> Msg {
    let (content, checksum) = match client.get_artifact(&session, &id).await {
        Err(error) => (Content::Failed { reason: problem(&error).line() }, Checksum::Unchecked),
        Ok(found) => tokio::task::spawn_blocking(move || read(&found)).await.unwrap_or_else(|_| {
            let reason = "reading the file failed; foretop has a fault there".to_owned();
            (Content::Failed { reason }, Checksum::Unchecked)
        }),
    };
    Msg::ArtifactFetched { session, artifact: id, content, checksum }
}

/// Decodes, checks, and works out what it is. What the sum says is about the bytes, whatever they are.
fn read(artifact: &Artifact) -> (Content, Checksum) {
    let Some(data) = &artifact.data else {
        let reason = "the service sent no data with this artifact".to_owned();
        return (Content::Failed { reason }, Checksum::Unchecked);
    };
    let bytes = match STANDARD.decode(data) {
        Ok(bytes) => bytes,
        Err(error) => {
            let reason = format!("the data is not base64: {error}");
            return (Content::Failed { reason }, Checksum::Differs);
        }
    };
    let sum = units::hex(&Sha256::digest(&bytes));
    let checksum = if sum.eq_ignore_ascii_case(&artifact.checksum_sha256) {
        Checksum::Matches
    } else {
        Checksum::Differs
    };
    let file = prepare(&artifact.filename, &artifact.mime_type, bytes.into());
    (Content::Ready(Arc::new(file)), checksum)
}
