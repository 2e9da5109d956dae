/// The memory that a worker and a slot process share while several quick jobs run in a row.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include "base/unique_fd.hpp"

namespace stint {

/// Make the memory of a page, for both sides to map. Throws Error kUnavailable when there are no
/// descriptors left.
UniqueFd make_burst_page();

/// One side's view of the page. A burst is a row of jobs that were handed over together. The slot
/// process begins one after the other, and leaves the ends of quiet ones here, where they outlive
/// it. The worker may take back what has not begun, at any moment. So both know without a message,
/// and after the death of either, which job runs: none runs twice, and none is charged for another.
///
/// The process runs a task's code, which may write anything here: what is read is to be checked.
class BurstPage final {
 public:
  /// Throws Error kUnavailable.
  explicit BurstPage(const UniqueFd& memory);
  static std::size_t bytes();  ///< of the memory
  ~BurstPage();
  BurstPage(const BurstPage&) = delete;
  BurstPage& operator=(const BurstPage&) = delete;

  // --- The worker -------------------------------------------------------------------------------

  /// Begin a burst; the last one is over.
  void reset(std::size_t jobs);
  /// Let no further job begin and no further end be left. Returns how many jobs have begun.
  std::size_t recall();
  /// How many jobs have begun.
  std::size_t begun() const;
  /// Take the next end that was left and not taken yet. Any bytes.
  std::optional<std::string> take_end();

  // --- The slot process -------------------------------------------------------------------------

  /// Begin the next job. False: there is none, or it was taken back; or somebody else has written
  /// into the page (`is_sound`).
  bool begin_next();
  /// Whether the page says what this side knows: so many of `jobs` have begun and left their ends.
  bool is_sound(std::size_t begun, std::size_t jobs) const;
  /// Leave the end of the job that began last. False: no other one may begin, so that this end must
  /// be told by message; or there is no room.
  bool leave_end(std::string_view end);
  /// Let no further job begin.
  void close();

 private:
  struct Map;
  Map* map_ = nullptr;
  std::size_t at_ = 0;     // of this side in the ends
  std::size_t taken_ = 0;  // ends
};

}  // namespace stint
