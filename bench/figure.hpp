/// What is measured: figures, and the contestants that take turns for each.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stint::bench {

/// What one contestant did in one round.
struct Sample {
  std::int64_t jobs = 0;
  double seconds = 0;
  double client_cpu_seconds = 0;
  /// Unset where there is no server, or none of this machine.
  std::optional<double> server_cpu_seconds = {};
  /// Of figures that are no rate: one number a job or a run, in the figure's unit.
  std::vector<double> values = {};
};

/// Who takes part in a figure. `round` prepares, measures only its work, and throws if the work was
/// not done whole.
struct Contestant {
  std::string name;
  std::function<Sample()> round;
};

enum class Unit { kJobsPerSecond, kMilliseconds, kMegabytes, kCount };

/// What of a contestant is bounded.
enum class Bound : std::uint8_t {
  kLeastRatio,     ///< its rate to that of another, at least
  kGreatestRatio,  ///< its value to that of another, at most
  kGreatestP50,    ///< its median, in the figure's unit
  kGreatestExtra,  ///< what its median is over that of another, in the figure's unit
  kGreatestValue,  ///< each of its values, in the figure's unit
};

/// What a contestant must reach.
struct Target {
  std::string contestant;
  Bound bound = Bound::kGreatestP50;
  double limit = 0;
  std::string over = {};  ///< the contestant that it is compared with, if so
};

/// One figure. Ratios are to the first contestant, which is a floor wherever there is one.
struct Figure {
  std::string name;   ///< "sqlite/drain"
  std::string title;  ///< one line for the table
  Unit unit = Unit::kJobsPerSecond;
  std::vector<Contestant> contestants = {};
  std::vector<Target> targets = {};
};

}  // namespace stint::bench
