//! The arguments of the command line: every command with its flags.
//!
//! It owns their shapes and the help text; what a flag overrides in the settings is told by `overrides`.
//! Invariant: a flag that also is a setting has the setting's name.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use roadbook_domain::time::Timestamp;

use crate::moment::MomentArgument;

/// What stands below the help of every command.
const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failure, 2 wrong usage or settings, 3 not found, 4 refused or in conflict,
5 the log is damaged, 6 the database or server is locked or unavailable.

A MOMENT is one of: now, v17, 2015-06-30, \"2015-06-30 known 2015-07-15T10:00:00Z\",
\"recorded 2015-07-15T10:00:00Z\", \"6183/2/15 REV 2\", 2015H1-LV, \"sealed 2015H1-LV\".

Settings come from flags, then ROADBOOK_* variables, then roadbook.toml; see docs/operations.md.";

/// Keeps a Council road map as a log: edited by several delegations at once, readable as of any past date.
#[derive(Debug, Parser)]
#[command(name = "roadbook", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The settings file; without it `roadbook.toml` is read, if there is one here
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The database, as in `sqlite:FILE` or `postgres://HOST/DATABASE`; without it, that of the demonstration
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// What is logged on standard error, as in `info` or `warn,roadbook_server=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the road map of 2015 and what happened to it, on a database of its own
    Demo(ListenArguments),
    /// Serve a database
    Serve(ServeArguments),
    /// Open a road map from a YAML or JSON file
    Import(ImportArguments),
    /// Print a whole road map as YAML or JSON
    Export(ExportArguments),
    /// Print a road map as a table
    Show(ShowArguments),
    /// Follow the changes of a road map on a running server
    Watch(WatchArguments),
    /// Ask a running server whether it wants requests, and end with 0 or 6
    Health(HealthArguments),
    /// Tell event by event what happened between two moments
    Replay(ReplayArguments),
    /// Print a development token, by which to sign in as an organisation
    Token(TokenArguments),
    /// Recompute every digest and compare every snapshot with a fresh fold
    Verify(VerifyArguments),
    /// Make the snapshots anew from the log
    Rebuild(RebuildArguments),
    /// Copy the database to a new file, also while it is served
    Backup(BackupArguments),
    /// Put a verified backup in the place of the database
    Restore(RestoreArguments),
    /// Bring the database up to this version of the program, or move one to another
    Migrate(MigrateArguments),
    /// The settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Where to listen, and by what to hear of other nodes.
#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// The NATS server by which the nodes of one PostgreSQL tell each other, as in `nats://HOST:4222`
    #[arg(long, value_name = "URL")]
    pub(crate) bus: Option<String>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) listening: ListenArguments,
    /// Accept development tokens and serve GraphiQL: whoever can read the secret can be anyone
    #[arg(long)]
    pub(crate) dev: bool,
    /// Let the server's clock begin at this instant, as in 2015-06-30T21:59:00Z, and run from there; only with --dev
    #[arg(long, value_name = "INSTANT")]
    pub(crate) clock: Option<Timestamp>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// For whom the Secretariat records it; without it, the presidency that the file names
    #[arg(long, value_name = "ORGANISATION")]
    pub(crate) on_behalf_of: Option<String>,
    /// The short name of the new road map; without it, the one in the file
    #[arg(long, value_name = "NAME")]
    pub(crate) slug: Option<String>,
    /// Print what was opened as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArgument {
    /// YAML, one paragraph in a line.
    Yaml,
    /// JSON, indented.
    Json,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The road map, by id or short name; may be left out if there is only one
    #[arg(value_name = "ROADMAP")]
    pub(crate) road_map: Option<String>,
    /// The form
    #[arg(long, value_enum, default_value = "yaml")]
    pub(crate) format: FormatArgument,
    /// The moment as of which it is exported
    #[arg(long, value_name = "MOMENT", default_value = "now")]
    pub(crate) at: MomentArgument,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The road map, by id or short name; may be left out if there is only one
    #[arg(value_name = "ROADMAP")]
    pub(crate) road_map: Option<String>,
    /// The moment as of which it is shown
    #[arg(long, value_name = "MOMENT", default_value = "now")]
    pub(crate) at: MomentArgument,
    /// The width in characters; without it, that of the terminal
    #[arg(long, value_name = "CHARACTERS")]
    pub(crate) width: Option<usize>,
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// The road map, by id or short name; may be left out if there is only one
    #[arg(value_name = "ROADMAP")]
    pub(crate) road_map: Option<String>,
    /// Only the changes of this strand, as in B.5; may be given several times
    #[arg(long = "strand", value_name = "LABEL")]
    pub(crate) strands: Vec<String>,
    /// The server; without it, the address that a server here listens on by default
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The token to sign in with; without it, one is made if the signing secret is at hand
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// The cursor to begin after; without it, only what changes from now on is told
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// End after this many changes
    #[arg(long, value_name = "CHANGES")]
    pub(crate) count: Option<u64>,
    /// Print each change as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `health`.
