//! A backtest as figures alone, fresh or read back from its JSON: the tables and the chart of both.

use crate::analysis::ratio;
use crate::report::chart::{PlanBar, PlansChart};
use crate::report::format::percent;
use crate::report::run::savings_percent;
use crate::report::{Cell, Table};
use crate::units::{HourSpan, Money};

/// What came of every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// How often a rule could buy: `month` or `quarter`.
    pub every: String,
    /// What money costs a year, per cent, where that was said.
    pub cost_of_capital: Option<String>,
    /// The rules for purchases, with what they ask for.
    pub rules_kept: Vec<String>,
    /// The hours that are counted.
    pub window: HourSpan,
    /// From one purchase to the next, and what each costs without any commitment.
    pub periods: Vec<(HourSpan, Money)>,
    /// Hindsight, then every rule.
    pub rules: Vec<ReplayedRule>,
}

/// What a rule paid and bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedRule {
    /// Its name for machines.
    pub code: String,
    /// Its name for people.
    pub title: String,
    /// Whether it knew the future.
    pub hindsight: bool,
    /// What each period cost.
    pub costs: Vec<Money>,
    /// What paying at purchase costs in the window at the cost of capital; in none of them.
    pub capital: Money,
    /// What its purchases cost after the window until their terms end.
    pub after: Money,
    /// What it bought, in order of time.
    pub bought: Vec<ReplayedPurchase>,
}

/// A purchase of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedPurchase {
    /// Its first hour.
    pub at: String,
    /// Dollars an hour at public prices.
    pub committed: Money,
    /// Paid at purchase.
    pub upfront: Money,
}

impl ReplayedRule {
    /// What the window cost.
    pub fn cost(&self) -> Money {
        self.costs.iter().copied().sum()
    }

    /// The same with what capital costs: what rules are compared by.
    pub fn counted(&self) -> Money {
        self.cost() + self.capital
    }

    fn committed(&self) -> Money {
        self.bought.iter().map(|one| one.committed).sum()
    }
}

impl Replayed {
    /// The window without any commitment.
    pub fn on_demand(&self) -> Money {
        self.periods.iter().map(|&(_, cost)| cost).sum()
    }

    /// What the window cost with the future known, with what capital costs.
    pub fn hindsight(&self) -> Money {
        let known = self.rules.iter().find(|rule| rule.hindsight);
        known.map_or(Money::ZERO, ReplayedRule::counted)
    }

    /// Every rule's cost as a bar, On-Demand first.
    pub fn chart(&self) -> PlansChart {
        let on_demand = self.on_demand();
        let saved = |cost| percent(Some(savings_percent(cost, on_demand)));
        let bar = |rule: &ReplayedRule| PlanBar {
            name: rule.title.clone(),
            cost: rule.cost(),
            detail: format!("{} % saved", saved(rule.cost())).replace('-', "\u{2212}"),
            chosen: rule.hindsight,
        };
        let none = PlanBar {
            name: "Everything On-Demand".into(),
            cost: on_demand,
            detail: String::new(),
            chosen: false,
        };
        PlansChart {
            title: "What each buying rule would have cost".into(),
            subtitle: format!(
                "{}, everything included; hindsight in blue. Each rule saw only what came before each purchase.",
                self.window
            ),
            plans: [none]
                .into_iter()
                .chain(self.rules.iter().map(bar))
                .collect(),
            lower_bound: None,
        }
    }

    /// Rules, their savings by period, and what they bought.
    pub fn tables(&self) -> Vec<Table> {
        vec![self.rules(), self.by_period(), self.bought()]
    }

    fn rules(&self) -> Table {
        let title = format!("Buying every {}, counted over {}", self.every, self.window);
        let mut heads = vec!["rule", ">cost, $"];
        heads.extend(
            self.cost_of_capital
                .as_ref()
                .map(|_| ">cost with capital, $"),
        );
        heads.extend([
            ">saving, $",
            ">ESR, %",
            ">regret, $",
            ">regret, %",
            ">purchases",
            ">committed, $/h",
            ">still owed after, $",
        ]);
        let mut table = Table::new(title, &heads).named("rules");
        table.row(self.rule("Everything On-Demand", None));
        for rule in &self.rules {
            if rule.hindsight {
                table.chosen = Some(table.rows.len());
            }
            table.row(self.rule(&rule.title, Some(rule)));
        }
        table.note(
            "Each rule sees only the usage before the day it buys; what it buys lives to the end of its term, used or not.",
        );
        table.note(
            "ESR: saved of the On-Demand cost. Regret: cost above hindsight, the cheapest purchases on the first day for \
             the whole counted window, known beforehand. It may be negative: a rule may buy later, hindsight may not.",
        );
        if !self.rules_kept.is_empty() {
            table.note(format!("Rules kept: {}.", self.rules_kept.join("; ")));
        }
        if let Some(percent) = &self.cost_of_capital {
            table.note(format!(
                "Fees are weighed, and regret is counted, with a cost of capital of {percent} % a year."
            ));
        }
        table
    }

    fn rule(&self, title: &str, rule: Option<&ReplayedRule>) -> Vec<Cell> {
        let (on_demand, hindsight) = (self.on_demand(), self.hindsight());
        let nothing = || "-".into();
        let cost = rule.map_or(on_demand, ReplayedRule::cost);
        let counted = rule.map_or(on_demand, ReplayedRule::counted);
        let mut cells = vec![title.into(), Cell::money(cost, 2)];
        let with_capital = self.cost_of_capital.as_ref();
        cells.extend(with_capital.map(|_| Cell::money(counted, 2)));
        cells.extend([
            Cell::money(on_demand - cost, 2),
            Cell::percent(Some(savings_percent(cost, on_demand))),
            Cell::money(counted - hindsight, 2),
            Cell::percent(ratio(counted - hindsight, hindsight)),
            Cell::count(rule.map_or(0, |rule| rule.bought.len() as u64)),
            rule.map_or_else(nothing, |rule| Cell::rate(rule.committed(), 3)),
            rule.map_or_else(nothing, |rule| Cell::money(rule.after, 2)),
        ]);
        cells
    }

    /// Rules in rows: their names are long, and there may be many periods.
    fn by_period(&self) -> Table {
        let months = self.periods.iter().map(|(period, _)| {
            let (year, month) = period.start().month();
            format!(">{year}-{month:02}")
        });
        let heads: Vec<String> = ["rule".to_owned()].into_iter().chain(months).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let title = "ESR by period, named by its first month, %";
        let mut table = Table::new(title, &heads).named("periods");
        for rule in &self.rules {
            let costs = rule.costs.iter().zip(&self.periods);
            let shares = costs
                .map(|(&cost, &(_, on_demand))| Cell::percent(ratio(on_demand - cost, on_demand)));
            table.row([rule.title.as_str().into()].into_iter().chain(shares));
        }
        table
    }

    fn bought(&self) -> Table {
        let heads = [
            "=rule",
            "from",
            ">purchases",
            ">committed, $/h",
            ">upfront, $",
        ];
        let mut table = Table::new("What was bought when", &heads).named("bought");
        for rule in &self.rules {
            for day in rule.bought.chunk_by(|one, next| one.at == next.at) {
                let sum = |of: fn(&ReplayedPurchase) -> Money| day.iter().map(of).sum::<Money>();
                table.row([
                    rule.code.as_str().into(),
                    day[0].at.as_str().into(),
                    Cell::count(day.len() as u64),
                    Cell::rate(sum(|one| one.committed), 3),
                    Cell::money(sum(|one| one.upfront), 2),
                ]);
            }
        }
        table
    }
}
