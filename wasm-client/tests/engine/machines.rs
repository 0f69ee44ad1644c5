//! The machines alone: events in any order, some twice, and the bounds hold after each.

use std::collections::BTreeMap;

use claimcheck_client::engine::{
    Attempt, CallError, ChunkAt, Download, DownloadAction, DownloadEvent, DownloadFile, DownloadLimits,
    DownloadPlan, Machine, RetryPolicy, Step, Upload, UploadAction, UploadEvent, UploadLimits,
};
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::commitment::{commitment, plaintext_hash};
use claimcheck_protocol::floe::Layout;
use proptest::prelude::*;

use crate::faults::Chance;
use crate::world::{at, params, sizes};

/// Runs a machine by its actions alone. `answer` says what becomes of an action, or nothing where it has no answer;
/// `check` sees what is under way after each step.
fn run<M: Machine>(
    machine: &mut M,
    chance: &Chance,
    mut answer: impl FnMut(&M::Action) -> Option<M::Event>,
    mut check: impl FnMut(&[M::Action]),
) where
    M::Event: Clone,
{
    let (mut under_way, mut now_ms) = (Vec::new(), 0);
    loop {
        match machine.poll(now_ms) {
            Step::Done => return,
            Step::Do(action) => {
                under_way.push(action);
                check(&under_way);
            }
            Step::Wait(until_ms) if under_way.is_empty() => {
                now_ms = now_ms.max(until_ms.expect("waits for nothing"));
            }
            Step::Wait(_) => {
                let action = under_way.swap_remove(chance.below(under_way.len() as u32) as usize);
                if let Some(event) = answer(&action) {
                    if chance.below(8) == 0 {
                        machine.handle(event.clone(), now_ms, chance.draw());
                    }
                    machine.handle(event, now_ms, chance.draw());
                }
                now_ms += u64::from(chance.below(50));
            }
        }
    }
}

fn layouts(sizes: &[usize]) -> Vec<Layout> {
    sizes.iter().map(|size| Layout::of_plaintext(params(), *size as u64).unwrap()).collect()
}

/// A stand-in for the hashes of a chunk's plain segments.
fn hashes(layouts: &[Layout], at: ChunkAt) -> Vec<[u8; 32]> {
    layouts[at.file]
        .chunk_segments(at.chunk)
        .unwrap()
        .map(|index| [index as u8 ^ at.file as u8; 32])
        .collect()
}

fn policy() -> RetryPolicy {
    RetryPolicy { server_faults: 1_000, give_up_ms: u64::MAX, ..RetryPolicy::default() }
}

