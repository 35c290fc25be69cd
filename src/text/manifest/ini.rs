//! Files of sections and keys as Python's `configparser` reads them, as far as `setup.cfg` needs.

/// A line of a value: of `key = value`, or of the lines further in below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    /// The section it stands in.
    pub section: &'a str,
    /// The key it belongs to, with `_` for `-`.
    pub key: String,
    /// The line without the key and without white space around it; never empty.
    pub text: &'a str,
}

/// The values of a file, in its order. Comments and empty lines are left out.
pub(crate) fn values(text: &str) -> Vec<Value<'_>> {
    let (mut section, mut key) = ("", String::new());
    let mut values = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.trim_end().strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            section = name;
            key.clear();
            continue;
        }
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let value = match line.split_once(['=', ':']) {
            Some((name, value)) if !line.starts_with(char::is_whitespace) => {
                key = name.trim().replace('-', "_");
                value
            }
            _ => line,
        };
        let text = value.trim();
        if !text.is_empty() && !key.is_empty() {
            values.push(Value { section, key: key.clone(), text });
        }
    }
    values
}
