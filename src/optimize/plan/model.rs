//! The numeric problem of a setup: classes of usage in On-Demand dollars, commitments as sources.
//!
//! Every dollar is one that is paid: usage counts at contracted prices, a commitment by what is paid of it. The
//! order of application stays that of the public prices, which the setup has.

use std::collections::BTreeMap;

use crate::billing::{Amounts, Entry, Setup};
use crate::demand::Demand;
use crate::prices::Share;
use crate::units::{HourSpan, TICKS_PER_UNIT};

use super::super::{InvalidProblem, Problem, Served, Source, Stage};

/// Where a source of the problem comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceOf {
    /// A reservation of the setup.
    Reservation(usize),
    /// A Savings Plan of the setup.
    Plan(usize),
}

/// A problem and what its sources are.
#[derive(Debug)]
pub(super) struct Model {
    /// The numbers.
    pub(super) problem: Problem,
    /// What each source is, in the problem's order.
    pub(super) sources: Vec<SourceOf>,
}

/// The part of a source that does not depend on classes.
struct Draft {
    of: SourceOf,
    stage: Stage,
    name: String,
    /// Line and ratio, in the order of application.
    serves: Vec<(u32, f64)>,
    /// Committed dollars an hour that are owned, where it is.
    owned: Option<f64>,
    alive: HourSpan,
}

impl Model {
    /// The problem of choosing the amounts of every commitment of `setup` but the first `owned` ones (of
    /// reservations and of plans), which stay as in `amounts`. `steps` is what one instance of each
    /// reservation costs an hour, dollars. The hours are those of so many futures, one behind the other; what
    /// is bought or owned is there in each.
    pub(super) fn new(
        setup: &Setup,
        amounts: &Amounts,
        (demand, futures): (&Demand, usize),
        owned: (usize, usize),
        steps: &[f64],
    ) -> Result<Self, InvalidProblem> {
        let drafts = drafts(setup, amounts, owned, steps);
        let (class_of, usage) = classes(setup, demand, &drafts);
        let span = demand.span();
        let sources = drafts
            .iter()
            .map(|draft| draft.source(&class_of, span, futures))
            .collect();
        let problem = Problem::new(span.len(), usage, sources)?;
        Ok(Self {
            problem,
            sources: drafts.into_iter().map(|draft| draft.of).collect(),
        })
    }
}

/// Every commitment as a source, in AWS's order of application.
fn drafts(setup: &Setup, amounts: &Amounts, owned: (usize, usize), steps: &[f64]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for pool in &setup.pools {
        // Plans are made for accounts that share: the last pass is everybody's.
        let Some(pass) = pool.passes.last() else {
            continue;
        };
        // Behind what runs come slots in which nothing did.
        let idle = pool.idle.last().into_iter().flat_map(|pass| &pass.lines);
        let lines: Vec<u32> = pass.lines.iter().chain(idle).copied().collect();
        for &reservation in &pass.reservations {
            let is_owned = reservation < owned.0;
            let count = amounts.counts[reservation];
            let step = if is_owned {
                None
            } else {
                Some(steps[reservation])
            };
            drafts.push(reserved(
                setup,
                &lines,
                reservation,
                pool.zonal,
                step,
                count,
            ));
        }
    }
    for (stage, kind) in setup.stages.iter().zip([
        Stage::Ec2InstancePlan,
        Stage::ComputePlan,
        Stage::DatabasePlan,
    ]) {
        let Some((plans, entries)) = stage.passes.last() else {
            continue;
        };
        let idle = stage.idle.last().into_iter().flat_map(|pass| &pass.1);
        let entries: Vec<Entry> = entries.iter().chain(idle).copied().collect();
        for &plan in plans {
            let commitment = setup.plans[plan]
                .fee
                .effective(amounts.commitments[plan])
                .to_f64();
            let owned = (plan < owned.1).then_some(commitment);
            drafts.push(planned(setup, &entries, plan, kind, owned));
        }
    }
    // Stable: within a stage the setup's order stays.
    drafts.sort_by_key(|draft| draft.stage);
    drafts
}

/// A reservation. What can be bought is measured by its price; what is owned by what it displaces, because
/// its price is paid either way.
fn reserved(
    setup: &Setup,
    lines: &[u32],
    reservation: usize,
    zonal: bool,
    step: Option<f64>,
    count: u64,
) -> Draft {
    let units = setup.reservations[reservation].units as f64;
    let per_unit = |line: u32| {
        // A host is one of its pool.
        setup.service(line).map_or_else(
            || {
                let line = &setup.lines[line as usize];
                line.contracted.for_one().to_f64() / line.units as f64
            },
            |host| host.contracted.for_one().to_f64(),
        )
    };
    let least = lines
        .iter()
        .map(|&line| per_unit(line))
        .fold(f64::INFINITY, f64::min);
    let least = if least.is_finite() && least > 0.0 {
        least
    } else {
        1.0
    };
    let measure = step.map_or(least, |step| step / units);
    Draft {
        of: SourceOf::Reservation(reservation),
        stage: if zonal {
            Stage::ZonalReserved
        } else {
            Stage::RegionalReserved
        },
        name: format!("reservation {reservation}"),
        serves: lines
            .iter()
            .map(|&line| (line, per_unit(line) / measure))
            .collect(),
        owned: step.is_none().then_some(measure * units * count as f64),
        alive: setup.reservations[reservation].alive,
    }
}

