//! The one place that persists a transition: the machine's new facts and all effects, in one D1 batch.
//!
//! The batch begins with the audit row of the next number. Of two transitions decided on the same state the second
//! fails there, with all that it would have done; it is then decided anew on the state that the first one left.

mod charge;
mod effects;

pub use charge::part_key;

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{
    Effect, Event, ServerEvent, Status, Transfer, Transition, TransitionError,
};

use crate::attempts::Attempts;
use crate::audit::{Entry, Head};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::transfers::{self, Frozen, StoredTransfer};
use crate::store::{Query, StoreError, listings, payments};
use crate::stripe::connect::Destination;

/// The action of the first audit row of a transfer: the seller offered, or a buyer took a listing up.
const OFFER: &str = "offer";
const BUY: &str = "buy";

/// What is to happen to a transfer, decided on the state that it has now.
#[derive(Debug)]
pub struct Change {
    action: &'static str,
    event: Option<Event>,
    earlier: Vec<Event>,
    supplied: Supplied,
    frozen: Option<Frozen>,
    with: Vec<Query>,
}

/// What effects need besides the machine.
#[derive(Debug, Default)]
struct Supplied {
    /// What a grant hands over; none: the one sealed ahead.
    envelope: Option<Envelope>,
    /// The caller's own name of the refund of a part.
    refund_id: Option<String>,
    /// Where the payment page leads back to; none: this server.
    return_origin: Option<String>,
    /// Whose account the payment goes on to; none: the deployment's own keeps it.
    destination: Option<Destination>,
}

impl Change {
    /// By an event.
    pub fn by(event: impl Into<Event>) -> Self {
        let (earlier, supplied) = (Vec::new(), Supplied::default());
        let event = event.into();
        Self { action: event.name(), event: Some(event), earlier, supplied, frozen: None, with: Vec::new() }
    }

    /// By something that the state machine need not know, such as a party's statement: an audit row all the same.
    pub fn noting(action: &'static str) -> Self {
        let (earlier, supplied) = (Vec::new(), Supplied::default());
        Self { action, event: None, earlier, supplied, frozen: None, with: Vec::new() }
    }

    /// These happen before it, in the same batch.
    #[must_use]
    pub fn after<T: Into<Event>>(mut self, events: impl IntoIterator<Item = T>) -> Self {
        self.earlier.extend(events.into_iter().map(Into::into));
        self
    }

    /// A refund of a part goes by this name of the caller's.
    #[must_use]
    pub fn refunding(mut self, refund_id: Option<String>) -> Self {
        self.supplied.refund_id = refund_id;
        self
    }

    /// The payment page leads back to this origin.
    #[must_use]
    pub fn returning_to(mut self, origin: Option<String>) -> Self {
        self.supplied.return_origin = origin;
        self
    }

    /// As it goes where the listing has no copy left: the sale is called off, and what Stripe says comes after that.
    fn without_copy(mut self) -> Self {
        if matches!(self.event, Some(Event::Stripe(_))) {
            self.earlier.insert(0, ServerEvent::SoldOut.into());
            return self;
        }
        Self::by(ServerEvent::SoldOut)
    }

    /// The payment goes on to this account.
    #[must_use]
    pub fn paying_to(mut self, destination: Option<Destination>) -> Self {
        self.supplied.destination = destination;
        self
    }

    /// The grant hands over this envelope, of this release.
    #[must_use]
    pub fn granting(mut self, envelope: Envelope, frozen: Frozen) -> Self {
        self.supplied.envelope = Some(envelope);
        self.frozen = Some(frozen);
        self
    }

    /// Runs a statement in the same batch.
    #[must_use]
    pub fn with(mut self, query: Query) -> Self {
        self.with.push(query);
        self
    }
}

/// Stores a new transfer with its first effects. `transfer.machine` is the one of the transition. Fails on a unique
/// constraint of `product_transfers` if the id or the offer is taken, or the buyer has a running sale of the listing.
pub async fn begin(
    ctx: &Ctx,
    actor: Actor,
    mut transfer: StoredTransfer,
    effects: &[Effect],
) -> Result<StoredTransfer, BeginError> {
    let action = if transfer.listing.is_some() { BUY } else { OFFER };
    let entry = Entry::make(ctx, transfer.id, Head::START, actor, action)?;
    let follow = effects::follow(ctx, actor, &mut transfer, entry.head(), effects, &Supplied::default())?;
    let insert =
        transfers::insert(&transfer).map_err(|_| ApiError::Bug("a transfer has no canonical form"))?;
    let sale = transfer.listing.and_then(|sale| {
        sale.sealed_secret.map(|secret| listings::begin_sale(transfer.id, sale.listing_id, secret))
    });
    let batch = [insert].into_iter().chain(sale).chain(entry.queries()).chain(follow).collect();
    match ctx.store.batch(batch).await {
        Ok(_) => {
            ctx.has_calls.set(true);
            Ok(transfer)
        }
        Err(error) if error.is_unique("product_transfers") => Err(BeginError::Taken),
        Err(error) => Err(BeginError::Failed(error.into())),
    }
}

/// Why a transfer cannot begin.
#[derive(Debug)]
pub enum BeginError {
    /// Its id, or its offer's, stands for another one; or one like it runs.
    Taken,
    /// Anything else.
    Failed(ApiError),
}

