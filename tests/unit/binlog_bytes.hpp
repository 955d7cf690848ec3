// Binlog events as their bytes, made by hand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "godwit/capture/event_decoder.hpp"
#include "godwit/core/error.hpp"

namespace godwit::test {

/// Little-endian numbers and texts, one after the other.
class Wire {
 public:
  Wire& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
      bytes_ += static_cast<char>((value >> (8 * i)) & 0xFFU);
    return *this;
  }
  Wire& u8(std::uint64_t value) { return number(value, 1); }
  Wire& u16(std::uint64_t value) { return number(value, 2); }
  Wire& u32(std::uint64_t value) { return number(value, 4); }
  Wire& u48(std::uint64_t value) { return number(value, 6); }
  Wire& u64(std::uint64_t value) { return number(value, 8); }
  Wire& text(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  /// A length byte, the text.
  Wire& short_text(std::string_view bytes) { return u8(bytes.size()).text(bytes); }
  /// A length byte, the text, a NUL.
  Wire& name(std::string_view bytes) { return short_text(bytes).u8(0); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// An allocation of exactly these bytes, so that AddressSanitizer sees a read beyond.
class Packet {
 public:
  explicit Packet(std::string_view bytes) {
    const auto all = std::as_bytes(std::span(bytes));
    bytes_.assign(all.begin(), all.end());
  }
  // NOLINTNEXTLINE(google-explicit-constructor): a packet is where its bytes are asked for
  operator std::span<const std::byte>() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

inline std::uint32_t crc(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

struct Framing {
  bool checksum = true;
  std::uint16_t flags = 0;
  std::uint32_t next_position = 10'000;
  std::uint32_t server_id = 11;
};

/// Header, body and checksum.
inline std::string framed(capture::EventType type, std::string_view body, Framing framing = {}) {
  const std::size_t size = capture::kEventHeaderBytes + body.size() + (framing.checksum ? 4 : 0);
  Wire wire;
  wire.u32(1'700'000'000).u8(static_cast<std::uint8_t>(type)).u32(framing.server_id);
  wire.u32(size).u32(framing.next_position).u16(framing.flags).text(body);
  if (framing.checksum) wire.u32(crc(wire.bytes()));
  return wire.bytes();
}

/// The fixed lengths of MariaDB 10.11, that of type 1 first.
inline std::string fixed_lengths() {
  std::string lengths(171, '\0');
  const auto set = [&](std::size_t type, int length) {
    lengths[type - 1] = static_cast<char>(length);
  };
  for (const std::size_t type : {2U, 165U})
    set(type, 13);
  set(4, 8);
  set(18, 26);
  for (const std::size_t type : {19U, 23U, 24U, 25U, 166U, 167U, 168U})
    set(type, 8);
  set(26, 2);
  for (const std::size_t type : {30U, 31U, 32U, 169U, 170U, 171U})
    set(type, 10);
  set(161, 4);
  set(162, 19);
  set(163, 4);
  return lengths;
}

inline std::string format_description(bool checksum, const std::string& lengths = fixed_lengths(),
                                      std::uint16_t flags = 0) {
  std::string version = "10.11.19-MariaDB-log";
  version.resize(50, '\0');
  Wire wire;
  wire.u16(4).text(version).u32(0).u8(19).text(lengths).u8(checksum ? 1 : 0);
  std::string packet = framed(capture::EventType::format_description, wire.bytes());
  constexpr std::size_t kFlags = 17;
  packet[kFlags] = static_cast<char>(flags);  // behind the checksum's back, as the server sets it
  return packet;
}

inline capture::EventDecoder decoder_after_format(bool checksum) {
  capture::EventDecoder decoder;
  const Packet packet(format_description(checksum));
  (void)decoder.decode(packet);
  return decoder;
}

/// "" when nothing is thrown; the message of an Error(source). Any other exception passes.
inline std::string source_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source) throw;
    return error.what();
  }
  return "";
}

inline std::string zlib_stream(std::string_view bytes) {
  std::string out(compressBound(static_cast<uLong>(bytes.size())), '\0');
  uLongf size = out.size();
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  out.resize(size);
  return out;
}

/// As log_bin_compress does it: kind and number of length bytes, length, stream.
inline std::string compressed_part(std::string_view bytes) {
  Wire wire;
  wire.u8(0x84);
  for (int shift = 24; shift >= 0; shift -= 8)
    wire.u8((bytes.size() >> shift) & 0xFFU);
  return wire.text(zlib_stream(bytes)).bytes();
}

}  // namespace godwit::test
