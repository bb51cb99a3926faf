//! Which line each Savings Plan serves at which rate, and in which order (docs/billing-rules.md, R22-R28).

use std::collections::BTreeMap;

use super::paid::PlanFee;
use super::rates::Rates;
use super::scope::{Scope, scopes};
use super::setup::{Entry, Plan, PlanGroup, PlanStage, Settings, Setup, product_of};
use crate::catalog::{Account, PaymentOption, SavingsPlanKind, Term};
use crate::commitment::{SavingsPlan, SavingsPlanScope};
use crate::demand::Demand;
use crate::units::Rate;

/// Plans with the entries they serve.
type Pass = (Vec<usize>, Vec<Entry>);

impl Setup {
    /// Groups the plans and ranks the lines they serve.
    pub(super) fn add_plans(
        &mut self,
        demand: &Demand,
        owned: &[SavingsPlan],
        rates: &impl Rates,
        settings: Settings,
    ) {
        let mut groups: BTreeMap<(SavingsPlanScope, Term, PaymentOption), Vec<usize>> =
            BTreeMap::new();
        for (index, plan) in owned.iter().enumerate() {
            self.plans.push(Plan {
                index,
                account: plan.account,
                alive: plan.alive,
                fee: PlanFee::of(plan, rates.contract()),
            });
            groups
                .entry((plan.scope, plan.term, plan.payment_option))
                .or_default()
                .push(index);
        }
        for ((scope, term, payment_option), mut plans) in groups {
            plans.sort_by_key(|&plan| (owned[plan].account, &owned[plan].id));
            self.groups.push(PlanGroup {
                scope,
                term,
                payment_option,
                plans,
            });
        }
        for (stage, &kind) in SavingsPlanKind::ALL.iter().enumerate() {
            let mut entries = self.entries(demand, kind, rates, settings);
            entries.extend(self.service_entries(kind, rates, settings));
            self.rank(&mut entries);
            self.stages[stage] = self.stage(&entries, kind);
        }
        // Each missing rate once, however many accounts and plans ask for it.
        self.without_plan_rate
            .sort_by(|a, b| (a.product, &a.wanted).cmp(&(b.product, &b.wanted)));
        self.without_plan_rate.dedup();
        self.without_service_plan_rate
            .sort_by(|a, b| (a.region, &a.wanted).cmp(&(b.region, &b.wanted)));
        self.without_service_plan_rate.dedup();
    }

    /// Every line of instances under every group of one kind, at its rate.
    fn entries(
        &mut self,
        demand: &Demand,
        kind: SavingsPlanKind,
        rates: &impl Rates,
        settings: Settings,
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (number, group) in (0_u32..).zip(&self.groups) {
            if group.scope.kind() != kind {
                continue;
            }
            for (index, line) in (0_u32..).zip(&self.lines) {
                let key = &demand.keys()[line.key];
                if !group.scope.covers(key.instance_type.family(), key.region) {
                    continue;
                }
                match rates.savings_plan(product_of(key), kind, group.term, group.payment_option) {
                    Ok(rate) if is_covered(rate, line.covered_below(), settings) => {
                        entries.push(Entry {
                            line: index,
                            group: number,
                            rate: rate.steps(),
                        });
                    }
                    Ok(_) => {}
                    Err(missing) => self.without_plan_rate.push(missing),
                }
            }
        }
        entries
    }

    /// The same of use beside instances.
    fn service_entries(
        &mut self,
        kind: SavingsPlanKind,
        rates: &impl Rates,
        settings: Settings,
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        for (number, group) in (0_u32..).zip(&self.groups) {
            if group.scope.kind() != kind {
                continue;
            }
            for (index, line) in (first..).zip(self.beside.lines()) {
                if !group.scope.covers_item(&line.item, line.region) {
                    continue;
                }
                let (term, payment) = (group.term, group.payment_option);
                match rates.service_plan(line.region, &line.item, kind, term, payment) {
                    Ok(rate) if is_covered(rate, line.on_demand, settings) => {
                        entries.push(Entry {
                            line: index,
                            group: number,
                            rate: rate.steps(),
                        });
                    }
                    Ok(_) => {}
                    Err(missing) => self.without_service_plan_rate.push(missing),
                }
            }
        }
        entries
    }

