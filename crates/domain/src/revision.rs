//! Issued revisions: the document by which a state of the road map went out to delegations.
//!
//! It owns what a revision says of itself; the moment it names is the stamp of its register.
//! Invariant: a revision never changes once issued.

use serde::{Deserialize, Serialize};

use crate::document_number::DocumentNumber;
use crate::time::Date;

/// A revision of the road map, as its cover page has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The number of the document ("6183/2/15 REV 2").
    pub number: DocumentNumber,
    /// The date printed on it.
    pub date: Date,
    /// What the cover names as the previous document; two revisions may name the same one.
    pub previous_document: Option<DocumentNumber>,
    /// The revision that this one takes the place of.
    pub supersedes: Option<DocumentNumber>,
    /// What else the cover says.
    pub cover: Cover,
}

/// The cover page of a Council note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Cover {
    /// The type of document ("NOTE").
    pub kind: Option<String>,
    /// Who sends it ("Presidency").
    pub from: Option<String>,
    /// To whom ("Delegations").
    pub to: Option<String>,
    /// The language ("EN").
    pub language: Option<String>,
    /// The department that drafted it ("DG D 1C").
    pub department: Option<String>,
    /// The drafters' initials as printed in the footer.
    pub drafters: Option<String>,
    /// The code of the member state that held the Presidency ("LV").
    pub presidency: Option<String>,
    /// The paragraphs before the annex.
    pub intro: Vec<String>,
}
