//! How long each step takes, beside `limit`: the same files merely parsed by tree-sitter on the
//! same threads.
//!
//! ```text
//! cargo bench --bench speed -- SOURCES INDEX [--rounds N] [--only STEP] [--threads N]
//! ```
//!
//! SOURCES is a directory whose folders are packages, INDEX an index to ask. Each round runs every
//! step once; a ratio is taken within its round, and the median over the rounds is shown. Time is
//! processor time of this process and its children as Linux counts it: on a shared machine the
//! clock on the wall says little.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use birthmark::engine::align::{Aligner, Seed, Side};
use birthmark::engine::evidence::{Chance, Preset};
use birthmark::engine::fingerprint::{Fingerprint, SCHEMES, fingerprints, kgrams};
use birthmark::engine::index::{Columns, Index, IndexName};
use birthmark::engine::matcher::{self, LeftOut, Query};
use birthmark::project::walk::{self, MAX_SCANNED_BYTES, WalkSettings};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::token::{Margins, TokenStream, Tokenizer};
use rayon::prelude::*;

fn main() {
    let options = Options::read();
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build_global()
        .expect("threads start");
    let bench = Bench::new(&options);
    let steps: Vec<Step> = STEPS
        .into_iter()
        .filter(|step| options.only.as_deref().is_none_or(|only| only == step.0))
        .collect();
    let mut table = Table::new(&steps);
    for _ in 0..options.rounds {
        for (row, (_, step)) in steps.iter().enumerate() {
            table.rows[row].push(measured(|| step(&bench)));
        }
    }
    table.print(&bench);
}

type Step = (&'static str, fn(&Bench));

const STEPS: [Step; 11] = [
    ("limit", Bench::parse),
    ("tokenize", Bench::tokenize),
    ("winnow", Bench::winnow),
    ("encode", Bench::encode),
    ("decode", Bench::decode),
    ("look-up", Bench::look_up),
    ("align", Bench::align),
    ("match", Bench::find),
    ("scan", Bench::scan),
    ("add", Bench::build),
    ("verify", Bench::verify),
];

struct Options {
    sources: PathBuf,
    index: PathBuf,
    rounds: usize,
    only: Option<String>,
    threads: usize,
}

impl Options {
    fn read() -> Options {
        let mut named = Vec::new();
        let mut options = Options {
            sources: PathBuf::new(),
            index: PathBuf::new(),
            rounds: 3,
            only: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let mut words = std::env::args().skip(1);
        let number =
            |word: Option<String>| word.and_then(|word| word.parse().ok()).expect("a number");
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => {}
                "--rounds" => options.rounds = number(words.next()),
                "--threads" => options.threads = number(words.next()),
                "--only" => options.only = words.next(),
                _ => named.push(PathBuf::from(word)),
            }
        }
        let [sources, index] = named
            .try_into()
            .expect("usage: cargo bench --bench speed -- SOURCES INDEX [--rounds N]");
        Options { sources, index, ..options }
    }
}

/// What the steps work on, in memory; only `scan` and `build` read files.
struct Bench {
    sources: PathBuf,
    index_path: PathBuf,
    threads: usize,
    files: Vec<Tokenized>,
    index: Index,
    target: tempfile::TempDir,
}

struct Tokenized {
    source: SourceFile,
    stream: TokenStream,
    columns: Columns,
    block: Vec<u8>,
    fingerprints: Vec<Fingerprint>,
}

impl Bench {
    fn new(options: &Options) -> Bench {
        let walked = walk::files(std::slice::from_ref(&options.sources), &WalkSettings::default())
            .expect("SOURCES can be read");
        let files =
            walked.files.par_iter().filter_map(|file| walk::load(file, MAX_SCANNED_BYTES).ok());
        Bench {
            sources: options.sources.clone(),
            index_path: options.index.clone(),
            threads: options.threads,
            files: files.map_init(Tokenizer::new, tokenized).collect(),
            index: Index::open(&[IndexName::Directory(options.index.clone())])
                .expect("INDEX is an index"),
            target: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    fn lines(&self) -> u64 {
        self.files.iter().map(|file| u64::from(file.source.line_count())).sum()
    }

    fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.source.text().len()).sum()
    }

    fn parse(&self) {
        self.files.par_iter().for_each_init(birthmark::text::token::parser, |parser, file| {
            let Some(grammar) = file.source.language().grammar() else { return };
            parser.set_language(&grammar.grammar.into()).expect("a known grammar");
            black_box(parser.parse(file.source.text(), None));
        });
    }

    fn tokenize(&self) {
        self.files.par_iter().for_each_init(Tokenizer::new, |tokenizer, file| {
            black_box(tokenizer.tokenize(&file.source));
        });
    }

    fn winnow(&self) {
        self.files.par_iter().for_each(|file| {
            black_box(fingerprints(
                file.stream.classes(),
                file.stream.names(),
                file.source.language(),
            ));
        });
    }

    fn encode(&self) {
        self.files.par_iter().for_each(|file| {
            black_box(file.columns.encode());
        });
    }

    fn decode(&self) {
        self.files.par_iter().for_each(|file| {
            black_box(Columns::decode(&file.block, file.columns.classes.len()));
        });
    }

    /// Every k-gram of every file, as a scan asks, without what follows from the answers.
    fn look_up(&self) {
        self.files.par_iter().for_each(|file| {
            let (classes, names) = (file.stream.classes(), file.stream.names());
            for scheme in SCHEMES {
                for hash in kgrams(classes, names, file.source.language(), scheme) {
                    for segment in self.index.segments() {
                        black_box(segment.lookup(hash).expect("undamaged").list.count());
                    }
                }
            }
        });
    }

