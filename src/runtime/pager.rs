//! A file in the person's own pager: a copy that nobody else can read and nobody can change, and
//! the terminal lent. The copy goes when the pager ends.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use tokio::process::Command;

use super::console::Console;
use crate::content::Prepared;
use crate::text::file_name;
use crate::tool_runner::program;

const PAGER: &str = "less";

/// Waits until the pager has ended; then the screen must be painted anew. `variable` looks up the
/// environment.
pub(super) async fn show<C: Console>(
    console: &mut C,
    variable: impl Fn(&str) -> Option<String>,
    file: &Prepared,
) -> Result<(), String> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let pager = set("PAGER").unwrap_or_else(|| PAGER.to_owned());
    let words = shlex::split(&pager).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| format!("{pager}: a quote is not closed"))?;
    let failed = |error: std::io::Error| format!("no copy to look at: {error}");
    // A directory of its own, so that the name can be that of the file.
    let directory = tempfile::Builder::new().prefix("foretop-").tempdir().map_err(failed)?;
    let path = directory.path().join(&*file_name::harmless(file.name()).0);
    let mut copy = std::fs::File::create_new(&path).map_err(failed)?;
    let mode = std::fs::Permissions::from_mode(0o400);
    copy.set_permissions(mode).and_then(|()| copy.write_all(file.bytes())).map_err(failed)?;
    drop(copy);
    let mut command = Command::from(program(&words[0]));
    command.args(&words[1..]).arg(&path).kill_on_drop(true);
    let status = console.lend(command).await.map_err(|error| format!("{}: {error}", words[0]))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words[0])) }
}
