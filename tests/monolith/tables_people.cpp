// Who works here and who is worked for: teams and users (a cycle of foreign keys), customers.
#include "tables.hpp"

namespace godwit::monolith {
namespace {

Table teams() {
  return {"teams",
          Ownership::owned,
          1,
          1,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  name VARCHAR(60) NOT NULL,
  leader_id INT UNSIGNED NULL COMMENT 'a user; the user\'s team may be another one',
  PRIMARY KEY (id),
  KEY teams_leader (leader_id),
#rows KEY teams_company (company_id),
#rows CONSTRAINT teams_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT teams_leader FOREIGN KEY (leader_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"name", "CONCAT('Team ', {pick:cities}, ' ', {seq})"},
           {"leader_id", "IF({r} % 10 = 0, NULL, {ref:users})"}}};
}

Table users() {
  return {"users",
          Ownership::owned,
          2,
          3,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  team_id INT UNSIGNED NULL,
  email VARCHAR(120) COLLATE utf8mb4_unicode_ci NOT NULL,
  full_name VARCHAR(160) NOT NULL,
  password_hash BINARY(32) NOT NULL,
  role ENUM('owner','admin','seller','accountant','read only') NOT NULL DEFAULT 'seller',
  is_active TINYINT(1) NOT NULL DEFAULT 1,
  last_login TIMESTAMP(3) NULL DEFAULT NULL,
  PRIMARY KEY (id),
#database UNIQUE KEY users_email (email),
#rows UNIQUE KEY users_email (company_id, email),
  KEY users_team (team_id),
#rows CONSTRAINT users_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT users_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE SET NULL
) ENGINE=InnoDB COMMENT='log-ins, "owner" first')",
          {{"id", "{id}"},
           {"team_id", "IF({r} % 20 = 0, NULL, {ref:teams})"},
           {"email", "CONCAT('User.', {seq}, '@Example.com')"},
           {"full_name", "CONCAT({pick:first_names}, ' ', {pick:last_names:last})"},
           {"password_hash", "UNHEX(SHA2({r}, 256))"},
           {"role", "1 + {r} % 5"},
           {"is_active", "{r} % 9 > 0"},
           {"last_login",
            "IF({r} % 6 = 0, NULL, '2024-01-01' + INTERVAL {r:when} % 31536000000 * 1000 "
            "MICROSECOND)"}}};
}

Table customers() {
  return {"customers",
          Ownership::owned,
          0,
          60,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  code VARCHAR(16) NOT NULL COMMENT 'the customer\'s "short" code; upper and lower case are one',
  name VARCHAR(120) NOT NULL,
  legacy_name VARCHAR(80) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  status ENUM('lead','active','dormant','blocked') NOT NULL DEFAULT 'lead',
  tags SET('vip','export','reseller','public','late payer') NOT NULL DEFAULT '',
  country_code CHAR(2) CHARACTER SET ascii NOT NULL,
  currency_code CHAR(3) CHARACTER SET ascii NOT NULL DEFAULT 'EUR',
  owner_id INT UNSIGNED NULL,
  credit_limit DECIMAL(14,2) NULL,
  discount DECIMAL(5,4) NOT NULL DEFAULT 0.0000,
  is_company TINYINT(1) NOT NULL DEFAULT 1,
  newsletter BIT(1) NOT NULL DEFAULT b'0',
  external_ref UUID NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
#database UNIQUE KEY customers_code (code),
#rows UNIQUE KEY customers_code (company_id, code),
  KEY customers_name (name(20)),
  KEY customers_country (country_code),
  KEY customers_currency (currency_code),
  KEY customers_owner (owner_id),
  KEY customers_recent (created_at DESC, status),
#rows CONSTRAINT customers_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT customers_country FOREIGN KEY (country_code) REFERENCES countries (code),
  CONSTRAINT customers_currency FOREIGN KEY (currency_code) REFERENCES currencies (code),
  CONSTRAINT customers_owner FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE=InnoDB COMMENT='who we sell to; "lead" until the first order')",
          {{"id", "{id}"},
           {"code", "CONCAT('C', LPAD({seq}, 7, '0'), ELT(1 + {r} % 3, 'a', 'B', ''))"},
           {"name", "CONCAT({pick:companies}, ' ', {pick:company_forms:form})"},
           {"legacy_name", "IF({r:has} % 4 = 0, NULL, {pick:companies})"},
           {"status", "1 + {r} % 4"},
           {"tags", "{r} % 32"},
           {"country_code", "{pick:country_codes}"},
           {"currency_code", "{pick:currency_codes}"},
           {"owner_id", "IF({r:has} % 8 = 0, NULL, {ref:users})"},
           {"credit_limit", "IF({r:has} % 5 = 0, NULL, {r} % 10000000 / 100)"},
           {"discount", "{r} % 3000 / 10000"},
           {"is_company", "{r} % 5 > 0"},
           {"newsletter", "{r} % 3 = 0"},
           {"external_ref", "IF({r} % 2 = 0, NULL, {uuid})"},
           {"created_at", "{datetime6}"},
           {"updated_at", "{datetime}"}}};
}

