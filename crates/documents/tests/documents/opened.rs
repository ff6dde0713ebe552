//! Road maps opened from files, and changed, without a log: by `decide` and `evolve` alone.
//!
//! It owns the steps that all claims begin with.

use roadbook_documents::{Import, import};
use roadbook_domain::{
    Base, Batch, Bounds, Command, Date, Decision, Instant, Outline, Rejection, Standing, State,
    Version, View, decide,
};
use uuid::Uuid;

/// Ids 1, 2, 3 and so on: the same for every run.
pub(crate) fn ids() -> impl FnMut() -> Uuid {
    let mut next = 0_u128;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

pub(crate) fn read(text: &[u8]) -> Import {
    match import(text, &mut ids()) {
        Ok(import) => import,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("the file is refused:\n{}", lines.join("\n"));
        }
    }
}

/// A road map whose events are recorded one day after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened {
    pub(crate) state: State,
    version: Version,
}

impl Opened {
    pub(crate) fn of(import: &Import) -> Self {
        let mut opened = Self::default();
        let date = import.date.unwrap_or_default();
        opened.apply(&import.commands, date).unwrap();
        opened
    }

    pub(crate) fn from_text(text: &str) -> Self {
        Self::of(&read(text.as_bytes()))
    }

    /// Does commands as the Secretariat, with effect from the end of a day.
    pub(crate) fn apply(&mut self, commands: &[Command], day: Date) -> Result<(), Rejection> {
        let recorded_at = Instant::end_of_day(day);
        let bounds = Bounds::default();
        let view = View {
            head: &self.state,
            version: self.version,
            at: None,
            base: None,
            bounds: &bounds,
        };
        let batch = Batch {
            commands,
            base: Base {
                version: self.version,
                effective: recorded_at,
            },
            standing: Standing::secretariat(recorded_at),
            effective: recorded_at,
        };
        let Decision { events, head, .. } = decide(view, &batch)?;
        self.version = Version(self.version.0 + u64::try_from(events.len()).unwrap());
        self.state = head;
        Ok(())
    }

    pub(crate) fn outline(&self) -> Outline {
        Outline::of(&self.state)
    }
}
