//! Lets Spark add up a bill, and keeps its result in a file until it is read.

use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use spark_connect::row::Value;
use spark_connect::{DataFrame, DataType, SparkError, SparkSession};
use tempfile::{NamedTempFile, TempPath};

use super::server::Server;
use crate::demand::import::{Aggregation, ColumnKind, Dialect, EngineColumn};
use crate::diagnostics::{Diagnostic, Place};

/// What a bill is called in the session.
const VIEW: &str = "bursar_bill";
/// How often it is looked whether a silent server is still there.
const LOOK: Duration = Duration::from_secs(3);
/// A server that nobody could reach for so long is gone: the client itself would try for a quarter of an hour.
const GONE: Duration = Duration::from_secs(20);
/// How long the first answer may take: a session may have to be started.
const FIRST_ANSWER: Duration = Duration::from_secs(60);

/// Spark ends a stream of answers after two minutes or a gigabyte (`spark.connect.execute.reattachable.` with
/// `senderMaxStreamDuration` and `senderMaxStreamSize`) and waits to be asked for the rest; the client (4.2.0) takes that
/// for the end of the result. What is near either may lack rows.
const WHOLE: (Duration, u64) = (Duration::from_secs(115), 900_000_000);
/// What a text takes beside its letters on the way, and more: where it ends, and whether it is there.
const BESIDE_TEXT: u64 = 5;

/// What is asked of the server.
#[derive(Clone)]
struct Order {
    server: Server,
    name: String,
    tags: Vec<String>,
    periods: Vec<String>,
    /// Signs of life of the server: its first answer, and every row.
    signs: Arc<AtomicU64>,
}

/// What may be wrong with a server that is there and says nothing.
const NO_ANSWER: &str = "is it a Spark Connect server? With TLS the URL says `use_ssl=true`, and SSL_CERT_FILE names a certificate authority of your own";

/// A path without files, as some engines show it.
const NOTHING: &str = "there is nothing to read";

/// Adds up the bill at `name` (a path or a table of the server's) into a file of its own.
pub(super) fn sum(
    server: &Server,
    name: &str,
    tags: &[String],
    periods: &[String],
) -> Result<TempPath, Diagnostic> {
    let order = Order::new(server, name, tags, periods);
    order.watched(|order| {
        let mut file = NamedTempFile::new().map_err(|error| cannot_write(&error))?;
        order.write(&mut BufWriter::new(&mut file))?;
        Ok(file.into_temp_path())
    })
}

/// How Spark would go about it.
pub(super) fn plan(
    server: &Server,
    name: &str,
    tags: &[String],
    periods: &[String],
) -> Result<String, Diagnostic> {
    let order = Order::new(server, name, tags, periods);
    order.watched(|order| {
        let session = order.session()?;
        let sql = order.sql(&session)?;
        let plan = session.sql(&format!("EXPLAIN {sql}"));
        let rows = plan
            .and_then(|plan| plan.collect())
            .map_err(|error| order.failed(&error))?;
        let mut text = sql;
        for row in &rows {
            text.push('\n');
            text.extend(row.values().iter().filter_map(Value::as_str));
        }
        text.push('\n');
        Ok(text)
    })
}

impl Order {
    fn new(server: &Server, name: &str, tags: &[String], periods: &[String]) -> Self {
        Self {
            server: server.clone(),
            name: name.to_owned(),
            tags: tags.to_vec(),
            periods: periods.to_vec(),
            signs: Arc::default(),
        }
    }

