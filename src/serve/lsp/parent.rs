//! Watches whether the client still lives. One that was killed may leave its end of the pipe to
//! somebody else.

use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::Event;

const INTERVAL: Duration = Duration::from_secs(2);

/// Tells when a process has ended, as far as this system can tell, until the token it returns is
/// dropped.
pub(crate) fn watch(process: u32, events: SyncSender<Event>) -> Arc<()> {
    let token = Arc::new(());
    let alive: Weak<()> = Arc::downgrade(&token);
    if can_tell(process) {
        let look = move || {
            while alive.strong_count() > 0 {
                if !lives(process) {
                    events.send(Event::Orphaned).unwrap_or(());
                    return;
                }
                thread::sleep(INTERVAL);
            }
        };
        // Without this thread the server still ends with its input.
        let _ = thread::Builder::new().name("lsp parent".to_owned()).spawn(look);
    }
    token
}

/// Whether the end of a process can be seen: it is our parent, or the system lists processes as
/// files.
fn can_tell(process: u32) -> bool {
    is_parent(process) || Path::new("/proc/self").exists()
}

fn lives(process: u32) -> bool {
    is_parent(process) || Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(unix)]
fn is_parent(process: u32) -> bool {
    std::os::unix::process::parent_id() == process
}

#[cfg(not(unix))]
fn is_parent(_: u32) -> bool {
    false
}
