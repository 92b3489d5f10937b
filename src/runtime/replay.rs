//! The loop of a replay: a recorded run on the screen, at the times at which it happened.
//!
//! The same machine, model and drawing as in the run; nothing is asked, sent, kept or copied. The
//! person's keys move the replay and reach nothing of the run.

use std::io;
use std::time::Duration;

use futures_util::future::OptionFuture;
use tokio::time::{Instant, sleep_until};

use super::console::{Console, ConsoleEvent};
use super::dress::Dress;
use super::recorded::{Recorded, Run};
use super::signals::ShutdownSignals;
use crate::app::hints::{self, hints};
use crate::app::{Action, Keymap, default_keymap};
use crate::keymap::{Dispatcher, Key, Outcome, Scope};
use crate::terminal::{FramePacer, FrameRate, TerminalEvent};
use crate::theme::Themes;
use crate::ui::{self, RowCache};
use crate::view::replayed::Pace;

/// Messages that are worked in before keys and frames get their turn.
const BATCH: usize = 256;
const PACES: [Pace; 4] = [Pace::Times(1), Pace::Times(2), Pace::Times(8), Pace::Utmost];

/// What a replay runs with.
pub struct Replay {
    pub recorded: Recorded,
    pub themes: Themes,
    /// Of the person who looks: it moves the replay.
    pub keymap: Keymap,
    /// Shortest time between two frames.
    pub frame_rate: FrameRate,
}

/// Plays from the start until the person leaves.
pub async fn replay<C: Console>(
    console: &mut C,
    endings: &mut ShutdownSignals,
    setup: Replay,
) -> io::Result<()> {
    let mut player = Player {
        // A recording that does not say which keys it had was made with those that are compiled in.
        run: Run::new(setup.recorded, default_keymap().unwrap_or_else(|_| setup.keymap.clone())),
        keymap: setup.keymap,
        dispatcher: Dispatcher::default(),
        chosen: 0,
        next_at: None,
        dress: Dress::new(setup.themes),
        cache: RowCache::default(),
        pacer: FramePacer::new(setup.frame_rate),
    };
    player.fit(console)?;
    player.play(true);
    loop {
        if player.pacer.due(std::time::Instant::now()) {
            player.draw(console)?;
        }
        let frame = player.pacer.wake_at().map(Instant::from_std);
        let timer = OptionFuture::from(
            [frame, player.next_at].into_iter().flatten().min().map(sleep_until),
        );
        let leave = tokio::select! {
            biased;
            () = endings.next() => true,
            event = console.next() => match event {
                None => true,
                Some(ConsoleEvent::Terminal(event)) => {
                    let mut leave = player.take(console, &event.what)?;
                    while let Some(event) = console.next_ready() {
                        leave |= player.take(console, &event.what)?;
                    }
                    leave
                }
                Some(ConsoleEvent::Stop) => {
                    console.suspend(false).await?;
                    console.clear()?;
                    player.fit(console)?;
                    false
                }
                Some(ConsoleEvent::Continued) => {
                    console.resume()?;
                    console.clear()?;
                    player.fit(console)?;
                    false
                }
            },
            Some(()) = timer => {
                player.play_on();
                false
            }
        };
        if leave {
            return Ok(());
        }
    }
}

struct Player {
    run: Run,
    keymap: Keymap,
    dispatcher: Dispatcher,
    /// Which pace it has while it plays.
    chosen: usize,
    /// When the next message is due; `None` while it does not play.
    next_at: Option<Instant>,
    dress: Dress,
    cache: RowCache,
    pacer: FramePacer,
}

impl Player {
    /// Takes the size of the terminal; the last row is the replay's own.
    fn fit<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let (columns, rows) = console.size()?;
        self.run.resize((columns, rows.saturating_sub(1)));
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        let pace = if self.next_at.is_some() { PACES[self.chosen] } else { Pace::Paused };
        self.run.tell(|replayed| replayed.pace = pace);
        self.pacer.request(std::time::Instant::now());
    }

    fn play(&mut self, on: bool) {
        self.next_at = self.wait().filter(|_| on).map(|wait| Instant::now() + wait);
        self.tell();
    }

    /// How long the next message keeps the person waiting; `None` when there is none.
    fn wait(&self) -> Option<Duration> {
        let wait = Duration::try_from(self.run.until_next()?).unwrap_or_default();
        Some(match PACES[self.chosen] {
            Pace::Times(times) => wait / times,
            _ => Duration::ZERO,
        })
    }

    /// Works in what is due.
    fn play_on(&mut self) {
        for _ in 0..BATCH {
            let Some(due) = self.next_at.filter(|due| *due <= Instant::now()) else { return };
            self.run.step_on();
            // Counted from when it was due, so that lateness does not add up.
            self.next_at = self.wait().map(|wait| due + wait);
            self.tell();
        }
    }

    /// Whether the person leaves.
    fn take<C: Console>(&mut self, console: &mut C, event: &TerminalEvent) -> io::Result<bool> {
        match event {
            TerminalEvent::Key(key) => return self.press(console, *key),
            TerminalEvent::Resize(..) => self.fit(console)?,
            TerminalEvent::Background(rgb) => {
                self.dress.stand_on(*rgb);
                self.tell();
            }
            // The mouse stays the terminal's.
            TerminalEvent::Paste(_)
            | TerminalEvent::Mouse(_)
            | TerminalEvent::Focus(_)
            | TerminalEvent::Graphics(..) => {}
        }
        Ok(false)
    }

    fn press<C: Console>(&mut self, console: &mut C, key: Key) -> io::Result<bool> {
        // Nobody edits here, so what arrived as Alt was Esc first.
        let key = key.apart().map_or(key, |[_, key]| key);
        let outcome = self.dispatcher.press(&self.keymap, &[Scope::Replay], key);
        let Outcome::Action(action) = outcome else { return Ok(false) };
        let playing = self.next_at.is_some();
        match action {
            Action::Quit | Action::QuitNow | Action::QuitInterrupt => return Ok(true),
            Action::Play => self.play(!playing),
            Action::MomentOn => {
                self.run.step_on();
                self.play(false);
            }
            Action::MomentBack => {
                self.run.step_back();
                self.play(false);
            }
            Action::Faster => {
                self.chosen = (self.chosen + 1).min(PACES.len() - 1);
                self.play(playing);
            }
            Action::Slower => {
                self.chosen = self.chosen.saturating_sub(1);
                self.play(playing);
            }
            Action::Redraw => {
                console.clear()?;
                self.tell();
            }
            _ => {}
        }
        Ok(false)
    }

    fn draw<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let mut hints = hints(&self.run.model, self.run.machine.keymap());
        hints.replay = hints::replay(&self.keymap);
        let (model, theme, cache) = (&self.run.model, self.dress.theme(), &mut self.cache);
        let typing = model.layers.takes_letters();
        console.draw(typing, |frame| ui::draw(frame, model, theme, cache, &hints))?;
        if let Some(took) = console.last_write() {
            self.pacer.written(took, std::time::Instant::now());
        }
        Ok(())
    }
}
