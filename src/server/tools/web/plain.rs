//! A page as the text that a person would read of it: Markdown, roughly, with its links.
//!
//! No more than one look at every byte, whatever is left open. Start with [`text`]. The invariant: what
//! scripts and styles hold never gets out.

use reqwest::Url;

/// Longest address of a link that is told.
const LINK: usize = 500;
/// What is inside of these is for machines.
const HIDDEN: [&str; 8] =
    ["script", "style", "noscript", "template", "svg", "math", "iframe", "object"];

/// The text of a page that was found at `base`, which its links are relative to.
pub(in crate::server::tools) fn text(html: &str, base: Option<&Url>) -> String {
    let mut out = Writer { base, ..Writer::default() };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.words(&rest[..at]);
        rest = &rest[at..];
        let Some(tag) = Tag::read(rest) else {
            out.words("<");
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.length..];
        if !tag.closes && HIDDEN.contains(&tag.name.as_str()) {
            rest = behind(rest, &tag.name);
            continue;
        }
        out.tag(&tag);
    }
    out.words(rest);
    out.finish()
}

/// What follows the end of an element whose inside is not looked at.
fn behind<'a>(html: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = html[from..].find("</") {
        let inside = &html[from + at + 2..];
        let named = inside.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if named {
            return inside.find('>').map_or("", |end| &inside[end + 1..]);
        }
        from += at + 2;
    }
    ""
}

struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
    length: usize,
}

impl<'a> Tag<'a> {
    /// Reads what begins with `<`; `None` where that is only a sign in a text.
    fn read(html: &'a str) -> Option<Self> {
        let nameless = |length| Self { name: String::new(), closes: false, attributes: "", length };
        if let Some(inside) = html.strip_prefix("<!--") {
            return Some(nameless(inside.find("-->").map_or(html.len(), |end| 4 + end + 3)));
        }
        if html.starts_with("<!") || html.starts_with("<?") {
            return Some(nameless(html.find('>').map_or(html.len(), |end| end + 1)));
        }
        let closes = html.starts_with("</");
        let inside = &html[1 + usize::from(closes)..];
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let name = inside[..end.unwrap_or(inside.len())].to_ascii_lowercase();
        let attributes = &inside[name.len()..];
        let end = end_of(attributes);
        let length = html.len() - attributes.len() + end + 1;
        Some(Self { name, closes, attributes: &attributes[..end], length: length.min(html.len()) })
    }

    fn attribute(&self, wanted: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/')?;
            let (name, behind) = rest.split_at(end.max(1));
            let Some(value) = behind.trim_start().strip_prefix('=') else {
                rest = behind;
                continue;
            };
            let value = value.trim_start();
            let (value, behind) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                }
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
            rest = behind;
        }
    }
}

/// Where a tag ends: at the first `>` that is in no quotes, or else at the first of all.
fn end_of(attributes: &str) -> usize {
    let mut quote = None;
    for (at, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    attributes.find('>').unwrap_or(attributes.len())
}

#[derive(Default)]
struct Writer<'a> {
    base: Option<&'a Url>,
    out: String,
    /// Line breaks that are due before the next word.
    breaks: usize,
    space: bool,
    preformatted: usize,
    in_title: bool,
    /// Where the link that is open leads, and where its words began.
    link: Option<(String, usize)>,
}

