// Collects the findings of one schema, with objects named as on the source.
#pragma once

#include <string>
#include <utility>

#include "godwit/core/finding.hpp"

namespace godwit::schema {

class FindingSink {
 public:
  FindingSink(std::string database, Findings& findings)
      : database_(std::move(database)), findings_(findings) {}

  /// `object` within the database: "table", "table.column", "table.index".
  void add(const char* code, Severity severity, const std::string& object, std::string message,
           std::string fix, std::string source_text = {}) {
    findings_.push_back({code, severity, database_ + "." + object, std::move(message),
                         std::move(fix), std::move(source_text)});
  }

 private:
  std::string database_;
  Findings& findings_;
};

}  // namespace godwit::schema
