// The load of scripts/bench apply, on tenants that tests/monolith generated (a database each). Uses
// Connector/C alone, nothing of Godwit.
//
//   apply_load DEFAULTS_FILE fill CHANGES SEED DATABASE…
//     CHANGES row changes in transactions on one database each: 70 % of them have 1 to 3 row changes,
//     25 % 10 to 50, 5 % 1,000; inserts, updates and deletes. Prints how many it made of both. The
//     last transaction of each database writes a note with the subject 'end of SEED'.
//   apply_load DEFAULTS_FILE pace SECONDS DATABASE
//     100 transactions a second of 10 row changes each. The first one is a note whose subject is the
//     time at which its transaction began (nanoseconds of the system's clock).
#include <mysql.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr unsigned kLarge = 1000;
constexpr unsigned kPacedTransactions = 100;  // a second
constexpr unsigned kPacedChanges = 9;         // of a transaction, beside the note

struct Close {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

/// Random ids out of what the generator made: it numbers from 1 without gaps.
struct Tenant {
  std::string database;
  std::uint64_t customers = 0;
  std::uint64_t invoices = 0;
  std::uint64_t payments = 0;  // the greatest id; some are deleted
  std::uint64_t notes = 0;
};

class Load {
 public:
  Load(const char* defaults_file, std::uint64_t seed)
      : random_(seed), seed_(seed), connection_(mysql_init(nullptr)) {
    mysql_options(connection_.get(), MYSQL_READ_DEFAULT_FILE, defaults_file);
    mysql_options(connection_.get(), MYSQL_READ_DEFAULT_GROUP, "client");
    if (mysql_real_connect(connection_.get(), nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0) ==
        nullptr) {
      throw std::runtime_error(mysql_error(connection_.get()));
    }
    run("SET NAMES utf8mb4, time_zone = '+00:00'");
  }

  void open(const std::string& database) {
    Tenant tenant{database, 0, 0, 0, 0};
    tenant.customers = greatest(database, "customers");
    tenant.invoices = greatest(database, "invoices");
    tenant.payments = greatest(database, "payments");
    tenant.notes = greatest(database, "notes");
    if (tenant.customers == 0 || tenant.invoices == 0 || tenant.payments == 0) {
      throw std::runtime_error(database + " is no tenant of the generator's");
    }
    tenants_.push_back(tenant);
  }

  void fill(std::uint64_t changes) {
    while (changes_ < changes) {
      Tenant& tenant = tenants_[below(tenants_.size())];
      run("USE " + tenant.database);
      run("BEGIN");
      const std::uint64_t size = below(100);
      if (size < 70) {
        for (std::uint64_t left = 1 + below(3); left > 0; --left)
          change_one(tenant);
      } else {
        change_many(tenant, size < 95 ? 10 + below(41) : kLarge);
      }
      run("COMMIT");
      ++transactions_;
    }
    for (const Tenant& tenant : tenants_) {
      change("INSERT INTO " + tenant.database +
             ".notes (subject, body, created_at) VALUES ('end of " + std::to_string(seed_) +
             "', '', NOW(6))");
      ++transactions_;
    }
  }

  void pace(unsigned seconds) {
    using Clock = std::chrono::steady_clock;
    Tenant& tenant = tenants_.front();
    run("USE " + tenant.database);
    const Clock::time_point began = Clock::now();
    for (unsigned i = 0; i < seconds * kPacedTransactions; ++i) {
      std::this_thread::sleep_until(began + i * std::chrono::seconds(1) / kPacedTransactions);
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      run("BEGIN");
      change("INSERT INTO notes (subject, body, created_at) VALUES ('" +
             std::to_string(std::chrono::nanoseconds(now).count()) + "', 'paced', NOW(6))");
      for (unsigned left = kPacedChanges; left > 0; --left)
        change_one(tenant);
      run("COMMIT");
      ++transactions_;
    }
    const double took = std::chrono::duration<double>(Clock::now() - began).count();
    if (took > 1.05 * seconds) {
      throw std::runtime_error("the source took " + std::to_string(took) + " s for " +
                               std::to_string(seconds) + " s of load");
    }
  }

  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }

