//! The plans side by side, the purchase list, and the other terms.

use rust_decimal::Decimal;

use crate::report::format::dollars;
use crate::report::run::{HOSTS, Run, RunOption, RunPlan, RunPurchase, RunRule};
use crate::report::{Cell, Table, Unit};

use super::capital::together;
use super::figures::{
    ReportError, cheapest, decimal, in_order, kind_label, measures, money, recommended, share,
    terms, terms_of,
};

/// Hours of a month as AWS counts them: 365 x 24 / 12.
const HOURS_PER_MONTH: u64 = 730;

/// The tables of a terminal, in order.
pub fn tables(run: &Run) -> Result<Vec<Table>, ReportError> {
    let mut tables = vec![plans(run)?];
    tables.extend(both_bases(run)?);
    tables.extend(super::risk::tables(run)?);
    tables.push(purchases(run)?);
    tables.extend(super::spot::table(run)?);
    tables.extend(buyers(run)?);
    tables.extend(super::capital::tables(run)?);
    tables.extend(rules(run)?);
    if !run.options.is_empty() {
        tables.push(options(run)?);
    }
    tables.extend(unpriced(run)?);
    Ok(tables)
}

/// Every plan with its cost, its saving and how far it lies above the bound.
pub(super) fn plans(run: &Run) -> Result<Table, ReportError> {
    let heads = [
        "plan",
        ">cost, $",
        ">saving, %",
        ">above bound, %",
        ">commitment, $/h",
        ">used, %",
        ">coverage, %",
    ];
    let title = format!(
        "{} to {} ({} hours)",
        run.window_start, run.window_end, run.horizon_hours
    );
    let mut table = Table::new(title, &heads).named("plans");
    let chosen = recommended(run)?.name.as_str();
    for plan in in_order(run)? {
        let measured = measures(run, plan)?;
        if plan.name == chosen {
            table.chosen = Some(table.rows.len());
        }
        table.row([
            plan.title.clone().into(),
            Cell::money(money(&plan.cost)?, 2),
            Cell::percent(Some(decimal(&plan.savings_percent)?)),
            Cell::fine_percent(above(plan)?, 3),
            Cell::rate(money(&measured.hourly_commitment)?, 3),
            Cell::percent(share(measured.utilization.as_ref())?),
            Cell::percent(share(measured.coverage.as_ref())?),
        ]);
    }
    let rules = if run.rules.is_empty() {
        ""
    } else {
        " that keep the rules"
    };
    let counted = match run.settings.cost_of_capital {
        Some(_) => ", the cost of capital counted,",
        None => "",
    };
    table.note(format!(
        "Certified: no purchases of the allowed kinds{rules} bring the window{counted} below {}; the cheapest mix found is \
         at most {:.4} % above that.",
        dollars(money(&run.lower_bound)?, 2),
        above(cheapest(run)?)?.round_dp(4)
    ));
    Ok(table)
}

/// How far a plan lies above the bound, per cent.
pub(super) fn above(plan: &RunPlan) -> Result<Decimal, ReportError> {
    Ok(decimal(&plan.gap)? * Decimal::ONE_HUNDRED)
}

/// The savings rate of every plan on both bases; `None` without negotiated discounts.
pub(super) fn both_bases(run: &Run) -> Result<Option<Table>, ReportError> {
    let Some(negotiated) = &run.negotiated_discounts else {
        return Ok(None);
    };
    let heads = [
        "plan",
        ">cost, $",
        ">at public prices, $",
        ">savings rate, list basis, %",
        ">contracted basis, %",
    ];
    let title = "With and without negotiated discounts";
    let mut table = Table::new(title, &heads).named("negotiated");
    for plan in in_order(run)? {
        let public = measures(run, plan)?.public_cost.as_ref();
        let rates = plan.effective_savings_rate.as_ref();
        table.row([
            plan.title.clone().into(),
            Cell::money(money(&plan.cost)?, 2),
            match public {
                Some(public) => Cell::money(money(public)?, 2),
                None => "-".into(),
            },
            Cell::percent(share(rates.map(|rates| &rates.list))?),
            Cell::percent(share(rates.map(|rates| &rates.contracted))?),
        ]);
    }
    table.note(format!(
        "Negotiated discounts: {negotiated}. Costs, bound and effective prices are what is paid; a commitment in \
         dollars an hour and coverage are at public prices.",
    ));
    Ok(Some(table))
}

