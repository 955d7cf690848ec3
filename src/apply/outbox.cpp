#include "outbox.hpp"

#include <utility>

namespace godwit::apply {

void Outbox::take(postgres::BatchReport report) {
  commits_ += report.commits;
  if (!report.clean() && !failed_) failed_ = std::move(report);
}

bool Outbox::pause() {
  take(pipeline_.sync());
  if (failed_) return false;
  pipeline_.leave();
  return true;
}

postgres::BatchReport Outbox::finish() {
  take(pipeline_.sync());
  postgres::BatchReport report;
  if (failed_) report = *std::exchange(failed_, std::nullopt);
  report.commits = std::exchange(commits_, 0);
  pipeline_.leave();
  return report;
}

void Outbox::rollback() {
  pipeline_.rollback();
  pipeline_.leave();
}

}  // namespace godwit::apply
