#include "summary.hpp"
#include <algorithm>
#include <cmath>
#include <exception>
#include <functional>
#include <stdexcept>
#include <fmt/format.h>

namespace stint::bench {
namespace {

double value_of(const Sample& sample, Unit unit) {
  if (unit != Unit::kJobsPerSecond) return median(sample.values);
  return sample.seconds > 0 ? static_cast<double>(sample.jobs) / sample.seconds : 0;
}

std::optional<double> median_per_100k(const std::vector<Sample>& samples,
                                      std::optional<double> (*cpu)(const Sample&)) {
  std::vector<double> all;
  for (const Sample& sample : samples) {
    const std::optional<double> seconds = cpu(sample);
    if (!seconds || sample.jobs == 0) return std::nullopt;
    all.push_back(*seconds * 1e5 / static_cast<double>(sample.jobs));
  }
  return median(all);
}

// One value a round.
std::vector<double> values_of(const Standing& standing, Unit unit) {
  std::vector<double> values;
  values.reserve(standing.samples.size());
  for (const Sample& sample : standing.samples) values.push_back(value_of(sample, unit));
  return values;
}

// The median of what the rounds of one are beside the same rounds of the other.
double median_of_both(const Standing& one, const Standing& other, Unit unit,
                      const std::function<double(double, double)>& compare) {
  const std::vector<double> values = values_of(one, unit);
  const std::vector<double> beside = values_of(other, unit);
  std::vector<double> compared;
  compared.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) compared.push_back(compare(values[i], beside[i]));
  return median(compared);
}

double ratio(double value, double beside) { return beside > 0 ? value / beside : 0; }

std::vector<double> all_values(const Standing& standing) {
  std::vector<double> all;
  for (const Sample& sample : standing.samples) {
    for (const double value : sample.values) all.push_back(value);
  }
  return all;
}

void summarise(Standing& standing, const Standing& floor, Unit unit) {
  const std::vector<double> values = values_of(standing, unit);
  standing.least = std::ranges::min(values);
  standing.greatest = std::ranges::max(values);
  standing.ratio = median_of_both(standing, floor, unit, ratio);
  if (unit == Unit::kJobsPerSecond) {
    standing.value = median(values);
    standing.client_cpu_per_100k = median_per_100k(
        standing.samples, [](const Sample& one) { return std::optional{one.client_cpu_seconds}; });
    standing.server_cpu_per_100k =
        median_per_100k(standing.samples, [](const Sample& one) { return one.server_cpu_seconds; });
  } else {
    standing.value = median(all_values(standing));
    standing.p99 = percentile(all_values(standing), 0.99);
  }
}

const Standing* find(const FigureResult& result, std::string_view name) {
  const auto found = std::ranges::find(result.standings, name, &Standing::name);
  return found == result.standings.end() ? nullptr : &*found;
}

double reached(const Target& target, const Standing& one, const Standing& other, Unit unit) {
  switch (target.bound) {
    case Bound::kLeastRatio:
    case Bound::kGreatestRatio:
      return median_of_both(one, other, unit, ratio);
    case Bound::kGreatestExtra:
      return median_of_both(one, other, unit, std::minus{});
    case Bound::kGreatestValue:
      return std::ranges::max(all_values(one));
    case Bound::kGreatestP50:
      return one.value;
  }
  return 0;
}

std::optional<Verdict> judge(const FigureResult& result, const Target& target) {
  const Standing* one = find(result, target.contestant);
  const Standing* other = target.over.empty() ? one : find(result, target.over);
  if (one == nullptr || other == nullptr) return std::nullopt;
  Verdict verdict{.target = target,
                  .floor = result.standings.front().value,
                  .reached = reached(target, *one, *other, result.unit),
                  .values = all_values(*one).size()};
  verdict.is_met = target.bound == Bound::kLeastRatio ? verdict.reached >= target.limit
                                                      : verdict.reached < target.limit;
  return verdict;
}

Sample take_turn(const Figure& figure, const Contestant& contestant) {
  try {
    return contestant.round();
  } catch (const std::exception& error) {
    throw std::runtime_error{fmt::format("{}, {}: {}", figure.name, contestant.name, error.what())};
  }
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

FigureResult measure(const Figure& figure, int rounds, std::chrono::steady_clock::time_point until,
                     const std::function<void(std::string_view)>& tell) {
  using Clock = std::chrono::steady_clock;
  FigureResult result{.name = figure.name, .title = figure.title, .unit = figure.unit};
  for (const Contestant& one : figure.contestants) result.standings.push_back({.name = one.name});
  const std::size_t count = figure.contestants.size();
  const auto begun_at = Clock::now();
  for (int round = 0; round < rounds; ++round) {
    if (round > 0 && Clock::now() + (Clock::now() - begun_at) / round > until) break;
    for (std::size_t turn = 0; turn < count; ++turn) {
      if (interrupted.load()) throw Interrupted{};
      // Who comes first differs, so that nobody always finds what another left behind.
      const std::size_t index = (static_cast<std::size_t>(round) + turn) % count;
      const Contestant& one = figure.contestants[index];
      tell(fmt::format("{} round {}/{}: {}", figure.name, round + 1, rounds, one.name));
      result.standings[index].samples.push_back(take_turn(figure, one));
    }
    result.rounds = round + 1;
  }
  for (Standing& standing : result.standings) {
    summarise(standing, result.standings.front(), figure.unit);
  }
  for (const Target& target : figure.targets) {
    if (auto verdict = judge(result, target)) result.verdicts.push_back(*verdict);
  }
  return result;
}

}  // namespace stint::bench
