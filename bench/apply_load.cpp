// The load of scripts/bench apply, on tenants that tests/monolith generated. Uses Connector/C alone,
// nothing of Godwit.
//
//   apply_load DEFAULTS_FILE fill CHANGES SEED DATABASE…
//     CHANGES row changes in transactions on one database each: 70 % of them have 1 to 3 row changes,
//     25 % 10 to 50, 5 % 1,000; inserts, updates and deletes. Prints how many it made of both. The
//     last transaction of each database writes a note with the subject 'end of SEED'.
//   apply_load DEFAULTS_FILE rows CHANGES SEED DATABASE
//     The same sizes, each transaction on one of the tenants that share the database's tables; lines
//     of invoices, which inherit their tenant, are among the rows. Where a tenant has fewer rows than
//     a transaction is to change, it inserts half of the rest and changes these. No row that others
//     inherit from is deleted: reader_cost reads the keys of those behind the load.
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

using Row = std::vector<std::string>;

/// Of a tenant's rows in one table: the generator numbers them without gaps.
struct Ids {
  std::uint64_t first = 1;
  std::uint64_t count = 0;

  [[nodiscard]] std::uint64_t last() const { return first + count - 1; }
};

struct Tenant {
  std::string database;
  std::string company;  // its key, where tenants share the tables
  Ids customers = {};
  Ids invoices = {};
  Ids payments = {};  // some are deleted

  [[nodiscard]] bool shares_tables() const { return !company.empty(); }
  /// What an INSERT into an owned table names beside its own columns, and its value.
  [[nodiscard]] std::string column() const { return shares_tables() ? ", company_id" : ""; }
  [[nodiscard]] std::string value() const { return shares_tables() ? ", " + company : ""; }
};

