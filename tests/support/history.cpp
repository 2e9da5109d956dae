#include "support/history.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <fmt/format.h>
#include "base/clock.hpp"

namespace stint::test {
namespace {

// Every line has this length, which divides a page: a write within one page is neither seen by half
// nor cut off by a kill.
constexpr std::size_t kHistoryLineBytes = 256;
constexpr std::size_t kLongestWord = 64;
constexpr std::string_view kNothing = "-";

constexpr std::array<std::string_view, 12> kActions{"enqueue",  "claim",  "start",  "told",
                                                    "complete", "abort",  "retry",  "register",
                                                    "beat",     "rescue", "retire", "stored"};
constexpr std::array<std::string_view, 4> kReplies{"ok", "refused", "unknown", "failed"};
constexpr std::array<std::string_view, 7> kOutcomes{"done",        "failed",  "rejected", "snoozed",
                                                    "interrupted", "aborted", "crashed"};
constexpr std::array<std::string_view, 4> kWorkerStates{"", "alive", "stopped", "dead"};

template <typename Names, typename Value>
std::string_view history_name(const Names& names, Value value) {
  return names.at(static_cast<std::size_t>(value));
}

// `lines`: how many this operation's end has.
std::string line_of(char kind, std::int64_t number, std::size_t lines, const Operation& one,
                    std::chrono::nanoseconds at) {
  const std::string words = fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", kind, number, lines,
      static_cast<int>(one.action), static_cast<int>(one.reply), one.client, at.count(),
      one.job.value, one.epoch.value, one.worker.value, static_cast<int>(one.outcome),
      static_cast<int>(one.state), static_cast<int>(one.worker_state), one.beat,
      one.name.empty() ? kNothing : one.name, one.output.empty() ? kNothing : one.output);
  if (words.size() >= kHistoryLineBytes) throw std::logic_error{"too long for a history: " + words};
  return fmt::format("{:<{}}\n", words, kHistoryLineBytes - 1);
}

struct Line {
  char kind = 0;
  std::int64_t number = 0;
  std::size_t lines = 0;
  std::chrono::nanoseconds at{0};
  Operation operation;
};

Line parse_history(const std::string& text) {
  std::istringstream words{text};
  Line line;
  Operation& one = line.operation;
  int action = 0;
  int reply = 0;
  int outcome = 0;
  int state = 0;
  int worker_state = 0;
  std::int64_t at = 0;
  words >> line.kind >> line.number >> line.lines >> action >> reply >> one.client >> at >>
      one.job.value >> one.epoch.value >> one.worker.value >> outcome >> state >> worker_state >>
      one.beat >> one.name >> one.output;
  if (!words || (line.kind != 'B' && line.kind != 'E')) {
    throw std::runtime_error{"broken history: " + text};
  }
  one.action = static_cast<Action>(action);
  one.reply = static_cast<Reply>(reply);
  one.outcome = static_cast<Outcome>(outcome);
  one.state = static_cast<JobState>(state);
  one.worker_state = static_cast<WorkerState>(worker_state);
  if (one.name == kNothing) one.name.clear();
  if (one.output == kNothing) one.output.clear();
  line.at = std::chrono::nanoseconds{at};
  return line;
}

}  // namespace

std::string shortened(const std::string& text) {
  std::string word = text.substr(0, kLongestWord);
  std::ranges::replace_if(word, [](char c) { return c <= ' ' || c >= 127; }, '_');
  return word;
}

