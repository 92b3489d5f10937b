//! Which hosts and addresses may be asked.
//!
//! Start with [`Allowed::rule`] and [`is_public`]. The invariant: an address that is not of the public
//! internet passes only where its host stands in the list by its own name, and private ones are allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// In lower case; behind `*.` for the hosts below it; `*` for all.
    host: String,
    /// The ones of HTTP and HTTPS where none is named.
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Usual,
    Any,
    One(u16),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::server::tools) struct Allowed(Vec<Entry>);

/// How a host came to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// It stands in the list itself.
    Named,
    /// One of many.
    Wildcard,
}

impl Allowed {
    /// Reads entries: `docs.example.org`, `*.example.com`, `*`, each with `:8080` or `:*` behind it where the
    /// port is another one. The error is about one entry.
    pub(in crate::server::tools) fn parse(entries: &[String]) -> Result<Self, String> {
        entries.iter().map(|entry| Entry::parse(entry)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn rule(&self, host: &str, port: u16) -> Option<Rule> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let fitting = self.0.iter().filter(|entry| entry.fits(&host, port));
        let rules =
            fitting.map(|entry| if entry.host == host { Rule::Named } else { Rule::Wildcard });
        rules.min_by_key(|rule| *rule == Rule::Wildcard)
    }

    pub(super) fn words(&self) -> String {
        let words = self.0.iter().map(|entry| match entry.port {
            Port::Usual => entry.host.clone(),
            Port::Any => format!("{}:*", entry.host),
            Port::One(port) => format!("{}:{port}", entry.host),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        if text.contains("://") || text.contains(['/', '@', ' ', '?', '#']) {
            return Err(format!("{text} is not a host: leave out what is not its name or port"));
        }
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an address of version 6 are in brackets, or all there is.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                let port = match port {
                    "*" => Port::Any,
                    port => Port::One(
                        port.parse().map_err(|_| format!("{port} is no port, in {text}"))?,
                    ),
                };
                (host, port)
            }
            _ => (text.as_str(), Port::Usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // The dot that ends every whole name is left out by most.
        let host = if host == "*." { host } else { host.trim_end_matches('.') };
        let name = host.strip_prefix("*.").unwrap_or(host);
        if name.is_empty() || name.contains('*') && host != "*" {
            return Err(format!("{text} is not a host; * stands alone, or as *. before a name"));
        }
        // As a URL has it, so that both are the same.
        let host =
            host.parse::<IpAddr>().map_or_else(|_| host.to_owned(), |address| address.to_string());
        Ok(Self { host, port })
    }

    fn fits(&self, host: &str, port: u16) -> bool {
        let port_fits = match self.port {
            Port::Usual => matches!(port, 80 | 443),
            Port::Any => true,
            Port::One(one) => one == port,
        };
        let host_fits = match self.host.strip_prefix("*.") {
            Some(below) => host.strip_suffix(below).is_some_and(|start| start.ends_with('.')),
            None => self.host == "*" || self.host == host,
        };
        port_fits && host_fits
    }
}

/// Whether an address is one of the public internet: no loopback, no private or shared network, no link,
/// no multicast, nothing reserved, and nothing that stands for one of these.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Names that a network without version 4 gives to its addresses.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let [first, second, ..] = segments;
    // Teredo and others that lead elsewhere; examples; addresses of version 4 in disguise.
    let special =
        matches!((first, second), (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff) | (0x2002, _));
    (0x2000..=0x3fff).contains(&first) && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> Allowed {
        Allowed::parse(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
            .unwrap()
    }

    #[test]
    fn hosts_pass_by_name_or_below_a_name_and_on_their_port() {
        let allowed =
            allowed(&["docs.example.org", "*.Example.com", "lab:8080", "[::1]:9", "10.0.0.1:*"]);
        let rule = |host, port| allowed.rule(host, port);
        assert_eq!(rule("DOCS.example.org.", 443), Some(Rule::Named));
        assert_eq!(rule("a.b.example.com", 80), Some(Rule::Wildcard));
        assert_eq!(rule("lab", 8080), Some(Rule::Named));
        assert_eq!(rule("::1", 9), Some(Rule::Named));
        assert_eq!(rule("10.0.0.1", 77), Some(Rule::Named));
        for (host, port) in [
            ("example.com", 443),
            ("badexample.com", 443),
            ("example.com.evil.org", 443),
            ("x.docs.example.org", 443),
            ("docs.example.org", 8080),
            ("lab", 80),
            ("::1", 80),
        ] {
            assert_eq!(rule(host, port), None, "{host}:{port}");
        }
        assert_eq!(super::Allowed::default().rule("example.org", 443), None);
        assert_eq!(self::allowed(&["*"]).rule("example.org", 443), Some(Rule::Wildcard));
        assert_eq!(self::allowed(&["*", "a.org"]).rule("a.org", 443), Some(Rule::Named));
    }

    #[test]
    fn what_is_no_host_is_told() {
        for bad in
            ["https://a.org", "a.org/x", "*a.org", "a.*.org", "", "*.", "a.org:x", "me@a.org"]
        {
            assert!(Allowed::parse(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.63.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
