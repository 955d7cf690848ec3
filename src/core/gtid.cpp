#include "godwit/core/gtid.hpp"

#include <algorithm>
#include <charconv>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit {
namespace {

[[noreturn]] void fail(std::string_view text) {
  throw Error(ErrorKind::source, "not a list of global transaction ids: '" + printable(text) + "'",
              "Expected domain-server-sequence entries such as 0-1-42,1-3-7.");
}

/// Takes a decimal number from the front of `rest`; nothing else may stand there, not even a sign.
template <class Int>
bool take_number(std::string_view& rest, Int& value) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{}) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

bool take_char(std::string_view& rest, char expected) {
  if (rest.empty() || rest.front() != expected) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_gtid(std::string_view& rest, Gtid& gtid) {
  return take_number(rest, gtid.domain) && take_char(rest, '-') && take_number(rest, gtid.server) &&
         take_char(rest, '-') && take_number(rest, gtid.sequence);
}

bool domain_less(const Gtid& a, const Gtid& b) { return a.domain < b.domain; }

/// Within a domain the sequence orders; equal sequences of two servers are different
/// transactions, of which neither position is known to hold the other's.
bool holds(const Gtid& position, const Gtid& gtid) {
  return position.sequence > gtid.sequence ||
         (position.sequence == gtid.sequence && position.server == gtid.server);
}

}  // namespace

std::string to_string(const Gtid& gtid) {
  return std::to_string(gtid.domain) + "-" + std::to_string(gtid.server) + "-" +
         std::to_string(gtid.sequence);
}

GtidList GtidList::parse(std::string_view text) {
  GtidList list;
  std::string_view rest = text;
  while (!rest.empty()) {
    Gtid gtid;
    if (!take_gtid(rest, gtid)) fail(text);
    list.entries_.push_back(gtid);
    if (rest.empty()) break;
    if (!take_char(rest, ',') || rest.empty()) fail(text);
  }
  std::sort(list.entries_.begin(), list.entries_.end(), domain_less);
  const auto twice =
      std::adjacent_find(list.entries_.begin(), list.entries_.end(),
                         [](const Gtid& a, const Gtid& b) { return a.domain == b.domain; });
  if (twice != list.entries_.end()) fail(text);
  return list;
}

bool GtidList::covers(const GtidList& other) const {
  return std::all_of(other.entries_.begin(), other.entries_.end(), [this](const Gtid& gtid) {
    const auto mine = std::lower_bound(entries_.begin(), entries_.end(), gtid, domain_less);
    return mine != entries_.end() && mine->domain == gtid.domain && holds(*mine, gtid);
  });
}

std::partial_ordering GtidList::compare(const GtidList& other) const {
  const bool covers_other = covers(other);
  const bool covered = other.covers(*this);
  if (covers_other && covered) return std::partial_ordering::equivalent;
  if (covers_other) return std::partial_ordering::greater;
  if (covered) return std::partial_ordering::less;
  return std::partial_ordering::unordered;
}

void GtidList::advance(const Gtid& gtid) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), gtid, domain_less);
  if (at == entries_.end() || at->domain != gtid.domain) {
    entries_.insert(at, gtid);
    return;
  }
  if (!holds(gtid, *at)) {
    throw Error(ErrorKind::source, "the position " + godwit::to_string(*at) + " can't go back to " +
                                       godwit::to_string(gtid));
  }
  *at = gtid;
}

std::string GtidList::to_string() const {
  std::string text;
  for (const Gtid& gtid : entries_) {
    if (!text.empty()) text += ',';
    text += godwit::to_string(gtid);
  }
  return text;
}

}  // namespace godwit
