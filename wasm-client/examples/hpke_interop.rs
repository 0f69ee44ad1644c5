//! Seals and opens for the interop tests: one JSON request a line on stdin, one JSON answer a line on stdout.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's counterpart: a broken request must stop it")]

use std::io::{self, BufRead, Write};

use claimcheck_client::envelope::{open_envelope, seal_envelope};
use claimcheck_client::identity::Identity;
use claimcheck_client::seal::{Purpose, open_from, seal_to};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::{ByteString, Bytes32};
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext};
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::keys::{AilockKeys, Ed25519PublicKey, X25519PublicKey};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Request {
    Seal { purpose: String, context: ByteString, recipient: X25519PublicKey, plaintext: ByteString },
    Open { purpose: String, context: ByteString, seed: Bytes32, sealed: ByteString },
    SealEnvelope { seed: Bytes32, context: Context, release_key: Bytes32 },
    OpenEnvelope { seed: Bytes32, context: Context, envelope: Envelope },
}

#[derive(Deserialize)]
struct Context {
    transfer_id: TransferId,
    offer_hash: Bytes32,
    manifest_hash: Bytes32,
    seller: Ed25519PublicKey,
    buyer: AilockKeys,
}

impl From<Context> for EnvelopeContext {
    fn from(c: Context) -> Self {
        Self::for_transfer(&c.transfer_id, c.offer_hash, c.manifest_hash, c.seller, c.buyer)
    }
}

fn purpose(name: &str) -> Purpose {
    match name {
        "inputs" => Purpose::Inputs,
        "evidence" => Purpose::Evidence,
        "listing-secret" => Purpose::ListingSecret,
        _ => panic!("unknown purpose"),
    }
}

fn identity(seed: Bytes32) -> Identity {
    Identity::from_seed(Secret32::from_bytes(seed.0))
}

fn answer(request: Request) -> Value {
    match request {
        Request::Seal { purpose: name, context, recipient, plaintext } => {
            match seal_to(purpose(&name), context.as_ref(), &recipient, plaintext.as_ref()) {
                Ok(sealed) => json!({ "sealed": ByteString(sealed) }),
                Err(error) => json!({ "error": error.to_string() }),
            }
        }
        Request::Open { purpose: name, context, seed, sealed } => {
            match open_from(purpose(&name), context.as_ref(), &identity(seed), sealed.as_ref()) {
                Ok(plaintext) => json!({ "plaintext": ByteString(plaintext.to_vec()) }),
                Err(error) => json!({ "error": error.to_string() }),
            }
        }
        Request::SealEnvelope { seed, context, release_key } => {
            let release_key = Secret32::from_bytes(release_key.0);
            match seal_envelope(&identity(seed), &context.into(), &release_key) {
                Ok(envelope) => json!({ "envelope": envelope }),
                Err(error) => json!({ "error": error.to_string() }),
            }
        }
        Request::OpenEnvelope { seed, context, envelope } => {
            match open_envelope(&identity(seed), &context.into(), &envelope) {
                Ok(key) => json!({ "release_key": ByteString(key.as_bytes().to_vec()) }),
                Err(error) => json!({ "error": error.to_string() }),
            }
        }
    }
}

fn main() {
    let mut stdout = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = serde_json::from_str(&line.unwrap())
            .map_or_else(|error| json!({ "error": error.to_string() }), answer);
        writeln!(stdout, "{answer}").unwrap();
        stdout.flush().unwrap();
    }
}
