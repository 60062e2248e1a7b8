//! The element types of saved arrays that are numbers, and their values as 64-bit floats.

/// An element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    kind: Kind,
    /// Bytes of one element.
    pub bytes: usize,
    big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl Element {
    /// The type that NumPy writes as `word`, such as `<f8`; the error is in words.
    pub(super) fn named(word: &str) -> Result<Element, String> {
        let (order, rest) = match word.chars().next() {
            Some(order @ ('<' | '>' | '|' | '=')) => (order, &word[1..]),
            _ => ('=', word),
        };
        let kind = rest.chars().next();
        let kind_len = kind.map_or(0, char::len_utf8);
        let bytes: Option<usize> = rest[kind_len..].parse().ok();
        let found = match (kind, bytes) {
            (Some('f'), Some(bytes @ (2 | 4 | 8))) => Some((Kind::Float, bytes)),
            (Some('i'), Some(bytes @ (1 | 2 | 4 | 8))) => Some((Kind::Signed, bytes)),
            (Some('u'), Some(bytes @ (1 | 2 | 4 | 8))) => Some((Kind::Unsigned, bytes)),
            (Some('b'), Some(1)) => Some((Kind::Unsigned, 1)),
            _ => None,
        };
        let (kind, bytes) = found.ok_or_else(|| match kind {
            Some('O') => "it holds Python objects, not numbers".to_string(),
            Some('c') => "it holds complex numbers".to_string(),
            _ => format!("its elements are of the type `{}`", word.chars().take(20).collect::<String>()),
        })?;
        Ok(Element { kind, bytes, big_endian: order == '>' })
    }

    /// The value of one element, `None` where a 64-bit float does not hold it exactly.
    pub(super) fn value(self, raw: &[u8]) -> Option<f64> {
        let mut little = [0; 8];
        for (position, slot) in little[..self.bytes].iter_mut().enumerate() {
            *slot = raw[if self.big_endian { self.bytes - 1 - position } else { position }];
        }
        let bits = u64::from_le_bytes(little);
        match (self.kind, self.bytes) {
            (Kind::Float, 8) => Some(f64::from_bits(bits)),
            (Kind::Float, 4) => Some(f64::from(f32::from_bits(bits as u32))),
            (Kind::Float, _) => Some(half(bits as u16)),
            (Kind::Unsigned, _) => Some(bits as f64).filter(|value| *value as u128 == u128::from(bits)),
            (Kind::Signed, bytes) => {
                let unused = 64 - 8 * bytes as u32;
                let signed = (bits << unused) as i64 >> unused;
                Some(signed as f64).filter(|value| *value as i128 == i128::from(signed))
            }
        }
    }
}

/// A 16-bit float: one bit of sign, five of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let power = |exponent: i32| f64::from_bits(((1023 + exponent) as u64) << 52);
    let size = match (exponent, fraction) {
        (31, 0.0) => f64::INFINITY,
        (31, _) => f64::NAN,
        (0, _) => fraction * power(-24),
        _ => (1024.0 + fraction) * power(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_type() {
        let read = |word: &str, raw: &[u8]| Element::named(word).unwrap().value(raw);
        assert_eq!(read("<f8", &1.5f64.to_le_bytes()), Some(1.5));
        assert_eq!(read(">f4", &(-0.1f32).to_be_bytes()), Some(f64::from(-0.1f32)));
        assert_eq!(read("|i1", &[0xff]), Some(-1.0));
        assert_eq!(read("|b1", &[1]), Some(1.0));
        assert_eq!(read(">i2", &[0x80, 0]), Some(-32768.0));
        assert_eq!(read("<u8", &(1u64 << 53).to_le_bytes()), Some((1u64 << 53) as f64));
        assert_eq!(read("<u8", &((1u64 << 53) + 1).to_le_bytes()), None);
        assert_eq!(read("<i8", &(-(1i64 << 53) - 1).to_le_bytes()), None);
        assert_eq!(read("<u8", &u64::MAX.to_le_bytes()), None);
        // IEEE 754 binary16: one, the largest, the smallest subnormal, minus two, infinity.
        for (bits, value) in [(0x3c00u16, 1.0), (0x7bff, 65504.0), (1, 2f64.powi(-24)), (0xc000, -2.0), (0x7c00, f64::INFINITY)] {
            assert_eq!(read("<f2", &bits.to_le_bytes()), Some(value));
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        for (word, said) in [("|O", "objects"), ("<c16", "complex"), ("<U3", "`<U3`"), ("<f16", "`<f16`"), ("", "type"), ("é8", "type")] {
            assert!(Element::named(word).unwrap_err().contains(said), "{word}");
        }
    }
}
