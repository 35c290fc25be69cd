//! The projects that services keep open. A project is opened anew when its files have changed.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Checker, Place, SessionError};
use crate::project::config::ConfigChoice;

/// Projects that are kept open at a time.
const MAX_OPEN: usize = 16;
/// How long a project stays open although nothing that it watches has changed. Manifests below the
/// project name its own packages. They are too many to be watched.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Projects that are open, the one asked last first.
#[derive(Default)]
pub(crate) struct Projects {
    open: Mutex<Vec<OpenProject>>,
}

struct OpenProject {
    place: Place,
    since: Instant,
    checker: Arc<Checker>,
}

/// Whether the files of a project had changed since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// They had not, or it was not open.
    Fresh,
    /// They had.
    Changed,
}

impl Place {
    /// The same choices for the project of another directory. A configuration that was named holds
    /// there too.
    pub fn at(&self, directory: &Path) -> Place {
        let configured = match &self.configured {
            ConfigChoice::Nearest(_) => ConfigChoice::Nearest(directory.to_owned()),
            named => named.clone(),
        };
        Place { directory: directory.to_owned(), configured, choices: self.choices.clone() }
    }
}

impl Projects {
    /// Returns the project as it is configured now. Nobody waits for a thread that opens one: it may
    /// never be done.
    ///
    /// # Errors
    /// If it is configured wrongly, or an index cannot be opened.
    pub(crate) fn open(&self, place: &Place) -> Result<(Arc<Checker>, Freshness), SessionError> {
        let mut freshness = Freshness::Fresh;
        if let Some((since, checker)) = self.find_open(place) {
            if checker.is_outdated() {
                freshness = Freshness::Changed;
            } else if since.elapsed() < MAX_AGE {
                return Ok((checker, freshness));
            }
        }
        let checker = Arc::new(place.open()?);
        let mut open = lock(&self.open);
        // Another thread may have opened it in the meantime.
        open.retain(|project| project.place != *place);
        open.truncate(MAX_OPEN - 1);
        let (place, since) = (place.clone(), Instant::now());
        open.insert(0, OpenProject { place, since, checker: Arc::clone(&checker) });
        Ok((checker, freshness))
    }

    /// A project that is open, and since when. It counts as the one asked last.
    fn find_open(&self, place: &Place) -> Option<(Instant, Arc<Checker>)> {
        let mut open = lock(&self.open);
        let at = open.iter().position(|project| project.place == *place)?;
        open[..=at].rotate_right(1);
        Some((open[0].since, Arc::clone(&open[0].checker)))
    }

    /// Closes every project: the next question reads it anew.
    pub(crate) fn close_all(&self) {
        lock(&self.open).clear();
    }
}

/// The list stays whole whatever happens to a thread that holds the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
