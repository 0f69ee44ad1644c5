//! Who is registered.

use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::{AilockId, AilockKeys, Ed25519PublicKey, SignatureBytes, X25519PublicKey};
use claimcheck_protocol::profile::{Profile, Registration};
use claimcheck_protocol::signed::Signed;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

#[derive(Deserialize)]
struct Row {
    ed25519_pk: Ed25519PublicKey,
    x25519_pk: X25519PublicKey,
    profile_json: JsonText<Profile>,
    profile_signature: SignatureBytes,
}

impl From<Row> for Registration {
    fn from(row: Row) -> Self {
        Self {
            keys: AilockKeys { ed25519_pk: row.ed25519_pk, x25519_pk: row.x25519_pk },
            profile: Signed { body: row.profile_json.0, signature: row.profile_signature },
        }
    }
}

/// The keys and profile of an Ailock.
pub async fn find(store: &Store, id: AilockId) -> Result<Option<Registration>, StoreError> {
    let query =
        sql("select ed25519_pk, x25519_pk, profile_json, profile_signature from ailocks where id = ?1");
    Ok(store.first::<Row>(query.bind(id)).await?.map(Registration::from))
}

#[derive(Deserialize)]
struct KeysRow {
    ed25519_pk: Ed25519PublicKey,
    x25519_pk: X25519PublicKey,
}

/// The keys of an Ailock that is registered, or was until it left.
pub async fn keys(store: &Store, id: AilockId) -> Result<Option<AilockKeys>, StoreError> {
    let query = sql("select ed25519_pk, x25519_pk from ailocks where id = ?1 \
         union select ed25519_pk, x25519_pk from erased_ailocks where id = ?1");
    let row: Option<KeysRow> = store.first(query.bind(id)).await?;
    Ok(row.map(|row| AilockKeys { ed25519_pk: row.ed25519_pk, x25519_pk: row.x25519_pk }))
}

/// Stores a registration whose signature was verified; over an older profile of the same Ailock too, but over none
/// that is as new or newer. Changes one row or none.
pub fn upsert(registration: &Registration, now: i64) -> Result<Query, jcs::NotCanonical> {
    let profile = &registration.profile.body;
    let query = sql(
        "insert into ailocks (id, ed25519_pk, x25519_pk, display_name, profile_json, profile_signature, \
         created_at, registered_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         on conflict (id) do update set display_name = excluded.display_name, profile_json = excluded.profile_json, \
         profile_signature = excluded.profile_signature, created_at = excluded.created_at \
         where excluded.created_at > ailocks.created_at",
    );
    Ok(query
        .bind(profile.id)
        .bind(registration.keys.ed25519_pk)
        .bind(registration.keys.x25519_pk)
        .bind(profile.display_name.as_str())
        .bind(Param::try_from(JsonText(profile))?)
        .bind(registration.profile.signature)
        .bind(profile.created_at)
        .bind(now))
}
