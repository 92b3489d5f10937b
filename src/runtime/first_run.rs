//! The loop of the first minute: keys in, frames out, and one thing under way at a time.
//!
//! What is to be done in the world is the caller's, who knows files, keyrings and services. The invariant:
//! whatever takes its time is dropped with Esc, and no key waits for it.

use std::io;
use std::pin::Pin;

use futures_util::future::OptionFuture;
use tokio::time::{Instant, sleep_until};

use super::console::{Console, ConsoleEvent};
use super::dress::Dress;
use super::signals::ShutdownSignals;
use crate::app::first_run::{answered, paste, press};
use crate::keymap::Key;
use crate::terminal::{FramePacer, FrameRate, TerminalEvent};
use crate::theme::Themes;
use crate::ui;
use crate::view::first_run::{Answer, Doing, FirstRun, Outcome, Wish};

/// What is done about a wish.
pub type Work = Pin<Box<dyn Future<Output = Answer>>>;

/// Asks what to look at until that is known, or the person leaves.
pub async fn first_run<C: Console>(
    console: &mut C,
    endings: &mut ShutdownSignals,
    first: FirstRun,
    (themes, frame_rate): (Themes, FrameRate),
    work: impl Fn(Wish) -> Work,
) -> io::Result<Outcome> {
    let mut asked = Asked {
        first,
        dress: Dress::new(themes),
        pacer: FramePacer::new(frame_rate),
        work: None,
        wish: None,
    };
    asked.pacer.request(std::time::Instant::now());
    loop {
        if let Some(outcome) = asked.first.outcome.take() {
            // What comes next takes a moment, and the screen says what it is.
            asked.first.doing = opening(&outcome);
            asked.draw(console)?;
            return Ok(outcome);
        }
        if asked.first.doing.is_none() {
            asked.work = None;
        }
        if let Some(wish) = asked.wish.take() {
            asked.work = Some(work(wish));
        }
        if asked.pacer.due(std::time::Instant::now()) {
            asked.draw(console)?;
        }
        let timer =
            OptionFuture::from(asked.pacer.wake_at().map(Instant::from_std).map(sleep_until));
        let doing = OptionFuture::from(asked.work.as_mut());
        tokio::select! {
            biased;
            () = endings.next() => return Ok(Outcome::Left),
            event = console.next() => match event {
                None => return Ok(Outcome::Left),
                Some(ConsoleEvent::Terminal(event)) => {
                    asked.take(console, event.what).await?;
                    while let Some(event) = console.next_ready() {
                        asked.take(console, event.what).await?;
                    }
                }
                Some(ConsoleEvent::Stop) => asked.suspend(console, false).await?,
                Some(ConsoleEvent::Continued) => {
                    console.resume()?;
                    asked.repaint(console)?;
                }
            },
            Some(answer) = doing => {
                asked.work = None;
                answered(&mut asked.first, answer);
                asked.pacer.request(std::time::Instant::now());
            }
            Some(()) = timer => {}
        }
    }
}

fn opening(outcome: &Outcome) -> Option<Doing> {
    let words = match outcome {
        Outcome::Left => return None,
        Outcome::Demo => "opening the demo".to_owned(),
        Outcome::Profile { name, .. } => format!("opening {name}"),
    };
    Some(Doing { words, may_stop: false })
}

struct Asked {
    first: FirstRun,
    dress: Dress,
    pacer: FramePacer,
    /// Under way.
    work: Option<Work>,
    /// To be begun.
    wish: Option<Wish>,
}

impl Asked {
    async fn take<C: Console>(&mut self, console: &mut C, event: TerminalEvent) -> io::Result<()> {
        match event {
            TerminalEvent::Key(key) if key == Key::ctrl('z') && !self.is_typing() => {
                self.suspend(console, true).await?;
            }
            TerminalEvent::Key(key) if key == Key::ctrl('l') => self.repaint(console)?,
            TerminalEvent::Key(key) => {
                // Of a burst the last word counts.
                self.wish = press(&mut self.first, key).or(self.wish.take());
                if self.first.doing.is_none() {
                    self.wish = None;
                }
            }
            TerminalEvent::Paste(text) => paste(&mut self.first, &text),
            TerminalEvent::Background(rgb) => self.dress.stand_on(rgb),
            // It was never asked for here.
            TerminalEvent::Mouse(_) => return Ok(()),
            TerminalEvent::Resize(..) | TerminalEvent::Focus(_) | TerminalEvent::Graphics(..) => {}
        }
        self.pacer.request(std::time::Instant::now());
        Ok(())
    }

    /// Whether letters go into a field, where Ctrl-Z takes them back.
    fn is_typing(&self) -> bool {
        self.first.field().is_some() && self.first.doing.is_none()
    }

    async fn suspend<C: Console>(&mut self, console: &mut C, whole_group: bool) -> io::Result<()> {
        use crate::terminal::Suspension;

        match console.suspend(whole_group).await? {
            Suspension::Resumed => self.repaint(console),
            Suspension::NobodyToResume => {
                self.first.said = Some("there is no shell to come back from".to_owned());
                Ok(())
            }
        }
    }

    fn repaint<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        console.clear()?;
        self.pacer.request(std::time::Instant::now());
        Ok(())
    }

    fn draw<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let (first, theme) = (&self.first, self.dress.theme());
        let typing = self.is_typing();
        console.draw(typing, |frame| ui::draw_first_run(frame, first, theme))?;
        match console.last_write() {
            Some(took) => self.pacer.written(took, std::time::Instant::now()),
            None => self.pacer.nothing_written(),
        }
        Ok(())
    }
}
