//! Messages that were sent before, shown in the place of what is being written.
//!
//! Owns which of them is shown, what is looked for among them, and what they cover. Keeps no message: they
//! come in from what is remembered. Start with [`History::step`] and [`History::search`]. The invariant:
//! what was written before is in `covered` for as long as something else is shown, and comes back whole.

/// What is shown instead of what is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    shown: Option<Shown>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    /// Counted from the latest; `None` while nothing was found.
    at: Option<usize>,
    /// What was being written.
    covered: String,
    /// What is looked for, while somebody looks.
    sought: Option<String>,
    /// It was changed: it is a message of its own, and what it covers waits behind it.
    changed: bool,
}

/// Where the reader is among the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// From one, the latest first; `None` where nothing was found.
    pub at: Option<usize>,
    /// What is looked for.
    pub sought: Option<&'a str>,
}

impl History {
    /// All that its person has written, where `text` is what is in the editor.
    pub fn written(&self, text: String) -> String {
        match &self.shown {
            None => text,
            Some(shown) if shown.changed => format!("{}\n{text}", shown.covered),
            Some(shown) => shown.covered.clone(),
        }
    }

    /// What was written before waits behind a message that came from earlier and was changed.
    pub fn waits_behind(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.changed)
    }

    pub fn place(&self) -> Option<Place<'_>> {
        let shown = self.shown.as_ref().filter(|shown| !shown.changed)?;
        Some(Place { at: shown.at.map(|at| at + 1), sought: shown.sought.as_deref() })
    }

    pub fn is_searching(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.sought.is_some())
    }

    /// What is shown stays, and letters are text again. Says whether anything of earlier is shown.
    pub fn stop_searching(&mut self) -> bool {
        if self.shown.as_ref().is_some_and(|shown| shown.at.is_none() && !shown.changed) {
            self.shown = None;
        }
        if let Some(shown) = &mut self.shown {
            shown.sought = None;
        }
        self.place().is_some()
    }

    /// What is shown is changed, and is what is written from now on.
    pub fn take(&mut self) {
        match &mut self.shown {
            Some(shown) if !shown.covered.is_empty() => {
                (shown.at, shown.sought, shown.changed) = (None, None, true);
            }
            shown => *shown = None,
        }
    }

    /// Nothing is covered any more: all of it is in the editor.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// What was written before, which is shown again.
    pub fn give_back(&mut self) -> Option<String> {
        self.shown.take().map(|shown| shown.covered)
    }

    /// The message before the one shown, or the one after it, of `sent`, the latest last. `None` where
    /// there is none.
    pub fn step(&mut self, sent: &[&str], written: &str, earlier: bool) -> Option<String> {
        let at = match (&self.shown, earlier) {
            (None, false) => return None,
            (None, true) => 0,
            (Some(shown), true) => shown.at.map_or(0, |at| at + 1),
            (Some(Shown { at: Some(0) | None, .. }), false) => return self.give_back(),
            (Some(Shown { at: Some(at), .. }), false) => at - 1,
        };
        let found = (*sent.iter().rev().nth(at)?).to_owned();
        let covered = self.written(written.to_owned());
        self.shown = Some(Shown { at: Some(at), covered, sought: None, changed: false });
        Some(found)
    }

    /// Begins to look for a message, or goes on to an earlier one that has the same in it. What is shown
    /// then; `None` where nothing else is.
    pub fn search(&mut self, sent: &[&str], written: &str) -> Option<String> {
        let from = match &mut self.shown {
            Some(Shown { sought: Some(_), at: Some(at), .. }) => *at + 1,
            Some(Shown { sought: Some(_), at: None, .. }) => return None,
            Some(shown) if !shown.changed => {
                shown.sought = Some(String::new());
                return None;
            }
            _ => {
                let covered = self.written(written.to_owned());
                let sought = Some(String::new());
                self.shown = Some(Shown { at: None, covered, sought, changed: false });
                return None;
            }
        };
        self.find(sent, from)
    }

    /// Looks for something else; what is shown then, which is what was written where nothing is found.
    pub fn seek(&mut self, sent: &[&str], change: impl FnOnce(&mut String)) -> Option<String> {
        let shown = self.shown.as_mut()?;
        let sought = shown.sought.get_or_insert_default();
        change(sought);
        if let Some(found) = self.find(sent, 0) {
            return Some(found);
        }
        let shown = self.shown.as_mut()?;
        shown.at = None;
        Some(shown.covered.clone())
    }

    fn find(&mut self, sent: &[&str], from: usize) -> Option<String> {
        let shown = self.shown.as_mut()?;
        let sought = shown.sought.as_ref().filter(|sought| !sought.is_empty())?.to_lowercase();
        let mut from_latest = sent.iter().rev().enumerate().skip(from);
        let (at, found) = from_latest.find(|(_, text)| text.to_lowercase().contains(&sought))?;
        shown.at = Some(at);
        Some((*found).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: [&str; 3] = ["look at 4411", "refund it", "look at 8842"];

    #[test]
    fn walking_goes_back_and_forth_and_ends_in_what_was_written() {
        let mut history = History::default();
        assert_eq!(history.step(&SENT, "", false), None, "nothing comes after what is written");
        let mut step = |earlier| history.step(&SENT, "mine", earlier);
        assert_eq!(step(true).as_deref(), Some("look at 8842"));
        assert_eq!(step(true).as_deref(), Some("refund it"));
        assert_eq!(step(true).as_deref(), Some("look at 4411"));
        assert_eq!(step(true), None, "that was the first");
        assert_eq!(step(false).as_deref(), Some("refund it"));
        assert_eq!(step(false).as_deref(), Some("look at 8842"));
        assert_eq!(step(false).as_deref(), Some("mine"));
        assert_eq!((step(false), history.place()), (None, None));
    }

    #[test]
    fn what_is_looked_for_grows_and_shrinks_and_what_was_written_comes_back() {
        let mut history = History::default();
        assert_eq!(history.search(&SENT, "mine"), None);
        let seek = |history: &mut History, text: &str| {
            let text = text.to_owned();
            history.seek(&SENT, |sought| *sought = text)
        };
        assert_eq!(seek(&mut history, "LOOK").as_deref(), Some("look at 8842"));
        assert_eq!(history.search(&SENT, "").as_deref(), Some("look at 4411"), "an earlier one");
        assert_eq!(history.search(&SENT, ""), None, "no other");
        assert_eq!(history.place(), Some(Place { at: Some(3), sought: Some("LOOK") }));
        assert_eq!(seek(&mut history, "nowhere").as_deref(), Some("mine"));
        assert_eq!(history.place(), Some(Place { at: None, sought: Some("nowhere") }));
        assert_eq!(seek(&mut history, "").as_deref(), Some("mine"));
        seek(&mut history, "refund");
        assert_eq!(history.step(&SENT, "", true).as_deref(), Some("look at 4411"), "walks on");
        assert!(!history.is_searching());
        assert_eq!(history.give_back().as_deref(), Some("mine"));
        assert_eq!(history.give_back(), None);
    }

    #[test]
    fn what_a_changed_message_covers_waits_behind_it() {
        let mut history = History::default();
        history.step(&SENT, "mine", true);
        assert_eq!(history.written("look at 8842".to_owned()), "mine");
        history.take();
        assert_eq!((history.place(), history.waits_behind()), (None, true));
        assert_eq!(history.written("look at 1".to_owned()), "mine\nlook at 1");
        assert_eq!(history.give_back().as_deref(), Some("mine"), "once that is sent");
        history.step(&SENT, "", true);
        history.take();
        assert!(!history.waits_behind(), "nothing was covered");
    }
}
