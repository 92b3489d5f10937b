//! What an embedded server asked of its models. No other service tells that.

use reqwest::Method;

use super::{Client, ClientError};
use crate::api::Need;
use crate::api::upstream::UpstreamRequests;

impl Client {
    /// What was asked, or what changed of that since the number of an earlier answer.
    pub async fn upstream_requests(
        &self,
        since: Option<u64>,
    ) -> Result<UpstreamRequests, ClientError> {
        self.request(
            "what was asked of models",
            Need::Admin,
            Method::GET,
            &["foretop", "upstream_requests"],
        )?
        .query("since", since)
        .fetch()
        .await
    }
}
