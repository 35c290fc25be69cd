//! `birthmark attribute`.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use clap::{Args, ValueHint};

use super::exit::ExitStatus;
use super::failure;
use super::flags::{CheckArgs, Common};
use super::journaled::JournalChoice;
use super::named::Named;
use super::output::{Output, Painted};
use super::request::{Request, ScanOptions};
use crate::decisions::attribution::{
    Edit, PartlyStaged, Plan, Unfit, WeakEvidence, is_lost_by_tags, project_root,
};
use crate::judgement::finding::{Decision, Reference, Report};
use crate::license::LearnedFrom;
use crate::project::walk;
use crate::report::patch::{self, Reader};
use crate::report::printable::Printable;
use crate::report::words::count;
use crate::session::actions::{self, AttributionChoices};
use crate::session::journal::Event;

/// Declare where copied code comes from.
///
/// Puts SPDX snippet tags around code that may stay if its notice is kept, adds the texts of its
/// licences to LICENSES and lists it in THIRD-PARTY.md. Only lines of comment are added; the next
/// scan sees the code as declared. What may not stay under your licence is left.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  birthmark attribute --dry-run
  birthmark attribute src/table.py:40
  birthmark attribute 77ba9d61 --copyright '2019 Ada Example'

Exit status: 0 done, 2 something that was named could not be declared, or nothing could be done")]
pub(crate) struct AttributeArgs {
    /// Ids of matches as a report shows them, PATH:LINE, files and directories; by default the
    /// current directory
    #[arg(value_name = "FINDING|PATH", value_hint = ValueHint::AnyPath)]
    pub what: Vec<String>,
    /// Show what would be written, as a patch, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Edit also files that were changed after they were staged
    #[arg(long)]
    pub force: bool,
    /// Who holds the copyright, and since when; by default the notices that the package states
    #[arg(long, value_name = "TEXT")]
    pub copyright: Option<String>,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub journal: JournalChoice,
}

pub(super) fn run(args: AttributeArgs, common: &Common) -> anyhow::Result<ExitStatus> {
    let (wanted, paths) = Named::among(&args.what);
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        bail!(
            "`{}` is no id of a match, and there is no file or directory of that name; \
             `birthmark scan --matches` shows the ids",
            path.display()
        );
    }
    let request = Request::new(ScanOptions::of(paths, args.check))?;
    let scanned = request.scan(common)?;
    let chosen = Chosen::of(&scanned.report, &wanted)?;
    let root = project_root(request.session().place(), request.session().config().directory());
    let partly_staged = if args.force { PartlyStaged::Edit } else { PartlyStaged::Leave };
    let (session, files) = (request.session(), scanned.sources.files());
    let tells_holders = args.copyright.is_none() && !common.quiet;
    let choices = AttributionChoices {
        holder: args.copyright,
        partly_staged,
        weak_evidence: match chosen.by {
            By::Name => WeakEvidence::Declare,
            By::Place => WeakEvidence::Leave,
        },
    };
    let plan = actions::plan_attribution(session, &chosen.references, files, choices)?;
    if tells_holders {
        chosen.tell_unknown_holders(&plan);
    }
    chosen.tell_lost_annotations(&plan);
    if args.dry_run {
        show(&plan, &root)?;
    } else {
        carry_out(&plan, &chosen, common)?;
        let declared = plan.declared.iter().map(|&i| chosen.references[i]).collect::<Vec<_>>();
        args.journal.note(request.session(), Event::Attributed, None, &declared);
    }
    Ok(chosen.print_left_out(&plan, common))
}

/// The references to declare.
struct Chosen<'r> {
    references: Vec<&'r Reference>,
    by: By,
}

/// How they were chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// One by one.
    Name,
    /// By where they stand.
    Place,
}

