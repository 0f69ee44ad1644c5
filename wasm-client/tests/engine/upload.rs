//! Uploads: whatever happens on the way, what ends well is stored as it was hashed.

use claimcheck_client::driver::Clock;
use claimcheck_client::engine::{
    CallError, Phase, RetryPolicy, SourceError, TransferError, Upload, UploadLimits,
};
use claimcheck_protocol::floe::FloeParams;
use claimcheck_protocol::problem::ProblemCode;
use proptest::prelude::*;

use crate::faults::{Fault, weather};
use crate::world::{CHUNK, World, at, sizes, together};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn bad_weather_changes_nothing(seed: u64, sizes in sizes(), weather in weather()) {
        let world = World::new(seed, &sizes);
        world.server.weather.set(weather);
        world.assert_uploaded(&world.upload().unwrap());
        prop_assert!(world.server.most_in_flight.get() <= 5);
        let calls = world.server.calls.borrow().len() as u64;
        prop_assert_eq!(world.last_progress().retries, calls - world.all().len() as u64);
    }

    #[test]
    fn a_killed_upload_goes_on(seed: u64, sizes in sizes(), weather in weather(), kill_ms in 0u64..3_000) {
        let world = World::new(seed, &sizes);
        world.server.weather.set(weather);
        world.upload_killed_at(kill_ms);
        let had: Vec<_> = world.server.stored().iter().map(|chunk| chunk.at).collect();
        world.server.calls.borrow_mut().clear();
        world.assert_uploaded(&world.resume_upload().unwrap());
        prop_assert_ne!(world.phases()[0], Phase::Started);
        for at in had {
            prop_assert!(world.server.calls_of(at).is_empty(), "{} was sent again", at);
        }
    }

    #[test]
    fn a_cancelled_upload_stops_and_goes_on(seed: u64, sizes in sizes(), weather in weather(), cancel_ms in 0u64..3_000) {
        let world = World::new(seed, &sizes);
        world.server.weather.set(weather);
        let machine = Upload::new(&world.layouts(), UploadLimits::default());
        let cancelled_at_ms = world.clock.now_ms() + cancel_ms;
        let transfer = world.uploading(machine);
        match world.clock.block_on(world.beside(transfer, cancel_ms, || world.control.cancel())) {
            Ok(uploaded) => world.assert_uploaded(&uploaded),
            Err(error) => {
                prop_assert_eq!(error, TransferError::Cancelled);
                prop_assert_eq!(world.clock.now_ms(), cancelled_at_ms);
                prop_assert_eq!(world.last_progress().phase, Phase::Cancelled);
                let mut world = world;
                world.control = claimcheck_client::driver::Control::new();
                world.assert_uploaded(&world.resume_upload().unwrap());
            }
        }
    }

    #[test]
    fn never_more_than_parallel_and_ahead(seed: u64, slow in 0u64..40) {
        let world = World::new(seed, &[40 * CHUNK]);
        for fault in 0..slow {
            world.server.plan(at(0, fault), &[Fault::Dropped]);
        }
        let machine = Upload::new(&world.layouts(), UploadLimits::default());
        let most = world.clock.block_on(async {
            let mut transfer = Box::pin(world.uploading(machine));
            let mut most = 0;
            loop {
                let tick = std::pin::pin!(world.clock.sleep(1));
                let done = futures_util::future::select(tick, &mut transfer).await;
                let read = world.disks[0].read_to.get().div_ceil(CHUNK as u64);
                most = most.max(read - world.server.chunks.borrow().len() as u64);
                if let futures_util::future::Either::Right((done, _)) = done {
                    world.assert_uploaded(&done.unwrap());
                    return most;
                }
            }
        });
        prop_assert!((5..=8).contains(&most), "{} chunks in memory", most);
    }
}

