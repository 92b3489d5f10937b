//! Files of all sorts, looked at.

use std::sync::Arc;

use super::*;
use crate::content::{Pages, prepare};
use crate::view::tree_view::TreeView;

/// The state of a view, whether or not it is the one that is looked at.
macro_rules! state {
    ($file:expr, $view:ident) => {
        $file.views.iter().find_map(|view| match view {
            FileView::$view(view) => Some(view),
            _ => None,
        })
    };
}

impl Viewer {
    fn source(&self) -> &SourceView {
        state!(self, Source).unwrap().source()
    }

    fn colours(&self) -> &Colours {
        state!(self, Source).unwrap().colours()
    }

    fn tree(&self) -> Option<&TreeView> {
        state!(self, Tree)?.tree()
    }

    fn grid(&self) -> &Grid {
        state!(self, Table).unwrap()
    }

    fn markdown(&self) -> &[crate::text::markdown::Line] {
        state!(self, Rendered).and_then(|view| view.lines()).unwrap_or_default()
    }
}

fn viewer(name: &str, mime: &str, bytes: &[u8]) -> Viewer {
    let mut viewer = Viewer::new(Arc::new(prepare(name, mime, bytes.into())));
    work(&mut viewer);
    viewer
}

/// Settles with everything worked out that the screen shows.
fn work(viewer: &mut Viewer) {
    work_at(viewer, 40, 10, true);
}

fn work_at(viewer: &mut Viewer, columns: usize, height: usize, wrap: bool) {
    viewer.settle(columns, height, wrap);
    for job in viewer.wanted() {
        let file = Arc::clone(viewer.file());
        viewer.take(job.run(&file, &|| false).unwrap());
    }
    viewer.settle(columns, height, wrap);
}

fn text(row: &SourceRow) -> String {
    row.spans.iter().map(|span| span.text.as_str()).collect()
}

fn shown(viewer: &Viewer) -> Vec<String> {
    viewer.source_rows().iter().map(text).collect()
}

fn numbered(count: usize) -> String {
    (1..=count).fold(String::new(), |all, line| format!("{all}line {line}\n"))
}

fn down(viewer: &mut Viewer, rows: usize) {
    for _ in 0..rows {
        viewer.go(Motion::Down);
    }
}

#[test]
fn the_cursor_and_the_screen_stop_at_both_ends() {
    let mut file = viewer("a.txt", "text/plain", numbered(100).as_bytes());
    assert_eq!(shown(&file)[0], "line 1");
    file.go(Motion::PageDown);
    work(&mut file);
    assert_eq!(file.source().lines_shown(), 9..19);
    file.go(Motion::Last);
    work(&mut file);
    assert_eq!(file.source().lines_shown(), 90..100);
    let lines = file.file().text().unwrap();
    assert_eq!(file.source().percent(lines), 100);
    assert_eq!(file.value(), Some(("line 100".to_owned(), "line")));
    file.go(Motion::First);
    work(&mut file);
    assert_eq!(file.source().lines_shown(), 0..10);
    file.go(Motion::Up);
    file.go(Motion::Down);
    assert_eq!(file.value().unwrap().0, "line 2");
}

#[test]
fn one_line_of_megabytes_is_read_in_pieces() {
    let long = format!("{}end", "0123456789".repeat(300_000));
    let mut file = viewer("a.txt", "text/plain", long.as_bytes());
    assert_eq!((shown(&file).len(), shown(&file)[0].len()), (10, 34));
    file.go(Motion::Last);
    work(&mut file);
    assert!(shown(&file).last().unwrap().ends_with("end"));
    assert_eq!(file.source().percent(file.file().text().unwrap()), 100);
    file.go(Motion::HalfUp);
    work(&mut file);
    assert!(file.source().percent(file.file().text().unwrap()) >= 99);
    work_at(&mut file, 40, 10, false);
    assert_eq!(shown(&file), ["0123456789012345678901234567890123"]);
    assert!(file.source_rows()[0].cut);
    file.inwards();
    work_at(&mut file, 40, 10, false);
    assert!(shown(&file)[0].starts_with("890123"));
    assert!(file.out() && !file.out());
}

