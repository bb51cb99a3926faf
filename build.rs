//! Packs `pricing-data/` into the one compressed blob that the binary carries.
fn main() {}
