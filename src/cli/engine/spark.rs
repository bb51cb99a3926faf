//! Lets Spark add up a bill, and keeps its result in a file until it is read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use indicatif::{HumanBytes, HumanCount, ProgressBar};
use spark_connect_core::SparkError;
use spark_connect_proto::Relation;
use spark_connect_proto::execute_plan_response::ExecutionProgress;
use spark_connect_proto::execute_plan_response::execution_progress::StageInfo;
use tempfile::{NamedTempFile, TempPath};
use tonic::Code;

use super::answer::{Broken, Part};
use super::connect::{self, Session};
use super::server::Server;
use crate::demand::import::{Aggregation, Dialect};
use crate::diagnostics::{Diagnostic, Place};

/// What a bill is called in the session.
const VIEW: &str = "bursar_bill";
/// How often it is looked whether a silent server is still there.
const LOOK: Duration = Duration::from_secs(3);
/// A server that nobody could reach for so long is gone: the client itself would try for a quarter of an hour.
const GONE: Duration = Duration::from_secs(20);
/// How long the first answer may take: a session may have to be started.
const FIRST_ANSWER: Duration = Duration::from_secs(60);

/// What is asked of the server.
#[derive(Clone)]
struct Order {
    server: Server,
    name: String,
    tags: Vec<String>,
    periods: Vec<String>,
    /// Signs of life of the server: its first answer, and every message.
    signs: Arc<AtomicU64>,
    /// Tells who waits how far it is.
    bar: ProgressBar,
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
    bar: &ProgressBar,
) -> Result<TempPath, Diagnostic> {
    let mut order = Order::new(server, name, tags, periods);
    order.bar = bar.clone();
    // Made here, so that it goes with an error even where the work is given up.
    let path = NamedTempFile::new()
        .map_err(|error| cannot_write(&error))?
        .into_temp_path();
    let file = File::create(&path).map_err(|error| cannot_write(&error))?;
    order.watched(|order| order.write(BufWriter::new(file)))?;
    Ok(path)
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
        let mut text = order.sql(&session)?;
        let mut answer = session.all_of(connect::query(&format!("EXPLAIN {text}")));
        while let Some(part) = answer.next().map_err(|broken| order.failed(&broken))? {
            let Part::Rows(batches) = part else { continue };
            for line in batches.iter().flat_map(|batch| batch.columns().first()) {
                for row in 0..line.len() {
                    text.push('\n');
                    text.push_str(order.cell(line, row)?);
                }
            }
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
            bar: ProgressBar::hidden(),
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

    fn session(&self) -> Result<Session, Diagnostic> {
        let failed = |broken| self.failed(&broken);
        let session = Session::open(self.server.secret_url()).map_err(failed)?;
        // Times of a bill are UTC, whatever the cluster's own zone is.
        session
            .set("spark.sql.session.timeZone", "UTC")
            .map_err(failed)?;
        self.signs.fetch_add(1, Ordering::Relaxed);
        Ok(session)
    }

    /// Gives the bill its name in the session, and says what to do with it.
    fn sql(&self, session: &Session) -> Result<String, Diagnostic> {
        let failed = |broken| self.unread(&broken);
        let bill = self.bill();
        let columns = session.columns(&bill).map_err(failed)?;
        if columns.is_empty() {
            return Err(self.said(NOTHING));
        }
        let aggregation = Aggregation {
            table: VIEW.to_owned(),
            name: self.name.clone(),
            columns,
            tags: self.tags.clone(),
            periods: self.periods.clone(),
        };
        session.name(bill, VIEW).map_err(failed)?;
        aggregation.sql(Dialect::Spark)
    }

    /// The bill by what its name looks like: files of CSV, files of Parquet, or a table.
    fn bill(&self) -> Relation {
        let path = self.name.trim_end_matches("**").trim_end_matches('*');
        let path = if path.len() < self.name.len() && path.ends_with('/') {
            path
        } else {
            &self.name
        };
        let ends = |ending: &str| path.to_ascii_lowercase().ends_with(ending);
        if ends(".csv") || ends(".csv.gz") || ends(".gz") {
            return connect::files(path, "csv", &[("header", "true"), ("escape", "\"")]);
        }
        if path.contains('/') || ends(".parquet") {
            return connect::files(path, "parquet", &[]);
        }
        connect::table(path)
    }

    /// Writes the result as CSV, row by row as it comes.
    fn write(&self, out: impl Write) -> Result<(), Diagnostic> {
        let failed = |broken| self.failed(&broken);
        let unwritten = |error: csv::Error| cannot_write(&error.into());
        let session = self.session()?;
        let result = connect::query(&self.sql(&session)?);
        let columns = session.columns(&result).map_err(failed)?;
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(columns.iter().map(|column| &column.name))
            .map_err(unwritten)?;
        let mut answer = session.all_of(result);
        let (mut rows, mut bytes) = (0, 0);
        while let Some(part) = answer.next().map_err(failed)? {
            self.signs.fetch_add(1, Ordering::Relaxed);
            match part {
                Part::Sign(progress) => self.tell(progress.as_ref()),
                Part::Rows(batches) => {
                    for batch in &batches {
                        bytes += self.keep(batch, &mut csv)?;
                        rows += batch.num_rows() as u64;
                    }
                    self.bar.set_message(format!(
                        "reading what Spark found: {} rows, {}",
                        HumanCount(rows),
                        HumanBytes(bytes)
                    ));
                }
            }
        }
        csv.flush().map_err(|error| cannot_write(&error))
    }

    /// Writes rows, and says how many letters they had.
    fn keep(
        &self,
        batch: &RecordBatch,
        csv: &mut csv::Writer<impl Write>,
    ) -> Result<u64, Diagnostic> {
        let mut letters = 0;
        for row in 0..batch.num_rows() {
            for column in batch.columns() {
                let cell = self.cell(column, row)?;
                letters += cell.len() as u64;
                csv.write_field(cell)
                    .map_err(|error| cannot_write(&error.into()))?;
            }
            csv.write_record(None::<&[u8]>)
                .map_err(|error| cannot_write(&error.into()))?;
        }
        Ok(letters)
    }

    /// A text of the result, empty where there is none: all its columns are texts.
    fn cell<'a>(&self, column: &'a dyn Array, row: usize) -> Result<&'a str, Diagnostic> {
        if column.is_null(row) {
            return Ok("");
        }
        let text = column
            .as_string_opt::<i32>()
            .map(|column| column.value(row))
            .or_else(|| Some(column.as_string_opt::<i64>()?.value(row)))
            .or_else(|| Some(column.as_string_view_opt()?.value(row)));
        text.ok_or_else(|| {
            let kind = column.data_type();
            self.said(&format!("Spark's result is no text but {kind}"))
        })
    }

    /// Says how far Spark is, where it says so itself.
    fn tell(&self, progress: Option<&ExecutionProgress>) {
        let Some(progress) = progress else { return };
        let count = |of: fn(&StageInfo) -> i64| progress.stages.iter().map(of).sum::<i64>();
        let (done, all) = (
            count(|stage| stage.num_completed_tasks),
            count(|stage| stage.num_tasks),
        );
        let read = u64::try_from(count(|stage| stage.input_bytes_read)).unwrap_or_default();
        self.bar.set_message(format!(
            "adding up on Spark: {done} of {all} tasks, {} read",
            HumanBytes(read)
        ));
    }

    /// What stands in the way of the bill itself.
    fn unread(&self, broken: &Broken) -> Diagnostic {
        let Broken::Spark(error) = broken else {
            return self.failed(broken);
        };
        let said = self.words(error);
        let lower = said.to_lowercase();
        let absent = [
            "path_not_found",
            "path does not exist",
            "no such file",
            "not found",
        ];
        if absent.iter().any(|words| lower.contains(words)) {
            return self.said(&format!("{NOTHING}: {said}"));
        }
        self.failed(broken)
    }

    fn failed(&self, broken: &Broken) -> Diagnostic {
        match broken {
            Broken::Answer(what) => self
                .said(&format!("Spark's answer is not whole: {what}"))
                .hint("run it again; what came is not used"),
            Broken::Spark(error) if is_refusal(error) => self
                .said("the server refused the token")
                .hint("BURSAR_SPARK_TOKEN holds it, or `;token=` in the URL"),
            Broken::Spark(error) => {
                let failed = self.said(&format!("Spark failed: {}", self.words(error)));
                if has_code(error, Code::Unavailable) {
                    return failed.hint(NO_ANSWER);
                }
                failed
            }
        }
    }

    /// The first lines of what Spark says.
    fn words(&self, error: &SparkError) -> String {
        let text = self.server.without_secrets(&error.to_string());
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.take(3).collect::<Vec<_>>().join(" ")
    }

    fn said(&self, message: &str) -> Diagnostic {
        Diagnostic::new(format!("{message} (server {})", self.server.name()))
            .at(Place::file(&self.name))
    }
}

fn is_refusal(error: &SparkError) -> bool {
    has_code(error, Code::Unauthenticated) || has_code(error, Code::PermissionDenied)
}

fn has_code(error: &SparkError, code: Code) -> bool {
    error.grpc_code() == Some(code as i32)
}

fn cannot_write(error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(format!("what Spark found cannot be kept: {error}"))
        .hint("it is kept in the folder for temporary files; TMPDIR names another")
}
