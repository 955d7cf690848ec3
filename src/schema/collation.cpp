#include "collation.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "godwit/postgres/session.hpp"

namespace godwit::schema {

namespace {

/// MariaDB's name of a tailoring → ICU's locale and its -u-co- type. What isn't here (unicode,
/// general, roman, chinese, japanese, korean …) is folded by the root locale.
struct Language {
  std::string_view name;
  std::string_view locale;
  std::string_view type;
};
constexpr std::array kLanguages = {
    Language{"croatian", "hr", ""},   Language{"czech", "cs", ""},
    Language{"danish", "da", ""},     Language{"esperanto", "eo", ""},
    Language{"estonian", "et", ""},   Language{"german2", "de", "phonebk"},
    Language{"hungarian", "hu", ""},  Language{"icelandic", "is", ""},
    Language{"latvian", "lv", ""},    Language{"lithuanian", "lt", ""},
    Language{"persian", "fa", ""},    Language{"polish", "pl", ""},
    Language{"romanian", "ro", ""},   Language{"sinhala", "si", ""},
    Language{"slovak", "sk", ""},     Language{"slovenian", "sl", ""},
    Language{"spanish", "es", ""},    Language{"spanish2", "es", "trad"},
    Language{"swedish", "sv", ""},    Language{"turkish", "tr", ""},
    Language{"vietnamese", "vi", ""},
};

/// Collations that end in _ci and yet tell accents apart (measured with 'a' = 'á').
constexpr std::array<std::string_view, 18> kAccentSensitive = {
    "latin1_general",    "cp850_general",    "hp8_english",   "latin7_general", "cp1256_general",
    "cp1257_lithuanian", "eucjpms_japanese", "ujis_japanese", "sjis_japanese",  "cp932_japanese",
    "gbk_chinese",       "gb2312_chinese",   "big5_chinese",  "euckr_korean",   "cp1251_bulgarian",
    "cp1251_ukrainian",  "cp1251_general",   "koi8r_general"};

/// Removes `part` from the end; whether it was there.
bool strip(std::string_view& text, std::string_view part) {
  if (!text.ends_with(part)) return false;
  text.remove_suffix(part.size());
  return true;
}

std::string language_locale(std::string_view name) {
  for (const Language& language : kLanguages) {
    const bool named = name == language.name || name.ends_with("_" + std::string(language.name));
    if (!named) continue;
    std::string locale = std::string(language.locale) + "-u";
    if (!language.type.empty()) locale += "-co-" + std::string(language.type);
    return locale;
  }
  return "und-u";
}

struct Keyword {
  std::string_view tag;  // what follows the language in a tag of ours
  std::string_view keyword;
};
constexpr std::array kKeywords = {
    Keyword{"-co-phonebk", "collation=phonebook"},
    Keyword{"-co-trad", "collation=traditional"},
    Keyword{"-kc", "colCaseLevel=yes"},
    Keyword{"-ks-level1", "colStrength=primary"},
    Keyword{"-ks-level2", "colStrength=secondary"},
    Keyword{"-ks-level3", "colStrength=tertiary"},
};

/// The same locale in ICU's older spelling: "und@colStrength=primary" for "und-u-ks-level1". With
/// a tag, each session that opens the collation has ICU read its table of all keywords first: 6 ms
/// instead of less than one (ICU 72; PostgreSQL 16 and later store the tag whatever they are given).
std::string keyword_locale(std::string_view tag) {
  const std::size_t language_end = tag.find("-u-");
  std::string locale(tag.substr(0, language_end));
  char separator = '@';
  for (const Keyword& keyword : kKeywords) {
    if (tag.find(keyword.tag) == std::string_view::npos) continue;
    locale += separator;
    locale += keyword.keyword;
    separator = ';';
  }
  return locale;
}

}  // namespace

CollationRule collation_rule(const std::string& collation) {
  std::string_view name = collation;
  CollationRule rule;
  if (name.empty() || name == "binary") return rule;
  const std::size_t nopad = name.find("_nopad");
  rule.pad_space = nopad == std::string_view::npos;
  std::string without_nopad = collation;
  if (!rule.pad_space) without_nopad.erase(nopad, 6);
  name = without_nopad;

  if (strip(name, "_bin")) return rule;
  std::string strength;
  if (strip(name, "_as_cs") || strip(name, "_cs")) {
    strength = "level3";
    if (strip(name, "_ai")) strength = "level1-kc";
  } else if (strip(name, "_as_ci") || strip(name, "_w2")) {
    strength = "level2";
  } else {
    (void)strip(name, "_ci");
    (void)strip(name, "_ai");
    const bool accents =
        std::find(kAccentSensitive.begin(), kAccentSensitive.end(), name) != kAccentSensitive.end();
    strength = accents ? "level2" : "level1";
  }
  const std::string locale = language_locale(name);
  rule.icu_locale = strength == "level1-kc" ? locale + "-kc-ks-level1" : locale + "-ks-" + strength;
  return rule;
}

std::string icu_collation(const std::string& locale) {
  return "godwit." + postgres::quote_identifier(locale);
}

std::string create_icu_collation(const std::string& locale) {
  return "CREATE COLLATION IF NOT EXISTS " + icu_collation(locale) +
         " (provider = icu, locale = " + postgres::quote_literal(keyword_locale(locale)) +
         ", deterministic = false)";
}

}  // namespace godwit::schema