#[test]
fn what_is_looked_for_is_led_to_marked_and_counted() {
    let mut file = viewer("a.txt", "text/plain", numbered(100).as_bytes());
    file.begin_find();
    file.find("5");
    work(&mut file);
    assert_eq!(file.finding().words(), "1 of 20");
    file.find("55");
    work(&mut file);
    assert_eq!(file.finding().words(), "1 of 1");
    assert_eq!(file.value().unwrap().0, "line 55");
    let row = file.source_rows().into_iter().find(|row| row.selected).unwrap();
    assert_eq!(row.found, [(5..7, true)]);
    file.give_up_find();
    work(&mut file);
    assert_eq!((file.value().unwrap().0.as_str(), file.finding().typed()), ("line 1", None));
    file.begin_find();
    file.find("line 9");
    file.keep_find();
    work(&mut file);
    assert_eq!(file.leap(false), Leap::Done { wrapped: true });
    assert_eq!(file.value().unwrap().0, "line 99");
    assert_eq!(file.leap(true), Leap::Done { wrapped: true });
    assert_eq!(file.leap(true), Leap::Done { wrapped: false });
    assert_eq!(file.value().unwrap().0, "line 90");
    down(&mut file, 5);
    assert_eq!(file.leap(true), Leap::Done { wrapped: false });
    assert_eq!(file.value().unwrap().0, "line 95");
    file.find("/[/");
    assert!(file.finding().problem().is_some());
}

#[test]
fn what_is_found_in_json_is_unfolded() {
    let json = r#"{"a": {"deep": [1, {"needle": "x\ny"}]}, "n": 12345678901234567890.10}"#;
    let mut file = viewer("a.json", "application/json", json.as_bytes());
    assert!(file.fold_all(true));
    assert_eq!(file.tree().unwrap().row_count(), 3);
    file.begin_find();
    file.find("needle");
    work(&mut file);
    assert_eq!(file.path().as_deref(), Some(".a.deep[1].needle"));
    assert_eq!(file.value(), Some(("x\ny".to_owned(), "value")));
    file.keep_find();
    assert!(file.enter() && file.has_page());
    work(&mut file);
    assert_eq!(shown(&file), ["x", "y"]);
    assert!(file.close_page() && !file.close_page());
    file.find("90.10");
    work(&mut file);
    assert_eq!(file.value().unwrap().0, "12345678901234567890.10");
}

#[test]
fn another_view_stands_at_the_same_place() {
    let lines: Vec<String> = (0..200).map(|at| format!("{{\"at\": {at}}},\n")).collect();
    let json = format!("[\n{}broken", lines.concat());
    let mut file = viewer("a.json", "", json.as_bytes());
    assert_eq!(file.view(), Rendition::Tree);
    file.go(Motion::Last);
    work(&mut file);
    let broken = state!(file, Tree).unwrap().broken().unwrap();
    assert_eq!(file.file().text().unwrap().line_at(broken), 201);
    file.next_view();
    work(&mut file);
    assert_eq!((file.view(), file.value().unwrap().0.as_str()), (Rendition::Source, "broken"));
    file.go(Motion::Up);
    file.next_view();
    work(&mut file);
    assert_eq!(file.view(), Rendition::Hex);
    file.next_view();
    work(&mut file);
    assert_eq!(file.view(), Rendition::Tree);
    assert_eq!(file.path().as_deref(), Some(".[199]"));
}

#[test]
fn lines_of_json_are_a_tree_each() {
    use crate::text::json::Kind::{Broken, Number, Object};

    let lines = "{\"id\": 1, \"in\": {\"k\": \"v\"}}\n\n{oops\n7\n{\"id\": 2}\n";
    let mut file = viewer("a.jsonl", "", lines.as_bytes());
    let kinds = |file: &Viewer| -> Vec<_> {
        file.tree_rows().into_iter().map(|row| (row.key, row.kind, row.folded)).collect()
    };
    let row = |key: &str, kind, folded| (key.to_owned(), kind, folded);
    let folded = [
        row("1", Object, Some(true)),
        row("2", Object, None),
        row("3", Broken, Some(true)),
        row("4", Number, None),
        row("5", Object, Some(true)),
    ];
    assert_eq!(kinds(&file), folded);
    file.inwards();
    assert_eq!(file.tree().unwrap().row_count(), 8);
    down(&mut file, 3);
    assert_eq!(file.breadcrumb().as_deref(), Some("line 1 .in.k"));
    assert_eq!(file.path().as_deref(), Some(".in.k"));
    for _ in 0..4 {
        assert!(file.out());
    }
    work(&mut file);
    assert_eq!(kinds(&file), folded);
    assert!(!file.out());
    assert!(file.fold_all(false));
    file.begin_find();
    file.find("\"id\": 2");
    work(&mut file);
    assert_eq!(file.breadcrumb().as_deref(), Some("line 5 .id"));
    assert!(file.fold_all(true));
    work(&mut file);
    assert_eq!(kinds(&file), folded);
}

