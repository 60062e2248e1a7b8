//! The header of a NumPy array: element type, order and shape, read in one pass and within a fixed
//! size.

use super::elements::Element;
use std::io::Read;

/// Longest header that is read, in bytes; NumPy itself writes 128.
const LONGEST: usize = 1 << 16;
/// Most axes that NumPy allows.
const MOST_AXES: usize = 64;

/// What stands before the numbers of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub element: Element,
    /// Whether the first axis runs fastest.
    pub fortran: bool,
    pub shape: Vec<usize>,
    /// Bytes of the header itself.
    pub len: u64,
    /// Bytes of the numbers, as the shape says.
    pub data: u64,
}

impl Header {
    /// Reads a header and leaves `reader` at the first number; the error is in words.
    pub(super) fn read(reader: &mut impl Read) -> Result<Header, String> {
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(|_| "it is no NumPy array: it is shorter than a header".to_string())?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("it is no NumPy array".into());
        }
        let width = match start[6] {
            1 => 2,
            2 | 3 => 4,
            version => return Err(format!("version {version} of the NumPy format is not known")),
        };
        let mut size = [0; 4];
        reader.read_exact(&mut size[..width]).map_err(|_| "its header is cut off".to_string())?;
        let size = u32::from_le_bytes(size) as usize;
        if size > LONGEST {
            return Err(format!("its header would take {size} bytes, and no array needs more than {LONGEST}"));
        }
        let mut text = vec![0; size];
        reader.read_exact(&mut text).map_err(|_| "its header is cut off".to_string())?;
        let text = std::str::from_utf8(&text).map_err(|_| "its header is no text".to_string())?;
        let (element, fortran, shape) = Dictionary { rest: text }.read()?;
        let numbers = shape.iter().try_fold(1u64, |product, len| product.checked_mul(*len as u64));
        // An empty array may have axes of any length.
        let numbers = if shape.contains(&0) { Some(0) } else { numbers };
        let data = numbers.and_then(|numbers| numbers.checked_mul(element.bytes as u64));
        let data = data.ok_or_else(|| format!("its shape {shape:?} holds more numbers than there are bytes to count"))?;
        Ok(Header { element, fortran, shape, len: (8 + width + size) as u64, data })
    }
}

/// A cursor over the one form of Python dictionary that such a header may have.
struct Dictionary<'a> {
    rest: &'a str,
}

impl<'a> Dictionary<'a> {
    fn read(mut self) -> Result<(Element, bool, Vec<usize>), String> {
        let (mut element, mut fortran, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.take('}') {
            let key = self.word()?;
            self.expect(':')?;
            match key {
                "descr" => element = Some(self.element()?),
                "fortran_order" => fortran = Some(self.truth()?),
                "shape" => shape = Some(self.shape()?),
                _ => return Err(bad("a key that no array has")),
            }
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        self.skip();
        match (element, fortran, shape, self.rest.is_empty()) {
            (Some(element), Some(fortran), Some(shape), true) => Ok((element, fortran, shape)),
            _ => Err(bad("not exactly the keys descr, fortran_order and shape")),
        }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\t', '\r']);
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(bad(&format!("no `{sign}` where one must stand"))) }
    }

    /// A quoted word.
    fn word(&mut self) -> Result<&'a str, String> {
        self.skip();
        let quote = self.rest.chars().next().filter(|sign| ['\'', '"'].contains(sign)).ok_or_else(|| bad("no quoted word where one must stand"))?;
        let (word, rest) = self.rest[1..].split_once(quote).ok_or_else(|| bad("a word without an end"))?;
        self.rest = rest;
        Ok(word)
    }

    fn element(&mut self) -> Result<Element, String> {
        self.skip();
        if self.rest.starts_with('[') {
            return Err("it holds records with named fields, not numbers".into());
        }
        Element::named(self.word()?)
    }

    fn truth(&mut self) -> Result<bool, String> {
        self.skip();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(bad("neither True nor False for fortran_order"))
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        let mut shape = Vec::new();
        self.expect('(')?;
        while !self.take(')') {
            self.skip();
            let digits = self.rest.len() - self.rest.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
            let len = self.rest[..digits].parse().map_err(|_| bad("no whole number where an axis must stand"))?;
            if shape.len() == MOST_AXES {
                return Err(bad("more axes than NumPy allows"));
            }
            shape.push(len);
            // Python 2 wrote long integers as `3L`.
            self.rest = self.rest[digits..].strip_prefix('L').unwrap_or(&self.rest[digits..]);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}

fn bad(what: &str) -> String {
    format!("its header has {what}")
}