Table contacts() {
  return {
      "contacts",
      Ownership::owned,
      0,
      80,
      R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  title VARCHAR(12) NOT NULL DEFAULT '',
  first_name VARCHAR(80) NOT NULL,
  last_name VARCHAR(80) NOT NULL,
  full_name VARCHAR(161) GENERATED ALWAYS AS (CONCAT(first_name, ' ', last_name)) VIRTUAL,
  email VARCHAR(190) NULL,
  phone VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  born_on DATE NULL,
  PRIMARY KEY (id),
  KEY contacts_customer (customer_id, last_name),
  KEY contacts_email (email(32)),
#rows KEY contacts_company (company_id),
#rows CONSTRAINT contacts_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT contacts_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB)",
      {{"id", "{id}"},
       {"customer_id", "{ref:customers}"},
       {"title", "{pick:titles}"},
       {"first_name", "{pick:first_names}"},
       {"last_name", "{pick:last_names}"},
       {"email", "IF({r} % 7 = 0, NULL, CONCAT('contact', {seq}, '@mail-', {r} % 97, '.example'))"},
       {"phone", "IF({r:has} % 3 = 0, NULL, CONCAT('+', 30 + {r} % 60, ' ', {r:digits}))"},
       {"born_on", "IF({r:has} % 2 = 0, NULL, '1940-01-01' + INTERVAL {r} % 24000 DAY)"}}};
}

Table addresses() {
  return {"addresses",
          Ownership::owned,
          0,
          60,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  kind ENUM('billing','delivery','site') NOT NULL,
  street VARCHAR(120) NOT NULL,
  postcode VARCHAR(12) NOT NULL,
  city VARCHAR(80) NOT NULL,
  country_code CHAR(2) CHARACTER SET ascii NOT NULL,
  latitude DOUBLE NULL,
  longitude DOUBLE NULL,
  PRIMARY KEY (id),
  KEY addresses_customer (customer_id, kind),
  KEY addresses_country (country_code),
#rows KEY addresses_company (company_id),
#rows CONSTRAINT addresses_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT addresses_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
  CONSTRAINT addresses_country FOREIGN KEY (country_code) REFERENCES countries (code)
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"customer_id", "{ref:customers}"},
           {"kind", "1 + {r} % 3"},
           {"street", "CONCAT({pick:streets}, ' ', 1 + {r:number} % 180)"},
           {"postcode", "LPAD({r} % 100000, 5, '0')"},
           {"city", "{pick:cities}"},
           {"country_code", "{pick:country_codes}"},
           {"latitude", "IF({r:has} % 3 = 0, NULL, 35 + {r} % 1000003 / 37037.0)"},
           {"longitude", "IF({r:has} % 3 = 0, NULL, -9 + {r} % 1000003 / 29411.0)"}}};
}

Table labels() {
  return {"labels",
          Ownership::owned,
          12,
          0,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  name VARCHAR(40) NOT NULL,
  colour CHAR(7) CHARACTER SET ascii NOT NULL DEFAULT '#000000',
  PRIMARY KEY (id),
#database UNIQUE KEY labels_name (name)
#rows UNIQUE KEY labels_name (company_id, name),
#rows CONSTRAINT labels_company FOREIGN KEY (company_id) REFERENCES companies (id)
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"name", "{nth:labels}"},
           {"colour", "CONCAT('#', LPAD(HEX({r} % 16777216), 6, '0'))"}}};
}

Table customer_labels() {
  return {"customer_labels",
          Ownership::inherited,
          0,
          40,
          R"((
  customer_id INT UNSIGNED NOT NULL,
  label_id INT UNSIGNED NOT NULL,
  added_at DATETIME NOT NULL,
  PRIMARY KEY (customer_id, label_id),
  KEY customer_labels_label (label_id),
  CONSTRAINT customer_labels_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
    ON DELETE CASCADE,
  CONSTRAINT customer_labels_label FOREIGN KEY (label_id) REFERENCES labels (id) ON DELETE CASCADE
) ENGINE=InnoDB COMMENT='n:m')",
          {{"customer_id", "{parent:customers}"},
           // Consecutive numbers within a customer, so never the same label twice.
           {"label_id", "{base:labels} + 1 + {seq} % {count:labels}"},
           {"added_at", "{datetime}"}}};
}

}  // namespace

std::vector<Table> people_tables() {
  return {teams(), users(), customers(), contacts(), addresses(), labels(), customer_labels()};
}

}  // namespace godwit::monolith
