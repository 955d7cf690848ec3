#include "progress_row.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/schema/copy_buffer.hpp"

namespace godwit::apply {
namespace {

using postgres::quote_literal;

constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kText = 25;

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::array<std::byte, 8> int8_bytes(std::uint64_t value) {
  std::array<std::byte, 8> bytes{};
  schema::CopyBuffer::store(bytes.data(), static_cast<std::int64_t>(value));
  return bytes;
}

postgres::Parameter text_parameter(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size(), false};
}

}  // namespace

bool ProgressPosition::covers(const Gtid& gtid) const {
  for (const Gtid& entry : gtids.entries()) {
    if (entry.domain == gtid.domain) return entry.sequence >= gtid.sequence;
  }
  return false;
}

void ProgressPosition::advance(const Gtid& gtid, std::string_view in_file, std::uint32_t at) {
  gtids.advance(gtid);
  text = gtids.to_string();
  file = in_file;
  offset = at;
}

Error ProgressRow::held() const {
  return Error(ErrorKind::held,
               "the progress row of tenant " + tenant_ +
                   " was moved by another engine: nothing more is applied here",
               "stop the other engine, or let it go on alone");
}

ProgressPosition ProgressRow::take(postgres::Session& session) const {
  const std::string where = " WHERE tenant = " + quote_literal(tenant_);
  session.execute("BEGIN");
  ProgressPosition position;
  try {
    const postgres::Rows rows =
        session.query("SELECT epoch, gtid, binlog_file, binlog_offset FROM godwit.progress" +
                      where + " FOR UPDATE");
    if (rows.empty()) {
      throw Error(ErrorKind::rejected, "the target has no progress row of tenant " + tenant_,
                  "copy the tenant first");
    }
    const postgres::Row& row = rows.front();
    const std::uint64_t epoch = number(row[0].value());
    if (epoch > epoch_.value) throw held();
    position.text = row[1].value();
    position.gtids = GtidList::parse(position.text);
    position.file = row[2].value();
    position.offset = static_cast<std::uint32_t>(number(row[3].value()));
    if (epoch < epoch_.value) {
      session.execute("UPDATE godwit.progress SET epoch = " + std::to_string(epoch_.value) + where);
    }
    session.execute("COMMIT");
  } catch (const Error&) {
    try {
      session.execute("ROLLBACK");
    } catch (const Error&) {
      // The session is lost; what made it so is thrown.
    }
    throw;
  }
  return position;
}

std::size_t ProgressRow::send(Outbox& outbox, const ProgressPosition& from,
                              const ProgressPosition& to) {
  if (!prepared_) {
    constexpr std::array<std::uint32_t, 6> kTypes{kText, kText, kInt8, kText, kInt8, kText};
    move_ = outbox.pipeline().prepare(
        "UPDATE godwit.progress SET gtid = $1, binlog_file = $2, binlog_offset = $3, "
        "updated_at = clock_timestamp() WHERE tenant = $4 AND epoch = $5 AND gtid = $6",
        kTypes);
    prepared_ = true;
  }
  const auto offset = int8_bytes(to.offset);
  const auto epoch = int8_bytes(epoch_.value);
  const std::array<postgres::Parameter, 6> parameters{
      text_parameter(to.text),
      text_parameter(to.file),
      postgres::Parameter{offset.data(), offset.size(), false},
      text_parameter(tenant_),
      postgres::Parameter{epoch.data(), epoch.size(), false},
      text_parameter(from.text)};
  return outbox.send(move_, parameters);
}

void ProgressRow::move(postgres::Session& session, const ProgressPosition& from,
                       const ProgressPosition& to) const {
  const postgres::Rows moved =
      session.query("UPDATE godwit.progress SET gtid = " + quote_literal(to.text) +
                    ", binlog_file = " + quote_literal(to.file) +
                    ", binlog_offset = " + std::to_string(to.offset) +
                    ", updated_at = clock_timestamp() WHERE tenant = " + quote_literal(tenant_) +
                    " AND epoch = " + std::to_string(epoch_.value) +
                    " AND gtid = " + quote_literal(from.text) + " RETURNING 1");
  if (moved.size() != 1) throw held();
}

void ProgressRow::require(postgres::Session& session, const ProgressPosition& position) const {
  const postgres::Rows rows =
      session.query("SELECT 1 FROM godwit.progress WHERE tenant = " + quote_literal(tenant_) +
                    " AND epoch = " + std::to_string(epoch_.value) +
                    " AND gtid = " + quote_literal(position.text));
  if (rows.size() != 1) throw held();
}

}  // namespace godwit::apply
