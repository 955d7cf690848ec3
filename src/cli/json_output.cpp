#include "json_output.hpp"

#include <ostream>

namespace godwit::cli {

void print_json(std::ostream& out, std::string_view command, const Json& body) {
  Json document{{"schema_version", kJsonSchemaVersion}, {"command", command}};
  document.update(body);
  // names from a database may hold anything: what isn't UTF-8 becomes U+FFFD, never an exception
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
}

Json error_json(const Error& error) {
  return Json{{"kind", name(error.kind())},
              {"message", error.what()},
              {"hint", error.hint()},
              {"retryable", error.retryable()}};
}

Json findings_json(const Findings& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"code", finding.code},
                    {"severity", name(finding.severity)},
                    {"object", finding.object},
                    {"message", finding.message},
                    {"fix", finding.fix},
                    {"source_text", finding.source_text}});
  }
  return list;
}

}  // namespace godwit::cli
