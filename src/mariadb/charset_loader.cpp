// The tables of charsets that are not Unicode, asked from the server.

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>

#include "charset_codes.hpp"

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/charset.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::size_t kSingleCodes = 0x100;
constexpr std::size_t kDoubleCodes = 0x10000;

std::optional<CharsetForm> unicode_form(const std::string& name) {
  static const std::map<std::string, CharsetForm> kForms = {
      {"binary", CharsetForm::binary}, {"utf8mb4", CharsetForm::utf8},
      {"utf8mb3", CharsetForm::utf8},  {"utf8", CharsetForm::utf8},
      {"utf16", CharsetForm::utf16be}, {"utf16le", CharsetForm::utf16le},
      {"ucs2", CharsetForm::ucs2},     {"utf32", CharsetForm::utf32},
  };
  const auto found = kForms.find(name);
  return found == kForms.end() ? std::nullopt : std::optional(found->second);
}

template <class Int>
Int parse(const std::optional<std::string>& text, int base) {
  Int value{};
  const std::string digits = text.value_or("");
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw Error(ErrorKind::source, "charset table: not a number: '" + printable(digits) + "'");
  }
  return value;
}

/// All valid codes of `bytes` bytes with their code points: those that are one character in
/// Unicode and the same bytes again when converted back. It needs no table, no default database
/// and no right to write, hence the digits. Codes of several bytes start above 0x7F.
std::string codes_sql(const std::string& name, int bytes) {
  const std::string number = bytes == 1   ? "lo.n"
                             : bytes == 2 ? "hi.n*256+lo.n"
                                          : std::to_string(kTripleLead) + "*65536+hi.n*256+lo.n";
  std::string digits = "SELECT 0 AS n";
  for (int digit = 1; digit < 16; ++digit)
    digits += " UNION ALL SELECT " + std::to_string(digit);
  const std::string text = "CHAR(code USING " + name + ")";
  const std::string unicode = "CONVERT(" + text + " USING utf32)";
  std::string sql = "WITH digit AS (" + digits +
                    "),byte AS (SELECT a.n*16+b.n AS n FROM digit AS a,digit AS b),"
                    "codes AS (SELECT " +
                    number + " AS code FROM byte AS lo";
  if (bytes > 1) sql += ",byte AS hi WHERE hi.n>=128";
  sql += ") SELECT code,HEX(" + unicode + ") FROM codes WHERE LENGTH(" + text +
         ")=" + std::to_string(bytes) + " AND LENGTH(" + unicode + ")=4 AND CONVERT(" + unicode +
         " USING " + name + ")=BINARY " + text;
  return sql;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

class CharsetLoader {
 public:
  static CharsetPtr load(Connection& connection, const std::string& name) {
    if (const auto form = unicode_form(name)) return std::make_shared<Charset>(name, *form);
    const auto bytes = is_plain_name(name) ? connection.scalar(
                                                 "SELECT maxlen FROM information_schema."
                                                 "character_sets WHERE character_set_name=" +
                                                 quote_literal(name))
                                           : std::nullopt;
    if (!bytes) {
      throw Error(ErrorKind::rejected, "unknown character set '" + printable(name) + "'");
    }
    auto charset = std::make_shared<Charset>(name, CharsetForm::table);
    fill(connection, *charset, parse<int>(bytes, 10));
    return charset;
  }

 private:
  static void fill(Connection& connection, Charset& charset, int bytes) {
    if (bytes > 3) {
      throw Error(ErrorKind::rejected,
                  "character set " + charset.name_ + ": codes of more than 3 bytes");
    }
    charset.single_ = read_codes(connection, charset.name_, 1);
    if (bytes >= 2) charset.double_ = read_codes(connection, charset.name_, 2);
    if (bytes >= 3) charset.triple_ = read_codes(connection, charset.name_, 3);
    mark_leads(charset);
    charset.ascii_ = true;
    for (std::uint32_t code = 0; code < 0x80; ++code) {
      charset.ascii_ = charset.ascii_ && charset.single_[code] == code;
    }
  }

  static std::vector<std::uint32_t> read_codes(Connection& connection, const std::string& name,
                                               int bytes) {
    std::vector<std::uint32_t> codes(bytes == 1 ? kSingleCodes : kDoubleCodes, kInvalid);
    for (const Row& row : connection.query(codes_sql(name, bytes))) {
      const auto code = parse<std::uint32_t>(row.at(0), 10);
      codes.at(code % codes.size()) = parse<std::uint32_t>(row.at(1), 16);
    }
    return codes;
  }

  static void mark_leads(Charset& charset) {
    for (std::size_t lead = 0; lead < kSingleCodes; ++lead) {
      const auto begin = static_cast<std::ptrdiff_t>(lead * kSingleCodes);
      const bool leads =
          !charset.double_.empty() &&
          std::any_of(charset.double_.begin() + begin,
                      charset.double_.begin() + begin + static_cast<std::ptrdiff_t>(kSingleCodes),
                      [](std::uint32_t code) { return code != kInvalid; });
      const bool leads_three = lead == kTripleLead && !charset.triple_.empty();
      if (charset.single_[lead] == kInvalid && (leads || leads_three)) {
        charset.single_[lead] = kLead;
      }
    }
  }
};

CharsetPtr load_charset(Connection& connection, const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, CharsetPtr> loaded;  // guarded by mutex
  // A server that is upgraded may bring other tables.
  const std::string key =
      connection.server() + "/" + std::to_string(connection.server_version()) + "/" + name;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = loaded.find(key); found != loaded.end()) return found->second;
  }
  // Without the lock: a slow server must not hold up those who need another one. Two threads may
  // load the same table; the first stays.
  CharsetPtr charset = CharsetLoader::load(connection, name);
  const std::lock_guard lock(mutex);
  return loaded.emplace(key, std::move(charset)).first->second;
}

}  // namespace godwit::mariadb
