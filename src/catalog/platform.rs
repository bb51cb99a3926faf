//! Platform (operating system with its licences) and tenancy of an instance.

use std::fmt;
use std::str::FromStr;

/// An operating system as AWS prices it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatingSystem {
    /// Linux/UNIX without a licence fee.
    Linux,
    /// Windows Server, licence included.
    Windows,
    /// Windows Server under the customer's own licence: priced as Linux.
    WindowsByol,
    /// Red Hat Enterprise Linux.
    Rhel,
    /// Red Hat Enterprise Linux with High Availability.
    RhelHa,
    /// SUSE Linux Enterprise Server: the one system still billed by the full hour.
    Suse,
    /// Ubuntu Pro.
    UbuntuPro,
}

/// A SQL Server edition whose licence comes with the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SqlEdition {
    /// SQL Server Web.
    Web,
    /// SQL Server Standard.
    Standard,
    /// SQL Server Enterprise.
    Enterprise,
}

/// Operating system and, if the licence is included, SQL Server edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system.
    pub os: OperatingSystem,
    /// The included SQL Server, if any.
    pub sql: Option<SqlEdition>,
}

/// Whose hardware an instance runs on. A property of usage, not a purchase option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tenancy {
    /// Hardware shared with other customers (`default`).
    Shared,
    /// Hardware of one customer (a Dedicated Instance).
    Dedicated,
    /// A Dedicated Host.
    Host,
}

/// A text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown operating system `{found}`")]
pub struct UnknownPlatform {
    /// The text.
    pub found: String,
}

impl OperatingSystem {
    /// Every one, in order.
    pub const ALL: [Self; 7] = [
        Self::Linux,
        Self::Windows,
        Self::WindowsByol,
        Self::Rhel,
        Self::RhelHa,
        Self::Suse,
        Self::UbuntuPro,
    ];

    /// AWS's words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Windows => "Windows",
            Self::WindowsByol => "Windows BYOL",
            Self::Rhel => "RHEL",
            Self::RhelHa => "RHEL HA",
            Self::Suse => "SUSE",
            Self::UbuntuPro => "Ubuntu Pro",
        }
    }
}

impl SqlEdition {
    /// AWS's words in its price list.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Web => "SQL Web",
            Self::Standard => "SQL Std",
            Self::Enterprise => "SQL Ent",
        }
    }
}

impl Platform {
    /// Linux/UNIX.
    pub const LINUX: Self = Self::plain(OperatingSystem::Linux);
    /// Windows, licence included.
    pub const WINDOWS: Self = Self::plain(OperatingSystem::Windows);

    /// An operating system without SQL Server.
    pub const fn plain(os: OperatingSystem) -> Self {
        Self { os, sql: None }
    }

    /// The platform of AWS's `operation` code, such as `RunInstances:0002` or, in short, `0002`.
    ///
    /// Codes: docs.aws.amazon.com, "AMI billing information fields". A code not listed there is refused.
    pub fn from_operation(operation: &str) -> Result<Self, UnknownPlatform> {
        use OperatingSystem::{Linux, Rhel, RhelHa, Suse, UbuntuPro, Windows, WindowsByol};
        use SqlEdition::{Enterprise, Standard, Web};
        // A second suffix names the way of use, not the platform: `RunInstances:0002:SV001` is Spot.
        let mut parts = operation.split(':');
        let head = parts.next().unwrap_or_default();
        let code = if head == "RunInstances" {
            parts.next().unwrap_or_default()
        } else {
            head
        };
        let code = if code.starts_with("SV") { "" } else { code };
        let (os, sql) = match code {
            "" => (Linux, None),
            "0002" => (Windows, None),
            "0800" => (WindowsByol, None),
            "0010" => (Rhel, None),
            "1010" => (RhelHa, None),
            "000g" => (Suse, None),
            "0g00" => (UbuntuPro, None),
            "0004" => (Linux, Some(Standard)),
            "0100" => (Linux, Some(Enterprise)),
            "0200" => (Linux, Some(Web)),
            "0006" => (Windows, Some(Standard)),
            "0102" => (Windows, Some(Enterprise)),
            "0202" => (Windows, Some(Web)),
            "0014" => (Rhel, Some(Standard)),
            "0110" => (Rhel, Some(Enterprise)),
            "0210" => (Rhel, Some(Web)),
            "1014" => (RhelHa, Some(Standard)),
            "1110" => (RhelHa, Some(Enterprise)),
            _ => {
                return Err(UnknownPlatform {
                    found: operation.to_owned(),
                });
            }
        };
        Ok(Self { os, sql })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sql {
            None => f.pad(self.os.label()),
            Some(sql) => f.pad(&format!("{} with {}", self.os.label(), sql.label())),
        }
    }
}

