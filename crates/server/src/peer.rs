//! From which address a request comes, also behind a proxy.
//!
//! Invariant: what a request says of its own address is believed only if a proxy that is trusted has said it, and a request
//! that came from an address is never from nobody.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// Where proxies write the address that they were asked from, each behind those before it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Those who share an address. Of IPv6 whoever has one address has the 2⁶⁴ beside it, so they count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// The peer of a connection.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [one, two, three, four, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(one, two, three, four, 0, 0, 0, 0))
            }
            four @ IpAddr::V4(_) => four,
        })
    }

    /// The peer of a request that came over a connection from `address`: whoever stands before the trusted proxies, or the
    /// proxy that does not tell who that is.
    pub(crate) fn of(address: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        // The last is what the proxy nearest to us saw; what stands before it was said by somebody else, unless that is
        // a trusted proxy too.
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut told = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut nearest = address;
        while is_listed(nearest, proxies) {
            // What is no address hides whoever stands there: what comes before it may be their own word.
            let Some(before) = told.next().and_then(read) else {
                break;
            };
            nearest = before;
        }
        Self::at(nearest)
    }
}

/// The address that a proxy has written.
fn read(written: &[u8]) -> Option<IpAddr> {
    let written = str::from_utf8(written).ok()?;
    written.trim().parse().ok()
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(network) => write!(f, "{network}/64"),
        }
    }
}

/// Whether a connection comes from a proxy that is trusted.
pub(crate) fn is_listed(address: IpAddr, proxies: &[IpAddr]) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|proxy| proxy.to_canonical() == address)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXIES: [IpAddr; 2] = [
        IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)),
    ];

    fn peer(address: &str, told: &[&str]) -> String {
        let told: Vec<&[u8]> = told.iter().map(|line| line.as_bytes()).collect();
        peer_of_bytes(address, &told)
    }

    fn peer_of_bytes(address: &str, told: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        Peer::of(address.parse().unwrap(), &headers, &PROXIES)
            .0
            .to_string()
    }

    #[test]
    fn a_stranger_is_not_believed_to_be_somebody_else() {
        assert_eq!(peer("192.0.2.1", &["198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn of_what_a_proxy_tells_the_last_that_is_no_proxy_counts() {
        for told in [
            &["203.0.113.9, 198.51.100.1"][..],
            &["203.0.113.9", "198.51.100.1, 10.0.0.1"],
            &["203.0.113.9,198.51.100.1", "10.0.0.1"],
            &["nonsense, 198.51.100.1"],
        ] {
            assert_eq!(peer("127.0.0.1", told), "198.51.100.1", "{told:?}");
        }
    }

    #[test]
    fn a_proxy_that_does_not_tell_its_client_stands_for_it() {
        assert_eq!(peer("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(peer("127.0.0.1", &[""]), "127.0.0.1");
        assert_eq!(peer("127.0.0.1", &["198.51.100.1, nonsense"]), "127.0.0.1");
        assert_eq!(peer("127.0.0.1", &["198.51.100.1", ""]), "127.0.0.1");
        assert_eq!(peer("::ffff:127.0.0.1", &["10.0.0.1"]), "10.0.0.1");
        let hidden_further_out = ["198.51.100.1, nonsense, 10.0.0.1"];
        assert_eq!(peer("127.0.0.1", &hidden_further_out), "10.0.0.1");
    }

    #[test]
    fn bytes_that_are_no_text_hide_neither_those_behind_them_nor_show_those_before() {
        for told in [
            &[&b"\xff, 198.51.100.1"[..]][..],
            &[b"203.0.113.9, \xe9", b"198.51.100.1"],
        ] {
            assert_eq!(peer_of_bytes("127.0.0.1", told), "198.51.100.1", "{told:?}");
        }
        for told in [
            &[&b"203.0.113.9, \xff"[..]][..],
            &[b"203.0.113.9", b"\xff"],
            &[b"203.0.113.9", b"198.51.100.1\xff"],
        ] {
            assert_eq!(peer_of_bytes("127.0.0.1", told), "127.0.0.1", "{told:?}");
        }
    }

    #[test]
    fn neighbours_in_a_network_of_ipv6_are_one() {
        assert_eq!(peer("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
    }
}
