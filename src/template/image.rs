//! What a machine image's name or its place in AWS's Parameter Store says of the platform.
//!
//! Source: the public parameters of Systems Manager (docs.aws.amazon.com, "Calling AMI public parameters",
//! read 2026-11): `/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-SQL_2022_Standard`,
//! `/aws/service/canonical/ubuntu/pro-server/...`, `/aws/service/suse/sles/...`; and the names of AWS's images.

use crate::catalog::{OperatingSystem, Platform, SqlEdition};

/// Words that name systems without a licence fee.
const LINUX: [&str; 16] = [
    "amzn",
    "amazon-linux",
    "al2023",
    "ubuntu",
    "debian",
    "bottlerocket",
    "centos",
    "rocky",
    "almalinux",
    "fedora",
    "flatcar",
    "freebsd",
    "/ecs/optimized-ami/",
    "/eks/optimized-ami/",
    "amazon linux",
    "linux/unix",
];

/// The platform that a text about an image names, if it names one.
pub(super) fn platform(text: &str) -> Option<Platform> {
    let text = text.to_ascii_lowercase();
    let has = |word: &str| text.contains(word);
    let os = if has("windows") {
        OperatingSystem::Windows
    } else if has("rhel") || has("red hat") || has("redhat") {
        if has("rhel_ha") || has("rhel-ha") || has("high availability") {
            OperatingSystem::RhelHa
        } else {
            OperatingSystem::Rhel
        }
    } else if has("suse") || has("sles") {
        OperatingSystem::Suse
    } else if has("ubuntu-pro") || has("ubuntu pro") || has("ubuntu/pro-") {
        OperatingSystem::UbuntuPro
    } else if LINUX.iter().any(|word| has(word)) {
        OperatingSystem::Linux
    } else {
        return None;
    };
    let sql = match () {
        () if !has("sql") => None,
        () if has("enterprise") => Some(SqlEdition::Enterprise),
        () if has("standard") => Some(SqlEdition::Standard),
        () if has("web") => Some(SqlEdition::Web),
        // SQL Server Express has no fee.
        () => None,
    };
    Some(Platform { os, sql })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_public_parameters_say_the_platform() {
        for (text, expected) in [
            (
                "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
                "Linux",
            ),
            (
                "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base",
                "Windows",
            ),
            (
                "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-SQL_2022_Standard",
                "Windows with SQL Std",
            ),
            (
                "/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-SQL_2022_Express",
                "Windows",
            ),
            (
                "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64",
                "Linux",
            ),
            (
                "/aws/service/canonical/ubuntu/pro-server/24.04/stable/current",
                "Ubuntu Pro",
            ),
            ("/aws/service/suse/sles/15-sp5/x86_64/latest", "SUSE"),
            (
                "/aws/service/ecs/optimized-ami/windows_server/2022/x",
                "Windows",
            ),
            ("Red Hat Enterprise Linux with High Availability", "RHEL HA"),
        ] {
            assert_eq!(platform(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(platform("ami-0abc"), None);
    }
}
