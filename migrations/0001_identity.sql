-- Who may call, and which assertions and proofs were used.

create table ailocks (
  id text primary key not null,               -- Ailock id: bech32m of a hash over both keys
  ed25519_pk text not null,                   -- verifies its signatures; base64url, 32 bytes
  x25519_pk text not null,                    -- receives what is sealed to it; base64url, 32 bytes
  display_name text not null,                 -- from the profile
  profile_json text not null,                 -- the signed profile's body, canonical JSON
  profile_signature text not null,            -- Ed25519 over it; base64url, 64 bytes
  created_at integer not null,                -- Unix seconds in the profile; a newer profile replaces an older one
  registered_at integer not null              -- Unix seconds of the first registration, by the server's clock
) strict;

create table replay (
  id text primary key not null,               -- base64url SHA-256 of kind, key or Ailock, and jti; its uniqueness is the decision
  expires_at integer not null                 -- Unix seconds after which the thing itself is refused, and the row may go
) strict, without rowid;

create index replay_by_expiry on replay (expires_at);
