//! An exported audit trail: a row removed, altered, added, moved or cut off before the countersigned head is found.

use claimcheck_protocol::audit::AuditRow;
use claimcheck_protocol::jcs;
use claimcheck_protocol::packet::{AuditTrail, Finding, Line, Pins, verify_trail};

use super::world::{World, chain, transfer_id};

/// Five rows, of which the server signed the head of the first two.
fn trail(world: &World) -> AuditTrail {
    AuditTrail {
        transfer_id: transfer_id(),
        rows: chain(5),
        countersign: world.packet().countersign,
        server_keys: vec![world.server.keys.ed25519_pk],
    }
}

fn check(trail: &AuditTrail, pins: &Pins) -> Vec<Line> {
    verify_trail(&jcs::to_vec(trail).unwrap(), pins)
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

#[test]
fn a_good_trail_proves_every_line_under_the_servers_key() {
    let world = World::new();
    let lines = check(&trail(&world), &world.pins());
    assert_eq!(verdicts(&lines), [Finding::Proved; 3], "{lines:?}");
    assert!(lines[2].why.contains("first 2 rows"), "{lines:?}");
    let unpinned = check(&trail(&world), &Pins::default());
    assert_eq!(verdicts(&unpinned), [Finding::Proved, Finding::Proved, Finding::NotProved]);
    let unsigned = AuditTrail { countersign: None, ..trail(&world) };
    assert_eq!(verdicts(&check(&unsigned, &world.pins()))[2], Finding::NotProved);
}

#[test]
fn rows_altered_removed_added_moved_or_cut_off_are_found() {
    let world = World::new();
    type Deed = fn(&mut Vec<AuditRow>);
    let deeds: [(&str, Deed); 6] = [
        ("altered", |rows| rows[1].action.push('y')),
        ("removed", |rows| drop(rows.remove(1))),
        ("removed from the start", |rows| drop(rows.remove(0))),
        ("added", |rows| rows.insert(1, AuditRow { at: 1, ..rows[1].clone() })),
        ("moved", |rows| {
            rows[0].at += 1;
            rows.swap(0, 1);
        }),
        ("cut off", |rows| rows.truncate(2)),
    ];
    for (name, deed) in deeds {
        let mut trail = trail(&world);
        deed(&mut trail.rows);
        let is_found = |trail: &AuditTrail| {
            [world.pins(), Pins::default()].iter().all(|pins| !Finding::none_false(&check(trail, pins)))
        };
        assert!(is_found(&trail), "{name}");
        relink(&mut trail.rows);
        assert!(is_found(&trail), "{name}, and linked anew");
    }
}

#[test]
fn a_row_after_the_signed_head_is_held_by_the_chain_alone() {
    let world = World::new();
    let mut trail = trail(&world);
    trail.rows[3].action.push('y');
    assert!(!Finding::none_false(&check(&trail, &world.pins())), "the row after it holds its hash");
    trail.rows.truncate(3);
    assert!(Finding::none_false(&check(&trail, &world.pins())), "nobody can know of rows cut off here");
}

#[test]
fn another_servers_signature_and_other_forms_are_refused() {
    let world = World::new();
    let good = trail(&world);
    let mut forged = good.clone();
    let countersign = forged.countersign.take().unwrap().body;
    forged.countersign = Some(world.seller.sign(countersign));
    assert_eq!(verdicts(&check(&forged, &Pins::default()))[2], Finding::False);
    let other = Pins::parse(&super::world::kid(&world.seller).to_base64url()).unwrap();
    assert_eq!(verdicts(&check(&good, &other))[2], Finding::False);
    let empty = AuditTrail { rows: vec![], ..good.clone() };
    assert!(!Finding::none_false(&check(&empty, &world.pins())));
    let text = jcs::to_vec(&good).unwrap();
    for altered in [&text[1..], &text[..text.len() - 1], &[&text[..], b" "].concat(), b"{}", b""] {
        assert_eq!(verdicts(&verify_trail(altered, &world.pins())), [Finding::False]);
    }
}
