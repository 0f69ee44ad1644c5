//! Downloads: what ends well is the original, and nothing else is ever finished.

use claimcheck_client::driver::{Clock, Control};
use claimcheck_client::engine::{
    CallError, Download, DownloadLimits, DownloadPlan, Phase, ResumePoint, SinkError, TransferError,
};
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::problem::ProblemCode;
use proptest::prelude::*;

use crate::faults::{Fault, Weather, weather};
use crate::world::{CHUNK, World, at, sizes};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn bad_weather_changes_nothing(seed: u64, sizes in sizes(), weather in weather()) {
        let world = World::stored(seed, &sizes);
        world.server.weather.set(weather);
        let folder = world.folder();
        world.assert_downloaded(&world.download(&folder).ok().unwrap(), &folder);
        prop_assert!(world.server.most_in_flight.get() <= 10);
    }

    #[test]
    fn damage_on_the_way_is_fetched_again_or_named(seed: u64, sizes in sizes(), damaged in 1u32..20) {
        let world = World::stored(seed, &sizes);
        world.server.weather.set(Weather { damaged, ..Weather::default() });
        let folder = world.folder();
        match world.download(&folder) {
            Ok(done) => world.assert_downloaded(&done, &folder),
            Err(stopped) => {
                let TransferError::CorruptChunk { at } = stopped.error else { panic!("{:?}", stopped.error) };
                prop_assert_eq!(world.server.calls_of(at).len(), 3);
                prop_assert!(!folder.is_finished.get() && folder.finished_files.get() <= at.file);
            }
        }
    }

    #[test]
    fn a_cancelled_download_goes_on(seed: u64, sizes in sizes(), weather in weather(), cancel_ms in 0u64..3_000) {
        let mut world = World::stored(seed, &sizes);
        world.server.weather.set(weather);
        let folder = world.folder();
        let machine = Download::new(world.plan(), DownloadLimits::default());
        let transfer = world.downloading(machine, &folder);
        match world.clock.block_on(world.beside(transfer, cancel_ms, || world.control.cancel())) {
            Ok(done) => world.assert_downloaded(&done, &folder),
            Err(stopped) => {
                prop_assert_eq!(stopped.error, TransferError::Cancelled);
                prop_assert_eq!(world.last_progress().phase, Phase::Cancelled);
                prop_assert!(folder.is_aborted.get() && !folder.is_finished.get());
                world.control = Control::new();
                world.server.calls.borrow_mut().clear();
                let next = stopped.resume.next;
                folder.keep(next);
                let done = world.resume_download(&folder, stopped.resume).ok().unwrap();
                world.assert_downloaded(&done, &folder);
                prop_assert!(world.server.calls.borrow().iter().all(|(at, _)| *at >= next));
            }
        }
    }
}

#[test]
fn a_network_cut_of_twelve_minutes_is_waited_out() {
    let world = World::stored(21, &[5 * CHUNK, 40 * CHUNK]);
    let now_ms = world.clock.now_ms();
    world.server.outage_ms.set(now_ms + 400..now_ms + 720_000);
    let folder = world.folder();
    world.assert_downloaded(&world.download(&folder).ok().unwrap(), &folder);
    assert_eq!(
        world.phases(),
        [Phase::Started, Phase::Running, Phase::Waiting, Phase::Running, Phase::Ended]
    );
}

#[test]
fn the_window_holds_when_the_first_chunk_is_late() {
    let world = World::stored(22, &[60 * CHUNK]);
    world.server.plan(at(0, 0), &[Fault::Hangs]);
    let folder = world.folder();
    world.assert_downloaded(&world.download(&folder).ok().unwrap(), &folder);
    let late = world.server.calls_of(at(0, 0))[1];
    let before = world.server.calls.borrow().iter().filter(|(_, ms)| *ms < late).count();
    assert_eq!(before, 15, "exactly the window was requested while the first chunk hung");
}

#[test]
fn a_chunk_damaged_at_the_server_is_named_and_nothing_is_finished() {
    let world = World::stored(23, &[CHUNK, 3 * CHUNK]);
    let plan = world.plan();
    world.server.chunks.borrow_mut().get_mut(&at(1, 1)).unwrap()[100] ^= 1;
    let folder = world.folder();
    let stopped = world.run_download(Download::new(plan, DownloadLimits::default()), &folder).err().unwrap();
    assert_eq!(stopped.error, TransferError::CorruptChunk { at: at(1, 1) });
    assert_eq!(stopped.error.to_string(), "file 1, chunk 1 arrives damaged from the server");
    assert_eq!(world.server.calls_of(at(1, 1)).len(), 3);
    assert!(folder.is_aborted.get() && !folder.is_finished.get());
    assert_eq!(folder.finished_files.get(), 1, "the file before it was whole");
    assert_eq!(folder.files.borrow()[1], world.disks[1].bytes[..CHUNK], "nothing from the damage on");
}

#[test]
fn bytes_that_the_manifest_names_but_do_not_open_are_never_written() {
    for (first, second) in [(0, 1), (1, 0)] {
        let world = World::stored(24, &[2 * CHUNK]);
        let other = world.server.chunks.borrow()[&at(0, second)].clone();
        world.server.chunks.borrow_mut().insert(at(0, first), other);
        // The plan is made afterwards, so the hashes fit: only the authentication can find it.
        let folder = world.folder();
        let stopped = world.download(&folder).err().unwrap();
        assert_eq!(stopped.error, TransferError::CorruptChunk { at: at(0, first) });
        assert_eq!(folder.len(), CHUNK * first as usize);
    }
}

