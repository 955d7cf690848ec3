#include "godwit/postgres/cluster.hpp"

#include <utility>

#include "cluster_connection.hpp"
#include "connection_parameters.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"
#include "owner_mark.hpp"

namespace godwit::postgres {
namespace {

// Values sort and compare by their bytes, as the source's binary collations do; everything else is
// a collation of the column. The character classes are Unicode's, so that lower(), upper(), ILIKE
// and regular expressions know more than ASCII. Neither changes with the system's locale data.
constexpr std::string_view kLocale = "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'";

SessionOptions maintenance_session(const ConnectionParameters& given) {
  SessionOptions options;
  if (given.value("dbname").empty()) options.database = "postgres";
  return options;
}

// A database under creation takes no connections until it is marked. One that is found so, ours
// and without a mark, was left by a creation that was interrupted: nobody was ever in it.
struct DatabaseState {
  bool ours = false;  // owned by the engine's role
  bool connectable = false;
  std::string comment;

  [[nodiscard]] bool interrupted() const { return ours && !connectable && comment.empty(); }
  [[nodiscard]] std::string mark() const { return mark_of(comment); }
};

std::optional<DatabaseState> read_state(pqxx::nontransaction& session, const std::string& name) {
  const pqxx::result rows = session.exec_params(
      "SELECT pg_get_userbyid(datdba) = current_user, datallowconn, "
      "coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1",
      name);
  if (rows.empty()) return std::nullopt;
  return DatabaseState{rows[0][0].as<bool>(), rows[0][1].as<bool>(), rows[0][2].as<std::string>()};
}

Error not_ours(const std::string& name, const std::string& why) {
  return Error(ErrorKind::rejected, "database " + quote_identifier(name) + ' ' + why,
               "drop or rename it, or choose another `database_name` in the plan");
}

/// FORCE ends the sessions of roles that the engine's is a member of, such as a killed engine's, and
/// fails at any other, a superuser's or an autovacuum worker's. Without it the server ends workers
/// by itself and waits some seconds for the rest.
void drop(pqxx::nontransaction& session, const std::string& quoted) {
  try {
    session.exec("DROP DATABASE " + quoted + " WITH (FORCE)");
  } catch (const pqxx::insufficient_privilege&) {
    session.exec("DROP DATABASE " + quoted);
  }
}

void create(pqxx::nontransaction& session, const std::string& name, const std::string& how,
            const std::string& mark) {
  const std::string quoted = quote_identifier(name);
  if (const auto state = read_state(session, name)) {
    if (!state->interrupted()) {
      const std::string theirs = state->mark();
      throw not_ours(name, theirs.empty() ? "exists already and is not Godwit's"
                                          : "exists already, marked '" + theirs + "'");
    }
    drop(session, quoted);
  }
  session.exec("CREATE DATABASE " + quoted + ' ' + how +
               " STRATEGY WAL_LOG ALLOW_CONNECTIONS false");
  // One transaction and one round trip: the database opens together with its mark. Not synced: a
  // crash that takes it back leaves a database that nobody was in, see DatabaseState.
  session.exec("SET LOCAL synchronous_commit = off; COMMENT ON DATABASE " + quoted + " IS " +
               quote_literal(std::string(kMarkPrefix) + mark) + "; REVOKE CONNECT ON DATABASE " +
               quoted + " FROM PUBLIC; ALTER DATABASE " + quoted + " ALLOW_CONNECTIONS true");
}

// FNV-1a of 64 bits: every engine of every version must come to the same number.
std::int64_t lock_number(const std::string& key) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : "godwit/" + key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return static_cast<std::int64_t>(hash);
}

}  // namespace

