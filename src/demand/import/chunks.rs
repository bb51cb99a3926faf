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
    pub(super) bytes: Vec<u8>,
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
        buffer.clear();
        buffer.append(&mut self.rest);
        let mut want = SIZE;
        loop {
            self.fill(&mut buffer, want).map_err(ChunkError::Io)?;
            let cut = if self.ended {
                last_cut(&buffer, true)
            } else {
                last_cut(&buffer, false)
            };
            if let Some(cut) = cut {
                self.rest.extend_from_slice(&buffer[cut..]);
                buffer.truncate(cut);
                let offset = self.offset;
                self.offset += cut as u64;
                return Ok((cut > 0).then_some(Chunk {
                    offset,
                    bytes: buffer,
                }));
            }
            if self.ended || buffer.len() > LONGEST {
                return Err(ChunkError::Unclosed(self.offset));
            }
            want = buffer.len() * 2;
        }
    }

    fn fill(&mut self, buffer: &mut Vec<u8>, want: usize) -> io::Result<()> {
        let missing = want.saturating_sub(buffer.len());
        let read = (&mut self.stream)
            .take(missing as u64)
            .read_to_end(buffer)?;
        self.ended |= read < missing;
        Ok(())
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
            assert_eq!(chunk.bytes.len() % row.len(), 0);
            joined.extend_from_slice(&chunk.bytes);
        }
        assert_eq!(joined, text.as_bytes());
    }
}
