//! The files of a session: made, read, searched, converted, looked at.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{Desk, kind, why};
use crate::api::EventBody;
use crate::server::tools::{Done, Tools, image};

async fn read(desk: &Desk, arguments: Value) -> Done {
    desk.run(&Tools::default(), kind("artifact_read"), arguments).await
}

#[tokio::test]
async fn what_is_created_is_there_under_a_name_that_leads_nowhere() {
    let desk = Desk::new().await;
    let create =
        async |arguments| desk.run(&Tools::default(), kind("artifact_create"), arguments).await;
    let made =
        create(json!({"filename": "../../etc/re\u{202e}port.md", "content": "# One\n"})).await;
    assert_eq!(
        (&made.output["filename"], &made.output["mime_type"]),
        (&json!("re_port.md"), &json!("text/markdown"))
    );
    let id = made.output["artifact_id"].as_str().unwrap();
    assert_eq!(desk.bytes(id).await, b"# One\n");
    let packed =
        json!({"filename": "a.bin", "content": "AAEC\n", "encoding": "base64", "mime_type": "a/b"});
    let packed = create(packed).await;
    assert_eq!(desk.bytes(packed.output["artifact_id"].as_str().unwrap()).await, [0, 1, 2]);
    let tool = json!({"type": "dynamic_vectara", "tool_id": "tol_artifact_create"});
    let by_id = desk.run(&Tools::default(), tool, json!({"filename": "x", "content": ""})).await;
    assert_eq!(by_id.failure, None);
    for (arguments, wanted) in [
        (json!({"content": "x"}), "filename is required"),
        (json!({"filename": "x"}), "content is required"),
        (json!({"filename": "x", "content": 1}), "content must be a string"),
        (json!({"filename": "x", "content": "?", "encoding": "base64"}), "is not base64"),
        (json!({"filename": "x", "content": "x".repeat(9 << 20)}), "more than the 8.0M"),
    ] {
        assert!(why(&create(arguments).await, "invalid_input").contains(wanted));
    }
}

