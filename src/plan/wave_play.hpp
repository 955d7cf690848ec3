// Plays the tenants of one wave on a clock of its own: lanes that take one after the other and
// share the machine.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/rates.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// Of a cluster, beside the lanes' and the provisioners': tenants' locks, and a template's DDL.
inline constexpr std::uint64_t kConnectionsBeside = 2;

/// Lanes side by side that take one tenant after the other.
struct Crew {
  std::uint64_t lanes = 1;
  double share = 1;             // of the whole machine, that one lane alone gets
  std::uint64_t readers = 1;    // connections of a tenant, on both sides
  std::uint64_t beside = 0;     // connections of a tenant to the source beside its readers
  std::uint64_t providers = 0;  // threads that make databases, each with a connection to both sides
  /// The tenants' rows come from the source. Else they are read already: its budget and the wave's
  /// windows no longer concern them.
  bool reads = true;
};

/// All times in seconds after the forecast's start.
class WavePlay {
 public:
  /// The earliest time from the given one on at which a tenant may begin.
  using Allowed = std::function<double(double)>;

  WavePlay(const Plan& plan, const Rates& rates, double start, Allowed allowed);

  void play(const std::vector<const Unit*>& units, const Crew& crew);
  /// Reads shared tables, from the first time at which that may begin, with `share` of the machine.
  /// Returns how long it reads.
  double read_together(std::uint64_t bytes, double share, std::uint64_t source_connections);
  /// So many connections to a cluster beside tenants' locks.
  void hold(std::size_t cluster, std::uint64_t connections);

  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] double first_snapshot() const { return first_snapshot_.value_or(now_); }
  [[nodiscard]] double source_mb_s() const { return source_mb_s_; }
  [[nodiscard]] std::uint64_t source_connections() const { return source_connections_; }
  /// The most at the same time, of each cluster.
  [[nodiscard]] const std::vector<std::uint64_t>& connections() const { return connections_; }

 private:
  /// What a tenant is made of, in this order.
  enum Phase : std::size_t { laying_out, rows, building, done };

  struct Lane {
    const Unit* unit = nullptr;       // none: idle
    std::array<double, done> left{};  // of the whole machine's seconds, of each phase
    std::size_t phase = done;
  };

  std::optional<double> begin_tenants(const std::vector<const Unit*>& units);
  void begin(Lane& lane, const Unit& unit);
  void count_connections(const Unit& unit);
  void skip_empty_phases(Lane& lane);
  void step(std::optional<double> wake);

  const Rates& rates_;
  const Allowed allowed_;
  double now_;
  std::optional<double> first_snapshot_;
  double source_mb_s_ = 0;
  std::uint64_t source_connections_ = 0;
  std::vector<std::uint64_t> connections_;

  Crew crew_;
  std::vector<Lane> lanes_;
  std::vector<std::uint64_t> sessions_;  // tenants in work, of each cluster
  std::vector<std::uint64_t> provided_;  // tenants in all, of each cluster
  std::size_t next_ = 0;
  std::uint64_t busy_ = 0;
};

}  // namespace godwit::plan
