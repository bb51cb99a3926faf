"""Bills of all forms, small and seeded: CUR 2.0 with maps in partitions, a legacy CUR as CSV, FOCUS."""

import datetime as dt
import os
import random

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

START = dt.datetime(2026, 4, 1)
TYPES = ["m5.large", "m5.2xlarge", "c6g.xlarge", "r6i.4xlarge"]
PLAN = "arn:aws:savingsplans::111111111111:savingsplan/aaaa"
RESERVED = "arn:aws:ec2:us-east-1:111111111111:reserved-instances/bbbb"


def rows(count, seed):
    """Rows of a bill as dictionaries: usage of all kinds, fees, negations, other services, taxes."""
    random.seed(seed)
    for n in range(count):
        hour = START + dt.timedelta(hours=random.randrange(48))
        kind = random.choice(TYPES)
        amount = random.choice([1.0, round(random.random(), 10), 0.0027777775, 1.5e-9])
        row = {
            "identity_line_item_id": f"row-{n}",
            "identity_time_interval": f"{hour:%Y-%m-%dT%H:%M:%SZ}/{hour + dt.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "line_item_usage_account_id": random.choice(["111111111111", "222222222222"]),
            "line_item_product_code": "AmazonEC2",
            "line_item_line_item_type": "Usage",
            "line_item_currency_code": "USD",
            "line_item_usage_type": f"BoxUsage:{kind}",
            "line_item_operation": random.choice(["RunInstances", "RunInstances:0002"]),
            "line_item_availability_zone": random.choice(["us-east-1a", "us-east-1b"]),
            "line_item_usage_start_date": hour,
            "line_item_usage_end_date": hour + dt.timedelta(hours=1),
            "line_item_usage_amount": amount,
            "line_item_unblended_cost": round(amount * 0.096, 10),
            "line_item_resource_id": f"i-{n % 97:08x}",
            "product": {"operating_system": "Linux", "tenancy": "Shared", "region_code": "us-east-1", "vcpu": str(n % 5)},
            "resource_tags": {"user_team": random.choice(["web", "it's \"odd\"\\", "큰 팀"])} if n % 3 else {},
        }
        chance = random.random()
        if chance < 0.05:
            row |= {"line_item_line_item_type": "SavingsPlanCoveredUsage", "savings_plan_savings_plan_a_r_n": PLAN,
                    "savings_plan_savings_plan_effective_cost": amount * 0.07, "savings_plan_savings_plan_rate": "0.07"}
        elif chance < 0.10:
            row |= {"line_item_line_item_type": "DiscountedUsage", "reservation_reservation_a_r_n": RESERVED,
                    "reservation_effective_cost": amount * 0.06, "pricing_lease_contract_length": "1yr",
                    "pricing_offering_class": "standard", "pricing_purchase_option": "No Upfront"}
        elif chance < 0.15:
            row |= {"line_item_line_item_type": "SavingsPlanNegation", "line_item_unblended_cost": -amount * 0.096}
        elif chance < 0.20:
            row |= {"line_item_product_code": "AmazonS3", "line_item_usage_type": "TimedStorage-ByteHrs",
                    "line_item_usage_amount": random.random() * 1e9}
        elif chance < 0.23:
            row |= {"line_item_usage_type": "EBS:VolumeUsage.gp3"}
        elif chance < 0.25:
            row |= {"line_item_line_item_type": "Tax", "line_item_usage_amount": None}
        elif chance < 0.27:
            row |= {"line_item_usage_type": f"SpotUsage:{kind}", "line_item_operation": "RunInstances:SV001"}
        elif chance < 0.275:
            row |= {"line_item_line_item_type": "RIFee", "line_item_usage_type": f"HeavyUsage:{kind}",
                    "reservation_reservation_a_r_n": RESERVED, "reservation_number_of_reservations": "2",
                    "line_item_usage_amount": 1440.0, "line_item_unblended_cost": 86.4}
        elif chance < 0.28:
            row |= {"line_item_line_item_type": "SavingsPlanRecurringFee", "line_item_product_code": "ComputeSavingsPlans",
                    "savings_plan_savings_plan_a_r_n": PLAN, "savings_plan_offering_type": "ComputeSavingsPlans",
                    "savings_plan_purchase_term": "1yr", "savings_plan_payment_option": "No Upfront",
                    "savings_plan_recurring_commitment_for_billing_period": "1.5",
                    "savings_plan_start_time": "2026-01-01T00:00:00.000Z", "savings_plan_end_time": "2026-12-31T23:59:59.000Z"}
        yield row