    /// Does the work on a thread of its own, and gives up when the server is gone.
    fn watched<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Diagnostic> + Send + 'static,
    ) -> Result<T, Diagnostic> {
        self.server.knock()?;
        let (done, result) = channel();
        let order = self.clone();
        thread::spawn(move || {
            // Nobody listens any more when the server was given up.
            let _ = done.send(work(&order));
        });
        let begun = Instant::now();
        let mut heard = (begun, 0);
        loop {
            match result.recv_timeout(LOOK) {
                Ok(found) => return found,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.said("the connection to Spark broke off without a reason"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.signs.load(Ordering::Relaxed);
            if now == 0 && begun.elapsed() > FIRST_ANSWER {
                return Err(self.said("the server does not answer").hint(NO_ANSWER));
            }
            let Err(gone) = self.server.knock() else {
                heard = (Instant::now(), now);
                continue;
            };
            if now == heard.1 && heard.0.elapsed() > GONE {
                return Err(gone);
            }
        }
    }

    fn session(&self) -> Result<SparkSession, Diagnostic> {
        let session = SparkSession::builder()
            .remote(self.server.secret_url())
            .get_or_create();
        let session = session.map_err(|error| self.failed(&error))?;
        session.version().map_err(|error| self.failed(&error))?;
        self.signs.fetch_add(1, Ordering::Relaxed);
        // Times of a bill are UTC, whatever the cluster's own zone is.
        let utc = session.conf().set("spark.sql.session.timeZone", "UTC");
        utc.map_err(|error| self.failed(&error))?;
        Ok(session)
    }

    /// Gives the bill its name in the session, and says what to do with it.
    fn sql(&self, session: &SparkSession) -> Result<String, Diagnostic> {
        let bill = self.bill(session)?;
        let schema = bill.schema().map_err(|error| self.failed(&error))?;
        let DataType::Struct { fields } = schema else {
            return Err(self.said(NOTHING));
        };
        if fields.is_empty() {
            return Err(self.said(NOTHING));
        }
        let columns = fields.iter().map(|field| EngineColumn {
            name: field.name.clone(),
            kind: kind(&field.data_type),
        });
        let aggregation = Aggregation {
            table: VIEW.to_owned(),
            name: self.name.clone(),
            columns: columns.collect(),
            tags: self.tags.clone(),
            periods: self.periods.clone(),
        };
        let named = bill.create_or_replace_temp_view(VIEW);
        named.map_err(|error| self.failed(&error))?;
        aggregation.sql(Dialect::Spark)
    }

    /// The bill by what its name looks like: files of CSV, files of Parquet, or a table.
    fn bill(&self, session: &SparkSession) -> Result<DataFrame, Diagnostic> {
        let path = self.name.trim_end_matches("**").trim_end_matches('*');
        let path = if path.len() < self.name.len() && path.ends_with('/') {
            path
        } else {
            &self.name
        };
        let ends = |ending: &str| path.to_ascii_lowercase().ends_with(ending);
        if ends(".csv") || ends(".csv.gz") || ends(".gz") {
            let reader = session
                .read()
                .option("header", "true")
                .option("escape", "\"");
            return Ok(reader.csv(path));
        }
        if path.contains('/') || ends(".parquet") {
            return Ok(session.read().parquet(path));
        }
        session.table(path).map_err(|error| self.failed(&error))
    }

    /// Writes the result as CSV, row by row as it comes.
    fn write(&self, out: &mut impl Write) -> Result<(), Diagnostic> {
        let session = self.session()?;
        let sql = self.sql(&session)?;
        let result = session.sql(&sql).map_err(|error| self.failed(&error))?;
        let names = result.columns().map_err(|error| self.failed(&error))?;
        let mut csv = csv::Writer::from_writer(out);
        let unwritten = |error: csv::Error| cannot_write(&error.into());
        csv.write_record(&names).map_err(unwritten)?;
        let (begun, mut bytes) = (Instant::now(), 0_u64);
        let found = result
            .to_local_iterator(true)
            .map_err(|error| self.failed(&error))?;
        for row in found {
            let row = row.map_err(|error| self.failed(&error))?;
            let cells = row
                .values()
                .iter()
                .map(|value| value.as_str().unwrap_or_default());
            bytes += cells
                .clone()
                .map(|cell| cell.len() as u64 + BESIDE_TEXT)
                .sum::<u64>();
            csv.write_record(cells).map_err(unwritten)?;
            self.signs.fetch_add(1, Ordering::Relaxed);
        }
        if begun.elapsed() > WHOLE.0 || bytes > WHOLE.1 {
            return Err(self
                .said("the result took about two minutes or came to about a gigabyte: it may have been cut off, and is not used")
                .hint("`--billing-period` reads a part; `--emit-sql spark` gives the query to run there, and its result is read as a file"));
        }
        csv.flush().map_err(|error| cannot_write(&error))
    }

    fn failed(&self, error: &SparkError) -> Diagnostic {
        let text = self.server.without_secrets(&error.to_string());
        let first: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(3)
            .collect();
        let said = first.join(" ");
        let lower = said.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if has(&[
            "unauthenticated",
            "authentication credentials",
            "permission denied",
            "permissiondenied",
        ]) {
            return self
                .said("the server refused the token")
                .hint("BURSAR_SPARK_TOKEN holds it, or `;token=` in the URL");
        }
        if has(&[
            "path_not_found",
            "path does not exist",
            "no such file",
            "not found",
        ]) {
            return self.said(&format!("{NOTHING}: {said}"));
        }
        self.said(&format!("Spark failed: {said}"))
    }

    fn said(&self, message: &str) -> Diagnostic {
        Diagnostic::new(format!("{message} (server {})", self.server.name()))
            .at(Place::file(&self.name))
    }
}

fn kind(data_type: &DataType) -> ColumnKind {
    match data_type {
        DataType::Map { .. } => ColumnKind::Map,
        DataType::Struct { fields } => {
            ColumnKind::Struct(fields.iter().map(|field| field.name.clone()).collect())
        }
        DataType::Integer
        | DataType::Long
        | DataType::Float
        | DataType::Double
        | DataType::Decimal { .. } => ColumnKind::Number,
        _ => ColumnKind::Plain,
    }
}

fn cannot_write(error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(format!("what Spark found cannot be kept: {error}"))
        .hint("it is kept in the folder for temporary files; TMPDIR names another")
}
