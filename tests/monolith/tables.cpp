#include "tables.hpp"

#include <algorithm>
#include <iterator>

namespace godwit::monolith {

const std::vector<Table>& tables() {
  static const std::vector<Table> kAll = [] {
    std::vector<Table> joined;
    for (auto&& part : {reference_tables(), people_tables(), product_tables(), sales_tables(),
                        activity_tables()}) {
      std::copy(part.begin(), part.end(), std::back_inserter(joined));
    }
    return joined;
  }();
  return kAll;
}

std::string_view other_objects() {
  return R"(CREATE SEQUENCE invoice_numbers START WITH 1000000 INCREMENT BY 1 CACHE 100
$$
CREATE SQL SECURITY INVOKER VIEW open_invoices AS
SELECT i.id, i.number, c.name AS customer, i.due_on, i.balance
FROM invoices AS i JOIN customers AS c ON c.id = i.customer_id
WHERE i.status IN ('sent', 'overdue')
$$
CREATE TRIGGER invoices_version BEFORE UPDATE ON invoices FOR EACH ROW
SET NEW.version = OLD.version + 1
)";
}

}  // namespace godwit::monolith
