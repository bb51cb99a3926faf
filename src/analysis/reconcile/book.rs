//! What was compared, what differed and why: the counts and the largest examples.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, dec};

/// Declares an enum with texts for each variant.
macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident: $code:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name for programs.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What it is, in words.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

told! {
    /// What is compared.
    Check {
        /// Units covered in a pool, by account and hour.
        ReservedCover: "reserved_cover", "Reserved Instances: units covered, by pool, account and hour";
        /// Instance-hours covered of a product, by account and hour.
        PlanCover: "savings_plan_cover", "Savings Plans: instance-hours covered, by product, account and hour";
        /// R34.
        ReservedMoney: "reserved_money", "Reserved Instance and month: used + unused = recurring fee + amortised upfront";
        /// The shares of one row.
        ReservedShare: "reserved_share", "row covered by a Reserved Instance: effective cost = upfront share + recurring share";
        /// The rate of one row.
        PlanRate: "savings_plan_rate", "row covered by a Savings Plan: rate x usage = effective cost";
        /// R36.
        PlanMoney: "savings_plan_money", "Savings Plan and period of its fee: used commitment as stated, and not above the commitment";
        /// R31.
        Negation: "savings_plan_negation", "Savings Plan and month: covered rows + negations = 0";
        /// Used + unused = purchase, as FOCUS has it.
        Purchase: "commitment_purchase", "FOCUS commitment and period: used + unused = purchase";
        /// Rate x quantity of one row.
        RowCost: "row_cost", "row: rate x quantity = cost";
        /// The same at list price.
        RowList: "row_list_cost", "row: list rate x quantity = list cost";
        /// The same at the customer's price.
        RowContracted: "row_contracted_cost", "row: contracted rate x quantity = contracted cost";
        /// Billed against list.
        BilledAtList: "billed_at_list", "usage no commitment covers: billed cost = list cost";
    }
}

told! {
    /// Why two figures are likely to differ.
    Cause {
        /// A day's usage was not even.
        Granularity: "granularity", "the bill is not hourly, and usage was not even over its periods";
        /// Digits that the bill does not have.
        Rounding: "rounding", "rounding of what the bill states";
        /// A part of a month.
        MissingRows: "missing_rows", "the file holds a part of the fee's period only";
        /// A fee paid before the bill.
        UpfrontShare: "upfront_share", "more than the recurring fee, by the same amount every hour: a share of a fee paid upfront";
        /// Free usage.
        FreeTier: "free_tier", "free usage: the bill states a rate of 0";
        /// A price of one's own.
        OtherPrice: "other_price", "billed at a price other than list: negotiated, tiered or promotional";
        /// No fee row.
        NoFeeRow: "no_fee_row", "covered by a commitment whose fee rows the bill does not show";
        /// A fee row that says too little.
        Unknown: "unknown_commitment", "covered by a commitment whose fee row says too little to replay it";
        /// The same cost, other lines.
        InsidePool: "inside_pool", "which size or which commitment inside a pool: AWS does not say, the pool agrees";
        /// Nothing above.
        Unexplained: "unexplained", "nothing in the bill explains it";
    }
}

impl Check {
    /// Up to which difference two figures are equal.
    pub const fn tolerance(self) -> &'static str {
        match self {
            Self::ReservedCover => "1e-4 units",
            Self::PlanCover => "1e-4 instance-hours",
            Self::ReservedMoney | Self::Negation => "half a cent",
            Self::PlanMoney | Self::Purchase => "$0.0001",
            Self::ReservedShare
            | Self::PlanRate
            | Self::RowCost
            | Self::RowList
            | Self::RowContracted
            | Self::BilledAtList => "$0.000001 + 5e-11 x quantity",
        }
    }
}

/// Up to here covered quantities are equal, in units or instance-hours: whole seconds are rounded once.
pub(super) const QUANTITY: Decimal = dec!(0.0001);
/// Up to here the money of a commitment and month is equal, in dollars.
pub(super) const MONTH: Decimal = dec!(0.005);
/// Up to here the money of a commitment and hour or day is equal, in dollars.
pub(super) const HOUR: Decimal = dec!(0.0001);

