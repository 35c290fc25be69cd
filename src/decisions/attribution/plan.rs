//! What has to be written so that copies are declared: decided for all files before any is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::repository::{self, FileState};
use super::{Edit, NOTICES, Notices, Refusal, Snippet, tags, wrap};
use crate::engine::evidence::Strength;
use crate::engine::matcher::Owner;
use crate::judgement::finding::{Decision, Reference};
use crate::license::{self, LicenseExpression, NoText, shipped_text};
use crate::project::walk::{
    self, Content, Inspected, MAX_SCANNED_BYTES, ReadProblem, WalkError, WalkSettings, WalkedFile,
};
use crate::text::declaration::{self, tag};
use crate::text::document::{Form, with_lines_of};
use crate::text::language::Language;
use crate::text::token::Tokenizer;

/// How declarations are written.
#[derive(Clone, Debug)]
pub(crate) struct AttributionSettings {
    /// The directory that holds `LICENSES` and the notices.
    pub root: PathBuf,
    /// Who holds the copyright, if the user says so.
    pub holder: Option<String>,
    /// Whether files may be edited that are staged and were changed since.
    pub partly_staged: PartlyStaged,
    /// What to do with references of weak evidence.
    pub weak_evidence: WeakEvidence,
    /// Which sources the notices are drawn from.
    pub walk: WalkSettings,
}

/// What to do with a file that is staged and was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartlyStaged {
    /// It is left.
    Leave,
    /// It is edited all the same.
    Edit,
}

/// What to do with a reference whose evidence is weak: it may be no copy at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeakEvidence {
    /// It is left.
    Leave,
    /// It is declared all the same.
    Declare,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The files, in the order in which they are written: texts and notices before the code that
    /// points to them.
    pub edits: Vec<Edit>,
    /// The references declared by them: index into those asked for.
    pub declared: Vec<usize>,
    /// Why the others are not: index and reason.
    pub left: Vec<(usize, Unfit)>,
}

/// Why a reference cannot be declared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is declared already.
    #[error("it is declared already")]
    Declared,
    /// It is declared as something else.
    #[error("it is declared otherwise{}; correct that by hand", .0.map(|line| format!(" on line {line}")).unwrap_or_default())]
    DeclaredOtherwise(Option<u32>),
    /// It may be no copy.
    #[error("its evidence is weak; name it by id or line if it is a copy")]
    Weak,
    /// The origin has it from the project.
    #[error("{0} took the code from this project")]
    Own(String),
    /// Its licence asks for no notice.
    #[error("its licence asks for no notice")]
    NothingAsked,
    /// It is not clear that it may stay.
    #[error("a notice does not settle it: {0}")]
    NotAllowed(String),
    /// A text that only its author has.
    #[error("the text of {0} is not on the SPDX list; put it into LICENSES/{0}.txt first")]
    NoText(String),
    /// A text that is filled in with the name of its owner.
    #[error("the text of {0} names its owner; copy the origin's own to LICENSES/{0}.txt first")]
    NamesOwner(String),
    /// git is in the middle of something.
    #[error("{}", match .0 {
        FileState::Unmerged => "its file has unresolved conflicts",
        _ => "its file is staged and was changed since; stage or stash the changes, or --force",
    })]
    State(FileState),
    /// The file is not what was scanned.
    #[error("its file cannot be edited: {0}")]
    File(String),
    /// There is no safe place.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The sources of the project cannot be walked.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// The file of notices cannot be read.
    #[error("{0:?}: {1}")]
    Unreadable(PathBuf, ReadProblem),
    /// The file of notices is in another encoding.
    #[error("{0:?} is not UTF-8; convert it or move it away")]
    NotUtf8(PathBuf),
}

