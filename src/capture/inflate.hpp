// zlib, with every size known and bounded beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace godwit::capture {

/// No event is longer: the largest max_allowed_packet.
inline constexpr std::size_t kMaxEventBytes = std::size_t{1} << 30U;

std::uint32_t crc32_of(std::span<const std::byte> bytes);

enum class DeflateForm { zlib, raw };

/// Inflates to `size` bytes in `buffer`, which is made exactly that long. Throws Error(source) when
/// the stream holds fewer or more, when it is followed by anything, and, before it allocates, when
/// `deflated` is too short for `size` bytes.
void inflate_to(std::string& buffer, std::size_t size, std::span<const std::byte> deflated,
                DeflateForm form);

/// The compressed part of an event (log_bin_compress): a byte with the number of length bytes, the
/// length with its highest byte first, a zlib stream. Views `buffer`, of which more than 1 MiB is given
/// back when less is needed. Throws Error(source).
std::span<const std::byte> inflate_event_part(std::span<const std::byte> part, std::string& buffer);

}  // namespace godwit::capture
