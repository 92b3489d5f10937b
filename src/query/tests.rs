//! The language from the outside.

mod any_query;

use serde_json::json;

use super::keys::Unit;
use super::measure::amount;
use super::*;
use crate::api::glance::{Glance, fingerprint};
use crate::api::{Event, EventKind, Object};
use crate::text::units;

fn now() -> Timestamp {
    "2026-11-25T15:00:00Z".parse().unwrap()
}

fn query(text: &str, domain: Domain) -> Query {
    Query::parse(text, domain).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
}

fn events(text: &str) -> Query {
    query(text, Domain::Events)
}

fn sessions(text: &str) -> Query {
    query(text, Domain::Sessions)
}

fn mistake(text: &str, domain: Domain) -> Mistake {
    Query::parse(text, domain).expect_err(text)
}

fn event(json: &serde_json::Value) -> Event {
    serde_json::from_str(&json.to_string()).unwrap()
}

fn failed_call() -> Event {
    event(&json!({
        "id": "aev_7", "type": "tool_output", "created_at": "2026-11-25T14:02:07Z",
        "tool_call_id": "c", "tool_configuration_name": "web_get", "tool_name": "web_get",
        "tool_output": {"status": 404, "deep": [{"reason": "Keller's parcel\nis lost"}]},
        "error": true
    }))
}

fn passes(text: &str, facts: &WholeEvent<'_>) -> bool {
    match events(text).event(facts, now()) {
        Answer::Yes => true,
        Answer::No => false,
        Answer::NeedsReading => panic!("{text}: a whole event decides everything"),
    }
}

#[test]
fn an_event_passes_what_is_true_of_it() {
    let event = failed_call();
    let facts = WholeEvent {
        duration_ms: Some(2_500),
        step: Some("triage"),
        states: EventStates::default().with(EventState::Hidden, true),
        ..WholeEvent::new(&event)
    };
    for text in [
        "",
        "parcel",
        "PARCEL or parcel",
        "Keller lost",
        "wget",
        "\"parcel\nis\"",
        r"/kel+er/ /^is lost$/ /\S40\d/ or /4\d\d/",
        "!nothing -\"not there\"",
        "aev_7",
        "reason 404",
        "type:tool_output type:tool_* type:thinking,tool_output",
        "tool:web_get tool:web_* tool:/^web/ tool:other,web_get tool:\"web_get\"",
        "is:error is:hidden,live !is:live",
        "text:lost,found text:/LOST|lost/ !text:web_get",
        "size:>100 size:<1k size:1..0.5k size:100.. size:..1M",
        "dur:2s..3s dur:>2.4s dur:<=2500ms dur:>=0.04m",
        "since:14:02 since:14:02:07 !since:14:03 since:1h since:2026-11-25 since:2026-11-25T14:02:07Z",
        "since:15:01 !since:0.5h since:2026-11-25T15:00+01:00",
        "step:triage !sub:*",
        "(nothing or parcel) (is:live or !(is:live or nothing))",
        "nothing and nothing or parcel and 404",
        "!!parcel",
    ] {
        assert!(passes(text, &facts), "{text}");
        let negated = format!("!({text})");
        assert!(text.is_empty() || !passes(&negated, &facts), "{negated}");
    }
}

#[test]
fn an_event_does_not_pass_what_is_false_or_unknown_of_it() {
    let event = failed_call();
    let facts = WholeEvent::new(&event);
    for text in [
        "parcels",
        "Parcel",
        "prcl",
        "tool:web tool:*",
        "tool:Web_get",
        "is:compacted",
        "dur:>0s",
        "dur:<1h",
        "step:*",
        "text:web_get",
        "size:>1k",
        "since:57m",
        "type:unknown",
        "parcel nothing",
    ] {
        assert!(!passes(text, &facts), "{text}");
    }
}

/// What an index of a session says of one event.
struct Indexed {
    glance: Glance,
    size: u64,
}

