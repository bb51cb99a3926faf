//! What a Spark Connect server answers, to its very end: where its stream of messages ends before, the rest is asked for.
//!
//! A server ends the stream when it has lasted two minutes or carried a gigabyte (`spark.connect.execute.reattachable.` with
//! `senderMaxStreamDuration` and `senderMaxStreamSize`), and connections break. The end of the answer is a message of
//! its own; without it nothing that came is taken for the whole.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use spark_connect_core::{
    ExecutePlanResponseReattachableIterator, RetryPolicyState, SparkConnectClient, SparkError,
    block_on, get_runtime,
};
use spark_connect_proto::execute_plan_response::{ArrowBatch, ExecutionProgress, ResponseType};
use spark_connect_proto::plan::OpType;
use spark_connect_proto::{ExecutePlanRequest, ExecutePlanResponse};
use tonic::{Code, Status, Streaming};

use super::connect::patience;

/// How long the server may take to hear that an answer is done with.
const GOODBYE: Duration = Duration::from_secs(1);
/// A stream that ends sooner, and without rows, is no server's rule but something that does not work.
const SOON: Duration = Duration::from_secs(1);

/// Why an answer is not whole.
#[derive(Debug)]
pub(super) enum Broken {
    /// What the server says, or the way to it.
    Spark(Box<SparkError>),
    /// The answer contradicts itself.
    Answer(String),
}

/// A part of an answer.
#[derive(Debug)]
pub(super) enum Part {
    /// Rows of the result.
    Rows(Vec<RecordBatch>),
    /// A sign of life, and how far the server is where it says so.
    Sign(Option<ExecutionProgress>),
}

/// The answer to one request.
pub(super) struct Answer {
    client: Arc<SparkConnectClient>,
    /// The request, the last message that came, and whether it was the end.
    course: ExecutePlanResponseReattachableIterator,
    stream: Option<Stream>,
    asked: bool,
    /// Since something went wrong and no rows came after it.
    trouble: Option<RetryPolicyState>,
    rows: Rows,
}

/// Messages until the server ends them, or the connection does.
struct Stream {
    messages: Streaming<ExecutePlanResponse>,
    begun: Instant,
    had_rows: bool,
}

/// The rows that came, and what shows that none are missing.
#[derive(Default)]
struct Rows {
    count: u64,
    /// Messages with rows, or with none: one comes at least where data was asked for.
    messages: u64,
    /// Whether data was asked for.
    wanted: bool,
    /// There are rows without their number in the result.
    unnumbered: bool,
    /// The connection broke, and what came next is the server's word only.
    mended: bool,
}

impl Answer {
    /// The answer to a request, which is sent when the first part is asked for.
    pub(super) fn to(client: Arc<SparkConnectClient>, request: ExecutePlanRequest) -> Self {
        Self {
            client,
            rows: Rows::of(&request),
            course: ExecutePlanResponseReattachableIterator::new(request),
            stream: None,
            asked: false,
            trouble: None,
        }
    }

    /// The next part; `None` when the server has said that there is no more.
    ///
    /// # Errors
    /// The server failed, cannot be reached for longer than [`patience`], or sent what cannot be the whole.
    pub(super) fn next(&mut self) -> Result<Option<Part>, Broken> {
        while !block_on(self.course.is_completed()) {
            let mut stream = match self.stream.take() {
                Some(stream) => stream,
                None => self.open()?,
            };
            match block_on(stream.messages.message()) {
                Ok(Some(message)) => {
                    stream.had_rows |=
                        matches!(message.response_type, Some(ResponseType::ArrowBatch(_)));
                    if stream.is_of_use() {
                        self.trouble = None;
                    }
                    self.stream = Some(stream);
                    block_on(self.course.set_last_response_id(&message));
                    return self.part(message);
                }
                // The server wants to be asked for the rest.
                Ok(None) if stream.is_of_use() => {}
                Ok(None) => self.wait(Status::unavailable(
                    "it ends its answers without rows, and without their end",
                ))?,
                Err(status) => {
                    self.rows.mended = true;
                    self.wait(status)?;
                }
            }
        }
        Ok(None)
    }

    /// A stream of what has not come yet.
    fn open(&mut self) -> Result<Stream, Broken> {
        loop {
            match self.ask() {
                Ok(messages) => {
                    return Ok(Stream {
                        messages,
                        begun: Instant::now(),
                        had_rows: false,
                    });
                }
                Err(error) => {
                    self.rows.mended = true;
                    self.wait_for(error)?;
                }
            }
        }
    }

    fn ask(&mut self) -> Result<Streaming<ExecutePlanResponse>, Box<SparkError>> {
        if self.asked {
            let rest = block_on(self.course.create_reattach_request());
            let nothing_came = rest.last_response_id.is_none();
            match block_on(self.client.reattach_execute(rest)) {
                // The request itself was lost.
                Err(error) if nothing_came && is_unknown(&error) => {}
                found => return found.map_err(Box::new),
            }
        }
        self.asked = true;
        self.rows.mended = false;
        block_on(self.client.execute_plan(self.course.request().clone())).map_err(Box::new)
    }

