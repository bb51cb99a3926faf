//! `sources.toml`: where each fact was read. A refresh edits this list together with the tables it reads.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Problem;
use crate::facts::write_file;

/// One place where prices were read.
struct Source {
    id: &'static str,
    title: &'static str,
    /// Repository, file or page.
    published: &'static str,
    retrieved: &'static str,
    /// The fact table whose bytes the hash is of.
    table: &'static str,
    /// `observed`: a machine copied it; `transcribed`: a person did.
    kind: &'static str,
}

const PLANS: &str = "sp_rates_observed.csv";
const DAY: &str = "2026-11-21";

const SOURCES: [Source; 25] = [
    Source {
        id: "ec2-prices-2026-05",
        title: "EC2 On-Demand, Standard Reserved All Upfront and average Spot prices (copy of instances.vantage.sh)",
        published: "github.com/jawaadjariwala/AWS-EC2-Pricing-Landscape-Analysis, commit b7dbceb, data/ec2_pricing_tidy.parquet",
        retrieved: DAY,
        table: "ec2_ondemand_2026-05.csv.gz",
        kind: "observed",
    },
    Source {
        id: "ec2-reserved-2026-05",
        title: "The same file, Reserved prices; upfront fees are the whole dollars that give its hourly figures",
        published: "github.com/jawaadjariwala/AWS-EC2-Pricing-Landscape-Analysis, commit b7dbceb, data/ec2_pricing_tidy.parquet",
        retrieved: DAY,
        table: "ri_standard_allupfront_2026-05.csv.gz",
        kind: "observed",
    },
    Source {
        id: "ec2-spot-2026-05",
        title: "The same file, average Spot prices",
        published: "github.com/jawaadjariwala/AWS-EC2-Pricing-Landscape-Analysis, commit b7dbceb, data/ec2_pricing_tidy.parquet",
        retrieved: DAY,
        table: "spot_avg_2026-05.csv.gz",
        kind: "observed",
    },
    Source {
        id: "ec2-unit-prices-2025-04",
        title: "EC2 Reserved No Upfront rates for Linux, of the files behind AWS's own price pages",
        published: "github.com/yeo/ec2.shop, commit 74c9fd8ab, data/ec2 (b0.p.awsstatic.com meteredUnitMaps)",
        retrieved: DAY,
        table: "ri_linux_noupfront_2025-04.csv.gz",
        kind: "observed",
    },
    Source {
        id: "ec2-ireland-2023-02",
        title: "AmazonEC2 offer file of Ireland, every tenancy",
        published: "github.com/cycloidio/terracost, commit 23cf94d, mysql/testdata/2023-02-23-pricing.sql.gz",
        retrieved: DAY,
        table: "ec2_euwest1_all_tenancies_2023-02.csv.gz",
        kind: "observed",
    },
    Source {
        id: "instance-attributes-2026-05",
        title: "Instance types with their attributes",
        published: "github.com/jawaadjariwala/AWS-EC2-Pricing-Landscape-Analysis, commit b7dbceb; moto 5.2.5, instance_types.json.gz",
        retrieved: DAY,
        table: "instance_attributes.csv.gz",
        kind: "observed",
    },
    Source {
        id: "cur-savings-plans-2024-08",
        title: "Savings Plan rates on a real bill, August and September 2024",
        published: "github.com/hystax/optscale, commit 4617ceb9, rest_api/live_demo.tar.xz",
        retrieved: DAY,
        table: PLANS,
        kind: "observed",
    },
    Source {
        id: "calculator-tokyo-2025-09",
        title: "Savings Plan rates that an offer file and AWS's calculator agree on",
        published: "github.com/jtdelia/ec2-priceit, commit 866c461, examples/how-to-match-pricing.md",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "offer-taipei-2025-09",
        title: "Rows of the EC2 Instance Savings Plan offer file of Taipei, version 20250911184447",
        published: "github.com/jtdelia/ec2-priceit, commit 866c461, examples/5-ap-east-2-savingsplan-pricing.csv",
        retrieved: DAY,
        table: PLANS,
        kind: "observed",
    },
    Source {
        id: "offer-paris-2026",
        title: "Rows of an offer file quoted in public code, not dated within 2026",
        published: "public code, r8i.xlarge in eu-west-3",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "offer-denver-2026-06",
        title: "One row of an offer file effective 2026-06-23, quoted in public code",
        published: "public code, c5d.2xlarge in us-west-2-den-1",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "offer-oregon-2026-07",
        title: "Fargate rows of AWSComputeSavingsPlan/20260727214449/us-west-2, quoted in public code",
        published: "public code",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "percent-table-2020-06",
        title: "Fargate and Lambda savings in per cent, turned into rates",
        published: "bahr.dev/2020/06/30/savings-plans",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "instances-api-2026-10",
        title: "One answer of the price API of instances.vantage.sh, quoted in public code",
        published: "public code, m6a.xlarge in us-east-1",
        retrieved: DAY,
        table: PLANS,
        kind: "transcribed",
    },
    Source {
        id: "price-pages-2025-11",
        title: "NAT gateway, VPC, Fargate, Lambda and CloudFront rates of the files behind AWS's own price pages",
        published: "github.com/lamngockhuong/aws-price, commit 508fb45, lib/data/pricing",
        retrieved: DAY,
        table: "network_and_services_2025-11.csv.gz",
        kind: "observed",
    },
    Source {
        id: "price-watcher-2025-06",
        title: "Load balancer and Direct Connect rates of the files behind AWS's own price pages",
        published: "github.com/QuinnyPig/aws-price-watcher, commit a6645eb, processed",
        retrieved: DAY,
        table: "network_and_services_2025-06.csv.gz",
        kind: "observed",
    },
    Source {
        id: "internet-egress-2025-06",
        title: "Data transfer out to the internet, of the files behind AWS's own price pages",
        published: "github.com/QuinnyPig/aws-price-watcher, commit a6645eb, processed/datatransfer.json",
        retrieved: DAY,
        table: "transfer_internet_egress_2025-06.csv.gz",
        kind: "observed",
    },
    Source {
        id: "inter-region-2025-06",
        title: "Data transfer between regions, of the same file",
        published: "github.com/QuinnyPig/aws-price-watcher, commit a6645eb, processed/datatransfer.json",
        retrieved: DAY,
        table: "transfer_interregion_2025-06.csv.gz",
        kind: "observed",
    },
    Source {
        id: "inter-az-2024-08",
        title: "Data transfer between Availability Zones (DataTransfer-Regional-Bytes)",
        published: "github.com/coroot/cloud-pricing, commit af03ead, gh-pages",
        retrieved: DAY,
        table: "transfer_interaz_2024-08.csv.gz",
        kind: "observed",
    },
    Source {
        id: "ebs-pages-2024-07",
        title: "EBS rates of the files behind AWS's own price pages",
        published: "github.com/yeo/ec2.shop, commit 74c9fd8ab, data/ebs/ebs.json",
        retrieved: DAY,
        table: "ebs_2024-07.csv.gz",
        kind: "observed",
    },
    Source {
        id: "spot-history-2024-05",
        title: "Spot prices of Linux by region and day, where they changed (daily dumps of Infracost's prices)",
        published: "github.com/coroot/cloud-pricing, gh-pages, data/cloud-pricing.json.gz over its history",
        retrieved: DAY,
        table: "spot_history_regional_2024.csv.gz",
        kind: "observed",
    },
    Source {
        id: "dedicated-hosts-2026-05",
        title: "Dedicated Host prices by family (copy of instances.vantage.sh)",
        published: "github.com/jawaadjariwala/AWS-EC2-Pricing-Landscape-Analysis, commit b7dbceb, data/ec2_pricing_tidy.parquet",
        retrieved: DAY,
        table: "dedicated_host_2026-05.csv.gz",
        kind: "observed",
    },
    Source {
        id: "host-capacity-2019-10",
        title: "Instances that a Dedicated Host holds, of the AmazonEC2 offer file",
        published: "github.com/schleumer/aws-price-list, commit 7df854b, frontend/database/AmazonEC2.json",
        retrieved: DAY,
        table: "host_capacity_2019-10.csv.gz",
        kind: "observed",
    },
    Source {
        id: "spot-advisor-2025-06",
        title: "Interruption bands of AWS's Spot Instance advisor",
        published: "github.com/alexei-led/spotinfo, commit 5eedf20, internal/spot/data/spot-advisor-data.json",
        retrieved: DAY,
        table: "spot_advisor_2025-06.csv.gz",
        kind: "observed",
    },
    Source {
        id: "database-plans-2025-12",
        title: "Every rate of the AWSDatabaseSavingsPlans files",
        published: "github.com/princeboot/aws-dbsavingsplan-data, commit 46f8686, database_savings_plans.csv",
        retrieved: DAY,
        table: "sp_database_1yr_noupfront_2025-12.csv.gz",
        kind: "observed",
    },
];

pub(crate) fn write(folder: &Path, target: &Path) -> Result<(), Problem> {
    let mut text = String::from(
        "# Written by the refresh program. sha256 is that of the fact table the source was read from.\n",
    );
    for source in SOURCES {
        let mut hash = String::new();
        for byte in Sha256::digest(fs::read(folder.join(source.table))?) {
            write!(hash, "{byte:02x}")?;
        }
        let values = [
            ("id", source.id),
            ("title", source.title),
            ("published", source.published),
            ("retrieved_on", source.retrieved),
            ("table", source.table),
            ("sha256", &hash),
            ("kind", source.kind),
        ];
        text.push_str("\n[[source]]\n");
        for (key, value) in values {
            writeln!(text, "{key} = \"{value}\"")?;
        }
    }
    write_file(&target.join("sources.toml"), &text)
}
