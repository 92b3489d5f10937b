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
                Some(why) => [why, String::new()],
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
            Some((_, 0)) => said("no sessions", "`foretop new` makes one"),
            Some((all, awaited)) => {
                let of = counted(all, "agent");
                said(&format!("waiting for the sessions of {awaited} of {of}"), "")
            }
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