impl Writer<'_> {
    fn tag(&mut self, tag: &Tag<'_>) {
        match (tag.name.as_str(), tag.closes) {
            ("br", _) => self.breaks = (self.breaks + 1).min(2),
            ("pre", closes) => {
                self.breaks = 2;
                self.preformatted = if closes {
                    self.preformatted.saturating_sub(1)
                } else {
                    self.preformatted + 1
                };
            }
            ("title", closes) => {
                self.breaks = 2;
                self.in_title = !closes;
            }
            ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", closes) => {
                self.breaks = 2;
                if !closes {
                    let depth = usize::from(tag.name.as_bytes()[1] - b'0');
                    self.word(&format!("{} ", "#".repeat(depth)));
                }
            }
            ("li", false) => {
                self.breaks = self.breaks.max(1);
                self.word("- ");
            }
            (
                "tr" | "li" | "dt" | "dd" | "option" | "div" | "section" | "article" | "header"
                | "footer" | "nav" | "main" | "aside" | "form" | "figure" | "ul" | "ol",
                _,
            ) => {
                self.breaks = self.breaks.max(1);
            }
            ("p" | "table" | "blockquote" | "dl" | "hr", _) => self.breaks = 2,
            ("td" | "th", true) => self.word(" | "),
            ("img", _) => {
                if let Some(alt) = tag.attribute("alt").filter(|alt| !alt.trim().is_empty()) {
                    self.words(&format!("[image: {}]", alt.trim()));
                }
            }
            ("a", false) => {
                self.end_link();
                let href = tag.attribute("href").map(decoded).unwrap_or_default();
                if let Some(address) = self.address(href.trim()) {
                    self.settle();
                    self.link = Some((address, self.out.len()));
                    self.out.push('[');
                }
            }
            ("a", true) => self.end_link(),
            _ => {}
        }
    }

    fn address(&self, href: &str) -> Option<String> {
        let url = match self.base {
            Some(base) => base.join(href).ok()?,
            None => Url::parse(href).ok()?,
        };
        let fine = matches!(url.scheme(), "http" | "https") && !href.starts_with('#');
        (fine && url.as_str().len() <= LINK).then(|| url.to_string())
    }

    fn end_link(&mut self) {
        if let Some((address, start)) = self.link.take() {
            if self.out[start..].trim_start_matches('[').trim().is_empty() {
                self.out.truncate(start);
            } else {
                self.out.push_str("](");
                self.out.push_str(&address);
                self.out.push(')');
            }
        }
    }

    /// Writes the breaks that are due, or the space.
    fn settle(&mut self) {
        let breaks = std::mem::take(&mut self.breaks);
        let space = std::mem::take(&mut self.space);
        if self.out.is_empty() {
            return;
        }
        if breaks > 0 {
            let there = self.out.len() - self.out.trim_end_matches('\n').len();
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push_str(&"\n".repeat(breaks.saturating_sub(there)));
        } else if space && !self.out.ends_with([' ', '\n', '[']) {
            self.out.push(' ');
        }
    }

    /// A piece that goes out as it is.
    fn word(&mut self, word: &str) {
        self.settle();
        self.out.push_str(word);
    }

    /// Text of the page, with its entities.
    fn words(&mut self, html: &str) {
        if html.is_empty() {
            return;
        }
        let text = decoded(html);
        if self.preformatted > 0 {
            self.settle();
            self.out.push_str(&text);
            return;
        }
        self.space |= text.starts_with(char::is_whitespace);
        for word in text.split_whitespace() {
            self.settle();
            self.out.push_str(word);
            self.space = true;
        }
        self.space = text.ends_with(char::is_whitespace) || text.trim().is_empty() && self.space;
    }

    fn finish(mut self) -> String {
        self.end_link();
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.out
    }
}

/// Text with its entities as the letters that they stand for.
fn decoded(html: &str) -> String {
    /// `&CounterClockwiseContourIntegral;` is longer, and nobody writes it.
    const LONGEST: usize = 12;
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(LONGEST).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, letter(&rest[..end])?))) {
            Some((end, letter)) => {
                out.push(letter);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn letter(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || *c == '\n');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "laquo" => '«',
        "raquo" => '»',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "middot" => '·',
        "bull" => '•',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "sect" => '§',
        "para" => '¶',
        "times" => '×',
        "plusmn" => '±',
        "euro" => '€',
        "pound" => '£',
        "rarr" => '→',
        "larr" => '←',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(html: &str) -> String {
        text(html, Url::parse("https://example.com/docs/a.html").ok().as_ref())
    }

    #[test]
    fn a_page_becomes_what_a_person_reads() {
        let page = "<!DOCTYPE html><html><head><title>Orders &amp; more</title><style>p{}</style></head>\
                    <body><h1>Orders</h1><script>if (a < b) alert('</p>')</script><p>All  of\n them: \
                    <a class='x' href=\"../list?a=1&amp;b=2\">the <b>list</b></a>.</p><ul><li>one</li>\
                    <li>two</li></ul><pre>a  b\n c</pre><!-- hidden <p> --><table><tr><td>1</td><td>2</td>\
                    </tr></table><img src=x alt=\"A chart\"></body></html>";
        let wanted = "Orders & more\n\n# Orders\n\nAll of them: [the list](https://example.com/list?a=1&b=2).\
                      \n\n- one\n- two\n\na  b\n c\n\n1 | 2 |\n\n[image: A chart]\n";
        assert_eq!(of(page), wanted);
    }

    #[test]
    fn what_is_no_tag_stays_and_what_leads_nowhere_is_no_link() {
        assert_eq!(
            of("1 < 2 &amp;&amp; 3 > 2 & so on &#8364;&#x20ac;&nosuch;"),
            "1 < 2 && 3 > 2 & so on €€&nosuch;\n"
        );
        assert_eq!(of("<a href='javascript:x()'>run</a> <a href='#top'>up</a>"), "run up\n");
        assert_eq!(of("<a href=https://example.org/></a>x"), "x\n");
        assert_eq!(of("before<script>never closed <p>"), "before\n");
        assert_eq!(of("a<!-- never closed"), "a\n");
        assert_eq!(of("&#0;&#27;"), "&#0;&#27;\n");
    }

    proptest! {
        #[test]
        fn any_text_has_an_end_and_no_script(html in "(<[a-z!/]{0,6}[ ='\"a-z]{0,8}>?|[a-zé& ;#]{0,6}){0,60}") {
            let out = of(&html);
            prop_assert!(out.len() <= 40 * html.len() + 2);
        }
    }
}
