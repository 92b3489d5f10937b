//! `export`: a session as a file, for people (Markdown, HTML) or for `foretop` and scripts (JSONL).
//!
//! Reads the session and puts the file where it is wanted; [`crate::export`] makes it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::artifact::save_as;
use super::connect::Context;
use super::exit::Failure;
use crate::api::{EventId, Session};
use crate::export::{self, Exported, Format, Part};
use crate::text::units;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "md")]
    format: ExportFormat,
    /// Only the last N turns
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Leaves out what the agent no longer sees
    #[arg(long)]
    visible: bool,
    /// Where to write it; stdout otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Md,
    /// One event a line as the service sent it, after a first line with the session, and with
    /// `"hidden"` in front: what `foretop open` shows as the session was
    Jsonl,
    /// One file that needs nothing else
    Html,
}

impl From<ExportFormat> for Format {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Md => Self::Markdown,
            ExportFormat::Jsonl => Self::Jsonl,
            ExportFormat::Html => Self::Html,
        }
    }
}

pub(super) async fn export(context: &Context, arguments: &ExportArgs) -> Result<ExitCode, Failure> {
    let reveal = context.may_reveal()?;
    let session = context.session(&arguments.session).await?;
    let events = read(context, &session, arguments.visible).await?;
    let part = arguments.last.map_or(Part::Whole, Part::LastTurns);
    let events = export::part_of(events, &part);
    let (session, events) =
        if reveal { (session, events) } else { export::redacted(session, events) };
    let text = export::write(arguments.format.into(), &session, &events);
    match &arguments.output {
        Some(file) if file.as_os_str() != "-" => {
            if file.exists() && !arguments.force {
                let why = format!("{} is there already; --force replaces it", file.display());
                return Err(Failure::usage(why));
            }
            save_as(file, text.as_bytes(), arguments.force)?;
            let count = units::counted(events.len(), "event");
            let value = json!({"schema_version": super::output::SCHEMA_VERSION, "file": file,
                               "events": events.len(), "redacted": !reveal});
            context.out.value(&value, [format!("{} ({count})", file.display())])?;
        }
        _ if arguments.format == ExportFormat::Jsonl => {
            context.out.stdout.json(text.trim_end_matches('\n'))?;
        }
        _ => context.out.stdout.data(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn read(
    context: &Context,
    session: &Session,
    visible: bool,
) -> Result<Vec<Exported>, Failure> {
    let reference = session.reference();
    let events = context.events(&reference, !visible).await?;
    if visible {
        return Ok(Exported::all(events, None));
    }
    let seen = context.events(&reference, false).await?;
    let seen: HashSet<EventId> = seen.into_iter().filter_map(|event| event.id).collect();
    Ok(Exported::all(events, Some(&seen)))
}
