//! Which of the media types of GraphQL over HTTP a client gets, by its `Accept` header.
//!
//! Invariant: a media type with quality 0, or not covered by any range, is never chosen.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// A media type of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
    /// `application/json`: a well-formed request is answered with 200, whatever came of it.
    Json,
}

impl MediaType {
    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }
}

/// What a client can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One result of this type.
    Result(MediaType),
    /// Events.
    Events,
    /// One result of this type, or events where there may be several.
    Either(MediaType),
}

impl Wanted {
    /// What the headers say; `None` if the client takes nothing that there is. Events are only for those who name them.
    pub(crate) fn by(headers: &HeaderMap) -> Option<Self> {
        match (negotiate(headers), names_events(headers)) {
            (Some(media_type), true) => Some(Self::Either(media_type)),
            (Some(media_type), false) => Some(Self::Result(media_type)),
            (None, true) => Some(Self::Events),
            (None, false) => None,
        }
    }

    pub(crate) fn takes_events(self) -> bool {
        !matches!(self, Self::Result(_))
    }

    /// The type of one result, or of a refusal.
    pub(crate) fn media_type(self) -> MediaType {
        match self {
            Self::Result(media_type) | Self::Either(media_type) => media_type,
            Self::Events => MediaType::GraphqlResponse,
        }
    }
}

fn names_events(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default();
        let quality = parts.find_map(|it| it.strip_prefix("q=").map(thousandths));
        named.eq_ignore_ascii_case("text/event-stream") && quality.unwrap_or(Some(1000)) > Some(0)
    })
}

/// How well a range covers a media type: quality in thousandths, and how exactly it names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    quality: u16,
    exactness: u8,
}

/// The media type to answer with, or `None` if the client accepts neither.
///
/// Without an `Accept` header, and for ranges that name neither type, it is `application/json`;
/// a client that names both alike gets `application/graphql-response+json`.
fn negotiate(headers: &HeaderMap) -> Option<MediaType> {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return Some(MediaType::Json);
    }
    let mut ranges = Vec::new();
    for value in values {
        ranges.extend(
            value
                .to_str()
                .unwrap_or_default()
                .split(',')
                .map(str::to_owned),
        );
    }
    let graphql = best(&ranges, MediaType::GraphqlResponse);
    let json = best(&ranges, MediaType::Json);
    if graphql.quality == 0 && json.quality == 0 {
        return None;
    }
    let graphql_named = graphql.exactness == EXACT;
    if graphql > json || (graphql == json && graphql_named) {
        Some(MediaType::GraphqlResponse)
    } else {
        Some(MediaType::Json)
    }
}

const EXACT: u8 = 3;

/// The quality of a media type is that of the most exact range that covers it.
fn best(ranges: &[String], media_type: MediaType) -> Match {
    ranges
        .iter()
        .filter_map(|range| covers(range, media_type))
        .max_by_key(|found| found.exactness)
        .unwrap_or_default()
}

fn covers(range: &str, media_type: MediaType) -> Option<Match> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let exactness = match name.split_once('/')? {
        ("*", "*") => 1,
        ("application", "*") => 2,
        ("application", subtype) if subtype == media_type.subtype() => EXACT,
        _ => return None,
    };
    let mut quality = 1000;
    for parameter in parts {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.trim().to_ascii_lowercase().as_str() {
            "q" => quality = thousandths(value.trim())?,
            // The one parameter that the types know: we answer in UTF-8 only.
            "charset" if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") => {
                return None;
            }
            _ => {}
        }
    }
    Some(Match { quality, exactness })
}

/// A quality such as `0.25`, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        negotiate(&headers)
    }

    #[test]
    fn without_accept_it_is_json() {
        assert_eq!(negotiate(&HeaderMap::new()), Some(MediaType::Json));
    }

    #[test]
    fn ranges_that_name_neither_type_give_json() {
        for accept in [
            "*/*",
            "application/*",
            "text/html, application/xhtml+xml, */*;q=0.8",
        ] {
            assert_eq!(chosen(accept), Some(MediaType::Json), "{accept}");
        }
    }

    #[test]
    fn the_higher_quality_wins() {
        for (accept, expected) in [
            (
                "application/graphql-response+json",
                MediaType::GraphqlResponse,
            ),
            (
                "application/graphql-response+json, application/json",
                MediaType::GraphqlResponse,
            ),
            (
                "application/json, application/graphql-response+json",
                MediaType::GraphqlResponse,
            ),
            (
                "application/json;q=0.9, application/graphql-response+json;q=0.4",
                MediaType::Json,
            ),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                MediaType::GraphqlResponse,
            ),
            (
                "application/graphql-response+json;q=0, */*",
                MediaType::Json,
            ),
            ("application/json;q=0, */*", MediaType::GraphqlResponse),
            ("APPLICATION/JSON", MediaType::Json),
        ] {
            assert_eq!(chosen(accept), Some(expected), "{accept}");
        }
    }

    #[test]
    fn events_are_for_those_who_name_them() {
        for (accept, expected) in [
            ("text/event-stream", Some(Wanted::Events)),
            ("text/event-stream;q=0", None),
            (
                "text/event-stream;q=0, */*",
                Some(Wanted::Result(MediaType::Json)),
            ),
            ("text/*", None),
            ("application/json", Some(Wanted::Result(MediaType::Json))),
            (
                "Text/Event-Stream; q=0.5, application/json",
                Some(Wanted::Either(MediaType::Json)),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(Wanted::by(&headers), expected, "{accept}");
        }
    }

    #[test]
    fn a_client_that_accepts_neither_gets_none() {
        for accept in [
            "text/html",
            "application/json;q=0",
            "*/*;q=0.0",
            "application/json;charset=latin1",
            "",
            "json",
        ] {
            assert_eq!(chosen(accept), None, "{accept}");
        }
    }
}
