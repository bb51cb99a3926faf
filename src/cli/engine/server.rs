//! The Spark Connect server: where it is, with what token, and whether it is still there.

use std::env;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::diagnostics::Diagnostic;

/// A server to talk to. No message has its secrets.
#[derive(Clone)]
pub(super) struct Server {
    /// With the token, where there is one.
    url: String,
    /// The token, and what headers of one's own say.
    secrets: Vec<String>,
    /// Host and port.
    address: String,
}

/// The port of Spark Connect.
const PORT: u16 = 15_002;
/// How long a server may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(10);
/// The variable that holds the URL when none is given, as in PySpark.
const REMOTE: &str = "SPARK_REMOTE";
/// The variable that holds the token when the URL has neither one nor a header of its own.
const TOKEN: &str = "BURSAR_SPARK_TOKEN";

impl Server {
    /// The server of a URL, or of the environment.
    pub(super) fn of(remote: Option<&str>) -> Result<Self, Diagnostic> {
        let url = match remote {
            Some(url) => url.to_owned(),
            None => env::var(REMOTE).map_err(|_| {
                Diagnostic::new("which Spark Connect server is meant is not said").hint(format!(
                    "`--remote sc://HOST:{PORT}`, or the same in {REMOTE}"
                ))
            })?,
        };
        let unreadable = |what: &str| {
            Diagnostic::new(format!("the address of the server is unreadable: {what}"))
                .hint(format!("it looks like `sc://HOST:{PORT}/;use_ssl=true`; a token is best kept in {TOKEN}"))
        };
        let rest = url
            .strip_prefix("sc://")
            .ok_or_else(|| unreadable("it does not begin with `sc://`"))?;
        let (host, parameters) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(unreadable("it names no host"));
        }
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port {
            host.to_owned()
        } else {
            format!("{host}:{PORT}")
        };
        let secret = |part: &str| {
            let (key, value) = part.split_once('=')?;
            (key == "token" || key.starts_with("x-")).then(|| value.to_owned())
        };
        let mut secrets: Vec<String> = parameters.split(';').filter_map(secret).collect();
        let mut parts: Vec<String> = parameters.split(';').map(str::to_owned).collect();
        if let (true, Ok(token)) = (secrets.is_empty(), env::var(TOKEN)) {
            parts.push(format!("token={token}"));
            secrets.push(token);
        }
        parts.retain(|part| !part.is_empty());
        secrets.retain(|secret| !secret.is_empty());
        Ok(Self {
            url: format!("sc://{address}/;{}", parts.join(";")),
            secrets,
            address,
        })
    }

    /// The URL to connect to: not for messages.
    pub(super) fn secret_url(&self) -> &str {
        &self.url
    }

    /// The server as messages name it.
    pub(super) fn name(&self) -> &str {
        &self.address
    }

    /// A message without the secrets.
    pub(super) fn without_secrets(&self, message: &str) -> String {
        let clean = |text: String, secret: &String| text.replace(secret.as_str(), "***");
        self.secrets.iter().fold(message.to_owned(), clean)
    }

    /// Whether somebody listens there.
    ///
    /// # Errors
    /// Why nobody does.
    pub(super) fn knock(&self) -> Result<(), Diagnostic> {
        let gone = |why: String| {
            Diagnostic::new(format!(
                "no Spark Connect server at {}: {why}",
                self.address
            ))
            .hint("is it running, and is the port open to this machine?")
        };
        let addresses = self
            .address
            .to_socket_addrs()
            .map_err(|error| gone(error.to_string()))?;
        let mut last = "the name has no address".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, KNOCK) {
                Ok(_) => return Ok(()),
                Err(error) => last = error.to_string(),
            }
        }
        Err(gone(last))
    }
}
