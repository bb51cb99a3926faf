//! `bursar owned exchange`: what AWS would give for Convertible Reserved Instances.

use clap::Args;
use serde_json::{Value, json};

use super::{Asked, Loaded, head, refused};
use crate::catalog::{InstanceType, OfferingClass, PaymentOption, Platform};
use crate::cli::{Failure, Format, Output};
use crate::commitment::{Exchange, ReservedFee, ReservedInstance, exchange, exchange_term};
use crate::prices::Product;
use crate::report::Table;
use crate::units::Money;

#[derive(Debug, Args)]
pub(super) struct ExchangeArgs {
    #[command(flatten)]
    pub(super) asked: Asked,

    /// What is given: a Convertible Reserved Instance (may be given again)
    #[arg(long, required = true, value_name = "ID")]
    id: Vec<String>,

    /// The instance type to exchange for, in the same region
    #[arg(long, value_name = "TYPE")]
    to: InstanceType,

    /// Its platform [default: that of what is given]
    #[arg(long, value_name = "PLATFORM")]
    os: Option<Platform>,

    /// Its payment option [default: that of what is given]
    #[arg(long, value_name = "OPTION")]
    payment: Option<PaymentOption>,
}

/// What is received.
struct Offer {
    product: Product,
    payment: PaymentOption,
    fee: ReservedFee,
    known: String,
}

pub(super) fn answer(
    loaded: &Loaded,
    wanted: &ExchangeArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let given = loaded.reserved(&wanted.id)?;
    let Some(first) = given.first() else {
        return Err(Failure::new("nothing is given"));
    };
    let product = Product {
        region: first.region,
        instance_type: wanted.to,
        platform: wanted.os.unwrap_or(first.platform),
        tenancy: first.tenancy,
    };
    let payment = wanted.payment.unwrap_or(first.payment_option);
    let term = exchange_term(&given);
    let price = loaded
        .book
        .reserved(product, OfferingClass::Convertible, term, payment)
        .map_err(Failure::new)?;
    let offer = Offer {
        product,
        payment,
        fee: ReservedFee {
            upfront: price.value.upfront,
            hourly: price.value.hourly,
        },
        known: format!("{}, {}", price.provenance.basis, price.provenance.as_of),
    };
    let found = exchange(&given, payment, offer.fee, loaded.at);
    let found = found.map_err(|refusal| refused(&refusal))?;
    match format {
        Format::Json => output.json(&document(loaded, &given, &offer, found)),
        format => Ok(output.tables(&[table(loaded, &given, &offer, found)], format)?),
    }
}

fn table(loaded: &Loaded, given: &[&ReservedInstance], offer: &Offer, found: Exchange) -> Table {
    let dollars = |money: Money| money.to_decimal(2).to_string();
    let title = format!("Exchange on {}", loaded.at);
    let mut table = Table::new(title, &["what", ">value"]);
    for ri in given {
        let what = format!(
            "Given: `{}`, {}, until {}",
            ri.id,
            ri.payment_option,
            ri.alive.end()
        );
        table.row([what, format!("{} x {}", ri.count, ri.instance_type)]);
    }
    let hourly = offer.fee.hourly.for_one().times(i128::from(found.count));
    let figures = [
        (
            "List value of it for the time left, $",
            dollars(found.old_value),
        ),
        (
            "List value of one new one for that time, $",
            dollars(found.new_unit_value),
        ),
        (
            "Received",
            format!("{} x {}", found.count, offer.product.instance_type),
        ),
        ("Payment option", offer.payment.to_string()),
        ("Term", found.term.to_string()),
        ("End", found.end.to_string()),
        (
            "Upfront fees of it for the time left, $",
            dollars(found.prorated_upfront),
        ),
        (
            "Left of upfront fees already paid, $",
            dollars(found.remaining_upfront),
        ),
        ("Paid at once (true-up), $", dollars(found.true_up)),
        (
            "Paid by the hour from then on, $",
            hourly.to_decimal(4).to_string(),
        ),
    ];
    for (what, value) in figures {
        table.row([what.to_owned(), value]);
    }
    table.note(format!(
        "Price of {}, Convertible: {}; book {} of {}. AWS's own quote decides (rule R69).",
        offer.product,
        offer.known,
        loaded.book.id(),
        loaded.book.as_of()
    ));
    table
}

fn document(loaded: &Loaded, given: &[&ReservedInstance], offer: &Offer, found: Exchange) -> Value {
    let plain = |money: Money| money.to_decimal(10).normalize().to_string();
    let mut document = head(loaded);
    document["given"] = given.iter().map(|ri| Value::from(ri.id.as_str())).collect();
    document["received"] = json!({
        "count": found.count,
        "instance_type": offer.product.instance_type.as_str(),
        "platform": offer.product.platform.to_string(),
        "region": offer.product.region.as_str(),
        "term": found.term.code(),
        "payment_option": offer.payment.code(),
        "end": found.end.to_string(),
        "upfront_of_one": plain(offer.fee.upfront),
        "hourly_of_one": plain(offer.fee.hourly.for_one()),
        "price": offer.known,
    });
    document["list_value_given"] = plain(found.old_value).into();
    document["list_value_of_one"] = plain(found.new_unit_value).into();
    document["prorated_upfront"] = plain(found.prorated_upfront).into();
    document["remaining_upfront"] = plain(found.remaining_upfront).into();
    document["true_up"] = plain(found.true_up).into();
    document
}