std::uint64_t number(const std::string& text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != '\0') throw std::runtime_error(text + " is no number");
  return value;
}

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
    Tenant tenant{database, ""};
    tenant.customers.count = greatest(database, "customers");
    tenant.invoices.count = greatest(database, "invoices");
    tenant.payments.count = greatest(database, "payments");
    if (tenant.customers.count == 0 || tenant.invoices.count == 0 || tenant.payments.count == 0) {
      throw std::runtime_error(database + " is no tenant of the generator's");
    }
    tenants_.push_back(tenant);
  }

  void open_shared(const std::string& database) {
    for (const Row& row : query("SELECT id FROM " + database + ".companies ORDER BY id"))
      tenants_.push_back({database, row.at(0)});
    read_ids(database, "customers", &Tenant::customers);
    read_ids(database, "invoices", &Tenant::invoices);
    read_ids(database, "payments", &Tenant::payments);
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
        const std::uint64_t count = size < 95 ? 10 + below(41) : kLarge;
        if (tenant.shares_tables()) {
          change_many_shared(tenant, count);
        } else {
          change_many(tenant, count);
        }
      }
      run("COMMIT");
      ++transactions_;
    }
  }

  void note_end() {
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
  std::string id(const Ids& ids) { return std::to_string(ids.first + below(ids.count)); }

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

  std::vector<Row> query(const std::string& sql) {
    run(sql);
    const std::unique_ptr<MYSQL_RES, Close> result(mysql_store_result(connection_.get()));
    if (!result) throw std::runtime_error(mysql_error(connection_.get()));
    std::vector<Row> rows;
    while (char** const row = mysql_fetch_row(result.get()))
      rows.emplace_back(row, row + mysql_num_fields(result.get()));
    return rows;
  }

  std::uint64_t greatest(const std::string& database, const std::string& table) {
    return number(query("SELECT COALESCE(MAX(id), 0) FROM " + database + "." + table).at(0).at(0));
  }

  /// Of all tenants that share the table.
  void read_ids(const std::string& database, const std::string& table, Ids Tenant::*ids) {
    const std::vector<Row> rows = query("SELECT company_id, MIN(id), MAX(id), COUNT(*) FROM " +
                                        database + "." + table + " GROUP BY 1 ORDER BY 1");
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
      Ids& found = tenants_[i].*ids;
      if (i < rows.size()) found = {number(rows[i].at(1)), number(rows[i].at(3))};
      if (found.count == 0 || rows[i].at(0) != tenants_[i].company ||
          number(rows[i].at(2)) != found.last()) {
        throw std::runtime_error(database + "." + table + " isn't as the generator made it");
      }
    }
  }

  /// One row, always.
  void change_one(Tenant& tenant) {
    const std::string fresh = std::to_string(++fresh_);
    switch (below(tenant.shares_tables() ? 8 : 6)) {
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
      case 5:
        if (change("DELETE FROM payments WHERE id = " + id(tenant.payments)) == 0) {
          insert_payments(tenant, 1);
        }
        return;
      case 6: insert_lines(tenant, 1); return;
      default:
        if (change("UPDATE invoice_lines SET unit_price = " + fresh + " + 0.5 WHERE invoice_id = " +
                   id(tenant.invoices) + " ORDER BY position LIMIT 1") == 0) {
          insert_lines(tenant, 1);
        }
    }
  }

  void insert_invoice(Tenant& tenant, const std::string& fresh) {
    change("INSERT INTO invoices (customer_id, number, issued_on, due_on, total_gross, created_at" +
           tenant.column() + ") VALUES (" + id(tenant.customers) + ", 'B" + std::to_string(seed_) +
           "-" + fresh + "', '2026-01-02', NULL, 119.95, NOW(6)" + tenant.value() + ")");
  }

  void insert_payments(Tenant& tenant, std::uint64_t count) {
    change("INSERT INTO payments (invoice_id, method, amount, paid_at, reference" +
           tenant.column() + ") SELECT " + id(tenant.invoices) +
           ", 1 + seq % 5, seq + 0.75, NOW(6), CONCAT('load ', seq)" + tenant.value() +
           " FROM seq_1_to_" + std::to_string(count));
    if (!tenant.shares_tables()) tenant.payments.count += count;
  }

  void insert_notes(Tenant& tenant, std::uint64_t count) {
    change("INSERT INTO notes (customer_id, subject, body, created_at" + tenant.column() +
           ") SELECT " + id(tenant.customers) +
           ", CONCAT('call ', seq), REPEAT('said and heard ', 1 + seq % 12), NOW(6)" +
           tenant.value() + " FROM seq_1_to_" + std::to_string(count));
  }

  /// Of an invoice, which says whose they are.
  void insert_lines(Tenant& tenant, std::uint64_t count) {
    const std::string invoice = id(tenant.invoices);
    change(
        "INSERT INTO invoice_lines (invoice_id, position, description, quantity, unit_price)"
        " SELECT " +
        invoice +
        ", seq + (SELECT COALESCE(MAX(position), 0) FROM invoice_lines WHERE"
        " invoice_id = " +
        invoice + "), CONCAT('sold and shipped ', seq), 1 + seq % 9, seq + 0.25 FROM seq_1_to_" +
        std::to_string(count));
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

  void change_many_shared(Tenant& tenant, std::uint64_t count) {
    const std::string mark = std::to_string(++fresh_);
    const std::string own = " WHERE company_id = " + tenant.company;
    switch (below(6)) {
      case 0: insert_payments(tenant, count); return;
      case 1: insert_notes(tenant, count); return;
      case 2: insert_lines(tenant, count); return;
      case 3:
        change_or_insert(
            "UPDATE payments SET amount = amount + 1, reference = 'changed " + mark + "'" + own,
            &Load::insert_payments, tenant, count);
        return;
      case 4:
        change_or_insert(
            "UPDATE invoice_lines SET quantity = quantity + 1 WHERE invoice_id BETWEEN " +
                std::to_string(tenant.invoices.first) + " AND " +
                std::to_string(tenant.invoices.last()),
            &Load::insert_lines, tenant, count);
        return;
      default:
        change_or_insert("DELETE FROM payments" + own, &Load::insert_payments, tenant, count);
    }
  }

  void change_or_insert(const std::string& sql, void (Load::*insert)(Tenant&, std::uint64_t),
                        Tenant& tenant, std::uint64_t count) {
    const std::uint64_t rest = count - change(sql + " ORDER BY id LIMIT " + std::to_string(count));
    if (rest == 0) return;
    (this->*insert)(tenant, rest - rest / 2);
    if (rest > 1) change(sql + " ORDER BY id DESC LIMIT " + std::to_string(rest / 2));
  }

  std::mt19937_64 random_;
  const std::uint64_t seed_;
  std::unique_ptr<MYSQL, Close> connection_;
  std::vector<Tenant> tenants_;
  std::uint64_t fresh_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t transactions_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[2] : "";
  if (!(what == "fill" && argc > 5) && !(what == "rows" && argc == 6) &&
      !(what == "pace" && argc == 5)) {
    std::fputs(
        "usage: apply_load DEFAULTS_FILE fill CHANGES SEED DATABASE…\n"
        "       apply_load DEFAULTS_FILE rows CHANGES SEED DATABASE\n"
        "       apply_load DEFAULTS_FILE pace SECONDS DATABASE\n",
        stderr);
    return 2;
  }
  try {
    Load load(argv[1], what == "pace" ? 0 : number(argv[4]));
    if (what == "rows") {
      load.open_shared(argv[5]);
      load.fill(number(argv[3]));
    } else {
      for (int i = what == "fill" ? 5 : 4; i < argc; ++i)
        load.open(argv[i]);
    }
    if (what == "fill") {
      load.fill(number(argv[3]));
      load.note_end();
    }
    if (what == "pace") load.pace(static_cast<unsigned>(number(argv[3])));
    std::printf("%llu %llu\n", static_cast<unsigned long long>(load.changes()),
                static_cast<unsigned long long>(load.transactions()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "apply_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
