#include <map>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/error.hpp"
#include "queue_model.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::capture::SpillFile;
using godwit::test::bytes_of;
using godwit::test::SpillFolder;

namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kPlenty = 1ULL << 30U;

SpillFile::Extent put(SpillFile& spill, const std::string& text) {
  const auto extent = spill.write(bytes_of(text));
  REQUIRE(extent.has_value());
  return *extent;
}

std::string get(const SpillFile& spill, const SpillFile::Extent& extent) {
  std::string text(extent.size, '\0');
  spill.read(extent, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace

TEST_CASE("extents of the spill come back as they were written", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), kPlenty);
  CHECK(folder.descriptor() == -1);  // no file before it is needed
  CHECK(spill.bytes() == 0);
  std::map<std::string, SpillFile::Extent> extents;
  for (const std::size_t size : {0UL, 1UL, 4095UL, 4096UL, 4097UL, 300'000UL}) {
    const std::string text(size, static_cast<char>('a' + extents.size()));
    extents.emplace(text, put(spill, text));
  }
  CHECK(spill.bytes() == (1 + 1 + 1 + 1 + 2 + 74) * kBlock);
  for (const auto& [text, extent] : extents)
    CHECK(get(spill, extent) == text);
  for (const auto& [text, extent] : extents)
    CHECK(get(spill, extent) == text);
}

TEST_CASE("the spill has no name and is for its process alone", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), kPlenty);
  put(spill, "x");
  CHECK_FALSE(folder.has_names());
  CHECK((folder.status().st_mode & 0777U) == 0600U);
  CHECK(folder.status().st_nlink == 0);
}

TEST_CASE("the spill uses freed extents again and gives the disk back", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), kPlenty);
  const std::string text(3 * kBlock, 'x');
  std::vector<SpillFile::Extent> extents;
  for (int i = 0; i < 20; ++i)
    extents.push_back(put(spill, text));
  const off_t size = folder.status().st_size;
  // neighbours become one gap, in whatever order they are freed
  for (const std::size_t i : {3UL, 5UL, 4UL, 11UL, 10UL, 12UL})
    spill.free(extents[i]);
  CHECK(spill.bytes() == 14 * 3 * kBlock);
  CHECK(static_cast<std::uint64_t>(folder.status().st_blocks) * 512 <=
        14 * 3 * kBlock + 2 * kBlock);
  const auto first = put(spill, std::string(9 * kBlock, 'y'));
  const auto second = put(spill, std::string(9 * kBlock - 10, 'z'));
  CHECK(folder.status().st_size == size);
  CHECK(spill.bytes() == 20 * 3 * kBlock);
  CHECK(get(spill, first) == std::string(9 * kBlock, 'y'));
  CHECK(get(spill, second) == std::string(9 * kBlock - 10, 'z'));
  CHECK(get(spill, extents[2]) == text);
  CHECK(get(spill, extents[6]) == text);
  CHECK(get(spill, extents[13]) == text);
  spill.free(first);
  spill.free(second);
  for (const std::size_t i :
       {0UL, 1UL, 2UL, 6UL, 7UL, 8UL, 9UL, 13UL, 14UL, 15UL, 16UL, 17UL, 18UL, 19UL}) {
    spill.free(extents[i]);
  }
  CHECK(spill.bytes() == 0);
  CHECK(folder.status().st_size == 0);
  CHECK(put(spill, text).offset == 0);
}

TEST_CASE("the spill stops at its limit until something is freed", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), 10 * kBlock);
  const auto first = put(spill, std::string(4 * kBlock, 'a'));
  const auto second = put(spill, std::string(5 * kBlock + 1, 'b'));
  CHECK_FALSE(spill.write(bytes_of("c")).has_value());
  CHECK(spill.bytes() == 10 * kBlock);
  spill.free(first);
  CHECK_FALSE(spill.write(bytes_of(std::string(4 * kBlock + 1, 'c'))).has_value());
  CHECK(get(spill, put(spill, std::string(4 * kBlock, 'c'))) == std::string(4 * kBlock, 'c'));
  CHECK(get(spill, second) == std::string(5 * kBlock + 1, 'b'));
}

TEST_CASE("a spill that was damaged is refused", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), kPlenty);
  const auto extent = put(spill, std::string(10'000, 'a'));
  folder.damage();
  try {
    get(spill, extent);
    FAIL("damaged bytes were given back");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
    CHECK_THAT(error.what(), Catch::Contains(folder.path()));
  }
}

TEST_CASE("a spill in a folder that doesn't exist names it", "[capture]") {
  SpillFile spill("/nowhere/at/all", kPlenty);
  CHECK_THROWS_WITH(spill.write(bytes_of("x")), Catch::Contains("/nowhere/at/all"));
  CHECK(spill.bytes() == 0);
}

TEST_CASE("queues spill and free at once", "[capture]") {
  const SpillFolder folder;
  SpillFile spill(folder.path(), kPlenty);
  std::vector<int> wrong(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&spill, &wrong, t] {
        std::vector<std::pair<SpillFile::Extent, std::string>> mine;
        for (std::size_t i = 0; i < 300; ++i) {
          const std::string text((i * 1237 + t) % 20'000, static_cast<char>('a' + (t + i) % 26));
          mine.emplace_back(spill.write(bytes_of(text)).value(), text);
          if (i % 3 == 0) continue;
          const std::size_t which = (i * 7) % mine.size();
          if (get(spill, mine[which].first) != mine[which].second) ++wrong[t];
          spill.free(mine[which].first);
          mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(which));
        }
        for (const auto& [extent, text] : mine) {
          if (get(spill, extent) != text) ++wrong[t];
          spill.free(extent);
        }
      });
    }
  }
  CHECK(wrong == std::vector<int>(4));
  CHECK(spill.bytes() == 0);
}