 private:
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
  }
  std::string id(std::uint64_t greatest) { return std::to_string(1 + below(greatest)); }

  void run(const std::string& sql) {
    if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) {
      throw std::runtime_error(std::string(mysql_error(connection_.get())) + " in: " + sql);
    }
  }

  /// Returns how many rows it changed.
  std::uint64_t change(const std::string& sql) {
    run(sql);
    const std::uint64_t changed = mysql_affected_rows(connection_.get());
    changes_ += changed;
    return changed;
  }

  std::uint64_t greatest(const std::string& database, const std::string& table) {
    run("SELECT COALESCE(MAX(id), 0) FROM " + database + "." + table);
    const std::unique_ptr<MYSQL_RES, Close> result(mysql_store_result(connection_.get()));
    if (!result) throw std::runtime_error(mysql_error(connection_.get()));
    return std::strtoull(mysql_fetch_row(result.get())[0], nullptr, 10);
  }

  /// One row, always.
  void change_one(Tenant& tenant) {
    const std::string fresh = std::to_string(++fresh_);
    switch (below(6)) {
      case 0:
        change("UPDATE customers SET credit_limit = " + fresh +
               " + 0.5, discount = 0.1 WHERE id = " + id(tenant.customers));
        return;
      case 1:
        change(
            "UPDATE invoices SET total_paid = total_paid + 1.25, version = version + 1 WHERE id "
            "= " +
            id(tenant.invoices));
        return;
      case 2: insert_invoice(tenant, fresh); return;
      case 3: insert_payments(tenant, 1); return;
      case 4: insert_notes(tenant, 1); return;
      default:
        if (change("DELETE FROM payments WHERE id = " + id(tenant.payments)) == 0) {
          insert_payments(tenant, 1);
        }
    }
  }

  void insert_invoice(Tenant& tenant, const std::string& fresh) {
    change(
        "INSERT INTO invoices (customer_id, number, issued_on, due_on, total_gross, created_at)"
        " VALUES (" +
        id(tenant.customers) + ", 'B" + std::to_string(seed_) + "-" + fresh +
        "', '2026-01-02', NULL, 119.95, NOW(6))");
  }

  void insert_payments(Tenant& tenant, std::uint64_t count) {
    change("INSERT INTO payments (invoice_id, method, amount, paid_at, reference) SELECT " +
           id(tenant.invoices) +
           ", 1 + seq % 5, seq + 0.75, NOW(6), CONCAT('load ', seq) FROM seq_1_to_" +
           std::to_string(count));
    tenant.payments += count;
  }

  void insert_notes(Tenant& tenant, std::uint64_t count) {
    change("INSERT INTO notes (customer_id, subject, body, created_at) SELECT " +
           id(tenant.customers) +
           ", CONCAT('call ', seq), REPEAT('said and heard ', 1 + seq % 12),"
           " NOW(6) FROM seq_1_to_" +
           std::to_string(count));
    tenant.notes += count;
  }

  /// So many rows of one table; where it hasn't as many to change, the rest is inserted.
  void change_many(Tenant& tenant, std::uint64_t count) {
    const std::string from =
        " WHERE id >= " + id(tenant.payments) + " ORDER BY id LIMIT " + std::to_string(count);
    std::uint64_t changed = 0;
    switch (below(4)) {
      case 0: insert_payments(tenant, count); return;
      case 1: insert_notes(tenant, count); return;
      case 2:
        changed = change("UPDATE payments SET amount = amount + 1, reference = 'changed " +
                         std::to_string(++fresh_) + "'" + from);
        break;
      default: changed = change("DELETE FROM payments" + from);
    }
    if (changed < count) insert_payments(tenant, count - changed);
  }

  std::mt19937_64 random_;
  const std::uint64_t seed_;
  std::unique_ptr<MYSQL, Close> connection_;
  std::vector<Tenant> tenants_;
  std::uint64_t fresh_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t transactions_ = 0;
};

unsigned long long number(const char* text) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0') throw std::runtime_error(std::string(text) + " is no number");
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[2] : "";
  if (!(what == "fill" && argc > 5) && !(what == "pace" && argc == 5)) {
    std::fputs(
        "usage: apply_load DEFAULTS_FILE fill CHANGES SEED DATABASE…\n"
        "       apply_load DEFAULTS_FILE pace SECONDS DATABASE\n",
        stderr);
    return 2;
  }
  try {
    Load load(argv[1], what == "fill" ? number(argv[4]) : 0);
    for (int i = what == "fill" ? 5 : 4; i < argc; ++i)
      load.open(argv[i]);
    if (what == "fill") {
      load.fill(number(argv[3]));
    } else {
      load.pace(static_cast<unsigned>(number(argv[3])));
    }
    std::printf("%llu %llu\n", static_cast<unsigned long long>(load.changes()),
                static_cast<unsigned long long>(load.transactions()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "apply_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