fn planned(
    setup: &Setup,
    entries: &[Entry],
    plan: usize,
    stage: Stage,
    owned: Option<f64>,
) -> Draft {
    let is_own = |entry: &&Entry| setup.groups[entry.group as usize].plans.contains(&plan);
    let paid = setup.plans[plan].fee.share().parts();
    let ratio = |entry: &Entry| {
        let on_demand = setup.contracted_steps(entry.line);
        (entry.line, displaced(on_demand, entry.rate, paid))
    };
    Draft {
        of: SourceOf::Plan(plan),
        stage,
        name: format!("plan {plan}"),
        serves: entries.iter().filter(is_own).map(ratio).collect(),
        owned,
        alive: setup.plans[plan].alive,
    }
}

/// On-Demand dollars that a paid dollar of commitment displaces. Where a discount makes its numbers long, the
/// fraction is reduced before it is divided: equal ratios come out as equal floats, and lines merge by them.
fn displaced(on_demand: u64, rate: u64, paid: u64) -> f64 {
    let whole = u128::from(Share::WHOLE.parts());
    if u128::from(paid) == whole {
        return on_demand as f64 / rate as f64;
    }
    let (above, below) = (
        u128::from(on_demand) * whole,
        u128::from(rate) * u128::from(paid),
    );
    let divisor = common_divisor(above, below).max(1);
    above.div_euclid(divisor) as f64 / below.div_euclid(divisor) as f64
}

fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 {
        a
    } else {
        common_divisor(b, a.rem_euclid(b))
    }
}

/// Lines that the same sources serve at the same ratios are one class: no commitment tells them apart.
fn classes(setup: &Setup, demand: &Demand, drafts: &[Draft]) -> (Vec<usize>, Vec<Vec<f64>>) {
    let mut signatures: Vec<Vec<(usize, u64)>> = vec![Vec::new(); setup.line_count()];
    for (source, draft) in drafts.iter().enumerate() {
        for &(line, ratio) in &draft.serves {
            signatures[line as usize].push((source, ratio.to_bits()));
        }
    }
    let mut known: BTreeMap<Vec<(usize, u64)>, usize> = BTreeMap::new();
    let mut usage: Vec<Vec<f64>> = Vec::new();
    let of_signature = |signature| {
        *known.entry(signature).or_insert_with(|| {
            usage.push(vec![0.0; demand.span().len()]);
            usage.len() - 1
        })
    };
    let class_of: Vec<usize> = signatures.into_iter().map(of_signature).collect();
    let (instances, beside) = class_of.split_at(setup.lines.len());
    for (line, &class) in setup.lines.iter().zip(instances) {
        let per_second = line.contracted.for_one().to_f64() / 3_600.0;
        for (sum, &seconds) in usage[class].iter_mut().zip(demand.seconds(line.key)) {
            *sum += f64::from(seconds) * per_second;
        }
    }
    let per_tick = setup.services().iter();
    let per_tick: Vec<f64> = per_tick
        .map(|line| line.contracted.for_one().to_f64() / TICKS_PER_UNIT as f64)
        .collect();
    for (hour, _) in demand.span().hours().enumerate() {
        for &(line, ticks) in setup.beside.of_hour(hour) {
            usage[beside[line as usize]][hour] += ticks as f64 * per_tick[line as usize];
        }
    }
    (class_of, usage)
}

impl Draft {
    fn source(&self, class_of: &[usize], span: HourSpan, futures: usize) -> Source {
        let mut serves: Vec<Served> = Vec::new();
        for &(line, ratio) in &self.serves {
            let class = class_of[line as usize];
            if serves.iter().all(|served| served.class != class) {
                serves.push(Served { class, ratio });
            }
        }
        let hours = span.len().div_euclid(futures.max(1));
        let mut source = Source::new(self.name.clone(), self.stage, hours as f64, serves);
        if let Some(capacity) = self.owned {
            let alive = |hour| {
                if self.alive.contains(hour) {
                    capacity
                } else {
                    0.0
                }
            };
            let window = span.hours().take(hours).map(alive).collect::<Vec<_>>();
            source.owned = window.repeat(futures);
            source.max = 0.0;
        }
        source
    }
}
