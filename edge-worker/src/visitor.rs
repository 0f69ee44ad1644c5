//! What is kept of whoever calls by a link, in its log and in the audit of its sale: as little of the address as the
//! deployment wants.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use claimcheck_protocol::{jcs, labels};

use crate::audit::cut;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::random;
use crate::store::link_log::{self, Visitor};

/// Seconds of a day, for which one salt is used.
pub const DAY_SECONDS: i64 = 86_400;

/// `LINK_LOG_IP`: what is kept of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptAddress {
    /// Its hash with a salt of the day: the same caller is seen to be the same within a day.
    Hashed,
    /// All of it.
    Full,
    /// The network: 24 bits of IPv4, 48 of IPv6.
    Truncated,
    /// Nothing.
    Nothing,
}

impl KeptAddress {
    /// The value of the var; without one, [`Self::Hashed`].
    pub fn from_var(var: Option<&str>) -> Option<Self> {
        match var {
            None | Some("hashed") => Some(Self::Hashed),
            Some("full") => Some(Self::Full),
            Some("truncated") => Some(Self::Truncated),
            Some("none") => Some(Self::Nothing),
            Some(_) => None,
        }
    }
}

/// The caller of this request, for the log of a link. From then on an audit row of this call keeps no more of it.
pub async fn of_call(ctx: &Ctx) -> Result<Visitor, ApiError> {
    if let Some(visitor) = ctx.visitor.get() {
        return Ok(visitor.clone());
    }
    let visitor = kept(ctx).await?;
    Ok(ctx.visitor.get_or_init(|| visitor).clone())
}

async fn kept(ctx: &Ctx) -> Result<Visitor, ApiError> {
    let user_agent = ctx.origin.user_agent.as_deref().map(|text| cut(text).to_owned());
    let ip = match (ctx.config.link_log_ip, ctx.origin.ip.as_deref()) {
        (KeptAddress::Full, Some(ip)) => Some(ip.to_owned()),
        (KeptAddress::Truncated, Some(ip)) => truncated(ip),
        (KeptAddress::Hashed, Some(ip)) => {
            let day = ctx.now.seconds().div_euclid(DAY_SECONDS);
            let salt = link_log::salt_of_day(&ctx.store, day, random::make_bytes()?).await?;
            let salt = salt.ok_or(ApiError::Bug("the day has no salt"))?;
            Some(jcs::sha256(&[labels::LINK_LOG_IP, salt.as_ref(), ip.as_bytes()]).to_base64url())
        }
        (KeptAddress::Nothing, _) | (_, None) => None,
    };
    Ok(Visitor { ip, user_agent })
}

/// The network of an address; nothing of what is none.
fn truncated(ip: &str) -> Option<String> {
    Some(match ip.parse().ok()? {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shortened_to_its_network() {
        assert_eq!(truncated("203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(truncated("2001:db8:7:8::9").as_deref(), Some("2001:db8:7::/48"));
        assert_eq!(truncated("somewhere"), None);
    }

    #[test]
    fn only_the_four_ways_are_known() {
        assert_eq!(KeptAddress::from_var(None), Some(KeptAddress::Hashed));
        assert_eq!(KeptAddress::from_var(Some("none")), Some(KeptAddress::Nothing));
        assert_eq!(KeptAddress::from_var(Some("full")), Some(KeptAddress::Full));
        assert_eq!(KeptAddress::from_var(Some("all")), None);
    }
}
