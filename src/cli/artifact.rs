//! `artifact ls`, `get`, `put`: files of a session.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::find::pick;
use super::output::{Column, Listing, OutputArgs};
use super::say::{UploadArgs, upload};
use crate::api::{Artifact, SessionRef, time};
use crate::text::{sanitize, units};

#[derive(Debug, Subcommand)]
pub(super) enum ArtifactCommand {
    /// List the files of a session
    Ls(LsArgs),
    /// Fetch one file; its checksum is verified
    Get(GetArgs),
    /// Upload files, like `foretop upload`
    Put(UploadArgs),
}

#[derive(Debug, Args)]
pub(super) struct LsArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Id of the file, its beginning, or its name
    artifact: String,
    /// Where to write it; - for stdout. Its own name in this directory otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(context: &Context, command: &ArtifactCommand) -> Result<ExitCode, Failure> {
    match command {
        ArtifactCommand::Ls(arguments) => ls(context, arguments).await,
        ArtifactCommand::Get(arguments) => get(context, arguments).await,
        ArtifactCommand::Put(arguments) => upload(context, arguments).await,
    }
}

const ARTIFACTS: &[Column] = &[
    Column("artifact", false),
    Column("size", false),
    Column("type", false),
    Column("created", false),
    Column("sha256", true),
    Column("name", false),
];

async fn list(context: &Context, session: &SessionRef) -> Result<Vec<Artifact>, Failure> {
    let pages: Vec<_> = context.client.artifact_pages(session).try_collect().await?;
    Ok(pages.into_iter().flat_map(|page| page.items).collect())
}

async fn ls(context: &Context, arguments: &LsArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let artifacts = list(context, &session).await?;
    let row = |artifact: &Artifact| {
        vec![
            artifact.id.to_string(),
            units::bytes(artifact.size_bytes),
            artifact.mime_type.clone(),
            time::format(artifact.created_at),
            artifact.checksum_sha256.clone(),
            artifact.filename.clone(),
        ]
    };
    let listing = Listing {
        columns: ARTIFACTS,
        rows: artifacts.iter().map(row).collect(),
        items: artifacts
            .iter()
            .map(|artifact| serde_json::to_value(artifact).unwrap_or(Value::Null))
            .collect(),
        empty: "no files",
        partial: false,
    };
    context.out.listing(&listing, &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

async fn get(context: &Context, arguments: &GetArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let artifacts = list(context, &session).await?;
    let wanted = &arguments.artifact;
    let by_name = artifacts.iter().position(|artifact| artifact.filename == *wanted);
    let at = match by_name {
        // The newest of that name comes first (contract section 3.8).
        Some(at) => at,
        None => pick("file", wanted, &artifacts, |artifact| artifact.id.to_string())?,
    };
    let target = match &arguments.output {
        Some(path) if path.as_os_str() == "-" => None,
        Some(path) => Some(path.clone()),
        None => Some(PathBuf::from(safe_name(&artifacts[at].filename))),
    };
    if let Some(target) = target.as_deref().filter(|target| !arguments.force && target.exists()) {
        let why = format!("{} is there already; --force replaces it", target.display());
        return Err(Failure::usage(why));
    }
    let artifact = context.client.get_artifact(&session, &artifacts[at].id).await?;
    let data = artifact.data.as_deref().unwrap_or_default();
    let unreadable = |why: String| Failure::new(Code::Network, format!("{}: {why}", artifact.id));
    let bytes = STANDARD
        .decode(data)
        .map_err(|error| unreadable(format!("the data is not base64: {error}")))?;
    let sum = units::hex(&Sha256::digest(&bytes));
    if !sum.eq_ignore_ascii_case(&artifact.checksum_sha256) {
        let told = sanitize::preview(&artifact.checksum_sha256, 64);
        return Err(unreadable(format!(
            "the checksum is wrong: {sum} came, {told} was promised. Nothing was written; try again"
        )));
    }
    let Some(target) = target else {
        let mut out = std::io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    };
    save(&target, &bytes, arguments.force)?;
    let value = json!({"schema_version": super::output::SCHEMA_VERSION, "artifact_id": artifact.id,
        "file": target, "size_bytes": bytes.len(), "checksum_sha256": sum});
    let size = units::bytes(bytes.len() as u64);
    context.out.value(&value, &format!("{} ({size}, checksum right)", target.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What is there under the final name is whole, or not there.
pub(super) fn save(target: &Path, bytes: &[u8], replace: bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::other(format!("cannot write {}: {error}", target.display()))
    };
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if target.is_dir() {
        return Err(Failure::usage(format!("{} is a directory; name a file", target.display())));
    }
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let saved = if replace { file.persist(target) } else { file.persist_noclobber(target) };
    saved.map(drop).map_err(|error| failed(error.error))
}

/// A name from the service, without anything that leads elsewhere or hides.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String =
        last.chars().map(|c| if c.is_control() { '_' } else { c }).take(200).collect();
    let name = name.trim_start_matches(['.', '-']).trim();
    if name.is_empty() { "artifact".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_the_directory() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("a\\b.txt"), "b.txt");
        assert_eq!(safe_name(".bashrc"), "bashrc");
        assert_eq!(safe_name("-rf\u{1b}[2J"), "rf_[2J");
        assert_eq!(safe_name("../.."), "artifact");
    }
}
