-- Download links: what making one needs, and the log of their use that the owner reads.
-- Times are Unix seconds, hashes unpadded base64url.

create table link_bodies (
  link_id text not null primary key references download_links (immutable_id), -- the link
  body_hash text not null check (length(body_hash) = 43), -- SHA-256(JCS) of the body that made it, for idempotency
  sealed_name text -- what the one file is called, sealed under its key; null for a whole release
) strict;

create table link_log (
  id integer primary key autoincrement, -- order of writing
  link_id text not null references download_links (immutable_id), -- the link
  claim_id text, -- the download; null where none began
  event text not null check (event in ('claimed', 'resumed', 'completed', 'cancelled', 'stopped', 'refused')), -- what happened
  code text, -- why it was refused
  at integer not null, -- when
  ip text, -- where from, shortened or hashed with the day's salt; null: not kept
  user_agent text, -- as the caller sent it, at most 512 bytes
  check ((code is null) = (event <> 'refused'))
) strict;

create index link_log_link on link_log (link_id, id);
create index link_log_at on link_log (at);
create index link_log_tries on link_log (link_id, at) where code = 'wrong_password';
create unique index link_log_once on link_log (claim_id, event) where event in ('claimed', 'completed', 'cancelled', 'stopped');

-- Hashed addresses can be compared within a day only: the salt of a day is deleted when the day is over.
create table link_log_salts (
  day integer primary key, -- days since 1970
  salt text not null check (length(salt) = 43) -- 32 random bytes
) strict;
