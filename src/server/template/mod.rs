//! Templates of instructions, reminders and tool descriptions: the part of Velocity that they need.
//!
//! References with properties, indexes and some methods; `#set`, `#if`, `#foreach`, comments and literal
//! blocks; expressions. What else Velocity has is refused by name, never passed over. Text is cut into nodes by
//! [`parser`] and filled in by [`fill`]. Start with [`render`]. The invariant: any template whatsoever gives
//! a text or an error with a line, in bounded time, space and stack.
//!
//! Two things are decided here where Velocity's own answer helps nobody. A name that is no variable stays as it
//! is written, because instructions speak of `$HOME`. A variable without the property that is asked for is an
//! error, because a model that reads `$session.metadata.tier` literally makes something up; `$!` makes it
//! nothing instead.

mod expression;
mod fill;
mod methods;
mod parser;

use serde_json::Value;

/// The longest template, in characters.
pub const MAX_CHARS: usize = 200_000;

/// Why a template cannot be rendered. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TemplateError {
    pub line: usize,
    pub problem: String,
}

/// Fills in a template; the names that it may use are the fields of the context.
pub fn render(template: &str, context: &Value) -> Result<String, TemplateError> {
    if template.chars().count() > MAX_CHARS {
        let problem = format!("the template is longer than {MAX_CHARS} characters");
        return Err(TemplateError { line: 1, problem });
    }
    fill::fill(&parser::parse(template)?, context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn context() -> Value {
        json!({
            "agent": {"name": "Scout", "key": "scout", "metadata": {"tier": 2, "tags": ["a", "b"]}},
            "session": {"key": "s1", "metadata": {"user": {"name": "Ada"}, "on": true, "off": null}},
            "currentDate": "2025-10-24T15:30:45Z",
            "tools": [
                {"name": "find", "description": "Finds."}, {"name": "fix", "description": "Fixes."}
            ],
        })
    }

    fn rendered(template: &str) -> String {
        render(template, &context()).unwrap_or_else(|error| format!("ERROR {error}"))
    }

    #[test]
    fn the_documented_example() {
        let template = "You are a helpful agent. Agent: $agent.name. Today is $currentDate. Available \
                        tools: #foreach($tool in $tools)${tool.name}#if($foreach.hasNext), #end#end";
        let expected = "You are a helpful agent. Agent: Scout. Today is 2025-10-24T15:30:45Z. \
                        Available tools: find, fix";
        assert_eq!(rendered(template), expected);
    }

    #[test]
    fn references() {
        for (template, expected) in [
            ("$agent.name.", "Scout."),
            ("${agent.name}s", "Scouts"),
            ("$session.metadata.user.name", "Ada"),
            ("$session.metadata.get('user').name", "Ada"),
            ("$session.metadata[\"user\"].name", "Ada"),
            ("$agent.metadata.tags[1]", "b"),
            ("$agent.metadata.tags.size()", "2"),
            ("$agent.metadata.tags", "[\"a\",\"b\"]"),
            ("$agent.metadata.tier", "2"),
            ("$!session.metadata.none|", "|"),
            ("$!{session.metadata.off}|", "|"),
            ("$HOME and $5, ${PATH} and $", "$HOME and $5, ${PATH} and $"),
            ("\\$agent.name", "$agent.name"),
            ("a@b.c costs 5$ or $$agent.key", "a@b.c costs 5$ or $scout"),
            ("$agent.name.toUpperCase()", "SCOUT"),
        ] {
            assert_eq!(rendered(template), expected, "{template}");
        }
    }

    #[test]
    fn directives() {
        for (template, expected) in [
            ("#set($x = 'a')$x#set($x = \"$x b\") $x", "a a b"),
            ("#if($session.metadata.on)yes#{else}no#end", "yes"),
            ("#if($session.metadata.none)yes#{else}no#end", "no"),
            ("#if($agent.metadata.tier > 1 && !$session.metadata.off)big#end", "big"),
            ("#if($agent.metadata.tier == 3)3#elseif($agent.metadata.tier == 2)2#else0#end", "2"),
            ("#if($agent.name == 'Scout' and $tools.size() == 2)ok#end", "ok"),
            ("#foreach($n in [1..3])$n#if($n == 2)#break#end,#end", "1,2"),
            ("#foreach($e in $session.metadata.user.entrySet())$e.key=$e.value#end", "name=Ada"),
            ("#foreach($t in [])x#{else}none#end", "none"),
            ("a## gone\nb", "a\nb"),
            ("a#* gone\n *#b", "ab"),
            ("#[[ $agent.name #if ]]#", " $agent.name #if "),
            ("before#stop after", "before"),
            ("# Title #1 #include", "# Title #1 #include"),
            ("#set($n = 2 + 3 * 2)$n #set($m = 7 / 2)$m #set($r = -7 % 4)$r", "8 3 -3"),
        ] {
            assert_eq!(rendered(template), expected, "{template}");
        }
    }

    #[test]
    fn a_directive_that_has_a_line_for_itself_takes_the_line_with_it() {
        let template = "Tools:\n#foreach($tool in $tools)\n  - $tool.name\n#end\nEnd\n";
        assert_eq!(rendered(template), "Tools:\n  - find\n  - fix\nEnd\n");
    }

    #[test]
    fn what_cannot_be_rendered_is_named_with_its_line() {
        for (template, problem) in [
            ("a\n$session.metadata.tier", "line 2: nothing is at $session.metadata.tier"),
            ("#if($a", "line 1: expected ) of #if, found the end"),
            ("x\n#if(true)\ny", "line 2: #if is never ended"),
            ("#end", "line 1: #end has nothing to end"),
            ("#parse('x')", "line 1: #parse is not known here"),
            ("#macro(x)#end", "line 1: #macro is not known here"),
            ("$agent.name.getClass()", "line 1: getClass() is not known of a text"),
            ("#set($agent = 1)", "line 1: $agent cannot be set"),
            ("#foreach($x in 5)#end", "line 1: #foreach needs a list, found 5"),
            ("#set($x = 'a)", "line 1: a text is never closed"),
        ] {
            assert_eq!(rendered(template), format!("ERROR {problem}"), "{template}");
        }
    }

    #[test]
    fn what_would_never_end_or_never_fit_is_refused() {
        let deep = "#if(true)".repeat(2_000) + &"#end".repeat(2_000);
        assert!(rendered(&deep).contains("levels"), "{}", rendered(&deep));
        let brackets = format!("#set($x = {}1{})", "[".repeat(2_000), "]".repeat(2_000));
        assert!(rendered(&brackets).contains("levels"));
        let loops = "#foreach($a in [1..999])".repeat(4) + "x" + &"#end".repeat(4);
        assert!(rendered(&loops).starts_with("ERROR"), "{}", rendered(&loops).len());
        let doubled =
            "#set($x = 'aaaaaaaaaa')".to_owned() + &"#set($x = \"$x$x\")".repeat(40) + "$x";
        assert!(rendered(&doubled).starts_with("ERROR"));
        assert!(rendered("#foreach($a in [1..9999999999])#end").starts_with("ERROR"));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_text_or_an_error(text in r"([a-z $#(){}!.\[\]'=<&|+*/0-9\\\n,:-]|#if|#end|#else|#foreach|\$agent| in ){0,80}") {
            let _ = render(&text, &context());
        }

        #[test]
        fn a_text_without_signs_stays_as_it_is(text in r"[^$#\\]{0,80}") {
            prop_assert_eq!(rendered(&text), text);
        }
    }
}