impl EventFacts for Indexed {
    fn kind(&self) -> EventKind {
        self.glance.kind
    }
    fn is(&self, state: EventState) -> Fact<bool> {
        match state {
            EventState::Error => Fact::Known(self.glance.failed),
            EventState::Hidden => Fact::Known(self.glance.hidden.is_some()),
            _ => Fact::Unread,
        }
    }
    fn tool(&self) -> Tool<'_> {
        self.glance.tool.map_or(Tool::None, Tool::Fingerprint)
    }
    fn size(&self) -> u64 {
        self.size
    }
    fn duration_ms(&self) -> Fact<Option<u64>> {
        Fact::Unread
    }
    fn at(&self) -> Option<Timestamp> {
        self.glance.at.and_then(|at| Timestamp::from_millisecond(at).ok())
    }
    fn step(&self) -> Fact<Option<&str>> {
        Fact::Unread
    }
    fn sub_agent(&self) -> Fact<Option<&str>> {
        Fact::Unread
    }
    fn text(&self, _: &mut Reader<'_>) -> Fact<()> {
        Fact::Unread
    }
}

#[test]
fn an_index_answers_what_it_can_and_asks_for_the_rest() {
    let event = failed_call();
    let facts = Indexed { glance: Glance::from(&event), size: event.size() as u64 };
    assert_eq!(facts.glance.tool, Some(fingerprint("web_get")));
    for (text, answer) in [
        ("tool:web_get is:error size:<1k since:14:02", Answer::Yes),
        ("tool:web_put parcel", Answer::No),
        ("parcel tool:web_put", Answer::No),
        ("parcel or tool:web_get", Answer::Yes),
        ("parcel", Answer::NeedsReading),
        ("!parcel is:error", Answer::NeedsReading),
        ("!(parcel or is:error)", Answer::No),
        ("tool:web_*", Answer::NeedsReading),
        ("tool:web_*,web_get", Answer::Yes),
        ("is:live is:hidden", Answer::No),
        ("is:live,error", Answer::Yes),
        ("(parcel or dur:>1s) type:thinking", Answer::No),
        ("text:parcel type:tool_output", Answer::NeedsReading),
    ] {
        assert_eq!(events(text).event(&facts, now()), answer, "{text}");
        assert_eq!(events(text).glance(&facts, now()), answer, "{text}");
    }
}

#[test]
fn text_is_not_asked_for_where_facts_decide() {
    struct Shy(Event);
    impl EventFacts for Shy {
        fn kind(&self) -> EventKind {
            WholeEvent::new(&self.0).kind()
        }
        fn is(&self, state: EventState) -> Fact<bool> {
            WholeEvent::new(&self.0).is(state)
        }
        fn tool(&self) -> Tool<'_> {
            Tool::None
        }
        fn size(&self) -> u64 {
            0
        }
        fn duration_ms(&self) -> Fact<Option<u64>> {
            Fact::Known(None)
        }
        fn at(&self) -> Option<Timestamp> {
            None
        }
        fn step(&self) -> Fact<Option<&str>> {
            Fact::Known(None)
        }
        fn sub_agent(&self) -> Fact<Option<&str>> {
            Fact::Known(None)
        }
        fn text(&self, _: &mut Reader<'_>) -> Fact<()> {
            panic!("the text was asked for")
        }
    }
    let facts = Shy(failed_call());
    assert_eq!(events("parcel type:thinking").event(&facts, now()), Answer::No);
    assert_eq!(events("parcel or is:error").event(&facts, now()), Answer::Yes);
    assert_eq!(events("parcel").glance(&facts, now()), Answer::NeedsReading);
}

struct Refund {
    metadata: Object,
    probed: bool,
}

