// What is sold: a tree of categories, products, prices with a composite key.
#include "tables.hpp"

namespace godwit::monolith {

std::vector<Table> product_tables() {
  return {
      {"categories",
       Ownership::owned,
       3,
       2,
       R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  parent_id INT UNSIGNED NULL,
  name VARCHAR(80) NOT NULL,
  position SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY categories_parent (parent_id, position),
#rows KEY categories_company (company_id),
#rows CONSTRAINT categories_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT categories_parent FOREIGN KEY (parent_id) REFERENCES categories (id) ON DELETE CASCADE
) ENGINE=InnoDB COMMENT='a tree')",
       {{"id", "{id}"},
        // A parent always has a smaller number, so there is no circle.
        {"parent_id", "IF({seq} <= 2, NULL, {base:categories} + 1 + {r} % ({seq} - 1))"},
        {"name", "CONCAT({pick:products}, ' ', {seq})"},
        {"position", "{r} % 200 - 100"}}},

      {"products",
       Ownership::owned,
       0,
       20,
       R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  category_id INT UNSIGNED NULL,
  sku VARCHAR(24) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  description MEDIUMTEXT NULL,
  unit VARCHAR(8) NOT NULL DEFAULT 'pc',
  unit_price DECIMAL(12,4) NOT NULL,
  weight_kg FLOAT NULL,
  stock MEDIUMINT NOT NULL DEFAULT 0,
  sold_total BIGINT UNSIGNED NOT NULL DEFAULT 0,
  discontinued TINYINT(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
#database UNIQUE KEY products_sku (sku),
#rows UNIQUE KEY products_sku (company_id, sku),
  KEY products_category (category_id),
  KEY products_description (description(30)),
  FULLTEXT KEY products_text (name, description),
#rows CONSTRAINT products_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES categories (id)
    ON DELETE SET NULL,
  CONSTRAINT products_price CHECK (unit_price >= 0)
) ENGINE=InnoDB)",
       {{"id", "{id}"},
        {"category_id", "IF({r:has} % 10 = 0, NULL, {ref:categories})"},
        {"sku", "CONCAT('ÄP-', {seq}, '/', {r} % 1000)"},
        {"name", "CONCAT({pick:adjectives}, ' ', {pick:products:noun})"},
        {"description",
         "IF({r:has} % 5 = 0, NULL, CONCAT_WS(' ', {pick:adjectives}, {pick:products:noun}, "
         "{pick:sentences:text}))"},
        {"unit", "{pick:units}"},
        {"unit_price", "{r} % 100000000 / 10000"},
        {"weight_kg", "IF({r:has} % 6 = 0, NULL, {r} % 100000 / 128)"},
        {"stock", "{r} % 100000 - 500"},
        {"sold_total", "{r} * 4294967296 + {r:low}"},
        {"discontinued", "{r} % 12 = 0"}}},

      {"product_prices",
       Ownership::inherited,
       0,
       30,
       R"((
  product_id INT UNSIGNED NOT NULL,
  currency_code CHAR(3) CHARACTER SET ascii NOT NULL,
  valid_from DATE NOT NULL DEFAULT '2020-01-01',
  price DECIMAL(12,4) NOT NULL,
  PRIMARY KEY (product_id, currency_code, valid_from),
  KEY product_prices_currency (currency_code),
  CONSTRAINT product_prices_product FOREIGN KEY (product_id) REFERENCES products (id)
    ON DELETE CASCADE,
  CONSTRAINT product_prices_currency FOREIGN KEY (currency_code) REFERENCES currencies (code)
) ENGINE=InnoDB)",
       {{"product_id", "{parent:products}"},
        {"currency_code", "{pick:currency_codes}"},
        // The number within the product makes the key unique whatever the currency.
        {"valid_from", "'2020-01-01' + INTERVAL {nth_child:products} MONTH"},
        {"price", "{r} % 100000000 / 10000"}}},
  };
}

}  // namespace godwit::monolith
