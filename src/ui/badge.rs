//! Who we are connected to, in a word and a colour, and what the profile forbids. The words alone
//! say it all.

use crate::canvas::{Modifier, Span, Style};
use crate::model::{BadgeColour, Profile};
use crate::text::width;
use crate::theme::Theme;

use super::cells::text;
use super::frame::clean;

/// Columns of the name where there is little room.
const NAME: usize = 16;

fn style(theme: &Theme, profile: &Profile) -> Style {
    let chosen = match profile.badge {
        Some(BadgeColour::Red) => theme.badge_red,
        Some(BadgeColour::Yellow) => theme.badge_yellow,
        Some(BadgeColour::Green) => theme.badge_green,
        Some(BadgeColour::Blue) => theme.badge_blue,
        Some(BadgeColour::Magenta) => theme.badge_magenta,
        Some(BadgeColour::Cyan) => theme.badge_cyan,
        None if profile.production => theme.badge_red,
        None => theme.accent,
    };
    if profile.production { chosen.add_modifier(Modifier::REVERSED) } else { chosen }
}

/// `PROD` and the name, then `read-only`; whatever follows gives way.
pub(super) fn spans(theme: &Theme, profile: &Profile, wide: bool) -> Vec<Span<'static>> {
    let name = clean(if profile.demo { "demo" } else { &profile.name });
    let name = if wide { name } else { width::truncate(&name, NAME).into_owned() };
    let style = style(theme, profile);
    let mut spans = if profile.production {
        vec![text(format!(" PROD {name} "), style), text(" ", theme.text)]
    } else {
        vec![text(format!(" {name}  "), style)]
    };
    if profile.read_only {
        spans.push(text("read-only  ", theme.heading));
    }
    spans
}
