//! Assertions, proofs, access tokens and tickets: published and frozen ones verify, and each rule refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_protocol::auth::access_token::{self, AccessTokenClaims, Confirmation, ServerKey};
use claimcheck_protocol::auth::assertion::{self, AssertionClaims, PresentedAssertion};
use claimcheck_protocol::auth::dpop::{self, Call, ProofClaims};
use claimcheck_protocol::auth::jwk::PublicJwk;
use claimcheck_protocol::auth::ticket::{self, Source, Ticket, TicketClaims};
use claimcheck_protocol::auth::{AuthError, jwt};
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::ids::{ClaimId, LinkId, ReleaseId, TransferId};
use claimcheck_protocol::keys::{AilockId, AilockKeys, Ed25519PublicKey, X25519PublicKey};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

const ISSUER: &str = "https://claimcheck.example";
const TOKEN_URI: &str = "https://claimcheck.example/token";
const NOW: i64 = 1_760_000_000;

struct Key(SigningKey);

impl Key {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    fn public(&self) -> Ed25519PublicKey {
        Ed25519PublicKey::from_bytes(self.0.verifying_key().to_bytes()).unwrap()
    }

    fn jwk(&self) -> PublicJwk {
        PublicJwk::Ed25519(self.public())
    }

    fn ailock_id(&self) -> AilockId {
        AilockKeys { ed25519_pk: self.public(), x25519_pk: X25519PublicKey::from_bytes([9; 32]).unwrap() }
            .id()
    }

    fn finish(&self, unsigned: &str) -> String {
        jwt::attach(unsigned, &Bytes(self.0.sign(unsigned.as_bytes()).to_bytes()))
    }

    /// Signs any header and claims, as a client that does not keep to the rules would.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(&serde_json::to_vec(value).unwrap());
        self.finish(&format!("{}.{}", part(header), part(claims)))
    }
}

/// `base` with members of `changes` set, and taken away where they are null.
fn bent(base: &Value, changes: &Value) -> Value {
    let mut value = base.clone();
    let object = value.as_object_mut().unwrap();
    for (name, change) in changes.as_object().unwrap() {
        if change.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), change.clone());
        }
    }
    value
}

mod assertions {
    use super::*;

    fn claims(key: &Key) -> AssertionClaims {
        let id = key.ailock_id();
        AssertionClaims {
            iss: id,
            sub: id,
            aud: ISSUER.to_owned(),
            exp: NOW + 60,
            iat: Some(NOW),
            nbf: None,
            jti: "jti".to_owned(),
        }
    }

    fn verify(token: &str, key: &Key, client_id: Option<&str>) -> Result<(), AuthError> {
        let assertion = PresentedAssertion::parse(token)?;
        let verified = assertion.verify(&key.public(), client_id, ISSUER, NOW)?;
        assert_eq!((verified.ailock_id, verified.jti.as_str()), (key.ailock_id(), "jti"));
        Ok(())
    }

    #[test]
    fn what_is_made_here_verifies_and_is_frozen() {
        let key = Key::new(1);
        let token = key.finish(&assertion::unsigned(&claims(&key)).unwrap());
        assert_eq!(verify(&token, &key, Some(&key.ailock_id().to_string())), Ok(()));
        assert_eq!(token, include_str!("vectors/assertion.jwt").trim_end());
    }

