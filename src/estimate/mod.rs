//! Row 4. Prices what is planned: an estate line by line, and one instance type under every way to buy it.

mod change;
mod options;
mod price;
mod sold;

pub use change::{
    Change, Changed, ChangedLine, Snapshot, SnapshotGuess, SnapshotLine, SnapshotResource,
    SnapshotTier, change,
};
pub use options::{Choice, Fleet, Options, Way, options};
pub use price::{Cost, Estimate, Line, Price, PricedResource, Totals, estimate};
pub use sold::instead_of;
