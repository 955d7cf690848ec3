#include "fingerprint.hpp"

#include <memory>

#include <xxhash.h>

#include "overrides.hpp"

namespace godwit::schema {

namespace {

class Hash {
 public:
  Hash() : state_(XXH3_createState()) { XXH3_128bits_reset(state_.get()); }

  /// With its length, so that the borders between parts count too.
  void add(std::string_view part) {
    const std::uint64_t size = part.size();
    XXH3_128bits_update(state_.get(), &size, sizeof size);
    XXH3_128bits_update(state_.get(), part.data(), part.size());
  }

  [[nodiscard]] std::string digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    std::string text;
    for (const std::uint64_t half : {hash.high64, hash.low64}) {
      for (unsigned shift = 64; shift > 0;) {
        shift -= 4;
        text += "0123456789abcdef"[(half >> shift) & 0xFU];
      }
    }
    return text;
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

void add_rule(Hash& hash, const TypeRule& rule) {
  for (const std::string_view part :
       {std::string_view(rule.source), std::string_view(rule.target), name(rule.form),
        std::string_view(rule.check), std::string_view(rule.loss)}) {
    hash.add(part);
  }
}

}  // namespace

std::string target_fingerprint(const mariadb::Database& database, const TypeMap& map,
                               const SchemaOptions& options) {
  Hash hash;
  hash.add(mariadb::fingerprint(database));
  for (const TypeRule& rule : map.rules())
    add_rule(hash, rule);
  for (const auto& [key, rule] : map.all_alternatives()) {
    hash.add(key);
    add_rule(hash, rule);
  }
  Overrides overrides(database.name, options, map.policies());
  for (const mariadb::Table& table : database.tables) {
    hash.add(overrides.excluded(table.name) ? "excluded" : "");
    for (const mariadb::Column& column : table.columns) {
      const ColumnChoice choice = overrides.choose(table.name, column.name);
      hash.add(choice.type.value_or(""));
      for (const std::string_view policy :
           {name(choice.policies.zero_date), name(choice.policies.nul_byte),
            name(choice.policies.invalid_text), name(choice.policies.invalid_enum)}) {
        hash.add(policy);
      }
    }
  }
  hash.add(options.indexes ? "" : "no indexes");
  for (const mariadb::Sequence& sequence : database.sequences) {
    hash.add(overrides.excluded(sequence.name) ? "excluded" : "");
  }
  return hash.digits();
}

}  // namespace godwit::schema