#[test]
fn a_large_tree_is_made_while_the_text_stands() {
    let json = format!("[{}1]", "\"some words that take room\", ".repeat(100_000));
    let mut file = Viewer::new(Arc::new(prepare("a.json", "", json.as_bytes().into())));
    assert_eq!((file.view(), file.tree().is_none()), (Rendition::Source, true));
    file.next_view();
    file.next_view();
    assert_eq!(file.view(), Rendition::Tree);
    assert!(file.tree_rows().is_empty() && file.path().is_none());
    file.settle(40, 10, true);
    assert!(!file.wanted().is_empty());
    assert!(file.wanted().is_empty(), "it is asked for once");
    file.forget_asked();
    work(&mut file);
    assert_eq!(file.tree().unwrap().row_count(), 100_002);
}

#[test]
fn values_that_are_too_many_are_indexed_when_they_are_unfolded() {
    let record = r#"{"id": 7, "in": {"k": ["v", true]}}"#;
    let json = format!(
        r#"{{"n": 1, "all": [{}, {{"last": "needle"}}]}}"#,
        vec![record; 200_000].join(",")
    );
    let mut file = viewer("a.json", "", json.as_bytes());
    file.next_view();
    while file.view() != Rendition::Tree {
        file.next_view();
    }
    work(&mut file);
    assert_eq!(file.tree().unwrap().row_count(), 3, "a long list begins folded");
    down(&mut file, 2);
    file.inwards();
    assert_eq!(file.tree().unwrap().row_count(), 200_004);
    down(&mut file, 5);
    assert_eq!(file.path().as_deref(), Some(".all[4]"));
    file.inwards();
    work(&mut file);
    assert_eq!(file.tree().unwrap().row_count(), 200_004 + 5);
    down(&mut file, 4);
    assert_eq!(file.path().as_deref(), Some(".all[4].in.k[0]"));
    assert_eq!(file.value().unwrap().0, "v");
    work(&mut file);
    let row = file.tree_rows().into_iter().find(|row| row.selected).unwrap();
    assert_eq!((row.depth, row.key.as_str(), row.value.as_str()), (5, "[0]", "\"v\""));
    file.begin_find();
    file.find("needle");
    work(&mut file);
    assert_eq!(file.path().as_deref(), Some(".all[200000].last"));
    file.keep_find();
    for path in [".all[200000]", ".all[200000]", ".all", ".all", "."] {
        assert!(file.out());
        assert_eq!(file.path().as_deref(), Some(path));
    }
    assert!(!file.out());
    assert_eq!(file.tree().unwrap().row_count(), 3);
}

#[test]
fn markdown_is_rendered_up_to_a_size() {
    let mut file = viewer("a.md", "", b"# One\n\n**two** words\n");
    let lines = file.markdown().len();
    assert_eq!((file.view(), lines), (Rendition::Rendered, 3));
    file.begin_find();
    file.find("two words");
    work(&mut file);
    assert_eq!(file.finding().words(), "1 of 1");
    file.next_view();
    work(&mut file);
    assert_eq!(file.finding().words(), "no match", "there are stars between the words");
    let long = "# many\n\n".repeat(40_000);
    assert_eq!(viewer("a.md", "", long.as_bytes()).view(), Rendition::Source);
}

#[test]
fn colours_come_for_what_is_shown_and_stop_where_the_grammar_does_not_reach() {
    use crate::text::highlight::Class;

    let source = format!("// one\n{}", "let x = \"a string\"; // more of it\n".repeat(30_000));
    let mut file = Viewer::new(Arc::new(prepare("a.rs", "", source.as_bytes().into())));
    file.settle(80, 10, true);
    assert_eq!(file.source_rows()[0].spans[0].class, Class::Plain);
    work_at(&mut file, 80, 10, true);
    assert_eq!(file.source_rows()[0].spans[0].class, Class::Comment);
    assert!(file.wanted().is_empty() && !file.colours().are_off());
    assert_eq!(file.go_to_number("5001"), Ok(()));
    for _ in 0..6 {
        work_at(&mut file, 80, 10, true);
    }
    assert!(file.source_rows()[0].spans.len() > 3 && !file.colours().are_off());
    file.go(Motion::Last);
    work_at(&mut file, 80, 10, true);
    assert!(file.colours().are_off());
    assert_eq!(file.source_rows()[0].spans[0].class, Class::Plain);
}

