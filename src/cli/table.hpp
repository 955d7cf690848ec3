// Text tables with aligned columns, for people; machines use --json.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace godwit::cli {

class TextTable {
 public:
  enum class Align { left, right };
  explicit TextTable(std::vector<std::string> header, std::vector<Align> align = {});
  void add(std::vector<std::string> row);
  void print(std::ostream& out) const;
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }

 private:
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

/// 0.0123 → "12 ms", 3.21 → "3.2 s", 100 → "1 min 40 s"
std::string human_seconds(double seconds);

}  // namespace godwit::cli
