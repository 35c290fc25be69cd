//! The pool of threads, for targets whose code uses it.

/// Makes this thread the only one of the pool. To hand work to another takes longer than to do it.
pub fn work_on_this_thread() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("no pool before");
}