/// Up to here the money of one row is equal: bills print ten decimals of a rate and of a cost.
pub(super) fn row_tolerance(quantity: Decimal) -> Decimal {
    dec!(0.000001) + quantity.abs() * dec!(0.00000000005)
}

/// How many were compared, and how they came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Compared in all.
    pub compared: u64,
    /// Equal within the tolerance.
    pub equal: u64,
    /// Different for a cause that the bill itself shows.
    pub explained: u64,
    /// Different, and nothing explains it.
    pub unexplained: u64,
}

/// Two figures that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What was compared.
    pub check: Check,
    /// Where: file and line, or pool, account and hour.
    pub place: String,
    /// What the bill says.
    pub bill: Decimal,
    /// What follows from the rest of the bill.
    pub derived: Decimal,
    /// The unit of both.
    pub unit: &'static str,
    /// Dollars at stake.
    pub at_stake: Decimal,
}

/// All differences of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CauseTotal {
    /// How many.
    pub differences: u64,
    /// Dollars at stake in all of them.
    pub at_stake: Decimal,
    /// The largest, by dollars at stake.
    pub largest: Vec<Difference>,
}

/// Rows that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// How many.
    pub rows: u64,
    /// What they cost.
    pub cost: Decimal,
    /// The first of them.
    pub first: String,
}

/// Differences kept of an explained cause; of the unexplained ones more are kept.
const KEPT: usize = 10;
const KEPT_UNEXPLAINED: usize = 1_000;

/// The books of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// By what was compared.
    pub checks: BTreeMap<Check, Tally>,
    /// By likely cause.
    pub causes: BTreeMap<Cause, CauseTotal>,
    /// What could not be compared, by reason.
    pub left_out: BTreeMap<String, LeftOut>,
}

impl Tally {
    /// Counts one comparison; no cause means equal.
    pub(super) fn count(&mut self, cause: Option<Cause>) {
        self.compared += 1;
        match cause {
            None => self.equal += 1,
            Some(Cause::Unexplained) => self.unexplained += 1,
            Some(_) => self.explained += 1,
        }
    }
}

impl Book {
    /// Notes two figures that are equal.
    pub(super) fn equal(&mut self, check: Check) {
        self.checks.entry(check).or_default().count(None);
    }

    /// Notes two figures that differ.
    pub(super) fn differ(&mut self, cause: Cause, difference: Difference) {
        let tally = self.checks.entry(difference.check).or_default();
        tally.count(Some(cause));
        self.remember(cause, difference);
    }

    /// Notes a difference that is no comparison of its own.
    pub(super) fn remember(&mut self, cause: Cause, difference: Difference) {
        let total = self.causes.entry(cause).or_default();
        total.differences += 1;
        total.at_stake = sum(total.at_stake, difference.at_stake);
        let kept = match cause {
            Cause::Unexplained => KEPT_UNEXPLAINED,
            _ => KEPT,
        };
        let larger = |known: &Difference| known.at_stake >= difference.at_stake;
        let place = total.largest.partition_point(larger);
        if place < kept {
            total.largest.insert(place, difference);
            total.largest.truncate(kept);
        }
    }

    /// Notes a row that could not be compared.
    pub(super) fn leave_out(
        &mut self,
        reason: &str,
        cost: Option<Decimal>,
        place: impl Fn() -> String,
    ) {
        if let Some(left) = self.left_out.get_mut(reason) {
            left.rows += 1;
            left.cost = sum(left.cost, cost.unwrap_or_default());
            return;
        }
        let first = LeftOut {
            rows: 1,
            cost: cost.unwrap_or_default(),
            first: place(),
        };
        self.left_out.insert(reason.to_owned(), first);
    }

    /// Differences that nothing explains.
    pub fn unexplained(&self) -> u64 {
        self.causes
            .get(&Cause::Unexplained)
            .map_or(0, |total| total.differences)
    }
}

/// A sum that stays at the limit where it would pass it: cells are bounded, so that no real bill gets there.
pub(super) fn sum(a: Decimal, b: Decimal) -> Decimal {
    a.checked_add(b).unwrap_or(Decimal::MAX)
}
