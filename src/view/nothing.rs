//! What is said where a list is empty: that it is, or how far that is known.
//!
//! Start with [`Model::nothing_listed`]. The invariant: nothing is called empty that was not learnt.

use super::Model;
use crate::action::Action;
use crate::text::units::counted;

impl Model {
    /// Said where no session is listed: why, and what leads on.
    pub fn nothing_listed(&self) -> [String; 2] {
        let sessions = &self.sessions;
        let said = |what: &str, next: &str| [what.to_owned(), next.to_owned()];
        let refresh = self.keys.of(Action::Refresh, "R");
        let again = format!("{refresh} asks again");
        if sessions.counts().loaded > 0 {
            return match sessions.served_nothing() {
                Some((why, true)) => {
                    let changes = self.keys.of(Action::Search, "/");
                    [why, format!("{changes} changes it, Esc takes it off")]
                }
                Some((why, false)) => [why, String::new()],
                None => said("the filter hides every session", "Esc clears it"),
            };
        }
        if let Some(why) = sessions.no_agents() {
            return match why.status {
                Some(401) => said("the key is refused", "`foretop auth login` stores another"),
                Some(403) => said("this key may not list agents", "--agent NAME watches one"),
                _ => said("the agents could not be listed", &again),
            };
        }
        if !self.link.is_well() {
            return said("nothing is known: no answer yet", &again);
        }
        match sessions.awaited() {
            None => said("waiting for the first reply", ""),
            Some((0, _)) => said("there are no agents", &format!("{refresh} looks again")),
            Some((_, 0)) if self.profile.read_only => said("no sessions", ""),
            Some((_, 0)) => {
                let makes = self.keys.of_scope("sessions", Action::NewSession, "a");
                said("no sessions yet", &format!("{makes} makes one"))
            }
            Some((all, awaited)) => {
                let of = counted(all, "agent");
                said(&format!("waiting for the sessions of {awaited} of {of}"), "")
            }
        }
    }

    /// Said in the place of a session where none is shown: what leads to one.
    pub fn nothing_open(&self) -> &'static str {
        if !self.sessions.lines().is_empty() {
            return "Enter on a session opens it here";
        }
        let is_known = self.link.is_well() && self.sessions.no_agents().is_none();
        match self.sessions.awaited().filter(|_| is_known && self.sessions.counts().loaded == 0) {
            // Whoever serves a directory of their own looks at this first.
            Some((0, _)) => {
                "An agent is made through the API of the service. Help says under CONNECTION how to \
                 reach it with curl; `foretop serve --demo-data` fills an empty server with a small world."
            }
            Some((_, 0)) => {
                "A session is a conversation with an agent: make one in the list, and write to it here. \
                 Help lists the keys."
            }
            Some(_) | None => "",
        }
    }

    /// Said where no call is known to wait: how far that is known.
    pub fn nothing_waits(&self) -> String {
        match self.sessions.counts().left_out() {
            None => "no call waits for you".to_owned(),
            Some(left_out) => format!("no call waits, as far as is known: {left_out}"),
        }
    }
}
