#include <nlohmann/json.hpp>
#include "report.hpp"

namespace stint::bench {
namespace {

using nlohmann::json;

const char* name_of(Unit unit) {
  switch (unit) {
    case Unit::kJobsPerSecond:
      return "jobs/s";
    case Unit::kMilliseconds:
      return "ms";
    case Unit::kMegabytes:
      return "MB";
    case Unit::kCount:
      return "count";
  }
  return "";
}

const char* name_of(Bound bound) {
  switch (bound) {
    case Bound::kLeastRatio:
      return "least_ratio";
    case Bound::kGreatestRatio:
      return "greatest_ratio";
    case Bound::kGreatestP50:
      return "greatest_p50";
    case Bound::kGreatestExtra:
      return "greatest_extra";
    case Bound::kGreatestValue:
      return "greatest_value";
  }
  return "";
}

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json to_object(const Sample& sample) {
  json object{{"jobs", sample.jobs},
              {"seconds", sample.seconds},
              {"client_cpu_seconds", sample.client_cpu_seconds},
              {"server_cpu_seconds", or_null(sample.server_cpu_seconds)}};
  if (!sample.values.empty()) object["values"] = sample.values;
  return object;
}

json to_object(const Standing& one) {
  json samples = json::array();
  for (const Sample& sample : one.samples) samples.push_back(to_object(sample));
  return {{"name", one.name},
          {"value", one.value},
          {"least", one.least},
          {"greatest", one.greatest},
          {"p99", one.p99},
          {"ratio", one.ratio},
          {"client_cpu_per_100k", or_null(one.client_cpu_per_100k)},
          {"server_cpu_per_100k", or_null(one.server_cpu_per_100k)},
          {"samples", samples}};
}

json to_object(const Verdict& verdict) {
  return {{"contestant", verdict.target.contestant},
          {"over", verdict.target.over},
          {"bound", name_of(verdict.target.bound)},
          {"limit", verdict.target.limit},
          {"value", verdict.reached},
          {"is_met", verdict.is_met}};
}

json to_object(const FigureResult& figure) {
  json contestants = json::array();
  for (const Standing& one : figure.standings) contestants.push_back(to_object(one));
  json targets = json::array();
  for (const Verdict& verdict : figure.verdicts) targets.push_back(to_object(verdict));
  return {{"name", figure.name},     {"title", figure.title},      {"unit", name_of(figure.unit)},
          {"rounds", figure.rounds}, {"contestants", contestants}, {"targets", targets}};
}

}  // namespace

std::string to_json(const Report& report) {
  json figures = json::array();
  for (const FigureResult& figure : report.figures) figures.push_back(to_object(figure));
  const json object{{"jobs", report.plan.jobs},
                    {"quick", report.plan.quick},
                    {"left_out", report.notes},
                    {"disk_sync_ms", report.disk.sync_ms},
                    {"figures", figures}};
  return object.dump(2) + "\n";
}

}  // namespace stint::bench
