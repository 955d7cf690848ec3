// Quotes, invoices, their lines, and payments: most of the rows and most of the foreign keys.
#include "tables.hpp"

namespace godwit::monolith {
namespace {

Table quotes() {
  return {"quotes",
          Ownership::owned,
          0,
          40,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  contact_id INT UNSIGNED NULL,
  number VARCHAR(20) NOT NULL,
  status ENUM('draft','sent','accepted','refused','expired') NOT NULL DEFAULT 'draft',
  valid_until DATE NULL,
  total_net DECIMAL(14,2) NOT NULL DEFAULT 0.00,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
#database UNIQUE KEY quotes_number (number),
#rows UNIQUE KEY quotes_number (company_id, number),
  KEY quotes_customer (customer_id, created_at),
  KEY quotes_contact (contact_id),
#rows CONSTRAINT quotes_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT quotes_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
  CONSTRAINT quotes_contact FOREIGN KEY (contact_id) REFERENCES contacts (id) ON DELETE SET NULL
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"customer_id", "{ref:customers}"},
           {"contact_id", "IF({r:has} % 4 = 0, NULL, {ref:contacts})"},
           {"number", "CONCAT('Q-', 2018 + {seq} % 7, '-', LPAD({seq}, 8, '0'))"},
           {"status", "1 + {r} % 5"},
           {"valid_until", "IF({r:has} % 9 = 0, NULL, {date})"},
           {"total_net", "{r} % 100000000 / 100"},
           {"created_at", "{datetime6}"}}};
}

Table quote_lines() {
  return {
      "quote_lines",
      Ownership::inherited,
      0,
      100,
      R"((
  quote_id INT UNSIGNED NOT NULL,
  line_no SMALLINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NULL,
  description VARCHAR(200) NOT NULL,
  quantity DECIMAL(10,3) NOT NULL,
  unit_price DECIMAL(12,4) NOT NULL,
  PRIMARY KEY (quote_id, line_no),
  KEY quote_lines_product (product_id),
  CONSTRAINT quote_lines_quote FOREIGN KEY (quote_id) REFERENCES quotes (id) ON DELETE CASCADE,
  CONSTRAINT quote_lines_product FOREIGN KEY (product_id) REFERENCES products (id)
    ON DELETE SET NULL
) ENGINE=InnoDB)",
      {{"quote_id", "{parent:quotes}"},
       {"line_no", "{nth_child:quotes}"},
       {"product_id", "IF({r:has} % 15 = 0, NULL, {ref:products})"},
       {"description", "CONCAT({pick:adjectives}, ' ', {pick:products:noun}, ' ', {r:no} % 1000)"},
       {"quantity", "1 + {r} % 100000 / 1000"},
       {"unit_price", "{r} % 10000000 / 10000"}}};
}

Table invoices() {
  return {"invoices",
          Ownership::owned,
          0,
          100,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  quote_id INT UNSIGNED NULL,
  number VARCHAR(20) NOT NULL,
  status ENUM('draft','sent','paid','overdue','cancelled') NOT NULL DEFAULT 'draft',
  currency_code CHAR(3) CHARACTER SET ascii NOT NULL DEFAULT 'EUR',
  issued_on DATE NOT NULL,
  due_on DATE NULL,
  total_gross DECIMAL(14,2) NOT NULL DEFAULT 0.00,
  total_paid DECIMAL(14,2) NOT NULL DEFAULT 0.00,
  balance DECIMAL(15,2) GENERATED ALWAYS AS (total_gross - total_paid) STORED,
  version INT NOT NULL DEFAULT 1,
  created_at DATETIME(6) NOT NULL,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
#database UNIQUE KEY invoices_number (number),
#rows UNIQUE KEY invoices_number (company_id, number),
  KEY invoices_customer (customer_id, issued_on),
  KEY invoices_quote (quote_id),
  KEY invoices_currency (currency_code),
  KEY invoices_due (status, due_on),
#rows CONSTRAINT invoices_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT invoices_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
  CONSTRAINT invoices_quote FOREIGN KEY (quote_id) REFERENCES quotes (id) ON DELETE SET NULL,
  CONSTRAINT invoices_currency FOREIGN KEY (currency_code) REFERENCES currencies (code),
  CONSTRAINT invoices_total CHECK (total_paid >= 0)
) ENGINE=InnoDB COMMENT='number comes from the sequence "invoice_numbers"')",
          {{"id", "{id}"},
           {"customer_id", "{ref:customers}"},
           {"quote_id", "IF({r:has} % 3 = 0, NULL, {ref:quotes})"},
           {"number", "CONCAT('INV', LPAD({seq}, 9, '0'))"},
           {"status", "1 + {r} % 5"},
           {"currency_code", "{pick:currency_codes}"},
           {"issued_on", "{date:day}"},
           {"due_on", "IF({r:has} % 20 = 0, NULL, {date:day} + INTERVAL 30 DAY)"},
           {"total_gross", "{r} % 100000000 / 100 - 1000"},
           {"total_paid", "{r} % 1000000 / 100"},
           {"version", "1 + {r} % 9"},
           {"created_at", "{datetime6}"},
           {"updated_at", "{datetime}"}}};
}

