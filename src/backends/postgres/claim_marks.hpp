/// Where claims begin while the left edge of the index is slow to walk.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include "stint/types.hpp"

namespace stint::postgres {

/// A place in the order of one lane.
struct ClaimMark {
  int priority = 0;
  std::int64_t run_at = 0;  ///< by the server's count of microseconds

  friend bool operator==(const ClaimMark&, const ClaimMark&) = default;
};

/// Remember where each worker's claims of a domain stand. While a transaction is held open
/// elsewhere, vacuum cannot remove the entries of claimed jobs from the claim's index, and each
/// claim walks past all of them. So, once a claim from the left edge took more than 5 ms, the next
/// ones begin a second before the last claimed job of that lane; for at most 2 % of the time the
/// left edge is looked at again: for other lanes, and for jobs that came late with an early run_at.
/// A claim that finds nothing from its mark on proves nothing: look from the left edge. Not
/// thread-safe.
class ClaimMarks final {
 public:
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<WorkerId, std::string>;  ///< worker, domain

  /// Where to begin now; nothing: at the left edge.
  std::optional<ClaimMark> find(const Key& key, Clock::time_point now) const;
  /// Note a claim from the left edge that took so long and claimed up to `last`.
  void note_full(const Key& key, std::chrono::microseconds took, const ClaimMark& last,
                 Clock::time_point now);
  /// Note a claim from the mark that claimed up to `last`.
  void note_marked(const Key& key, const ClaimMark& last);
  /// Begin at the left edge again.
  void forget(const Key& key) { places_.erase(key); }

 private:
  struct Place {
    ClaimMark mark;
    Clock::time_point until;  // then from the left edge again
  };
  std::map<Key, Place> places_;
};

}  // namespace stint::postgres
