//! Counting tokens and open brackets of a document before it is parsed, and their digest.
//!
//! The parser descends recursively and keeps every token; this pass does neither, so a hostile document costs
//! one walk over its bytes. It does not judge syntax. Invariant: it sees at least as many tokens and brackets
//! as the parser would, and two documents with the same tokens are parsed alike.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::failure::Failure;
use crate::settings::Limits;

/// The tokens of a document.
pub(super) struct Tokens {
    /// How many there are.
    pub(super) count: usize,
    /// Their digest: that of every document with these tokens, whatever stands between them.
    pub(super) digest: Digest,
}

/// Walks over the tokens; refuses a document with too many of them or too many brackets open at once.
pub(super) fn walk(query: &str, limits: &Limits) -> Result<Tokens, Failure> {
    let mut sum = Sha256::new();
    let mut tokens = 0_usize;
    let mut open = 0_usize;
    let mut rest = query.as_bytes();
    while let Some(&first) = rest.first() {
        let length = match first {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = &rest[1..];
                continue;
            }
            b'#' => {
                rest = &rest[comment(rest)..];
                continue;
            }
            b'{' | b'[' | b'(' => {
                open += 1;
                if open > limits.query_nesting_max {
                    return Err(Failure::beyond(
                        "limits.query_nesting_max",
                        limits.query_nesting_max,
                        "the document nests brackets deeper",
                    ));
                }
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            b'"' => string(rest),
            _ if is_word(first) => rest.iter().take_while(|&&byte| is_word(byte)).count(),
            _ => 1,
        };
        tokens += 1;
        if tokens > limits.query_tokens_max {
            return Err(Failure::beyond(
                "limits.query_tokens_max",
                limits.query_tokens_max,
                "the document has more tokens",
            ));
        }
        let (token, left) = rest.split_at(length);
        // Each with its length, so that no two lists of tokens come to the same bytes.
        sum.update(length.to_le_bytes());
        sum.update(token);
        rest = left;
    }
    Ok(Tokens {
        count: tokens,
        digest: sum.into(),
    })
}

/// Names and numbers; a run of other bytes, as in a character beyond ASCII, counts one by one.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn comment(rest: &[u8]) -> usize {
    rest.iter()
        .position(|&byte| byte == b'\n' || byte == b'\r')
        .unwrap_or(rest.len())
}

/// The length of the string or block string that starts here; an unfinished one ends at its line or at the end.
fn string(rest: &[u8]) -> usize {
    if rest.starts_with(b"\"\"\"") {
        let mut place = 3;
        while place < rest.len() {
            if rest[place..].starts_with(b"\\\"\"\"") {
                place += 4;
            } else if rest[place..].starts_with(b"\"\"\"") {
                return place + 3;
            } else {
                place += 1;
            }
        }
        return rest.len();
    }
    let mut place = 1;
    while place < rest.len() {
        match rest[place] {
            b'\\' => place += 2,
            b'"' => return place + 1,
            b'\n' | b'\r' => return place,
            _ => place += 1,
        }
    }
    rest.len()
}
