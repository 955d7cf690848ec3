#include "godwit/core/byte_budget.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/error.hpp"

namespace godwit {

ByteBudget::Lease::Lease(Lease&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

ByteBudget::Lease& ByteBudget::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void ByteBudget::Lease::release() noexcept {
  if (budget_ != nullptr) std::exchange(budget_, nullptr)->give_back(std::exchange(bytes_, 0));
}

ByteBudget::Lease ByteBudget::acquire(std::size_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  waiting_.push_back(ticket);
  const auto may_take = [&] {
    return waiting_.front() == ticket &&
           (used_ == 0 || (bytes <= limit_ && used_ <= limit_ - bytes));
  };
  const bool granted = freed_.wait(lock, stop, may_take) && !stop.stop_requested();
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), ticket));
  if (granted) used_ += bytes;
  lock.unlock();
  // The next in line may fit beside this one, or has become the first because this one gave up.
  freed_.notify_all();
  if (!granted) throw Error(ErrorKind::cancelled, "stopped while waiting for buffer memory");
  return Lease(this, bytes);
}

std::size_t ByteBudget::used() const {
  const std::scoped_lock lock(mutex_);
  return used_;
}

void ByteBudget::give_back(std::size_t bytes) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    used_ -= bytes;
  }
  freed_.notify_all();
}

}  // namespace godwit
