// Reference data: small, the same for every tenant, shared in rows tenancy.
#include "tables.hpp"

namespace godwit::monolith {

std::vector<Table> reference_tables() {
  return {
      {"countries",
       Ownership::shared,
       20,
       0,
       R"((
  code CHAR(2) CHARACTER SET ascii NOT NULL,
  name VARCHAR(60) NOT NULL,
  phone_prefix SMALLINT UNSIGNED NOT NULL,
  in_union TINYINT(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (code)
) ENGINE=InnoDB COMMENT='ISO 3166, the countries we \'really\' ship to')",
       {{"code", "{nth:country_codes}"},
        {"name", "{nth:countries}"},
        {"phone_prefix", "30 + {seq}"},
        {"in_union", "{seq} % 3 > 0"}}},

      {"currencies",
       Ownership::shared,
       8,
       0,
       R"((
  code CHAR(3) CHARACTER SET ascii NOT NULL,
  name VARCHAR(40) NOT NULL,
  digits TINYINT UNSIGNED NOT NULL DEFAULT 2,
  PRIMARY KEY (code)
) ENGINE=InnoDB)",
       {{"code", "{nth:currency_codes}"},
        {"name", "{nth:currencies}"},
        {"digits", "IF({seq} = 6, 0, 2)"}}},

      {"vat_rates",
       Ownership::shared,
       40,
       0,
       R"((
  country_code CHAR(2) CHARACTER SET ascii NOT NULL,
  valid_from DATE NOT NULL,
  rate DECIMAL(5,2) NOT NULL COMMENT 'in %, not a fraction',
  PRIMARY KEY (country_code, valid_from),
  CONSTRAINT vat_rates_country FOREIGN KEY (country_code) REFERENCES countries (code)
) ENGINE=InnoDB)",
       {{"country_code", "{nth:country_codes:2}"},
        {"valid_from", "ELT(1 + {seq} % 2, '2015-01-01', '2021-07-01')"},
        {"rate", "15 + {seq} / 4"}}},

      {"exchange_rates",
       Ownership::shared,
       32,
       0,
       R"((
  currency_code CHAR(3) CHARACTER SET ascii NOT NULL,
  day DATE NOT NULL,
  rate DECIMAL(18,8) UNSIGNED NOT NULL,
  source YEAR NOT NULL DEFAULT 2024,
  PRIMARY KEY (currency_code, day),
  CONSTRAINT exchange_rates_currency FOREIGN KEY (currency_code) REFERENCES currencies (code)
) ENGINE=InnoDB)",
       {{"currency_code", "{nth:currency_codes:4}"},
        {"day", "'2024-02-27' + INTERVAL {seq} % 4 DAY"},
        {"rate", "0.5 + {seq} / 7"},
        {"source", "2020 + {seq} % 5"}}},
  };
}

}  // namespace godwit::monolith
