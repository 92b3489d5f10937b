//! Where keys come from and frames go.

use std::io;
use std::time::{Duration, Instant};

use crate::canvas::Canvas;
use crate::terminal::{
    self, Answer, Arrived, Capabilities, Cursor, FrameSender, Graphics, Heard, Input, JobSignal,
    JobSignals, Manners, Painter, Pictures, Placement, Probe, Screen, Suspension, TerminalEvent,
    Tty,
};
use crate::view::layout::LARGEST;

/// As long ago as somebody who pressed a key is still there.
const JUST_NOW: Duration = Duration::from_secs(1);

/// What happens at the console.
#[derive(Debug)]
pub enum ConsoleEvent {
    Terminal(Arrived<TerminalEvent>),
    /// Somebody wants the process to stop until it is continued.
    Stop,
    /// The process was stopped unawares and continued: the screen is not ours any more.
    Continued,
}

/// A terminal, or a test.
pub trait Console {
    /// Columns and rows.
    fn size(&mut self) -> io::Result<(u16, u16)>;

    /// The picture that the next frame is to show; a console that is no terminal shows none.
    fn place(&mut self, _picture: Option<Placement>) {}

    /// A picture is there to be drawn: has the terminal prove that it can, if it was not asked yet.
    fn ask_for_pictures(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// None is.
    fn rest_of_pictures(&mut self) {}

    /// Draws a frame and shows it at once. `typing`: its cursor is to be seen.
    fn draw(&mut self, typing: bool, render: impl FnOnce(&mut Canvas)) -> io::Result<()>;

    /// Sends a sequence to the terminal that draws nothing. Not while a frame is drawn.
    fn send(&mut self, sequence: &[u8]) -> io::Result<()>;

    /// How long the terminal took to take the last frame; `None` when there was nothing to write.
    fn last_write(&self) -> Option<Duration> {
        None
    }

    /// Forgets what is on the screen, so that the next frame paints every cell.
    fn clear(&mut self) -> io::Result<()>;

    /// The next event; `None` when the terminal is gone. Must be cancel safe.
    fn next(&mut self) -> impl Future<Output = Option<ConsoleEvent>>;

    /// An event that is already there.
    fn next_ready(&mut self) -> Option<Arrived<TerminalEvent>>;

    /// Stops the process until it is continued; says whether the screen must be painted anew.
    fn suspend(&mut self, whole_group: bool) -> impl Future<Output = io::Result<Suspension>>;

    /// Lends the terminal to another program until it ends. What it left on the screen must be
    /// painted over. A console that is no terminal has nothing to lend.
    fn lend(
        &mut self,
        mut program: tokio::process::Command,
    ) -> impl Future<Output = io::Result<std::process::ExitStatus>> {
        program.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        async move { program.status().await }
    }

    /// Takes the mouse, or gives it back to the terminal; a console that is no terminal has none.
    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    /// Says in the title of the window what is worth knowing from elsewhere.
    fn set_title(&mut self, _title: &str) -> io::Result<()> {
        Ok(())
    }

    /// Takes the terminal again after a stop that could not be prepared.
    fn resume(&mut self) -> io::Result<()>;
}

/// The terminal that the process runs in.
pub struct TerminalConsole {
    canvas: Canvas,
    painter: Painter,
    pictures: Pictures,
    frames: FrameSender,
    last_write: Option<Duration>,
    probe: Probe,
    /// What was said of pictures last.
    told: Option<(Graphics, (u16, u16))>,
    /// When somebody last pressed something here.
    touched: Option<Instant>,
    /// Dropped while another program has the terminal; reading would steal its keys.
    input: Option<Input>,
    jobs: JobSignals,
    screen: Screen,
    manners: Manners,
}

impl TerminalConsole {
    /// Takes the terminal over. What it can do beyond the oldest is used as far as `allowed`.
    pub fn open(allowed: Capabilities, manners: Manners) -> io::Result<Self> {
        terminal::mind(manners);
        let jobs = JobSignals::listen()?;
        let mut probe = Probe::new(allowed);
        let screen = Screen::enter(&probe.ask(Instant::now()))?;
        Ok(Self {
            canvas: Canvas::default(),
            painter: Painter::default(),
            pictures: Pictures::default(),
            told: None,
            touched: None,
            frames: FrameSender::new(Tty),
            last_write: None,
            probe,
            input: None,
            jobs,
            screen,
            manners,
        })
    }

    /// Some terminals tell only the system how large a cell is. What they answer themselves comes later and
    /// counts.
    fn measure_cells(&mut self) {
        if let Some((width, height)) = terminal::cell_size() {
            self.probe.hear(Answer::Cell(width, height));
        }
    }

    /// Says which pictures the terminal takes, whenever that is something new.
    fn tell_of_pictures(&mut self) -> Option<Arrived<TerminalEvent>> {
        let proven = self.probe.graphics();
        let before = std::mem::replace(&mut self.told, proven);
        let event = TerminalEvent::Graphics(proven);
        (before != proven).then(|| Arrived::alone(event, Instant::now()))
    }

    /// Takes pictures from the terminal before somebody else has it.
    fn withdraw(&mut self) -> io::Result<()> {
        let bytes = self.pictures.withdraw();
        if bytes.is_empty() { Ok(()) } else { self.frames.pass(bytes) }
    }

