//! What is bought and owned over time: what is paid in each month, when it ends, and what each kind of it saves.

use crate::catalog::Term;
use crate::report::chart::{BridgeChart, CalendarChart, ColumnPart, ColumnsChart, Life};
use crate::report::run::Run;
use crate::report::{Cell, Table};
use crate::units::{Hour, HourSpan, Money};

use super::figures::{
    ReportError, hour, kind_label, kind_short, money, recommended, shown, terms_of, window, wrong,
};

/// So many months are laid out at most: no term is longer than three years.
const MOST_MONTHS: usize = 120;

/// A commitment with its fees.
struct Fees {
    owned: bool,
    alive: HourSpan,
    upfront: Money,
    hourly: Money,
}

/// What is paid in a month.
struct Month {
    name: String,
    upfront: Money,
    recurring: Money,
    owned: Money,
}

/// Months from the end of the window on, as columns; `None` where nothing is to be paid.
pub(super) fn cash(run: &Run) -> Result<Option<ColumnsChart>, ReportError> {
    let months = months(run)?;
    if months.is_empty() {
        return Ok(None);
    }
    let part = |name: &str, of: fn(&Month) -> Money| ColumnPart {
        name: name.to_owned(),
        amounts: months.iter().map(of).collect(),
    };
    Ok(Some(ColumnsChart {
        title: "What commitments cost in cash, month by month".into(),
        subtitle:
            "Bought as if at the end of the window; usage left On-Demand is not in it. US dollars."
                .into(),
        columns: months.iter().map(|month| month.name.clone()).collect(),
        parts: vec![
            part("Recurring fees of what is bought", |month| month.recurring),
            part("Upfront fees of what is bought", |month| month.upfront),
            part("Fees of what is owned", |month| month.owned),
        ],
    }))
}

/// The same as a table.
pub(super) fn cash_table(run: &Run) -> Result<Option<Table>, ReportError> {
    let months = months(run)?;
    if months.is_empty() {
        return Ok(None);
    }
    let heads = [
        "month",
        ">upfront fees, $",
        ">recurring fees, $",
        ">fees of what is owned, $",
        ">in all, $",
    ];
    let mut table = Table::new("", &heads).named("cash").summed();
    for month in &months {
        let parts = [
            month.upfront,
            month.recurring,
            month.owned,
            month.upfront + month.recurring + month.owned,
        ];
        let cells = parts.map(|amount| Cell::money(amount, 2));
        table.row([month.name.as_str().into()].into_iter().chain(cells));
    }
    table.note(
        "Calendar months, UTC, from the end of the window on, as if everything were bought then. Recurring fees are \
         paid for every hour, used or not; a first or last month may be cut short. After the last one nothing is owed.",
    );
    Ok(Some(table))
}

/// When what is owned and what is bought ends; `None` where there is neither.
pub(super) fn expiries(run: &Run) -> Result<Option<CalendarChart>, ReportError> {
    let window = window(run)?;
    let mut lives = Vec::new();
    for owned in &shown(run)?.owned {
        lives.push(Life {
            name: owned.id.clone(),
            alive: HourSpan::new(hour(&owned.start)?, hour(&owned.end)?),
            proposed: false,
        });
    }
    // Purchases of one kind and term end together: one line.
    let mut proposed: Vec<(String, Hour, u64)> = Vec::new();
    for bought in &recommended(run)?.purchases {
        let name = format!("{} ({})", kind_short(&bought.kind)?, terms_of(bought)?);
        match proposed.iter_mut().find(|(known, ..)| *known == name) {
            Some((.., count)) => *count += 1,
            None => proposed.push((name, end_of(&bought.term, window.end())?, 1)),
        }
    }
    for (name, end, count) in proposed {
        lives.push(Life {
            name: match count {
                1 => name,
                count => format!("{count} purchases: {name}"),
            },
            alive: HourSpan::new(window.end(), end),
            proposed: true,
        });
    }
    if lives.is_empty() {
        return Ok(None);
    }
    Ok(Some(CalendarChart {
        title: "When commitments end".into(),
        window,
        lives,
    }))
}

