//! A request that is refused before it executes: what went wrong, in the shape of a GraphQL error.
//!
//! Each transport decides how to send it. Invariant: a failure has errors and never data.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

use crate::identity::IdentityError;
use crate::rates::TooOften;

/// What kind of refusal it is; HTTP turns it into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Not a well-formed GraphQL-over-HTTP request, whatever the document says.
    BadRequest,
    /// A well-formed request whose document or variables cannot be executed.
    Document,
    /// Nobody vouches for the caller.
    Unauthenticated,
    /// The caller is known, and may not do this.
    Forbidden,
    /// More often than the caller or its address may.
    TooOften,
    /// A mutation by GET.
    MethodNotAllowed,
    /// No media type that the client accepts.
    NotAcceptable,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// It ran for too long, or the server is stopping.
    Unavailable,
    /// A fault of the server.
    Internal,
}

/// A refused request.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) errors: Vec<ServerError>,
}

impl Failure {
    /// A refusal with one error, whose `extensions.code` is `code`.
    pub(crate) fn new(cause: Cause, code: &str, message: impl Into<String>) -> Self {
        Self {
            cause,
            errors: vec![coded(ServerError::new(message, None), code)],
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Cause::BadRequest, "BAD_REQUEST", message)
    }

    /// A document that breaks a bound: the error names the rule, its bound and, when known, what was found.
    pub(crate) fn beyond(rule: &str, bound: usize, what: &str) -> Self {
        let mut error = coded(
            ServerError::new(format!("{what} than {rule} = {bound} allows"), None),
            "LIMIT_EXCEEDED",
        );
        if let Some(extensions) = &mut error.extensions {
            extensions.set("rule", rule);
            extensions.set("bound", bound as u64);
        }
        Self {
            cause: Cause::Document,
            errors: vec![error],
        }
    }

    /// A document that is wrong at a place.
    pub(crate) fn document(code: &str, message: impl Into<String>, place: Option<Pos>) -> Self {
        Self {
            cause: Cause::Document,
            errors: vec![coded(ServerError::new(message, place), code)],
        }
    }

    /// Errors that the executor found before it executed anything.
    pub(crate) fn validation(errors: Vec<ServerError>) -> Self {
        let errors = errors
            .into_iter()
            .map(|error| coded(error, "GRAPHQL_VALIDATION_FAILED"))
            .collect();
        Self {
            cause: Cause::Document,
            errors,
        }
    }

    /// In how many seconds it is worth while to try again, if the failure knows.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        match self.extension("retryAfter")? {
            async_graphql::Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        }
    }

    pub(crate) fn timeout(milliseconds: u64) -> Self {
        Self::new(
            Cause::Unavailable,
            "TIMEOUT",
            format!(
                "the operation ran longer than {milliseconds} ms; a mutation may have taken effect all the same"
            ),
        )
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            Cause::Internal,
            "INTERNAL_SERVER_ERROR",
            "the server failed to execute the operation",
        )
    }

    /// The code of the first error, for logs.
    pub(crate) fn code(&self) -> String {
        match self.extension("code") {
            Some(async_graphql::Value::String(code)) => code.clone(),
            _ => String::new(),
        }
    }

    /// Says something beside the code of the first error, by which a failure is told.
    fn set(&mut self, name: &str, value: impl Into<async_graphql::Value>) {
        let first = self.errors.first_mut();
        if let Some(extensions) = first.and_then(|error| error.extensions.as_mut()) {
            extensions.set(name, value);
        }
    }

    fn extension(&self, name: &str) -> Option<&async_graphql::Value> {
        self.errors.first()?.extensions.as_ref()?.get(name)
    }
}

impl From<TooOften> for Failure {
    fn from(too_often: TooOften) -> Self {
        let seconds = too_often.wait.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        let message = format!("too many requests: come back in {seconds} s");
        let mut failure = Self::new(Cause::TooOften, "RATE_LIMITED", message);
        failure.set("retryAfter", seconds);
        failure
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        let (cause, code) = match &error {
            IdentityError::Unavailable => (Cause::Unavailable, "IDENTITY_UNAVAILABLE"),
            IdentityError::NoOrganisation
            | IdentityError::OtherOrganisation
            | IdentityError::AnotherCaller
            | IdentityError::NoRole => (Cause::Forbidden, "FORBIDDEN"),
            IdentityError::SeveralOrganisations { .. } => {
                (Cause::Forbidden, "SEVERAL_ORGANISATIONS")
            }
            _ => (Cause::Unauthenticated, "UNAUTHENTICATED"),
        };
        let mut failure = Self::new(cause, code, error.to_string());
        if let IdentityError::SeveralOrganisations { keys } = error {
            failure.set("organisations", keys);
        }
        failure
    }
}

/// The error with a code, unless it has one already.
fn coded(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}
