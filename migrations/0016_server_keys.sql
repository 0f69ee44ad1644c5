-- Keys that this server has signed with, so that what it signed stays verifiable after a rotation.

create table server_keys (
  kid text not null primary key, -- JWK thumbprint (RFC 7638); base64url
  ed25519_pk text not null, -- base64url, 32 bytes
  first_seen_at integer not null, -- Unix seconds at which the cron first found it in use
  distrusted_at integer -- Unix seconds from which on it is published no more: set by hand after a theft
) strict, without rowid;