    fn wait(&mut self, status: Status) -> Result<(), Broken> {
        self.wait_for(Box::new(SparkError::from_grpc_status(status)))
    }

    /// Waits before another try, longer each time, or gives up.
    fn wait_for(&mut self, error: Box<SparkError>) -> Result<(), Broken> {
        if !is_passing(&error) {
            return Err(Broken::Spark(error));
        }
        let trouble = self
            .trouble
            .get_or_insert_with(|| RetryPolicyState::new(patience()));
        let pause = trouble.next_attempt(None).ok_or(Broken::Spark(error))?;
        thread::sleep(Duration::from_millis(pause));
        Ok(())
    }

    fn part(&mut self, message: ExecutePlanResponse) -> Result<Option<Part>, Broken> {
        match message.response_type {
            Some(ResponseType::ArrowBatch(batch)) => {
                let batches = self.rows.take(&batch)?;
                Ok(Some(Part::Rows(batches)))
            }
            Some(ResponseType::ExecutionProgress(progress)) => Ok(Some(Part::Sign(Some(progress)))),
            Some(ResponseType::ResultComplete(_)) => self.rows.proved().map(|()| None),
            _ => Ok(Some(Part::Sign(None))),
        }
    }
}

impl Drop for Answer {
    /// Lets the server forget the answer, and stop where it still works on it.
    fn drop(&mut self) {
        if !self.asked {
            return;
        }
        let client = Arc::clone(&self.client);
        let request = block_on(self.course.create_release_request(true));
        let (done, told) = channel();
        get_runtime().spawn(async move {
            // Nobody listens any more when it took too long.
            let _ = done.send(client.release_execute(request).await.is_ok());
        });
        // It forgets by itself after a while, too.
        let _ = told.recv_timeout(GOODBYE);
    }
}

impl Stream {
    fn is_of_use(&self) -> bool {
        self.had_rows || self.begun.elapsed() > SOON
    }
}

impl Rows {
    fn of(request: &ExecutePlanRequest) -> Self {
        let what = request.plan.as_ref().and_then(|plan| plan.op_type.as_ref());
        Self {
            wanted: matches!(what, Some(OpType::Root(_))),
            ..Self::default()
        }
    }

    /// The rows of a message, when they are those that come next.
    fn take(&mut self, message: &ArrowBatch) -> Result<Vec<RecordBatch>, Broken> {
        let expected = self.count;
        self.messages += 1;
        match message.start_offset {
            Some(start) if u64::try_from(start) != Ok(expected) => {
                return Err(Broken::Answer(format!(
                    "it went on at row {start} of the result, and {expected} had come"
                )));
            }
            Some(_) => {}
            None => self.unnumbered = true,
        }
        if message.data.is_empty() && message.row_count == 0 {
            return Ok(Vec::new());
        }
        let unreadable = |why| Broken::Answer(format!("its rows are unreadable: {why}"));
        let reader = StreamReader::try_new(Cursor::new(&message.data), None).map_err(unreadable)?;
        let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().map_err(unreadable)?;
        let found: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        if u64::try_from(message.row_count) != Ok(found) {
            return Err(Broken::Answer(format!(
                "a message of {} rows had {found}",
                message.row_count
            )));
        }
        self.count += found;
        Ok(batches)
    }

    /// Whether all rows are here, now that the server says so.
    ///
    /// After a broken connection only rows with numbers show that none fell out. (Sail 0.7 numbers none, and keeps the
    /// last 128 messages to be sent again, whatever did not arrive of those before.)
    fn proved(&self) -> Result<(), Broken> {
        if self.wanted && self.messages == 0 {
            return Err(Broken::answer("no message had its rows"));
        }
        if self.mended && self.unnumbered {
            return Err(Broken::answer(
                "the connection broke, and the server does not number its rows: some may be missing",
            ));
        }
        Ok(())
    }
}

impl Broken {
    pub(super) fn answer(what: &str) -> Self {
        Self::Answer(what.to_owned())
    }
}

impl From<SparkError> for Broken {
    fn from(error: SparkError) -> Self {
        Self::Spark(Box::new(error))
    }
}

/// Whether another try may help: the server cannot be reached or is too busy, or the connection broke.
fn is_passing(error: &SparkError) -> bool {
    let text = error.to_string();
    let broke = [
        "INVALID_CURSOR.DISCONNECTED",
        "h2 protocol error",
        "transport error",
    ];
    error.grpc_code() == Some(Code::Unavailable as i32)
        || broke.iter().any(|words| text.contains(words))
}

/// Whether the server has never heard of the request.
fn is_unknown(error: &SparkError) -> bool {
    let text = error.to_string().to_lowercase();
    text.contains("operation_not_found") || text.contains("operation not found")
}
