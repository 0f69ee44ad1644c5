-- Files that a buyer uploads because the offer asks for them. Each is a release of one file, of its own: upload, chunks
-- and manifest are those of any release, made and signed by the buyer. Nothing was stored in the table before.
-- Times are Unix seconds, hashes unpadded base64url.

drop table attachments;

create table attachments (
  id text not null primary key, -- TypeID attachment_…, picked by the buyer
  transfer_id text not null references product_transfers (id), -- the sale it is an input of
  input_id text not null, -- which of the offer's required inputs
  owner_ailock_id text not null, -- the buyer, who uploads
  upload_id text not null unique references uploads (id), -- how it comes
  file_id text not null, -- TypeID file_…: its only file
  storage_type text not null default 'r2' check (storage_type in ('r2')), -- where its chunks lie
  storage_pointer text not null unique, -- R2 prefix of its chunks: release_… over the bytes of the id
  size integer not null check (size >= 0), -- bytes of plaintext
  content_type text not null, -- media type, as the buyer declares it
  checksum text check (length(checksum) = 43), -- hash of its manifest, once complete
  manifest text check (json_valid(manifest)), -- JSON: JCS of the manifest, once complete
  manifest_signature text check (length(manifest_signature) = 86), -- the buyer's, over the hash
  created_at integer not null, -- when the upload began
  completed_at integer, -- when all chunks were there
  deleted_at integer, -- when the chunks were deleted
  check ((completed_at is null) = (checksum is null)),
  check ((completed_at is null) = (manifest is null)),
  check ((completed_at is null) = (manifest_signature is null))
) strict;

create index attachments_transfer on attachments (transfer_id, input_id);