impl SessionFacts for Refund {
    fn key(&self) -> &'static str {
        "refund-4411"
    }
    fn name(&self) -> &'static str {
        "Mrs Keller - lost parcel"
    }
    fn agent(&self) -> &'static str {
        "support-eu"
    }
    fn parent(&self) -> Option<&str> {
        None
    }
    fn is(&self, state: SessionState) -> Fact<bool> {
        match state {
            SessionState::Parked if !self.probed => Fact::Unread,
            state => Fact::Known(state == SessionState::Parked),
        }
    }
    fn step(&self) -> Fact<Option<&str>> {
        Fact::Known(Some("triage"))
    }
    fn created_at(&self) -> Timestamp {
        "2026-11-25T14:00:00Z".parse().unwrap()
    }
    fn last_sign(&self) -> Fact<Timestamp> {
        if self.probed {
            Fact::Known("2026-11-25T14:59:00Z".parse().unwrap())
        } else {
            Fact::Unread
        }
    }
    fn tti_minutes(&self) -> Option<u64> {
        Some(90)
    }
    fn context_percent(&self) -> Option<u64> {
        Some(81)
    }
    fn metadata(&self) -> &Object {
        &self.metadata
    }
    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        let _ = reader("Wants her money back");
        Fact::Known(())
    }
}

fn refund(probed: bool) -> Refund {
    let metadata = json!({"tier": "gold", "score": 2.5, "eu": true, "tags": ["a", "b"],
                          "deep": {"country": "US"}});
    Refund { metadata: metadata.as_object().unwrap().clone(), probed }
}

#[test]
fn a_session_passes_what_is_true_of_it() {
    for (text, passes) in [
        ("refund keller", true),
        ("rfnd money", true),
        ("Mrs Keller - lost", true),
        ("mnybck", false),
        ("agent:support* step:triage !parent:* name:Mrs*", true),
        ("agent:support", false),
        ("age:1h..2h age:..1h", true),
        ("age:<1h", false),
        ("idle:<=1m tti:1h30m..2h ctx:>80% ctx:>80", true),
        ("ctx:>81%", false),
        ("meta.tier:gold meta.score:>2 meta.score:2..3 meta.eu:true meta.tags:b", true),
        ("meta.deep.country:US,DE meta.deep.country:/u/", true),
        ("meta.deep:*", false),
        ("meta.none:* or meta.tier:>1 or meta.tags:c or meta.tier.x:gold", false),
        ("is:parked !is:new,pinned", true),
    ] {
        let answer = sessions(text).session(&refund(true), now());
        assert_eq!(answer, passes.into(), "{text}");
    }
    let unprobed = refund(false);
    assert_eq!(sessions("is:parked").session(&unprobed, now()), Answer::NeedsReading);
    assert_eq!(sessions("idle:>1m refund").session(&unprobed, now()), Answer::NeedsReading);
    assert_eq!(sessions("is:parked agent:x").session(&unprobed, now()), Answer::No);
}

