//! The terminal's side of the loop: what a person does there, and what is done with it besides drawing.
//!
//! Start with [`Screen::take_event`] and [`Screen::on_terminal`]. The invariant: whoever had the terminal
//! meanwhile, all of it is painted again.

use std::io;

use super::{Screen, own_commands};
use crate::api::Timestamp;
use crate::app::effect::TerminalWork;
use crate::app::msg::{DoneMsg, FileMsg, Press, TerminalMsg};
use crate::model::AnswerKind;
use crate::runtime::clipboard::Copy;
use crate::runtime::console::Console;
use crate::runtime::{editor, pager, pictures};
use crate::terminal::{Arrived, MouseAct, MouseReport, Suspension, TerminalEvent};
use crate::view::mouse::{Pointer, PointerAct};

impl Screen {
    pub(super) fn take_event(&mut self, event: Arrived<TerminalEvent>) {
        let Arrived { what, at, together, pasted } = event;
        match what {
            TerminalEvent::Key(key) => {
                self.attend();
                self.take(TerminalMsg::Key(Press { key, at: stamp(at), together, pasted }));
            }
            TerminalEvent::Paste(text) => self.take(TerminalMsg::Paste(text)),
            TerminalEvent::Mouse(report) => {
                self.attend();
                self.take(TerminalMsg::Mouse(pointer(report), stamp(at)));
            }
            TerminalEvent::Focus(focused) => self.focused = Some(focused),
            TerminalEvent::Graphics(proven) => {
                let graphics = proven.map(|(graphics, cell)| pictures::graphics(graphics, cell));
                self.take(TerminalMsg::Graphics(graphics));
            }
            TerminalEvent::Background(rgb) => {
                self.dress.stand_on(rgb);
                self.pacer.request(std::time::Instant::now());
            }
            TerminalEvent::Resize(width, height) => {
                self.pacer.request_awaited(std::time::Instant::now());
                self.take(TerminalMsg::Resize(width, height));
            }
        }
    }

    /// Somebody is there, and waits for what comes of it.
    fn attend(&mut self) {
        if let Some(service) = &mut self.service {
            service.watching.attend(Timestamp::now());
        }
        self.pacer.request_awaited(std::time::Instant::now());
    }

    pub(super) async fn on_terminal<C: Console>(
        &mut self,
        console: &mut C,
        work: TerminalWork,
    ) -> io::Result<()> {
        let variable = |name: &str| std::env::var(name).ok();
        match work {
            TerminalWork::LendTo { number, invocation } => {
                // Boxed, as the next one.
                let ended = Box::pin(own_commands::lend(console, number, &invocation)).await;
                self.repaint(console)?;
                self.take(ended);
            }
            TerminalWork::Page { file } => {
                // Boxed, because it is rarely there and would make every future larger.
                let shown = Box::pin(pager::show(console, variable, &file)).await;
                self.repaint(console)?;
                if let Err(problem) = shown {
                    self.take(FileMsg::NotPaged(problem));
                }
            }
            TerminalWork::EditMessageOutside { session, text } => {
                let text = editor::edit(console, variable, ".md", &text).await;
                self.repaint(console)?;
                self.take(DoneMsg::MessageEditedOutside { session, text });
            }
            TerminalWork::EditFieldOutside { text, suffix } => {
                let text = editor::edit(console, variable, &suffix, &text).await;
                self.take(DoneMsg::FieldEditedOutside(text));
                self.repaint(console)?;
            }
            TerminalWork::EditOutside { session, call, kind, text } => {
                let suffix = if kind == AnswerKind::Success { ".json" } else { ".txt" };
                let text = editor::edit(console, variable, suffix, &text).await;
                self.repaint(console)?;
                self.take(DoneMsg::EditedOutside { session, call, kind, text });
            }
            TerminalWork::Copy { text, what } => self.copy(console, text, what).await?,
            TerminalWork::Suspend => self.suspend(console, true).await?,
            TerminalWork::Redraw => self.repaint(console)?,
            TerminalWork::CaptureMouse(on) => console.capture_mouse(on)?,
            // Told together, once everything else is done.
            TerminalWork::Notify(_) => {}
        }
        Ok(())
    }

    /// The toast that says so is the answer; a copy has no other.
    async fn copy<C: Console>(
        &mut self,
        console: &mut C,
        text: String,
        what: String,
    ) -> io::Result<()> {
        let clipboard = self.clipboard.clone();
        // A text of megabytes is written to a disk, which may be slow.
        let copied = tokio::task::spawn_blocking(move || clipboard.copy(&text)).await;
        match copied.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(Copy { sequence, bytes, route }) => {
                if !sequence.is_empty() {
                    console.send(&sequence)?;
                }
                self.take(DoneMsg::Copied { what, bytes, route });
            }
            Err(error) => self.take(DoneMsg::NotCopied(error.to_string())),
        }
        Ok(())
    }

    pub(super) async fn suspend<C: Console>(
        &mut self,
        console: &mut C,
        whole_group: bool,
    ) -> io::Result<()> {
        match console.suspend(whole_group).await? {
            Suspension::Resumed => self.repaint(console),
            Suspension::NobodyToResume => {
                self.take(TerminalMsg::NobodyToResume);
                Ok(())
            }
        }
    }

    /// Paints every cell at the next frame: what is on the terminal is not what we drew.
    pub(super) fn repaint<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let (columns, rows) = console.size()?;
        console.clear()?;
        self.take(TerminalMsg::Resize(columns, rows));
        Ok(())
    }
}

/// What the terminal tells of the mouse, in the words of the app.
fn pointer(report: MouseReport) -> Pointer {
    let act = match report.act {
        MouseAct::Press => PointerAct::Press,
        MouseAct::Drag => PointerAct::Drag,
        MouseAct::Release => PointerAct::Release,
        MouseAct::WheelDown => PointerAct::WheelDown,
        MouseAct::WheelUp => PointerAct::WheelUp,
    };
    Pointer { act, column: report.column, row: report.row }
}

/// When something was that is known by the clock that is never set.
fn stamp(at: std::time::Instant) -> Timestamp {
    let (now, here) = (std::time::Instant::now(), Timestamp::now());
    let ago = jiff::SignedDuration::try_from(now.saturating_duration_since(at));
    let ahead = jiff::SignedDuration::try_from(at.saturating_duration_since(now));
    let apart = ahead.unwrap_or_default() - ago.unwrap_or_default();
    here.checked_add(apart).unwrap_or(here)
}
