#include "inflate.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include "byte_reader.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/core/error.hpp"

namespace godwit::capture {
namespace {

/// What a small event leaves of a large one's buffer.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;
/// At best two bits stand for 258 bytes: https://zlib.net/zlib_tech.html
constexpr std::uint64_t kMaxRatio = 1032;

/// One stream's state of some 40 KiB, made once for each thread instead of once for each value.
class Inflater {
 public:
  Inflater() {
    if (inflateInit(&stream_) != Z_OK) {
      throw Error(ErrorKind::internal, "zlib has no memory for a stream");
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// True if `deflated` is one whole stream of exactly `size` bytes.
  bool run(std::span<const std::byte> deflated, char* to, std::size_t size, DeflateForm form) {
    if (inflateReset2(&stream_, form == DeflateForm::raw ? -MAX_WBITS : MAX_WBITS) != Z_OK) {
      return false;
    }
    stream_.next_in = reinterpret_cast<const Bytef*>(deflated.data());
    stream_.avail_in = static_cast<uInt>(deflated.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    return inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_in == 0 &&
           stream_.avail_out == 0;
  }

 private:
  z_stream stream_{};
};

std::size_t read_length(ByteReader& reader, unsigned length_bytes) {
  std::size_t length = 0;
  for (unsigned i = 0; i < length_bytes; ++i)
    length = (length << 8U) | reader.u8("its length");
  return length;
}

}  // namespace

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void inflate_to(std::string& buffer, std::size_t size, std::span<const std::byte> deflated,
                DeflateForm form) {
  if (size > kMaxEventBytes || deflated.size() > kMaxEventBytes ||
      size > (deflated.size() + 1) * kMaxRatio) {
    malformed("a compressed part of " + std::to_string(deflated.size()) + " bytes can't hold " +
              std::to_string(size));
  }
  buffer.resize(size);
  thread_local Inflater inflater;
  if (!inflater.run(deflated, buffer.data(), size, form)) {
    malformed("a compressed part isn't a zlib stream of " + std::to_string(size) + " bytes");
  }
}

std::span<const std::byte> inflate_event_part(std::span<const std::byte> part,
                                              std::string& buffer) {
  ByteReader reader(part);
  const unsigned head = reader.u8("the compressed part");
  const unsigned length_bytes = head & 0x07U;
  if ((head & 0xF0U) != 0x80U || length_bytes < 1 || length_bytes > 4) {
    malformed("an unknown compression " + std::to_string(head));
  }
  const std::size_t size = read_length(reader, length_bytes);
  if (size == 0) malformed("a compressed part of nothing");
  if (size <= kKeptBytes && buffer.capacity() > kKeptBytes) std::string().swap(buffer);
  inflate_to(buffer, size, reader.rest(), DeflateForm::zlib);
  return std::as_bytes(std::span(buffer));
}

void inflate_column_value(const schema::BinlogColumn& column, std::span<const std::byte> value,
                          std::string& buffer) {
  constexpr unsigned kZlib = 8;
  buffer.clear();
  if (value.empty()) return;
  const std::uint64_t max_bytes = column.type == schema::binlog_type::kBlobCompressed
                                      ? (std::uint64_t{1} << (8U * (column.metadata & 7U))) - 1
                                      : column.metadata;
  ByteReader reader(value);
  const unsigned head = reader.u8("the column's value");
  if (head == 0) {
    buffer.assign(as_text(reader.rest()));
    return;
  }
  if (head >> 4U != kZlib) {
    malformed("a column's value in the unknown compression " + std::to_string(head));
  }
  const std::size_t size = read_length(reader, head & 0x07U);
  if (size > max_bytes) {
    malformed("a compressed value of " + std::to_string(size) + " bytes in a column of " +
              std::to_string(max_bytes));
  }
  inflate_to(buffer, size, reader.rest(),
             (head & 0x08U) != 0 ? DeflateForm::raw : DeflateForm::zlib);
}

}  // namespace godwit::capture
