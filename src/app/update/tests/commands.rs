//! The command line: what it offers, and lines of earlier.

use super::picked::{cursor, desk};
use super::*;
use crate::app::msg::TerminalMsg;

fn command(desk: &Desk) -> String {
    desk.typed()
}

#[test]
fn earlier_commands_come_back_and_the_last_one_is_repeated() {
    let mut desk = desk();
    assert_eq!(desk.press("@ :"), []);
    assert!(desk.model.toast.as_ref().unwrap().text.starts_with("no command was run yet"));
    desk.press(": n o w h e r e <enter> <esc> : g o t o <space> 1 <enter>");
    let first = cursor(&desk);
    desk.press("G : x <up>");
    assert_eq!(command(&desk), "goto 1");
    desk.press("<up> <up>");
    assert_eq!(command(&desk), "nowhere", "wrong ones can be corrected");
    desk.press("<down> <down> <down>");
    assert_eq!(command(&desk), "x");
    desk.press("<esc> @ :");
    assert_eq!(cursor(&desk), first);
    desk.press("G : r e p e a t _ c o m m a n d <enter>");
    assert_eq!(cursor(&desk), first, "it is no command to repeat");
    desk.press(": <up> <enter> : <up> <up>");
    assert_eq!(command(&desk), "nowhere", "each is there once");
}

#[test]
fn commands_are_offered_with_their_key_and_what_stands_in_their_way() {
    let mut desk = desk();
    let offers = |desk: &Desk| {
        let Some(Layer::Palette(palette)) = desk.model.layers.top() else { panic!("no line") };
        let offers = palette.offers.iter();
        offers.map(|o| (o.name, o.key.clone(), o.off.clone())).collect::<Vec<_>>()
    };
    desk.press(": h i d e");
    let found = offers(&desk);
    assert_eq!(found[..2], [("hide", String::new(), None), ("hide", "x".to_owned(), None)]);
    assert_eq!(found[2].0, "unhide", "it is in the middle of that");
    desk.press("<esc>");
    assert_eq!(desk.layer(), None);
    desk.model.profile.read_only = true;
    desk.press(":");
    desk.hears(Msg::Terminal(TerminalMsg::Paste("hid".to_owned())));
    let why = Some("read-only profile".to_owned());
    assert_eq!(
        offers(&desk)[..2],
        [("hide", String::new(), why.clone()), ("hide", "x".to_owned(), why)]
    );
}
