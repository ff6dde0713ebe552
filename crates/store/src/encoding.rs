//! The canonical bytes of a header: what is hashed, and what a backend may store as it is.
//!
//! Owns both directions. Integers are big-endian; texts and lists are preceded by their length in bytes or items as 32
//! bits; an absent text is a byte 0, a present one a byte 1 and the text. Invariant: the encoding of a format never
//! changes, and no two headers have the same one, since every field has a fixed length or is preceded by it.

use uuid::Uuid;

use crate::{EventHeader, Instant, StreamId, Version};

/// Why bytes are not a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// They are of a format that this version does not know.
    #[error("header format {0} is not known")]
    UnknownFormat(u16),
    /// They end before the header does.
    #[error("the header is cut short")]
    CutShort,
    /// They go on after the header.
    #[error("{0} bytes follow the header")]
    TrailingBytes(usize),
    /// A text is not UTF-8.
    #[error("a text of the header is not UTF-8")]
    NotUtf8,
    /// The byte that tells whether a text is present is neither 0 nor 1.
    #[error("a text of the header is neither absent nor present")]
    NeitherAbsentNorPresent,
}

impl EventHeader {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(224 + 16 * self.subjects.len());
        out.extend(self.format.to_be_bytes());
        out.extend(self.stream_id.0.as_bytes());
        out.extend(self.version.0.to_be_bytes());
        out.extend(self.id.as_bytes());
        put_text(&mut out, &self.kind);
        out.extend(self.schema.to_be_bytes());
        out.extend(self.recorded_at.0.to_be_bytes());
        out.extend(self.effective_at.0.to_be_bytes());
        put_text(&mut out, &self.author);
        put_optional_text(&mut out, self.person.as_deref());
        put_optional_text(&mut out, self.on_behalf_of.as_deref());
        put_text(&mut out, &self.capacity);
        out.extend(self.command_id.as_bytes());
        out.extend(self.batch.0.to_be_bytes());
        put_optional_text(&mut out, self.reason.as_deref());
        put_optional_text(&mut out, self.source.as_deref());
        put_length(&mut out, self.subjects.len());
        for subject in &self.subjects {
            out.extend(subject.as_bytes());
        }
        out
    }

    /// The header that has these canonical bytes, or what keeps them from being one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut rest = Reader(bytes);
        let format = u16::from_be_bytes(rest.array()?);
        if format != Self::FORMAT {
            return Err(HeaderError::UnknownFormat(format));
        }
        let header = Self {
            format,
            stream_id: StreamId(rest.uuid()?),
            version: Version(u64::from_be_bytes(rest.array()?)),
            id: rest.uuid()?,
            kind: rest.text()?,
            schema: u16::from_be_bytes(rest.array()?),
            recorded_at: Instant(i64::from_be_bytes(rest.array()?)),
            effective_at: Instant(i64::from_be_bytes(rest.array()?)),
            author: rest.text()?,
            person: rest.optional_text()?,
            on_behalf_of: rest.optional_text()?,
            capacity: rest.text()?,
            command_id: rest.uuid()?,
            batch: Version(u64::from_be_bytes(rest.array()?)),
            reason: rest.optional_text()?,
            source: rest.optional_text()?,
            subjects: rest.uuids()?,
        };
        match rest.0.len() {
            0 => Ok(header),
            trailing => Err(HeaderError::TrailingBytes(trailing)),
        }
    }
}

fn put_optional_text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend(text.as_bytes());
}

/// A text of more than 4 GiB fits into no backend, so its length may saturate: it is refused before it is stored.
fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// The bytes not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], HeaderError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(HeaderError::CutShort)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(HeaderError::CutShort)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn length(&mut self) -> Result<usize, HeaderError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| HeaderError::CutShort)
    }

    fn uuid(&mut self) -> Result<Uuid, HeaderError> {
        Ok(Uuid::from_bytes(self.array()?))
    }

    fn text(&mut self) -> Result<String, HeaderError> {
        let length = self.length()?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| HeaderError::NotUtf8)?;
        Ok(text.to_owned())
    }

    fn optional_text(&mut self) -> Result<Option<String>, HeaderError> {
        match self.array()? {
            [0] => Ok(None),
            [1] => self.text().map(Some),
            _ => Err(HeaderError::NeitherAbsentNorPresent),
        }
    }

    fn uuids(&mut self) -> Result<Vec<Uuid>, HeaderError> {
        // The bytes are taken before anything is reserved: a damaged length must not allocate gigabytes.
        let length = self.length()?;
        let bytes = self.take(length.checked_mul(16).ok_or(HeaderError::CutShort)?)?;
        let (ids, _) = bytes.as_chunks::<16>();
        Ok(ids.iter().map(|id| Uuid::from_bytes(*id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> EventHeader {
        EventHeader {
            format: EventHeader::FORMAT,
            stream_id: StreamId(Uuid::from_u128(1)),
            version: Version(2),
            id: Uuid::from_u128(3),
            kind: "CellSet".to_owned(),
            schema: 4,
            recorded_at: Instant(5),
            effective_at: Instant(-6),
            author: "LV".to_owned(),
            person: None,
            on_behalf_of: Some("Λετονία".to_owned()),
            capacity: "presidency".to_owned(),
            command_id: Uuid::from_u128(7),
            batch: Version(8),
            reason: Some(String::new()),
            source: None,
            subjects: vec![Uuid::from_u128(9), Uuid::from_u128(10)],
        }
    }

    #[test]
    fn a_header_comes_back_from_its_bytes() {
        assert_eq!(EventHeader::from_bytes(&header().to_bytes()), Ok(header()));
    }

    #[test]
    fn the_bytes_of_format_1_never_change() {
        let text = header()
            .to_bytes()
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(
            text,
            "0001000000000000000000000000000000010000000000000002000000000000000000000000000000030000\
             000743656c6c5365740004\
             0000000000000005fffffffffffffffa000000024c560001"
                .to_owned()
                + "0000000ece9bceb5cf84cebfcebdceafceb10000000a707265736964656e6379\
                   000000000000000000000000000000070000000000000008010000000000\
                   00000002000000000000000000000000000000090000000000000000000000000000000a"
        );
    }

    #[test]
    fn every_cut_and_every_addition_is_refused() {
        let whole = header().to_bytes();
        for length in 0..whole.len() {
            assert!(
                EventHeader::from_bytes(&whole[..length]).is_err(),
                "cut at {length}"
            );
        }
        let longer = [whole, vec![0]].concat();
        assert_eq!(
            EventHeader::from_bytes(&longer),
            Err(HeaderError::TrailingBytes(1))
        );
    }

    #[test]
    fn no_flipped_bit_gives_the_same_header() {
        let whole = header().to_bytes();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(EventHeader::from_bytes(&flipped), Ok(header()), "bit {bit}");
        }
    }
}
