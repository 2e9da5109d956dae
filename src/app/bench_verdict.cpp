#include <algorithm>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "app/store_bench.hpp"

namespace stint {
namespace {

// Where a reader should act, in milliseconds. A commit takes 0.1 ms on a good local disk and 4 to
// 10 ms where a disk has to turn or a network lies between.
constexpr double kQuickCommit = 1;
constexpr double kSlowCommit = 5;
constexpr double kSlowStart = 20;
// Rounds that lie farther apart say more about the machine than about the store.
constexpr double kSteady = 2;

const BenchFigure* find(const std::vector<BenchFigure>& figures, std::string_view name) {
  const auto found = std::ranges::find(figures, name, &BenchFigure::name);
  return found == figures.end() ? nullptr : &*found;
}

const BenchFigure* quickest_drain(const std::vector<BenchFigure>& figures) {
  const BenchFigure* best = nullptr;
  for (const BenchFigure& one : figures) {
    if (one.name == "drain" && (best == nullptr || one.median > best->median)) best = &one;
  }
  return best;
}

std::string commit_text(const BenchFigure& one, const BenchFigure* bulk) {
  const double p50 = one.p50.value_or(0);
  std::string text = fmt::format(
      "An enqueue is durable after {:.2g} ms (one in a hundred takes "
      "{:.2g} ms or more)",
      p50, one.p99.value_or(0));
  if (p50 < kQuickCommit) return text + ": commits are quick here.";
  text += p50 < kSlowCommit ? "." : ": commits are slow here, by the disk or by the way to it.";
  if (bulk != nullptr && one.median > 0 && bulk->median > 2 * one.median) {
    text += fmt::format(" Who enqueues many at once gets {:.0f} times as many in.",
                        bulk->median / one.median);
  }
  return text;
}

std::string drain_text(const BenchFigure& drain) {
  return fmt::format(
      "A worker of {} slot{} completes {:.0f} jobs a second that do nothing. Jobs of more than "
      "{:.2g} "
      "ms keep its slots busy: from there on more slots or workers help, not a quicker store.",
      drain.slots, drain.slots == 1 ? "" : "s", drain.median, 1000.0 * drain.slots / drain.median);
}

std::string start_text(const BenchFigure& start) {
  std::string text = fmt::format(
      "An idle worker begins a job {:.2g} ms after its enqueue (one in a "
      "hundred takes {:.2g} ms or more)",
      start.p50.value_or(0), start.p99.value_or(0));
  if (start.p50.value_or(0) <= kSlowStart) return text + ".";
  return text +
         ": it is not woken but looks by itself, or the machine is busy (`doctor` tells more).";
}

std::optional<std::string> spread_text(const std::vector<BenchFigure>& figures) {
  for (const BenchFigure& one : figures) {
    if (one.least <= 0 || one.greatest < kSteady * one.least) continue;
    return fmt::format(
        "The rounds of \"{}\" differ by a factor of {:.1f}: something else uses this "
        "machine, its disk or the server. Measure again when it is calm.",
        one.name, one.greatest / one.least);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> bench_verdict(const std::vector<BenchFigure>& figures) {
  std::vector<std::string> lines;
  if (const auto spread = spread_text(figures)) lines.push_back(*spread);
  if (const BenchFigure* one = find(figures, "enqueue")) {
    lines.push_back(commit_text(*one, find(figures, "bulk")));
  }
  if (const BenchFigure* drain = quickest_drain(figures)) lines.push_back(drain_text(*drain));
  if (const BenchFigure* start = find(figures, "start")) lines.push_back(start_text(*start));
  return lines;
}

}  // namespace stint
