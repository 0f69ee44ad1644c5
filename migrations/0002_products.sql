-- Products, their releases and files, and the uploads that become releases.
-- Times are Unix seconds, hashes unpadded base64url, JSON as the client signed or sent it. Every id is a TypeID over
-- 128 bits that its maker picks: a shard can be read off its random bits, and R2 keys begin with one, so neither table
-- nor bucket needs a counter that all shards would share.

create table digital_products (
  id text not null primary key, -- TypeID product_…, picked by the seller
  owner_ailock_id text not null, -- who sells it
  title text not null check (length(cast(title as blob)) between 1 and 200), -- what people see
  content_type text, -- media type that the seller says most of it is
  size integer check (size >= 0), -- bytes of plaintext in the newest release; null before the first
  encryption_algo text not null default 'floe-aes-256-gcm-hkdf-sha384' check (encryption_algo = 'floe-aes-256-gcm-hkdf-sha384'), -- how files are sealed: FLOE's suite 0,0
  content_hash text check (length(content_hash) = 43), -- manifest_hash of the newest release
  storage_type text not null default 'r2' check (storage_type in ('r2')), -- where chunks lie
  storage_pointer text, -- R2 prefix of the newest release: its id
  manifest text check (json_valid(manifest)), -- JSON: manifest of the newest release
  created_at integer not null, -- when it was created
  release_id text, -- newest completed release; earlier sales keep theirs
  policy text check (json_valid(policy)), -- JSON: the policy that new offers start from
  body_hash text not null check (length(body_hash) = 43), -- SHA-256(JCS) of the body that created it, for idempotency
  updated_at integer not null, -- last edit or release
  check ((release_id is null) = (content_hash is null)),
  check ((release_id is null) = (size is null)),
  check ((release_id is null) = (storage_pointer is null)),
  check ((release_id is null) = (manifest is null))
) strict;

create index digital_products_owner on digital_products (owner_ailock_id, id);

create table uploads (
  id text not null primary key, -- TypeID upload_…, made by the server
  release_id text not null unique, -- TypeID release_…, picked by the client; used up even if the upload is aborted
  product_id text not null references digital_products (id), -- what it will be a release of
  owner_ailock_id text not null, -- the product's owner, the only one who may go on
  state text not null check (state in ('open', 'completed', 'aborted')), -- only an open one takes chunks
  body_hash text not null check (length(body_hash) = 43), -- SHA-256(JCS) of the body that opened it, for idempotency
  file_count integer not null check (file_count between 1 and 1000), -- files of the release
  chunk_count integer not null check (chunk_count >= file_count), -- chunks of all files
  sealed_size integer not null check (sealed_size >= 32 * file_count), -- bytes of all chunks
  created_at integer not null, -- when it was opened
  closed_at integer, -- when it was completed or aborted
  purged_at integer, -- when an aborted one's chunks were seen to be gone, late PUTs included
  check ((state = 'open') = (closed_at is null)),
  check (purged_at is null or state = 'aborted')
) strict;

create index uploads_owner on uploads (owner_ailock_id, state);
create index uploads_open on uploads (created_at) where state = 'open';
create index uploads_to_purge on uploads (closed_at) where state = 'aborted' and purged_at is null;

-- Completing and aborting race; whoever is second fails here, with its whole batch. A CHECK cannot see the row before,
-- so this speaks as one.
create trigger uploads_close_once before update of state on uploads when old.state <> 'open'
begin
  select raise(abort, 'CHECK constraint failed: uploads.state was open');
end;

-- What an open upload expects. Gone when the upload is closed: digital_files has the files then.
create table upload_files (
  file_id text not null primary key, -- TypeID file_…, picked by the client
  upload_id text not null references uploads (id), -- the upload
  position integer not null check (position >= 0), -- place in the release, from 0
  header text not null check (length(header) = 99), -- FLOE header of 74 bytes
  segment_count integer not null check (segment_count >= 1), -- FLOE segments
  plaintext_size integer not null check (plaintext_size >= 0), -- bytes
  declared_type text not null, -- media type, as the seller declares it
  unique (upload_id, position)
) strict;

create table releases (
  id text not null primary key, -- TypeID release_…
  product_id text not null references digital_products (id), -- what it is a release of
  upload_id text not null unique references uploads (id), -- how it came
  seller_ailock_id text not null, -- who signed the manifest
  manifest text not null check (json_valid(manifest)), -- JSON: JCS of the manifest
  manifest_hash text not null check (length(manifest_hash) = 43), -- SHA-256 of it
  manifest_signature text not null check (length(manifest_signature) = 86), -- the seller's, over the hash
  self_envelope text not null check (json_valid(self_envelope)), -- JSON: the release key sealed to the seller
  storage_pointer text not null unique, -- R2 prefix of its chunks: its id
  plaintext_size integer not null check (plaintext_size >= 0), -- bytes of all files
  sealed_size integer not null check (sealed_size >= plaintext_size), -- bytes of all chunks
  completed_at integer not null, -- when every chunk was there
  expires_at integer not null, -- from then on the chunks may be deleted, unless a sale needs them
  deleted_at integer, -- when the chunks were deleted
  check (storage_pointer = id),
  check (expires_at > completed_at)
) strict;

create index releases_product on releases (product_id, completed_at);
create index releases_expiry on releases (expires_at) where deleted_at is null;

create trigger releases_are_immutable
before update of id, product_id, upload_id, seller_ailock_id, manifest, manifest_hash, manifest_signature, completed_at on releases
begin
  select raise(abort, 'a release is immutable');
end;

create table digital_files (
  immutable_id text not null primary key, -- TypeID file_…
  product_id text not null references digital_products (id), -- its product
  filename text not null, -- where its sealed name stands in the manifest: sealed_meta#/files/<position>
  file_path text not null unique, -- R2 prefix of its chunks: release_id/file_id; a chunk's index follows, 8 digits
  file_size integer not null check (file_size >= 0), -- bytes of plaintext
  mime_type text not null, -- declared media type
  checksum text not null check (length(checksum) = 43), -- the manifest's commitment; an unsalted hash would confirm guesses
  created_at integer not null, -- when its release was completed
  release_id text not null references releases (id), -- its release
  position integer not null check (position >= 0), -- place in the release, from 0
  header text not null check (length(header) = 99), -- FLOE header of 74 bytes
  segment_count integer not null check (segment_count >= 1), -- FLOE segments
  check (file_path = release_id || '/' || immutable_id),
  unique (release_id, position)
) strict;

create index digital_files_product on digital_files (product_id);

create table content_checks (
  id text not null primary key, -- the release id: one verdict each
  product_id text not null references digital_products (id), -- its product
  malware_scan text not null default 'pending' check (malware_scan in ('pending', 'clean', 'infected', 'failed')), -- what the scanner found
  moderation text not null default 'pending' check (moderation in ('pending', 'approved', 'rejected')), -- what a person decided
  reports text not null default '[]' check (json_valid(reports)), -- JSON: signed reports of the checkers
  checked_at integer, -- when the last verdict came
  release_id text not null unique references releases (id), -- what was checked
  check (id = release_id)
) strict;
