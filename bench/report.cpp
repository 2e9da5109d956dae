#include "report.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace stint::bench {
namespace {

std::string grouped(double value) {
  const std::string digits = fmt::format("{:.0f}", value);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string value_text(double value, Unit unit) {
  return unit == Unit::kJobsPerSecond ? grouped(value) : fmt::format("{:.3f}", value);
}

std::string cpu_text(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.2f}", *seconds) : "n/a";
}

std::string heading(const FigureResult& figure) {
  std::string title = fmt::format("{}: {} ({} round{})", figure.name, figure.title, figure.rounds,
                                  figure.rounds == 1 ? "" : "s");
  switch (figure.unit) {
    case Unit::kJobsPerSecond:
      return fmt::format("{}\n  {:<54}{:>12}{:>20}{:>8}{:>11}{:>11}\n", title, "", "jobs/s",
                         "least .. greatest", "ratio", "client CPU", "server CPU");
    case Unit::kMilliseconds:
      return fmt::format("{}\n  {:<54}{:>12}{:>20}{:>8}\n", title, "", "p50 ms", "p99 ms", "ratio");
    case Unit::kMegabytes:
      return fmt::format("{}\n  {:<54}{:>12}\n", title, "", "MB");
    case Unit::kCount:
      return fmt::format("{}\n  {:<54}{:>12}\n", title, "", "a job");
  }
  return title;
}

std::string row(const Standing& one, Unit unit) {
  const std::string value = value_text(one.value, unit);
  switch (unit) {
    case Unit::kJobsPerSecond:
      return fmt::format("  {:<54}{:>12}{:>20}{:>8.2f}{:>11}{:>11}\n", one.name, value,
                         fmt::format("{} .. {}", grouped(one.least), grouped(one.greatest)),
                         one.ratio, cpu_text(one.client_cpu_per_100k),
                         cpu_text(one.server_cpu_per_100k));
    case Unit::kMilliseconds:
      return fmt::format("  {:<54}{:>12}{:>20}{:>8.2f}\n", one.name, value,
                         value_text(one.p99, unit), one.ratio);
    case Unit::kMegabytes:
      return fmt::format("  {:<54}{:>12.1f}\n", one.name, one.value);
    case Unit::kCount:
      return fmt::format("  {:<54}{:>12.3f}\n", one.name, one.value);
  }
  return {};
}

std::string verdict_text(const FigureResult& figure, const Verdict& verdict) {
  const Target& target = verdict.target;
  const char* unit = figure.unit == Unit::kMegabytes ? "MB" : "ms";
  std::string line = fmt::format("  {:<8}{}: {}: ", verdict.is_met ? "reached" : "MISSED",
                                 figure.name, target.contestant);
  switch (target.bound) {
    case Bound::kLeastRatio:
      return line + fmt::format("{:.3f} of \"{}\", to be {:.2f} or more\n", verdict.reached,
                                target.over, target.limit);
    case Bound::kGreatestRatio:
      return line + fmt::format("{:.3f} of \"{}\", to be below {:.2f}\n", verdict.reached,
                                target.over, target.limit);
    case Bound::kGreatestExtra:
      return line + fmt::format("{:.3f} {} over \"{}\", to be below {:g} {}\n", verdict.reached,
                                unit, target.over, target.limit, unit);
    case Bound::kGreatestValue:
      return line + fmt::format("{:.1f} {} at most of {}, to be below {:g} {}\n", verdict.reached,
                                unit, verdict.values, target.limit, unit);
    case Bound::kGreatestP50:
      break;
  }
  line += fmt::format("{:.2f} {}, to be below {:g} {}", verdict.reached, unit, target.limit, unit);
  if (figure.unit == Unit::kMilliseconds) line += fmt::format(" (floor: {:.2f})", verdict.floor);
  return line + "\n";
}

std::string disk_line(const DiskSpeed& disk) {
  if (disk.sync_ms.empty()) return {};
  const auto [least, greatest] = std::ranges::minmax(disk.sync_ms);
  std::string line =
      fmt::format("disk: a durable write of 4 KiB took {:.2f} ms (median), {:.2f} to {:.2f}",
                  median(disk.sync_ms), least, greatest);
  if (greatest > 5 * least) line += "; its speed changed during the run: trust ratios only";
  return line + "\n";
}

}  // namespace

std::string to_table(const Report& report) {
  std::string text = fmt::format(
      "rounds: {}; jobs: {}; CPU: seconds for 100,000 jobs; ratio: to the first line, median of "
      "the "
      "rounds\n",
      report.plan.rounds, report.plan.jobs);
  text += disk_line(report.disk);
  for (const std::string& note : report.notes) text += fmt::format("left out: {}\n", note);
  for (const FigureResult& figure : report.figures) {
    text += "\n" + heading(figure);
    for (const Standing& one : figure.standings) text += row(one, figure.unit);
  }
  text += "\ntargets\n";
  for (const FigureResult& figure : report.figures) {
    for (const Verdict& verdict : figure.verdicts) text += verdict_text(figure, verdict);
  }
  if (report.plan.quick) text += "  (quick: these figures say nothing)\n";
  return text;
}

}  // namespace stint::bench