    /// Orders entries as AWS applies them: highest savings percentage first, of equal ones the lowest
    /// Savings Plan rate. Percentages are compared as exact fractions: rounding would make false ties.
    fn rank(&self, entries: &mut [Entry]) {
        let lines = 0..u32::try_from(self.line_count()).unwrap_or(u32::MAX);
        let steps: Vec<u64> = lines.map(|line| self.on_demand_steps(line)).collect();
        let on_demand = |entry: &Entry| steps[entry.line as usize];
        entries.sort_by(|a, b| {
            // a.rate / a.on_demand < b.rate / b.on_demand, without division.
            let left = u128::from(a.rate) * u128::from(on_demand(b));
            let right = u128::from(b.rate) * u128::from(on_demand(a));
            left.cmp(&right)
                .then(a.rate.cmp(&b.rate))
                .then(a.line.cmp(&b.line))
        });
    }

    /// The passes over ranked entries: those of what runs, then those of slots in which nothing did.
    fn stage(&mut self, entries: &[Entry], kind: SavingsPlanKind) -> PlanStage {
        if !self.lines.iter().any(|line| line.is_idle) {
            return PlanStage {
                passes: self.passes(entries, kind),
                idle: Vec::new(),
            };
        }
        let is_idle = |entry: &&Entry| self.is_idle(entry.line);
        let (idle, running): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_idle);
        let [running, idle]: [Vec<Entry>; 2] =
            [running, idle].map(|half| half.into_iter().copied().collect());
        PlanStage {
            passes: self.passes(&running, kind),
            idle: self.passes(&idle, kind),
        }
    }

    fn passes(&mut self, entries: &[Entry], kind: SavingsPlanKind) -> Vec<Pass> {
        let groups = self
            .groups
            .iter()
            .filter(|group| group.scope.kind() == kind);
        let mut plans: Vec<usize> = groups
            .flat_map(|group| group.plans.iter().copied())
            .collect();
        plans.sort_by_key(|&plan| self.plans[plan].account);
        let sharing = self.sharing.clone();
        let owners: Vec<Account> = plans.iter().map(|&plan| self.plans[plan].account).collect();
        let passes = scopes(owners.into_iter(), &sharing)
            .into_iter()
            .map(|scope| {
                let account = |&&plan: &&usize| scope.holds(self.plans[plan].account);
                let plans: Vec<usize> = plans.iter().filter(account).copied().collect();
                let entries = self.entries_within(&plans, entries, &scope);
                (plans, entries)
            });
        passes.collect()
    }

    /// The entries of the usage in `scope` under its own `plans`, which become groups of their own.
    fn entries_within(
        &mut self,
        plans: &[usize],
        entries: &[Entry],
        scope: &Scope<'_>,
    ) -> Vec<Entry> {
        if matches!(scope, Scope::All) {
            return entries.to_vec();
        }
        let mut own_groups: BTreeMap<u32, u32> = BTreeMap::new();
        let mut own = Vec::new();
        for entry in entries {
            if !scope.holds(self.account_of(entry.line)) {
                continue;
            }
            let own_group = *own_groups
                .entry(entry.group)
                .or_insert_with(|| own_group(&mut self.groups, entry.group, plans));
            own.push(Entry {
                group: own_group,
                ..*entry
            });
        }
        own
    }
}

/// Adds the group that has only those plans of `group` that are among `plans`; gives its index.
fn own_group(groups: &mut Vec<PlanGroup>, group: u32, plans: &[usize]) -> u32 {
    let mut own = groups[group as usize].clone();
    own.plans.retain(|plan| plans.contains(plan));
    groups.push(own);
    u32::try_from(groups.len() - 1).unwrap_or(u32::MAX)
}

/// A plan covers usage that it makes cheaper, and usage it leaves as dear if the settings say so.
fn is_covered<U: Ord>(rate: Rate<U>, on_demand: Rate<U>, settings: Settings) -> bool {
    !rate.is_zero() && (rate < on_demand || (rate == on_demand && settings.cover_zero_discount))
}
