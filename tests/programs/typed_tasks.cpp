// Tasks with stated types, date math and declared results.
#include <iostream>
#include <stdexcept>
#include <string>
#include <stint/stint.hpp>

using stint::arg;
using stint::json;

namespace {

json count(const std::string& day, const std::string& since, stint::Job& job) {
  std::cout << "attempt " << job.attempt() << " of " << day << '\n' << std::flush;
  if (job.attempt() == 1) throw std::runtime_error{"not yet"};
  return {{"day", day}, {"since", since}};
}

}  // namespace

STINT_MODULE(typed, m) {
  m.task("count", count,
         {arg("day").date().help("what to count") = "today-1d", arg("since").moment() = "now/y"},
         {.retry = {.max_attempts = 2, .backoff = std::chrono::milliseconds{1}},
          .zone = "Europe/Berlin",
          .returns = {arg("day").date(), arg("since").moment()}});
  m.task("show", [](const json& day) { return day; }, {arg("day").date()},
         {.returns = {arg().date()}});
  m.task("wrong", [] { return json{{"rows", "three"}}; }, {},
         {.retry = {.max_attempts = 3}, .returns = {arg("rows").integer()}});
  m.task("bytes", [] { return json{{"data", stint::Bytes{"\xff\x01"}}}; }, {},
         {.returns = {arg("data").bytes()}});
}

int main(int argc, char** argv) { return stint::main(argc, argv, {typed}); }