#[test]
fn nothing_hostile_reaches_the_screen_and_no_view_gives_up() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let hostile: [(&str, &str, Vec<u8>); 12] = [
        (
            "../../etc/\u{1b}]0;x\u{7}",
            "image/png",
            b"\x1b[2J\x1b]52;c;eA==\x07\r\rx\xc2\x9b".to_vec(),
        ),
        ("a.json", "application/json", deep.into_bytes()),
        ("a.json", "application/json", b"{\"\\u001b[2J\": \"\x1b[2J\xe2\x80\xae\", ".to_vec()),
        ("a.jsonl", "", b"{\"a\"\n\x1b[2J\n[[[\n\xff\xfe\n".to_vec()),
        ("a.md", "", b"# \x1b[2J\n[x](\x1b]8;;y)\n```\n\x07\n".to_vec()),
        ("a.rs", "", b"\x1b\x1b \xe2\x80\xae // \t\t\x00 x".to_vec()),
        ("a", "", vec![0; 5_000]),
        ("a", "text/plain", vec![b'\n'; 50_000]),
        ("a", "text/plain; charset=\x1b", vec![0xff; 5_000]),
        ("a", "", vec![0xff, 0xfe, 0x00]),
        ("a", "", "👩‍👩‍👧日\u{300}\u{200d}".repeat(3_000).into_bytes()),
        ("a", "", Vec::new()),
    ];
    for (name, mime, bytes) in hostile {
        let mut file = viewer(name, mime, &bytes);
        for step in 0..60_usize {
            match step % 12 {
                0 => file.next_view(),
                1 => drop(file.enter()),
                2 => file.inwards(),
                3 => drop(file.fold_all(step > 30)),
                4 => file.find("/[\\x00-\\x1f]|e/"),
                5 => drop(file.leap(step > 30)),
                6 => drop(file.out()),
                7 => file.go(Motion::Last),
                8 => file.go(Motion::HalfUp),
                9 => drop((file.path(), file.value(), file.text(), file.breadcrumb())),
                10 => drop(file.toggle_fold()),
                _ => file.go(Motion::PageDown),
            }
            work_at(&mut file, 1 + step, 1 + step % 9, step % 5 > 1);
            let source = file.source_rows();
            assert!(source.len() <= 9 && file.tree_rows().len() <= 9);
            let tree = file.tree_rows().into_iter().map(|row| format!("{}{}", row.key, row.value));
            let said = file.markdown().iter();
            let said = said.flatten().map(|span| span.text.clone());
            let all = source.iter().map(text).chain(tree).chain(said).chain(file.breadcrumb());
            for line in all {
                assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line:?}");
            }
        }
    }
}

#[test]
fn a_table_is_walked_sorted_and_looked_through() {
    let rows: Vec<_> = (0..20_000).map(|at| format!("{at},{},\"n {at}\"\n", at % 7)).collect();
    let rows = rows.concat();
    let mut file = viewer("a.csv", "", format!("id,part,name\n{rows}").as_bytes());
    assert_eq!((file.view(), file.grid().row_count()), (Rendition::Table, 20_000));
    file.inwards();
    assert!(file.next_order() && file.next_order());
    work(&mut file);
    assert!(file.grid_rows().iter().any(|row| row.selected && row.number == 1));
    file.go(Motion::First);
    work(&mut file);
    let first = file.grid_rows().remove(0);
    assert_eq!((first.number, first.cells[1].text.as_str()), (7, "6"));
    file.begin_find();
    file.find("n 19998");
    work(&mut file);
    assert_eq!(file.finding().words(), "1 of 1");
    assert_eq!(file.value(), Some(("n 19998".to_owned(), "cell")));
    file.next_view();
    work(&mut file);
    assert_eq!(file.view(), Rendition::Source);
    assert_eq!(file.value().unwrap().0, "19998,6,\"n 19998\"");
    assert_eq!(file.go_to_number("3"), Ok(()));
    assert_eq!(file.value().unwrap().0, "1,1,\"n 1\"");
    assert!(!file.next_order(), "that is for tables");
}

#[test]
fn a_place_behind_the_rows_that_are_known_is_waited_for() {
    let rows = "1,2,some words that take room in a row of a table\n".repeat(20_000);
    let bytes = format!("a,b,c\n{rows}needle,3,x\n");
    let mut file = Viewer::new(Arc::new(prepare("a.csv", "", bytes.as_bytes().into())));
    file.settle(40, 10, true);
    assert!(!file.grid().rows().is_whole());
    file.begin_find();
    file.find("needle");
    let mut jobs = file.wanted();
    jobs.reverse();
    for job in jobs {
        let held = Arc::clone(file.file());
        file.take(job.run(&held, &|| false).unwrap());
    }
    file.settle(40, 10, true);
    assert_eq!(file.value(), Some(("needle".to_owned(), "cell")));
    assert_eq!(file.grid().cursor(), (20_000, 0));
}