#[tokio::test]
async fn a_file_is_read_whole_or_in_ranges_that_say_where_to_go_on() {
    let desk = Desk::new().await;
    desk.file("old.txt", "old").await;
    let text: Vec<_> = (1..=1_000).map(|line| format!("line {line}\n")).collect();
    let text = text.concat();
    let id = desk.file("long.txt", text.clone()).await;
    let whole = read(&desk, json!({"artifact_id": id})).await.output;
    assert_eq!((whole["content"].as_str(), &whole["total_lines"]), (Some(&*text), &json!(1_000)));
    let part = read(&desk, json!({"artifact_id": "long.txt", "start_line": 10, "end_line": "11"}))
        .await
        .output;
    assert_eq!(
        (&part["content"], &part["truncated"]),
        (&json!("line 10\nline 11\n"), &json!(false))
    );
    let open = read(&desk, json!({"artifact_id": id, "start_line": 900})).await.output;
    assert_eq!((&open["end_line"], &open["truncated"]), (&json!(1_000), &json!(false)));
    let cut =
        read(&desk, json!({"artifact_id": id, "start_line": 1, "end_line": 1000})).await.output;
    assert_eq!(
        (&cut["end_line"], &cut["hint"]),
        (&json!(200), &json!("go on with start_line 201"))
    );
    let small = json!({"type": "artifact_read", "tool_configuration": {"max_size_bytes": 10, "max_lines": 2}});
    let small = async |arguments| desk.run(&Tools::default(), small.clone(), arguments).await;
    let refused = why(&small(json!({"artifact_id": id})).await, "invalid_input");
    assert!(refused.contains("start_line") && refused.contains("artifact_grep"), "{refused}");
    let bytes = small(json!({"artifact_id": id, "start_byte": 5, "end_byte": 500})).await.output;
    assert_eq!(
        (&bytes["content"], &bytes["hint"]),
        (&json!("1\nline 2\nl"), &json!("go on with start_byte 15"))
    );
    let long = desk.file("wide.txt", "é".repeat(100)).await;
    let wide = small(json!({"artifact_id": long, "start_line": 1})).await.output;
    assert_eq!(
        (&wide["content"], &wide["hint"]),
        (&json!("ééééé"), &json!("the line is longer; go on with start_byte 10"))
    );
    for arguments in [
        json!({"artifact_id": id, "start_line": 0}),
        json!({"artifact_id": id, "start_line": 2_000}),
        json!({"artifact_id": id, "start_line": 5, "end_line": 4}),
        json!({"artifact_id": id, "start_line": 5, "start_byte": 4}),
        json!({"artifact_id": id, "start_byte": 1_000_000}),
        json!({"artifact_id": id, "start_line": 1, "encoding": "base64"}),
        json!({}),
    ] {
        why(&read(&desk, arguments).await, "invalid_input");
    }
    let missing = why(&read(&desk, json!({"artifact_id": "nope"})).await, "not_found");
    assert!(missing.contains("(long.txt)") && missing.contains("(old.txt)"), "{missing}");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_read_as_base64() {
    let desk = Desk::new().await;
    let id = desk.file("data.bin", [0_u8, 159, 146, 150]).await;
    let refused = why(&read(&desk, json!({"artifact_id": id})).await, "invalid_input");
    assert!(refused.contains("not text") && refused.contains("base64"), "{refused}");
    let packed = read(&desk, json!({"artifact_id": id, "encoding": "base64"})).await.output;
    assert_eq!(packed["content"], "AJ+Slg==");
    let part = json!({"artifact_id": id, "encoding": "base64", "start_byte": 1, "end_byte": 2});
    assert_eq!(read(&desk, part).await.output["content"], "nw==");
    let empty = desk.file("empty.txt", "").await;
    let empty = read(&desk, json!({"artifact_id": empty})).await;
    assert_eq!((empty.failure, &empty.output["content"]), (None, &json!("")));
}

#[tokio::test]
async fn a_file_is_searched_by_the_options_of_grep() {
    let desk = Desk::new().await;
    desk.file("log.txt", "ok\nError: one\nok\nerror: two\n").await;
    let grep =
        async |arguments| desk.run(&Tools::default(), kind("artifact_grep"), arguments).await;
    let found =
        grep(json!({"artifact_id": "log.txt", "pattern": "error", "grep_options": ["-i", "-n"]}))
            .await;
    assert_eq!(
        (&found.output["match_count"], &found.output["content"]),
        (&json!(2), &json!("2:Error: one\n4:error: two\n"))
    );
    for arguments in [
        json!({"artifact_id": "log.txt", "pattern": "("}),
        json!({"artifact_id": "log.txt", "pattern": "(a{1000}){1000}"}),
        json!({"artifact_id": "log.txt", "pattern": "x", "grep_options": ["--exec=rm"]}),
        json!({"artifact_id": "log.txt"}),
    ] {
        why(&grep(arguments).await, "invalid_input");
    }
    desk.file("a.bin", png()).await;
    let binary = why(&grep(json!({"artifact_id": "a.bin", "pattern": "x"})).await, "invalid_input");
    assert!(binary.contains("document_conversion"), "{binary}");
}

fn png() -> Vec<u8> {
    include_bytes!("../../../../assets/demo/files/receipt.png").to_vec()
}

#[tokio::test]
async fn an_image_is_put_before_the_model_and_nothing_else_is() {
    let desk = Desk::new().await;
    let id = desk.file("receipt.png", png()).await;
    let look = async |arguments| desk.run(&Tools::default(), kind("image_read"), arguments).await;
    let seen = look(json!({"artifact_id": "receipt.png", "detail": "high"})).await;
    assert_eq!(seen.output["artifact_id"], json!(id));
    let Some(EventBody::ImageRead(event)) = &seen.follows else { panic!("{seen:?}") };
    assert_eq!((event.artifact_id.as_str(), event.detail.as_str()), (&*id, "high"));
    let (mime_type, bytes) =
        image(&desk.at.store, &desk.at.vault, &event.artifact_id).await.unwrap();
    assert_eq!((mime_type.as_str(), bytes), ("image/png", png()));
    let lie = desk.file("lie.png", "<script>").await;
    assert!(why(&look(json!({"artifact_id": lie})).await, "invalid_input").contains("no PNG"));
    assert_eq!(image(&desk.at.store, &desk.at.vault, &lie.into()).await, None);
    assert_eq!(image(&desk.at.store, &desk.at.vault, &"art_none".into()).await, None);
}

/// A PDF of pages with a line each.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let kids: Vec<_> = (0..lines.len()).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Count {}/Kids[{}]>>", kids.len(), kids.join(" ")),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    for (page, line) in lines.iter().enumerate() {
        let content = format!("BT /F 12 Tf 50 700 Td ({line}) Tj ET");
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R/Resources<</Font<</F 3 0 R>>>>>>",
            5 + 2 * page
        ));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", number + 1).unwrap();
    }
    let start = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for place in places {
        writeln!(out, "{place:010} 00000 n ").unwrap();
    }
    write!(out, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF", objects.len() + 1)
        .unwrap();
    out
}

