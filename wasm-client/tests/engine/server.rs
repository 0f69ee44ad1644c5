//! A server in memory: create-once chunks behind a network that fails as told.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::ops::Range;

use claimcheck_client::bulk::native::NativeBuf;
use claimcheck_client::driver::{Clock, GetChunk, PutChunk};
use claimcheck_client::engine::{CallError, ChunkAt, StoredChunk};
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::problem::ProblemCode;
use sha2::{Digest, Sha256};

use crate::clock::VirtualClock;
use crate::faults::{Chance, Fault, Weather};
use crate::files::Notes;

pub struct Server {
    pub clock: VirtualClock,
    pub chance: Chance,
    pub weather: Cell<Weather>,
    pub notes: Notes,
    pub chunks: RefCell<BTreeMap<ChunkAt, Vec<u8>>>,
    /// Faults of the next calls for a chunk, before the weather.
    pub script: RefCell<BTreeMap<ChunkAt, VecDeque<Fault>>>,
    /// Faults of the next calls for the whole release, before the weather.
    pub whole_script: RefCell<VecDeque<Fault>>,
    /// Calls for the whole release.
    pub whole_calls: Cell<usize>,
    /// The length of each chunk, as the upload was opened.
    pub expected: RefCell<BTreeMap<ChunkAt, usize>>,
    /// Chunks of a whole release that are stored before its body breaks off.
    pub breaks_after: Cell<usize>,
    /// From when to when there is no network.
    pub outage_ms: Cell<Range<u64>>,
    /// Every call, with the time at which it began.
    pub calls: RefCell<Vec<(ChunkAt, u64)>>,
    in_flight: Cell<usize>,
    pub most_in_flight: Cell<usize>,
}

struct InFlight<'a>(&'a Server);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

impl Server {
    pub fn new(clock: &VirtualClock, chance: &Chance, notes: &Notes) -> Self {
        Self {
            clock: clock.clone(),
            chance: chance.clone(),
            weather: Cell::default(),
            notes: notes.clone(),
            chunks: RefCell::default(),
            script: RefCell::default(),
            whole_script: RefCell::default(),
            whole_calls: Cell::new(0),
            expected: RefCell::default(),
            breaks_after: Cell::new(usize::MAX),
            outage_ms: Cell::new(0..0),
            calls: RefCell::default(),
            in_flight: Cell::new(0),
            most_in_flight: Cell::new(0),
        }
    }

    /// What `products-upload-status` lists.
    pub fn stored(&self) -> Vec<StoredChunk> {
        self.chunks
            .borrow()
            .iter()
            .map(|(at, bytes)| StoredChunk { at: *at, sha256: sha256(bytes) })
            .collect()
    }

    /// Lets the next calls for `at` fail so, one after the other.
    pub fn plan(&self, at: ChunkAt, faults: &[Fault]) {
        self.script.borrow_mut().entry(at).or_default().extend(faults);
    }

    pub fn calls_of(&self, at: ChunkAt) -> Vec<u64> {
        self.calls.borrow().iter().filter(|(called, _)| *called == at).map(|(_, ms)| *ms).collect()
    }

    fn is_out(&self) -> bool {
        let outage = self.outage_ms.take();
        self.outage_ms.set(outage.clone());
        outage.contains(&self.clock.now_ms())
    }

    /// The way there: what happens to the call, unless it is lost.
    async fn travel(&self, at: ChunkAt) -> Result<Option<Fault>, CallError> {
        self.calls.borrow_mut().push((at, self.clock.now_ms()));
        let scripted = self.script.borrow_mut().get_mut(&at).and_then(VecDeque::pop_front);
        self.suffer(scripted).await
    }

    async fn suffer(&self, scripted: Option<Fault>) -> Result<Option<Fault>, CallError> {
        let fault = scripted.or_else(|| self.weather.get().draw(&self.chance));
        if self.is_out() {
            return Err(CallError::Network);
        }
        self.clock.sleep(u64::from(10 + self.chance.below(200))).await;
        match fault {
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Dropped) => Err(CallError::Network),
            Some(Fault::Refused(error)) => Err(error),
            _ if self.is_out() => Err(CallError::Network),
            other => Ok(other),
        }
    }

    fn enter(&self) -> InFlight<'_> {
        self.in_flight.set(self.in_flight.get() + 1);
        self.most_in_flight.set(self.most_in_flight.get().max(self.in_flight.get()));
        InFlight(self)
    }

    fn store(&self, at: ChunkAt, bytes: &[u8]) -> Result<(), CallError> {
        let mut chunks = self.chunks.borrow_mut();
        let stored = chunks.entry(at).or_insert_with(|| bytes.to_vec());
        if stored == bytes {
            return Ok(());
        }
        let code = Some(ProblemCode::ChunkConflict);
        Err(CallError::Status {
            status: 409,
            code,
            retry_after_ms: None,
            stored_sha256: Some(sha256(stored)),
        })
    }
}

impl PutChunk for Server {
    type Buf = NativeBuf;

    async fn put_chunk(&self, at: ChunkAt, bytes: &NativeBuf, hash: Bytes32) -> Result<(), CallError> {
        assert_eq!(sha256(bytes.as_slice()), hash, "the digest is of the bytes sent");
        let is_noted =
            self.notes.attempts.borrow().iter().any(|attempt| attempt.at == at && attempt.sha256 == hash);
        assert!(is_noted, "sent before it was written down");
        let _in_flight = self.enter();
        let fault = self.travel(at).await?;
        self.store(at, bytes.as_slice())?;
        if fault == Some(Fault::AnswerLost) { Err(CallError::Network) } else { Ok(()) }
    }

    async fn put_all(&self, bytes: &NativeBuf) -> Result<Vec<Bytes32>, CallError> {
        self.whole_calls.set(self.whole_calls.get() + 1);
        let scripted = self.whole_script.borrow_mut().pop_front();
        let fault = self.suffer(scripted).await?;
        let (mut rest, mut hashes) = (bytes.as_slice(), Vec::new());
        for (at, length) in &*self.expected.borrow() {
            if hashes.len() == self.breaks_after.get() {
                return Err(CallError::Network);
            }
            let (chunk, after) = rest.split_at(*length);
            rest = after;
            self.store(*at, chunk)?;
            hashes.push(sha256(chunk));
        }
        assert!(rest.is_empty(), "a body of exactly the chunks");
        if fault == Some(Fault::Flipped) {
            hashes[0].0[0] ^= 1;
        }
        if fault == Some(Fault::AnswerLost) { Err(CallError::Network) } else { Ok(hashes) }
    }
}

impl GetChunk for Server {
    type Buf = NativeBuf;

    async fn get_chunk(&self, at: ChunkAt) -> Result<NativeBuf, CallError> {
        let _in_flight = self.enter();
        let fault = self.travel(at).await?;
        let mut bytes = self.chunks.borrow()[&at].clone();
        match fault {
            Some(Fault::AnswerLost) => return Err(CallError::Network),
            Some(Fault::Flipped) => {
                let place = self.chance.below(bytes.len() as u32) as usize;
                bytes[place] ^= 1 << self.chance.below(8);
            }
            Some(Fault::Cut) => bytes.truncate(self.chance.below(bytes.len() as u32) as usize),
            _ => {}
        }
        Ok(bytes.into())
    }
}

pub fn sha256(bytes: &[u8]) -> Bytes32 {
    Bytes(Sha256::digest(bytes).into())
}
