//! A sale of everything that a packet can hold, with keys that are known.

use claimcheck_protocol::audit::{Actor, AuditRow, CHAIN_START};
use claimcheck_protocol::auth::jwk::PublicJwk;
use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::dispute::{Dispute, DisputeAct, DisputeKind};
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext};
use claimcheck_protocol::ids::{BuyerDisputeId, ClaimId, FileId, OfferId, ProductId, ReleaseId, TransferId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::{AilockKeys, Ed25519PublicKey, X25519PublicKey};
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::packet::{Packet, PaymentFacts, Pins, ServiceRecord};
use claimcheck_protocol::receipt::{Countersign, Receipt};
use claimcheck_protocol::revoke::Revoke;
use claimcheck_protocol::signed::{Signed, Statement, V1, signing_input, statement_hash};
use claimcheck_protocol::transfer::{RevokeReason, Ruling, Status};
use claimcheck_protocol::verdict::Verdict;
use ed25519_dalek::{Signer, SigningKey};

/// An Ailock, or the server, by the first byte of its key.
#[derive(Clone)]
pub struct Party {
    pub signing: SigningKey,
    pub keys: AilockKeys,
}

impl Party {
    pub fn new(seed: u8) -> Self {
        let signing = SigningKey::from_bytes(&[seed; 32]);
        let ed25519_pk = Ed25519PublicKey::from_bytes(signing.verifying_key().to_bytes()).unwrap();
        let mut x25519 = [9; 32];
        x25519[0] = seed;
        let x25519_pk = X25519PublicKey::from_bytes(x25519).unwrap();
        Self { signing, keys: AilockKeys { ed25519_pk, x25519_pk } }
    }

    pub fn sign<T: Statement>(&self, body: T) -> Signed<T> {
        let signature = Bytes(self.signing.sign(&signing_input(&body).unwrap()).to_bytes());
        Signed { body, signature }
    }
}

pub struct World {
    pub seller: Party,
    pub buyer: Party,
    pub arbiter: Party,
    pub operator: Party,
    pub server: Party,
}

pub const NOW: i64 = 1_700_000_000;

pub fn transfer_id() -> TransferId {
    TransferId::from_parts(1_700_000_000_000, [7; 10])
}

impl World {
    pub fn new() -> Self {
        let [seller, buyer, arbiter, operator, server] = [1, 2, 3, 4, 5].map(Party::new);
        Self { seller, buyer, arbiter, operator, server }
    }

    pub fn manifest(&self) -> Manifest {
        let mut header = [7; 74];
        header[..10].copy_from_slice(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 32]);
        Manifest {
            v: V1,
            release_id: ReleaseId::from_parts(1, [1; 10]),
            product_id: ProductId::from_parts(1, [2; 10]),
            seller: self.seller.keys.id(),
            files: vec![ManifestFile {
                file_id: FileId::from_parts(1, [3; 10]),
                header: Bytes(header),
                segment_count: 1,
                plaintext_size: 5,
                declared_type: "text/plain".parse().unwrap(),
                chunks: vec![Bytes([8; 32])],
            }],
            commitment: Bytes([9; 32]),
            sealed_meta: ByteString(vec![1, 2, 3]),
        }
    }

    pub fn offer(&self) -> Offer {
        let manifest = self.manifest();
        Offer {
            v: V1,
            offer_id: OfferId::from_parts(1, [4; 10]),
            product_id: manifest.product_id,
            release_id: Some(manifest.release_id),
            manifest_hash: Some(statement_hash(&manifest).unwrap()),
            seller: self.seller.keys.id(),
            buyer: Some(self.buyer.keys.id()),
            title: "Field recordings".to_owned(),
            price: Amount::ZERO,
            currency: "usd".parse().unwrap(),
            policy: serde_json::from_value(serde_json::json!({
                "retention_seconds": 604_800, "single_recipient": true, "max_downloads": 1,
                "revoke_on_expiry": true, "content_check_required": false
            }))
            .unwrap(),
            required_inputs: vec![],
            expires_at: NOW + 3600,
        }
    }

    pub fn envelope(&self) -> Envelope {
        let context = EnvelopeContext::for_transfer(
            &transfer_id(),
            statement_hash(&self.offer()).unwrap(),
            statement_hash(&self.manifest()).unwrap(),
            self.seller.keys.ed25519_pk,
            self.buyer.keys,
        );
        let sealed = Bytes([6; 80]);
        let signature = self.seller.signing.sign(&context.signing_input(&sealed));
        Envelope { sealed, signature: Bytes(signature.to_bytes()) }
    }

    pub fn receipt(&self) -> Receipt {
        let (offer, manifest) = (self.offer(), self.manifest());
        Receipt {
            v: V1,
            transfer_id: Some(transfer_id()),
            link_id: None,
            claim_id: ClaimId::from_parts(1, [5; 10]),
            offer_hash: statement_hash(&offer).unwrap(),
            manifest_hash: statement_hash(&manifest).unwrap(),
            client_hash: manifest.commitment,
            bytes: 5,
            buyer: self.buyer.keys.id(),
            seller: offer.seller,
            price: offer.price,
            currency: offer.currency,
            delivered_at: NOW,
            nonce: Bytes([11; 32]),
        }
    }

    pub fn dispute(&self, by: &Party, act: DisputeAct) -> Dispute {
        Dispute {
            v: V1,
            transfer_id: transfer_id(),
            dispute_id: BuyerDisputeId::from_parts(1, [6; 10]),
            by: by.keys.id(),
            act,
            kind: (act == DisputeAct::Open).then_some(DisputeKind::Content),
            evidence: None,
            at: NOW,
        }
    }

    pub fn verdict(&self) -> Verdict {
        Verdict {
            v: V1,
            transfer_id: transfer_id(),
            dispute_id: BuyerDisputeId::from_parts(1, [6; 10]),
            arbiter: self.arbiter.keys.id(),
            ruling: Ruling::ForBuyer,
            explanation: "The files differ.".to_owned(),
            at: NOW,
        }
    }

    pub fn revoke(&self) -> Revoke {
        Revoke {
            v: V1,
            transfer_id: transfer_id(),
            by: self.operator.keys.id(),
            reason: RevokeReason::Takedown,
            at: NOW,
        }
    }

    pub fn packet(&self) -> Packet {
        let audit = chain(3);
        let receipt = self.buyer.sign(self.receipt());
        let countersign = Countersign {
            v: V1,
            receipt_hash: statement_hash(&receipt.body).unwrap(),
            received_at: NOW,
            kid: kid(&self.server).to_base64url(),
            audit_head: audit[1].hash().unwrap(),
        };
        let parties = [&self.seller, &self.buyer, &self.arbiter, &self.operator];
        Packet {
            v: V1,
            transfer_id: transfer_id(),
            status: Status::Revoked,
            made_at: NOW + 10,
            server_keys: vec![self.server.keys.ed25519_pk],
            arbiter: Some(self.arbiter.keys.id()),
            operator: Some(self.operator.keys.id()),
            buyer: self.buyer.keys.id(),
            signers: parties.map(|party| party.keys).to_vec(),
            offer: self.seller.sign(self.offer()),
            payment: PaymentFacts { paid_by: None, payments: Default::default() },
            manifest: Some(self.seller.sign(self.manifest())),
            envelope: Some(self.envelope()),
            receipt: Some(receipt),
            countersign: Some(self.server.sign(countersign)),
            revocations: vec![self.operator.sign(self.revoke())],
            disputes: vec![
                self.buyer.sign(self.dispute(&self.buyer, DisputeAct::Open)),
                self.seller.sign(self.dispute(&self.seller, DisputeAct::Answer)),
            ],
            verdicts: vec![self.arbiter.sign(self.verdict())],
            audit_seq: audit.len() as u64,
            audit_head: audit[2].hash().unwrap(),
            audit,
            service: vec![ServiceRecord {
                claim_id: ClaimId::from_parts(1, [5; 10]),
                nonce: Bytes([11; 32]),
                began_at: NOW,
                expires_at: NOW + 100,
                first_chunk_at: Some(NOW + 1),
                cancelled_at: None,
            }],
        }
    }

    pub fn text(&self, packet: Packet) -> Vec<u8> {
        jcs::to_vec(&self.server.sign(packet)).unwrap()
    }

    pub fn pins(&self) -> Pins {
        Pins::parse(&kid(&self.server).to_base64url()).unwrap()
    }
}

pub fn kid(party: &Party) -> Bytes32 {
    PublicJwk::Ed25519(party.keys.ed25519_pk).thumbprint()
}

pub fn chain(length: u64) -> Vec<AuditRow> {
    let mut rows: Vec<AuditRow> = Vec::new();
    for seq in 1..=length {
        let prev_hash = rows.last().map_or(CHAIN_START, |row| row.hash().unwrap());
        rows.push(AuditRow {
            seq,
            transfer_id: transfer_id(),
            at: NOW,
            actor: Actor::Server,
            action: format!("event {seq}"),
            request_id: "r".to_owned(),
            trace_id: None,
            origin_hash: Bytes([3; 32]),
            prev_hash,
        });
    }
    rows
}

pub fn jwk(party: &Party) -> String {
    serde_json::to_string(&PublicJwk::Ed25519(party.keys.ed25519_pk)).unwrap()
}
