//! Whatever is typed.

use proptest::prelude::*;

use super::*;

fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "(",
        ")",
        " ",
        " ",
        "or ",
        "and ",
        "!",
        "-",
        "a",
        "B\\",
        "\"",
        "/",
        "\"q r\"",
        "/x\\/y/",
        ",",
        ":",
        "tool:",
        "tool:w*",
        "is:error",
        "is:parked,new",
        "type:tool_*",
        "size:>1.5k",
        "dur:1s..2h",
        "since:14:02",
        "since:2h",
        "meta.a.b:",
        "meta.n:>1.5",
        "1..2",
        "*",
        "?",
        "=",
        ">",
        "<=",
        "..",
        "name:/r/",
        "name:r*",
        "where x = 'y'",
        "ctx:<80%",
        "text:",
        "sub:*",
        "14:02",
        "std::io",
        "\u{e9}",
        "\u{202e}",
        "\n",
        "\\",
        "age:..2d",
        "agent:x,\"y z\",/w/",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

/// Queries that mean something, of any shape.
fn sensible() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "refund",
        "Keller's",
        "a,b",
        "14:02",
        "tool:web_*,\"a b\",/x y/",
        "is:error,live",
        "!is:hidden",
        "type:thinking,tool_*",
        "size:>1.5k",
        "size:1..2M",
        "dur:<=90s",
        "dur:1h30m..",
        "since:14:02:07",
        "since:2h",
        "since:2026-11-25",
        "step:..",
        "sub:?",
        "text:a,/b/,\"c\"",
        "-tool:=x",
    ]);
    let term = prop_oneof![
        4 => fixed.prop_map(str::to_owned),
        1 => "[^\\p{C}]{1,8}".prop_map(|text| {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }),
        1 => "[a-z]{1,3}[\\\\/]{0,2}[*+.a-z]{1,3}"
            .prop_map(|text| format!("/{}/", text.replace('\\', "\\\\").replace('/', "\\/"))),
        1 => "[a-z0-9.,;:=\"'*?é<>]{0,6}".prop_map(|text| format!("x.{text}")),
    ];
    term.prop_recursive(4, 24, 4, |inner| {
        let joined = |between: &'static str| {
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |parts| parts.join(between))
        };
        prop_oneof![
            joined(" "),
            joined(" or "),
            joined(" and ").prop_map(|text| format!("({text})")),
            joined(" or ").prop_map(|text| format!("!({text})")),
        ]
    })
}

fn domain() -> impl Strategy<Value = Domain> {
    prop::sample::select(vec![Domain::Sessions, Domain::Events, Domain::Files])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_displayed_parses_to_the_same_query(
        pieces in prop::collection::vec(piece(), 0..12), domain in domain()
    ) {
        let text = pieces.concat();
        match Query::parse(&text, domain) {
            Ok(query) => {
                let shown = query.to_string();
                let again = Query::parse(&shown, domain);
                prop_assert_eq!(again.as_ref(), Ok(&query), "{} became {}", text, shown);
                prop_assert_eq!(again.unwrap().to_string(), shown);
            }
            Err(mistake) => {
                prop_assert!(text.get(mistake.at.clone()).is_some(), "{} {:?}", text, mistake);
                prop_assert!(!mistake.to_string().contains(char::is_control));
            }
        }
    }

    #[test]
    fn what_means_something_is_displayed_as_the_same(text in sensible()) {
        // `x.` and a colon make a key, which is the one thing that may be wrong here.
        if let Ok(query) = Query::parse(&text, Domain::Events) {
            let again = Query::parse(&query.to_string(), Domain::Events);
            prop_assert_eq!(again, Ok(query), "{}", text);
        } else {
            prop_assert!(text.contains("x."), "{}", text);
        }
    }

    #[test]
    fn a_query_and_its_negation_never_agree(
        text in prop_oneof![prop::collection::vec(piece(), 0..8).prop_map(|p| p.concat()), sensible()]
    ) {
        if let Ok(query) = Query::parse(&text, Domain::Events)
            && let Ok(negation) = Query::parse(&format!("!({query})"), Domain::Events)
        {
            let event = failed_call();
            let whole = WholeEvent::new(&event);
            let answers = (query.event(&whole, now()), negation.event(&whole, now()));
            let opposed = matches!(answers, (Answer::Yes, Answer::No) | (Answer::No, Answer::Yes));
            prop_assert!(opposed, "{}: {:?}", query, answers);
            // An index may know less, but never something else.
            let facts = Indexed { glance: Glance::from(&event), size: event.size() as u64 };
            let glanced = query.glance(&facts, now());
            let agrees = glanced == Answer::NeedsReading || glanced == answers.0;
            prop_assert!(agrees, "{}: {:?}", query, glanced);
        }
    }

    #[test]
    fn any_text_completes_anywhere_within_its_borders(
        pieces in prop::collection::vec(piece(), 0..6), cursor in 0_usize..40, domain in domain()
    ) {
        let text = pieces.concat();
        for completion in complete(&text, cursor, domain, &Seen) {
            prop_assert!(text.get(completion.replace.clone()).is_some());
            prop_assert!(!completion.with.contains(char::is_control));
        }
    }

    #[test]
    fn highlights_lie_in_order_and_within_the_text(words in "[a-zé ]{0,12}", text in "[a-zéÉ\\n ]{0,60}") {
        if let Ok(query) = Query::parse(&words, Domain::Events) {
            let found = query.highlights(&text);
            prop_assert!(found.iter().all(|range| text.get(range.clone()).is_some_and(|t| !t.is_empty())));
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