#[tokio::test]
async fn documents_become_text_and_what_cannot_be_read_is_told() {
    let desk = Desk::new().await;
    desk.file("offer.pdf", pdf(&["First page", "Second page"])).await;
    let text =
        async |arguments| desk.run(&Tools::default(), kind("get_document_text"), arguments).await;
    let convert =
        async |arguments| desk.run(&Tools::default(), kind("document_conversion"), arguments).await;
    let got = text(json!({"document_id": "offer.pdf", "corpus_key": "none"})).await;
    assert_eq!(got.output["text"], "First page\n\nSecond page", "{:?}", got.output);
    let made =
        convert(json!({"artifact_id": "offer.pdf", "description": "The offer"})).await.output;
    assert_eq!((&made["filename"], &made["pages"]), (&json!("offer.md"), &json!(2)));
    let markdown = desk.bytes(made["artifact_id"].as_str().unwrap()).await;
    assert_eq!(
        String::from_utf8(markdown).unwrap(),
        "## Page 1\n\nFirst page\n\n## Page 2\n\nSecond page\n\n"
    );
    let made = convert(json!({"artifact_id": "offer.pdf", "output_format": "structured_document"}))
        .await
        .output;
    let structured: Value =
        serde_json::from_slice(&desk.bytes(made["artifact_id"].as_str().unwrap()).await).unwrap();
    assert_eq!(structured["parts"][1], json!({"page": 2, "text": "Second page"}));
    desk.file("page.html", "<!doctype html><h1>Hi</h1><script>x()</script><p>there").await;
    assert_eq!(text(json!({"document_id": "page.html"})).await.output["text"], "# Hi\n\nthere");
    desk.file("rows.csv", "a,b\n```\n").await;
    let made = convert(json!({"artifact_id": "rows.csv"})).await.output;
    let fenced =
        String::from_utf8(desk.bytes(made["artifact_id"].as_str().unwrap()).await).unwrap();
    assert_eq!(fenced, "# rows.csv\n\n````csv\na,b\n```\n````\n");
    desk.file("scan.png", png()).await;
    assert!(
        why(&convert(json!({"artifact_id": "scan.png"})).await, "invalid_input").contains("is PNG")
    );
    desk.file("broken.pdf", "%PDF-1.7\n\0garbage").await;
    why(&text(json!({"document_id": "broken.pdf"})).await, "invalid_input");
    let missing = why(&text(json!({"document_id": "doc_1", "corpus_key": "c"})).await, "not_found");
    assert!(missing.contains("no corpora"), "{missing}");
}

#[tokio::test]
async fn archives_are_listed_and_not_unpacked() {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    let desk = Desk::new().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 4 << 20]).unwrap();
    desk.file("bomb.gz", bomb.finish().unwrap()).await;
    let text = json!({"document_id": "bomb.gz"});
    let listed = desk.run(&Tools::default(), kind("get_document_text"), text).await.output;
    let text = listed["text"].as_str().unwrap();
    assert!(text.contains("4194304") && text.len() < 1_000, "{listed:?}");
}
