//! Which web pages may open a socket, by the `Origin` that their browser sends.
//!
//! Browsers let any page open a WebSocket anywhere; only the server can refuse.
//! Invariant: an origin is compared as a whole, never by its beginning or end.

/// Whether pages of `origin` may connect to this `host`: those of the same host and port, and those listed.
///
/// The scheme of the same host is not compared, since a proxy in front may speak TLS for us.
pub(super) fn is_allowed(origin: &str, host: Option<&str>, listed: &[String]) -> bool {
    if listed.iter().any(|listed| same_origin(listed, origin)) {
        return true;
    }
    let (Some((scheme, authority)), Some(host)) = (origin.split_once("://"), host) else {
        return false;
    };
    let port = default_port(scheme);
    without_port(authority, port).eq_ignore_ascii_case(without_port(host, port))
}

fn same_origin(listed: &str, origin: &str) -> bool {
    listed.trim_end_matches('/').eq_ignore_ascii_case(origin)
}

fn default_port(scheme: &str) -> &'static str {
    if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    }
}

fn without_port<'a>(authority: &'a str, port: &str) -> &'a str {
    authority.strip_suffix(port).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn the_same_host_is_allowed() {
        for (origin, host) in [
            ("http://localhost:4000", "localhost:4000"),
            ("https://maps.example.eu", "maps.example.eu"),
            ("https://maps.example.eu", "maps.example.eu:443"),
            ("http://MAPS.example.eu:80", "maps.example.eu"),
            ("http://[::1]:4000", "[::1]:4000"),
        ] {
            assert!(is_allowed(origin, Some(host), &[]), "{origin} {host}");
        }
    }

    #[test]
    fn every_other_host_is_refused() {
        for origin in [
            "https://evil.example",
            "http://localhost:4001",
            "http://localhost:4000.evil.example",
            "http://evil.example/localhost:4000",
            "null",
            "",
        ] {
            assert!(!is_allowed(origin, Some("localhost:4000"), &[]), "{origin}");
            assert!(!is_allowed(origin, None, &[]), "{origin}");
        }
    }

    #[test]
    fn a_listed_origin_is_allowed_as_a_whole() {
        let listed = ["https://maps.example.eu".to_owned()];
        assert!(is_allowed("https://maps.example.eu", Some("api"), &listed));
        assert!(!is_allowed(
            "https://maps.example.eu.evil.example",
            Some("api"),
            &listed
        ));
        assert!(!is_allowed("http://maps.example.eu", Some("api"), &listed));
    }
}