impl Plan {
    /// Plans the declaration of references, each in a file that was scanned.
    ///
    /// # Errors
    /// If the project's own files cannot be read.
    pub(crate) fn of(
        references: &[&Reference],
        scanned: &[WalkedFile],
        settings: &AttributionSettings,
    ) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        let texts = Texts::read(&settings.root);
        let mut by_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, reference) in references.iter().enumerate() {
            match fit(reference, &texts, settings.weak_evidence) {
                Ok(_) => by_file.entry(&reference.path).or_default().push(i),
                Err(unfit) => plan.left.push((i, unfit)),
            }
        }
        for (path, numbers) in by_file {
            let of_file: Vec<&Reference> = numbers.iter().map(|&i| references[i]).collect();
            match edit_file(path, scanned, &of_file, settings) {
                Ok(edit) => {
                    plan.edits.push(edit);
                    plan.declared.extend(numbers);
                }
                Err(unfit) => plan
                    .left
                    .extend(numbers.into_iter().zip(std::iter::repeat_with(|| unfit.again()))),
            }
        }
        plan.declared.sort_unstable();
        plan.left.sort_by_key(|(i, _)| *i);
        let mut notices = plan.notices(settings)?;
        for &i in &plan.declared {
            references[i].owners.first().into_iter().for_each(|origin| notices.carry(origin));
        }
        let mut first = texts.add_missing_texts(&notices);
        first.extend(notices_edit(notices, &settings.root)?);
        plan.edits.splice(0..0, first);
        Ok(plan)
    }

    /// What the project's sources declare once the plan is carried out.
    fn notices(&self, settings: &AttributionSettings) -> Result<Notices, PlanError> {
        let mut notices = Notices::default();
        let edited: BTreeMap<PathBuf, &Edit> =
            self.edits.iter().map(|edit| (walk::absolute_path(&edit.location), edit)).collect();
        let mut tokenizer = Tokenizer::new();
        let root = walk::absolute_path(&settings.root);
        let mut files = walk::files(std::slice::from_ref(&settings.root), &settings.walk)?.files;
        files.extend(self.not_yet_there());
        for file in files {
            let absolute = walk::absolute_path(&file.location);
            let limit = walk::limit_of(file.form, MAX_SCANNED_BYTES);
            let text = match edited.get(&absolute) {
                Some(edit) => edit.after.clone(),
                None => walk::read(&file.location, limit).unwrap_or_default(),
            };
            // Most files declare nothing, and need not be parsed.
            if !contains(&text, tag::BEGIN.as_bytes()) {
                continue;
            }
            let kind = (file.language, file.form);
            let Ok(source) = walk::source(&file.path, kind, text, limit) else { continue };
            let code = tokenizer.tokenize(&source).lines(&source);
            let said =
                declaration::read(&source, &tokenizer.layout(&source), &code, &license::header);
            let shown = absolute.strip_prefix(&root).map_or(file.path, walk::display_path);
            notices.take(&shown, &said);
        }
        Ok(notices)
    }
}

impl Plan {
    /// The files it edits that an editor has not written yet.
    fn not_yet_there(&self) -> impl Iterator<Item = WalkedFile> {
        self.edits.iter().filter(|edit| !edit.location.exists()).filter_map(|edit| {
            let language = Language::from_path(&edit.location)?;
            Some(WalkedFile::on_disk(edit.location.clone(), (language, Form::Plain)))
        })
    }
}

impl Unfit {
    /// The same reason for another reference of the same file.
    fn again(&self) -> Unfit {
        match self {
            Unfit::State(state) => Unfit::State(*state),
            Unfit::Refused(refusal) => Unfit::Refused(*refusal),
            other => Unfit::File(other.to_string()),
        }
    }
}

/// The origin of a reference and its licence, if a notice is what it needs.
fn fit<'r>(
    reference: &'r Reference,
    texts: &Texts,
    weak_evidence: WeakEvidence,
) -> Result<(&'r Owner, &'r LicenseExpression), Unfit> {
    match &reference.declared {
        Some(declared) if declared.agrees() => return Err(Unfit::Declared),
        Some(declared) => return Err(Unfit::DeclaredOtherwise(declared.line)),
        None => {}
    }
    let (origin, license) =
        origin(reference).ok_or_else(|| Unfit::NotAllowed(reference.verdict.reason.clone()))?;
    match reference.verdict.decision {
        Decision::AttributionNeeded => {}
        Decision::Compatible => return Err(Unfit::NothingAsked),
        // Somebody settled what the licences leave open.
        Decision::Review if reference.accepted.is_some() => {}
        _ => return Err(Unfit::NotAllowed(reference.verdict.reason.clone())),
    }
    if reference.direction.origin_takes.is_some() {
        return Err(Unfit::Own(origin.purl.to_string()));
    }
    if reference.strength == Strength::Weak && weak_evidence == WeakEvidence::Leave {
        return Err(Unfit::Weak);
    }
    for id in license.texts().into_iter().filter(|id| !texts.has(id)) {
        match shipped_text(&id) {
            Ok(_) => {}
            Err(NoText::Unlisted) => return Err(Unfit::NoText(id)),
            Err(NoText::NamesOwner) => return Err(Unfit::NamesOwner(id)),
        }
    }
    Ok((origin, license))
}

fn origin(reference: &Reference) -> Option<(&Owner, &LicenseExpression)> {
    let origin = reference.owners.first()?;
    Some((origin, origin.license.expression.as_ref()?))
}