Table invoice_lines() {
  return {
      "invoice_lines",
      Ownership::inherited,
      0,
      250,
      R"((
  id BIGINT NOT NULL AUTO_INCREMENT,
  invoice_id INT UNSIGNED NOT NULL,
  position SMALLINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NULL,
  quote_id INT UNSIGNED NULL,
  quote_line_no SMALLINT UNSIGNED NULL,
  description VARCHAR(200) NOT NULL,
  quantity DECIMAL(10,3) NOT NULL,
  unit_price DECIMAL(12,4) NOT NULL,
  vat_rate DECIMAL(5,2) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY invoice_lines_position (invoice_id, position),
  KEY invoice_lines_product (product_id),
  KEY invoice_lines_quote_line (quote_id, quote_line_no),
  CONSTRAINT invoice_lines_invoice FOREIGN KEY (invoice_id) REFERENCES invoices (id)
    ON DELETE CASCADE,
  CONSTRAINT invoice_lines_product FOREIGN KEY (product_id) REFERENCES products (id),
  CONSTRAINT invoice_lines_quote_line FOREIGN KEY (quote_id, quote_line_no)
    REFERENCES quote_lines (quote_id, line_no) ON DELETE SET NULL
) ENGINE=InnoDB)",
      {{"id", "{id}"},
       {"invoice_id", "{parent:invoices}"},
       {"position", "{nth_child:invoices}"},
       {"product_id", "IF({r:has} % 10 = 0, NULL, {ref:products})"},
       // Both or neither; a quote that has lines has a first one.
       {"quote_id", "IF({r:quoted} % 10 < 8, NULL, {with_children:quotes:quote_lines})"},
       {"quote_line_no", "IF({r:quoted} % 10 < 8, NULL, 1)"},
       {"description", "CONCAT({pick:adjectives}, ' ', {pick:products:noun}, ' ', {r:no} % 1000)"},
       {"quantity", "{r} % 100000 / 1000 - 10"},
       {"unit_price", "{r} % 10000000 / 10000"},
       {"vat_rate", "IF({r:has} % 30 = 0, NULL, 5 * ({r} % 6))"}}};
}

Table line_discounts() {
  return {"line_discounts",
          Ownership::inherited,
          0,
          15,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  invoice_line_id BIGINT NOT NULL,
  percent DECIMAL(5,2) NOT NULL,
  reason VARCHAR(120) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY line_discounts_line (invoice_line_id),
  CONSTRAINT line_discounts_line FOREIGN KEY (invoice_line_id) REFERENCES invoice_lines (id)
    ON DELETE CASCADE
) ENGINE=InnoDB COMMENT='two steps from its company')",
          {{"id", "{id}"},
           {"invoice_line_id", "{ref:invoice_lines}"},
           {"percent", "{r} % 5000 / 100"},
           {"reason", "{pick:labels}"}}};
}

Table payments() {
  return {"payments",
          Ownership::owned,
          0,
          80,
          R"((
  id BIGINT NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  invoice_id INT UNSIGNED NOT NULL,
  method ENUM('transfer','card','cash','sepa','cheque') NOT NULL,
  amount DECIMAL(14,2) NOT NULL,
  paid_at DATETIME(6) NOT NULL,
  booked_at TIMESTAMP NULL DEFAULT NULL,
  reference VARCHAR(40) COLLATE utf8mb4_bin NULL,
  PRIMARY KEY (id),
  KEY payments_invoice (invoice_id),
#rows KEY payments_company (company_id),
#rows CONSTRAINT payments_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT payments_invoice FOREIGN KEY (invoice_id) REFERENCES invoices (id)
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"invoice_id", "{ref:invoices}"},
           {"method", "1 + {r} % 5"},
           {"amount", "{r} % 100000000 / 100 - 500000"},
           {"paid_at", "{datetime6}"},
           {"booked_at", "IF({r:has} % 5 = 0, NULL, {datetime})"},
           {"reference", "IF({r:has} % 3 = 0, NULL, UPPER(LEFT(MD5({r}), 12 + {r} % 20)))"}}};
}

}  // namespace

std::vector<Table> sales_tables() {
  return {quotes(), quote_lines(), invoices(), invoice_lines(), line_discounts(), payments()};
}

}  // namespace godwit::monolith
