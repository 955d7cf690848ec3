#include "decode_bodies.hpp"

#include "byte_reader.hpp"
#include "godwit/core/error.hpp"

namespace godwit::capture {
namespace {

constexpr std::uint64_t kXidPartMax = 64;

Xid read_xid(ByteReader& reader, std::uint32_t format, std::uint64_t gtrid, std::uint64_t bqual) {
  if (gtrid > kXidPartMax || bqual > kXidPartMax) {
    malformed("an XID with parts of " + std::to_string(gtrid) + " and " + std::to_string(bqual) +
              " bytes");
  }
  Xid xid;
  xid.format = format;
  xid.gtrid = reader.text(gtrid, "the XID");
  xid.bqual = reader.text(bqual, "the XID");
  return xid;
}

/// A file's name goes into messages and into comparisons with SHOW BINARY LOGS.
std::string_view read_file_name(ByteReader& reader, std::uint64_t size) {
  constexpr std::uint64_t kFileNameMax = 511;
  if (size == 0 || size > kFileNameMax) {
    malformed("a file name of " + std::to_string(size) + " bytes");
  }
  const std::string_view file = reader.text(size, "the file name");
  for (const char c : file) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      malformed("a file name with control characters");
    }
  }
  return file;
}

}  // namespace

// https://mariadb.com/kb/en/format_description_event/
FormatDescriptionEvent decode_format_description(std::span<const std::byte> body) {
  constexpr std::size_t kVersionBytes = 50;
  constexpr std::size_t kChecksumBytes = 4;
  ByteReader reader(body);
  const std::uint16_t version = reader.u16("the binlog version");
  if (version != 4) malformed("binlog version " + std::to_string(version) + " where 4 is known");
  FormatDescriptionEvent event;
  const std::string_view padded = reader.text(kVersionBytes, "the server version");
  event.server_version = padded.substr(0, padded.find('\0'));
  event.created = reader.u32("the time of creation");
  const std::size_t header_bytes = reader.u8("the header length");
  if (header_bytes != kEventHeaderBytes) {
    malformed("event headers of " + std::to_string(header_bytes) + " bytes where 19 are known");
  }
  constexpr std::size_t kBehind = 1 + kChecksumBytes;
  if (reader.remaining() < kBehind) malformed("it ends within the event types' lengths");
  event.header_lengths = reader.bytes(reader.remaining() - kBehind, "the event types' lengths");
  const std::uint8_t algorithm = reader.u8("the checksum algorithm");
  if (algorithm > static_cast<std::uint8_t>(Checksum::crc32)) {
    malformed("the unknown checksum algorithm " + std::to_string(algorithm));
  }
  event.checksum = static_cast<Checksum>(algorithm);
  return event;
}

// https://mariadb.com/kb/en/rotate_event/
RotateEvent decode_rotate(std::span<const std::byte> body) {
  ByteReader reader(body);
  RotateEvent event;
  event.position = reader.u64("the position");
  event.file = read_file_name(reader, reader.remaining());
  return event;
}

// https://mariadb.com/kb/en/gtid_event/ ; zero bytes fill the event up to its fixed length, so what
// isn't there reads as 0.
GtidEvent decode_gtid(const EventHeader& header, std::span<const std::byte> body) {
  ByteReader reader(body);
  GtidEvent event;
  event.gtid.sequence = reader.u64("the sequence number");
  event.gtid.domain = reader.u32("the domain");
  event.gtid.server = header.server_id;
  event.flags = reader.u8("the flags");
  if (event.gtid.sequence == 0) malformed("a GTID with the sequence number 0");
  if (event.has(GtidEvent::kGroupCommit)) event.commit_id = reader.u64("the commit id");
  if (event.has(GtidEvent::kPreparedXa) || event.has(GtidEvent::kCompletedXa)) {
    const std::uint32_t format = reader.u32("the XID");
    const std::uint8_t gtrid = reader.u8("the XID");
    const std::uint8_t bqual = reader.u8("the XID");
    event.xid = read_xid(reader, format, gtrid, bqual);
  }
  if (!reader.at_end()) event.extra_flags = reader.u8("the extra flags");
  if (event.has_extra(GtidEvent::kExtraEngines)) (void)reader.u8("the number of engines");
  if (event.has_extra(GtidEvent::kCommitAlter) || event.has_extra(GtidEvent::kRollbackAlter)) {
    event.start_sequence = reader.u64("the sequence number of START ALTER");
  }
  return event;
}

