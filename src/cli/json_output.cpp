#include "json_output.hpp"

#include <ostream>

namespace godwit::cli {

namespace {

constexpr int kIndent = 2;

/// Names from a database may hold anything: what isn't UTF-8 becomes U+FFFD, never an exception.
std::string text_of(const Json& json) {
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace);
}

Json document_of(std::string_view command, const Json& body) {
  Json document{{"schema_version", kJsonSchemaVersion}, {"command", command}};
  document.update(body);
  return document;
}

}  // namespace

void print_json(std::ostream& out, std::string_view command, const Json& body) {
  out << text_of(document_of(command, body)) << std::endl;
}

void print_json_line(std::ostream& out, std::string_view command, const Json& body) {
  out << document_of(command, body).dump(-1, ' ', false, Json::error_handler_t::replace)
      << std::endl;
}

void print_json_list(std::ostream& out, std::string_view command, const Json& body,
                     std::string_view list, std::size_t count,
                     const std::function<Json(std::size_t)>& element) {
  const std::string text = text_of(document_of(command, body));
  // two spaces stand before the document's own fields only, and a text can't hold a line's end
  const std::string mark = "\n  \"" + std::string(list) + "\": [";
  const std::size_t found = text.find(mark + "]");
  if (found == std::string::npos) {
    throw Error(ErrorKind::internal, "no empty list '" + std::string(list) + "' in the document");
  }
  const std::size_t begin = found + mark.size();
  out << text.substr(0, begin);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string own = text_of(element(i));
    std::string shown = i == 0 ? "\n    " : ",\n    ";
    for (const char c : own) {
      shown += c;
      if (c == '\n') shown += "    ";
    }
    out << shown;
  }
  if (count > 0) out << "\n  ";
  out << text.substr(begin) << std::endl;
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
