//! From which address a request comes, also behind a proxy.
//!
//! Invariant: what a request says of its own address is believed only if a proxy that is trusted has said it.

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

    /// The peer of a request that came over a connection from `address`; none if a proxy does not tell it.
    pub(crate) fn of(address: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Option<Self> {
        if !is_listed(address, proxies) {
            return Some(Self::at(address));
        }
        // The last is what the proxy nearest to us saw; what stands before it was said by somebody else, unless that is
        // a trusted proxy too.
        let told = headers.get_all(FORWARDED_FOR).iter();
        let told: Vec<&str> = told.filter_map(|value| value.to_str().ok()).collect();
        let told = told.join(",");
        let mut addresses = told.rsplit(',').map(|address| address.trim().parse());
        addresses
            .find(|address: &Result<IpAddr, _>| {
                address
                    .as_ref()
                    .map_or(true, |address| !is_listed(*address, proxies))
            })?
            .ok()
            .map(Self::at)
    }
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
    use super::*;

    const PROXIES: [IpAddr; 2] = [
        IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)),
    ];

    fn peer(address: &str, told: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let peer = Peer::of(address.parse().unwrap(), &headers, &PROXIES)?;
        Some(peer.0.to_string())
    }

    #[test]
    fn a_stranger_is_not_believed_to_be_somebody_else() {
        let peer = peer("192.0.2.1", &["198.51.100.1"]);
        assert_eq!(peer.as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn of_what_a_proxy_tells_the_last_that_is_no_proxy_counts() {
        for told in [
            &["203.0.113.9, 198.51.100.1"][..],
            &["203.0.113.9", "198.51.100.1, 10.0.0.1"],
            &["nonsense, 198.51.100.1"],
        ] {
            let peer = peer("127.0.0.1", told);
            assert_eq!(peer.as_deref(), Some("198.51.100.1"), "{told:?}");
        }
    }

    #[test]
    fn a_proxy_that_tells_nothing_stands_for_nobody() {
        assert_eq!(peer("127.0.0.1", &[]), None);
        assert_eq!(peer("127.0.0.1", &["198.51.100.1, nonsense"]), None);
        assert_eq!(peer("::ffff:127.0.0.1", &["10.0.0.1"]), None);
    }

    #[test]
    fn neighbours_in_a_network_of_ipv6_are_one() {
        let peer = peer("2001:db8:1:2:3:4:5:6", &[]);
        assert_eq!(peer.as_deref(), Some("2001:db8:1:2::"));
    }
}