proptest! {
    #[test]
    fn an_upload_keeps_its_bounds(
        seed: u64, sizes in sizes(), parallel in 1usize..6, ahead in 1usize..5, sealing in 1usize..4, faults in 0u32..60
    ) {
        let (chance, layouts) = (Chance::new(seed), layouts(&sizes));
        let limits = UploadLimits { parallel, ahead, sealing, retry: policy(), ..UploadLimits::default() };
        let mut upload = Upload::new(&layouts, limits);
        let mut kept: BTreeMap<ChunkAt, u32> = BTreeMap::new();
        let mut noted: Vec<Attempt> = Vec::new();
        let kept_by_check = std::cell::RefCell::new(&mut kept);
        run(&mut upload, &chance, |action| match *action {
            UploadAction::ReadAndSeal(at) => {
                let segment_hashes = hashes(&layouts, at);
                Some(UploadEvent::Sealed { at, sha256: Bytes([at.chunk as u8; 32]), segment_hashes })
            }
            UploadAction::ReadAndHash(_) => unreachable!("nothing is stored"),
            UploadAction::Remember(attempt) => {
                noted.push(attempt);
                Some(UploadEvent::Remembered(attempt.at))
            }
            UploadAction::Put { at, sha256, .. } => {
                assert!(noted.iter().any(|attempt| (attempt.at, attempt.sha256) == (at, sha256)));
                let failed = chance.below(100) < faults;
                let error = if chance.below(2) == 0 { CallError::Network } else { CallError::of_status(500) };
                Some(if failed { UploadEvent::PutFailed { at, error } } else { UploadEvent::Stored(at) })
            }
            UploadAction::PutAll => unreachable!("not asked for"),
            UploadAction::Release(_) => None,
        }, |under_way| {
            let count = |is: fn(&UploadAction) -> bool| under_way.iter().filter(|action| is(action)).count();
            assert!(count(|action| matches!(action, UploadAction::Put { .. })) <= parallel);
            assert!(count(|action| matches!(action, UploadAction::ReadAndSeal(_))) <= sealing.min(ahead));
            let mut kept = kept_by_check.borrow_mut();
            match under_way.last().unwrap() {
                UploadAction::ReadAndSeal(at) => *kept.entry(*at).or_default() += 1,
                UploadAction::Release(at) => assert_eq!(kept.remove(at), Some(1), "sealed once, released once"),
                _ => {}
            }
            assert!(kept.len() <= parallel + ahead, "{} chunks kept", kept.len());
        });
        let uploaded = upload.into_result().unwrap().unwrap();
        for (file, layout) in uploaded.files.iter().zip(&layouts) {
            prop_assert_eq!(file.chunks.len() as u64, layout.chunk_count());
        }
    }

    #[test]
    fn a_download_keeps_its_bounds(
        seed: u64, sizes in sizes(), parallel in 1usize..11, window in 1u64..20, opening in 1usize..4, faults in 0u32..60
    ) {
        let (chance, layouts) = (Chance::new(seed), layouts(&sizes));
        let limits = DownloadLimits { parallel, window, opening, refetches: 1_000, retry: policy() };
        let mut download = Download::new(plan(&layouts), limits);
        let mut held: BTreeMap<ChunkAt, ()> = BTreeMap::new();
        let (mut writes, mut finished) = (Vec::new(), Vec::new());
        run(&mut download, &chance, |action| {
            let failed = chance.below(100) < faults;
            Some(match *action {
                DownloadAction::Get { at, .. } if failed => DownloadEvent::GetFailed { at, error: CallError::Network },
                DownloadAction::Get { at, .. } => DownloadEvent::Fetched(at),
                DownloadAction::Open { at, .. } if failed => DownloadEvent::Corrupt(at),
                DownloadAction::Open { at, .. } => {
                    DownloadEvent::Opened { at, segment_hashes: hashes(&layouts, at) }
                }
                DownloadAction::Write { at, .. } => DownloadEvent::Written(at),
                DownloadAction::FinishFile(file) => DownloadEvent::FileFinished(file),
                DownloadAction::Finish => DownloadEvent::Finished,
            })
        }, |under_way| {
            let count = |is: fn(&DownloadAction) -> bool| under_way.iter().filter(|action| is(action)).count();
            assert!(count(|action| matches!(action, DownloadAction::Get { .. })) <= parallel);
            assert!(count(|action| matches!(action, DownloadAction::Open { .. })) <= opening);
            assert!(count(|action| {
                matches!(action, DownloadAction::Write { .. } | DownloadAction::FinishFile(_) | DownloadAction::Finish)
            }) <= 1);
            let writing = under_way.iter().any(|action| matches!(action, DownloadAction::Write { .. }));
            let written = writes.len() - usize::from(writing && !writes.is_empty());
            held.retain(|at, ()| !writes[..written].contains(at));
            match *under_way.last().unwrap() {
                DownloadAction::Get { at, .. } => drop(held.insert(at, ())),
                DownloadAction::Write { at, offset } => {
                    assert_eq!(offset, layouts[at.file].chunk_plain_range(at.chunk).unwrap().start);
                    writes.push(at);
                }
                DownloadAction::FinishFile(file) => {
                    assert_eq!(writes.last(), Some(&at(file, layouts[file].chunk_count() - 1)));
                    finished.push(file);
                }
                DownloadAction::Finish => assert_eq!(finished.len(), layouts.len()),
                DownloadAction::Open { .. } => {}
            }
            assert!(held.len() as u64 <= window, "{} chunks held", held.len());
        });
        prop_assert!(writes.is_sorted() && finished.is_sorted());
        prop_assert_eq!(writes.len() as u64, layouts.iter().map(Layout::chunk_count).sum::<u64>());
        let downloaded = download.into_result().unwrap().unwrap();
        prop_assert_eq!(Some(downloaded.commitment), plan(&layouts).commitment);
    }
}

fn plan(layouts: &[Layout]) -> DownloadPlan {
    let files = layouts.iter().map(|layout| DownloadFile {
        layout: *layout,
        chunks: vec![Bytes([0; 32]); layout.chunk_count() as usize],
    });
    let plain: Vec<[u8; 32]> = layouts
        .iter()
        .enumerate()
        .map(|(file, layout)| {
            let all = (0..layout.chunk_count()).flat_map(|chunk| hashes(layouts, at(file, chunk)));
            plaintext_hash(layout.plaintext_size(), &all.collect::<Vec<_>>())
        })
        .collect();
    DownloadPlan {
        files: files.collect(),
        salt: Bytes([1; 32]),
        commitment: Some(Bytes(commitment(&[1; 32], &plain))),
    }
}