std::string describe(const Operation& one) {
  std::string text;
  if (one.action == Action::kStored) {
    if (one.worker && !one.job) {
      return fmt::format("worker {} is stored as {}", one.worker.value,
                         history_name(kWorkerStates, one.worker_state));
    }
    if (one.reply == Reply::kRefused) return fmt::format("job {} is not stored", one.job.value);
    return fmt::format("job {} is stored as {} at epoch {}, output {}", one.job.value,
                       to_string(one.state), one.epoch.value, one.output);
  }
  text = fmt::format("{}", history_name(kActions, one.action));
  if (one.job) text += fmt::format(" of job {}", one.job.value);
  if (!one.name.empty()) text += fmt::format(" \"{}\"", one.name);
  if (one.worker) text += fmt::format(", worker {}", one.worker.value);
  if (one.epoch.value != 0) text += fmt::format(", epoch {}", one.epoch.value);
  if (one.action == Action::kComplete)
    text += fmt::format(", {}", history_name(kOutcomes, one.outcome));
  if (one.action == Action::kRescue) text += fmt::format(", beat {}", one.beat);
  text += fmt::format(": {}", history_name(kReplies, one.reply));
  if (one.action == Action::kAbort && one.reply == Reply::kOk) {
    text += fmt::format(" ({})", to_string(one.state));
  }
  const auto micros = [](std::chrono::nanoseconds at) { return at.count() / 1000; };
  if (one.returned == Operation::kNever) {
    return fmt::format("{} [from {} us on, client {}]", text, micros(one.invoked), one.client);
  }
  return fmt::format("{} [{} to {} us, client {}]", text, micros(one.invoked), micros(one.returned),
                     one.client);
}

HistoryWriter::HistoryWriter(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) throw std::system_error{errno, std::generic_category(), path};
}

HistoryWriter::~HistoryWriter() { ::close(descriptor_); }

void HistoryWriter::write(const std::string& lines) const {
  if (::write(descriptor_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
    throw std::runtime_error{"cannot write the history"};
  }
}

std::int64_t HistoryWriter::begin(Operation operation) {
  const std::int64_t number = ++last_;
  operation.client = ::gettid();
  operation.reply = Reply::kUnknown;
  write(line_of('B', number, 0, operation, real_clock().boot_now()));
  return number;
}

void HistoryWriter::end(std::int64_t number, const std::vector<Operation>& replies) {
  const auto now = real_clock().boot_now();
  for (Operation one : replies) {
    one.client = ::gettid();
    write(line_of('E', number, replies.size(), one, now));
  }
}

std::vector<Operation> read_history(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"no history " + path};
  struct Begun {
    Operation operation;
    std::size_t lines = 1;  // of its end
    std::size_t found = 0;
  };
  std::map<std::int64_t, Begun> begun;
  std::vector<Operation> ended;
  std::string text(kHistoryLineBytes, '\0');
  while (file.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    Line line = parse_history(text);
    line.operation.invoked = line.at;
    if (line.kind == 'B') {
      begun.emplace(line.number, Begun{.operation = std::move(line.operation)});
      continue;
    }
    const auto begin = begun.find(line.number);
    if (begin == begun.end()) throw std::runtime_error{"an end without a begin: " + text};
    begin->second.lines = line.lines;
    ++begin->second.found;
    line.operation.invoked = begin->second.operation.invoked;
    // Who was told nothing does not know when it happened, if it did.
    if (line.operation.reply != Reply::kUnknown) line.operation.returned = line.at;
    ended.push_back(std::move(line.operation));
  }
  // Of a claim that was being written down when its worker was killed, some jobs are not known.
  for (auto& [number, one] : begun) {
    if (one.found < one.lines) ended.push_back(std::move(one.operation));
  }
  return ended;
}

Operation stored(const JobRecord& job) {
  return {.action = Action::kStored,
          .reply = Reply::kOk,
          .invoked = Operation::kNever,
          .job = job.id,
          .epoch = job.epoch,
          .state = job.state,
          .output = shortened(job.output)};
}

Operation stored(const WorkerRecord& worker) {
  return {.action = Action::kStored,
          .reply = Reply::kOk,
          .invoked = Operation::kNever,
          .worker = worker.id,
          .worker_state = worker.state,
          .beat = worker.beat};
}

}  // namespace stint::test
