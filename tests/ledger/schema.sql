# The tables of one tenant in the ledger test. Lines that begin with `#database` are for tenants in
# databases of their own, those with `#rows` for tenants in shared tables, `#myisam` for the option;
# tests/ledger/make_tenants takes them out or in, and puts the number of rows for {rows}.

CREATE TABLE currencies (
  code CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  rate DECIMAL(18,8) NOT NULL
) ENGINE=InnoDB;
INSERT INTO currencies VALUES ('EUR', 1), ('USD', 1.08), ('JPY', 162.5), ('BHD', 0.41);

#rows CREATE TABLE tenants (
#rows   id INT NOT NULL PRIMARY KEY,
#rows   slug VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE
#rows ) ENGINE=InnoDB;
#rows INSERT INTO tenants SELECT seq, CONCAT('{prefix}', LPAD(seq, 4, '0')) FROM seq_1_to_{tenants};

# One parent, three hops of ON DELETE CASCADE below, SET NULL above, and a key to itself.
CREATE TABLE regions (
  id INT NOT NULL PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  name VARCHAR(60) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE accounts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  code VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  region_id INT NULL,
  parent_id BIGINT UNSIGNED NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  balance DECIMAL(20,4) NOT NULL DEFAULT 0,
  opened_at DATETIME(6) NOT NULL,
  KEY (region_id), KEY (parent_id), KEY (currency),
  FOREIGN KEY (region_id) REFERENCES regions (id) ON DELETE SET NULL ON UPDATE CASCADE,
  FOREIGN KEY (parent_id) REFERENCES accounts (id) ON DELETE SET NULL,
  FOREIGN KEY (currency) REFERENCES currencies (code)
) ENGINE=InnoDB;

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  account_id BIGINT UNSIGNED NOT NULL,
  status ENUM('new','paid','shipped','lost') NOT NULL DEFAULT 'new',
  total DECIMAL(14,2) NOT NULL DEFAULT 0,
  placed_at TIMESTAMP(3) NULL,
  note TEXT NULL,
  KEY (account_id),
  FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE order_lines (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  position INT NOT NULL,
  item VARCHAR(120) NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL,
  price DECIMAL(12,4) NOT NULL,
  UNIQUE KEY (order_id, position),
  FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE line_notes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  line_id BIGINT UNSIGNED NOT NULL,
  body TEXT NOT NULL,
  KEY (line_id),
  FOREIGN KEY (line_id) REFERENCES order_lines (id) ON DELETE CASCADE
) ENGINE=InnoDB;