    #[test]
    fn each_rule_refuses() {
        let key = Key::new(1);
        let other = Key::new(2).ailock_id().to_string();
        let base = serde_json::to_value(claims(&key)).unwrap();
        let header = json!({"typ": "JWT", "alg": "EdDSA"});
        let result = |header_changes: Value, changes: Value| {
            verify(&key.sign(&bent(&header, &header_changes), &bent(&base, &changes)), &key, None)
        };
        let claim = |changes: Value| result(json!({}), changes);

        assert_eq!(claim(json!({})), Ok(()));
        assert_eq!(claim(json!({"iat": null})), Ok(()));
        assert_eq!(claim(json!({"exp": NOW + 300, "nbf": NOW + 60, "iat": NOW + 60})), Ok(()));
        assert_eq!(result(json!({"typ": null}), json!({})), Ok(()));

        assert_eq!(result(json!({"typ": "dpop+jwt"}), json!({})), Err(AuthError::WrongType));
        assert_eq!(result(json!({"typ": "at+jwt"}), json!({})), Err(AuthError::WrongType));
        assert_eq!(result(json!({"alg": "ES256"}), json!({})), Err(AuthError::WrongAlgorithm));
        assert_eq!(result(json!({"alg": "none"}), json!({})), Err(AuthError::WrongAlgorithm));
        assert_eq!(result(json!({"crit": ["exp"]}), json!({})), Err(AuthError::UnknownExtension));
        assert_eq!(claim(json!({"iss": "someone"})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"sub": other})), Err(AuthError::WrongSubject));
        assert_eq!(claim(json!({"sub": null})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"aud": TOKEN_URI})), Err(AuthError::WrongAudience));
        assert_eq!(claim(json!({"aud": format!("{ISSUER}/")})), Err(AuthError::WrongAudience));
        assert_eq!(claim(json!({"aud": [ISSUER]})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"exp": NOW})), Err(AuthError::Expired));
        assert_eq!(claim(json!({"exp": -1})), Err(AuthError::Expired));
        assert_eq!(claim(json!({"exp": NOW + 301})), Err(AuthError::LifetimeTooLong));
        assert_eq!(claim(json!({"exp": i64::MAX})), Err(AuthError::LifetimeTooLong));
        assert_eq!(claim(json!({"exp": null})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"iat": NOW + 60})), Err(AuthError::LifetimeTooLong), "not before exp");
        assert_eq!(claim(json!({"iat": NOW + 61, "exp": NOW + 90})), Err(AuthError::ClockSkew));
        assert_eq!(claim(json!({"nbf": NOW + 61})), Err(AuthError::ClockSkew));
        assert_eq!(claim(json!({"jti": null})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"jti": ""})), Err(AuthError::InvalidJti));
        assert_eq!(claim(json!({"jti": "x".repeat(129)})), Err(AuthError::InvalidJti));

        let token = key.sign(&header, &base);
        assert_eq!(verify(&token, &key, Some(&other)), Err(AuthError::WrongSubject));
        assert_eq!(verify(&token, &Key::new(2), None), Err(AuthError::InvalidSignature));
    }
}

mod proofs {
    use super::*;