COVERS = ["savings_plan_savings_plan_a_r_n", "savings_plan_savings_plan_rate", "reservation_reservation_a_r_n",
          "pricing_lease_contract_length", "pricing_offering_class", "pricing_purchase_option",
          "reservation_number_of_reservations", "savings_plan_offering_type", "savings_plan_purchase_term",
          "savings_plan_payment_option", "savings_plan_recurring_commitment_for_billing_period",
          "savings_plan_start_time", "savings_plan_end_time"]
COSTS = ["savings_plan_savings_plan_effective_cost", "reservation_effective_cost"]


def cur2(folder, count, seed=1, files=4):
    """CUR 2.0 as AWS delivers it: Parquet below BILLING_PERIOD=..., maps for product and tags."""
    maps = pa.map_(pa.string(), pa.string())
    texts = [name for name in next(rows(1, 0)) if name not in ("product", "resource_tags") and "date" not in name]
    texts = [name for name in texts if name not in ("line_item_usage_amount", "line_item_unblended_cost")] + COVERS
    schema = [(name, pa.string()) for name in texts]
    schema += [(name, pa.timestamp("ms")) for name in ("line_item_usage_start_date", "line_item_usage_end_date")]
    schema += [(name, pa.float64()) for name in ("line_item_usage_amount", "line_item_unblended_cost", *COSTS)]
    schema = pa.schema(schema + [("product", maps), ("resource_tags", maps)])
    all_rows = list(rows(count, seed))
    path = f"{folder}/BILLING_PERIOD=2026-04"
    os.makedirs(path, exist_ok=True)
    for part in range(files):
        mine = [dict(row, product=list(row["product"].items()), resource_tags=list(row["resource_tags"].items()))
                for row in all_rows[part::files]]
        pq.write_table(pa.Table.from_pylist(mine, schema), f"{path}/part-{part}.parquet")
    return folder


LEGACY = {"identity_": "identity/", "line_item_": "lineItem/", "savings_plan_": "savingsPlan/",
          "reservation_": "reservation/", "pricing_": "pricing/"}


def legacy_name(name):
    """`line_item_usage_type` as the legacy CSV has it: `lineItem/UsageType`."""
    head = next(prefix for prefix in LEGACY if name.startswith(prefix))
    words = name[len(head):].replace("a_r_n", "ARN").split("_")
    return LEGACY[head] + "".join(word if word == "ARN" else word.capitalize() for word in words)


def legacy(file, count, seed=2):
    """A legacy CUR as CSV."""
    names = [name for name in next(rows(1, 0)) if name not in ("product", "resource_tags")] + COVERS + COSTS
    table = {legacy_name(name): [] for name in names}
    table |= {"product/region": [], "product/operatingSystem": [], "resourceTags/user:team": []}
    for row in rows(count, seed):
        for name in names:
            value = row.get(name)
            value = f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, dt.datetime) else value
            table[legacy_name(name)].append("" if value is None else str(value))
        table["product/region"].append("us-east-1")
        table["product/operatingSystem"].append("Linux")
        table["resourceTags/user:team"].append(row["resource_tags"].get("user_team", ""))
    pc.write_csv(pa.table(table), file)
    return file


def focus(file, count, seed=3):
    """FOCUS 1.2 as AWS writes it, in Parquet."""
    random.seed(seed)
    found = []
    for n in range(count):
        hour = START + dt.timedelta(hours=random.randrange(48))
        kind, amount = random.choice(TYPES), random.choice([1.0, round(random.random(), 10)])
        row = {"ProviderName": "AWS", "ChargeCategory": "Usage", "ServiceName": "Amazon Elastic Compute Cloud",
               "BillingCurrency": "USD", "PricingCategory": "Standard", "SubAccountId": "111111111111",
               "RegionId": "us-east-1", "x_UsageType": f"BoxUsage:{kind}", "x_Operation": "RunInstances",
               "ChargePeriodStart": hour, "ChargePeriodEnd": hour + dt.timedelta(hours=1), "ConsumedUnit": "Hours",
               "ConsumedQuantity": amount, "EffectiveCost": amount * 0.096, "InvoiceId": "1",
               "SkuPriceDetails": '{"InstanceType":"%s","OperatingSystem":"Linux"}' % kind}
        if n % 7 == 0:
            row |= {"ServiceName": "Amazon Simple Storage Service", "x_UsageType": "TimedStorage-ByteHrs"}
        if n % 11 == 0:
            row |= {"x_UsageType": "", "ChargeDescription": f"$0.096 per On Demand Linux {kind} Instance Hour"}
        if n % 13 == 0:
            row |= {"CommitmentDiscountId": PLAN, "CommitmentDiscountCategory": "Spend", "CommitmentDiscountStatus": "Used"}
        found.append(row)
    names = dict.fromkeys(name for row in found for name in row)
    pq.write_table(pa.table({name: [row.get(name) for row in found] for name in names}), file)
    return file