#[test]
fn bytes_that_open_but_are_not_the_ones_signed_are_never_written() {
    let world = World::stored(31, &[2 * CHUNK]);
    let plan = world.plan();
    world.server.chunks.borrow_mut().remove(&at(0, 1));
    world.resume_upload().unwrap();
    world.server.calls.borrow_mut().clear();
    let folder = world.folder();
    let stopped = world.run_download(Download::new(plan, DownloadLimits::default()), &folder).err().unwrap();
    assert_eq!(stopped.error, TransferError::CorruptChunk { at: at(0, 1) });
    assert_eq!(folder.len(), CHUNK);
}

#[test]
fn another_commitment_finishes_no_release() {
    let world = World::stored(25, &[CHUNK, 0]);
    for (salt, commitment) in [(Bytes([9; 32]), Bytes([0; 32])), (Bytes([8; 32]), world.commitment())] {
        let folder = world.folder();
        let plan = DownloadPlan { salt, commitment: Some(commitment), ..world.plan() };
        let stopped =
            world.run_download(Download::new(plan, DownloadLimits::default()), &folder).err().unwrap();
        assert_eq!(stopped.error, TransferError::CommitmentMismatch);
        assert!(folder.is_aborted.get() && !folder.is_finished.get());
    }
}

#[test]
fn an_ended_claim_stops_the_download_with_its_code() {
    for (status, code) in
        [(409, ProblemCode::ClaimEnded), (403, ProblemCode::Forbidden), (410, ProblemCode::ReleaseGone)]
    {
        let world = World::stored(26, &[30 * CHUNK]);
        let error = CallError::Status { status, code: Some(code), retry_after_ms: None, stored_sha256: None };
        world.server.plan(at(0, 20), &[Fault::Refused(error)]);
        let folder = world.folder();
        let stopped = world.download(&folder).err().unwrap();
        assert_eq!(stopped.error, TransferError::Call { at: at(0, 20), error });
        assert_eq!(world.server.calls_of(at(0, 20)).len(), 1);
        assert!(folder.is_aborted.get() && !folder.is_finished.get());
    }
}

#[test]
fn a_sink_that_fails_is_named() {
    let world = World::stored(27, &[CHUNK, 3 * CHUNK]);
    for error in [SinkError::Full, SinkError::Closed] {
        let mut folder = world.folder();
        folder.fails_from = Some((2 * CHUNK, error));
        let stopped = world.download(&folder).err().unwrap();
        assert_eq!(stopped.error, TransferError::Sink { file: 1, error });
        assert!(folder.is_aborted.get() && stopped.resume.next == at(1, 1));
    }
}

#[test]
fn what_a_reload_needs_is_noted_as_it_is_written() {
    let world = World::stored(28, &[CHUNK, 3 * CHUNK + 1]);
    let mut folder = world.folder();
    folder.fails_from = Some((3 * CHUNK, SinkError::Full));
    let stopped = world.download(&folder).err().unwrap();
    let written = world.notes.written.borrow();
    let chunks: Vec<_> = written.iter().map(|(at, _)| *at).collect();
    assert_eq!(chunks, [at(0, 0), at(1, 0), at(1, 1)]);
    let noted: Vec<[u8; 32]> = written.iter().flat_map(|(_, hashes)| hashes.clone()).collect();
    assert!(stopped.resume.segment_hashes.concat() == noted);
    assert_eq!(noted.len(), 24);
}

#[test]
fn a_point_that_does_not_fit_is_refused() {
    let world = World::stored(29, &[CHUNK + 1, CHUNK]);
    let resume = |next, counts: &[usize]| {
        let segment_hashes = counts.iter().map(|count| vec![[0; 32]; *count]).collect();
        let point = ResumePoint { next, segment_hashes };
        Download::resume(world.plan(), DownloadLimits::default(), point).err()
    };
    assert_eq!(resume(at(0, 0), &[0]), None);
    assert_eq!(resume(at(0, 2), &[9]), None);
    assert_eq!(resume(at(1, 1), &[9, 8]), None);
    let refused = Some(TransferError::ResumePoint);
    for (next, counts) in [
        (at(0, 0), &[][..]),
        (at(0, 0), &[1]),
        (at(0, 1), &[7]),
        (at(0, 3), &[9]),
        (at(1, 0), &[8, 0]),
        (at(1, 0), &[9]),
        (at(0, 0), &[0, 0]),
        (at(0, u64::MAX), &[0]),
        (at(usize::MAX, 0), &[0]),
    ] {
        assert_eq!(resume(next, counts), refused, "{next:?}");
    }
}

#[test]
fn a_download_that_lacked_only_its_end_is_ended() {
    let world = World::stored(30, &[CHUNK, CHUNK]);
    let folder = world.folder();
    world.download(&folder).ok().unwrap();
    let notes = world.notes.written.borrow().clone();
    for (finished, next) in [(1, at(1, 1)), (2, at(2, 0))] {
        folder.keep(next);
        folder.is_finished.set(false);
        folder.finished_files.set(finished);
        let segment_hashes = notes.iter().map(|(_, hashes)| hashes.clone()).collect();
        world.server.calls.borrow_mut().clear();
        let done = world.resume_download(&folder, ResumePoint { next, segment_hashes }).ok().unwrap();
        world.assert_downloaded(&done, &folder);
        assert!(world.server.calls.borrow().is_empty());
    }
}
