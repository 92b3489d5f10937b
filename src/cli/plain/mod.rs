//! foretop line by line: for screen readers, shells inside editors, serial lines and scripts.
//!
//! Owns the loop of prompt, line and answer, what is open, and what the numbers of lists mean. The work
//! is that of the commands: what a line asks for is said to them in their own words. Start with [`run`],
//! then [`desk`]; [`words`] is what a line may begin with. The invariant: only words and line ends are
//! written, and nothing while somebody types.

mod answering;
mod desk;
mod lines;
mod listing;
mod news;
mod numbered;
mod speaking;
mod words;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::global::{ColorWhen, Global};
use super::places::Places;
use super::{Cli, Command, demo};
use desk::{Desk, Goes};

/// Whether the screen is wanted in this form.
pub(super) fn is_wanted(global: &Global) -> bool {
    global.plain || Places::readable_config().plain.is_some_and(|plain| plain.value)
}

pub(super) async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let ((session, event), flags) = match &cli.command {
        Some(Command::Ui(arguments)) => (
            (arguments.session.clone(), arguments.event.clone()),
            arguments.live.clone().or(&cli.screen.live),
        ),
        _ => ((None, None), cli.screen.live.clone()),
    };
    if flags.rules.is_some() || flags.record.is_wanted() {
        return Err(Failure::usage(
            "--rules and --record are for the screen; here, run --serve-tools FILE follows rules",
        ));
    }
    let global = Global {
        plain: false,
        no_pager: true,
        color: match cli.global.color {
            ColorWhen::Auto => ColorWhen::Never,
            chosen => chosen,
        },
        ..cli.global.clone()
    };
    let failed = |error: std::io::Error| Failure::other(format!("cannot start: {error}"));
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut endings = (
        signal(SignalKind::terminate()).map_err(failed)?,
        signal(SignalKind::hangup()).map_err(failed)?,
    );
    // Both must live as long as what is connected to them.
    let (context, embedded) = if cli.screen.demo {
        demo::refuse_elsewhere(&global)?;
        let embedded = demo::begin(&cli.screen).ready().await?;
        let (context, wrong) = demo::context(&embedded.server, global, cli.screen.data.is_some())?;
        for line in &wrong {
            context.out.note(line);
        }
        (context, Some(embedded))
    } else {
        (Context::open(global).await?, None)
    };
    let mut desk = Desk::new(context, cli.screen.demo);
    let talk = async {
        desk.begin(session, event).await?;
        loop {
            let heard = tokio::select! {
                heard = desk.hear() => heard?,
                _ = interrupts.recv() => return Ok(interrupted(&desk)),
            };
            let Some(typed) = heard else { return Ok(desk.code()) };
            tokio::select! {
                goes = desk.take(&typed) => if goes? == Goes::Away { return Ok(desk.code()) },
                _ = interrupts.recv() => desk.stopped(),
            }
        }
    };
    let outcome = tokio::select! {
        outcome = talk => outcome,
        _ = endings.0.recv() => Ok(Code::Stopped.into()),
        _ = endings.1.recv() => Ok(Code::Stopped.into()),
    };
    if let Some(embedded) = embedded {
        embedded.server.stop().await;
    }
    outcome
}

/// A line of its own, so that what comes after does not stand behind the prompt.
fn interrupted(desk: &Desk) -> ExitCode {
    desk.end_line();
    Code::Stopped.into()
}