#[test]
fn a_mistake_tells_its_place_and_what_was_meant() {
    use Domain::{Events, Sessions};
    for (text, domain, at, suggestion, says) in [
        ("a sise:>2k", Events, 2..6, Some("size"), "no key"),
        ("Stat:x", Sessions, 0..4, None, "in quotes"),
        ("size:>2k", Sessions, 0..4, None, "key of events, not of sessions"),
        ("is:eror", Events, 3..7, Some("error"), "no word for is:"),
        ("is:error,hiden x", Events, 9..14, Some("hidden"), "no word"),
        ("type:tool_outptu", Events, 5..16, Some("tool_output"), "no word for type:"),
        ("type:/tool/", Events, 5..11, None, "not a regular expression"),
        ("size:>20q", Events, 6..9, None, "k, M or G"),
        ("dur:>5 x", Events, 5..6, None, "ms, s, m, h or d"),
        ("size:5k..1k x", Events, 5..11, None, "before it begins"),
        ("size:>99999999999999999999", Events, 6..26, None, "too large"),
        ("size:>1k2", Events, 6..9, None, "no amount"),
        ("size:>1.2.3k", Events, 6..12, None, "no number"),
        ("size:20k x", Events, 5..8, None, "compared"),
        ("tool:>a", Events, 0..7, None, "not compared"),
        ("since:tomorrow", Events, 6..14, None, "no time"),
        ("since:25:00 x", Events, 6..11, None, "no time"),
        ("since:1h,2h", Events, 0..11, None, "one value"),
        ("a /b(/", Events, 2..6, None, "unclosed group"),
        ("/usr/bin", Events, 0..5, None, "in quotes"),
        (r"/(\w{90}){90}/", Events, 0..14, None, "too large"),
        ("a )", Events, 2..3, None, "never opened"),
        ("or a", Events, 0..2, None, "before this word"),
        ("a and or b", Events, 6..8, None, "follow and"),
        ("(a or ) b", Events, 6..7, None, "missing"),
        ("! or b", Events, 2..4, None, "negated"),
        ("() a", Events, 0..2, None, "nothing stands"),
        ("a \x1b[2J", Events, 2..3, None, "control character"),
        ("meta:gold", Sessions, 0..4, None, "by its path"),
        ("name:/a/ or b", Sessions, 0..8, None, "in parentheses"),
        ("b or name:/a/", Sessions, 5..13, None, "in parentheses"),
        ("!name:/a/", Sessions, 1..9, None, "not negated"),
        ("(name:/a/)", Sessions, 1..9, None, "not in parentheses"),
        ("name:/a/ name:/b/", Sessions, 9..17, None, "only one"),
        ("(a where b = 1)", Sessions, 3..15, None, "outside"),
    ] {
        let found = mistake(text, domain);
        assert_eq!(found.at, at, "{text}: {found}");
        assert_eq!(found.suggestion.as_deref(), suggestion, "{text}: {found}");
        assert!(found.what.contains(says), "{text}: {found}");
        assert!(!found.unfinished(), "{text}: {found}");
        assert!(!found.to_string().chars().any(char::is_control), "{text}");
    }
    let found = mistake("tol:x", Domain::Events);
    assert_eq!(found.to_string(), "there is no key \"tol\", did you mean \"tool\"?");
}

#[test]
fn what_is_still_being_typed_is_no_wrong_query() {
    for text in [
        "\"lost par",
        "/4\\d",
        "/a\\/",
        "(",
        "(a or",
        "a or ",
        "a and",
        "!",
        "a -",
        "size:",
        "size:>",
        "size:20k",
        "size:20k..1",
        "size:>1.",
        "dur:>5",
        "dur:1s..5",
        "type:",
        "type:tool_input,",
        "type:tool_o",
        "is:par",
        "since:14",
        "since:14:0",
        "since:2026-11",
        "tool:\"a b",
        "tool:",
        "()",
        "//",
        "\"\"",
        "(is:error or (a",
        "size:..",
        "!(",
    ] {
        let domain = if text == "is:par" { Domain::Sessions } else { Domain::Events };
        let found = mistake(text, domain);
        assert!(found.unfinished(), "{text}: {found}");
    }
    for text in ["where", "a where ", "name://", "name:/a", "meta.x:", "meta.x:>", "meta.x:>-"] {
        assert!(mistake(text, Domain::Sessions).unfinished(), "{text}");
    }
    for text in ["size:> a", "type: tool", "is:par )", "(a or ) b", "\"\" b"] {
        assert!(!mistake(text, Domain::Events).unfinished(), "{text}");
    }
}

#[test]
fn neither_depth_nor_length_overwhelms_it() {
    for text in [
        "(".repeat(100_000),
        "(".repeat(8_000),
        "!".repeat(8_000),
        format!("{}a{}", "(".repeat(100), ")".repeat(100)),
        "-(".repeat(4_000),
        "a ".repeat(4_000),
        format!("tool:{}", "a,".repeat(4_000)),
        "/\\w{100}/ ".repeat(60),
    ] {
        for domain in [Domain::Sessions, Domain::Events, Domain::Files] {
            assert!(Query::parse(&text, domain).is_err(), "{}", &text[..20]);
        }
    }
    let odd = format!("{}parcel", "!".repeat(8_001));
    assert_eq!(events(&odd).to_string(), "!parcel");
    let deep = format!("{}parcel{}", "(x ".repeat(30), ")".repeat(30));
    let flat = format!("{}parcel", "x ".repeat(30));
    assert_eq!(events(&deep).to_string(), flat);
}