#[derive(Debug, Args)]
pub(crate) struct HealthArguments {
    /// The server; without it, the address that a server here listens on by default
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The road map, by id or short name; may be left out if there is only one
    #[arg(value_name = "ROADMAP")]
    pub(crate) road_map: Option<String>,
    /// Begin after this moment; without it, with the first event
    #[arg(long, value_name = "MOMENT")]
    pub(crate) from: Option<MomentArgument>,
    /// End at this moment
    #[arg(long, value_name = "MOMENT", default_value = "now")]
    pub(crate) to: MomentArgument,
    /// Print each event as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    /// The organisation, as in LV, COM or GSC
    #[arg(long, value_name = "CODE")]
    pub(crate) organisation: String,
    /// The person within it, as an opaque name
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) person: Option<String>,
    /// For how many days it is good
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) days: u32,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Print what was found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildArguments {
    /// Those of this road map alone, by its id or short name; without it those of all
    #[arg(long, value_name = "ROADMAP")]
    pub(crate) road_map: Option<String>,
    /// Print what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// The file to write, which must not exist
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup, as `backup` wrote it
    #[arg(
        value_name = "BACKUP",
        required_unless_present = "raise_epoch",
        conflicts_with = "raise_epoch"
    )]
    pub(crate) backup: Option<PathBuf>,
    /// Replace a database that is there; its file is kept beside the new one, under a name with the date
    #[arg(long, conflicts_with = "raise_epoch")]
    pub(crate) replace: bool,
    /// Only tell clients to begin anew, after the database was restored by other tools, as those of PostgreSQL
    #[arg(long)]
    pub(crate) raise_epoch: bool,
    /// Print what was restored as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// Move the log of this database to that of --to, and prove that nothing changed
    #[arg(long, value_name = "URL", requires = "to", conflicts_with = "database")]
    pub(crate) from: Option<String>,
    /// The database to move to: empty, or one that an interrupted move has left
    #[arg(long, value_name = "URL", requires = "from")]
    pub(crate) to: Option<String>,
    /// Finish an upgrade, once every node runs this version: from then on what is new in it may be written, and older
    /// versions refuse the database
    #[arg(long, conflicts_with = "from")]
    pub(crate) finish: bool,
    /// Let this role of a PostgreSQL server run nodes: it may append and read, but not change events
    #[arg(long, value_name = "ROLE")]
    pub(crate) grant_to: Option<String>,
    /// Print what was done as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the settings in force, secrets masked, and everything that is wrong with them
    Check {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Whether the command serves until it is stopped, and so tells of its work in the log.
    pub(crate) const fn is_serving(&self) -> bool {
        matches!(self, Self::Demo(_) | Self::Serve(_))
    }
}

impl Arguments {
    /// The flags that stand for settings: the setting, and what the flag says.
    pub(crate) fn overrides(&self) -> Vec<(&'static str, String)> {
        let listening = match &self.command {
            Command::Demo(listening) => Some(listening),
            Command::Serve(arguments) => Some(&arguments.listening),
            _ => None,
        };
        let listen = listening.and_then(|listening| listening.listen.as_ref());
        let bus = listening.and_then(|listening| listening.bus.as_ref());
        let (url, token) = match &self.command {
            Command::Watch(arguments) => (arguments.url.as_ref(), arguments.token.as_ref()),
            Command::Health(arguments) => (arguments.url.as_ref(), None),
            _ => (None, None),
        };
        [
            ("database", self.common.database.as_ref()),
            ("log", self.common.log.as_ref()),
            ("listen", listen),
            ("bus", bus),
            ("url", url),
            ("token", token),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?.clone())))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_has_well_formed_arguments() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_flag_overrides_the_setting_of_its_name() {
        let arguments = Arguments::parse_from([
            "roadbook",
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--database",
            "sqlite:x.db",
        ]);
        let expected = [("database", "sqlite:x.db"), ("listen", "127.0.0.1:0")];
        let expected = expected.map(|(key, value)| (key, value.to_owned()));
        assert_eq!(arguments.overrides(), expected);
    }

    #[test]
    fn a_move_has_two_ends_and_no_other_database() {
        let parses = |words: &[&str]| Arguments::try_parse_from(words).is_ok();
        let both = [
            "roadbook", "migrate", "--from", "sqlite:a", "--to", "sqlite:b",
        ];
        assert!(parses(&both));
        assert!(parses(&["roadbook", "migrate"]));
        assert!(parses(&["roadbook", "migrate", "--finish"]));
        assert!(!parses(&[&both[..], &["--finish"]].concat()));
        assert!(!parses(&both[..4]));
        assert!(!parses(&["roadbook", "migrate", "--to", "sqlite:b"]));
        assert!(!parses(&[&both[..], &["--database", "sqlite:c"]].concat()));
    }

    #[test]
    fn a_restore_names_a_backup_or_only_raises_the_epoch() {
        let parses = |words: &[&str]| {
            Arguments::try_parse_from([&["roadbook", "restore"], words].concat()).is_ok()
        };
        assert!(parses(&["copy.db"]) && parses(&["copy.db", "--replace"]));
        assert!(parses(&["--raise-epoch"]));
        for words in [&[][..], &["--replace"], &["copy.db", "--raise-epoch"]] {
            assert!(!parses(words), "{words:?}");
        }
    }

    #[test]
    fn the_words_of_a_moment_are_one_argument() {
        let words = ["roadbook", "show", "--at", "6183/2/15 REV 2"];
        assert!(Arguments::try_parse_from(words).is_ok());
        assert!(Arguments::try_parse_from(["roadbook", "show", "--at", "soon"]).is_err());
    }
}