    // RFC 9449 sections 4.1 and 7.1.
    const PUBLISHED: &str = include_str!("vectors/rfc9449_token.jwt");
    const PUBLISHED_WITH_TOKEN: &str = include_str!("vectors/rfc9449_resource.jwt");
    const PUBLISHED_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn call() -> Call<'static> {
        Call { method: "POST", uri: TOKEN_URI, token: None, now: NOW }
    }

    fn claims() -> ProofClaims {
        ProofClaims {
            jti: "jti".to_owned(),
            htm: "POST".to_owned(),
            htu: TOKEN_URI.to_owned(),
            iat: NOW,
            ath: None,
        }
    }

    #[test]
    fn the_published_proofs_verify() {
        let call =
            Call { method: "POST", uri: "https://server.example.com/token", token: None, now: 1_562_262_616 };
        let proof = dpop::verify(PUBLISHED.trim_end(), &call).unwrap();
        assert_eq!(proof.jti, "-BwC3ESc6acc2lTc");
        assert_eq!(proof.jkt.to_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");

        let call = Call {
            method: "GET",
            uri: "https://resource.example.org/protectedresource?page=2",
            token: Some(PUBLISHED_TOKEN),
            now: 1_562_262_618,
        };
        assert!(dpop::verify(PUBLISHED_WITH_TOKEN.trim_end(), &call).is_ok());
        let other = Call { token: Some("another token"), ..call };
        assert_eq!(dpop::verify(PUBLISHED_WITH_TOKEN.trim_end(), &other), Err(AuthError::WrongTokenHash));
    }

    #[test]
    fn what_is_made_here_verifies_and_is_frozen() {
        let key = Key::new(1);
        let token = key.finish(&dpop::unsigned(key.jwk(), &claims()).unwrap());
        let proof = dpop::verify(&token, &call()).unwrap();
        assert_eq!((proof.jkt, proof.jti.as_str(), proof.exp), (key.jwk().thumbprint(), "jti", NOW + 61));
        assert_eq!(token, include_str!("vectors/proof.jwt").trim_end());
    }

    #[test]
    fn each_rule_refuses() {
        let key = Key::new(1);
        let base = serde_json::to_value(claims()).unwrap();
        let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": key.jwk()});
        let result = |header_changes: Value, changes: Value| {
            let token = key.sign(&bent(&header, &header_changes), &bent(&base, &changes));
            dpop::verify(&token, &call()).map(|proof| proof.jti)
        };
        let claim = |changes: Value| result(json!({}), changes);
        let other = Key::new(2);

        assert_eq!(claim(json!({})), Ok("jti".to_owned()));
        assert_eq!(claim(json!({"iat": NOW - 60})), Ok("jti".to_owned()));
        assert_eq!(claim(json!({"iat": NOW + 60})), Ok("jti".to_owned()));
        assert_eq!(claim(json!({"htu": format!("{TOKEN_URI}?x#y")})), Ok("jti".to_owned()));

        for typ in [Value::Null, json!("JWT"), json!("DPOP+JWT"), json!("claim+jwt")] {
            assert_eq!(result(json!({"typ": typ}), json!({})), Err(AuthError::WrongType));
        }
        assert_eq!(result(json!({"jwk": null}), json!({})), Err(AuthError::InvalidKey));
        assert_eq!(result(json!({"jwk": other.jwk()}), json!({})), Err(AuthError::InvalidSignature));
        assert_eq!(result(json!({"alg": "ES256"}), json!({})), Err(AuthError::WrongAlgorithm));
        let mut private = serde_json::to_value(key.jwk()).unwrap();
        private["d"] = "AAAA".into();
        assert_eq!(result(json!({"jwk": private}), json!({})), Err(AuthError::InvalidKey));
        assert_eq!(claim(json!({"htm": "post"})), Err(AuthError::WrongMethod));
        assert_eq!(claim(json!({"htm": "GET"})), Err(AuthError::WrongMethod));
        assert_eq!(claim(json!({"htm": null})), Err(AuthError::Malformed));
        for htu in ["https://claimcheck.example/token/", "http://claimcheck.example/token", "/token", ""] {
            assert_eq!(claim(json!({"htu": htu})), Err(AuthError::WrongUri), "{htu}");
        }
        assert_eq!(claim(json!({"iat": NOW - 61})), Err(AuthError::ClockSkew));
        assert_eq!(claim(json!({"iat": NOW + 61})), Err(AuthError::ClockSkew));
        assert_eq!(claim(json!({"iat": i64::MIN})), Err(AuthError::ClockSkew));
        assert_eq!(claim(json!({"iat": null})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"jti": ""})), Err(AuthError::InvalidJti));
        assert_eq!(claim(json!({"jti": "x".repeat(129)})), Err(AuthError::InvalidJti));
    }

    #[test]
    fn a_call_with_a_token_needs_its_hash() {
        let key = Key::new(1);
        let call = Call { token: Some("token"), ..call() };
        let with = |ath| {
            let claims = ProofClaims { ath, ..claims() };
            dpop::verify(&key.finish(&dpop::unsigned(key.jwk(), &claims).unwrap()), &call).map(|_| ())
        };
        assert_eq!(with(Some(dpop::token_hash("token"))), Ok(()));
        assert_eq!(with(Some(dpop::token_hash("Token"))), Err(AuthError::WrongTokenHash));
        assert_eq!(with(None), Err(AuthError::WrongTokenHash));
    }
}

