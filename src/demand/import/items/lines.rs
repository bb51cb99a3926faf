//! Counts the lines of a stream while a CSV reader reads ahead in it.

use std::collections::VecDeque;
use std::io::{self, Read};

/// A stream that remembers where its lines end until somebody asks.
pub(super) struct Lines<R> {
    stream: R,
    /// Bytes read.
    read: u64,
    /// Where bytes that end lines stand, and whether the byte is a line feed.
    ends: VecDeque<(u64, bool)>,
    line: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream,
            read: 0,
            ends: VecDeque::new(),
            line: 1,
        }
    }

    /// The line, counted from 1, of the record that begins at this byte or behind empty lines there. Bytes only
    /// ever grow from one question to the next.
    pub(super) fn line_at(&mut self, mut byte: u64) -> u64 {
        while let Some(&(place, feed)) = self.ends.front() {
            if place > byte {
                break;
            }
            self.ends.pop_front();
            self.line += u64::from(feed);
            if place == byte {
                byte += 1;
            }
        }
        self.line
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let feed = bytes.get(at) == Some(&b'\n');
            self.ends.push_back((self.read + at as u64, feed));
        }
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_where_an_editor_shows_them() {
        for (text, wanted) in [
            ("a,b\n1,2\n3,4\n", [2, 3]),
            ("a,b\r\n1,2\r\n3,4\r\n", [2, 3]),
            ("a,b\n\n1,2\n\n\n3,4", [3, 6]),
            ("a,b\r\n\r\n1,2\r\n\r\n3,4\r\n", [3, 5]),
            ("a,b\n1,\"two\nlines\"\n3,4\n", [2, 4]),
        ] {
            let mut reader = csv::Reader::from_reader(Lines::new(text.as_bytes()));
            let mut record = csv::StringRecord::new();
            let mut found = Vec::new();
            while reader.read_record(&mut record).unwrap() {
                let byte = record.position().unwrap().byte();
                found.push(reader.get_mut().line_at(byte));
            }
            assert_eq!(found, wanted, "{text:?}");
        }
    }
}
