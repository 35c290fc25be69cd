//! What an agent does, whichever it is.

use std::path::PathBuf;

use serde_json::Value;

/// Something an agent is about to write, or has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// What the agent calls the event.
    pub name: String,
    /// Whether it is done.
    pub moment: Moment,
    /// The directory that the agent works in.
    pub directory: Option<PathBuf>,
    /// The files.
    pub writes: Vec<Write>,
    /// The arguments of the agent's tool, if a hook of the agent may give others.
    pub input: Option<Value>,
}

/// When an event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before anything is written: it can be refused.
    Before,
    /// When it is written: the agent can be told.
    After,
}

/// What is written into one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The file, as the agent names it.
    pub path: String,
    /// The file whose text is changed, where that is another one.
    pub from: Option<String>,
    /// How.
    pub change: Change,
}

/// How a file is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It holds this.
    Whole(String),
    /// Parts of it are replaced, one after the other.
    Parts(Vec<Part>),
    /// A cell of a notebook holds this.
    Cell(String),
}

/// A part of a file that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What stands there.
    pub old: String,
    /// What shall.
    pub new: String,
    /// Which of several equal parts.
    pub which: Which,
}

/// Which of several equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// Each.
    All,
}

impl Write {
    /// Reads the arguments of a tool that writes one file. Agents agree on what they say and differ
    /// in the words.
    pub(super) fn of(arguments: &Value) -> Option<Write> {
        let path = text(arguments, &["file_path", "path", "filePath"])?;
        let change = match arguments.get("edits").and_then(Value::as_array) {
            Some(edits) => Change::Parts(edits.iter().filter_map(Part::of).collect()),
            None => match text(arguments, &WHOLE) {
                Some(content) => Change::Whole(content),
                None => Change::Parts(vec![Part::of(arguments)?]),
            },
        };
        Some(Write { path, from: None, change })
    }

    /// Returns the arguments that [`Write::of`] reads as this, made from those of another text.
    pub(super) fn arguments(&self, arguments: &Value) -> Option<Value> {
        let mut changed = arguments.clone();
        match &self.change {
            Change::Whole(content) => put(&mut changed, &WHOLE, content),
            Change::Cell(code) => put(&mut changed, &["new_source"], code),
            Change::Parts(parts) => match changed.get_mut("edits").and_then(Value::as_array_mut) {
                Some(edits) => edits
                    .iter_mut()
                    .zip(parts)
                    .try_for_each(|(edit, part)| put(edit, &NEW, &part.new)),
                None => put(&mut changed, &NEW, &parts.first()?.new),
            },
        }?;
        // The agent must read from these arguments what was judged, or the refused code stays.
        let is_read = matches!(self.change, Change::Cell(_)) || Write::of(&changed)? == *self;
        is_read.then_some(changed)
    }
}

/// Keys of the whole text of a file.
const WHOLE: [&str; 3] = ["content", "contents", "file_text"];
/// Keys of what is put in the place of a part.
const NEW: [&str; 3] = ["new_string", "new_str", "newString"];

/// Puts a text under the first of some keys that holds one.
fn put(object: &mut Value, keys: &[&str], text: &str) -> Option<()> {
    let key = keys.iter().find(|key| object.get(key).is_some_and(Value::is_string))?;
    object[*key] = Value::from(text);
    Some(())
}

impl Part {
    fn of(arguments: &Value) -> Option<Part> {
        let all = ["replace_all", "replaceAll", "allow_multiple"]
            .iter()
            .find_map(|key| arguments.get(key));
        Some(Part {
            old: text(arguments, &["old_string", "old_str", "oldString"]).unwrap_or_default(),
            new: text(arguments, &NEW)?,
            which: if all.and_then(Value::as_bool) == Some(true) {
                Which::All
            } else {
                Which::First
            },
        })
    }
}

/// The first of some keys that holds a text.
pub(super) fn text(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| Some(object.get(key)?.as_str()?.to_owned()))
}
