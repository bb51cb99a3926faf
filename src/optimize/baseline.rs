//! What the usual rules of thumb would buy.

use super::curve::View;
use super::problem::{Problem, Stage};
use super::waterfall::Evaluator;

/// A rule of thumb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// One Compute Savings Plan at the commitment that would have saved most: what the cloud's own
    /// recommender proposes.
    ComputePlan,
    /// One Compute Savings Plan at the minimum usage: always used up.
    MinimumUsage,
    /// One Compute Savings Plan that covers 70 % of the On-Demand cost.
    Coverage70,
    /// One Compute Savings Plan that covers 80 % of the On-Demand cost.
    Coverage80,
    /// Reserved Instances pool by pool as if they were alone, then a Compute Savings Plan for the rest.
    ReservedThenComputePlan,
    /// EC2 Instance Savings Plans family by family, then a Compute Savings Plan for the rest.
    FamilyPlansThenComputePlan,
    /// Reserved Instances and a Compute Savings Plan, each recommended as if the other were not bought.
    Independent,
}

/// What a rule would buy.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The rule.
    pub rule: Rule,
    /// Dollars an hour by source.
    pub commitment: Vec<f64>,
}

/// What every rule would buy, in the order of [`Rule`], beside the least commitments. Databases are no part of any rule: each has beside it the
/// Database Savings Plan that saves most.
pub fn baselines(problem: &Problem, threads: usize) -> Vec<Baseline> {
    baselines_on(problem, &Evaluator::new(problem, threads))
}

pub(super) fn baselines_on(problem: &Problem, evaluator: &Evaluator) -> Vec<Baseline> {
    let rules = Rules { problem, evaluator };
    let least = rules.least();
    let compute = rules.with_compute_plan(&least);
    let reserved = rules.stage(Stage::RegionalReserved);
    let families = rules.stage(Stage::Ec2InstancePlan);
    let independent = reserved.iter().zip(&compute).zip(&least);
    let independent = independent.map(|((a, b), least)| a + b - least).collect();
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is not general enough in its lifetime"
    )]
    let minimum = rules.compute_plan_at(&compute, |view| view.always_used());
    let levels = |level: fn(&View) -> f64| rules.compute_plan_at(&compute, level);
    let found = [
        (Rule::MinimumUsage, minimum),
        (Rule::Coverage70, levels(|view| view.covering(0.7))),
        (Rule::Coverage80, levels(|view| view.covering(0.8))),
        (Rule::ComputePlan, compute),
        (
            Rule::ReservedThenComputePlan,
            rules.with_compute_plan(&reserved),
        ),
        (
            Rule::FamilyPlansThenComputePlan,
            rules.with_compute_plan(&families),
        ),
        (Rule::Independent, independent),
    ];
    let mut found = found.map(|(rule, commitment)| Baseline { rule, commitment });
    found.sort_by_key(|baseline| baseline.rule);
    let databases = rules.stage(Stage::DatabasePlan);
    for baseline in &mut found {
        let amounts = baseline
            .commitment
            .iter_mut()
            .zip(databases.iter().zip(&least));
        amounts.for_each(|(amount, (more, least))| *amount += more - least);
    }
    found.into()
}

struct Rules<'a> {
    problem: &'a Problem,
    evaluator: &'a Evaluator,
}

impl Rules<'_> {
    fn of(&self, stage: Stage) -> impl Iterator<Item = usize> {
        let sources = self.problem.sources().iter().enumerate();
        let sold = sources.filter(move |(_, source)| source.stage == stage && source.max > 0.0);
        sold.map(|(index, _)| index)
    }

    /// What has to be bought in any case.
    fn least(&self) -> Vec<f64> {
        let sources = self.problem.sources().iter();
        sources.map(|source| source.min).collect()
    }

    /// The best level of one source beside `commitment`, and what it saves.
    fn best(&self, commitment: &[f64], source: usize) -> (f64, f64) {
        let view = View::new(self.evaluator, commitment, source);
        let offered = &self.problem.sources()[source];
        let level = view.best().clamp(offered.min, offered.max);
        let saving = view.saving(level);
        (level, saving)
    }

    /// Adds the one Compute Savings Plan that saves most.
    fn with_compute_plan(&self, commitment: &[f64]) -> Vec<f64> {
        let mut commitment = commitment.to_vec();
        let mut best = (0.0, None);
        for source in self.of(Stage::ComputePlan) {
            let (level, saving) = self.best(&commitment, source);
            if saving > best.0 {
                best = (saving, Some((source, level)));
            }
        }
        if let Some((source, level)) = best.1 {
            commitment[source] = level;
        }
        commitment
    }

    /// The Compute Savings Plan of `best` at another level; the first one offered where `best` has none.
    fn compute_plan_at(&self, best: &[f64], level: impl Fn(&View) -> f64) -> Vec<f64> {
        let mut commitment = self.least();
        let chosen = self
            .of(Stage::ComputePlan)
            .find(|&source| best[source] > 0.0);
        if let Some(source) = chosen.or_else(|| self.of(Stage::ComputePlan).next()) {
            commitment[source] = level(&View::new(self.evaluator, &commitment, source));
        }
        commitment
    }

    /// Every source of a stage as if it were alone; of those that would serve the same usage, the one that
    /// saves most.
    fn stage(&self, stage: Stage) -> Vec<f64> {
        let mut commitment = self.least();
        let offers = self.of(stage).map(|source| {
            let (level, saving) = self.best(&commitment, source);
            (source, level, saving)
        });
        let mut offers: Vec<(usize, f64, f64)> = offers.collect();
        offers.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        let mut taken = vec![false; self.evaluator.classes];
        for (source, level, _) in offers {
            let serves = &self.evaluator.sources[self.evaluator.bundle_of[source]].serves;
            if serves.iter().all(|step| !taken[step.class]) {
                for step in serves {
                    taken[step.class] = true;
                }
                commitment[source] = level;
            }
        }
        commitment
    }
}