// https://mariadb.com/kb/en/gtid_list_event/ ; the empty list has two more bytes.
GtidListEvent decode_gtid_list(std::span<const std::byte> body) {
  constexpr std::uint32_t kCountMask = (1U << 28U) - 1;  // flags above
  constexpr std::size_t kEntryBytes = 16;
  ByteReader reader(body);
  const std::uint32_t count = reader.u32("the number of GTIDs") & kCountMask;
  if (reader.remaining() < count * kEntryBytes) {
    malformed(std::to_string(count) + " GTIDs in " + std::to_string(reader.remaining()) + " bytes");
  }
  GtidListEvent event;
  event.gtids.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Gtid gtid;
    gtid.domain = reader.u32("a GTID");
    gtid.server = reader.u32("a GTID");
    gtid.sequence = reader.u64("a GTID");
    event.gtids.push_back(gtid);
  }
  return event;
}

// https://mariadb.com/kb/en/start_encryption_event/ ; the dump thread decrypts what it sends and
// marks the event as ignorable. Without the mark it comes from a file.
StartEncryptionEvent decode_start_encryption(const EventHeader& header,
                                             std::span<const std::byte> body) {
  constexpr std::size_t kNonceBytes = 12;
  if (!header.has(EventHeader::kIgnorable)) {
    throw Error(ErrorKind::source, "the events behind it are encrypted",
                "read the binlog through a replication connection, where the server decrypts it");
  }
  ByteReader reader(body);
  StartEncryptionEvent event;
  event.scheme = reader.u8("the scheme");
  event.key_version = reader.u32("the key's version");
  (void)reader.bytes(kNonceBytes, "the nonce");
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/binlog_checkpoint_event/
BinlogCheckpointEvent decode_binlog_checkpoint(std::span<const std::byte> body) {
  ByteReader reader(body);
  const std::uint32_t size = reader.u32("the length of the file name");
  BinlogCheckpointEvent event;
  event.file = read_file_name(reader, size);
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/heartbeat_log_event/ ; beyond 4 GiB the header's position is 0 and the
// whole one stands before the file's name.
HeartbeatEvent decode_heartbeat(const EventHeader& header, std::span<const std::byte> body) {
  ByteReader reader(body);
  HeartbeatEvent event;
  event.position = header.next_position != 0 ? header.next_position : reader.u64("the position");
  event.file = read_file_name(reader, reader.remaining());
  return event;
}

// https://mariadb.com/kb/en/xid_event/
XidEvent decode_xid(std::span<const std::byte> body) {
  ByteReader reader(body);
  XidEvent event;
  event.transaction = reader.u64("the transaction's number");
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/xa_prepare_log_event/
XaPrepareEvent decode_xa_prepare(std::span<const std::byte> body) {
  ByteReader reader(body);
  XaPrepareEvent event;
  event.one_phase = reader.u8("the phase") != 0;
  const std::uint32_t format = reader.u32("the XID");
  const std::uint32_t gtrid = reader.u32("the XID");
  const std::uint32_t bqual = reader.u32("the XID");
  event.xid = read_xid(reader, format, gtrid, bqual);
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/intvar_event/
IntvarEvent decode_intvar(std::span<const std::byte> body) {
  ByteReader reader(body);
  IntvarEvent event;
  event.kind = reader.u8("the variable");
  event.value = reader.u64("the value");
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/rand_event/
RandEvent decode_rand(std::span<const std::byte> body) {
  ByteReader reader(body);
  RandEvent event;
  event.seed1 = reader.u64("the seeds");
  event.seed2 = reader.u64("the seeds");
  reader.expect_end();
  return event;
}

// https://mariadb.com/kb/en/user_var_event/ ; flags may follow the value.
UserVarEvent decode_user_var(std::span<const std::byte> body) {
  ByteReader reader(body);
  UserVarEvent event;
  event.name = reader.text(reader.u32("the length of the name"), "the name");
  event.is_null = reader.u8("whether it is NULL") != 0;
  if (event.is_null) return event;
  (void)reader.u8("the type");
  (void)reader.u32("the collation");
  event.value = reader.text(reader.u32("the length of the value"), "the value");
  return event;
}

// Not documented; a number, a length byte, a text.
IncidentEvent decode_incident(std::span<const std::byte> body) {
  ByteReader reader(body);
  IncidentEvent event;
  event.number = reader.u16("the number");
  event.message = reader.text(reader.u8("the length of the message"), "the message");
  reader.expect_end();
  return event;
}

}  // namespace godwit::capture
