//! Every domain-separation label of the system. Each ends in one zero byte, so no label is a prefix of another.

/// HKDF info of the Ed25519 signing key, from the root seed.
pub const ED25519_KEY: &[u8] = b"claimcheck/ed25519/v1\0";
/// HKDF info of the X25519 sealing key, from the root seed.
pub const X25519_KEY: &[u8] = b"claimcheck/x25519/v1\0";
/// HKDF info of the server's Ed25519 signing key, from its seed.
pub const SERVER_ED25519_KEY: &[u8] = b"claimcheck/server-ed25519/v1\0";
/// HKDF info of the key that the secrets of webhooks are derived from, from the server's seed.
pub const SERVER_WEBHOOK_KEY: &[u8] = b"claimcheck/server-webhook/v1\0";
/// AES-GCM's aad of a root seed that is kept on a device.
pub const DEVICE_SEED: &[u8] = b"claimcheck/device-seed/v1\0";
/// AES-GCM's aad of a link's claim that is kept on a device.
pub const DEVICE_CLAIM: &[u8] = b"claimcheck/device-claim/v1\0";
/// Prefix of the hash that an Ailock id is.
pub const AILOCK_ID: &[u8] = b"claimcheck/ailock-id/v1\0";

/// HKDF info of a file key, from the release key; followed by the file id (16 bytes).
pub const FILE_KEY: &[u8] = b"claimcheck/file-key/v1\0";
/// HKDF info of the key of `sealed_meta`, from the release key; followed by the release id (16 bytes).
pub const META_KEY: &[u8] = b"claimcheck/meta/v1\0";
/// HKDF info of the key of one file's sealed name, from the file key; followed by the file id (16 bytes).
pub const NAME_KEY: &[u8] = b"claimcheck/name/v1\0";
/// FLOE's aad of a file; followed by the file id (16 bytes) and the seller's Ed25519 key (32 bytes).
pub const FILE_AAD: &[u8] = b"claimcheck/file/v1\0";
/// Prefix of a file's `plaintext_hash`.
pub const PLAINTEXT: &[u8] = b"claimcheck/plaintext/v1\0";
/// Prefix of a release's `commitment`.
pub const COMMITMENT: &[u8] = b"claimcheck/commitment/v1\0";

/// Prefix of what the seller signs over an envelope.
pub const ENVELOPE_SIGNATURE: &[u8] = b"claimcheck/envelope-sig/v1\0";
/// HPKE info of a release key sealed to a buyer, or to the seller itself.
pub const SEAL_ENVELOPE: &[u8] = b"claimcheck/seal/envelope/v1\0";
/// HPKE info of buyer inputs sealed to the seller.
pub const SEAL_INPUTS: &[u8] = b"claimcheck/seal/inputs/v1\0";
/// HPKE info of dispute evidence sealed to the arbiter.
pub const SEAL_EVIDENCE: &[u8] = b"claimcheck/seal/evidence/v1\0";
/// HPKE info of a listing's secret sealed to the buyer's own key.
pub const SEAL_LISTING_SECRET: &[u8] = b"claimcheck/seal/listing-secret/v1\0";

/// HKDF info of the key that wraps a release key in a link; followed by the manifest hash.
pub const LINK: &[u8] = b"claimcheck/link/v1\0";
/// HKDF info of the value that proves knowledge of a link's secret; followed by the manifest hash.
pub const LINK_AUTH: &[u8] = b"claimcheck/link-auth/v1\0";

/// Prefix of a signed `profile`.
pub const PROFILE: &[u8] = b"claimcheck/profile/v1\0";
/// Prefix of a signed `offer`.
pub const OFFER: &[u8] = b"claimcheck/offer/v1\0";
/// Prefix of a signed `manifest`.
pub const MANIFEST: &[u8] = b"claimcheck/manifest/v1\0";
/// Prefix of a signed `receipt`.
pub const RECEIPT: &[u8] = b"claimcheck/receipt/v1\0";
/// Prefix of a signed `countersign`.
pub const COUNTERSIGN: &[u8] = b"claimcheck/countersign/v1\0";
/// Prefix of a signed `revoke`.
pub const REVOKE: &[u8] = b"claimcheck/revoke/v1\0";
/// Prefix of a signed `dispute`.
pub const DISPUTE: &[u8] = b"claimcheck/dispute/v1\0";
/// Prefix of a signed `verdict`.
pub const VERDICT: &[u8] = b"claimcheck/verdict/v1\0";
/// Prefix of signed `inputs`.
pub const INPUTS: &[u8] = b"claimcheck/inputs/v1\0";
/// Prefix of a signed `packet`.
pub const PACKET: &[u8] = b"claimcheck/packet/v1\0";

/// Prefix of the hash of one audit row, which the next row contains.
pub const AUDIT_ROW: &[u8] = b"claimcheck/audit-row/v1\0";
/// Prefix of the salted hash of an IP address and user agent in an audit row.
pub const AUDIT_ORIGIN: &[u8] = b"claimcheck/audit-origin/v1\0";
/// Prefix of the hash of an IP address in a link's log; followed by the day's salt (32 bytes).
pub const LINK_LOG_IP: &[u8] = b"claimcheck/link-log-ip/v1\0";
