//! Work on the lanes of a tile, compiled for the widest vector instructions the machine has.
//!
//! A lane's operations stay the same ones in the same order (nothing is fused), so results are the same bits on any
//! machine. What is compiled for every x86 does two lanes at once; most machines do four.

/// Does `work`. Only what is inlined into it is compiled so: the closure says `#[inline(always)]`, and what it calls in
/// a loop is small.
pub(super) fn wide<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
