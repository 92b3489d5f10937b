//! `bundle`: a session with all that belongs to it, redacted, in one archive for a report of a fault.
//!
//! The same session gives the same bytes each time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::artifact::save_as;
use super::connect::Context;
use super::exit::Failure;
use super::output::SCHEMA_VERSION;
use crate::export::bundle;
use crate::runtime::session_bundle::gather;
use crate::text::{file_name, units};

#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// Where to write it; - for stdout. Here, under the key of the session, otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
}

pub(super) async fn bundle(context: &Context, arguments: &BundleArgs) -> Result<ExitCode, Failure> {
    let out = context.out.stdout;
    let to_stdout = arguments.output.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if to_stdout && out.is_terminal() {
        return Err(Failure::usage(
            "an archive is no text: `> FILE` takes it, and -o FILE writes it",
        ));
    }
    let session = context.session(&arguments.session).await?.reference();
    let (name, _) = file_name::harmless(session.key.as_str());
    let name = PathBuf::from(format!("{name}.{}", bundle::EXTENSION));
    let file = arguments.output.clone().unwrap_or(name);
    // Before anything is read for it.
    if !to_stdout && file.exists() && !arguments.force {
        let why = format!("{} is there already; --force replaces it", file.display());
        return Err(Failure::usage(why));
    }
    let looks = context.out.stderr.is_terminal() && !context.out.quiet;
    // Nobody is hurt when it cannot be shown.
    let over = |line: &str| drop(looks.then(|| context.out.stderr.over(line)));
    let tell = |events: u64| {
        let events = usize::try_from(events).unwrap_or(usize::MAX);
        over(&format!("{} read", units::counted(events, "event")));
    };
    let material = gather(&context.client, &session, tell).await;
    over("");
    let material = material?;
    let mut bytes = Vec::new();
    let manifest = bundle::pack(&material, &mut bytes)
        .map_err(|error| Failure::other(format!("cannot pack it: {error}")))?;
    for missing in &manifest.missing {
        context.out.note(&format!("without {}: {}", missing.what, missing.why));
    }
    if to_stdout {
        out.file(&bytes)?;
        return Ok(ExitCode::SUCCESS);
    }
    save_as(&file, &bytes, arguments.force)?;
    let value = json!({"schema_version": SCHEMA_VERSION, "file": file, "bytes": bytes.len(),
        "manifest": manifest});
    let size = units::size(bytes.len() as u64);
    let redacted = units::counted(manifest.redacted.len(), "value");
    let count = units::counted(manifest.events, "event");
    let line = format!("{} ({size}, {count}, {redacted} redacted)", file.display());
    context.out.value(&value, [line])?;
    Ok(ExitCode::SUCCESS)
}
