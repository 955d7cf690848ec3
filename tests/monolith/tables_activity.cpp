// What happened around the sales: documents, notes, appointments, logs, settings.
#include "tables.hpp"

namespace godwit::monolith {
namespace {

Table documents() {
  return {"documents",
          Ownership::owned,
          0,
          17,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NOT NULL,
  file_name VARCHAR(190) NOT NULL,
  mime_type VARCHAR(60) CHARACTER SET ascii NOT NULL,
  content LONGBLOB NOT NULL,
  sha256 BINARY(32) NULL,
  uploaded_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY documents_customer (customer_id),
#rows KEY documents_company (company_id),
#rows CONSTRAINT documents_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT documents_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"customer_id", "{ref:customers}"},
           {"file_name", "CONCAT({pick:cities}, '-', {seq}, '.bin')"},
           {"mime_type", "{pick:mime_types}"},
           {"content", "{blob}"},
           {"sha256", "IF({r:has} % 3 = 0, NULL, UNHEX(SHA2({r}, 256)))"},
           {"uploaded_at", "{datetime6}"}}};
}

Table notes() {
  return {
      "notes",
      Ownership::owned,
      0,
      50,
      R"((
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  customer_id INT UNSIGNED NULL,
  author_id INT UNSIGNED NULL,
  subject TINYTEXT NULL,
  body TEXT NOT NULL,
  pinned BIT(1) NOT NULL DEFAULT b'0',
  created_at TIMESTAMP(6) NOT NULL,
  PRIMARY KEY (id),
  KEY notes_customer (customer_id, created_at),
  KEY notes_author (author_id),
#rows KEY notes_company (company_id),
#rows CONSTRAINT notes_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT notes_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL,
  CONSTRAINT notes_author FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE=InnoDB COMMENT='what was said 🗒')",
      {{"id", "{id}"},
       {"customer_id", "IF({r:has} % 12 = 0, NULL, {ref:customers})"},
       {"author_id", "IF({r:has} % 15 = 0, NULL, {ref:users})"},
       {"subject", "IF({r:has} % 4 = 0, NULL, CONCAT({pick:entities}, ' ', {pick:labels:label}))"},
       {"body",
        "CONCAT_WS(IF({r:break} % 3 = 0, '\\n', ' '), {pick:sentences:a}, {pick:sentences:b}, "
        "{pick:sentences:c}, IF({r:long} % 40 = 0, REPEAT({pick:sentences:d}, 20), ''))"},
       {"pinned", "{r} % 25 = 0"},
       {"created_at", "{datetime6}"}}};
}

Table appointments() {
  return {"appointments",
          Ownership::owned,
          0,
          20,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  contact_id INT UNSIGNED NULL,
  user_id INT UNSIGNED NOT NULL,
  day DATE NOT NULL,
  starts_at TIME NOT NULL,
  lasts TIME(3) NOT NULL DEFAULT '01:00:00.000',
  all_day BIT(1) NOT NULL DEFAULT b'0',
  place VARCHAR(120) NULL,
  PRIMARY KEY (id),
  KEY appointments_day (day, starts_at),
  KEY appointments_contact (contact_id),
  KEY appointments_user (user_id),
#rows KEY appointments_company (company_id),
#rows CONSTRAINT appointments_company FOREIGN KEY (company_id) REFERENCES companies (id),
  CONSTRAINT appointments_contact FOREIGN KEY (contact_id) REFERENCES contacts (id)
    ON DELETE CASCADE,
  CONSTRAINT appointments_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB)",
          {{"id", "{id}"},
           {"contact_id", "IF({r:has} % 6 = 0, NULL, {ref:contacts})"},
           {"user_id", "{ref:users}"},
           {"day", "{date}"},
           {"starts_at", "SEC_TO_TIME({r} % 86400)"},
           {"lasts", "SEC_TO_TIME({r} % 28800000 / 1000)"},
           {"all_day", "{r} % 10 = 0"},
           {"place", "IF({r:has} % 3 = 0, NULL, {pick:cities})"}}};
}

Table settings() {
  return {"settings",
          Ownership::owned,
          8,
          1,
          R"((
#rows company_id INT UNSIGNED NOT NULL,
  scope VARCHAR(20) CHARACTER SET ascii NOT NULL,
  name VARCHAR(60) NOT NULL,
  value JSON NOT NULL,
  changed_at DATETIME NOT NULL,
#database PRIMARY KEY (scope, name)
#rows PRIMARY KEY (company_id, scope, name),
#rows CONSTRAINT settings_company FOREIGN KEY (company_id) REFERENCES companies (id)
) ENGINE=InnoDB COMMENT='one JSON per name; scope is "user:<n>" or "all"')",
          {{"scope", "CONCAT('user:', ({seq} - 1) DIV 8)"},
           {"name", "{cycle:settings}"},
           {"value",
            "JSON_OBJECT('enabled', {r:on} % 2 = 0, 'label', {pick:sentences}, 'list', "
            "JSON_ARRAY({r} % 10, {r} / 1000, NULL, {pick:labels:label}), 'nested', "
            "JSON_OBJECT('key \"x\"', {pick:cities:city}))"},
           {"changed_at", "{datetime}"}}};
}

// Neither a key nor an index on the tenant: only a scan finds a tenant's rows, and only counting
// tells two equal ones from one.
Table activity_log() {
  return {"activity_log",
          Ownership::owned,
          0,
          150,
          R"((
#rows company_id INT UNSIGNED NOT NULL,
  logged_at DATETIME(6) NOT NULL,
  user_id INT UNSIGNED NULL,
  action ENUM('login','logout','view','create','update','delete','export','print') NOT NULL,
  entity VARCHAR(20) NULL,
  entity_no INT UNSIGNED NULL,
  payload TEXT NULL,
  KEY activity_log_time (logged_at)
) ENGINE=InnoDB COMMENT='append only, no primary key')",
          {{"logged_at", "{datetime6}"},
           {"user_id", "IF({r:has} % 10 = 0, NULL, {ref:users})"},
           {"action", "1 + {r} % 8"},
           {"entity", "IF({r:has} % 8 = 0, NULL, {pick:entities})"},
           {"entity_no", "IF({r:has} % 8 = 0, NULL, {r} % 1000000)"},
           {"payload",
            "IF({r:has} % 9 = 0, NULL, JSON_OBJECT('agent', {pick:agents}, 'ms', {r} % 2000, "
            "'session', MD5({r}), 'note', {pick:sentences:text}))"}}};
}

Table page_views() {
  return {"page_views",
          Ownership::owned,
          0,
          30,
          R"((
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
#rows company_id INT UNSIGNED NOT NULL,
  path VARCHAR(120) NOT NULL,
  viewed_on DATE NOT NULL,
  hits MEDIUMINT UNSIGNED NOT NULL DEFAULT 1,
  milliseconds DOUBLE NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY page_views_day (viewed_on)
) ENGINE=MyISAM COMMENT='not transactional')",
          {{"id", "{id}"},
           {"path", "CONCAT('/', {pick:entities}, '/', {r:no} % 5000, '?q=', {pick:cities})"},
           {"viewed_on", "{date}"},
           {"hits", "1 + {r} % 40"},
           {"milliseconds", "{r} % 100000 / 7.0"}}};
}

}  // namespace

std::vector<Table> activity_tables() {
  return {documents(), notes(), appointments(), settings(), activity_log(), page_views()};
}

}  // namespace godwit::monolith
