//! Who keeps the books while the hours run.

/// Receives what happens in an hour. Quantities are ticks of instance-hours, amounts are atoms of money;
/// `hour` counts from the start of the window.
pub trait Ledger: Send {
    /// `ticks` of a line are covered by a reservation.
    fn reserved(&mut self, hour: usize, line: u32, reservation: usize, ticks: u64);

    /// `ticks` of a line are covered by a plan, using `paid` of its commitment.
    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, paid: u128);

    /// So many ticks of each line are left to On-Demand.
    fn on_demand(&mut self, hour: usize, lines: &[u64]);

    /// So many units (in ticks, in the measure of the pool) of an alive reservation were not used.
    fn unused_reservation(&mut self, hour: usize, reservation: usize, units: u128);

    /// So much of an alive plan's commitment was not used.
    fn unused_plan(&mut self, hour: usize, plan: usize, amount: u128);
}
