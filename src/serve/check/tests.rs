use std::io::{Cursor, Read};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::engine::index::IndexName;
use crate::project::config::ConfigChoice;
use crate::session::journal::Service;
use crate::session::{BaselineFile, Choices};

const ROUTES: &str = include_str!("../../../examples/demo/parcelbot/routes.py");

fn checks() -> Checks {
    let index = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");
    let choices = Choices {
        indexes: vec![IndexName::Directory(index.into())],
        baseline: BaselineFile::Without,
        ..Choices::default()
    };
    Checks {
        projects: Arc::default(),
        place: Place { directory: ".".into(), configured: ConfigChoice::Without, choices },
        shape: ReferenceShape::Birthmark,
        policy: DropPolicy::Drop,
        journal: Journal::new(Service::Check, None),
        threads: ThreadPoolBuilder::new().num_threads(2).build().expect("threads"),
    }
}

/// Every answer to an input.
fn answers(input: impl Read + Send + 'static) -> Vec<Value> {
    let checks = checks();
    let mut output = Vec::new();
    let ended = checks
        .serve(io::BufReader::new(input), &mut output, &mut |problem| panic!("{problem}"))
        .expect("written");
    let output = String::from_utf8(output).expect("UTF-8");
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(ended.answered, answers.len() as u64);
    answers
}

#[test]
fn what_is_longer_than_can_be_kept_is_not_kept() {
    let line = io::repeat(b'[').take(100 << 20);
    let mut input = io::BufReader::new(line.chain(Cursor::new("\n\n{}\n")));
    let mut number = 0;
    let long = Incoming::read(&mut input, &mut number).expect("a line");
    assert_eq!((long.number, long.len()), (1, 0));
    assert!(long.content.expect_err("too long").contains("16 MiB"));
    let next = Incoming::read(&mut input, &mut number).expect("a line");
    assert_eq!((next.number, next.content), (3, Ok(b"{}".to_vec())));
    assert_eq!(Incoming::read(&mut input, &mut number), None);
}

#[test]
fn an_input_that_breaks_off_is_an_end() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let input = Cursor::new("{\"id\": 1, \"code\": \"\", \"path\": \"a.py\"}\n").chain(Broken);
    assert_eq!(answers(input).len(), 1);
}

/// Lines that were once right, with bytes exchanged, left out and put in.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let right = serde_json::json!({
        "id": "a", "code": &ROUTES[1800..2600], "path": "src/a.py", "language": "python",
        "surrounding": { "text": ROUTES, "range": { "start": { "line": 3, "character": 4 },
                                                     "end": { "line": 9, "character": 0 } } },
        "uri": "file:///a", "version": 1
    });
    let right = format!("{right}\n{{\"code\": \"x\", \"language\": \"rust\"}}\n").into_bytes();
    let length = right.len();
    let edits = proptest::collection::vec((0..length, 0..40usize, any::<Vec<u8>>()), 0..6);
    edits.prop_map(move |edits| {
        let mut bytes = right.clone();
        for (at, leave_out, with) in edits {
            let start = at.min(bytes.len());
            let end = (at + leave_out).min(bytes.len());
            bytes.splice(start..end, with);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Whatever comes in, every line that holds anything is answered once, in order.
    #[test]
    fn every_line_is_answered(input in damaged()) {
        let numbers: Vec<u64> = input
            .split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(number, _)| number as u64 + 1)
            .collect();
        let answered: Vec<u64> =
            answers(Cursor::new(input)).iter().map(|answer| answer["line"].as_u64().expect("a number")).collect();
        prop_assert_eq!(answered, numbers);
    }
}

/// Cases that are tried; more where somebody has the time.
fn cases() -> u32 {
    std::env::var("BIRTHMARK_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}
