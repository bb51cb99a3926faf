//! Row 5. Lays results out for people and machines.

mod table;

pub use table::{Align, Column, Table};