impl FromStr for Platform {
    type Err = UnknownPlatform;

    /// Reads `Linux`, `linux/unix`, `Windows with SQL Std`, `windows+sql-std`, `rhel-ha`, ... in any case.
    fn from_str(text: &str) -> Result<Self, UnknownPlatform> {
        let unknown = || UnknownPlatform {
            found: text.to_owned(),
        };
        let plain: String = text
            .to_ascii_lowercase()
            .replace(" with ", "+")
            .chars()
            .map(|c| if c == ' ' || c == '_' { '-' } else { c })
            .collect();
        let (os, sql) = match plain.split_once('+') {
            Some((os, sql)) => (os, Some(sql)),
            None => (plain.as_str(), None),
        };
        let os = match os {
            "linux" | "linux/unix" | "linux-unix" => OperatingSystem::Linux,
            "windows" => OperatingSystem::Windows,
            "windows-byol" => OperatingSystem::WindowsByol,
            "rhel" | "red-hat-enterprise-linux" => OperatingSystem::Rhel,
            "rhel-ha" => OperatingSystem::RhelHa,
            "suse" | "sles" | "suse-linux" => OperatingSystem::Suse,
            "ubuntu-pro" => OperatingSystem::UbuntuPro,
            _ => return Err(unknown()),
        };
        let sql = match sql {
            None => None,
            Some("ha") if os == OperatingSystem::Rhel => {
                return Ok(Self::plain(OperatingSystem::RhelHa));
            }
            Some("sql-web" | "sql-server-web") => Some(SqlEdition::Web),
            Some("sql-std" | "sql-standard" | "sql-server-standard") => Some(SqlEdition::Standard),
            Some("sql-ent" | "sql-enterprise" | "sql-server-enterprise") => {
                Some(SqlEdition::Enterprise)
            }
            Some(_) => return Err(unknown()),
        };
        Ok(Self { os, sql })
    }
}

impl Tenancy {
    /// AWS's word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shared => "Shared",
            Self::Dedicated => "Dedicated",
            Self::Host => "Host",
        }
    }
}

impl fmt::Display for Tenancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

impl FromStr for Tenancy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "shared" | "default" => Ok(Self::Shared),
            "dedicated" => Ok(Self::Dedicated),
            "host" => Ok(Self::Host),
            _ => Err("expected shared, dedicated or host".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_is_read_back_from_its_label() {
        for os in OperatingSystem::ALL {
            for sql in [None, Some(SqlEdition::Web), Some(SqlEdition::Standard)] {
                let platform = Platform { os, sql };
                assert_eq!(platform.to_string().parse(), Ok(platform));
            }
        }
    }

    #[test]
    fn operation_codes_name_platforms() {
        let windows_sql = Platform {
            os: OperatingSystem::Windows,
            sql: Some(SqlEdition::Standard),
        };
        assert_eq!(
            Platform::from_operation("RunInstances:0006"),
            Ok(windows_sql)
        );
        assert_eq!(
            Platform::from_operation("RunInstances"),
            Ok(Platform::LINUX)
        );
        assert_eq!(
            Platform::from_operation("RunInstances:SV003"),
            Ok(Platform::LINUX)
        );
        assert_eq!(
            Platform::from_operation("RunInstances:0002:SV001"),
            Ok(Platform::WINDOWS)
        );
        assert!(Platform::from_operation("RunInstances:00zz").is_err());
    }
}
