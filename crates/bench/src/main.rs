//! `roadbook-bench`: load over real sockets on the built binary, printed beside the raw limits of the same disk.
//!
//! It owns the order of the measurements and the exit code; what is measured stands in `measure`, what the machine
//! could do at best in `raw`. Invariant: it knows of Roadbook what a client knows, and whatever fails ends it with an error.

mod arguments;
mod chance;
mod companion;
mod crowd;
mod editor;
mod error;
mod history;
mod http;
mod machine;
mod measure;
mod page;
mod plan;
mod process;
mod program;
mod raw;
mod report;
mod road_map;
mod samples;
mod subscriber;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::Builder;

use arguments::{Arguments, Subject};
use error::BenchError;
use history::LongHistory;
use measure::{as_of, console, edits, fan_out, feed, fold, many, open, postgres, reads};
use plan::Plan;
use program::Program;
use report::Report;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.broadcast {
        let served = on(&mut Builder::new_multi_thread(), async {
            raw::broadcast::run().await.map(|()| ExitCode::SUCCESS)
        });
        return served.unwrap_or_else(|error| failed(&error));
    }
    let served = match &arguments.prepared {
        Some(file) => on(&mut Builder::new_multi_thread(), async {
            raw::serve_prepared(file).await.map(|()| ExitCode::SUCCESS)
        }),
        // One thread makes the load: the server keeps the others, and the load costs no hand-over between threads.
        None => on(&mut Builder::new_current_thread(), async {
            Ok(load(&arguments).await)
        }),
    };
    served.unwrap_or_else(|error| failed(&error))
}

fn on(
    builder: &mut Builder,
    all: impl Future<Output = Result<ExitCode, BenchError>>,
) -> Result<ExitCode, BenchError> {
    let runtime = builder.enable_all().build();
    runtime.map_err(BenchError::io("starting"))?.block_on(all)
}

async fn load(arguments: &Arguments) -> ExitCode {
    let program = match Program::prepare(arguments) {
        Ok(program) => program,
        Err(error) => return failed(&error),
    };
    match measure_all(arguments, &program).await {
        Ok(report) => {
            println!("{report}");
            match report.write(arguments.write.as_deref()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error),
            }
        }
        Err(error) => {
            eprint!("{}", program.last_words());
            failed(&error)
        }
    }
}

fn failed(error: &BenchError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

async fn measure_all(arguments: &Arguments, program: &Program) -> Result<Report, BenchError> {
    let plan = Plan::of(arguments);
    let mut report = Report::new(program.folder(), &plan);
    if arguments.wants(Subject::Edits) {
        report.add(Subject::Edits, edits::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::Reads) {
        report.add(Subject::Reads, reads::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::Feed) {
        report.add(Subject::Feed, feed::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::FanOut) {
        report.add(Subject::FanOut, fan_out::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::Postgres) {
        report.add(Subject::Postgres, postgres::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::Fold) {
        report.add(Subject::Fold, fold::rows(program, &plan).await?);
    }
    if arguments.wants(Subject::Many) {
        report.add(Subject::Many, many::rows(program, &plan).await?);
    }
    let mut long = LongHistory::default();
    if arguments.wants(Subject::AsOf) {
        report.add(Subject::AsOf, as_of::rows(program, &plan, &mut long).await?);
    }
    if arguments.wants(Subject::Open) {
        report.add(Subject::Open, open::rows(program, &plan, &mut long).await?);
    }
    if arguments.wants(Subject::Console) {
        report.add(Subject::Console, console::rows(program, &plan).await?);
    }
    Ok(report)
}
