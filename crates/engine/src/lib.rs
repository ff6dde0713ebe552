//! Writers, group commit, snapshots, time travel and the live feed.
//!
//! [`Engine`] opens road maps on demand; each [`RoadMap`] holds its current state, is read as of any
//! [`MomentSelector`], and is followed by [`RoadMap::follow`]. An [`EditRequest`] is decided by the
//! road map's writer and answered once the shared group commit has made it durable.
//!
//! Nothing here knows SQL, a transport, GraphQL or the process's environment.

mod bus;
mod catch_up;
mod clock;
mod codec;
mod condition;
mod dependency;
mod directory;
mod edit;
mod engine;
mod error;
mod feed;
mod forms;
mod group_commit;
mod halt;
mod ids;
mod measures;
mod midnight;
mod moment;
mod occasions;
mod open;
mod others;
mod past;
mod presence;
mod published;
mod readiness;
mod rebuild;
mod recorded;
mod redaction;
mod road_map;
mod settings;
mod skew;
mod snapshot_check;
mod snapshot_codec;
mod snapshot_keeper;
mod snapshotter;
mod tidings;
mod usage;
mod writer;

pub use bus::OnBus;
pub use clock::{Clock, SetClock, ShiftedClock, SystemClock};
pub use codec::{PayloadError, decode_directory_payload, decode_payload};
pub use dependency::{Changes, Dependency};
pub use directory::{DirectoryDone, DirectoryRequest, RecordedDirectoryEvent, Standing};
pub use edit::{EditDone, EditRequest};
pub use engine::{Engine, Listed};
pub use error::EngineError;
pub use feed::{
    Change, FeedItem, Filter, Follower, Making, Rendered, Rendering, RenderingKey, ResyncReason,
};
pub use forms::{FORMAT_LEVEL, FORMS, Form, Forms, UpgradeUnfinished};
pub use ids::{Ids, RandomIds};
pub use measures::Measures;
pub use moment::MomentSelector;
pub use presence::{Attendance, Gathering, Participant, Place, Spot};
pub use published::{Moment, Published};
pub use readiness::Readiness;
pub use rebuild::{Rebuilt, rebuild};
pub use recorded::{Author, RecordedEvent};
pub use redaction::{Found, RedactRequest, Redacted, RedactionDone};
pub use road_map::{Committed, RoadMap};
pub use roadbook_store::{Scrubbed, StoreError};
pub use settings::Settings;
pub use snapshot_check::{SnapshotFault, SnapshotsChecked, check_snapshots};
pub use usage::{Quota, QuotaExceeded, Usage};
