use super::*;
use proptest::prelude::*;

fn shown(text: &str, columns: usize) -> Vec<String> {
    let line = |line: Line| line.into_iter().map(|span| span.text).collect();
    render(text, columns).0.into_iter().map(line).collect()
}

#[test]
fn blocks_are_set_apart_and_lists_hang() {
    let text = "# Title\ntext with **bold** and `code` that wraps\n\n- one\n- two is longer than \
                that\n  - deep\n\n1. first\n2. second\n\n> said\n\n---\nend";
    let wanted = [
        "Title",
        "",
        "text with bold and",
        "`code` that wraps",
        "",
        "- one",
        "- two is longer than",
        "  that",
        "  - deep",
        "",
        "1. first",
        "2. second",
        "",
        "▏ said",
        "",
        "────────────────────",
        "",
        "end",
    ];
    assert_eq!(shown(text, 20), wanted);
}

#[test]
fn code_keeps_its_lines_and_knows_its_language() {
    let (lines, _) = render("```rust\nfn main() {}\n\n// end\n```\n", 40);
    let text: Vec<String> =
        lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect();
    assert_eq!(text, ["  fn main() {}", "  ", "  // end"]);
    let classes = lines.iter().flatten().map(|span| span.style);
    assert!(classes.into_iter().any(|style| style == Style::Source(Class::Comment)));
}

#[test]
fn tables_stand_in_columns_and_links_show_where_they_lead() {
    let text =
        "| a | long name |\n|---|---|\n| 1 | 2 |\n\n[here](https://x.example) <https://y.example>";
    let wanted = [
        "a │ long name",
        "──┼──────────",
        "1 │ 2        ",
        "",
        "here <https://x.example> https://y.example",
    ];
    assert_eq!(shown(text, 60), wanted);
}

#[test]
fn more_than_is_looked_at_is_counted() {
    let text = "word ".repeat(60_000);
    assert_eq!(render(&text, 80).1, text.len() - MAX_BYTES);
}

#[test]
fn html_and_escapes_are_shown_and_never_obeyed() {
    let text = "a <b onclick=x>\u{1b}[2J\u{202e}</b>\n\n<script>\n\u{9b}31m\n</script>";
    let all = shown(text, 60).join("\n");
    assert!(all.contains("<b onclick=x>\\x1b[2J<U+202E></b>"), "{all}");
    assert!(all.contains("<script>") && all.contains("\\x9b31m"), "{all}");
}

#[test]
fn nesting_without_end_is_only_so_wide() {
    for text in [">".repeat(5_000), "- ".repeat(5_000), "*a ".repeat(5_000)] {
        shown(&text, 40);
    }
}

/// Inputs that cost somebody more than their length: each as long as asked for.
fn costly_texts(bytes: usize) -> Vec<(&'static str, String)> {
    let of = |piece: &str| piece.repeat(bytes / piece.len());
    let half = |piece: &str| piece.repeat(bytes / 2 / piece.len());
    let eighth = |piece: &str| piece.repeat(bytes / 8 / piece.len());
    let stair = |step: &str, line: &str| {
        let mut text = String::new();
        for depth in 0.. {
            if text.len() > bytes / 2 {
                break;
            }
            text.push_str(&step.repeat(depth));
            text.push_str(line);
        }
        text
    };
    let table = format!("{0}|\n{1}|\n{2}", "|a".repeat(250), "|-".repeat(250), "|a\n".repeat(500));
    let mut texts: Vec<(&str, String)> = [
        ">",
        "> ",
        "- ",
        "1. ",
        "- > ",
        "*",
        "*a ",
        "a**b",
        "*a_ ",
        "_",
        "~~a ",
        "[",
        "]",
        "[a](",
        "[a](b) ",
        "![",
        "![[]()",
        "![a](",
        "[a][b]",
        "`",
        "`a``",
        "<",
        "<a ",
        "<!--",
        "<?",
        "&",
        "&amp",
        "|",
        "a|b\n",
        "[a]:\n",
        "a\n",
        "\\",
        "\t",
        " ",
        "# ",
        "```\n",
        "> ```\n",
        "- - - x\n",
        "-\n",
        "- [ ] ",
        "* * ",
        "a",
        "日",
        "e\u{301}",
        "\u{301}",
        "\u{200d}",
        "👩\u{200d}",
        "\n",
        "---\n",
        "\u{1b}",
        "**[a](b)** `c` ",
        "a\u{a0}",
    ]
    .into_iter()
    .map(|piece| (piece, of(piece)))
    .collect();
    texts.extend([
        ("deep quotes, then lines", eighth(">") + "a\n" + &half("b\n")),
        ("deep lists, then lines", eighth("- ") + "a\n" + &half("b\n")),
        ("deep lists, then nothing", eighth("- ") + "a\n" + &half("\n")),
        ("stairs of quotes", stair(">", "a\n") + &half("b\n")),
        ("stairs of lists", stair("  ", "- a\n") + &half("b\n")),
        ("a wide table", half("|a") + "\n" + &half("|-") + "\n" + &half("|\n")),
        ("many tables", table.repeat((bytes / table.len()).max(1))),
        ("images in images", half("![a") + &half("](b)")),
        ("brackets", half("[") + &half("]")),
    ]);
    texts
}

#[test]
fn the_work_is_in_proportion_to_the_text_whatever_is_in_it() {
    for columns in [8, 120] {
        let small = costly_texts(8_000);
        for ((what, text), (_, twice)) in small.into_iter().zip(costly_texts(16_000)) {
            let once = lay_out(&text, Page::new(columns)).steps;
            let Page { lines, steps, .. } = lay_out(&twice, Page::new(columns));
            // Cells of short rows are in no byte of the text, but there are only so many.
            let cells = if what == "many tables" { MAX_CELLS * 6 } else { 0 };
            let most = twice.len() * 12 + 1_000 + cells;
            assert!(steps <= most, "{what}: {steps} for {}", twice.len());
            let most = once * 5 / 2 + 20_000;
            assert!(steps <= most, "{what}: {once} became {steps}");
            assert!(lines.len() <= twice.len() * 8 + 10, "{what}: {} lines", lines.len());
        }
    }
}

#[test]
fn what_would_cost_too_much_is_shown_as_it_was_written() {
    let text = format!("# first\n\n{}deep\nlast *words*\n", ">".repeat(5_000));
    let all = shown(&text, 40);
    assert_eq!(all[0], "first");
    assert_eq!(all[2], "from here on as plain text: quotes or");
    assert!(all.contains(&"last *words*".to_owned()), "{all:?}");
    assert_eq!(all.iter().map(|line| line.matches('>').count()).sum::<usize>(), 5_000);
    let table = format!("{0}|\n{1}|\n{2}", "|a".repeat(500), "|-".repeat(500), "|a\n".repeat(500));
    let all = shown(&table, 80).join("\n");
    assert!(all.contains("as plain text: its tables are too large"), "{all}");
    let deep = format!("{}a\n", "> ".repeat(20));
    assert!(!shown(&deep, 80).join("\n").contains("plain text"), "that deep people write");
}

proptest! {
    #[test]
    fn no_line_is_too_wide(text in "([ #*`>|\\-\n_\\[\\]()]|[a-z]{1,9}|日|\u{1b}|1\\. ){0,60}", columns in 12usize..50) {
        for line in render(&text, columns).0 {
            let line: String = line.into_iter().map(|span| span.text).collect();
            prop_assert!(width::width(&line) <= columns, "{line:?}");
            prop_assert!(line.chars().all(|c| !c.is_control()));
        }
    }
}
