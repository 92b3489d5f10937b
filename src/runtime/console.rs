//! Where keys come from and frames go.

use std::io;

use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::terminal::{
    FrameBuffer, FrameSender, Input, JobSignal, JobSignals, Screen, Suspension, TerminalEvent, Tty,
};

/// What happens at the console.
#[derive(Debug)]
pub enum ConsoleEvent {
    Terminal(TerminalEvent),
    /// Somebody wants the process to stop until it is continued.
    Stop,
    /// The process was stopped unawares and continued: the screen is not ours any more.
    Continued,
}

/// A terminal, or a test.
pub trait Console {
    /// Columns and rows.
    fn size(&mut self) -> io::Result<(u16, u16)>;

    /// Draws a frame and shows it at once.
    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;

    /// Sends a sequence to the terminal that draws nothing. Not while a frame is drawn.
    fn send(&mut self, sequence: &[u8]) -> io::Result<()>;

    /// Forgets what is on the screen, so that the next frame paints every cell.
    fn clear(&mut self) -> io::Result<()>;

    /// The next event; `None` when the terminal is gone. Must be cancel safe.
    fn next(&mut self) -> impl Future<Output = Option<ConsoleEvent>>;

    /// An event that is already there.
    fn next_ready(&mut self) -> Option<TerminalEvent>;

    /// Stops the process until it is continued; says whether the screen must be painted anew.
    fn suspend(&mut self, whole_group: bool) -> impl Future<Output = io::Result<Suspension>>;

    /// Takes the terminal again after a stop that could not be prepared.
    fn resume(&mut self) -> io::Result<()>;
}

/// Keys that may wait while a frame is drawn.
const KEYS_WAITING: usize = 1_024;

/// Reads the terminal in a task of its own. The event stream remembers only the first waker that
/// polled it, so it must not be polled from two places, nor once "just to see".
struct Keys {
    events: mpsc::Receiver<TerminalEvent>,
    reader: JoinHandle<()>,
}

impl Keys {
    fn read() -> Self {
        let (sender, events) = mpsc::channel(KEYS_WAITING);
        let reader = tokio::spawn(async move {
            let mut input = Input::new();
            while let Some(Ok(event)) = input.next().await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        Self { events, reader }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// The terminal that the process runs in.
pub struct TerminalConsole {
    terminal: Terminal<CrosstermBackend<FrameBuffer>>,
    frames: FrameSender,
    /// Dropped while another program has the terminal; reading would steal its keys.
    keys: Option<Keys>,
    jobs: JobSignals,
    screen: Screen,
}

impl TerminalConsole {
    pub fn open() -> io::Result<Self> {
        let jobs = JobSignals::listen()?;
        let screen = Screen::enter()?;
        let frames = FrameSender::new(Tty);
        let terminal = Terminal::new(CrosstermBackend::new(frames.buffer()))?;
        Ok(Self { terminal, frames, keys: None, jobs, screen })
    }
}

impl Console for TerminalConsole {
    fn size(&mut self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(render)?;
        self.frames.send().map(|_| ())
    }

    fn send(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.frames.pass(sequence)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.frames.forget_last();
        self.terminal.clear()
    }

    async fn next(&mut self) -> Option<ConsoleEvent> {
        let keys = self.keys.get_or_insert_with(Keys::read);
        tokio::select! {
            event = keys.events.recv() => event.map(ConsoleEvent::Terminal),
            signal = self.jobs.next() => Some(match signal {
                JobSignal::Stop => ConsoleEvent::Stop,
                JobSignal::Continue => ConsoleEvent::Continued,
            }),
        }
    }

    fn next_ready(&mut self) -> Option<TerminalEvent> {
        self.keys.as_mut()?.events.try_recv().ok()
    }

    async fn suspend(&mut self, whole_group: bool) -> io::Result<Suspension> {
        self.keys = None;
        self.screen.suspend(&mut self.jobs, whole_group).await
    }

    fn resume(&mut self) -> io::Result<()> {
        self.screen.resume()
    }
}
