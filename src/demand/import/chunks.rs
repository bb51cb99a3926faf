//! Cuts a stream of CSV into pieces of whole records, so that several threads can parse it.

use std::io::{self, Read};

/// Bytes a piece has at least, but the last; small enough to stay in a core's cache.
const SIZE: usize = 1 << 20;
/// A record longer than this is a quote that was never closed.
const LONGEST: usize = 64 << 20;

/// Whole records, and where in the stream they start.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) offset: u64,
    /// A buffer that is used again and again: only its first `len` bytes are the records.
    pub(super) buffer: Vec<u8>,
    pub(super) len: usize,
}

impl Chunk {
    /// The records.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// Why there is no next piece.
#[derive(Debug)]
pub(super) enum ChunkError {
    /// Reading or unpacking failed.
    Io(io::Error),
    /// A quote opened in the record that starts here and was never closed.
    Unclosed(u64),
}

/// Cuts at line ends that stand outside quotes.
pub(super) struct Chunker<R> {
    stream: R,
    /// What is behind the last cut.
    rest: Vec<u8>,
    offset: u64,
    ended: bool,
}

impl<R: Read> Chunker<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream,
            rest: Vec::new(),
            offset: 0,
            ended: false,
        }
    }

    /// The next piece, in `buffer`; `None` at the end.
    pub(super) fn next(&mut self, mut buffer: Vec<u8>) -> Result<Option<Chunk>, ChunkError> {
        let mut len = self.rest.len();
        let mut want = SIZE.max(2 * len);
        buffer.resize(want.max(buffer.len()), 0);
        buffer[..len].copy_from_slice(&self.rest);
        loop {
            len = self
                .fill(&mut buffer[..want], len)
                .map_err(ChunkError::Io)?;
            if let Some(cut) = last_cut(&buffer[..len], self.ended) {
                self.rest.clear();
                self.rest.extend_from_slice(&buffer[cut..len]);
                let offset = self.offset;
                self.offset += cut as u64;
                let chunk = Chunk {
                    offset,
                    buffer,
                    len: cut,
                };
                return Ok((cut > 0).then_some(chunk));
            }
            if self.ended || len > LONGEST {
                return Err(ChunkError::Unclosed(self.offset));
            }
            want = 2 * len;
            buffer.resize(want.max(buffer.len()), 0);
        }
    }

    /// Reads until `buffer` is full or the stream ends; the first `len` bytes are there already.
    fn fill(&mut self, buffer: &mut [u8], mut len: usize) -> io::Result<usize> {
        while len < buffer.len() && !self.ended {
            match self.stream.read(&mut buffer[len..]) {
                Ok(0) => self.ended = true,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(len)
    }
}

/// The place behind the last line end outside quotes; at the end of the stream, the end.
fn last_cut(bytes: &[u8], ended: bool) -> Option<usize> {
    let quotes = memchr::memchr_iter(b'"', bytes).count();
    let mut open = quotes % 2 == 1;
    if ended {
        return (!open).then_some(bytes.len());
    }
    // Backwards: a quote passed flips whether the place before it is inside.
    memchr::memrchr2_iter(b'\n', b'"', bytes).find_map(|at| {
        if bytes[at] == b'"' {
            open = !open;
            return None;
        }
        (!open).then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_stand_outside_quotes() {
        assert_eq!(last_cut(b"a,b\nc,\"d\ne", false), Some(4));
        assert_eq!(last_cut(b"a,\"x\ny\"\nz", false), Some(8));
        assert_eq!(last_cut(b"a,\"x\ny", false), None);
        assert_eq!(last_cut(b"a,\"x\ny", true), None);
        assert_eq!(last_cut(b"a\nb", true), Some(3));
    }

    #[test]
    fn the_pieces_are_the_stream() {
        let row = "1,\"two\nlines\",\"a \"\"quote\"\"\"\n";
        let text = row.repeat(100_000);
        let mut chunker = Chunker::new(text.as_bytes());
        let mut joined = Vec::new();
        while let Some(chunk) = chunker.next(Vec::new()).unwrap() {
            assert_eq!(chunk.offset, joined.len() as u64);
            assert_eq!(chunk.len % row.len(), 0);
            joined.extend_from_slice(chunk.bytes());
        }
        assert_eq!(joined, text.as_bytes());
    }
}
