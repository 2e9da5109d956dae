/// Take turns, round by round, and make medians of it.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

/// The middle of the values (the mean of the two in the middle); 0 if there are none.
double median(std::vector<double> values);
/// The value below which `share` (0 to 1) of the values lie; 0 if there are none.
double percentile(std::vector<double> values, double share);

/// All rounds of one contestant.
struct Standing {
  std::string name;
  double value = 0;  ///< median: jobs/s, or the p50 of all values
  double least = 0;  ///< of the rounds
  double greatest = 0;
  double p99 = 0;    ///< of all values; 0 for rates
  double ratio = 1;  ///< median of its rounds' ratios to the first contestant's of the same round
  std::optional<double> client_cpu_per_100k = {};  ///< seconds; only of rates
  std::optional<double> server_cpu_per_100k = {};
  std::vector<Sample> samples = {};
};

struct Verdict {
  Target target;
  double floor = 0;        ///< the p50 of the first contestant
  double reached = 0;      ///< what is bounded
  std::size_t values = 0;  ///< how many values it is of
  bool is_met = false;
};

struct FigureResult {
  std::string name;
  std::string title;
  Unit unit = Unit::kJobsPerSecond;
  int rounds = 0;
  std::vector<Standing> standings = {};
  std::vector<Verdict> verdicts = {};
};

/// Let the contestants take turns; each round begins with the next one. There is at least one round
/// and then none that would end after `until`, judged by those before. Throws what a contestant
/// throws, with the figure and the contestant named. `tell` is called before each turn.
FigureResult measure(const Figure& figure, int rounds, std::chrono::steady_clock::time_point until,
                     const std::function<void(std::string_view)>& tell);

/// Thrown by `measure` after a SIGINT.
struct Interrupted {};

}  // namespace stint::bench