impl<'r> Chosen<'r> {
    fn of(report: &'r Report, wanted: &[Named]) -> anyhow::Result<Chosen<'r>> {
        if wanted.is_empty() {
            return Ok(Chosen { references: report.references.iter().collect(), by: By::Place });
        }
        let mut references: Vec<&Reference> = Vec::new();
        for wanted in wanted {
            for reference in wanted.of(report)? {
                if !references.iter().any(|known| std::ptr::eq(*known, reference)) {
                    references.push(reference);
                }
            }
        }
        Ok(Chosen { references, by: By::Name })
    }

    /// Says where to look up the copyright notices that the index does not have.
    fn tell_unknown_holders(&self, plan: &Plan) {
        let mut told = BTreeSet::new();
        for owner in plan.declared.iter().filter_map(|&i| self.references[i].owners.first()) {
            if !owner.copyright_notices().is_empty() || !told.insert(&owner.purl) {
                continue;
            }
            let (purl, path) = (&owner.purl, Printable(&owner.path));
            failure::warn(&match &owner.copyright {
                None => format!(
                    "the index does not know who holds the copyright in {purl}: look up the notice in its licence file and at the top of {path}, and write it into the tags"
                ),
                Some(_) => format!(
                    "{purl} states no copyright notice in its licence files or at the top of {path}: the tags name its authors"
                ),
            });
        }
    }

    /// Says which files REUSE would take to be under the licence of the copy alone.
    fn tell_lost_annotations(&self, plan: &Plan) {
        let mut told = BTreeSet::new();
        for reference in plan.declared.iter().map(|&i| self.references[i]) {
            if reference.outbound.learned_from == LearnedFrom::Reuse
                && told.insert(&reference.path)
                && is_lost_by_tags(Path::new(&reference.path))
            {
                failure::warn(&format!(
                    "{} has its licence from an annotation in REUSE.toml, which REUSE does not apply to files with tags: add `precedence = \"aggregate\"` to it, or a header to the file",
                    Printable(&reference.path)
                ));
            }
        }
    }

    /// Says what was left and why. Of what was chosen by place only what a notice would settle is
    /// of interest.
    fn print_left_out(&self, plan: &Plan, common: &Common) -> ExitStatus {
        let mut status = ExitStatus::Success;
        let (mut not_allowed, mut weak) = (0, 0);
        for (i, unfit) in &plan.left {
            let reference = self.references[*i];
            match (unfit, self.by) {
                (Unfit::Declared, By::Name) if common.quiet => {}
                (Unfit::Declared | Unfit::NothingAsked | Unfit::Own(_), By::Place) => {}
                (Unfit::Weak, By::Place) => weak += 1,
                (Unfit::NotAllowed(_), By::Place) => not_allowed += 1,
                (unfit, _) => {
                    failure::warn(&format!("{} is left: {unfit}", label(reference)));
                    if !matches!(unfit, Unfit::Declared | Unfit::NothingAsked) {
                        status = ExitStatus::Failure;
                    }
                }
            }
        }
        if weak > 0 && !common.quiet {
            let left = count(weak, "match");
            failure::warn(&format!("{left} of weak evidence left: name by id what is a copy"));
        }
        if not_allowed > 0 && !common.quiet {
            let left = count(not_allowed as u64, "match");
            failure::warn(&format!("{left} that a notice does not settle: see `birthmark scan`"));
        }
        status
    }
}

/// `src/a.py:3-9 (77ba9d61)`.
fn label(reference: &Reference) -> String {
    let (region, id) = (reference.region, &reference.id);
    let id: String = id.chars().take(8).collect();
    format!("{}:{}-{} ({id})", reference.path, region.start_line, region.end_line)
}

/// Shows the plan as a patch whose paths begin at the root of the project.
fn show(plan: &Plan, root: &Path) -> anyhow::Result<()> {
    let root = walk::absolute_path(root);
    let from_root = |edit: &Edit| {
        let absolute = walk::absolute_path(&edit.location);
        let path =
            absolute.strip_prefix(&root).map_or_else(|_| edit.path.clone(), walk::display_path);
        Edit { path, ..edit.clone() }
    };
    let edits: Vec<Edit> = plan.edits.iter().map(from_root).collect();
    let reader = if std::io::stdout().is_terminal() { Reader::Terminal } else { Reader::Program };
    let mut drawn = Vec::new();
    patch::write(&edits, reader, &mut drawn)?;
    Output::Standard.write(&drawn, Painted::No)
}

fn carry_out(plan: &Plan, chosen: &Chosen<'_>, common: &Common) -> anyhow::Result<()> {
    actions::write(&plan.edits)?;
    if common.quiet {
        return Ok(());
    }
    let mut told = Vec::new();
    for &i in &plan.declared {
        let reference = chosen.references[i];
        let origin = reference.owners.first().map_or("", |owner| owner.purl.as_str());
        writeln!(
            told,
            "declared {} as code of {}",
            Printable(&label(reference)),
            Printable(origin)
        )?;
    }
    for edit in &plan.edits {
        writeln!(told, "wrote {}", Printable(&edit.path))?;
    }
    if plan.edits.is_empty() {
        writeln!(told, "Nothing to declare{}.", already(&chosen.references))?;
    }
    Output::Standard.write(&told, Painted::No)
}

/// What there is instead of something to declare.
fn already(references: &[&Reference]) -> String {
    let declared = |reference: &&&Reference| {
        reference.verdict.decision == Decision::AttributionNeeded
            && reference.declared.as_ref().is_some_and(|declared| declared.agrees())
    };
    match references.iter().filter(declared).count() {
        0 => String::new(),
        1 => "; 1 match is declared already".to_owned(),
        n => format!("; {n} matches are declared already"),
    }
}
