//! A header as words, with the lines and sentences that they stand in.

use super::super::names;

/// A text as words in lower case. URLs are left out: `licenses/gpl-3.0.txt` names a file, not what
/// the author allows.
pub(super) struct Words {
    pub words: Vec<String>,
    /// Whether a line begins with this word.
    pub begins: Vec<bool>,
    /// The sentence of each word. What stands in parentheses is a sentence of its own.
    sentences: Vec<usize>,
    /// All words with one blank around each.
    joined: String,
    /// Where each word starts in `joined`.
    offsets: Vec<usize>,
}

impl Words {
    pub(super) fn new(text: &str) -> Words {
        let mut all = Words {
            words: Vec::new(),
            begins: Vec::new(),
            sentences: Vec::new(),
            joined: " ".into(),
            offsets: Vec::new(),
        };
        let mut sentences = Sentences { last: 0, open: vec![0] };
        for line in text.lines() {
            let mut begins = true;
            if names::words(line).is_empty() {
                sentences.end();
            }
            for chunk in line.split_whitespace().filter_map(without_url) {
                sentences.open(chunk);
                for word in names::words(chunk) {
                    all.offsets.push(all.joined.len());
                    all.joined.push_str(&word);
                    all.joined.push(' ');
                    all.words.push(word);
                    all.begins.push(std::mem::take(&mut begins));
                    all.sentences.push(sentences.current());
                }
                sentences.close(chunk);
            }
        }
        all
    }

    pub(super) fn has(&self, phrase: &str) -> bool {
        self.places(phrase).next().is_some()
    }

    /// The first word of each place that a phrase stands at.
    pub(super) fn places(&self, phrase: &str) -> impl Iterator<Item = usize> {
        let found = self.joined.match_indices(phrase).filter(|(at, _)| {
            self.joined.as_bytes()[at - 1] == b' '
                && self.joined.as_bytes()[at + phrase.len()] == b' '
        });
        found.filter_map(|(at, _)| self.offsets.binary_search(&at).ok())
    }

    /// The sentence that a word stands in.
    pub(super) fn sentence(&self, i: usize) -> usize {
        self.sentences.get(i).copied().unwrap_or(0)
    }

    /// Up to `count` words before `i`, nearest last.
    pub(super) fn before(&self, i: usize, count: usize) -> &[String] {
        &self.words[i.saturating_sub(count)..i]
    }

    /// Up to `count` words from `i` on.
    pub(super) fn from(&self, i: usize, count: usize) -> &[String] {
        &self.words[i.min(self.words.len())..(i + count).min(self.words.len())]
    }
}

/// Numbers sentences.
struct Sentences {
    /// The last number that was given.
    last: usize,
    /// The open sentences, the innermost last.
    open: Vec<usize>,
}

impl Sentences {
    fn current(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }

    fn begin(&mut self) {
        self.last += 1;
        self.open.push(self.last);
    }

    /// Ends all sentences: a paragraph ends.
    fn end(&mut self) {
        self.open.clear();
        self.begin();
    }

    fn open(&mut self, chunk: &str) {
        // Parentheses that nobody closes end with their paragraph; hostile ones are not counted.
        if chunk.starts_with('(') && self.open.len() < DEEPEST {
            self.begin();
        }
    }

    fn close(&mut self, chunk: &str) {
        if chunk.contains(')') && self.open.len() > 1 {
            self.open.pop();
        }
        let bare = chunk.trim_end_matches([')', '"', '\'', '*']);
        let ends = bare.strip_suffix('.').is_some_and(|word| {
            let word = word.trim_start_matches(['(', '"']).to_ascii_lowercase();
            word.len() > 1 && !ABBREVIATIONS.contains(&word.as_str())
        });
        if ends {
            self.open.pop();
            self.begin();
        }
    }
}

/// How deep parentheses may stand in parentheses: deeper ones belong to the sentence around them.
const DEEPEST: usize = 4;

/// Words whose point does not end a sentence.
const ABBREVIATIONS: [&str; 11] =
    ["inc", "ver", "e.g", "i.e", "etc", "vs", "ltd", "corp", "co", "no", "lic"];

/// A piece of text without the URL in it: `Commons](https://...)` is a name with a link behind it.
fn without_url(chunk: &str) -> Option<&str> {
    if !chunk.contains("://") && !chunk.contains("www.") {
        return Some(chunk);
    }
    chunk.split_once("](").map(|(name, _)| name)
}
