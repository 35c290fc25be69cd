//! Progress bars, on standard error, where that is a terminal and nobody minds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::flags::Common;

/// A bar that counts done items, and lines for a rate.
pub(crate) struct Progress {
    bar: ProgressBar,
    lines: AtomicU64,
}

impl Progress {
    /// A bar over `length` items, called `what` (`files`).
    pub(super) fn new(common: &Common, length: usize, what: &'static str) -> Progress {
        // indicatif itself hides the bar where standard error is no terminal.
        let target = if common.quiet || common.no_progress {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(length as u64), target);
        let template = format!("{{bar:30}} {{human_pos}}/{{human_len}} {what}{{msg}} {{eta}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        // A bar that nobody sees needs no thread that moves it.
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress { bar, lines: AtomicU64::new(0) }
    }

    /// One more item of so many lines is done.
    pub(super) fn advance(&self, lines: u64) {
        let lines = self.lines.fetch_add(lines, Ordering::Relaxed) + lines;
        let seconds = self.bar.elapsed().as_secs_f64();
        if seconds > 0.5 && !self.bar.is_hidden() {
            let rate = HumanCount((lines as f64 / seconds) as u64);
            self.bar.set_message(format!(", {rate} lines/s"));
        }
        self.bar.inc(1);
    }

    /// Says something above the bar.
    pub(crate) fn interrupt(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
