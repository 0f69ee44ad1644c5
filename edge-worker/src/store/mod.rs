//! D1 behind a small typed wrapper: statements are values, constraint failures are told apart, and no error text of
//! the database reaches a caller.
//!
//! ```text
//! store.first::<Row>(sql("select a, b from t where id = ?1").bind(id)).await?   // Option<Row>
//! store.all::<Row>(…).await?                                                   // Vec<Row>
//! store.run(sql("insert into t …").bind(id).bind(5)).await?                    // rows changed
//! store.batch(vec![query, query]).await?                                       // all or nothing
//! ```

mod param;
mod result;

pub mod accounts;
pub mod ailocks;
pub mod attachments;
pub mod audit;
pub mod claims;
pub mod content_checks;
pub mod deadlines;
pub mod disputes;
pub mod erasure;
pub mod files;
pub mod findings;
pub mod health;
pub mod inputs;
pub mod keys;
pub mod link_log;
pub mod links;
pub mod listings;
pub mod messages;
pub mod outbox;
pub mod payments;
pub mod products;
pub mod receipts;
pub mod records;
pub mod releases;
pub mod replay;
pub mod retention;
pub mod server_keys;
pub mod statements;
pub mod stripe_events;
pub mod sweeps;
pub mod transfers;
pub mod uploads;
pub mod webhooks;
pub mod withdrawal;

use std::cell::Cell;

use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;
use worker::{D1Database, D1PreparedStatement};

pub use param::{JsonText, Param};
pub use result::{Outcome, StoreError};

use crate::clock;

/// A statement with its bound parameters; it does nothing until a [`Store`] runs it.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a query does nothing until a store runs it"]
pub struct Query {
    sql: &'static str,
    params: Vec<Param>,
}

/// A statement. Parameters are `?1`, `?2`, …, bound in this order, at most 100.
///
/// Numbers arrive as REAL: a column of a STRICT table converts them back, an expression says `cast(?1 as integer)`.
pub const fn sql(sql: &'static str) -> Query {
    Query { sql, params: Vec::new() }
}

impl Query {
    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Param>) -> Self {
        self.params.push(value.into());
        self
    }
}

/// The database, and how much of it a request used.
#[derive(Debug)]
pub struct Store {
    database: D1Database,
    statements: Cell<u32>,
    millis: Cell<f64>,
}

impl Store {
    /// Over a binding.
    pub const fn new(database: D1Database) -> Self {
        Self { database, statements: Cell::new(0), millis: Cell::new(0.0) }
    }

    /// Statements run so far, and the milliseconds waited for them.
    pub fn usage(&self) -> (u32, f64) {
        (self.statements.get(), self.millis.get())
    }

    /// The first row, if any.
    pub async fn first<T: DeserializeOwned>(&self, query: Query) -> Result<Option<T>, StoreError> {
        Ok(self.all(query).await?.into_iter().next())
    }

    /// Every row.
    pub async fn all<T: DeserializeOwned>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        let statement = self.prepare(query)?;
        let result = self.timed(1, statement.all()).await?;
        Outcome::new(result).rows()
    }

    /// Runs one statement and tells how many rows it changed.
    pub async fn run(&self, query: Query) -> Result<usize, StoreError> {
        let statement = self.prepare(query)?;
        let result = self.timed(1, statement.run()).await?;
        Outcome::new(result).changes()
    }

    /// Runs all statements or none. An UPDATE that matches no row is no failure: a constraint must be the gate.
    pub async fn batch(&self, queries: Vec<Query>) -> Result<Vec<Outcome>, StoreError> {
        let count = u32::try_from(queries.len()).unwrap_or(u32::MAX);
        let statements = queries.into_iter().map(|query| self.prepare(query)).collect::<Result<_, _>>()?;
        let results = self.timed(count, self.database.batch(statements)).await?;
        Ok(results.into_iter().map(Outcome::new).collect())
    }

    fn prepare(&self, query: Query) -> Result<D1PreparedStatement, StoreError> {
        let values: Vec<JsValue> = query.params.iter().map(JsValue::from).collect();
        self.database.prepare(query.sql).bind(&values).map_err(|error| StoreError::from_worker(&error))
    }

    async fn timed<T>(
        &self,
        statements: u32,
        work: impl Future<Output = worker::Result<T>>,
    ) -> Result<T, StoreError> {
        let start = clock::runtime_millis();
        let result = work.await;
        self.millis.set(self.millis.get() + clock::runtime_millis() - start);
        self.statements.set(self.statements.get().saturating_add(statements));
        result.map_err(|error| StoreError::from_worker(&error))
    }
}
