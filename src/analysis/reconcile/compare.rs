//! Compares a replay with the bill, place by place, and says why a difference is likely.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, dec};

use super::book::{Book, Cause, Check, Difference, HOUR, QUANTITY, Tally};
use super::replay::{Pair, Place, Pool, Replay};
use crate::catalog::{Account, Family, SavingsPlanKind};
use crate::units::Hour;

/// What places are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// A Reserved Instance or Savings Plan.
    Commitment,
    /// Usage in which commitments stand in for each other.
    Pool,
    /// Who used.
    Account,
    /// The hour, day or month.
    Period,
}

impl Dimension {
    /// Every one, in order.
    pub const ALL: [Self; 4] = [Self::Commitment, Self::Pool, Self::Account, Self::Period];

    /// Its name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Commitment => "commitment",
            Self::Pool => "pool",
            Self::Account => "account",
            Self::Period => "period",
        }
    }
}

/// Places counted by commitment, pool, account and period.
pub type Breakdown = BTreeMap<(Dimension, String), Tally>;

/// Periods and families whose usage was not even.
type Uneven = BTreeSet<(Hour, Family)>;

/// Compares every place.
pub(super) fn compare(replay: &Replay, uneven: &Uneven, book: &mut Book) -> Breakdown {
    let mut breakdown = Breakdown::new();
    let groups = groups(replay);
    let mut unequal: BTreeSet<u32> = BTreeSet::new();
    let mut agreeing: BTreeSet<(u32, Pool, Account)> = BTreeSet::new();
    for (place, pair) in &replay.places {
        let plans = place.pool.plans();
        if plans.is_some_and(|kind| replay.mixed.contains(&(kind, place.period))) {
            let reason = "cover by a Savings Plan that served more in the period than the bill's rows let replay (their item or list rate is not known)";
            book.leave_out(reason, None, || name(replay, *place));
            continue;
        }
        let cause = cause(replay, *place, *pair, &groups, uneven);
        let check = match place.pool {
            Pool::Plan(..) | Pool::Beside(..) => Check::PlanCover,
            Pool::Flexible(..) | Pool::Exact(_) => Check::ReservedCover,
        };
        match cause {
            None => {
                book.equal(check);
                agreeing.insert((place.period, place.pool, place.account));
            }
            Some(cause) => {
                book.differ(cause, difference(replay, *place, *pair, check));
                if cause == Cause::Unexplained {
                    unequal.insert(place.period);
                }
            }
        }
        let period = replay.periods[place.period as usize].start();
        for (dimension, name) in [
            (Dimension::Pool, pool_name(replay, place.pool)),
            (Dimension::Account, place.account.to_string()),
            (Dimension::Period, period.to_string()),
        ] {
            breakdown.entry((dimension, name)).or_default().count(cause);
        }
    }
    inside_pools(replay, &agreeing, book);
    by_commitment(replay, &unequal, &mut breakdown);
    set_aside(replay, book);
    breakdown
}

/// Totals of what commitments stand in for each other, by period: a day may shift cover, not create it.
fn groups(replay: &Replay) -> BTreeMap<(u32, Pool), Pair> {
    let mut groups: BTreeMap<(u32, Pool), Pair> = BTreeMap::new();
    for (place, pair) in &replay.places {
        let group = groups.entry((place.period, place.pool)).or_default();
        group.bill += pair.bill;
        group.derived += pair.derived;
        group.rounding = group.rounding.max(pair.rounding);
    }
    groups
}

/// The measure of a pool in its own unit: normalized units are counted in quarters.
fn measure(pool: Pool, nano: i128) -> Decimal {
    let plain = dollars(nano);
    match pool {
        Pool::Flexible(..) => plain * dec!(0.25),
        Pool::Exact(_) | Pool::Plan(..) | Pool::Beside(..) => plain,
    }
}

/// 1e-9 of something as a number.
pub(super) fn dollars(nano: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(nano, 9).unwrap_or(Decimal::MAX)
}

/// Why the figures of a place differ; `None` when they do not.
fn cause(
    replay: &Replay,
    place: Place,
    pair: Pair,
    groups: &BTreeMap<(u32, Pool), Pair>,
    uneven: &Uneven,
) -> Option<Cause> {
    let difference = measure(place.pool, (pair.bill - pair.derived).abs());
    if difference <= QUANTITY {
        return None;
    }
    if difference <= measure(place.pool, pair.rounding) + QUANTITY {
        return Some(Cause::Rounding);
    }
    let start = replay.periods[place.period as usize].start();
    // Spread evenly, usage is covered as far as any course of the day allows: the bill may have less, not more.
    let (slack, possible) = match place.pool {
        Pool::Flexible(family, _) => {
            let group = groups.get(&(place.period, place.pool));
            let possible = group.is_some_and(|g| g.bill <= g.derived + g.rounding);
            (uneven.contains(&(start, family)), possible)
        }
        Pool::Exact(product) => {
            let group = groups.get(&(place.period, place.pool));
            let possible = group.is_some_and(|g| g.bill <= g.derived + g.rounding);
            let family = product.instance_type.family();
            (uneven.contains(&(start, family)), possible)
        }
        Pool::Plan(kind, _) | Pool::Beside(kind, _) => {
            let spent = replay.spent.get(&(kind, place.period));
            let possible = spent.is_some_and(|s| dollars(s.bill - s.derived) <= HOUR);
            let is_uneven = uneven.iter().any(|&(hour, _)| hour == start);
            (is_uneven || replay.spread.contains(&place.period), possible)
        }
    };
    Some(if slack && possible {
        Cause::Granularity
    } else {
        Cause::Unexplained
    })
}

