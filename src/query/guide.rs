//! The language in rows for help screens.

use super::Domain;

#[derive(Debug, PartialEq, Eq)]
pub struct Construct {
    pub syntax: &'static str,
    pub meaning: &'static str,
    /// A whole query.
    pub example: &'static str,
}

const fn row(syntax: &'static str, meaning: &'static str, example: &'static str) -> Construct {
    Construct { syntax, meaning, example }
}

const SESSIONS: &[Construct] = &[
    row("word", "key or name resembles it, or the text contains it", "refund keller"),
    row("\"exact\"", "contains exactly this", "\"lost parcel\""),
    row("/re/", "matches this regular expression", r"/4\d\d/"),
    row("!a  -a", "not a", "!is:idle"),
    row("a b", "both", "is:error agent:support"),
    row("a or b  ( )", "either; parentheses group", "(is:error or is:parked) agent:support*"),
    row(
        "key:value",
        "is this; * and ? stand for any characters",
        "agent:support* step:\"wait here\"",
    ),
    row("key:a,b", "is one of these", "is:parked,error"),
    row("key:>n", "more than; also >=, <, <=", "age:<2h ctx:>80%"),
    row("key:a..b", "from a to b; one end may be left out", "idle:10m..1h"),
    row("is:", "parked running idle unstarted error disabled expiring new pinned", "is:expiring"),
    row("agent: step: parent:", "keys of its agent and its parent, its step", "parent:refund-*"),
    row(
        "age: idle: tti:",
        "since it was made, since its last sign, idle time it is allowed",
        "tti:<1d",
    ),
    row("ctx:", "how full its context window is", "ctx:>=90%"),
    row("meta.path:", "a value of its metadata", "meta.tier:gold meta.score:>2.5"),
    row("name:/re/", "name or description matches, decided by the server", "name:/refund-[0-9]+/"),
    row(
        "where …",
        "condition on the metadata up to the end, decided by the server",
        "is:parked where tier = 'gold' AND region IN ('eu')",
    ),
];

const EVENTS: &[Construct] = &[
    row("word", "the tool's name resembles it, or the text contains it", "refund keller"),
    row("\"exact\"", "contains exactly this", "\"lost parcel\""),
    row("/re/", "matches this regular expression", r"/4\d\d/"),
    row("!a  -a", "not a", "!is:hidden -tool:web_get"),
    row("a b", "both", "is:error tool:web_get"),
    row("a or b  ( )", "either; parentheses group", "(is:error or is:pending) size:>1k"),
    row("key:value", "is this; * and ? stand for any characters", "tool:web_* tool:\"a b\""),
    row("key:a,b", "is one of these", "type:tool_input,tool_output"),
    row("key:>n", "more than; also >=, <, <=", "size:>20k"),
    row("key:a..b", "from a to b; one end may be left out", "dur:1s..5s"),
    row("type:", "the event's type on the wire, unknown for others", "type:tool_*"),
    row("is:", "error hidden compacted pending live bookmarked", "is:bookmarked"),
    row("tool: step: sub:", "names of its tool, its step, its sub-agent", "sub:* step:triage"),
    row("text:", "stands in the text, whatever the names are", "text:\"not found\""),
    row("size:", "bytes of its JSON, as the screen shows them: 1k is 1,024", "size:10k..1M"),
    row("dur:", "how long its tool took, in ms s m h d", "dur:>1m30s"),
    row("since:", "at that time or later, UTC; 2h means two hours ago", "since:14:02 !since:14:10"),
];

const FILES: &[Construct] = &[
    row("word", "the name resembles it, or the id or description contains it", "refund letter"),
    row("\"exact\"", "contains exactly this", "\"final draft\""),
    row("/re/", "matches this regular expression", r"/v\d+/"),
    row("!a  -a", "not a", "!type:image"),
    row("a b", "both", "type:json size:>1M"),
    row("a or b  ( )", "either; parentheses group", "(type:csv or type:json) by:you"),
    row("key:value", "is this; * and ? stand for any characters", "name:*.csv type:image/*"),
    row("key:a,b", "is one of these", "type:png,jpeg"),
    row("key:>n", "more than; also >=, <, <=", "size:>20k"),
    row("key:a..b", "from a to b; one end may be left out", "size:10k..1M"),
    row("name: type:", "its name; its MIME type, or what is before or after the slash", "type:csv"),
    row("by:", "the tool that made it, agent for any tool, or you", "by:artifact_create"),
    row("size: age:", "its bytes, where 1k is 1,024; time since it was made", "age:<2h"),
];

/// Every construct of the language, with a whole query for each.
pub fn guide(domain: Domain) -> &'static [Construct] {
    match domain {
        Domain::Sessions => SESSIONS,
        Domain::Events => EVENTS,
        Domain::Files => FILES,
    }
}
