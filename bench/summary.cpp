#include "summary.hpp"
#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
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

void summarise(Standing& standing, const Standing& floor, Unit unit) {
  std::vector<double> values;
  std::vector<double> ratios;
  std::vector<double> pooled;
  for (std::size_t i = 0; i < standing.samples.size(); ++i) {
    values.push_back(value_of(standing.samples[i], unit));
    const double beside = value_of(floor.samples[i], unit);
    ratios.push_back(beside > 0 ? values.back() / beside : 0);
    std::ranges::copy(standing.samples[i].values, std::back_inserter(pooled));
  }
  standing.least = *std::ranges::min_element(values);
  standing.greatest = *std::ranges::max_element(values);
  standing.ratio = median(ratios);
  if (unit == Unit::kJobsPerSecond) {
    standing.value = median(values);
    standing.client_cpu_per_100k = median_per_100k(
        standing.samples, [](const Sample& one) { return std::optional{one.client_cpu_seconds}; });
    standing.server_cpu_per_100k =
        median_per_100k(standing.samples, [](const Sample& one) { return one.server_cpu_seconds; });
  } else {
    standing.value = median(pooled);
    standing.p99 = percentile(pooled, 0.99);
  }
}

const Standing* find(const FigureResult& result, std::string_view name) {
  const auto found = std::ranges::find(result.standings, name, &Standing::name);
  return found == result.standings.end() ? nullptr : &*found;
}

std::optional<Verdict> judge(const FigureResult& result, const Target& target) {
  const Standing* one = find(result, target.contestant);
  if (one == nullptr) return std::nullopt;
  Verdict verdict{.target = target};
  if (target.greatest_p50) {
    verdict.reached = one->value;
    verdict.is_met = verdict.reached < *target.greatest_p50;
    return verdict;
  }
  const Standing* other = find(result, target.over);
  if (other == nullptr) return std::nullopt;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one->samples.size(); ++i) {
    ratios.push_back(value_of(one->samples[i], result.unit) /
                     value_of(other->samples[i], result.unit));
  }
  verdict.reached = median(ratios);
  verdict.is_met = verdict.reached >= *target.least_ratio;
  return verdict;
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

FigureResult measure(const Figure& figure, const Plan& plan,
                     const std::function<void(std::string_view)>& tell) {
  FigureResult result{.name = figure.name, .title = figure.title, .unit = figure.unit};
  for (const Contestant& one : figure.contestants) result.standings.push_back({.name = one.name});
  const std::size_t count = figure.contestants.size();
  const auto rounds = static_cast<std::size_t>(plan.rounds);
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < count; ++turn) {
      if (interrupted.load()) throw Interrupted{};
      // Who comes first differs, so that nobody always finds what another left behind.
      const std::size_t index = (round + turn) % count;
      const Contestant& one = figure.contestants[index];
      tell(fmt::format("{} round {}/{}: {}", figure.name, round + 1, rounds, one.name));
      try {
        result.standings[index].samples.push_back(one.round());
      } catch (const std::exception& error) {
        throw std::runtime_error{fmt::format("{}, {}: {}", figure.name, one.name, error.what())};
      }
    }
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