/// From On-Demand to the recommended plan, kind by kind; `None` where no commitment serves.
pub(super) fn bridge(run: &Run) -> Result<Option<BridgeChart>, ReportError> {
    let (plan, kinds) = (recommended(run)?, &shown(run)?.savings_by_kind);
    if kinds.is_empty() {
        return Ok(None);
    }
    let on_demand = money(&run.on_demand_cost)?;
    let (mut taken, mut left) = (Vec::new(), on_demand);
    if let Some(spot) = &run.spot {
        let alone = money(&spot.nothing_bought)?;
        taken.push(("Spot, where nothing covers".into(), on_demand - alone));
        left = alone;
    }
    for kind in kinds {
        let saved = money(&kind.on_demand_cost)? - money(&kind.cost)?;
        let label = kind_label(&kind.kind)?;
        let whose = if kind.owned { "owned" } else { "bought" };
        taken.push((format!("{label}s, {whose}"), saved));
        left -= saved;
    }
    let cost = money(&plan.cost)?;
    // The file has amounts to ten decimals: what they are short of is no part.
    if !(left - cost).to_decimal(2).is_zero() {
        taken.push(("Everything else".into(), left - cost));
    }
    Ok(Some(BridgeChart {
        title: "Where the saving comes from".into(),
        subtitle: "What each kind saves: the On-Demand price of what it covers, in AWS's order, less its own cost, used or not.".into(),
        from: ("Everything On-Demand".into(), on_demand),
        taken,
        to: (plan.title.clone(), cost),
    }))
}

/// Every month from the end of the window to the last in which something is paid.
fn months(run: &Run) -> Result<Vec<Month>, ReportError> {
    let (today, all) = (window(run)?.end(), fees(run)?);
    let last = all
        .iter()
        .map(|fees| fees.alive.end())
        .fold(today, Ord::max);
    let mut months = Vec::new();
    let mut next = today;
    while next < last {
        if months.len() == MOST_MONTHS {
            let found = last.to_string();
            return Err(wrong(&found, "an end within ten years of the window"));
        }
        let month = next.calendar_month();
        months.push(Month::of(HourSpan::new(next, month.end()), &all));
        next = month.end();
    }
    // What is paid upfront for longer leaves months behind in which nothing is due.
    let paid = |month: &Month| !(month.upfront + month.recurring + month.owned).is_zero();
    months.truncate(months.iter().rposition(paid).map_or(0, |last| last + 1));
    Ok(months)
}

impl Month {
    fn of(span: HourSpan, all: &[Fees]) -> Self {
        let (year, month) = span.start().month();
        let sum = |owned: bool, of: &dyn Fn(&Fees) -> Money| -> Money {
            let mine = all.iter().filter(|fees| fees.owned == owned);
            mine.map(of).sum()
        };
        let upfront = |fees: &Fees| {
            if span.contains(fees.alive.start()) {
                fees.upfront
            } else {
                Money::ZERO
            }
        };
        let recurring = |fees: &Fees| {
            let hours = fees.alive.intersect(span).len();
            fees.hourly.times(i128::try_from(hours).unwrap_or(0))
        };
        Self {
            name: format!("{year}-{month:02}"),
            upfront: sum(false, &upfront),
            recurring: sum(false, &recurring),
            owned: sum(true, &upfront) + sum(true, &recurring),
        }
    }
}

/// What is owned, and what is bought as if at the end of the window.
fn fees(run: &Run) -> Result<Vec<Fees>, ReportError> {
    let mut all = Vec::new();
    for owned in &shown(run)?.owned {
        all.push(Fees {
            owned: true,
            alive: HourSpan::new(hour(&owned.start)?, hour(&owned.end)?),
            upfront: money(&owned.upfront)?,
            hourly: money(&owned.hourly)?,
        });
    }
    let today = window(run)?.end();
    for bought in &recommended(run)?.purchases {
        all.push(Fees {
            owned: false,
            alive: HourSpan::new(today, end_of(&bought.term, today)?),
            upfront: money(&bought.upfront)?,
            hourly: money(&bought.hourly)?,
        });
    }
    Ok(all)
}

fn end_of(term: &str, start: Hour) -> Result<Hour, ReportError> {
    let term: Term = term.parse().map_err(|_| wrong(term, "a term"))?;
    Ok(start.plus(term.hours()))
}
