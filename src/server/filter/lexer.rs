//! Text to tokens, each with its place.

use super::FilterError;
use crate::api::Decimal;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Integer(i64),
    /// Any other number, as it is written.
    Number(Decimal),
    Text(String),
    /// A bare name, keywords included: those are told apart where they may stand.
    Name(String),
    /// A name in double quotes, which is a path of keys.
    Path(String),
    Symbol(&'static str),
    End,
}

impl Token {
    /// Whether this is that keyword, in any case of letters.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Name(name) if name.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self, Self::Symbol(found) if *found == symbol)
    }

    /// How an error names it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("'{text}'"),
            Self::Name(name) => name.clone(),
            Self::Path(path) => format!("\"{path}\""),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A token and the index of its first character.
pub(super) type Placed = (usize, Token);

/// Longer ones first: the first that fits is taken.
const SYMBOLS: [&str; 15] =
    ["<>", "<=", ">=", "==", "!=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/"];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, FilterError> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        let token = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c == '\'' || c == '"' {
            let quoted = quoted(&chars, &mut at, c)
                .ok_or_else(|| FilterError::new(text, start, "this quote is never closed"))?;
            if c == '\'' { Token::Text(quoted) } else { Token::Path(quoted) }
        } else if c.is_ascii_digit() {
            number(&chars, &mut at).map_err(|problem| FilterError::new(text, start, problem))?
        } else if is_name_start(c) {
            let name: String = chars[at..].iter().take_while(|c| is_name(**c)).collect();
            at += name.chars().count();
            Token::Name(name)
        } else if c == '%' {
            at += 1;
            Token::Symbol("%")
        } else {
            let fits =
                |symbol: &&&str| symbol.chars().eq(chars[at..].iter().copied().take(symbol.len()));
            let Some(symbol) = SYMBOLS.iter().find(fits) else {
                return Err(FilterError::new(text, at, format!("{c} has no meaning here")));
            };
            at += symbol.len();
            Token::Symbol(symbol)
        };
        out.push((start, token));
    }
    out.push((chars.len(), Token::End));
    Ok(out)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What stands between the quotes; a doubled quote is one. `None` without a closing one.
fn quoted(chars: &[char], at: &mut usize, quote: char) -> Option<String> {
    let mut out = String::new();
    *at += 1;
    loop {
        let c = *chars.get(*at)?;
        *at += 1;
        if c != quote {
            out.push(c);
        } else if chars.get(*at) == Some(&quote) {
            out.push(quote);
            *at += 1;
        } else {
            return Some(out);
        }
    }
}

fn number(chars: &[char], at: &mut usize) -> Result<Token, String> {
    let digits = |at: usize| chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
    let start = *at;
    *at += digits(*at);
    let is_real =
        chars.get(*at) == Some(&'.') && chars.get(*at + 1).is_some_and(char::is_ascii_digit);
    if is_real {
        *at += 1;
        *at += digits(*at);
    }
    if chars.get(*at).is_some_and(|c| is_name(*c) || *c == '.') {
        return Err("this is no number, and names begin with a letter".to_owned());
    }
    let text: String = chars[start..*at].iter().collect();
    // The contract promises 64 bits, and metadata may hold more.
    if let Ok(integer) = text.parse() {
        return Ok(Token::Integer(integer));
    }
    Decimal::parse(&text).map(Token::Number).ok_or_else(|| "this is no number".to_owned())
}
