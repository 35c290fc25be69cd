//! Control files: paragraphs of fields, as Debian and R have them.

/// The paragraphs of a control file as keys and values. Lines of a value are joined by `\n`, without
/// the space that each begins with.
pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = Vec<(String, String)>> {
    let mut paragraphs = vec![Vec::new()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.trim().is_empty() {
            paragraphs.push(Vec::new());
            continue;
        }
        let Some(fields): Option<&mut Vec<(String, String)>> = paragraphs.last_mut() else {
            continue;
        };
        match (line.strip_prefix([' ', '\t']), line.split_once(':'), fields.last_mut()) {
            (Some(more), _, Some((_, value))) => {
                value.push('\n');
                value.push_str(more.trim_end());
            }
            (None, Some((key, value)), _) => {
                fields.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    paragraphs.into_iter().filter(|fields| !fields.is_empty())
}

/// The value of a field, without white space around it; `None` where it is empty.
pub fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}
