// One function for each event's body; the event's header, checksum and file are the caller's.
// Every function throws Error(source) that says what is malformed, not where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "godwit/capture/events.hpp"

namespace godwit::capture {

/// `body` with the algorithm and the four bytes behind it, which are always there.
FormatDescriptionEvent decode_format_description(std::span<const std::byte> body);
RotateEvent decode_rotate(std::span<const std::byte> body);
GtidEvent decode_gtid(const EventHeader& header, std::span<const std::byte> body);
GtidListEvent decode_gtid_list(std::span<const std::byte> body);
StartEncryptionEvent decode_start_encryption(const EventHeader& header,
                                             std::span<const std::byte> body);
BinlogCheckpointEvent decode_binlog_checkpoint(std::span<const std::byte> body);
HeartbeatEvent decode_heartbeat(const EventHeader& header, std::span<const std::byte> body);
XidEvent decode_xid(std::span<const std::byte> body);
XaPrepareEvent decode_xa_prepare(std::span<const std::byte> body);
IntvarEvent decode_intvar(std::span<const std::byte> body);
RandEvent decode_rand(std::span<const std::byte> body);
UserVarEvent decode_user_var(std::span<const std::byte> body);
IncidentEvent decode_incident(std::span<const std::byte> body);

/// `fixed_length`: of the fixed part, as the format description says; so below.
QueryEvent decode_query(std::span<const std::byte> body, std::size_t fixed_length);
/// `buffer` receives the text.
QueryEvent decode_query_compressed(std::span<const std::byte> body, std::size_t fixed_length,
                                   std::string& buffer);
LoadEvent decode_execute_load_query(std::span<const std::byte> body, std::size_t fixed_length);

TableMapEvent decode_table_map(std::span<const std::byte> body, std::size_t fixed_length);
RowsEvent decode_rows(EventType type, std::span<const std::byte> body, std::size_t fixed_length);

}  // namespace godwit::capture
