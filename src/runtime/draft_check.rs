//! Checking drafts beside the loop, where a large text and a large schema keep no key waiting.

use super::inbox::{Arrival, Sender};
use crate::app::Msg;
use crate::app::msg::DoneMsg;
use crate::model::output_schema::{Check, Verdict};

/// Always answers, or sending would stay off for good.
pub(super) fn start(check: Check, inbox: Sender) {
    let (call, stamp) = (check.call.clone(), check.stamp);
    tokio::spawn(async move {
        let verdict = tokio::task::spawn_blocking(move || check.run()).await;
        let verdict = verdict.unwrap_or_else(|_| Verdict::failed(stamp));
        let _ = inbox.send(Arrival::Msg(Msg::Done(DoneMsg::DraftChecked { call, verdict }))).await;
    });
}
