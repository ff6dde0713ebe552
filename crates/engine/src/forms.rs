//! The forms of events: which kinds there are, in which schemas their payloads are written, and since which format level.
//!
//! It owns the one table of them; how a form is read and written is `codec`'s affair.
//! Invariant: a form that was ever released stays in the table, with its kind, its schema and its level.

use roadbook_store::{FormatLevel, REDACTION_KIND};

/// The greatest format level that this program reads and writes.
pub const FORMAT_LEVEL: FormatLevel = FormatLevel(2);

/// Every form that an event can have in a log.
pub const FORMS: Forms = Forms(&[
    first("ActionAdded"),
    first("ActionMoved"),
    first("ActionRemoved"),
    first("ActionRestored"),
    first("ActionReworded"),
    second("AmendmentAccepted"),
    second("AmendmentDeclined"),
    second("AmendmentProposed"),
    second("AmendmentWithdrawn"),
    first("CellSet"),
    first("CellsShared"),
    first("CellsUnshared"),
    second("ChairGiven"),
    first("ColumnAdded"),
    first("ColumnFootnoted"),
    first("ColumnMoved"),
    first("ColumnRenamed"),
    first("ColumnRestored"),
    first("ColumnRetired"),
    second("CorrigendumIssued"),
    first("FieldAdded"),
    first("FieldMoved"),
    first("FieldRemoved"),
    first("FieldRestored"),
    first("FieldRetitled"),
    second("MemberAdmitted"),
    second("MemberWithdrawn"),
    second("MembershipBegan"),
    second("MembershipEnded"),
    second("OrganisationAdded"),
    second("OrganisationNamed"),
    first("PresidencyClosed"),
    first("RevisionIssued"),
    second("RoadMapEntrusted"),
    first("RoadMapMarked"),
    first("RoadMapOpened"),
    first("RoadMapRetitled"),
    first("StrandAdded"),
    first("StrandMoved"),
    first("StrandRemoved"),
    first("StrandRestored"),
    first("StrandRetitled"),
    first("StrandSourced"),
    second(REDACTION_KIND),
]);

/// One form of one kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The kind, as headers name it.
    pub kind: &'static str,
    /// The schema version of its payload.
    pub schema: u16,
    /// The format level that a log must have before this form is written to it.
    pub since: FormatLevel,
}

/// What is not written yet: an upgrade of all nodes has not been finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind} events are written from format level {needs} on, and the log is at {level}: once every node runs this \
     version, finish the upgrade by `roadbook migrate --finish`"
)]
pub struct UpgradeUnfinished {
    /// The kind of event that was to be written.
    pub kind: &'static str,
    /// The level that it needs.
    pub needs: FormatLevel,
    /// The level that the log has.
    pub level: FormatLevel,
}

/// A table of forms.
#[derive(Clone, Copy, Debug)]
pub struct Forms(&'static [Form]);

impl Forms {
    /// All of them.
    pub const fn all(self) -> &'static [Form] {
        self.0
    }

    /// The newest form of a kind; none if the kind is not known.
    pub(crate) fn newest(self, kind: &str) -> Option<Form> {
        self.of(kind).max_by_key(|form| form.schema)
    }

    /// The form in which an event is written to a log of a level: the newest that every node may meet.
    pub(crate) fn writable(
        self,
        kind: &'static str,
        level: FormatLevel,
    ) -> Result<Form, UpgradeUnfinished> {
        let allowed = self.of(kind).filter(|form| form.since <= level);
        let needs = self.of(kind).map(|form| form.since).min();
        let unfinished = || UpgradeUnfinished {
            kind,
            needs: needs.unwrap_or(FormatLevel(u32::MAX)),
            level,
        };
        allowed
            .max_by_key(|form| form.schema)
            .ok_or_else(unfinished)
    }

    fn of(self, kind: &str) -> impl Iterator<Item = Form> {
        let is_meant = move |form: &&Form| form.kind == kind;
        self.0.iter().filter(is_meant).copied()
    }
}

/// A kind that was there from the beginning, in its first schema.
const fn first(kind: &'static str) -> Form {
    Form {
        kind,
        schema: 1,
        since: FormatLevel::FIRST,
    }
}

/// A kind of the second level, in its first schema.
const fn second(kind: &'static str) -> Form {
    Form {
        kind,
        schema: 1,
        since: FormatLevel(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table as a later version may have it: a second schema of one kind, and a kind more.
    const LATER: Forms = Forms(&[
        first("CellSet"),
        Form {
            kind: "CellSet",
            schema: 2,
            since: FormatLevel(2),
        },
        Form {
            kind: "CellSigned",
            schema: 1,
            since: FormatLevel(3),
        },
    ]);

    fn written(kind: &'static str, level: u32) -> Result<u16, u32> {
        let form = LATER.writable(kind, FormatLevel(level));
        form.map(|form| form.schema)
            .map_err(|refused| refused.needs.0)
    }

    #[test]
    fn a_new_schema_is_written_only_once_the_level_is_raised() {
        assert_eq!(LATER.newest("CellSet").unwrap().schema, 2);
        assert_eq!(written("CellSet", 1), Ok(1));
        assert_eq!(written("CellSet", 2), Ok(2));
        assert_eq!(written("CellSet", 9), Ok(2));
    }

    #[test]
    fn a_new_kind_is_refused_until_the_level_is_raised() {
        assert_eq!(written("CellSigned", 2), Err(3));
        assert_eq!(written("CellSigned", 3), Ok(1));
        let refused = LATER.writable("CellSigned", FormatLevel(2)).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains("level 3") && told.contains("at 2") && told.contains("--finish"),
            "{told}"
        );
    }

    #[test]
    fn this_program_knows_every_level_of_its_table_and_no_other() {
        let newest = FORMS.all().iter().map(|form| form.since).max();
        assert_eq!(newest, Some(FORMAT_LEVEL));
    }

    #[test]
    fn no_form_stands_in_the_table_twice_and_no_schema_is_left_out() {
        for form in FORMS.all() {
            let same = |other: &&Form| other.kind == form.kind;
            let mut schemas: Vec<u16> = FORMS.all().iter().filter(same).map(|f| f.schema).collect();
            schemas.sort_unstable();
            let dense: Vec<u16> = (1..).take(schemas.len()).collect();
            assert_eq!(schemas, dense, "{}", form.kind);
        }
    }
}