# Two hops of ON UPDATE CASCADE, the second one over a primary key.
CREATE TABLE shelves (
  code INT NOT NULL PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  place VARCHAR(40) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE bins (
  code INT NOT NULL PRIMARY KEY,
  depth FLOAT NOT NULL,
  FOREIGN KEY (code) REFERENCES shelves (code) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB;

CREATE TABLE items (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  bin_code INT NULL,
  name VARCHAR(80) NOT NULL,
  KEY (bin_code),
  FOREIGN KEY (bin_code) REFERENCES bins (code) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB;

# A tree in one table.
CREATE TABLE nodes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  parent_id BIGINT UNSIGNED NULL,
  label VARCHAR(60) NOT NULL,
  KEY (parent_id),
  FOREIGN KEY (parent_id) REFERENCES nodes (id) ON DELETE CASCADE
) ENGINE=InnoDB;

# Unique values that change places, and primary keys that change.
CREATE TABLE slots (
  id BIGINT NOT NULL PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   UNIQUE KEY slots_place (tenant_id, place),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
#database   UNIQUE KEY slots_place (place),
  place BIGINT NOT NULL,
  label VARCHAR(60) NULL
) ENGINE=InnoDB;

# What REPLACE finds by two keys.
CREATE TABLE settings (
#rows   tenant_id INT NOT NULL,
#rows   PRIMARY KEY (tenant_id, name),
#rows   UNIQUE KEY settings_serial (tenant_id, serial),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
#database   PRIMARY KEY (name),
#database   UNIQUE KEY settings_serial (serial),
  name VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  serial INT NULL,
  value VARBINARY(200) NOT NULL,
  version INT NOT NULL DEFAULT 1
) ENGINE=InnoDB;

# No key: rows may be there twice.
CREATE TABLE event_log (
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  kind TINYINT NOT NULL,
  at DATETIME(3) NULL,
  message VARCHAR(100) NULL,
  amount DECIMAL(10,2) NULL,
  ratio DOUBLE NULL
) ENGINE=InnoDB;

# Filled by large transactions; emptied by TRUNCATE.
CREATE TABLE staging (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  batch INT NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  line VARCHAR(200) NULL
) ENGINE=InnoDB;

# The common types.
CREATE TABLE samples (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
#rows   tenant_id INT NOT NULL,
#rows   KEY (tenant_id),
#rows   FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  tiny TINYINT NULL,
  tiny_unsigned TINYINT UNSIGNED NULL,
  small SMALLINT NULL,
  medium MEDIUMINT NULL,
  medium_unsigned MEDIUMINT UNSIGNED NULL,
  whole INT NULL,
  whole_unsigned INT UNSIGNED NULL,
  big BIGINT NULL,
  big_unsigned BIGINT UNSIGNED NULL,
  exact DECIMAL(20,6) NULL,
  wide DECIMAL(65,30) NULL,
  narrow FLOAT NULL,
  broad DOUBLE NULL,
  flags BIT(17) NULL,
  born YEAR NULL,
  day DATE NULL,
  at DATETIME NULL,
  at_micro DATETIME(6) NULL,
  stamp TIMESTAMP(3) NULL,
  lasted TIME(2) NULL,
  code CHAR(12) NULL,
  title VARCHAR(200) NULL,
  latin VARCHAR(60) CHARACTER SET latin1 NULL,
  body MEDIUMTEXT NULL,
  raw BINARY(8) NULL,
  raw_short VARBINARY(100) NULL,
  raw_long LONGBLOB NULL,
  mood ENUM('low','normal','high','très haut') NULL,
  tags SET('a','b','c','ü') NULL,
  document JSON NULL,
  token UUID NULL,
  address INET6 NULL
) ENGINE=InnoDB;

#myisam CREATE TABLE visits (
#myisam   id INT NOT NULL PRIMARY KEY,
#rowsmyisam   tenant_id INT NOT NULL,
#rowsmyisam   KEY (tenant_id),
#myisam   page VARCHAR(80) NOT NULL,
#myisam   hits INT NOT NULL
#myisam ) ENGINE=MyISAM;

# What the writers begin with, for each tenant.
#rows INSERT INTO regions SELECT t.id * 1000 + seq, t.id, CONCAT('region ', seq) FROM tenants t, seq_1_to_5;
#database INSERT INTO regions SELECT seq, CONCAT('region ', seq) FROM seq_1_to_5;
#rows INSERT INTO accounts (tenant_id, code, region_id, currency, balance, opened_at)
#rows   SELECT t.id, CONCAT('first-', t.id, '-', seq), t.id * 1000 + 1 + seq % 5, ELT(1 + seq % 3, 'EUR', 'USD', 'JPY'), seq / 8,
#rows   '2020-01-01' + INTERVAL seq MICROSECOND FROM tenants t, seq_1_to_{rows};
#database INSERT INTO accounts (code, region_id, currency, balance, opened_at)
#database   SELECT CONCAT('first-', seq), 1 + seq % 5, ELT(1 + seq % 3, 'EUR', 'USD', 'JPY'), seq / 8,
#database   '2020-01-01' + INTERVAL seq MICROSECOND FROM seq_1_to_{rows};
#rows INSERT INTO orders (tenant_id, account_id, total, placed_at)
#rows   SELECT tenant_id, id, balance, FROM_UNIXTIME(1500000000 + id) FROM accounts;
#database INSERT INTO orders (account_id, total, placed_at)
#database   SELECT id, balance, FROM_UNIXTIME(1500000000 + id) FROM accounts;
INSERT INTO order_lines (order_id, position, item, quantity, price)
  SELECT o.id, seq, CONCAT('item ', o.id), seq, o.id / 7 FROM orders o, seq_1_to_3;
INSERT INTO line_notes (line_id, body) SELECT id, REPEAT('note ', 1 + id % 9) FROM order_lines WHERE id % 3 = 0;
#rows INSERT INTO shelves SELECT t.id * 1000 + seq, t.id, CONCAT('shelf ', seq) FROM tenants t, seq_1_to_6;
#database INSERT INTO shelves SELECT seq, CONCAT('shelf ', seq) FROM seq_1_to_6;
INSERT INTO bins SELECT code, code / 3 FROM shelves;
#rows INSERT INTO items (tenant_id, bin_code, name) SELECT tenant_id, code, place FROM shelves;
#database INSERT INTO items (bin_code, name) SELECT code, place FROM shelves;
#rows INSERT INTO slots SELECT t.id * 1000 + seq, t.id, seq, CONCAT('slot ', seq) FROM tenants t, seq_1_to_12;
#database INSERT INTO slots (id, place, label) SELECT seq, seq, CONCAT('slot ', seq) FROM seq_1_to_12;
