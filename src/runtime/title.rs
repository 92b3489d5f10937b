//! What the title of the window says while foretop is in it: what a person in another window wants to know.
//!
//! Words only; the terminal has them. The invariant: it is one short line, whatever a file is called.

use crate::text::sanitize;
use crate::view::Model;

/// Characters of the name of a file.
const NAME: usize = 60;

pub(super) fn of(model: &Model) -> String {
    if let Some(file) = &model.file {
        return format!("foretop: {}", sanitize::preview(&file.name, NAME));
    }
    match model.sessions.counts().need_you {
        0 => "foretop".to_owned(),
        1 => "foretop: 1 needs you".to_owned(),
        many => format!("foretop: {many} need you"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{SessionRef, Timestamp};
    use crate::model::Timeline;

    #[test]
    fn a_hostile_name_is_a_short_line() {
        let mut model = Model::new(Timestamp::UNIX_EPOCH, (80, 24));
        assert_eq!(of(&model), "foretop");
        let name = format!("a\u{1b}]2;b\u{7}\n{}", "x".repeat(500));
        model.show_file(name, SessionRef::new("a", "s"), Timeline::default());
        let title = of(&model);
        assert!(title.starts_with("foretop: a") && !title.contains(char::is_control), "{title:?}");
        assert!(title.chars().count() < 90, "{title}");
    }
}
