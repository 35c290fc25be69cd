//! Whether bytes are a text worth tokenizing.
//!
//! A parser's time budget is no protection here: 100 MB of NUL bytes keep tree-sitter busy for 11 s
//! without one call-back, and UTF-16 read as bytes costs 15 s a megabyte. So the question is
//! answered before anything parses.

use crate::judgement::finding::{Note, NoteKind};

/// How many leading bytes are searched for NUL bytes.
const SNIFFED: usize = 64 << 10;

/// From which mean line length on a text is minified.
const MINIFIED_MEAN_LINE: usize = 250;

/// Up to which length a text is too short to be called minified.
const MINIFIED_FROM: usize = 2 << 10;

/// What bytes turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inspected {
    /// Text, in UTF-8 or an encoding that agrees with ASCII. UTF-16 was decoded: offsets and
    /// columns are those of the decoded text.
    Text(Vec<u8>),
    /// Something else.
    NotText(NotText),
}

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotText {
    /// There are NUL bytes.
    #[error("it holds NUL bytes and looks binary")]
    Binary,
    /// A byte order mark promises UTF-16, and the rest breaks the promise.
    #[error("its byte order mark says UTF-16, but it is not valid UTF-16; save it as UTF-8")]
    BrokenUtf16,
    /// A byte order mark says UTF-32.
    #[error("it is UTF-32, which birthmark does not read; save it as UTF-8")]
    Utf32,
}

impl NotText {
    /// The reason as a note on that path.
    pub(crate) fn note(self, path: &str) -> Note {
        Note {
            path: Some(path.to_owned()),
            kind: NoteKind::Skipped,
            message: format!("not checked: {self}"),
        }
    }
}

/// Looks at bytes before anything parses them.
pub(crate) fn inspect(bytes: Vec<u8>) -> Inspected {
    match bytes.as_slice() {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Inspected::NotText(NotText::Utf32),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => match not_text(&bytes) {
            Some(reason) => Inspected::NotText(reason),
            None => Inspected::Text(bytes),
        },
    }
}

/// Looks at a text that is in UTF-8 or was decoded.
pub(crate) fn not_text(text: &[u8]) -> Option<NotText> {
    text[..text.len().min(SNIFFED)].contains(&0).then_some(NotText::Binary)
}

/// Whether a text was minified or is one long line of data.
pub(crate) fn is_minified(text: &[u8]) -> bool {
    let lines = text.iter().filter(|&&byte| byte == b'\n').count() + 1;
    text.len() >= MINIFIED_FROM && text.len() / lines >= MINIFIED_MEAN_LINE
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Inspected {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return Inspected::NotText(NotText::BrokenUtf16);
    };
    let decoded: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    match decoded {
        Ok(text) if text.contains('\0') => Inspected::NotText(NotText::Binary),
        Ok(text) => Inspected::Text(text.into_bytes()),
        Err(_) => Inspected::NotText(NotText::BrokenUtf16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_apart() {
        let text = |text: &str| Inspected::Text(text.as_bytes().to_vec());
        let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
            let mut bytes = mark.to_vec();
            bytes.extend("x = 'é𝄞'\n".encode_utf16().flat_map(unit));
            bytes
        };
        let cases = [
            (b"x = 1\n".to_vec(), text("x = 1\n")),
            (b"\xEF\xBB\xBFx".to_vec(), text("\u{FEFF}x")),
            (Vec::new(), text("")),
            (utf16([0xFF, 0xFE], u16::to_le_bytes), text("x = 'é𝄞'\n")),
            (utf16([0xFE, 0xFF], u16::to_be_bytes), text("x = 'é𝄞'\n")),
            (b"\xFF\xFEx".to_vec(), Inspected::NotText(NotText::BrokenUtf16)),
            (b"\xFF\xFE\x00\xD8".to_vec(), Inspected::NotText(NotText::BrokenUtf16)),
            (b"\xFF\xFE\0\0".to_vec(), Inspected::NotText(NotText::Utf32)),
            (b"x\0y".to_vec(), Inspected::NotText(NotText::Binary)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(inspect(bytes.clone()), expected, "{bytes:?}");
        }
        let latin1 = b"# caf\xE9\n".to_vec();
        assert_eq!(inspect(latin1.clone()), Inspected::Text(latin1));
    }

    #[test]
    fn long_lines_are_minified() {
        assert!(is_minified("x=1;".repeat(1000).as_bytes()));
        assert!(!is_minified("x = 1\n".repeat(1000).as_bytes()));
        assert!(!is_minified("x=1;".repeat(100).as_bytes()));
    }
}