mod server_tokens {
    use super::*;

    fn server() -> (Key, Vec<ServerKey>) {
        let key = Key::new(7);
        let keys = vec![ServerKey::new(Key::new(8).public()), ServerKey::new(key.public())];
        (key, keys)
    }

    fn kid(key: &Key) -> String {
        ServerKey::new(key.public()).kid
    }

    fn access_claims() -> AccessTokenClaims {
        let jkt = Key::new(1).jwk().thumbprint();
        AccessTokenClaims::issue(ISSUER, Key::new(1).ailock_id(), jkt, "jti".to_owned(), NOW)
    }

    fn ticket() -> Ticket {
        Ticket {
            claim_id: ClaimId::from_parts(1_760_000_000_000, [1; 10]),
            source: Source::Transfer(TransferId::from_parts(1_760_000_000_000, [2; 10])),
            release_id: ReleaseId::from_parts(1_760_000_000_000, [3; 10]),
            cnf: Confirmation { jkt: Key::new(1).jwk().thumbprint() },
        }
    }

    #[test]
    fn an_access_token_verifies_and_is_frozen() {
        let (key, keys) = server();
        let token = key.finish(&access_token::unsigned(&kid(&key), &access_claims()).unwrap());
        let claims = access_token::verify(&token, &keys, ISSUER, NOW + 299).unwrap();
        assert_eq!(claims, access_claims());
        assert_eq!(claims.cnf.check(&Key::new(1).jwk().thumbprint()), Ok(()));
        assert_eq!(claims.cnf.check(&Key::new(2).jwk().thumbprint()), Err(AuthError::WrongKey));
        assert_eq!(access_token::verify(&token, &keys, ISSUER, NOW + 300), Err(AuthError::Expired));
        assert_eq!(token, include_str!("vectors/access_token.jwt").trim_end());
    }

    #[test]
    fn each_rule_of_an_access_token_refuses() {
        let (key, keys) = server();
        let base = serde_json::to_value(access_claims()).unwrap();
        let header = json!({"typ": "at+jwt", "alg": "Ed25519", "kid": kid(&key)});
        let result = |header_changes: Value, changes: Value| {
            let token = key.sign(&bent(&header, &header_changes), &bent(&base, &changes));
            access_token::verify(&token, &keys, ISSUER, NOW).map(|_| ())
        };
        let claim = |changes: Value| result(json!({}), changes);
        let other = Key::new(2).ailock_id();

        assert_eq!(claim(json!({})), Ok(()));
        assert_eq!(result(json!({"typ": "JWT"}), json!({})), Err(AuthError::WrongType));
        assert_eq!(result(json!({"typ": "claim+jwt"}), json!({})), Err(AuthError::WrongType));
        assert_eq!(result(json!({"kid": null}), json!({})), Err(AuthError::UnknownKey));
        assert_eq!(result(json!({"kid": kid(&Key::new(9))}), json!({})), Err(AuthError::UnknownKey));
        assert_eq!(result(json!({"kid": kid(&Key::new(8))}), json!({})), Err(AuthError::InvalidSignature));
        assert_eq!(claim(json!({"iss": "https://other.example"})), Err(AuthError::WrongIssuer));
        assert_eq!(claim(json!({"aud": "https://other.example"})), Err(AuthError::WrongAudience));
        assert_eq!(claim(json!({"client_id": other})), Err(AuthError::WrongSubject));
        assert_eq!(claim(json!({"exp": NOW + 301})), Err(AuthError::LifetimeTooLong));
        assert_eq!(claim(json!({"iat": NOW - 10})), Err(AuthError::LifetimeTooLong));
        assert_eq!(claim(json!({"cnf": null})), Err(AuthError::Malformed));
        assert_eq!(claim(json!({"jti": ""})), Err(AuthError::InvalidJti));
    }

