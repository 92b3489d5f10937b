//! `artifact ls`, `get`, `put`: files of a session.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::find::pick;
use super::messages::{UploadArgs, upload};
use super::output::{Column, Listing, OutputArgs};
use super::progress::Progress;
use crate::api::{Artifact, SessionRef};
use crate::runtime::save::{self, SaveError, Saving};
use crate::text::{file_name, units};

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
    /// A file or a directory to write it to; - for stdout. Here, under its own name, otherwise
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
    /// With -o -: prints the file to a terminal, too, which obeys what is in it
    #[arg(long, requires = "output")]
    raw: bool,
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

pub(super) async fn list(
    context: &Context,
    session: &SessionRef,
) -> Result<Vec<Artifact>, Failure> {
    let pages: Vec<_> = context.client.artifact_pages(session).try_collect().await?;
    Ok(pages.into_iter().flat_map(|page| page.items).collect())
}

async fn ls(context: &Context, arguments: &LsArgs) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let artifacts = list(context, &session).await?;
    let times = context.times(&arguments.output);
    let row = |artifact: &Artifact| {
        vec![
            artifact.id.to_string(),
            units::bytes(artifact.size_bytes),
            artifact.mime_type.clone(),
            times.words(artifact.created_at),
            artifact.checksum_sha256.clone(),
            artifact.filename.clone(),
        ]
    };
    let listing = Listing {
        columns: ARTIFACTS,
        rows: artifacts.iter().map(row).collect(),
        zone: times.column(3),
        items: artifacts
            .iter()
            .map(|artifact| serde_json::to_value(artifact).unwrap_or(Value::Null).into())
            .collect(),
        empty: "no files",
        partial: false,
    };
    context.out.listing(&listing, &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

async fn get(context: &Context, arguments: &GetArgs) -> Result<ExitCode, Failure> {
    let to_stdout = arguments.output.as_deref().is_some_and(|path| path.as_os_str() == "-");
    let out = context.out.stdout;
    if to_stdout && out.is_terminal() && !arguments.raw {
        return Err(Failure::usage(
            "a terminal obeys what is in a file, so nothing was printed. `> FILE` and `| less` take \
             it as it is, -o FILE writes it, and --raw prints it all the same",
        ));
    }
    let session = context.session(&arguments.session).await?.reference();
    let artifacts = list(context, &session).await?;
    let wanted = &arguments.artifact;
    let by_name = artifacts.iter().position(|artifact| artifact.filename == *wanted);
    let at = match by_name {
        // The newest of that name comes first (contract section 3.8).
        Some(at) => at,
        None => pick("file", wanted, &artifacts, |artifact| artifact.id.to_string())?,
    };
    let listed = &artifacts[at];
    let mut stream = context.client.open_artifact(&session, listed).await?;
    let mut progress = Progress::new(context, "fetching".to_owned(), Some(listed.size_bytes));
    if to_stdout {
        let mut wrote = Ok(());
        let mut print = |bytes: &[u8]| {
            if wrote.is_ok() {
                wrote = out.file(bytes);
            }
        };
        while stream.next(&mut print).await {
            progress.show(stream.size());
        }
        wrote?;
        drop(progress);
        return match stream.finish()?.flaw {
            None => Ok(ExitCode::SUCCESS),
            Some(flaw) => Err(flawed(listed, &format!("{flaw}. Do not trust what was printed"))),
        };
    }
    let (name, _) = file_name::harmless(&listed.filename);
    let wanted = arguments.output.clone().unwrap_or_else(|| PathBuf::from(&*name));
    let path = save::place(&wanted, &name, arguments.force).map_err(|error| refused(&error))?;
    let mut saving = Saving::begin(path, arguments.force).map_err(|error| refused(&error))?;
    let mut wrote = Ok(());
    while stream
        .next(&mut |bytes| {
            if wrote.is_ok() {
                wrote = saving.write(bytes);
            }
        })
        .await
    {
        if wrote.is_err() {
            break;
        }
        progress.show(stream.size());
    }
    wrote.map_err(|error| refused(&error))?;
    drop(progress);
    let received = stream.finish()?;
    if let Some(flaw) = received.flaw {
        return Err(flawed(listed, &format!("{flaw}. Nothing was written; try again")));
    }
    let target = saving.finish().map_err(|error| refused(&error))?;
    let value = json!({"schema_version": super::output::SCHEMA_VERSION, "artifact_id": listed.id,
        "file": target, "size_bytes": received.size, "checksum_sha256": received.sum});
    let size = units::bytes(received.size);
    context.out.value(&value, [format!("{} ({size}, checksum right)", target.display())])?;
    Ok(ExitCode::SUCCESS)
}

fn flawed(artifact: &Artifact, words: &str) -> Failure {
    Failure::new(Code::Network, format!("{}: {words}", artifact.id))
}

fn refused(error: &SaveError) -> Failure {
    match error {
        SaveError::Exists { .. } => Failure::usage(format!("{error}; --force replaces it")),
        SaveError::Failed { .. } => Failure::other(error.to_string()),
        _ => Failure::usage(error.to_string()),
    }
}

/// What is there under the final name is whole, or not there.
pub(super) fn save_as(target: &Path, bytes: &[u8], replace: bool) -> Result<(), Failure> {
    if target.is_dir() {
        return Err(Failure::usage(format!("{} is a directory; name a file", target.display())));
    }
    let path = save::place(target, "", replace).map_err(|error| refused(&error))?;
    save::save(path, bytes, replace).map(drop).map_err(|error| refused(&error))
}