    /// Each file with itself, one token in twenty of the one side left out.
    fn align(&self) {
        self.files.par_iter().for_each(|file| {
            let kept = |i: &usize| i % 20 != 19;
            let classes: Vec<u8> =
                (0..file.stream.len()).filter(kept).map(|i| file.stream.classes()[i]).collect();
            let names: Vec<u16> =
                (0..file.stream.len()).filter(kept).map(|i| file.stream.names()[i]).collect();
            let seed = |found: &Fingerprint| {
                // Without the tokens left out the place moves ahead; those that held one are no
                // seeds.
                let (from, length) = (found.position, SCHEMES[0].k as u32);
                (from % 20 + length <= 19).then_some(Seed {
                    query: from - from / 20,
                    document: from,
                    length,
                })
            };
            let seeds: Vec<Seed> = file.fingerprints.iter().filter_map(seed).collect();
            let query = Side { classes: &classes, names: &names };
            black_box(Aligner::default().align(query, side(&file.stream), &seeds));
        });
    }

    /// Candidates, alignments and evidence of every file.
    fn find(&self) {
        self.files.par_iter().for_each(|file| {
            let family = file.source.language().family();
            let chance = Chance::against(&self.index, family);
            let threshold = Preset::Default.threshold_bits(chance);
            let lines = file.columns.lines.as_slice();
            let margins = |range| Margins::of(&file.source, &file.stream, range);
            let freedom = birthmark::text::token::freedom(&file.source, &file.stream);
            let language = file.source.language();
            let model = self
                .index
                .model(language.family())
                .expect("undamaged")
                .expect("the starter has one");
            let query = Query {
                language,
                side: side(&file.stream),
                freedom: &freedom,
                lines,
                margins: &margins,
                without: &LeftOut::NONE,
            };
            black_box(matcher::find(&self.index, &model, query, threshold).expect("undamaged"));
        });
    }

    /// The whole process, from the command line to the report.
    fn scan(&self) {
        let mut command = birthmark();
        command.arg("scan").arg(&self.sources).arg("--index").arg(&self.index_path);
        command.arg("--jobs").arg(self.threads.to_string());
        run(command.args([
            "--no-config",
            "--no-cache",
            "--license",
            "MIT",
            "--exit-zero",
            "--format",
            "json",
        ]));
    }

    /// The whole process, from directories to an index on disk.
    fn build(&self) {
        let _ = std::fs::remove_dir_all(self.built());
        let packages = std::fs::read_dir(&self.sources).expect("SOURCES can be read");
        let packages: Vec<PathBuf> = packages
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.is_dir())
            .collect();
        run(birthmark().args(["index", "add"]).args(packages).arg("--index").arg(self.built()));
    }

    fn verify(&self) {
        if !self.built().exists() {
            self.build();
        }
        run(birthmark().args(["index", "verify"]).arg("--index").arg(self.built()));
    }

    fn built(&self) -> PathBuf {
        self.target.path().join("index")
    }
}

fn tokenized(tokenizer: &mut Tokenizer, source: SourceFile) -> Tokenized {
    let stream = tokenizer.tokenize(&source);
    let columns = Columns {
        classes: stream.classes().to_vec(),
        names: stream.names().to_vec(),
        lines: stream.lines(&source),
    };
    let language: Language = source.language();
    Tokenized {
        block: columns.encode(),
        fingerprints: fingerprints(stream.classes(), stream.names(), language),
        source,
        stream,
        columns,
    }
}

fn side(stream: &TokenStream) -> Side<'_> {
    Side { classes: stream.classes(), names: stream.names() }
}

fn birthmark() -> Command {
    Command::new(env!("CARGO_BIN_EXE_birthmark"))
}

fn run(command: &mut Command) {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("birthmark starts");
    assert!(status.success(), "{command:?}: {status}");
}

/// Processor and clock seconds.
#[derive(Clone, Copy)]
struct Seconds {
    processor: f64,
    clock: f64,
}

fn measured(work: impl FnOnce()) -> Seconds {
    let (processor, clock) = (processor_seconds(), Instant::now());
    work();
    Seconds { processor: processor_seconds() - processor, clock: clock.elapsed().as_secs_f64() }
}

/// What this process and its finished children used, from `/proc/self/stat`, in hundredths of a
/// second.
fn processor_seconds() -> f64 {
    let line = std::fs::read_to_string(Path::new("/proc/self/stat")).expect("Linux");
    let fields = line.rsplit(')').next().expect("a name in brackets").split_whitespace();
    // Fields 14 to 17: user and system time of the process and of its children; field 3 is the
    // first here.
    fields.skip(11).take(4).map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>()
        / 100.0
}

struct Table {
    names: Vec<&'static str>,
    rows: Vec<Vec<Seconds>>,
}

impl Table {
    fn new(steps: &[Step]) -> Table {
        Table {
            names: steps.iter().map(|step| step.0).collect(),
            rows: vec![Vec::new(); steps.len()],
        }
    }

    fn print(&self, bench: &Bench) {
        let (lines, megabytes) = (bench.lines() as f64, bench.bytes() as f64 / 1e6);
        println!("{} files, {lines} lines, {megabytes:.1} MB", bench.files.len());
        println!(
            "\n| step | processor s | µs a line | limit / step | clock s |\n|---|---|---|---|---|"
        );
        for (name, row) in self.names.iter().zip(&self.rows) {
            let ratios =
                self.rows[0].iter().zip(row).map(|(limit, own)| limit.processor / own.processor);
            let processor = median(row.iter().map(|seconds| seconds.processor));
            println!(
                "| {name} | {processor:.2} | {:.2} | {:.2} | {:.2} |",
                processor * 1e6 / lines,
                median(ratios),
                median(row.iter().map(|seconds| seconds.clock))
            );
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
