//! An exported audit trail: a row removed, altered, added, moved or cut off before the countersigned head is found.

use claimcheck_protocol::audit::AuditRow;
use claimcheck_protocol::jcs;
use claimcheck_protocol::packet::{AuditTrail, Finding, Line, Pins, verify_trail};
use claimcheck_protocol::signed::{Signed, V1};

use super::world::{World, chain, transfer_id};

/// Five rows, of which the server signed the head of the first two.
fn trail(world: &World) -> AuditTrail {
    let rows = chain(5);
    AuditTrail {
        v: V1,
        transfer_id: transfer_id(),
        made_at: 1,
        server_keys: vec![world.server.keys.ed25519_pk],
        audit_seq: 5,
        audit_head: rows[4].hash().unwrap(),
        rows,
        countersign: world.packet().countersign,
    }
}

/// What a verifier says of a trail that the server signed as it is.
fn check(world: &World, trail: &AuditTrail, pins: &Pins) -> Vec<Line> {
    verify(&world.server.sign(trail.clone()), pins)
}

fn verify(signed: &Signed<AuditTrail>, pins: &Pins) -> Vec<Line> {
    verify_trail(&jcs::to_vec(signed).unwrap(), pins)
}

fn verdicts(lines: &[Line]) -> Vec<Finding> {
    lines.iter().map(|line| line.verdict).collect()
}

/// A chain that holds again after what was done to its rows, as a forger would make it.
fn relink(rows: &mut [AuditRow]) {
    let mut head = claimcheck_protocol::audit::CHAIN_START;
    for (seq, row) in (1..).zip(rows) {
        (row.seq, row.prev_hash) = (seq, head);
        head = row.hash().unwrap();
    }
}

type Deed = fn(&mut Vec<AuditRow>);
const DEEDS: [(&str, Deed); 8] = [
    ("altered", |rows| rows[1].action.push('y')),
    ("removed", |rows| drop(rows.remove(1))),
    ("removed from the start", |rows| drop(rows.remove(0))),
    ("added", |rows| rows.insert(1, AuditRow { at: 1, ..rows[1].clone() })),
    ("moved", |rows| {
        rows[0].at += 1;
        rows.swap(0, 1);
    }),
    ("cut off", |rows| rows.truncate(2)),
    ("the newest altered", |rows| rows[4].action.push('y')),
    ("the newest removed", |rows| drop(rows.pop())),
];

#[test]
fn a_good_trail_proves_every_line_under_the_servers_key() {
    let world = World::new();
    let lines = check(&world, &trail(&world), &world.pins());
    assert_eq!(verdicts(&lines), [Finding::Proved; 4], "{lines:?}");
    assert!(lines[3].why.contains("first 2 rows"), "{lines:?}");
    let unpinned = check(&world, &trail(&world), &Pins::default());
    let (proved, unproved) = (Finding::Proved, Finding::NotProved);
    assert_eq!(verdicts(&unpinned), [proved, unproved, proved, unproved]);
    let unsigned = AuditTrail { countersign: None, ..trail(&world) };
    assert_eq!(verdicts(&check(&world, &unsigned, &world.pins()))[3], unproved);
}

#[test]
fn whatever_is_done_to_the_rows_of_a_signed_trail_is_found() {
    let world = World::new();
    for (name, deed) in DEEDS {
        for is_linked in [false, true] {
            let mut signed = world.server.sign(trail(&world));
            deed(&mut signed.body.rows);
            if is_linked {
                relink(&mut signed.body.rows);
            }
            for pins in [world.pins(), Pins::default()] {
                assert_eq!(verdicts(&verify(&signed, &pins)), [Finding::Proved, Finding::False], "{name}");
            }
        }
    }
    for strip in [
        |body: &mut AuditTrail| body.countersign = None,
        |body: &mut AuditTrail| body.server_keys.clear(),
        |body: &mut AuditTrail| body.audit_seq = 4,
        |body: &mut AuditTrail| body.audit_head = body.rows[3].hash().unwrap(),
    ] {
        let mut signed = world.server.sign(trail(&world));
        strip(&mut signed.body);
        assert!(!Finding::none_false(&verify(&signed, &world.pins())));
    }
}

#[test]
fn rows_altered_in_the_books_before_the_server_signed_are_found() {
    let world = World::new();
    for (name, deed) in DEEDS {
        for is_linked in [false, true] {
            let mut trail = trail(&world);
            deed(&mut trail.rows);
            if is_linked {
                relink(&mut trail.rows);
            }
            assert!(!Finding::none_false(&check(&world, &trail, &world.pins())), "{name}");
        }
    }
}

#[test]
fn another_servers_signature_and_other_forms_are_refused() {
    let world = World::new();
    let good = trail(&world);
    let mut forged = good.clone();
    let countersign = forged.countersign.take().unwrap().body;
    forged.countersign = Some(world.seller.sign(countersign));
    assert_eq!(verdicts(&check(&world, &forged, &Pins::default()))[3], Finding::False);
    let other = Pins::parse(&super::world::kid(&world.seller).to_base64url()).unwrap();
    assert_eq!(verdicts(&check(&world, &good, &other)), [Finding::Proved, Finding::False]);
    let stolen = world.seller.sign(good.clone());
    assert_eq!(verdicts(&verify(&stolen, &world.pins())), [Finding::Proved, Finding::False]);
    let empty = AuditTrail { rows: vec![], ..good.clone() };
    assert!(!Finding::none_false(&check(&world, &empty, &world.pins())));
    let text = jcs::to_vec(&world.server.sign(good)).unwrap();
    for altered in [&text[1..], &text[..text.len() - 1], &[&text[..], b" "].concat(), b"{}", b""] {
        assert_eq!(verdicts(&verify_trail(altered, &world.pins())), [Finding::False]);
    }
}

#[test]
fn a_head_that_an_earlier_key_signed_is_proved_by_the_key_that_is_published_with_it() {
    let world = World::new();
    let mut trail = trail(&world);
    trail.server_keys.push(world.seller.keys.ed25519_pk);
    let mut countersign = trail.countersign.take().unwrap().body;
    countersign.kid = super::world::kid(&world.seller).to_base64url();
    trail.countersign = Some(world.seller.sign(countersign));
    let both =
        format!(r#"{{"keys":[{},{}]}}"#, super::world::jwk(&world.server), super::world::jwk(&world.seller));
    let lines = check(&world, &trail, &Pins::parse(&both).unwrap());
    assert_eq!(verdicts(&lines), [Finding::Proved; 4], "{lines:?}");
    assert_eq!(verdicts(&check(&world, &trail, &world.pins()))[3], Finding::NotProved);
}