/// A file with tags around its references.
fn edit_file(
    path: &str,
    scanned: &[WalkedFile],
    references: &[&Reference],
    settings: &AttributionSettings,
) -> Result<Edit, Unfit> {
    let file = scanned.iter().find(|file| file.path == path);
    let file = file.ok_or_else(|| Unfit::File("it is not among the files checked".to_owned()))?;
    let language = Language::from_path(&file.location).unwrap_or(file.language);
    let limit = walk::limit_of(file.form, MAX_SCANNED_BYTES);
    let bytes = match &file.content {
        Content::Held(text) => text.to_vec(),
        Content::OnDisk => {
            walk::read(&file.location, limit).map_err(|problem| Unfit::File(problem.to_string()))?
        }
    };
    match walk::inspect(bytes.clone()) {
        // A text that was decoded would be written back in another encoding.
        Inspected::Text(text) if text == bytes && str::from_utf8(&text).is_ok() => {}
        _ => return Err(Unfit::File("it is not UTF-8".to_owned())),
    }
    match repository::state(&walk::absolute_path(&file.location), &bytes) {
        FileState::PartlyStaged if settings.partly_staged == PartlyStaged::Edit => {}
        FileState::Settled => {}
        state => return Err(Unfit::State(state)),
    }
    let snippets: Vec<Snippet> = references
        .iter()
        .filter_map(|reference| {
            let (origin, license) = origin(reference)?;
            let tags = tags(reference, origin, license, settings.holder.as_deref());
            Some(Snippet { lines: reference.region.into(), tags })
        })
        .collect();
    let after = add_tags(path, (language, file.form), &bytes, &snippets)?;
    Ok(Edit { path: path.to_owned(), location: file.location.clone(), before: Some(bytes), after })
}

/// The text of a file with tags around these snippets, in the cells of a notebook.
fn add_tags(
    path: &str,
    kind: (Language, Form),
    bytes: &[u8],
    snippets: &[Snippet],
) -> Result<Vec<u8>, Unfit> {
    let limit = walk::limit_of(kind.1, MAX_SCANNED_BYTES);
    let source = walk::source(path, kind, bytes.to_vec(), limit)
        .map_err(|note| Unfit::File(note.message))?;
    let after = wrap(&source, snippets)?;
    match kind.1 {
        Form::Plain => Ok(after),
        Form::Notebook => with_lines_of(&source, &after, |line| line.contains(tag::END))
            .ok_or(Unfit::Refused(Refusal::Cells)),
        Form::Markdown => Err(Unfit::Refused(Refusal::Prose)),
    }
}

/// The licence texts of a project: `LICENSES/MIT.txt`.
struct Texts {
    directory: PathBuf,
    present: BTreeSet<String>,
}

impl Texts {
    fn read(root: &Path) -> Texts {
        let directory = root.join("LICENSES");
        Texts { present: walk::stems(&directory), directory }
    }

    fn has(&self, id: &str) -> bool {
        self.present.contains(id)
    }

    /// The texts that the notices speak of and that are not there.
    fn add_missing_texts(&self, notices: &Notices) -> Vec<Edit> {
        let wanted: BTreeSet<String> =
            notices.licenses().into_iter().flat_map(LicenseExpression::texts).collect();
        let missing = wanted.into_iter().filter(|id| !self.has(id));
        let edits = missing.filter_map(|id| {
            let text = shipped_text(&id).ok()?;
            let location = self.directory.join(format!("{id}.txt"));
            Some(Edit {
                path: walk::display_path(&location),
                location,
                before: None,
                after: text.into(),
            })
        });
        edits.collect()
    }
}

/// The file of notices, if it has to change.
fn notices_edit(notices: Notices, root: &Path) -> Result<Option<Edit>, PlanError> {
    let known = NOTICES.iter().map(|name| root.join(name)).find(|path| path.is_file());
    let location = known.clone().unwrap_or_else(|| root.join(NOTICES[0]));
    let before = match &known {
        Some(path) => Some(
            walk::read_inside(path, MAX_SCANNED_BYTES)
                .map_err(|problem| PlanError::Unreadable(location.clone(), problem))?,
        ),
        None if notices.is_empty() => return Ok(None),
        None => None,
    };
    let standing = str::from_utf8(before.as_deref().unwrap_or_default());
    let standing = standing.map_err(|_| PlanError::NotUtf8(location.clone()))?;
    let after = notices.render(standing).into_bytes();
    let edit = Edit { path: walk::display_path(&location), location, before, after };
    Ok((edit.before.as_ref() != Some(&edit.after)).then_some(edit))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}
