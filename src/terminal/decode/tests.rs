use proptest::prelude::*;

use super::*;

/// The cases of a property: 1000 at least, more with `PROPTEST_CASES`.
fn cases() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(1_000), ..asked }
}

/// A pause between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    None,
    Short,
    Long,
}

impl Pause {
    fn pass(self, decoder: &mut Decoder) {
        while decoder.patience().is_some_and(|patience| match self {
            Pause::None => false,
            Pause::Short => patience == Patience::Short,
            Pause::Long => true,
        }) {
            decoder.decide();
        }
    }
}

/// What was heard, in words.
fn heard(decoder: &mut Decoder) -> Vec<String> {
    std::iter::from_fn(|| decoder.next_heard())
        .map(|heard| match heard {
            Heard::Event(TerminalEvent::Key(key)) => key.to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}

fn decode(bytes: &[u8]) -> String {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    decoder.decide();
    heard(&mut decoder).join(" ")
}

/// What arrives in these parts, with a pause after each.
fn decode_parts(mut decoder: Decoder, pause: Pause, parts: &[&str]) -> String {
    for part in parts {
        decoder.feed(part.as_bytes());
        pause.pass(&mut decoder);
    }
    heard(&mut decoder).join(" ")
}

fn unasked(parts: &[&str]) -> String {
    decode_parts(Decoder::default(), Pause::Short, parts)
}

#[test]
fn keys_arrive_in_the_notation() {
    for (bytes, expected) in [
        ("g", "g"),
        ("G", "G"),
        ("ß漢🚀", "ß 漢 🚀"),
        ("\x04", "<c-d>"),
        ("\n", "<c-j>"),
        ("\r\t\x7f\x08 ", "<enter> <tab> <bs> <bs> <space>"),
        ("\x1b", "<esc>"),
        ("\x1b\x1b", "<esc> <esc>"),
        ("\x1bx\x1b\x7f\x1b\x08", "<a-x> <a-bs> <a-bs>"),
        ("\x1b[A\x1bOB\x1b[1;5C", "<up> <down> <c-right>"),
        ("\x1b[1;2D\x1b[H\x1bOF\x1b[4~", "<s-left> <home> <end> <end>"),
        ("\x1b[3~\x1b[5~\x1b[6~", "<del> <pgup> <pgdn>"),
        ("\x1b[Z\x1b[9;2u", "<s-tab> <s-tab>"),
        ("\x1bOP\x1b[12~\x1b[[C\x1b[15~\x1b[24~", "<f1> <f2> <f3> <f5> <f12>"),
        ("\x1b[1;3D\x1b\x1b[C\x1b\x1bOC", "<a-left> <a-right> <a-right>"),
        ("\x1b\x1bx\x1b\x1b[2~\x1b\x1b[I", "<esc> <a-x> <esc> <esc> Event(Focus(true))"),
        ("\x1bO5C\x1bO1;3D", "<c-right> <a-left>"),
        ("\x1bOj\x1bOo\x1bOp\x1bOy\x1bOM\x1bOX", "* / 0 9 <enter> ="),
        ("\x1b[57399u\x1b[57409u\x1b[57414u\x1b[57420;5u", "0 . <enter> <c-down>"),
        ("\x1b[103;2u\x1b[100;5u\x1b[27;5;106~", "G <c-d> <c-j>"),
    ] {
        assert_eq!(decode(bytes.as_bytes()), expected, "{bytes:?}");
    }
}

#[test]
fn the_terminal_says_whether_it_has_the_keyboard() {
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[I\x1b[O");
    let heard: Vec<_> = std::iter::from_fn(|| decoder.next_heard()).collect();
    let focus = |has| Heard::Event(TerminalEvent::Focus(has));
    assert_eq!(heard, [focus(true), focus(false)]);
}

#[test]
fn what_is_not_for_us_is_dropped_as_a_whole() {
    for bytes in [
        "\x1b[120;1:3u",
        "\x1b[99;9u",
        // Reports of the mouse that are broken, or of buttons that mean nothing here.
        "\x1b[<0;10M\x1b[<0;0;10m\x1b[<;;M\x1b[<0;1;70000M\x1b[<0;1;1;1M",
        "\x1b[<2;10;10M\x1b[<4;10;10m\x1b[<35;1;1M\x1b[<0;1:2;3M\x1b[32;1;1M",
        "\x1b[M !!",
        "\x1b]10;rgb:0000/0000/0000\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1bXa\x1b\\\x1b^b\x07",
        "\x1b[57358u\x1b[57425u",
        "\x1b[2~",
        "\x1b[?2004;1$z",
    ] {
        assert_eq!(decode(format!("{bytes}q").as_bytes()), "q", "{bytes:?}");
    }
    assert_eq!(decode(b"\xff\xc3q\xe6\xbcj"), "q j");
}

#[test]
fn what_the_mouse_does_is_heard_between_the_keys_in_whatever_pieces() {
    let mut decoder = Decoder::default();
    decoder.feed(b"j\x1b[<0;10;3M\x1b[<32;12;3M\x1b[<0;12;3mk\x1b[<65;1;1M");
    let said = heard(&mut decoder).join(" ");
    let at = |act: &str, column: u16, row: u16| {
        format!("Event(Mouse(MouseReport {{ act: {act}, column: {column}, row: {row} }}))")
    };
    let (press, drag, release, wheel) =
        (at("Press", 9, 2), at("Drag", 11, 2), at("Release", 11, 2), at("WheelDown", 0, 0));
    assert_eq!(said, format!("j {press} {drag} {release} k {wheel}"));
    assert_eq!(unasked(&["\x1b[<", "0;1", "0;3", "M", "j"]), format!("{press} j"));
    assert_eq!(unasked(&["\x1b[<0;1", "j"]), "j", "the rest of it never came");
    assert_eq!(unasked(&["\x1b[<0;3?", "j"]), "? j", "nor did it before a key that came at once");
    assert_eq!(unasked(&["\x1b[<0;3>4", "j"]), "<gt> 4 j".replace("<gt>", ">"));
}

#[test]
fn answers_are_not_keys_and_the_keys_between_them_are_not_lost() {
    let mut decoder = Decoder::default();
    decoder.feed(b"j\x1b[?2026;2$yk\x1b[?69;0$y\x1b[Bc\x1b[?62;22cu");
    let said = heard(&mut decoder).join(" ");
    let expected = "j Answer(Mode(2026, true)) k Answer(Mode(69, false)) <down> c \
                    Answer(Identity) u";
    assert_eq!(said, expected);
}

#[test]
fn what_a_terminal_says_of_pictures_is_heard_between_the_keys() {
    let mut decoder = Decoder::default();
    decoder.feed(b"j\x1b_Gi=31;OK\x1b\\k\x1bP>|iTerm2 3.5.0\x1b\\\x1b[6;20;10tl\x1b[?62;4c");
    let said = heard(&mut decoder).join(" ");
    let expected = "j Answer(Pictures(Kitty)) k Answer(Pictures(Iterm2)) \
                    Answer(Cell(10, 20)) l Answer(Pictures(Sixel)) Answer(Identity)";
    assert_eq!(said, expected);
    for no in
        ["\x1b_Gi=31;ENOTSUP:no\x1b\\", "\x1bP>|tmux 3.4\x1b\\", "\x1b[6;0;0t", "\x1b[8;24;80t"]
    {
        assert_eq!(decode(format!("{no}q").as_bytes()), "q", "{no:?}");
    }
}

#[test]
fn pasted_lines_end_like_lines() {
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[200~a\rb\r\nc\n\x1b[A\x1b[201~x");
    let paste = Heard::Event(TerminalEvent::Paste("a\nb\nc\n\x1b[A".to_owned()));
    assert_eq!(decoder.next_heard(), Some(paste));
    assert_eq!(heard(&mut decoder), ["x"]);
}

#[test]
fn escape_waits_for_what_follows() {
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b");
    assert_eq!(decoder.patience(), Some(Patience::Short));
    assert_eq!(decoder.next_heard(), None);
    decoder.feed(b"[A");
    assert_eq!(decoder.patience(), None);
    assert_eq!(heard(&mut decoder), ["<up>"]);
}

#[test]
fn what_no_terminal_finishes_was_typed() {
    for (parts, expected) in [
        (&["\x1b]", "j"][..], "<a-]> j"),
        (&["\x1bP", "\x03"], "<a-P> <c-c>"),
        (&["\x1b_", "\x1b^", "\x1bX"], "<a-_> <a-^> <a-X>"),
        (&["\x1b]jk", "q"], "<a-]> j k q"),
        (&["\x1b[", "p"], "<a-[> p"),
        (&["\x1bO", "q"], "<a-O> q"),
        (&["\x1b[[", "\x1b[M!"], "<a-[> [ <a-[> M !"),
        (&["\x1b\x1b", "\x1b\x1b]"], "<esc> <esc> <esc> <a-]>"),
        (&["\x1b]x\x1b", "j"], "<a-]> x <esc> j"),
    ] {
        assert_eq!(unasked(parts), expected, "{parts:?}");
    }
}

#[test]
fn a_control_character_ends_what_is_unfinished_at_once() {
    for (bytes, expected) in [
        ("\x1b]j\x03", "<a-]> j <c-c>"),
        ("\x1b_\x18", "<a-_> <c-x>"),
        ("\x1bP1\x1aj", "<a-P> 1 <c-z> j"),
        ("\x1b]0;t\x1b[A", "<a-]> 0 ; t <up>"),
        ("\x1b[1;\x03", "<a-[> 1 ; <c-c>"),
        ("\x1b[M!\x03", "<a-[> M ! <c-c>"),
    ] {
        assert_eq!(decode(bytes.as_bytes()), expected, "{bytes:?}");
    }
    let long = format!("\x1b]{}\x03", "x".repeat(300));
    assert_eq!(decode(long.as_bytes()), "<c-c>", "nobody types that much at once");
}

#[test]
fn an_answer_that_comes_in_pieces_is_an_answer() {
    let asked = Decoder::expecting_answers;
    let name = ["\x1bP>|iTer", "m2 3", ".5\x1b", "\\", "j"];
    let expected = "Answer(Pictures(Iterm2)) j";
    assert_eq!(decode_parts(asked(), Pause::Short, &name), expected);
    for pause in [Pause::Short, Pause::Long] {
        let what = ["\x1b[?", "6", "2;2", "2", "c", "j"];
        assert_eq!(decode_parts(asked(), pause, &what), "Answer(Identity) j");
    }
    let torn_early = ["\x1b", "[?62c", "\x1b[", "I"];
    let expected = "<esc> Answer(Identity) <a-[> Event(Focus(true))";
    assert_eq!(decode_parts(asked(), Pause::Short, &torn_early), expected);
}

#[test]
fn an_answer_that_never_ends_holds_the_keyboard_for_one_silence() {
    let mut decoder = Decoder::expecting_answers();
    decoder.feed(b"\x1bP>|tmu");
    Pause::Long.pass(&mut decoder);
    decoder.feed(b"j");
    Pause::Short.pass(&mut decoder);
    assert_eq!(heard(&mut decoder), ["j"]);
    decoder.feed(b"\x1b[?6");
    Pause::Short.pass(&mut decoder);
    decoder.feed(b"j");
    assert_eq!(heard(&mut decoder), ["j"], "no number");
    decoder.feed(b"\x1b_Gi=31;O\x03");
    assert_eq!(heard(&mut decoder), ["<c-c>"]);
}

#[test]
fn the_middle_of_an_answer_is_known_for_one() {
    let mut decoder = Decoder::expecting_answers();
    for (bytes, amid) in [("\x1b", false), ("_", false), ("Gi", true), ("=31;E\x1b", true)] {
        decoder.feed(bytes.as_bytes());
        assert_eq!(decoder.is_amid_answer(), amid, "{bytes:?}");
    }
    decoder.feed(b"\\");
    assert!(!decoder.is_amid_answer());
}

#[test]
fn when_all_is_answered_nothing_more_is_expected() {
    let mut decoder = Decoder::expecting_answers();
    decoder.feed(b"\x1b[?62c\x1bP>|");
    assert!(!decoder.expects_answers());
    Pause::Short.pass(&mut decoder);
    assert_eq!(heard(&mut decoder), ["Answer(Identity)", "<a-P>", ">", "|"]);
}

#[test]
fn a_paste_without_an_end_is_delivered_and_gives_the_keyboard_back() {
    let paste = |text: &str| format!("{:?}", Heard::Event(TerminalEvent::Paste(text.to_owned())));
    let lost = ["\x1b[200~one\rtwo", "j"];
    let expected = format!("{} j", paste("one\ntwo"));
    assert_eq!(decode_parts(Decoder::default(), Pause::Long, &lost), expected);
    let interrupted = ["\x1b[200~one\x03two", "\x03", "j"];
    let expected = format!("{} <c-c> j", paste("one\x03two"));
    assert_eq!(unasked(&interrupted), expected);
    let late = ["\x1b[200~one", "\rtwo, and then", " three\x1b[20", "1~", "j"];
    let expected = format!(
        "{} {} {} {} j",
        paste("one"),
        paste("\ntwo, and then"),
        paste(" three"),
        paste("")
    );
    assert_eq!(decode_parts(Decoder::default(), Pause::Long, &late), expected);
}

/// What may stand at the beginning of something longer, and where it may break off.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let known: &[&[u8]] = &[
        b"\x1b[1;5A",
        b"\x1b\x1b[D",
        b"\x1b[?2026;2$y",
        b"\x1b[?62;22c",
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1bP>|tmux 3.4\x1b\\",
        b"\x1b]11;rgb:00/00/00\x07",
        b"\x1bX^\x1b^",
        b"\x1b[6;20;10t",
        b"\x1b[200~p\x1b[201~",
        b"\x1b[M !!",
        b"\x1b[<0;10;3M",
        b"\x1b[<65;300;200M",
        b"\x1b[[A\x1bOj",
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..6),
        "[ -~é漢\u{1b}]{0,8}".prop_map(String::into_bytes),
        (proptest::sample::select(known), 0..16_usize)
            .prop_map(|(bytes, end)| bytes[..end.min(bytes.len())].to_vec()),
        proptest::sample::select(known).prop_map(<[u8]>::to_vec),
    ]
}

fn pause() -> impl Strategy<Value = Pause> {
    prop_oneof![4 => Just(Pause::None), 3 => Just(Pause::Short), 1 => Just(Pause::Long)]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn bytes_mean_the_same_however_they_were_torn(
        parts in proptest::collection::vec(part(), 0..12),
        asked: bool,
    ) {
        let decoder = || if asked { Decoder::expecting_answers() } else { Decoder::default() };
        let (mut torn, mut whole) = (decoder(), decoder());
        for part in &parts {
            torn.feed(part);
        }
        whole.feed(&parts.concat());
        prop_assert_eq!(heard(&mut torn), heard(&mut whole));
        prop_assert!(whole.pending.len() <= parts.concat().len());
    }

    /// Once nothing is expected a short pause is enough, before the key and after it; else, and in
    /// a paste, a long one. Ctrl-C needs no more than a short one anywhere.
    #[test]
    fn after_any_bytes_in_any_pieces_the_next_key_works(
        parts in proptest::collection::vec((part(), pause()), 0..8),
        asked: bool,
        key in proptest::sample::select(&["j", "q", "\r", "\x7f", "é", "\x1b[B", "\x1b", "\x03"][..]),
    ) {
        let mut decoder = if asked { Decoder::expecting_answers() } else { Decoder::default() };
        for (part, pause) in &parts {
            decoder.feed(part);
            pause.pass(&mut decoder);
        }
        let held = decoder.expects_answers() || matches!(decoder.state, State::Paste(_));
        let before = if held && key != "\x03" { Pause::Long } else { Pause::Short };
        before.pass(&mut decoder);
        heard(&mut decoder);
        decoder.feed(key.as_bytes());
        Pause::Short.pass(&mut decoder);
        let heard = heard(&mut decoder);
        prop_assert_eq!(heard.last().cloned(), Some(decode(key.as_bytes())), "{:?}", heard);
    }

    /// Torn within its first two bytes by more than a key may take, it begins like a key, and only
    /// that is typed.
    #[test]
    fn what_a_terminal_says_is_never_typed_whatever_its_pieces_and_pauses(
        said in prop_oneof![
            Just("\x1b[I".to_owned()),
            Just("\x1b[O".to_owned()),
            "\x1b\\[<[0-9]{1,3};[0-9]{1,5};[0-9]{1,5}[Mm]",
            "\x1b\\[\\?[0-9]{1,4};[0-4]\\$y",
            "\x1b\\[\\?[0-9]{1,2}(;[0-9]{1,2}){0,6}c",
            "\x1b\\[6;[0-9]{1,3};[0-9]{1,3}t",
            "\x1b_Gi=31;(OK|[A-Z]{4,8}:[ -~é]{0,12})\x1b\\\\",
            "\x1bP>\\|[ -~é]{1,16}\x1b\\\\",
        ],
        pauses in proptest::collection::vec(pause(), 40),
    ) {
        let mut decoder = Decoder::expecting_answers();
        // The rest of free text is told from keys once only.
        let mut silent = false;
        for (at, (byte, pause)) in said.bytes().zip(pauses).enumerate() {
            decoder.feed(&[byte]);
            if !silent && at + 1 < said.len() {
                pause.pass(&mut decoder);
                silent = pause == Pause::Long && at >= 2 && said.ends_with('\\');
            }
            let typed = heard(&mut decoder).join(" ");
            let second = &said[1..2];
            let begins = match at {
                0 => typed == "<esc>",
                1 => typed == second || typed == format!("<a-{second}>"),
                _ => typed.starts_with("Answer") || typed.starts_with("Event"),
            };
            prop_assert!(typed.is_empty() || begins, "{} at {}", typed, at);
        }
        prop_assert!(decoder.patience().is_none());
        decoder.feed(b"j");
        prop_assert_eq!(heard(&mut decoder), ["j"]);
    }
}
