/// Where claims begin while the left edge of the index is slow to walk.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>
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
/// ones look only at lanes that gave jobs before, in each from a quarter of a second before its
/// last claimed job; for at most 2 % of the time the left edge is looked at again: for other lanes,
/// and for jobs that came late with an early run_at. A claim that finds nothing from the marks on
/// proves nothing. Not thread-safe.
class ClaimMarks final {
 public:
  using Clock = std::chrono::steady_clock;
  /// Worker, domain, and how many tasks are asked for: a worker asks for all of its tasks or for
  /// those whose jobs may wait, and the marks of one say nothing of the other's.
  using Key = std::tuple<WorkerId, std::string, std::size_t>;

  /// Where to begin now, in lanes from the highest on; empty: at the left edge of all.
  std::vector<ClaimMark> find(const Key& key, Clock::time_point now) const;
  /// Note a claim from the left edge that took so long and claimed up to `last`.
  void note_full(const Key& key, Clock::duration took, const ClaimMark& last,
                 Clock::time_point now);
  /// Note a claim from the left edge that took so long and found nothing.
  void note_nothing(const Key& key, Clock::duration took, Clock::time_point now);
  /// Note a claim from the marks that claimed up to `last`.
  void note_marked(const Key& key, const ClaimMark& last);

 private:
  struct Places {
    std::map<int, std::int64_t, std::greater<>> marks = {};  // run_at by priority
    Clock::time_point until;                                 // then from the left edge again
  };
  static void put(Places& places, const ClaimMark& last);

  std::map<Key, Places> places_;
};

}  // namespace stint::postgres
