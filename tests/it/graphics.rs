//! Pictures that the terminal draws: what it is asked, what it is sent, and that nothing of it stays.

use portable_pty::PtySize;

use crate::pty::{Pty, heading_of};

/// Opens the picture of the demo.
pub(crate) fn opens_receipt(foretop: &mut Pty) {
    foretop.sees("NEEDS YOU");
    foretop.sees("Refund for");
    foretop.type_keys("gg?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    // Among the sessions of that order the one that waits stands first.
    foretop.finds("refund-4411");
    foretop.sees("Esc clears");
    foretop.type_keys("gg");
    foretop.wait_until("the session", |seen| heading_of(seen).starts_with("2 refund-4411"));
    foretop.type_keys("4");
    foretop.sees("receipt.png");
    foretop.finds("receipt");
    foretop.wait_until("the picture's row", |seen| {
        let contents = seen.emulator.screen().contents();
        contents.lines().any(|line| line.starts_with('▌') && line.contains("receipt.png"))
    });
    foretop.type_keys("\r");
}

/// What a terminal of this size shows of the bytes when each picture in sixels is so many `x`.
fn seen_with_sixels(bytes: &[u8], (rows, cols): (u16, u16)) -> String {
    const BEGIN: &str = "\u{1b}P0;1;0q\"1;1;220;300";
    let all = String::from_utf8_lossy(bytes);
    let mut emulator = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
    let mut pieces = all.split(BEGIN);
    emulator.process(pieces.next().unwrap().as_bytes());
    for piece in pieces {
        let (_, after) = piece.split_once("\u{1b}\\").unwrap();
        // Twenty-two columns and fifteen rows, of ten by twenty pixels.
        let row = format!("{}\u{1b}[B\u{1b}[22D", "x".repeat(22));
        emulator.process(row.repeat(15).as_bytes());
        emulator.process(after.as_bytes());
    }
    emulator.screen().contents()
}

#[test]
fn sixels_are_as_large_as_the_system_says_that_cells_are_and_nothing_of_them_stays() {
    let size = PtySize { rows: 36, cols: 120, pixel_width: 1_200, pixel_height: 720 };
    let mut foretop = Pty::start_in(&["--demo"], size);
    foretop.gets("\x1b[16t\x1b[c");
    foretop.type_keys("\x1b[?62;4c");
    opens_receipt(&mut foretop);
    foretop.sees("sixel");
    foretop.gets("\"1;1;220;300");
    foretop.gets("\x1b\\\x1b8");
    let open = seen_with_sixels(&foretop.bytes(), (36, 120));
    assert_eq!(open.matches(&"x".repeat(22)).count(), 15, "{open}");
    let edge = |line: &str| line.contains("│ xxx") && !line.contains("xx│");
    assert!(open.lines().filter(|line| line.contains("xxx")).all(edge), "{open}");
    foretop.type_keys("1");
    foretop.sees("NEEDS YOU");
    foretop.wait_until("the sessions", |seen| heading_of(seen).starts_with("2 refund-4411"));
    foretop.rests();
    let gone = seen_with_sixels(&foretop.bytes(), (36, 120));
    assert!(!gone.contains("xxx"), "{gone}");
    assert_eq!(foretop.leaves().0, 0);
}

#[test]
fn within_tmux_the_terminal_is_asked_for_a_picture_and_gets_it_as_text() {
    let program = env!("CARGO_BIN_EXE_foretop");
    let set = ["TERM=tmux-256color", "TMUX=/tmp/tmux-0/default,1,0", program, "--demo"];
    let mut foretop = Pty::run("env", &set, 36, 120);
    foretop.gets("\x1b[16t\x1b[c");
    foretop.type_keys("\x1b[6;20;10t\x1b[?1;2c");
    opens_receipt(&mut foretop);
    foretop.sees("half blocks");
    foretop.gets("\x1bPtmux;\x1b\x1b[>q\x1b\x1b[22;2t\x1b\x1b_Gi=31,");
    assert!(!String::from_utf8_lossy(&foretop.bytes()).contains("a=t,"), "nobody answered yet");
    foretop.type_keys("\x1bP>|kitty(0.35.2)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[?62;c");
    foretop.sees("kitty graphics, through tmux");
    foretop.gets("a=p,U=1,c=22,r=15");
    let cells = foretop.contents().matches('\u{10eeee}').count();
    assert_eq!(cells, 22 * 15, "{}", foretop.contents());
    let bytes = foretop.bytes();
    let said = String::from_utf8_lossy(&bytes);
    assert_eq!(
        (said.matches("a=t,").count(), said.matches("\x1b_G").count()),
        (1, said.matches("\x1bPtmux;\x1b\x1b_G").count() + 1),
        "all of it is handed on; the question stands within others"
    );
    foretop.type_keys("1");
    foretop.gets("\x1bPtmux;\x1b\x1b_Ga=d,d=i,");
    foretop.sees("NEEDS YOU");
    foretop.wait_until("no cell of it", |seen| {
        !seen.emulator.screen().contents().contains('\u{10eeee}')
    });
    let (code, bytes) = foretop.leaves();
    assert_eq!(code, 0);
    let said = String::from_utf8_lossy(&bytes);
    assert!(said.rfind("d=I,") > said.rfind("a=p,"), "nothing stays in the terminal");
}
