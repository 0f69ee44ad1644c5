//! What a good packet proves, and what gives a lying server away.

use claimcheck_protocol::bytes::{ByteString, Bytes};
use claimcheck_protocol::dispute::{Dispute, DisputeAct};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::packet::{Finding, Line, Packet, Pins, verify};
use claimcheck_protocol::receipt::Receipt;
use claimcheck_protocol::signed::Statement;
use claimcheck_protocol::transfer::{Ruling, Status};
use claimcheck_protocol::verdict::Verdict;

use super::world::{World, kid};

fn of(lines: &[Line], finding: Finding) -> Vec<&str> {
    lines.iter().filter(|line| line.verdict == finding).map(|line| line.claim.as_str()).collect()
}

#[test]
fn a_good_packet_proves_every_line() {
    let world = World::new();
    let lines = verify(&world.text(world.packet()), &world.pins());
    assert_eq!(lines.len(), 14);
    assert_eq!(of(&lines, Finding::Proved).len(), 14, "{lines:#?}");
}

#[test]
fn without_a_pinned_key_the_servers_word_is_not_proved() {
    let world = World::new();
    let text = world.text(world.packet());
    let lines = verify(&text, &Pins::default());
    assert!(Finding::none_false(&lines));
    assert_eq!(of(&lines, Finding::NotProved).len(), 3, "signature, countersignature and service");
    let other = Pins::parse(&kid(&world.seller).to_base64url()).unwrap();
    assert!(!Finding::none_false(&verify(&text, &other)));
    let set = format!(
        r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{}","use":"sig"}}]}}"#,
        Bytes(*world.server.keys.ed25519_pk.as_bytes())
    );
    assert_eq!(Pins::parse(&set), Ok(world.pins()));
    assert!(Pins::parse("not a key").is_err());
}

#[test]
fn an_empty_sale_proves_little_and_contradicts_nothing() {
    let world = World::new();
    let packet = Packet {
        status: Status::Offered,
        envelope: None,
        receipt: None,
        countersign: None,
        revocations: vec![],
        disputes: vec![],
        verdicts: vec![],
        service: vec![],
        ..world.packet()
    };
    let lines = verify(&world.text(packet), &world.pins());
    assert!(Finding::none_false(&lines));
    assert_eq!(of(&lines, Finding::NotProved).len(), 4, "{lines:#?}");
}

#[test]
fn every_altered_byte_is_found() {
    let world = World::new();
    let (text, pins) = (world.text(world.packet()), world.pins());
    for position in 0..text.len() {
        for mask in [0x01, 0x80] {
            let mut altered = text.clone();
            altered[position] ^= mask;
            let lines = verify(&altered, &pins);
            assert!(!Finding::none_false(&lines), "byte {position} ^ {mask:#x}");
            assert!(!Finding::none_false(&verify(&altered, &Pins::default())), "byte {position}, no key");
        }
    }
    for longer in [[&text[..], b"\n"].concat(), [b" ", &text[..]].concat()] {
        assert!(!Finding::none_false(&verify(&longer, &pins)));
    }
    assert!(!Finding::none_false(&verify(&text[..text.len() - 1], &pins)));
}

/// A server that lies signs what it likes; what others signed still gives it away.
#[test]
fn a_lying_server_is_found_out() {
    let world = World::new();
    type Lie = fn(&World, &mut Packet);
    let lies: [(&str, Lie); 18] = [
        ("The seller signed the offer", |_, packet| packet.offer.body.price = Amount::try_from(500).unwrap()),
        ("The seller signed the offer", |world, packet| {
            packet.offer = world.server.sign(packet.offer.body.clone());
        }),
        ("The seller signed the manifest", |_, packet| {
            packet.manifest.as_mut().unwrap().body.commitment = Bytes([1; 32]);
        }),
        ("The seller signed the manifest", |world, packet| {
            let manifest = Manifest { commitment: Bytes([1; 32]), ..world.manifest() };
            packet.manifest = Some(world.seller.sign(manifest));
        }),
        ("The seller handed the key over", |_, packet| packet.envelope.as_mut().unwrap().sealed.0[0] ^= 1),
        ("The seller handed the key over", |world, packet| packet.buyer = world.arbiter.keys.id()),
        ("The buyer admits", |world, packet| {
            let receipt = Receipt { client_hash: Bytes([1; 32]), ..world.receipt() };
            packet.receipt = Some(world.buyer.sign(receipt));
        }),
        ("The buyer admits", |world, packet| {
            let receipt = Receipt { price: Amount::try_from(1).unwrap(), ..world.receipt() };
            packet.receipt = Some(world.buyer.sign(receipt));
        }),
        ("The buyer admits", |world, packet| {
            packet.receipt = Some(world.server.sign(world.receipt()));
        }),
        ("The buyer admits", |_, packet| packet.service.clear()),
        ("The buyer admits", |_, packet| packet.service[0].nonce = Bytes([1; 32])),
        ("The server saw the receipt", |_, packet| packet.countersign = None),
        ("The server saw the receipt", |_, packet| packet.audit.truncate(2)),
        ("The audit rows", |_, packet| packet.audit[1].at += 1),
        ("A revocation", |_, packet| packet.operator = None),
        ("A dispute's statement", |_, packet| packet.disputes[1].body.at += 1),
        ("A dispute's statement", |_, packet| drop(packet.disputes.remove(0))),
        ("A verdict", |_, packet| packet.verdicts[0].body.ruling = Ruling::ForSeller),
    ];
    for (index, (claim, lie)) in lies.into_iter().enumerate() {
        let mut packet = world.packet();
        lie(&world, &mut packet);
        let lines = verify(&world.text(packet), &world.pins());
        let found = of(&lines, Finding::False);
        assert!(found.iter().any(|line| line.starts_with(claim)), "lie {index}: {found:?}");
    }
}

#[test]
fn statements_without_sense_are_refused() {
    let world = World::new();
    let withdrawn = Verdict { ruling: Ruling::Withdrawn, ..world.verdict() };
    assert!(withdrawn.check().is_err());
    assert!(Verdict { explanation: "x".repeat(4_001), ..world.verdict() }.check().is_err());
    let open = world.dispute(&world.buyer, DisputeAct::Open);
    assert!(open.check().is_ok());
    assert!(Dispute { kind: None, ..open.clone() }.check().is_err());
    assert!(Dispute { evidence: Some(ByteString(vec![0; 262_145])), ..open.clone() }.check().is_err());
    let withdraw = world.dispute(&world.buyer, DisputeAct::Withdraw);
    assert!(withdraw.check().is_ok());
    assert!(Dispute { evidence: Some(ByteString(vec![1])), ..withdraw }.check().is_err());
}
