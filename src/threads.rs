//! How many threads a piece of work is given, and the same work for many items.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, OnceLock, PoisonError};

/// As many as the machine runs at once.
pub fn of_machine() -> usize {
    // Asking reads files of the operating system: it costs as much as a small bill.
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Of `most` threads as many as have `enough` steps of the `work` each, and one in any case: to start a thread and to wait
/// for it takes some ten microseconds.
pub fn worth(most: usize, work: usize, enough: usize) -> usize {
    most.min(work.div_euclid(enough.max(1))).max(1)
}

/// Does something for every item on at most so many threads; the results are in the items' order.
///
/// # Errors
/// The first item's whose work failed.
pub fn side_by_side<T: Send, R: Send, E: Send>(
    threads: usize,
    items: impl Iterator<Item = T>,
    work: impl Fn(T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let queue = Mutex::new(items.enumerate().collect::<VecDeque<_>>());
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some((place, item)) = next else { return };
                    let result = work(item);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(place, result);
                }
            });
        }
    });
    done.into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_values()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_work_is_done_by_one() {
        assert_eq!(worth(4, 0, 10), 1);
        assert_eq!(worth(4, 19, 10), 1);
        assert_eq!(worth(4, 20, 10), 2);
        assert_eq!(worth(4, 1_000, 10), 4);
        assert_eq!(worth(0, 1_000, 10), 1);
        assert_eq!(worth(4, 3, 0), 3);
        assert!(of_machine() >= 1);
    }
}
