//! Text to tokens, each with its place.

use super::SyntaxError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A word, those of the language included.
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    /// How an error names it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("'{text}'"),
            Self::Word(word) => word.clone(),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer ones first: the first that fits is taken.
const SYMBOLS: [&str; 17] =
    ["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", ",", "+", "-", "*", "/", "%"];

/// Every token with the index of its first character; the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        let fail = |problem: String| SyntaxError { at: start, problem };
        let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
        let token = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c == '\'' {
            let quoted = quoted(&chars, &mut at);
            Token::Text(quoted.ok_or_else(|| fail("this quote is never closed".to_owned()))?)
        } else if is_digit(at) || (c == '.' && is_digit(at + 1)) {
            number(&chars, &mut at).ok_or_else(|| fail("this is no number".to_owned()))?
        } else if c.is_alphabetic() || c == '_' {
            let is_word = |c: &&char| c.is_alphanumeric() || **c == '_';
            let word: String = chars[at..].iter().take_while(is_word).collect();
            at += word.chars().count();
            Token::Word(word)
        } else {
            let fits =
                |symbol: &&&str| symbol.chars().eq(chars[at..].iter().copied().take(symbol.len()));
            let symbol = SYMBOLS.iter().find(fits);
            let symbol = symbol.ok_or_else(|| fail(format!("{c} has no meaning here")))?;
            at += symbol.len();
            Token::Symbol(symbol)
        };
        out.push((start, token));
    }
    out.push((chars.len(), Token::End));
    Ok(out)
}

/// What stands between the quotes; a doubled quote is one. `None` without a closing one.
fn quoted(chars: &[char], at: &mut usize) -> Option<String> {
    let mut out = String::new();
    *at += 1;
    loop {
        let c = *chars.get(*at)?;
        *at += 1;
        if c != '\'' {
            out.push(c);
        } else if chars.get(*at) == Some(&'\'') {
            out.push('\'');
            *at += 1;
        } else {
            return Some(out);
        }
    }
}

fn number(chars: &[char], at: &mut usize) -> Option<Token> {
    let part = |c: &&char| c.is_ascii_digit() || **c == '.';
    let text: String = chars[*at..].iter().take_while(part).collect();
    *at += text.len();
    let goes_on = chars.get(*at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    text.parse().ok().filter(|_| !goes_on).map(Token::Number)
}