/// What to buy.
fn purchases(run: &Run) -> Result<Table, ReportError> {
    let heads = [
        "buy",
        "for",
        "term",
        ">amount",
        ">effective, $/h",
        ">upfront, $",
        "price known as",
    ];
    let plan = recommended(run)?;
    let which = if plan.name == "robust" {
        "robust"
    } else {
        "cheapest"
    };
    let title = format!("Purchases of the {which} mix");
    let mut table = Table::new(title, &heads).named("purchases");
    let bought = &plan.purchases;
    for purchase in bought {
        table.row([
            kind_label(&purchase.kind)?.into(),
            purchase.scope.clone().into(),
            terms_of(purchase)?.into(),
            amount(purchase)?,
            Cell::rate(money(&purchase.effective_hourly)?, 3),
            Cell::money(money(&purchase.upfront)?, 2),
            purchase.price_basis.clone().into(),
        ]);
    }
    table.note(if bought.is_empty() && !run.rules.is_empty() {
        "Nothing: no purchase of the allowed kinds that keeps the rules would have saved money in this window."
    } else if bought.is_empty() {
        "Nothing: no purchase of the allowed kinds would have saved money in this window."
    } else {
        "A Savings Plan bought by mistake may be returned within 7 days of the same month; a Reserved Instance may not."
    });
    Ok(table)
}

/// How much of it is bought: instances, or dollars an hour.
pub(super) fn amount(purchase: &RunPurchase) -> Result<Cell, ReportError> {
    if let Some(commitment) = &purchase.hourly_commitment {
        let commitment = money(commitment)?;
        let text = format!("{}/h", dollars(commitment, 3));
        return Ok(Cell::new(text, commitment.to_decimal(10), Unit::Rate, 3));
    }
    let count = purchase.count.unwrap_or_default();
    let what = if purchase.kind == HOSTS {
        "host"
    } else {
        "instance"
    };
    let text = match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    Ok(Cell::new(text, count.into(), Unit::Count, 0))
}

/// What the cheapest mix costs with each account that may buy it; `None` where any may.
pub(super) fn buyers(run: &Run) -> Result<Option<Table>, ReportError> {
    if run.buyers.is_empty() {
        return Ok(None);
    }
    let heads = ["account that buys", "may buy", ">the cheapest mix costs, $"];
    let mut table = Table::new("Who buys", &heads).named("buyers");
    for buyer in &run.buyers {
        if buyer.account == run.settings.buyer {
            table.chosen = Some(table.rows.len());
        }
        table.row([
            buyer.account.clone().into(),
            if buyer.may_buy { "yes" } else { "no" }.into(),
            Cell::money(money(&buyer.cost)?, 2),
        ]);
    }
    table.note("Whoever buys is served first, whatever its usage saves; rates are the same. What an account that may not buy would save is what the rule costs.");
    Ok(Some(table))
}

/// What each rule costs; `None` without rules.
pub(super) fn rules(run: &Run) -> Result<Option<Table>, ReportError> {
    if run.rules.is_empty() {
        return Ok(None);
    }
    let mut table = rule_prices(&run.rules, ">costs in the window, $")?;
    table.note("What a rule costs is the plan less the cheapest one found without that rule, the others being kept. One more is one dollar an hour, one dollar upfront, one dollar of a year's lock-in, or one per cent less coverage: its price in the proof.");
    table.note("The bound is one for purchases that keep `max-hourly-commitment`, `max-upfront`, `max-lock-in`, `min-coverage` and the families; it does not know the other rules, so a plan under them may lie above it.");
    if !run.settings.rules.zonal.is_empty() {
        table.note(ZONAL);
    }
    Ok(Some(table))
}

