//! Files of the open session on their way: which are asked for, and what comes of it.
//!
//! Start with [`preview`]. The invariant: a file that is here, or on its way, is not asked for again.

use std::sync::Arc;

use super::Cx;
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::app::effect::Request;
use crate::text::quoted;
use crate::view::Transfer;
use crate::view::pane::artifacts::{Checksum, Content};

/// Files up to this size are loaded as soon as they are selected.
const PREVIEW_BYTES: u64 = 256 * 1024;

pub(super) fn listed(cx: &mut Cx<'_>, session: &SessionRef, artifacts: Vec<Artifact>, more: bool) {
    let missed = cx.model.artifacts.apply_listing(session, artifacts);
    cx.model.artifacts.list.set_more(more);
    if let Some(id) = missed {
        let why = if more { "not among those listed" } else { "not there any more" };
        cx.warn(format!("{} is {why}", quoted::in_sentence(&id.to_string())));
    }
    preview(cx);
}

pub(super) fn arrived(
    cx: &mut Cx<'_>,
    session: &SessionRef,
    artifact: &ArtifactId,
    content: Content,
    checksum: Checksum,
) {
    if let (Content::Ready(file), Some(listed)) = (&content, cx.model.artifacts.get(artifact)) {
        let gone = cx.model.file_cache.put(session, listed, Arc::clone(file));
        for id in &gone {
            cx.model.artifacts.forget(id);
        }
    }
    cx.model.artifacts.set_content(artifact, content, checksum);
    super::files::arrived(cx, artifact);
}

/// Starts loading a file unless it is here or on its way.
pub(super) fn fetch(cx: &mut Cx<'_>, session: SessionRef, artifact: ArtifactId) {
    let waiting = matches!(
        cx.model.artifacts.loaded().map(|loaded| &loaded.content),
        None | Some(Content::NotLoaded | Content::Failed { .. })
    );
    if !waiting {
        return;
    }
    let Some(listed) = cx.model.artifacts.get(&artifact).cloned() else { return };
    if let Some(file) = cx.model.file_cache.get(&session, &listed) {
        cx.model.artifacts.set_content(&artifact, Content::Ready(file), Checksum::Matches);
        return;
    }
    cx.model.artifacts.set_content(&artifact, Content::Loading, Checksum::Unchecked);
    let transfer = Transfer::new(listed.size_bytes, cx.model.now);
    cx.model.artifacts.transfers.insert(artifact, transfer);
    cx.emit(Request::FetchArtifact { session, listed: Box::new(listed) });
}

/// Loads the selected file when it is small enough not to ask.
pub(super) fn preview(cx: &mut Cx<'_>) {
    let wanted = cx.model.artifacts.session().cloned().zip(cx.model.artifacts.selected().cloned());
    match wanted {
        Some((session, artifact))
            if artifact.size_bytes <= PREVIEW_BYTES.min(cx.model.file_cache.limits.ask_above)
                || cx.model.file_cache.holds(&session, &artifact) =>
        {
            fetch(cx, session, artifact.id);
        }
        _ => {}
    }
}
