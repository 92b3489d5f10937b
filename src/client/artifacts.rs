//! Files of a session (contract section 3.8).

use reqwest::Method;

use super::request::FILE_DEADLINE;
use super::sessions::path;
use super::{ArtifactStream, Client, ClientError};
use crate::api::Need;
use crate::api::{Artifact, ArtifactId, Page, SessionRef};

/// Which artifacts of a session to list. `None` leaves a choice to the service.
#[derive(Debug, Clone, Default)]
pub struct ArtifactQuery {
    pub sort_by: Option<ArtifactSort>,
    pub order_by: Option<SortOrder>,
    pub limit: Option<u32>,
    pub page_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactSort {
    CreatedAt,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    Ascending,
    Descending,
}

impl ArtifactSort {
    fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }
}

impl SortOrder {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

impl Client {
    pub async fn list_artifacts(
        &self,
        session: &SessionRef,
        query: &ArtifactQuery,
    ) -> Result<Page<Artifact>, ClientError> {
        self.request("the artifacts", Need::Read, Method::GET, &path(session, &["artifacts"]))?
            .query("sort_by", query.sort_by.map(ArtifactSort::as_str))
            .query("order_by", query.order_by.map(SortOrder::as_str))
            .query("limit", query.limit)
            .query("page_key", query.page_key.as_deref())
            .fetch_page()
            .await
    }

    /// Opens a file; its bytes come decoded as they arrive, and the deadline ends where they begin.
    /// `listed` is what the listing says of it.
    pub async fn open_artifact(
        &self,
        session: &SessionRef,
        listed: &Artifact,
    ) -> Result<ArtifactStream, ClientError> {
        let path = path(session, &["artifacts", listed.id.as_str()]);
        let request = self.request("the artifact", Need::Read, Method::GET, &path)?;
        let response = request.deadline(FILE_DEADLINE).open().await?;
        Ok(ArtifactStream::new(self.clone(), response, listed.clone()))
    }

    /// With its data, the whole file in one piece: for small ones.
    pub async fn get_artifact(
        &self,
        session: &SessionRef,
        artifact: &ArtifactId,
    ) -> Result<Artifact, ClientError> {
        let path = path(session, &["artifacts", artifact.as_str()]);
        self.request("the artifact", Need::Read, Method::GET, &path)?
            .deadline(FILE_DEADLINE)
            .fetch_whole()
            .await
    }
}
