//! Characters by the names that fonts have for them.

/// Names in the order of ASCII, from the space on; letters are their own names.
const ASCII: &str = "space exclam quotedbl numbersign dollar percent ampersand quotesingle \
    parenleft parenright asterisk plus comma hyphen period slash zero one two three four five six \
    seven eight nine colon semicolon less equal greater question at";
const BETWEEN: &str = "bracketleft backslash bracketright asciicircum underscore grave";
const BEHIND: &str = "braceleft bar braceright asciitilde";
/// In the order of Latin-1, from the no-break space on.
const LATIN: &str = "nbspace exclamdown cent sterling currency yen brokenbar section dieresis \
    copyright ordfeminine guillemotleft logicalnot softhyphen registered macron degree plusminus \
    twosuperior threesuperior acute mu paragraph periodcentered cedilla onesuperior ordmasculine \
    guillemotright onequarter onehalf threequarters questiondown Agrave Aacute Acircumflex Atilde \
    Adieresis Aring AE Ccedilla Egrave Eacute Ecircumflex Edieresis Igrave Iacute Icircumflex \
    Idieresis Eth Ntilde Ograve Oacute Ocircumflex Otilde Odieresis multiply Oslash Ugrave Uacute \
    Ucircumflex Udieresis Yacute Thorn germandbls agrave aacute acircumflex atilde adieresis aring \
    ae ccedilla egrave eacute ecircumflex edieresis igrave iacute icircumflex idieresis eth ntilde \
    ograve oacute ocircumflex otilde odieresis divide oslash ugrave uacute ucircumflex udieresis \
    yacute thorn ydieresis";
const OTHERS: &[(&str, char)] = &[
    ("quoteleft", '‘'),
    ("quoteright", '’'),
    ("quotedblleft", '“'),
    ("quotedblright", '”'),
    ("quotesinglbase", '‚'),
    ("quotedblbase", '„'),
    ("guilsinglleft", '‹'),
    ("guilsinglright", '›'),
    ("endash", '–'),
    ("emdash", '—'),
    ("bullet", '•'),
    ("ellipsis", '…'),
    ("dagger", '†'),
    ("daggerdbl", '‡'),
    ("trademark", '™'),
    ("Euro", '€'),
    ("minus", '−'),
    ("fraction", '⁄'),
    ("perthousand", '‰'),
    ("florin", 'ƒ'),
    ("OE", 'Œ'),
    ("oe", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Zcaron", 'Ž'),
    ("zcaron", 'ž'),
    ("Ydieresis", 'Ÿ'),
    ("Lslash", 'Ł'),
    ("lslash", 'ł'),
    ("dotlessi", 'ı'),
    ("circumflex", 'ˆ'),
    ("tilde", '˜'),
];
const LIGATURES: &[(&str, &str)] =
    &[("ff", "ff"), ("fi", "fi"), ("fl", "fl"), ("ffi", "ffi"), ("ffl", "ffl")];

/// The letters that a glyph of this name stands for.
pub(super) fn letters(name: &str) -> Option<String> {
    // What is behind a point is a variant of the same letter.
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    if let Some((_, letters)) = LIGATURES.iter().find(|(known, _)| *known == name) {
        return Some((*letters).to_owned());
    }
    character(name).map(String::from)
}

fn character(name: &str) -> Option<char> {
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return Some(letter);
    }
    let at = |names: &str, first: u32| {
        let at = names.split_whitespace().position(|known| known == name)?;
        char::from_u32(first + u32::try_from(at).ok()?)
    };
    at(ASCII, 0x20)
        .or_else(|| at(BETWEEN, 0x5b))
        .or_else(|| at(BEHIND, 0x7b))
        .or_else(|| at(LATIN, 0xa0))
        .or_else(|| OTHERS.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter))
        .or_else(|| by_number(name))
}

fn by_number(name: &str) -> Option<char> {
    let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
    let fits = (4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| fits)?)
}

/// What differs from ASCII where a font says nothing else.
pub(super) fn standard(code: u8) -> Option<char> {
    Some(match code {
        0x27 => '’',
        0x60 => '‘',
        0x20..=0x7e | 0xa1..=0xa3 | 0xa5 | 0xa7 | 0xab | 0xb6 | 0xbb | 0xbf => char::from(code),
        0xa4 => '⁄',
        0xa6 => 'ƒ',
        0xa9 => '\'',
        0xaa => '“',
        0xac => '‹',
        0xad => '›',
        0xb1 => '–',
        0xb2 => '†',
        0xb3 => '‡',
        0xb4 => '·',
        0xb7 => '•',
        0xb8 => '‚',
        0xb9 => '„',
        0xba => '”',
        0xbc => '…',
        0xbd => '‰',
        0xd0 => '—',
        0xe1 => 'Æ',
        0xe9 => 'Ø',
        0xea => 'Œ',
        0xf1 => 'æ',
        0xf5 => 'ı',
        0xf9 => 'ø',
        0xfa => 'œ',
        0xfb => 'ß',
        _ => return None,
    })
}