/// A row for each rule; `costs` is the head of what it costs.
pub(in crate::report) fn rule_prices(rules: &[RunRule], costs: &str) -> Result<Table, ReportError> {
    let heads = [
        "rule",
        ">limit",
        costs,
        ">costs a year, $",
        ">one more would save a year, $",
    ];
    let mut table = Table::new("Rules and what they cost", &heads).named("rules");
    for rule in rules {
        table.row([
            rule.rule.clone().into(),
            rule.limit.clone().into(),
            Cell::money(money(&rule.cost)?, 2),
            Cell::money(money(&rule.cost_per_year)?, 2),
            match &rule.next_per_year {
                Some(next) => Cell::money(money(next)?, 2),
                None => "-".into(),
            },
        ]);
    }
    Ok(table)
}

/// Said of zonal usage.
const ZONAL: &str = "`zonal` is in the bound, too: as many zonal Reserved Instances are bought as pay for themselves beside what is owned, because they hold capacity and a Savings Plan of the same price does not.";

/// The other terms and payment options, each bought alone.
pub(super) fn options(run: &Run) -> Result<Table, ReportError> {
    let counts_capital = run.settings.cost_of_capital.is_some();
    let mut heads = vec![
        "everything bought for",
        ">cost, $",
        ">saving, %",
        ">commitment, $/h",
        ">upfront, $",
        ">breaks even after",
        ">owed over the term, $",
    ];
    if counts_capital {
        heads.push(">cost with capital, $");
    }
    let mut table = Table::new("Other terms and payment options", &heads).named("options");
    for option in &run.options {
        let mut row: Vec<Cell> = vec![
            terms(&option.term, &option.payment_option)?.into(),
            Cell::money(money(&option.cost)?, 2),
            Cell::percent(Some(decimal(&option.savings_percent)?)),
            Cell::rate(money(&option.hourly_commitment)?, 3),
            Cell::money(money(&option.upfront)?, 2),
            break_even(option)?,
            Cell::money(money(&option.lock_in)?, 2),
        ];
        if counts_capital {
            row.push(Cell::money(
                together(&option.cost, option.capital_cost.as_ref())?,
                2,
            ));
        }
        table.row(row);
    }
    table.note("Effective cost counts upfront fees by the hour they serve, so longer terms always look cheaper on a past window; what they lock in is the price of that.");
    if !run.settings.rules.is_empty() {
        table.note("Each under the same rules; what cannot keep them is left out.");
    }
    Ok(table)
}

fn break_even(option: &RunOption) -> Result<Cell, ReportError> {
    let Some(text) = &option.break_even_hours else {
        return Ok("never".into());
    };
    let hours = decimal(text)?;
    let months = u64::try_from(hours)
        .unwrap_or(u64::MAX)
        .div_ceil(HOURS_PER_MONTH);
    let words = match months {
        0 => "at once".to_owned(),
        months => format!("month {months}"),
    };
    Ok(Cell::new(words, hours, Unit::Hours, 0))
}

/// Usage without a price; `None` where there is none.
pub(super) fn unpriced(run: &Run) -> Result<Option<Table>, ReportError> {
    if run.unpriced_usage.is_empty() {
        return Ok(None);
    }
    let heads = ["usage", ">instance-hours", "why"];
    let mut table = Table::new("Unpriced usage, in no figure above", &heads).named("unpriced");
    for usage in &run.unpriced_usage {
        let hours = decimal(&usage.instance_hours)?;
        table.row([
            usage.product.clone().into(),
            Cell::new(usage.instance_hours.clone(), hours, Unit::Hours, 2),
            usage.why.clone().into(),
        ]);
    }
    Ok(Some(table))
}