Cluster::Impl::Impl(const std::string& uri) {
  const SessionOptions options = maintenance_session(ConnectionParameters(uri, SessionOptions{}));
  const ConnectionParameters parameters(uri, options);
  try {
    connection_ = std::make_unique<pqxx::connection>(parameters.conninfo());
  } catch (const pqxx::failure&) {
    // libpqxx keeps no SQLSTATE of a failed login; a session of our own tells what is wrong.
    const Session session(uri, options);
    connection_ = std::make_unique<pqxx::connection>(parameters.conninfo());
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // libpqxx would silently connect again, and the advisory locks would be gone.
  connection_->inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

std::string Cluster::Impl::first_line(std::string_view text) {
  constexpr std::string_view kServerPrefix = "ERROR:  ";
  if (text.starts_with(kServerPrefix)) text.remove_prefix(kServerPrefix.size());
  return std::string(text.substr(0, text.find('\n')));
}

Cluster::Cluster(std::string uri) : uri_(std::move(uri)), impl_(std::make_unique<Impl>(uri_)) {}
Cluster::Cluster(Cluster&&) noexcept = default;
Cluster& Cluster::operator=(Cluster&&) noexcept = default;
Cluster::~Cluster() = default;

bool Cluster::database_exists(const std::string& database) {
  return owner_mark(database).has_value();
}

std::vector<Cluster::OwnedDatabase> Cluster::owned_databases() {
  return impl_->run([](pqxx::nontransaction& session) {
    std::vector<OwnedDatabase> databases;
    for (const auto& row : session.exec_params(
             "SELECT datname, substr(comment, length($1) + 1) "
             "FROM (SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database) "
             "AS d (datname, comment) WHERE starts_with(comment, $1) ORDER BY datname",
             std::string(kMarkPrefix))) {
      databases.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
    }
    return databases;
  });
}

std::optional<std::string> Cluster::owner_mark(const std::string& database) {
  return impl_->run([&](pqxx::nontransaction& session) -> std::optional<std::string> {
    const auto state = read_state(session, database);
    if (!state || state->interrupted()) return std::nullopt;
    return state->mark();
  });
}

void Cluster::create_database(const std::string& database, const std::string& mark) {
  impl_->run([&](pqxx::nontransaction& session) {
    create(session, database, "TEMPLATE template0 " + std::string(kLocale), mark);
  });
}

void Cluster::create_from_template(const std::string& database, const std::string& template_name,
                                   const std::string& mark) {
  impl_->run([&](pqxx::nontransaction& session) {
    create(session, database, "TEMPLATE " + quote_identifier(template_name), mark);
  });
}

void Cluster::drop_database(const std::string& database) {
  impl_->run([&](pqxx::nontransaction& session) {
    const auto state = read_state(session, database);
    if (!state) return;
    if (!state->interrupted() && state->mark().empty()) {
      throw not_ours(database, "is not Godwit's and is not dropped");
    }
    drop(session, quote_identifier(database));
  });
}

void Cluster::set_owner_mark(const std::string& database, const std::string& mark) {
  impl_->run([&](pqxx::nontransaction& session) {
    const auto state = read_state(session, database);
    if (!state) throw Error(ErrorKind::rejected, "there is no database " + printable(database));
    if (!state->comment.empty() && state->mark().empty()) {
      throw not_ours(database, "has a comment of somebody else's");
    }
    session.exec("COMMENT ON DATABASE " + quote_identifier(database) + " IS " +
                 quote_literal(std::string(kMarkPrefix) + mark));
  });
}

bool Cluster::try_lock(const std::string& key) {
  return impl_->run([&](pqxx::nontransaction& session) {
    return session.exec_params("SELECT pg_try_advisory_lock($1)", lock_number(key))[0][0]
        .as<bool>();
  });
}

void Cluster::unlock(const std::string& key) {
  impl_->run([&](pqxx::nontransaction& session) {
    session.exec_params("SELECT pg_advisory_unlock($1)", lock_number(key));
  });
}

Cluster::Capacity Cluster::capacity() {
  return impl_->run([](pqxx::nontransaction& session) {
    // numbackends is visible to every role, pg_stat_activity's rows of others are not.
    const pqxx::row row = session.exec1(
        "SELECT (SELECT count(*) FROM pg_database WHERE NOT datistemplate), "
        "current_setting('max_connections')::int - "
        "current_setting('superuser_reserved_connections')::int, "
        "(SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database WHERE datid <> 0)");
    return Capacity{row[0].as<std::uint64_t>(), row[1].as<int>(), row[2].as<int>()};
  });
}

}  // namespace godwit::postgres
