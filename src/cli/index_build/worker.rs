//! A process that reads components, seen from the one that started it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::one::Outcome;
use super::quarantine::Reason;

/// How to start a process, and how long a component may take.
pub(crate) struct Limits {
    pub time: Duration,
    /// Memory of a process in MiB.
    pub memory: u64,
    /// The arguments of a process.
    pub arguments: Vec<std::ffi::OsString>,
    /// Threads of a process.
    pub threads: usize,
}

/// A process that waits for lines.
struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
    /// What it said last on standard error.
    errors: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    /// Lines it was given.
    given: u64,
}

/// Bytes that are kept of what a process says on standard error.
const MAX_ERROR_BYTES: usize = 4096;

/// Reads components by a process that is started again when it ended.
pub(crate) struct Worker<'a> {
    limits: &'a Limits,
    process: Option<Process>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(limits: &'a Limits) -> Worker<'a> {
        Worker { limits, process: None }
    }

    /// Reads the component of a line.
    ///
    /// # Errors
    /// If no process can be started.
    pub(super) fn read(&mut self, line: &str) -> io::Result<Outcome> {
        loop {
            let mut process = match self.process.take() {
                Some(process) => process,
                None => Process::start(self.limits)?,
            };
            process.given += 1;
            match process.ask(line, self.limits.time) {
                Ok(outcome) => {
                    self.process = Some(process);
                    return Ok(outcome);
                }
                Err(Silence::Hung) => {
                    process.end();
                    let seconds = self.limits.time.as_secs_f64();
                    let message = format!("it was not read within {seconds} seconds");
                    return Ok(Outcome::refusal(Reason::Hung, message));
                }
                Err(Silence::Ended) => {
                    let is_first = process.given == 1;
                    let refused = process.cause(self.limits);
                    // What others left in its memory is no fault of this component.
                    if is_first {
                        return Ok(refused);
                    }
                }
            }
        }
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }
}

/// Why a process does not answer.
enum Silence {
    Hung,
    Ended,
}

impl Process {
    fn start(limits: &Limits) -> io::Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(&limits.arguments).env("RAYON_NUM_THREADS", limits.threads.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        // In a group of its own, so that the clients which it starts can be ended with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let pipe = |name| io::Error::other(format!("no pipe for {name}"));
        let input = child.stdin.take().ok_or_else(|| pipe("input"))?;
        let output = child.stdout.take().ok_or_else(|| pipe("output"))?;
        let said = child.stderr.take().ok_or_else(|| pipe("errors"))?;
        let (sender, answers) = mpsc::channel();
        let answering = thread::Builder::new().spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        })?;
        let errors = Arc::new(Mutex::new(Vec::new()));
        let kept = errors.clone();
        let telling = thread::Builder::new().spawn(move || keep_last(said, &kept))?;
        let readers = vec![answering, telling];
        Ok(Process { child, input, answers, errors, readers, given: 0 })
    }

    fn ask(&mut self, line: &str, patience: Duration) -> Result<Outcome, Silence> {
        // One that ended already says so below.
        let _ = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        match self.answers.recv_timeout(patience) {
            Ok(answer) => serde_json::from_str(&answer).map_err(|_| Silence::Ended),
            Err(RecvTimeoutError::Timeout) => Err(Silence::Hung),
            Err(RecvTimeoutError::Disconnected) => Err(Silence::Ended),
        }
    }

    /// Why a process ended that should not have.
    fn cause(self, limits: &Limits) -> Outcome {
        let errors = self.errors.clone();
        let status = self.end();
        let said = errors.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&said);
        // Rust says so where the system gives no more memory.
        if said.contains("memory allocation of") || is_killed(status) {
            let message = format!("reading it took more than {} MiB of memory", limits.memory);
            return Outcome::refusal(Reason::Memory, message);
        }
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let status = status.map_or_else(|| "it is gone".to_owned(), |status| status.to_string());
        Outcome::refusal(Reason::Crashed, format!("reading it ended the process: {status}; {last}"))
    }

    /// Ends a process and those that it started. One that ended by itself keeps its status.
    fn end(mut self) -> Option<ExitStatus> {
        kill(&mut self.child);
        let status = self.child.wait().ok();
        for reader in self.readers {
            let _ = reader.join();
        }
        status
    }
}

/// Ends a process at once, with all that it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

/// Whether the system ended a process, as it does where memory runs out.
#[cfg(unix)]
fn is_killed(status: Option<ExitStatus>) -> bool {
    const SIGKILL: i32 = 9;
    let signal = status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
    signal == Some(SIGKILL)
}

#[cfg(not(unix))]
fn is_killed(_: Option<ExitStatus>) -> bool {
    false
}

/// Keeps the last bytes of a pipe.
fn keep_last(mut pipe: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..length]);
        let surplus = kept.len().saturating_sub(MAX_ERROR_BYTES);
        kept.drain(..surplus);
    }
}
