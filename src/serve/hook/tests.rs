use std::io::Cursor;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::engine::index::IndexName;
use crate::project::config::ConfigChoice;
use crate::session::journal::Service;
use crate::session::{BaselineFile, Choices};

const ROUTES: &str = include_str!("../../../examples/demo/parcelbot/routes.py");

fn answer(agent: Agent, input: Vec<u8>) -> Answer {
    let index = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo-index");
    let choices = Choices {
        indexes: vec![IndexName::Directory(index.into())],
        baseline: BaselineFile::Without,
        ..Choices::default()
    };
    let hook = Hook {
        agent,
        place: Place { directory: ".".into(), configured: ConfigChoice::Without, choices },
        policy: Policy::Refuse(DropPolicy::DropUnknown),
        journal: Journal::new(Service::Hook, None),
        deadline: Duration::from_secs(60),
    };
    hook.run(Cursor::new(input))
}

/// Events that were once right, with bytes exchanged, left out and put in.
fn damaged() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let patch = format!(
        "*** Begin Patch\n*** Add File: a.py\n+{}\n*** End Patch",
        &ROUTES[2000..2600].replace('\n', "\n+")
    );
    let write = json!({"file_path": "a.py", "content": &ROUTES[2000..2600]});
    let edit = json!({"path": "examples/demo/parcelbot/routes.py", "old_str": "return", "new_str": &ROUTES[2000..2600]});
    let right = [
        json!({"hook_event_name": "PreToolUse", "tool_name": "MultiEdit", "tool_input":
            {"file_path": "src/lib.rs", "edits": [{"old_string": "pub mod", "new_string": "mod", "replace_all": true}]}}),
        json!({"hook_event_name": "PostToolUse", "tool_name": "apply_patch", "tool_input": {"command": patch}}),
        json!({"toolName": "edit", "toolArgs": edit.to_string()}),
        json!({"hook_event_name": "afterFileEdit", "file_path": "a.py", "edits": [{"old_string": "", "new_string": "x"}]}),
        json!({"hook_event_name": "BeforeTool", "tool_name": "write_file", "tool_input": write, "cwd": "."}),
        json!({"hookName": "PreToolUse", "preToolUse": {"toolName": "replace_in_file", "parameters":
            {"path": "a.py", "diff": format!("------- SEARCH\nx\n=======\n{}\n+++++++ REPLACE\n", &ROUTES[2000..2600])}}}),
        json!({"hook_event_name": "preToolUse", "tool_name": "fs_write", "tool_input":
            {"command": "create", "path": "a.py", "file_text": &ROUTES[2000..2600]}}),
        json!({"tool": "write", "args": {"filePath": "a.py", "content": &ROUTES[2000..2600]}, "directory": "."}),
        json!({"agent_action_name": "pre_write_code", "tool_info": {"file_path": "a.py", "edits":
            [{"old_string": "", "new_string": &ROUTES[2000..2600]}]}}),
        json!({"hook_event_name": "PreToolUse", "tool_name": "NotebookEdit", "tool_input":
            {"notebook_path": "a.ipynb", "new_source": &ROUTES[2000..2600], "cell_type": "code"}}),
    ];
    let edits = proptest::collection::vec(
        (any::<prop::sample::Index>(), 0..20usize, any::<Vec<u8>>()),
        0..4,
    );
    (0..right.len(), edits).prop_map(move |(which, edits)| {
        let mut bytes = right[which].to_string().into_bytes();
        for (at, leave_out, with) in edits {
            let start = at.index(bytes.len() + 1);
            let end = (start + leave_out).min(bytes.len());
            bytes.splice(start..end, with);
        }
        (which, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Whatever comes in, a decision comes out.
    #[test]
    fn every_event_is_answered((which, event) in damaged()) {
        // The last event is another one of the first agent.
        let agent = Agent::all().chain(Agent::all()).nth(which).expect("one");
        let answer = answer(agent, event);
        prop_assert!(answer.decision.is_object());
        let broken = answer.note.is_some_and(|note| note.contains("please report it"));
        prop_assert!(!broken);
    }
}

/// Cases that are tried; more where somebody has the time.
fn cases() -> u32 {
    std::env::var("BIRTHMARK_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}
