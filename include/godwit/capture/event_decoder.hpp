// One event packet of the replication stream → one Event. Pure: no connection, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "godwit/capture/events.hpp"

namespace godwit::capture {

/// Keeps what later events depend on: the format description (checksum, lengths of fixed parts) and
/// the file's name. One for each connection, or reset(); not for several threads.
///
/// Memory: the inflated text of the last compressed QUERY, 1 GiB at most and only what its packet's
/// size makes possible; more than 1 MiB is given back when the next compressed QUERY is smaller.
class EventDecoder {
 public:
  /// `packet`: what COM_BINLOG_DUMP sent behind the OK byte (without the two bytes of semi-sync), or
  /// an event of a binlog file. The event views the packet and this decoder: valid until either
  /// changes.
  /// Throws Error(source) that names file, offset, event and what is wrong; retryable only if the
  /// checksum doesn't match. Also for an event type that 10.6 to 11 don't write and that isn't
  /// marked as ignorable: no one could say whose rows it changes. After an error the decoder is as
  /// it was before.
  Event decode(std::span<const std::byte> packet);

  /// Forgets everything: for the first packet of another connection.
  void reset();

  /// Where the stream is, by the last ROTATE; empty before the first.
  [[nodiscard]] const std::string& file() const { return file_; }
  /// "binlog.000003:4711" (the event's first byte, modulo 2^32), for messages; without the offset
  /// where the event has none, "binlog" before the file is known.
  [[nodiscard]] std::string where(const EventHeader& header) const;

 private:
  struct Format {
    Checksum checksum = Checksum::none;
    std::array<std::uint8_t, 256> fixed_length{};  // by type
    std::size_t types = 0;                         // those above aren't listed
  };

  [[nodiscard]] std::span<const std::byte> checked_body(const EventHeader& header,
                                                        std::span<const std::byte> packet) const;
  EventBody decode_body(const EventHeader& header, std::span<const std::byte> body);
  [[nodiscard]] std::size_t fixed_length(EventType type) const;
  void learn(const EventBody& body);

  std::optional<Format> format_;
  std::string file_;
  std::string inflated_;
};

}  // namespace godwit::capture
