//! Literals in the texts of programs that are manifests: Ruby, Lua, Swift and Scala are never run.

/// The text without lines that are comments, which begin with `leader`.
pub(super) fn without_comments(text: &str, leader: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(leader));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What stands behind each occurrence of a word and a sign: of `s.name = "x"` and the word `name`
/// with the sign `=` it is ` "x"`, up to the end of the text.
pub(super) fn values<'t: 'w, 'w>(
    text: &'t str,
    word: &'w str,
    sign: &'w str,
) -> impl Iterator<Item = &'t str> + use<'t, 'w> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = word.starts_with(is_of_word);
    text.match_indices(word).filter_map(move |(at, _)| {
        let rest = text[at + word.len()..].trim_start().strip_prefix(sign)?;
        // `name ==` compares, and `surname` is another word.
        let is_sign = !rest.starts_with(['=', '~', '>']);
        let is_whole = !is_word || !text[..at].ends_with(is_of_word);
        (is_sign && is_whole).then(|| rest.trim_start())
    })
}

/// The first literal string that stands behind a word and a sign.
pub(super) fn value<'t>(text: &'t str, word: &str, sign: &str) -> Option<&'t str> {
    values(text, word, sign).find_map(|value| Some(string(value)?.0))
}

/// The content of the string that a text begins with, and what follows. `None` for a string that is
/// put together when the program runs.
pub(super) fn string(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let end = text[1..].find([quote, '\n'])? + 1;
    let content = &text[1..end];
    let is_plain = text[end..].starts_with(quote) && !content.contains(['\\', '#', '$']);
    is_plain.then(|| (content, &text[end + 1..]))
}

/// The strings of the list that a text begins with, up to its closing bracket: `["a", 'b']`,
/// `{ "a", "b" }`, and Ruby's `%w[a b]`. A string that is no literal ends the list.
pub(super) fn strings(text: &str) -> Vec<&str> {
    if let Some(words) = text.strip_prefix("%w") {
        let close = match words.chars().next() {
            Some('[') => ']',
            Some('(') => ')',
            Some('{') => '}',
            _ => return Vec::new(),
        };
        let end = words.find(close).unwrap_or(0);
        return words.get(1..end).into_iter().flat_map(str::split_whitespace).collect();
    }
    let Some(mut rest) = text.strip_prefix(['[', '{', '(']) else { return Vec::new() };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ';']);
        match string(rest) {
            Some((content, more)) => {
                found.push(content);
                // RubyGems writes it behind the strings of a gem that was built.
                rest = more.strip_prefix(".freeze").unwrap_or(more);
            }
            None => return found,
        }
    }
}
