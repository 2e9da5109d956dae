/// What a job and a worker may go through, one operation after the other: what a history is held
/// against.
#pragma once
#include <compare>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include "support/history.hpp"

namespace stint::test {

/// How an operation is taken.
enum class Taken : std::uint8_t {
  kAsTold,   ///< it happened between its two times, with the reply that was given
  kPerhaps,  ///< it may have happened at any time since it was asked for, once or not at all
};

/// One job's life. States are compared as a whole.
class LegalJob final {
 public:
  enum class Place : std::uint8_t { kAbsent, kQueued, kRunning, kEnded };
  struct State {
    Place place = Place::kAbsent;
    JobState end = JobState::kQueued;  ///< where it has ended
    Epoch epoch = {};                  ///< of its last claim, one more after a rescue
    WorkerId worker = {};
    bool is_abort_asked = false;
    std::string output = {};

    friend auto operator<=>(const State&, const State&) = default;
  };

  /// `operations`: all that is known of the job, for the epochs that it may have had.
  explicit LegalJob(const std::vector<Operation>& operations);

  /// The states that the operation can lead to; none: it cannot have happened here so.
  std::vector<State> after(const State& before, const Operation& operation, Taken taken) const;

 private:
  std::vector<State> claimed(const State& before, const Operation& claim, Taken taken) const;

  std::set<Epoch> epochs_;
};

/// One worker's life.
class LegalWorker final {
 public:
  struct State {
    std::optional<WorkerState> state;  ///< nothing: not registered yet
    std::int64_t beat = 0;

    friend auto operator<=>(const State&, const State&) = default;
  };

  explicit LegalWorker(const std::vector<Operation>& operations);

  std::vector<State> after(const State& before, const Operation& operation, Taken taken) const;

 private:
  std::vector<State> beaten(const State& before, Taken taken) const;

  std::int64_t most_beats_ = 0;
};

}  // namespace stint::test
