//! From the bytes of a data file to text: encodings, packing, the separator and what stands for a
//! missing value.

use crate::data::InputError;
use std::io::Read;

/// Largest file that is read and largest text that is unpacked, in bytes.
pub(super) const LARGEST: u64 = 4 << 30;

/// The text of a file in UTF-8 or UTF-16, plain or packed by gzip.
pub(in crate::data) fn decoded(bytes: &[u8], place: &str) -> Result<String, InputError> {
    decoded_within(bytes, place, LARGEST)
}

fn decoded_within(bytes: &[u8], place: &str, largest: u64) -> Result<String, InputError> {
    let refused = |problem: String, remedy: &str| InputError::new(place, problem, remedy);
    if bytes.starts_with(b"\x1f\x8b") {
        let mut unpacked = Vec::new();
        let read = flate2::read::MultiGzDecoder::new(bytes).take(largest + 1).read_to_end(&mut unpacked);
        read.map_err(|error| {
            refused(format!("it begins like a gzip file and cannot be unpacked ({error})"), "pack it again, or unpack it yourself")
        })?;
        if unpacked.len() as u64 > largest {
            return Err(refused(format!("it unpacks to more than {largest} bytes"), "unpack it, and keep the columns that are needed"));
        }
        return plain(&unpacked, place);
    }
    plain(bytes, place)
}

pub(super) fn plain(bytes: &[u8], place: &str) -> Result<String, InputError> {
    let refused = |problem: &str, remedy: &str| InputError::new(place, problem, remedy);
    for (magic, what) in [
        (&b"PK\x03\x04"[..], "a ZIP archive or a spreadsheet"),
        (b"PAR1", "a Parquet file"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x93NUMPY", "a NumPy file"),
    ] {
        if bytes.starts_with(magic) {
            return Err(refused(&format!("this is {what}, not text"), "save the series as CSV with one header row"));
        }
    }
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or(0)]));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| refused("it begins like UTF-16 text and is none", "save it as UTF-8"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [b, 0, ..] if *b != 0 => wide(bytes, u16::from_le_bytes),
        [0, b, ..] if *b != 0 => wide(bytes, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(bytes).map(str::to_string).map_err(|error| {
                let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                refused("it is not UTF-8 text", "save it as UTF-8, for example by `iconv -f latin1 -t utf8`").at(Some(line))
            })
        }
    }
}

/// How the cells of a text are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub separator: u8,
    /// Bytes of a first line `sep=…`, as spreadsheets write it; no data.
    pub preface: usize,
}

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Layout {
    /// The separator that a line `sep=…` states, else that whose header has the most of the wanted
    /// names, else the most columns; a comma where nothing tells.
    pub(super) fn of(text: &str, names: &[String]) -> Layout {
        let first = text.lines().next().unwrap_or_default();
        let stated =
            first.trim_matches('"').get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| &first.trim_matches('"').as_bytes()[4..]);
        if let Some([separator]) = stated {
            return Layout { separator: *separator, preface: (first.len() + 1).min(text.len()) };
        }
        let score = |separator: &u8| {
            let header = header(text, *separator);
            (names.iter().filter(|name| header.contains(name)).count(), header.len(), *separator == b',')
        };
        Layout { separator: SEPARATORS.into_iter().max_by_key(score).unwrap_or(b','), preface: 0 }
    }
}

/// Cells of the first row under a separator; those inside quotes are no separators.
fn header(text: &str, separator: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.headers().map_or_else(|_| Vec::new(), |row| row.iter().map(str::to_string).collect())
}

/// Words that stand for a missing value, in any case; an empty cell does too.
const MISSING: [&str; 11] = ["na", "n/a", "#n/a", "#na", "<na>", "null", "none", "nan", "-", "?", "."];

/// Whether a cell stands for a missing value.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Whether a cell reads as one number with a decimal comma.
pub(super) fn has_decimal_comma(cell: &str) -> bool {
    cell.matches(',').count() == 1 && !cell.contains('.') && cell.replacen(',', ".", 1).parse::<f64>().is_ok()
}

/// Whether a cell reads as a number once its thousands separators are gone.
pub(super) fn has_thousands(cell: &str) -> bool {
    let bare: String = cell.chars().filter(|sign| !",.'_ \u{a0}\u{202f}".contains(*sign)).collect();
    bare != cell && bare.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_packed_mountain_of_zeros_takes_no_more_than_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b'0'; 1 << 20]).unwrap();
        let packed = packer.finish().unwrap();
        assert!(packed.len() < 5_000);
        assert_eq!(decoded_within(&packed, "x", 1 << 20).unwrap().len(), 1 << 20);
        let error = decoded_within(&packed, "x", (1 << 20) - 1).unwrap_err();
        assert!(error.problem.contains("unpacks to more than"), "{error}");
    }
}
