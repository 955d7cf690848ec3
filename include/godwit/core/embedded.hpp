// Data files compiled into the binary (see cmake/Embed.cmake), so that it runs without a
// share folder beside it. Each folder has one owning room; only that room reads it.
#pragma once

#include <span>
#include <string_view>

namespace godwit {

struct EmbeddedFile {
  std::string_view name;  // file name without the folder, e.g. "default.yaml"
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_schema_maps();

}  // namespace godwit
