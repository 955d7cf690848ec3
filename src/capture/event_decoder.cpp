#include "godwit/capture/event_decoder.hpp"

#include <algorithm>
#include <vector>

#include "byte_reader.hpp"
#include "decode_bodies.hpp"
#include "godwit/core/error.hpp"
#include "inflate.hpp"

namespace godwit::capture {
namespace {

constexpr std::size_t kChecksumBytes = 4;

EventHeader read_header(std::span<const std::byte> packet) {
  if (packet.size() < kEventHeaderBytes) {
    malformed("a packet of " + std::to_string(packet.size()) +
              " bytes where an event has at least " + std::to_string(kEventHeaderBytes));
  }
  ByteReader reader(packet);
  EventHeader header;
  header.timestamp = reader.u32("the header");
  header.type = static_cast<EventType>(reader.u8("the header"));
  header.server_id = reader.u32("the header");
  header.size = reader.u32("the header");
  header.next_position = reader.u32("the header");
  header.flags = reader.u16("the header");
  return header;
}

bool checksum_matches(std::span<const std::byte> packet) {
  const auto event = packet.first(packet.size() - kChecksumBytes);
  ByteReader reader(packet.subspan(event.size()));
  return reader.u32("the checksum") == crc32_of(event);
}

/// The checksum was made before the flag kInUse was set in the file.
bool format_checksum_matches(const EventHeader& header, std::span<const std::byte> packet) {
  if (!header.has(EventHeader::kInUse)) return checksum_matches(packet);
  constexpr std::size_t kFlagsOffset = 17;
  std::vector<std::byte> closed(packet.begin(), packet.end());
  closed[kFlagsOffset] &= ~static_cast<std::byte>(EventHeader::kInUse);
  return checksum_matches(closed);
}

[[noreturn]] void wrong_checksum() {
  throw Error(ErrorKind::source, "its checksum doesn't match",
              "the event was damaged on its way or in the file: mariadb-binlog "
              "--verify-binlog-checksum on the source tells which",
              true);
}

[[noreturn]] void unknown_type() {
  throw Error(ErrorKind::source, "MariaDB 10.6 to 11 write no such event",
              "what it changes can't be told: the source must be of a supported version");
}

}  // namespace

std::string name(EventType type) {
  switch (type) {
    case EventType::query: return "QUERY";
    case EventType::stop: return "STOP";
    case EventType::rotate: return "ROTATE";
    case EventType::intvar: return "INTVAR";
    case EventType::load: return "LOAD";
    case EventType::create_file: return "CREATE_FILE";
    case EventType::append_block: return "APPEND_BLOCK";
    case EventType::execute_load: return "EXEC_LOAD";
    case EventType::delete_file: return "DELETE_FILE";
    case EventType::new_load: return "NEW_LOAD";
    case EventType::rand: return "RAND";
    case EventType::user_var: return "USER_VAR";
    case EventType::format_description: return "FORMAT_DESCRIPTION";
    case EventType::xid: return "XID";
    case EventType::begin_load_query: return "BEGIN_LOAD_QUERY";
    case EventType::execute_load_query: return "EXECUTE_LOAD_QUERY";
    case EventType::table_map: return "TABLE_MAP";
    case EventType::write_rows_v1: return "WRITE_ROWS_V1";
    case EventType::update_rows_v1: return "UPDATE_ROWS_V1";
    case EventType::delete_rows_v1: return "DELETE_ROWS_V1";
    case EventType::incident: return "INCIDENT";
    case EventType::heartbeat: return "HEARTBEAT";
    case EventType::write_rows_v2: return "WRITE_ROWS";
    case EventType::update_rows_v2: return "UPDATE_ROWS";
    case EventType::delete_rows_v2: return "DELETE_ROWS";
    case EventType::xa_prepare: return "XA_PREPARE";
    case EventType::annotate_rows: return "ANNOTATE_ROWS";
    case EventType::binlog_checkpoint: return "BINLOG_CHECKPOINT";
    case EventType::gtid: return "GTID";
    case EventType::gtid_list: return "GTID_LIST";
    case EventType::start_encryption: return "START_ENCRYPTION";
    case EventType::query_compressed: return "QUERY_COMPRESSED";
    case EventType::write_rows_compressed_v1: return "WRITE_ROWS_COMPRESSED_V1";
    case EventType::update_rows_compressed_v1: return "UPDATE_ROWS_COMPRESSED_V1";
    case EventType::delete_rows_compressed_v1: return "DELETE_ROWS_COMPRESSED_V1";
    case EventType::write_rows_compressed_v2: return "WRITE_ROWS_COMPRESSED";
    case EventType::update_rows_compressed_v2: return "UPDATE_ROWS_COMPRESSED";
    case EventType::delete_rows_compressed_v2: return "DELETE_ROWS_COMPRESSED";
  }
  return "event " + std::to_string(static_cast<unsigned>(type));
}

std::string EventDecoder::where(const EventHeader& header) const {
  const std::string file = file_.empty() ? "binlog" : file_;
  const bool in_file = header.next_position != 0 && header.next_position >= header.size &&
                       !header.has(EventHeader::kArtificial);
  return in_file ? file + ":" + std::to_string(header.next_position - header.size) : file;
}

Event EventDecoder::decode(std::span<const std::byte> packet) {
  Event event;
  try {
    event.header = read_header(packet);
  } catch (const Error& error) {
    throw error.within(where({}));
  }
  try {
    event.body = decode_body(event.header, checked_body(event.header, packet));
  } catch (const Error& error) {
    throw error.within(where(event.header) + ": " + name(event.header.type) + " event of " +
                       std::to_string(packet.size()) + " bytes");
  }
  learn(event.body);
  return event;
}

void EventDecoder::reset() {
  format_.reset();
  file_.clear();
}

std::span<const std::byte> EventDecoder::checked_body(const EventHeader& header,
                                                      std::span<const std::byte> packet) const {
  if (header.size != packet.size()) {
    malformed("its header says " + std::to_string(header.size) + " bytes");
  }
  const auto body = packet.subspan(kEventHeaderBytes);
  if (header.type == EventType::format_description) {
    // it says itself whether it has a checksum, and keeps the place of one in any case
    constexpr std::size_t kBehind = 1 + kChecksumBytes;
    if (body.size() >= kBehind &&
        body[body.size() - kBehind] == static_cast<std::byte>(Checksum::crc32) &&
        !format_checksum_matches(header, packet)) {
      wrong_checksum();
    }
    return body;
  }
  if (!format_) {
    // what the server sends before it has opened a file; with a checksum if the connection asked
    if (header.type != EventType::rotate && header.type != EventType::heartbeat) {
      malformed("it comes before the format description");
    }
    if (body.size() < kChecksumBytes || !checksum_matches(packet)) return body;
  } else {
    if (format_->checksum == Checksum::none) return body;
    if (body.size() < kChecksumBytes) malformed("it ends within the checksum");
    if (!checksum_matches(packet)) wrong_checksum();
  }
  return body.first(body.size() - kChecksumBytes);
}

std::size_t EventDecoder::fixed_length(EventType type) const {
  const auto code = static_cast<std::size_t>(type);
  if (code > format_->types) malformed("the format description doesn't list its type");
  return format_->fixed_length[code];
}

EventBody EventDecoder::decode_body(const EventHeader& header, std::span<const std::byte> body) {
  const EventType type = header.type;
  switch (type) {
    case EventType::format_description: return decode_format_description(body);
    case EventType::rotate: return decode_rotate(body);
    case EventType::stop: return StopEvent{};
    case EventType::gtid: return decode_gtid(header, body);
    case EventType::gtid_list: return decode_gtid_list(body);
    case EventType::start_encryption: return decode_start_encryption(header, body);
    case EventType::binlog_checkpoint: return decode_binlog_checkpoint(body);
    case EventType::heartbeat: return decode_heartbeat(header, body);
    case EventType::query: return decode_query(body, fixed_length(type));
    case EventType::query_compressed:
      return decode_query_compressed(body, fixed_length(type), inflated_);
    case EventType::xid: return decode_xid(body);
    case EventType::xa_prepare: return decode_xa_prepare(body);
    case EventType::table_map: return decode_table_map(body, fixed_length(type));
    case EventType::write_rows_v1:
    case EventType::update_rows_v1:
    case EventType::delete_rows_v1:
    case EventType::write_rows_v2:
    case EventType::update_rows_v2:
    case EventType::delete_rows_v2:
    case EventType::write_rows_compressed_v1:
    case EventType::update_rows_compressed_v1:
    case EventType::delete_rows_compressed_v1:
    case EventType::write_rows_compressed_v2:
    case EventType::update_rows_compressed_v2:
    case EventType::delete_rows_compressed_v2: return decode_rows(type, body, fixed_length(type));
    case EventType::annotate_rows: return AnnotateRowsEvent{as_text(body)};
    case EventType::intvar: return decode_intvar(body);
    case EventType::rand: return decode_rand(body);
    case EventType::user_var: return decode_user_var(body);
    case EventType::execute_load_query: return decode_execute_load_query(body, fixed_length(type));
    case EventType::load:
    case EventType::create_file:
    case EventType::append_block:
    case EventType::execute_load:
    case EventType::delete_file:
    case EventType::new_load:
    case EventType::begin_load_query: return LoadEvent{};
    case EventType::incident: return decode_incident(body);
  }
  if (!header.has(EventHeader::kIgnorable)) unknown_type();
  return UnknownEvent{};
}

void EventDecoder::learn(const EventBody& body) {
  if (const auto* rotate = std::get_if<RotateEvent>(&body)) {
    file_ = rotate->file;
    return;
  }
  const auto* description = std::get_if<FormatDescriptionEvent>(&body);
  if (description == nullptr) return;
  Format format;
  format.checksum = description->checksum;
  format.types = std::min(description->header_lengths.size(), format.fixed_length.size() - 1);
  for (std::size_t i = 0; i < format.types; ++i) {
    format.fixed_length[i + 1] = std::to_integer<std::uint8_t>(description->header_lengths[i]);
  }
  format_ = format;
}

}  // namespace godwit::capture
