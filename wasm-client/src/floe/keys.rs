//! A file's AEAD keys: derived and imported once an epoch, then kept for the segments that follow.

use core::cell::RefCell;
use std::rc::Rc;

use claimcheck_protocol::floe::{FloeError, FloeParams, Header, Layout, MAX_SEGMENTS};
use subtle::ConstantTimeEq;

use super::Error;
use super::kdf::Schedule;
use crate::bulk::Bulk;
use crate::secret::Secret32;

pub(super) struct EpochKeys<B: Bulk> {
    params: FloeParams,
    schedule: Schedule,
    /// The epoch used last. A race of two segments imports twice and harms nothing.
    latest: RefCell<Option<(u64, Rc<B::Key>)>>,
}

impl<B: Bulk> EpochKeys<B> {
    /// The keys of a new file, and its header.
    pub(super) fn begin(params: FloeParams, key: &Secret32, aad: &[u8], iv: [u8; 32]) -> (Self, Header) {
        let (schedule, tag) = Schedule::derive(key, params.encode(), iv, aad);
        (Self { params, schedule, latest: RefCell::new(None) }, Header::new(params, iv, tag))
    }

    /// The keys of an existing file. [`Error::WrongKey`] unless its header commits to this key and aad.
    pub(super) fn of(params: FloeParams, key: &Secret32, aad: &[u8], header: &Header) -> Result<Self, Error> {
        if *header.params() != params.encode() {
            return Err(FloeError::Header.into());
        }
        let (keys, expected) = Self::begin(params, key, aad, *header.iv());
        if !bool::from(expected.tag().ct_eq(header.tag())) {
            return Err(Error::WrongKey);
        }
        Ok(keys)
    }

    pub(super) const fn params(&self) -> FloeParams {
        self.params
    }

    /// A layout for other parameters would put segments where they do not belong.
    pub(super) fn check(&self, layout: &Layout) -> Result<(), Error> {
        if layout.params() == self.params { Ok(()) } else { Err(FloeError::Parameters.into()) }
    }

    /// The key of segment `index`.
    pub(super) async fn key(&self, bulk: &B, index: u64) -> Result<Rc<B::Key>, Error> {
        if index >= MAX_SEGMENTS {
            return Err(FloeError::OutOfRange { index }.into());
        }
        let epoch = self.params.epoch(index);
        if let Some((_, key)) = self.latest.borrow().as_ref().filter(|(at, _)| *at == epoch) {
            return Ok(Rc::clone(key));
        }
        let key = Rc::new(bulk.import_key(&self.schedule.segment_key(epoch)).await?);
        self.latest.replace(Some((epoch, Rc::clone(&key))));
        Ok(key)
    }
}
