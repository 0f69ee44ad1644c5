//! Signing statements: only a body that every verifier will take is signed.

use claimcheck_protocol::profile::{Profile, Registration};
use claimcheck_protocol::signed::{self, Signed, Statement, StatementError, V1};

use crate::identity::Identity;

impl Identity {
    /// Signs a body under the label of its kind, and refuses one that breaks its kind's rules.
    pub fn sign_statement<T: Statement>(&self, body: T) -> Result<Signed<T>, StatementError> {
        body.check()?;
        let signature = self.sign_bytes(&signed::signing_input(&body)?);
        Ok(Signed { body, signature })
    }

    /// What this Ailock sends to register. `created_at` is in Unix seconds.
    pub fn make_registration(
        &self,
        display_name: String,
        created_at: i64,
    ) -> Result<Registration, StatementError> {
        let profile = Profile { v: V1, id: *self.id(), display_name, created_at };
        Ok(Registration { keys: *self.keys(), profile: self.sign_statement(profile)? })
    }
}
