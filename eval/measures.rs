//! What the calibration is learned from: every match of a scan whose evidence adds up to SUM bits
//! before it is calibrated, with its measures, a JSON object a line.
//!
//! ```text
//! cargo run --release --example measures -- INDEX SUM PATH...
//! ```

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use birthmark::engine::evidence::{MEASURES, Threshold};
use birthmark::engine::index::{Index, IndexName};
use birthmark::judgement::finding::Reference;
use birthmark::license::LicenseFact;
use birthmark::project::walk::{self, WalkSettings};
use birthmark::scan::{ScanSettings, Scanner};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: measures INDEX SUM PATH...";
    let index = args.next().context(usage)?;
    let least_sum: f32 = args.next().context(usage)?.parse().context(usage)?;
    let paths: Vec<PathBuf> = args.map(PathBuf::from).collect();
    // What the calibration takes off today must not decide what the next one is learned from.
    let settings =
        ScanSettings { threshold: Threshold::Bits(f32::NEG_INFINITY), ..ScanSettings::default() };
    let name = match index.as_str() {
        "starter" => IndexName::Starter,
        _ => IndexName::Directory(index.into()),
    };
    let scanner = Scanner::new(Index::open(&[name])?, settings);
    let report = scanner.run(
        walk::files(&paths, &WalkSettings::default())?,
        &|_, _| LicenseFact::unknown(),
        &|_| (),
    );
    let mut out = io::BufWriter::new(io::stdout().lock());
    for reference in
        report.references.iter().filter(|reference| reference.evidence.sum() >= least_sum)
    {
        writeln!(out, "{}", described(reference))?;
    }
    Ok(out.flush()?)
}

fn described(reference: &Reference) -> Value {
    let evidence = &reference.evidence;
    let measures: serde_json::Map<String, Value> = MEASURES
        .iter()
        .zip(evidence.measures.values())
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let owners: Vec<Value> = reference
        .owners
        .iter()
        .map(|owner| {
            json!({
                "purl": owner.purl.to_string(),
                "path": owner.path,
                "region": { "start_line": owner.lines.first, "end_line": owner.lines.last },
            })
        })
        .collect();
    json!({
        "path": reference.path,
        "region": { "start_line": reference.region.start_line, "end_line": reference.region.end_line },
        "kind": format!("{:?}", reference.kind).to_lowercase(),
        "evidence": { "bits": evidence.bits, "sum": evidence.sum() },
        "measures": measures,
        "owners": owners,
    })
}