#[test]
fn every_edge_of_segment_and_chunk() {
    for size in [0, 1, 524_255, 524_256, 524_257, 4_194_047, 4_194_048, 4_194_049] {
        let world = World::with_params(1, &[size], FloeParams::FILE);
        world.assert_uploaded(&world.upload().unwrap());
    }
    let world = World::new(2, &[0, 0, 1]);
    world.assert_uploaded(&world.upload().unwrap());
    assert_eq!(
        world.server.chunks.borrow()[&at(0, 0)].len(),
        32,
        "an empty file is one sealed, empty segment"
    );
}

#[test]
fn a_network_cut_of_twelve_minutes_is_waited_out() {
    let world = World::new(3, &[20 * CHUNK]);
    world.server.outage_ms.set(1_300..720_000);
    world.assert_uploaded(&world.upload().unwrap());
    assert_eq!(
        world.phases(),
        [Phase::Started, Phase::Running, Phase::Waiting, Phase::Running, Phase::Ended]
    );
    let calls = world.server.calls.borrow();
    let back_ms = calls.iter().map(|(_, ms)| *ms).find(|ms| *ms >= 720_000).unwrap();
    assert!(back_ms < 720_000 + 15_000, "the next try comes within the cap");
    assert!(world.clock.now_ms() < back_ms + 3_000, "once one call gets through, the others follow");
}

#[test]
fn a_cut_without_end_is_given_up_with_the_chunk_named() {
    let world = World::new(4, &[CHUNK, 20 * CHUNK]);
    world.server.outage_ms.set(1_400..u64::MAX);
    let error = world.upload().err().unwrap();
    let TransferError::Call { at, error: CallError::Network } = error else { panic!("{error:?}") };
    assert!(!world.server.chunks.borrow().contains_key(&at));
    assert!(world.clock.now_ms() > 600_000, "patience of 10 minutes at least");
    assert_eq!(world.last_progress().phase, Phase::Failed);
}

#[test]
fn a_call_is_not_given_up_while_others_get_through() {
    let world = World::new(17, &[400 * CHUNK]);
    world.server.plan(at(0, 0), &[Fault::Dropped; 30]);
    let retry = RetryPolicy { give_up_ms: 5_000, ..RetryPolicy::default() };
    let machine = Upload::new(&world.layouts(), UploadLimits { retry, ..UploadLimits::default() });
    world.assert_uploaded(&world.clock.block_on(world.uploading(machine)).unwrap());
    let calls = world.server.calls_of(at(0, 0));
    assert!(calls[30] - calls[0] > 5_000, "{calls:?}");
}

#[test]
fn news_of_the_network_ends_the_waiting_at_once() {
    let world = World::new(5, &[20 * CHUNK]);
    world.server.outage_ms.set(1_300..300_000);
    let machine = Upload::new(&world.layouts(), UploadLimits::default());
    let online = || world.control.retry_now();
    let calls = || world.server.calls.borrow().iter().filter(|(_, ms)| *ms == 300_000).count();
    let transfer = world.uploading(machine);
    world.assert_uploaded(&world.clock.block_on(world.beside(transfer, 299_000, online)).unwrap());
    assert_eq!(calls(), 5, "each call that waited is made at the time of the news");
}

#[test]
fn a_retry_after_is_not_cut_short() {
    let world = World::new(6, &[CHUNK]);
    let busy =
        CallError::Status { status: 429, code: None, retry_after_ms: Some(60_000), stored_sha256: None };
    world.server.plan(at(0, 0), &[Fault::Refused(busy)]);
    let machine = Upload::new(&world.layouts(), UploadLimits::default());
    let transfer = world.uploading(machine);
    world.assert_uploaded(
        &world.clock.block_on(world.beside(transfer, 20_000, || world.control.retry_now())).unwrap(),
    );
    let calls = world.server.calls_of(at(0, 0));
    assert!(calls[1] - calls[0] >= 60_000, "{calls:?}");
}

#[test]
fn a_lost_answer_is_a_repeated_put() {
    let world = World::new(7, &[3 * CHUNK]);
    world.server.plan(at(0, 1), &[Fault::AnswerLost, Fault::AnswerLost]);
    world.assert_uploaded(&world.upload().unwrap());
    assert_eq!(world.server.calls_of(at(0, 1)).len(), 3);
    assert_eq!(world.last_progress().retries, 2);
}

