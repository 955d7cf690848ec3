// A shared limit on buffered bytes. Whoever wants to buffer acquires first and waits while
// the budget is spent; memory stays bounded however many rows or tenants there are.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>

namespace godwit {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  /// Gives its bytes back when it goes.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    void release() noexcept;

   private:
    friend class ByteBudget;
    Lease(ByteBudget* budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {}
    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  /// Waits until `bytes` fit, first come, first served, so that small requests can't starve a
  /// large one. A request above the whole limit is granted alone, when nothing else is out (one
  /// huge row must pass). Don't acquire while holding a lease: two such threads would wait for
  /// each other. Throws Error(cancelled) on stop.
  Lease acquire(std::size_t bytes, const std::stop_token& stop);

  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] std::size_t used() const;

 private:
  void give_back(std::size_t bytes) noexcept;

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t used_ = 0;               // guarded by mutex_
  std::uint64_t next_ticket_ = 0;      // guarded by mutex_
  std::deque<std::uint64_t> waiting_;  // tickets in the order they came; guarded by mutex_
};

}  // namespace godwit