#[test]
fn a_size_means_what_the_screen_shows() {
    for bytes in [2 << 10, 20 << 10, 3 << 19, 7 << 30, 1 << 40] {
        let shown = units::bytes(bytes);
        let read = amount(&shown, Unit::Bytes, 0..shown.len());
        assert_eq!(read, Ok(bytes), "{shown}");
    }
}

#[test]
fn the_canonical_form_says_one_thing_in_one_way() {
    for (text, canonical) in [
        ("  a   AND b OR c ", "a b or c"),
        ("(a or b) and (c)", "(a or b) c"),
        ("((a b) (c d)) or (e or f)", "a b c d or e or f"),
        ("!!a --b !-c -(d) !(e f)", "a --b c !d !(e f)"),
        ("Tool:\"web_get\",\"a b\",w* SIZE:>20480", "tool:web_get,\"a b\",w* size:>20k"),
        ("size:1500..1.5M dur:60s..90s dur:120m..", "size:1500..1536k dur:1m..90s dur:>=2h"),
        ("type:tool_* is:hidden,error", "type:tool_input,tool_output is:error,hidden"),
        (
            "since:14:02:00 since:60m since:2026-11-25",
            "since:14:02 since:1h since:2026-11-25T00:00:00Z",
        ),
        (r#"/a\/b\\\// "q\"\\n" text:/x/,"y""#, r#"/a\/b\\\// "q\"\\n" text:/x/,"y""#),
        ("a - b http://x std::io 14:02", "a \"-\" b http://x std::io 14:02"),
        ("where is it", "where is it"),
    ] {
        let query = events(text);
        assert_eq!(query.to_string(), canonical, "{text}");
        assert_eq!(events(canonical), query, "{text}");
    }
    for (text, canonical) in [
        (
            "is:parked name:/re fund/ where  tier = 'gold' ",
            "name:/re fund/ is:parked where tier = 'gold'",
        ),
        ("(a or b) name:/x/", "name:/x/ (a or b)"),
        ("a or b where x = 1", "a or b where x = 1"),
        (
            "Meta.Tier.x:Gold meta.n:1..2.50 meta.n:>-1 meta.v:\"1..2\"",
            "meta.Tier.x:Gold meta.n:1..2.5 meta.n:>-1 meta.v:\"1..2\"",
        ),
        ("ctx:>80 agent:\"\"", "ctx:>80% agent:\"\""),
    ] {
        let query = sessions(text);
        assert_eq!(query.to_string(), canonical, "{text}");
        assert_eq!(sessions(canonical), query, "{text}");
    }
}

#[test]
fn what_the_server_decides_is_told_apart() {
    let query = sessions("is:parked name:/4\\/1/ (a or b) where tier = 'gold' AND (x or y)");
    assert_eq!(query.server_filter(), Some("4/1"));
    assert_eq!(query.server_where(), Some("tier = 'gold' AND (x or y)"));
    let only = sessions("where a = 1");
    assert_eq!(only.session(&refund(false), now()), Answer::Yes);
    assert_eq!(sessions(" \n"), sessions(""));
}

#[test]
fn highlights_are_where_the_words_stand() {
    let at = |text: &str, shown: &str| events(text).highlights(shown);
    assert_eq!(at("lost \"parcel\" /p\\w+el/", "Lost parcel"), [0..4, 5..11]);
    assert_eq!(at("!lost -parcel !(x !her)", "her lost parcel"), vec![0..3]);
    assert_eq!(at("aa", "aaaa b aa"), [0..4, 7..9]);
    assert_eq!(at("/x*/", "abc"), Vec::<Range<usize>>::new());
    assert_eq!(at("é", "É é"), [0..2, 3..5]);
    assert_eq!(at("text:her tool:her", "her"), vec![0..3]);
    assert_eq!(at("a", &"a b ".repeat(5_000)).len(), MAX_HIGHLIGHTS);
}

struct Seen;

impl Known for Seen {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str)) {
        let all: &[&str] = match names {
            Names::Tools => &["web_get", "web_put", "a b", "bad\x1b[2J", "send_mail"],
            Names::Sessions => &["refund-4411"],
            Names::MetadataPaths => &["tier", "deep.country", "b c"],
            _ => &[],
        };
        for name in all {
            visit(name);
        }
    }
}