#[test]
fn a_call_that_hangs_is_made_again_with_more_patience() {
    let world = World::new(8, &[CHUNK]);
    world.server.plan(at(0, 0), &[Fault::Hangs, Fault::Hangs]);
    world.assert_uploaded(&world.upload().unwrap());
    let calls = world.server.calls_of(at(0, 0));
    assert_eq!(calls.len(), 3);
    assert!(calls[2] - calls[1] > (calls[1] - calls[0]) * 3 / 2, "a slow line may need longer: {calls:?}");
}

#[test]
fn a_refusal_for_good_names_file_and_chunk() {
    let closed = CallError::Status {
        status: 409,
        code: Some(ProblemCode::UploadClosed),
        retry_after_ms: None,
        stored_sha256: None,
    };
    let world = World::new(9, &[CHUNK, 3 * CHUNK]);
    world.server.plan(at(1, 2), &[Fault::Refused(closed)]);
    assert_eq!(world.upload().err(), Some(TransferError::Call { at: at(1, 2), error: closed }));
    assert_eq!(world.server.calls_of(at(1, 2)).len(), 1);
}

#[test]
fn a_server_that_keeps_failing_is_given_up() {
    let world = World::new(10, &[CHUNK]);
    let error = CallError::of_status(500);
    world.server.plan(at(0, 0), &[Fault::Refused(error); 100]);
    assert_eq!(world.upload().err(), Some(TransferError::Call { at: at(0, 0), error }));
    assert_eq!(world.server.calls_of(at(0, 0)).len(), 8);
}

#[test]
fn an_earlier_attempt_that_came_through_late_is_adopted() {
    // The first attempt reaches the server only after the status was asked for.
    let world = World::new(11, &[2 * CHUNK]);
    world.server.plan(at(0, 0), &[Fault::AnswerLost, Fault::Hangs]);
    world.upload_killed_at(5_000);
    let late = world.server.chunks.borrow_mut().remove(&at(0, 0)).unwrap();
    let layouts = world.layouts();
    let notes = world.notes.attempts.borrow().clone();
    let machine = Upload::resume(&layouts, UploadLimits::default(), &notes, &world.server.stored()).unwrap();
    world.server.chunks.borrow_mut().insert(at(0, 0), late);
    world.server.script.borrow_mut().clear();
    world.assert_uploaded(&world.clock.block_on(world.uploading(machine)).unwrap());
}

#[test]
fn bytes_that_were_never_sent_are_not_adopted() {
    let foreign = Some(TransferError::ForeignChunk { at: at(0, 1) });
    let world = World::new(12, &[3 * CHUNK]);
    world.server.chunks.borrow_mut().insert(at(0, 1), vec![1; 512]);
    assert_eq!(world.upload().err(), foreign, "found by the PUT");
    assert_eq!(world.resume_upload().err(), foreign, "found by the status");
    world.server.chunks.borrow_mut().clear();
    world.server.chunks.borrow_mut().insert(at(5, 0), vec![1; 512]);
    assert_eq!(world.resume_upload().err(), Some(TransferError::ForeignChunk { at: at(5, 0) }));
}

#[test]
fn a_file_that_changed_between_two_attempts_is_found() {
    let mut world = World::new(13, &[CHUNK, 6 * CHUNK]);
    (1..6).for_each(|chunk| world.server.plan(at(1, chunk), &[Fault::Hangs]));
    world.upload_killed_at(5_000);
    assert_eq!(world.server.stored().iter().map(|chunk| chunk.at).collect::<Vec<_>>(), [at(0, 0), at(1, 0)]);
    world.server.script.borrow_mut().clear();
    world.disks[1].bytes[3] ^= 1;
    let error = Some(TransferError::Source { file: 1, error: SourceError::Changed });
    assert_eq!(world.resume_upload().err(), error);
    world.disks[1].bytes[3] ^= 1;
    world.assert_uploaded(&world.resume_upload().unwrap());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for error in [SourceError::Changed, SourceError::Unreadable] {
        let mut world = World::new(14, &[CHUNK, 3 * CHUNK]);
        world.disks[1].fails_from = Some((CHUNK as u64 + 5, error));
        assert_eq!(world.upload().err(), Some(TransferError::Source { file: 1, error }));
    }
}