fn difference(replay: &Replay, place: Place, pair: Pair, check: Check) -> Difference {
    let stake = (pair.bill_value - pair.derived_value).abs();
    Difference {
        check,
        place: name(replay, place),
        bill: measure(place.pool, pair.bill).normalize(),
        derived: measure(place.pool, pair.derived).normalize(),
        unit: match place.pool {
            Pool::Flexible(..) => "normalized units",
            Pool::Exact(_) | Pool::Plan(..) => "instance-hours",
            Pool::Beside(..) => "units",
        },
        at_stake: Decimal::try_from_i128_with_scale(stake, 12).unwrap_or_default(),
    }
}

fn name(replay: &Replay, place: Place) -> String {
    let period = replay.periods[place.period as usize];
    format!(
        "{}, account {}, {}",
        pool_name(replay, place.pool),
        place.account,
        period.start()
    )
}

/// Where the pool agrees and its sizes do not: AWS does not say which size it covers first.
fn inside_pools(replay: &Replay, agreeing: &BTreeSet<(u32, Pool, Account)>, book: &mut Book) {
    // By place: both sides at On-Demand prices, and the size that the bill covers most above the engine.
    let mut moved: BTreeMap<Place, (i128, usize)> = BTreeMap::new();
    let more = |key: usize, period: u32| {
        let pair = replay.sizes.get(&(period, key));
        pair.map_or(0, |pair| pair.bill - pair.derived)
    };
    for (&(period, key), pair) in &replay.sizes {
        let (pool, account) = replay.pools[key];
        let difference = measure(pool, (pair.bill - pair.derived).abs());
        if difference <= QUANTITY || !agreeing.contains(&(period, pool, account)) {
            continue;
        }
        let place = Place {
            period,
            pool,
            account,
        };
        let (value, most) = moved.entry(place).or_insert((0, key));
        *value += pair.bill_value - pair.derived_value;
        if more(key, period) > more(*most, period) {
            *most = key;
        }
    }
    for (place, (value, key)) in moved {
        let pair = replay.sizes.get(&(place.period, key)).copied();
        let mut found = difference(
            replay,
            place,
            pair.unwrap_or_default(),
            Check::ReservedCover,
        );
        found.place = format!("{}, {}", replay.sizes_of[key], found.place);
        found.at_stake = Decimal::try_from_i128_with_scale(value.abs(), 12).unwrap_or_default();
        book.remember(Cause::InsidePool, found);
    }
}

/// How often each commitment did what the engine says.
fn by_commitment(replay: &Replay, unequal: &BTreeSet<u32>, breakdown: &mut Breakdown) {
    for ((id, period), pair) in &replay.commitments {
        let difference = dollars((pair.bill - pair.derived).abs());
        // Quarters of units, or dollars.
        let equal = difference <= HOUR * dec!(4);
        let cause = if equal {
            None
        } else if unequal.contains(period) {
            Some(Cause::Unexplained)
        } else {
            Some(Cause::InsidePool)
        };
        let key = (Dimension::Commitment, id.clone());
        breakdown.entry(key).or_default().count(cause);
    }
}

/// Usage under commitments that could not be replayed.
fn set_aside(replay: &Replay, book: &mut Book) {
    for (arn, &(pico, has_fee)) in &replay.unknown {
        let name = match arn.as_str() {
            "" => "commitments that no column names",
            arn => arn,
        };
        let cause = if has_fee {
            Cause::Unknown
        } else {
            Cause::NoFeeRow
        };
        let cost = Decimal::try_from_i128_with_scale(pico, 12).unwrap_or_default();
        let found = Difference {
            check: Check::ReservedCover,
            place: name.to_owned(),
            bill: cost,
            derived: Decimal::ZERO,
            unit: "$",
            at_stake: cost,
        };
        // The money of a commitment without fee rows is counted with the fees.
        if has_fee {
            book.remember(cause, found);
        }
        let reason = match cause {
            Cause::Unknown => "cover by a commitment whose fee row says too little to replay it",
            _ => "cover by a commitment whose fee rows the bill does not show",
        };
        book.leave_out(reason, Some(cost), || name.to_owned());
    }
}

fn pool_name(replay: &Replay, pool: Pool) -> String {
    match pool {
        Pool::Flexible(family, region) => format!("{family} in {region}"),
        Pool::Exact(product) => product.to_string(),
        Pool::Plan(kind, product) => format!("{}, {product}", plans(kind)),
        Pool::Beside(kind, item) => {
            let (region, item) = &replay.items[item];
            format!("{}, {item} in {region}", plans(kind))
        }
    }
}

const fn plans(kind: SavingsPlanKind) -> &'static str {
    match kind {
        SavingsPlanKind::Compute => "Compute plans",
        SavingsPlanKind::Ec2Instance => "EC2 Instance plans",
        SavingsPlanKind::Database => "Database plans",
    }
}
