//! A file of text as a stream: its beginning, from which its form is told, and the rest, which is
//! never held whole.

use super::text::{LARGEST, plain};
use crate::data::InputError;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of text from which the form of a file is told.
const HEAD: usize = 1 << 16;

/// A file that reads as text, or its bytes where it has to be seen whole.
pub(super) enum Source {
    Stream(Stream),
    Whole(Vec<u8>),
}

/// A file in UTF-8, plain or packed by gzip, on its way.
pub(super) struct Stream {
    /// Its beginning, up to a whole line where there is one.
    pub head: String,
    text: Box<dyn Read>,
    file: Shared,
}

impl Stream {
    /// All of the text, from its beginning.
    pub(super) fn text(&mut self) -> &mut dyn Read {
        &mut *self.text
    }

    /// SHA-256 of the whole file, whose rest is read for it.
    pub(super) fn checksum(mut self) -> std::io::Result<String> {
        std::io::copy(&mut self.file, &mut std::io::sink())?;
        let hashed = self.file.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(hexadecimal(&hashed.hash.clone().finalize()))
    }
}

/// A file of which every byte that is read is hashed, and counted against the largest size.
struct Hashed {
    file: Box<dyn Read + Send>,
    hash: Sha256,
    left: u64,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Hashed>>);

fn too_large(what: &str, largest: u64) -> std::io::Error {
    std::io::Error::other(format!("{what} more than {largest} bytes"))
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let hashed = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = hashed.file.read(buffer)?;
        hashed.hash.update(&buffer[..count]);
        hashed.left = hashed.left.checked_sub(count as u64).ok_or_else(|| too_large("it holds", LARGEST))?;
        Ok(count)
    }
}

/// Whether bytes begin like UTF-16, which is read whole.
fn is_wide(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, ..])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of bytes, in hexadecimal.
pub(in crate::data) fn checksum_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Text that may not come to more than so many bytes.
struct Within<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Within<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| too_large("it unpacks to", LARGEST))?;
        Ok(count)
    }
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// [`InputError`] where it cannot be read, is too large, or is no text.
    pub(super) fn open(path: &Path) -> Result<Source, InputError> {
        let place = path.display().to_string();
        let remedy = "check the path; it must be a CSV file with one header row";
        let unreadable = |error: std::io::Error| InputError::new(&place, format!("the file cannot be read ({error})"), remedy);
        let mut file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        // A pipe does not tell its length, and a device has none.
        let largest = if about.is_file() { LARGEST } else { LARGEST >> 4 };
        if about.len() > largest {
            return Err(InputError::new(&place, format!("it holds more than {largest} bytes"), "keep the columns and rows that are needed"));
        }
        let mut first = Vec::new();
        file.by_ref().take(4).read_to_end(&mut first).map_err(unreadable)?;
        if is_wide(&first) {
            file.take(largest).read_to_end(&mut first).map_err(unreadable)?;
            return if first.len() as u64 > largest { Err(unreadable(too_large("it holds", largest))) } else { Ok(Source::Whole(first)) };
        }
        let packed = first.starts_with(b"\x1f\x8b");
        let file: Box<dyn Read + Send> = Box::new(Cursor::new(first).chain(file));
        let file = Shared(Arc::new(Mutex::new(Hashed { file, hash: Sha256::new(), left: largest })));
        let mut text: Box<dyn Read> =
            if packed { Box::new(Within { inner: flate2::read::MultiGzDecoder::new(file.clone()), left: LARGEST }) } else { Box::new(file.clone()) };
        let mut head = Vec::new();
        text.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| {
            let problem = format!("it begins like a gzip file and cannot be unpacked ({error})");
            if packed { InputError::new(&place, problem, "pack it again, or unpack it yourself") } else { unreadable(error) }
        })?;
        if packed && is_wide(&head) {
            return bytes_of(path).map(Source::Whole);
        }
        // The end of the beginning may cut a letter.
        let whole_letters = match std::str::from_utf8(&head) {
            Err(error) if error.error_len().is_none() && head.len() == HEAD => error.valid_up_to(),
            _ => head.len(),
        };
        let shown = plain(&head[..whole_letters], &place)?;
        let bom = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = Box::new(Cursor::new(head.split_off(bom)).chain(text));
        Ok(Source::Stream(Stream { head: shown, text, file }))
    }
}

/// The bytes of a file, within bounds.
pub(in crate::data) fn bytes_of(path: &Path) -> Result<Vec<u8>, InputError> {
    let place = path.display().to_string();
    let remedy = "check the path; it must be a CSV file with one header row";
    let unreadable = |error: std::io::Error| InputError::new(&place, format!("the file cannot be read ({error})"), remedy);
    let file = File::open(path).map_err(unreadable)?;
    // A pipe does not tell its length, and a device has none.
    let about = file.metadata().map_err(unreadable)?;
    let largest = if about.is_file() { LARGEST } else { LARGEST >> 4 };
    let mut bytes = Vec::new();
    if about.len() <= largest {
        file.take(largest + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if about.len().max(bytes.len() as u64) > largest {
        return Err(InputError::new(&place, format!("it holds more than {largest} bytes"), "keep the columns and rows that are needed"));
    }
    Ok(bytes)
}