#[test]
fn a_file_that_shrank_is_named() {
    for len in [0, 1, CHUNK, 3 * CHUNK - 1] {
        let mut world = World::new(15, &[CHUNK, 3 * CHUNK]);
        world.disks[1].bytes.truncate(len);
        let error = SourceError::Shorter;
        assert_eq!(world.upload().err(), Some(TransferError::Source { file: 1, error }), "{len}");
    }
}

#[test]
fn a_cancelled_control_starts_nothing() {
    let world = World::new(16, &[CHUNK]);
    world.control.cancel();
    assert_eq!(world.upload().err(), Some(TransferError::Cancelled));
    assert!(world.server.calls.borrow().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn one_body_or_one_by_one_it_is_the_same_release(
        seed: u64, sizes in prop::collection::vec(0..2 * CHUNK, 1..20), weather in weather(), breaks_after in 0usize..40
    ) {
        let world = World::new(seed, &sizes);
        world.server.weather.set(weather);
        world.server.breaks_after.set(breaks_after);
        world.assert_uploaded(&world.upload_together(together()).unwrap());
        prop_assert_eq!(world.server.whole_calls.get(), usize::from(world.all().len() > 5));
        prop_assert!(world.server.most_in_flight.get() <= 5);
    }
}

#[test]
fn a_folder_of_small_files_takes_one_call() {
    let world = World::new(18, &[3; 40]);
    world.assert_uploaded(&world.upload_together(together()).unwrap());
    assert_eq!((world.server.whole_calls.get(), world.server.calls.borrow().len()), (1, 0));
    assert_eq!(world.phases(), [Phase::Started, Phase::Ended]);
    assert_eq!(world.last_progress().retries, 0);
}

#[test]
fn a_body_that_fails_is_followed_by_the_same_chunks() {
    let closed = CallError::of_status(413);
    for fault in [Fault::Dropped, Fault::AnswerLost, Fault::Hangs, Fault::Refused(closed), Fault::Flipped] {
        let world = World::new(19, &[3; 40]);
        world.server.whole_script.borrow_mut().push_back(fault);
        world.assert_uploaded(&world.upload_together(together()).unwrap());
        assert_eq!((world.server.whole_calls.get(), world.server.calls.borrow().len()), (1, 40), "{fault:?}");
        assert_eq!(world.last_progress().retries, 1);
    }
}

#[test]
fn what_is_larger_or_in_more_chunks_goes_one_by_one() {
    let limits = UploadLimits { together_bytes: 2_559, together_chunks: 900, ..UploadLimits::default() };
    for (limits, is_one_body) in [
        (limits, false),
        (UploadLimits { together_bytes: 2_560, ..limits }, true),
        (UploadLimits { together_bytes: 2_560, together_chunks: 39, ..limits }, false),
    ] {
        // 40 chunks of one segment of 64 bytes.
        let world = World::new(20, &[32; 40]);
        world.assert_uploaded(&world.upload_together(limits).unwrap());
        assert_eq!(world.server.whole_calls.get(), usize::from(is_one_body));
    }
}

#[test]
fn a_cancelled_body_is_not_sent_by_chunks() {
    let world = World::new(21, &[3; 40]);
    world.server.whole_script.borrow_mut().push_back(Fault::Hangs);
    let machine = Upload::new(&world.layouts(), together());
    let transfer = world.uploading(machine);
    let done = world.clock.block_on(world.beside(transfer, 2_000, || world.control.cancel()));
    assert_eq!(done.err(), Some(TransferError::Cancelled));
    assert_eq!((world.server.whole_calls.get(), world.server.calls.borrow().len()), (1, 0));
}