impl From<ApiError> for BeginError {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

/// Decides on `transfer` as it stands and persists the change; returns it as it stands afterwards. `decide` refuses,
/// or says what is to happen, or `None` where the state is already the one wanted. It is called again whenever
/// another transition came first.
pub async fn apply(
    ctx: &Ctx,
    actor: Actor,
    mut transfer: StoredTransfer,
    decide: impl Fn(&StoredTransfer) -> Result<Option<Change>, ApiError>,
) -> Result<StoredTransfer, ApiError> {
    let id = transfer.id;
    let mut is_sold_out = false;
    let mut attempts = Attempts::default();
    loop {
        let Some(mut change) = decide(&transfer)? else { return Ok(transfer) };
        let is_asked_for = matches!(change.event, Some(Event::Api(_)));
        if is_sold_out {
            change = change.without_copy();
        }
        match persist(ctx, actor, transfer, change).await? {
            Persisted::Stored if is_sold_out && is_asked_for => return Err(ProblemCode::SoldOut.into()),
            Persisted::Stored => return load(ctx, id).await,
            Persisted::Outrun => {}
            Persisted::SoldOut => is_sold_out = true,
        }
        attempts.pause().await?;
        transfer = load(ctx, id).await?;
    }
}

/// A transfer that the books name, so it exists: none is ever deleted.
pub async fn load(ctx: &Ctx, id: TransferId) -> Result<StoredTransfer, ApiError> {
    transfers::find(&ctx.store, id).await?.ok_or(ApiError::Bug("the books name a transfer that is not there"))
}

/// What became of a change.
enum Persisted {
    /// It is stored.
    Stored,
    /// It is not: another one came first.
    Outrun,
    /// It is not: it would have sold a copy of a listing that has none left.
    SoldOut,
}

async fn persist(
    ctx: &Ctx,
    actor: Actor,
    current: StoredTransfer,
    change: Change,
) -> Result<Persisted, ApiError> {
    ctx.transfer.set(Some(current.id));
    let Transition { next, effects } = decide_all(&current, change.earlier, change.event)?;
    if effects == [Effect::NoEffect] && change.with.is_empty() {
        return Ok(Persisted::Stored);
    }
    let copy = takes_copy(&current, &next).then(|| listings::take_copy(current.id));
    let books = payments::project(current.id, &current.machine, &next, ctx.now.seconds());
    let head = Head { seq: current.audit_seq, hash: current.audit_head };
    let entry = Entry::make(ctx, current.id, head, actor, change.action)?;
    let mut transfer = StoredTransfer {
        machine: next,
        frozen: change.frozen.or(current.frozen),
        audit_seq: entry.head().seq,
        audit_head: entry.head().hash,
        updated_at: ctx.now.seconds(),
        ..current
    };
    let follow = effects::follow(ctx, actor, &mut transfer, entry.head(), &effects, &change.supplied)?;
    let update =
        transfers::update(&transfer).map_err(|_| ApiError::Bug("a transfer has no canonical form"))?;
    let batch = entry.queries().into_iter().chain([update]).chain(copy).chain(follow).chain(books);
    match ctx.store.batch(batch.chain(change.with).collect()).await {
        Ok(_) => {
            // Somebody may be told of it.
            ctx.has_calls.set(true);
            Ok(Persisted::Stored)
        }
        Err(StoreError::Unique(columns)) if columns.starts_with("audit_log.") => Ok(Persisted::Outrun),
        Err(StoreError::Check(name)) if name == listings::SOLD_OUT => Ok(Persisted::SoldOut),
        // Another call with the same id, or the same token, came first.
        Err(error) if error.is_unique("download_links") => Ok(Persisted::Stored),
        // Another delivery of the same event stored it, and all that follows from it.
        Err(error) if error.is_unique("stripe_events") => Ok(Persisted::Stored),
        Err(error) => Err(error.into()),
    }
}

/// Whether a change sells a copy of a listing. A payment that was given back before it was known buys none.
fn takes_copy(current: &StoredTransfer, next: &Transfer) -> bool {
    current.listing.is_some()
        && !current.machine.is_confirmed()
        && next.is_confirmed()
        && next.status() != Status::Refunded
}

/// The events one after the other, as one transition; without any, a transition that notes something.
fn decide_all(
    current: &StoredTransfer,
    earlier: Vec<Event>,
    event: Option<Event>,
) -> Result<Transition, TransitionError> {
    let mut next = current.machine.clone();
    let mut all = if event.is_none() { vec![Effect::Recorded] } else { Vec::new() };
    for event in earlier.into_iter().chain(event) {
        let transition = next.apply(event)?;
        next = transition.next;
        all.extend(transition.effects);
    }
    all.retain(|effect| *effect != Effect::NoEffect);
    if all.is_empty() {
        all.push(Effect::NoEffect);
    }
    Ok(Transition { next, effects: all })
}

impl From<TransitionError> for ApiError {
    fn from(error: TransitionError) -> Self {
        let refusal = Refusal::new(error.code()).detail(error.to_string());
        match error {
            TransitionError::MissingInputs { ids } => refusal.missing_inputs(ids).into(),
            _ => refusal.into(),
        }
    }
}