    #[test]
    fn a_ticket_verifies_and_is_frozen() {
        let (key, keys) = server();
        let jkt = Key::new(1).jwk().thumbprint();
        let claims = TicketClaims::issue(ISSUER, &ticket(), NOW + 86_400, NOW);
        let token = key.finish(&ticket::unsigned(&kid(&key), &claims).unwrap());
        assert_eq!(ticket::verify(&token, &keys, ISSUER, &jkt, NOW + 299), Ok(ticket()));
        assert_eq!(ticket::verify(&token, &keys, ISSUER, &jkt, NOW + 300), Err(AuthError::Expired));
        assert_eq!(token, include_str!("vectors/ticket.jwt").trim_end());

        let link = Source::Link(LinkId::from_parts(1_760_000_000_000, [4; 10]));
        let of_link = Ticket { source: link, ..ticket() };
        let claims = TicketClaims::issue(ISSUER, &of_link, NOW + 10, NOW);
        assert_eq!(claims.exp, NOW + 10, "a ticket does not outlive its claim");
        let token = key.finish(&ticket::unsigned(&kid(&key), &claims).unwrap());
        assert_eq!(ticket::verify(&token, &keys, ISSUER, &jkt, NOW), Ok(of_link));
    }

    #[test]
    fn each_rule_of_a_ticket_refuses() {
        let (key, keys) = server();
        let base = serde_json::to_value(TicketClaims::issue(ISSUER, &ticket(), NOW + 86_400, NOW)).unwrap();
        let header = json!({"typ": "claim+jwt", "alg": "Ed25519", "kid": kid(&key)});
        let by = |seed: u8, header_changes: Value, changes: Value| {
            let token = key.sign(&bent(&header, &header_changes), &bent(&base, &changes));
            ticket::verify(&token, &keys, ISSUER, &Key::new(seed).jwk().thumbprint(), NOW).map(|_| ())
        };
        let claim = |changes: Value| by(1, json!({}), changes);
        let link = LinkId::from_parts(1_760_000_000_000, [4; 10]);

        assert_eq!(claim(json!({})), Ok(()));
        assert_eq!(by(2, json!({}), json!({})), Err(AuthError::WrongKey));
        assert_eq!(by(1, json!({"typ": "at+jwt"}), json!({})), Err(AuthError::WrongType));
        assert_eq!(by(1, json!({"kid": "x"}), json!({})), Err(AuthError::UnknownKey));
        assert_eq!(claim(json!({"iss": "x"})), Err(AuthError::WrongIssuer));
        assert_eq!(claim(json!({"aud": "x"})), Err(AuthError::WrongAudience));
        assert_eq!(claim(json!({"exp": NOW + 301})), Err(AuthError::LifetimeTooLong));
        assert_eq!(claim(json!({"link_id": link})), Err(AuthError::Malformed), "both");
        assert_eq!(claim(json!({"transfer_id": null})), Err(AuthError::Malformed), "neither");
        assert_eq!(claim(json!({"sub": Key::new(1).ailock_id()})), Err(AuthError::Malformed));
    }

    #[test]
    fn no_kind_passes_for_another() {
        let (key, keys) = server();
        let access = key.finish(&access_token::unsigned(&kid(&key), &access_claims()).unwrap());
        let claims = TicketClaims::issue(ISSUER, &ticket(), NOW + 300, NOW);
        let ticket = key.finish(&ticket::unsigned(&kid(&key), &claims).unwrap());
        let jkt = Key::new(1).jwk().thumbprint();
        assert_eq!(ticket::verify(&access, &keys, ISSUER, &jkt, NOW).err(), Some(AuthError::WrongType));
        assert_eq!(access_token::verify(&ticket, &keys, ISSUER, NOW).err(), Some(AuthError::WrongType));
        assert_eq!(PresentedAssertion::parse(&access).err(), Some(AuthError::WrongType));
    }
}
