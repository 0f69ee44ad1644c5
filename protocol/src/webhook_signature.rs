//! The signature over what is told to sellers' systems.
//!
//! ```text
//! webhook-id: <event id>   webhook-timestamp: <unix seconds>   webhook-signature: v1,<base64>[ v1,<base64> …]
//! v1 = HMAC-SHA256(secret, event id | "." | unix seconds | "." | body)
//! ```
//!
//! Source: Standard Webhooks 1.0. A secret is written `whsec_` and the base64 of its bytes.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of a secret in bytes.
pub const SECRET_LEN: usize = 32;

/// A secret as its owner is given it.
pub fn encode_secret(secret: &[u8; SECRET_LEN]) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}

/// The header `webhook-signature`: one signature for each secret, while the server's own is being rotated two.
pub fn sign(secrets: &[[u8; SECRET_LEN]], id: &str, timestamp: i64, body: &str) -> String {
    let signatures = secrets.iter().filter_map(|secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_published_example_comes_out() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        let (id, time, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        mac.update(format!("{id}.{time}.{body}").as_bytes());
        let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(BASE64.encode(&mac.finalize().into_bytes()), expected);
        let mut padded = [0; SECRET_LEN];
        padded[..secret.len()].copy_from_slice(&secret);
        // HMAC pads a short key with zeros, so the padded one signs alike.
        assert_eq!(sign(&[padded], id, time, body), format!("v1,{expected}"));
        assert_eq!(sign(&[padded, padded], id, time, body).split(' ').count(), 2);
    }

    #[test]
    fn a_secret_is_base64_under_its_prefix() {
        assert_eq!(
            encode_secret(&[0xfb; SECRET_LEN]),
            format!("whsec_{}", BASE64.encode(&[0xfb; SECRET_LEN]))
        );
    }
}