#[test]
fn bytes_are_looked_for_as_digits_or_letters() {
    let mut file = viewer("a.bin", "", b"\x00\x01abc\xff\x89PNG\x00 abc\xfe\xfd\x01");
    assert_eq!(file.view(), Rendition::Hex);
    let mut found = |typed: &str| {
        file.begin_find();
        file.find(typed);
        work(&mut file);
        (file.finding().words(), file.found_bytes(&(0..99)))
    };
    assert_eq!(found("0x89 50 4e"), ("1 of 1".to_owned(), vec![(6..9, true)]));
    assert_eq!(found("0xfe,").0, "1 of 1", "the last that made sense stays");
    assert_eq!(found("\"ABC\"").0, "no match");
    assert_eq!(found("abc").0, "2 of 2");
    assert_eq!(found("0x00").0, "1 of 2");
    assert!(file.go_to_number("0xfff").is_err());
    assert_eq!(file.go_to_number("0x0b"), Ok(()));
    work(&mut file);
    assert_eq!(state!(file, Hex).unwrap().top(), 0, "all of it is on the screen");
    let marked = b"\xef\xbb\xbfone\ntwo\n";
    let mut file = viewer("a.txt", "", marked);
    file.find("two");
    work(&mut file);
    file.next_view();
    work(&mut file);
    assert_eq!(file.found_bytes(&(0..99)).len(), 1);
    assert_eq!(file.found_bytes(&(0..99))[0].0, 7..10, "places are those of the file");
}

/// Rows of the view that are on a screen of that height.
fn rows_seen(file: &Viewer, height: usize) -> Range<usize> {
    match file.file_view() {
        FileView::Picture(_) => 0..0,
        FileView::Rendered(view) => view.top()..view.top() + height,
        FileView::Tree(view) => {
            let tree = view.tree().unwrap();
            tree.viewport().seen(tree.row_count())
        }
        FileView::Table(grid) => grid.viewport.seen(grid.row_count()),
        FileView::Listing(list) => list.viewport().seen(usize::MAX),
        FileView::Pages(pdf) => pdf.reading().unwrap().1.lines_shown(),
        FileView::Source(view) => view.source().lines_shown(),
        FileView::Hex(hex) => hex.top()..hex.top() + height,
    }
}

#[test]
fn a_page_is_the_height_of_the_pane_in_every_view() {
    let mut builder = tar::Builder::new(Vec::new());
    for at in 0..60 {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        builder.append_data(&mut header, format!("{at}.txt"), std::io::empty()).unwrap();
    }
    let archive = builder.into_inner().unwrap();
    let json = format!("[{}]", vec!["1"; 60].join(","));
    let (table, markdown) = ("a,b\n".repeat(61), "- one\n".repeat(60));
    let (text, lines) = (numbered(60), "{\"a\": 1}\n".repeat(60));
    let files: [(&str, &[u8], Rendition, usize); 8] = [
        ("a.txt", text.as_bytes(), Rendition::Source, 10),
        ("a.json", json.as_bytes(), Rendition::Tree, 10),
        ("a.jsonl", lines.as_bytes(), Rendition::Tree, 10),
        ("a.csv", table.as_bytes(), Rendition::Table, 9),
        ("a.md", markdown.as_bytes(), Rendition::Rendered, 10),
        ("a.tar", &archive, Rendition::Listing, 8),
        ("a.bin", &[0; 600], Rendition::Hex, 10),
        ("a.pdf", b"%PDF-1.4\n", Rendition::Pages, 10),
    ];
    for (name, bytes, view, height) in files {
        let mut file = viewer(name, "", bytes);
        if view == Rendition::Pages {
            let pages = Pages { text: numbered(60), count: 1, ..Pages::default() };
            file.take(Done::Read(Arc::new(pages)));
            work(&mut file);
        }
        assert_eq!((file.view(), rows_seen(&file, height)), (view, 0..height), "{name}");
        let list = matches!(view, Rendition::Tree | Rendition::Table | Rendition::Listing);
        file.go(Motion::PageDown);
        work(&mut file);
        let moved = if list { 0 } else { height - 1 };
        assert_eq!(rows_seen(&file, height).start, moved, "{name}: the cursor moves first");
        file.go(Motion::PageDown);
        work(&mut file);
        let expected = moved + height - 1;
        assert_eq!(rows_seen(&file, height), expected..expected + height, "{name}");
        file.go(Motion::PageUp);
        file.go(Motion::First);
        work(&mut file);
        assert_eq!(rows_seen(&file, height), 0..height, "{name}");
        file.go(Motion::Last);
        work(&mut file);
        assert!(rows_seen(&file, height).start >= 49, "{name}");
    }
}