    /// Keeps what is for the console itself.
    fn sort(&mut self, heard: Arrived<Heard>) -> Option<Arrived<TerminalEvent>> {
        let Arrived { what, at, together, pasted } = heard;
        let what = self.sort_what(what)?;
        Some(Arrived { what, at, together, pasted })
    }

    fn sort_what(&mut self, heard: Heard) -> Option<TerminalEvent> {
        match heard {
            Heard::Answer(Answer::Background(rgb)) => Some(TerminalEvent::Background(rgb)),
            Heard::Answer(answer) => {
                self.probe.hear(answer);
                let Capabilities { synchronized, left_right_margins, .. } =
                    self.probe.capabilities();
                self.frames.set_synchronized(synchronized);
                self.painter.set_rectangles(left_right_margins);
                None
            }
            Heard::Event(TerminalEvent::Mouse(_)) if !Screen::has_mouse() => None,
            Heard::Event(event) => {
                if matches!(event, TerminalEvent::Key(_) | TerminalEvent::Mouse(_)) {
                    self.touched = Some(Instant::now());
                }
                // Even back at its old size, the terminal may have moved what it showed.
                if matches!(event, TerminalEvent::Resize(..)) {
                    self.painter.forget();
                    self.probe.behind_may_be_another();
                    // Letters may be larger now.
                    self.measure_cells();
                }
                Some(event)
            }
        }
    }
}

impl Drop for TerminalConsole {
    fn drop(&mut self) {
        self.input = None;
        // If the terminal is gone, so are its pictures.
        drop(self.withdraw());
        if let Some(patience) = self.probe.outstanding(Instant::now()) {
            terminal::drain(patience, |heard| *heard == Heard::Answer(Answer::Identity));
        }
    }
}

impl Console for TerminalConsole {
    fn place(&mut self, picture: Option<Placement>) {
        self.pictures.place(picture);
    }

    fn ask_for_pictures(&mut self) -> io::Result<()> {
        // tmux gives the answers to whom it gives the keys.
        if self.touched.is_none_or(|at| at.elapsed() > JUST_NOW) {
            return Ok(());
        }
        match (self.probe.ask_behind(Instant::now()), &self.input) {
            (Some(question), Some(input)) => {
                input.expect_answers();
                self.frames.pass(&question)
            }
            _ => Ok(()),
        }
    }

    fn rest_of_pictures(&mut self) {
        self.probe.rest_behind();
    }

    fn size(&mut self) -> io::Result<(u16, u16)> {
        Ok(terminal::size())
    }

    fn draw(&mut self, typing: bool, render: impl FnOnce(&mut Canvas)) -> io::Result<()> {
        // Of a terminal that says it is larger than any, only so much is filled.
        let (columns, rows) = terminal::size();
        let size = (columns.min(LARGEST.0), rows.min(LARGEST.1));
        self.canvas.begin(size.0, size.1);
        render(&mut self.canvas);
        let roam = self.canvas.roam();
        let cursor = self.canvas.cursor().map(|at| Cursor { at, seen: typing, roam });
        let bytes = self.pictures.frame(&mut self.painter, &self.canvas, cursor);
        let began = Instant::now();
        let sent = self.frames.send(bytes)?;
        self.last_write = (sent > 0).then(|| began.elapsed());
        Ok(())
    }

    fn last_write(&self) -> Option<Duration> {
        self.last_write
    }

    fn send(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.frames.pass(sequence)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.painter.forget();
        self.probe.doubt_behind();
        Ok(())
    }

    async fn next(&mut self) -> Option<ConsoleEvent> {
        loop {
            if let Some(told) = self.tell_of_pictures() {
                return Some(ConsoleEvent::Terminal(told));
            }
            if self.input.is_none() {
                self.input = Some(Input::new(self.probe.asked()).ok()?);
                // Nobody heard what the window became meanwhile.
                self.measure_cells();
            }
            let input = self.input.as_mut()?;
            let heard = tokio::select! {
                heard = input.next() => heard?,
                signal = self.jobs.next() => return Some(match signal {
                    JobSignal::Stop => ConsoleEvent::Stop,
                    JobSignal::Continue => ConsoleEvent::Continued,
                }),
            };
            if let Some(event) = self.sort(heard) {
                return Some(ConsoleEvent::Terminal(event));
            }
        }
    }

    fn next_ready(&mut self) -> Option<Arrived<TerminalEvent>> {
        loop {
            if let Some(told) = self.tell_of_pictures() {
                return Some(told);
            }
            let heard = self.input.as_mut()?.next_ready()?;
            if let Some(event) = self.sort(heard) {
                return Some(event);
            }
        }
    }

    async fn suspend(&mut self, whole_group: bool) -> io::Result<Suspension> {
        self.input = None;
        self.withdraw()?;
        self.screen.suspend(&mut self.jobs, whole_group).await
    }

    async fn lend(
        &mut self,
        program: tokio::process::Command,
    ) -> io::Result<std::process::ExitStatus> {
        self.input = None;
        self.withdraw()?;
        self.screen.lend(&mut self.jobs, program).await
    }

    fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        Screen::capture_mouse(on)
    }

    fn set_title(&mut self, title: &str) -> io::Result<()> {
        if self.manners.keeps_titles { Screen::set_title(title) } else { Ok(()) }
    }

    fn resume(&mut self) -> io::Result<()> {
        Screen::resume()?;
        // The terminal may have let go of it with the other screen.
        self.withdraw()
    }
}