/// The input as each completion makes it; `|` is the cursor.
fn completed(input: &str, domain: Domain) -> Vec<String> {
    let cursor = input.find('|').unwrap();
    let input = input.replace('|', "");
    let made = complete(&input, cursor, domain, &Seen).into_iter().map(|completion| {
        let mut out = input.clone();
        out.replace_range(completion.replace, &completion.with);
        out
    });
    made.collect()
}

#[test]
fn completion_offers_what_may_come_next() {
    use Domain::{Events, Sessions};
    for (input, domain, wanted) in [
        ("to|", Events, &["tool:"] as &[&str]),
        ("a !to|", Events, &["a !tool:"]),
        ("(dur:>5s or si|) x", Events, &["(dur:>5s or size:) x", "(dur:>5s or since:) x"]),
        ("to|l:web_get", Events, &["tool:web_get"]),
        ("o|", Events, &["or ", "tool:"]),
        ("tool:we|", Events, &["tool:web_get", "tool:web_put"]),
        ("tool:x,we|b x", Events, &["tool:x,web_get x", "tool:x,web_put x"]),
        ("tool:a|", Events, &["tool:\"a b\"", "tool:send_mail"]),
        ("tool:\"a|", Events, &["tool:\"a b\"", "tool:send_mail"]),
        (
            "type:tool|",
            Events,
            &["type:tool_input", "type:tool_output", "type:client_tool_pending"],
        ),
        (
            "is:|",
            Events,
            &["is:error", "is:hidden", "is:compacted", "is:pending", "is:live", "is:bookmarked"],
        ),
        ("size:|", Events, &["size:>20k"]),
        ("size:>|", Events, &[]),
        ("\"to|", Events, &[]),
        ("/to|", Events, &[]),
        ("nokey:x|", Events, &[]),
        ("wh|", Sessions, &["where "]),
        ("where ti|", Sessions, &[]),
        ("met|", Sessions, &["meta."]),
        ("meta.|", Sessions, &["meta.tier:", "meta.deep.country:"]),
        ("meta.co|", Sessions, &["meta.deep.country:"]),
        ("refu|", Sessions, &["refund-4411"]),
        ("is:exp|", Sessions, &["is:expiring"]),
    ] {
        assert_eq!(completed(input, domain), wanted, "{input}");
    }
    assert_eq!(completed("|", Events).len(), keys::of(Events).len() + 1);
    assert_eq!(completed("is:error |", Events).len(), keys::of(Events).len() + 1);
    assert_eq!(complete("é", 1, Events, &Seen), [], "not the border of a character");
}

#[test]
fn the_guide_shows_what_the_parser_takes_and_every_key() {
    for domain in [Domain::Sessions, Domain::Events, Domain::Files] {
        let mut examples = String::new();
        for row in guide(domain) {
            let parsed = query(row.example, domain);
            assert_eq!(query(&parsed.to_string(), domain), parsed);
            examples.push_str(row.syntax);
        }
        for key in keys::of(domain) {
            assert!(examples.contains(key.word), "{} is not in the guide", key.word);
        }
        for word in value::states(domain) {
            let is_row = |row: &&Construct| row.syntax == "is:" && row.meaning.contains(word);
            assert!(guide(domain).iter().any(|row| is_row(&row)), "{word}");
        }
    }
}

#[test]
fn choices_keep_the_order_of_their_sets() {
    for (place, kind) in EventKind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, place);
    }
}
