//! A session in lines, in the form of [`crate::archive::written`].
//!
//! Where hidden events are left out nothing is said of any, so that whoever reads the lines knows
//! that they do not tell.

use super::Exported;
use crate::api::Session;
use crate::archive::written;
use crate::model::timeline::Visibility;

pub(super) fn write(session: &Session, events: &[Exported]) -> String {
    let mut out = written::head(session);
    for Exported { event, seen } in events {
        out.push('\n');
        let hidden = (*seen != Visibility::Unknown).then_some(*seen != Visibility::InContext);
        out.push_str(&written::line(event, hidden));
    }
    out.push('\n');
    out
}
