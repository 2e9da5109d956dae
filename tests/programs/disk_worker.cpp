// Use a store of SQLite on a disk that fails as planned, and write down what was asked and replied:
// disk_worker FILE HISTORY PHASE FAULT AT LASTING SEED. The phase is what the fault befalls:
// `open`, the making of the store and a little work, or `work`, on a store whose log is almost
// full, so that it is moved into the database. `fill` makes such a store. At the end it prints how
// many calls there were; what is refused is asked for again.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "stint/error.hpp"
#include "support/failing_disk.hpp"
#include "support/recording_store.hpp"

namespace {

using namespace stint;
using test::RecordingStore;

// No fault lasts for so many tries.
constexpr int kMostTries = 200;

// What SQLite moves into the database at, less what a few commits write, in bytes.
constexpr std::uintmax_t kAlmostFull = std::uintmax_t{1024 - 16} * 4120;

/// Ask until it is done, as callers do. A refusal that cannot be asked for again is a failure.
template <typename Call>
auto insist(const Call& call) {
  for (int tries = 1;; ++tries) {
    try {
      return call();
    } catch (const Error& error) {
      if (tries == kMostTries || !error.retryable()) throw;
    }
  }
}

/// Some of all that changes jobs, in a fixed order.
class Work final {
 public:
  explicit Work(RecordingStore& store) : store_(store) {}

  void run() {
    const WorkerId worker = insist([&] { return store_.register_worker({.node = "n1"}); });
    for (int round = 0; round < 4; ++round) {
      enqueue();
      const ClaimRequest request{.worker = worker, .node = "n1", .tasks = {"t.run"}, .limit = 2};
      std::vector<ClaimedJob> jobs = claim(request);
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        store_.note_start(jobs[i], worker);
        complete(jobs[i], round % 2 == 1 && i == 0 ? Outcome::kFailed : Outcome::kDone);
      }
      insist([&] { return store_.beat(worker, {}); });
    }
  }

 private:
  // One whose outcome is unknown is not asked for again: it would be another job.
  void enqueue() {
    for (int i = 0; i < 3; ++i) {
      const std::string name = fmt::format("job-{}", ++count_);
      const NewJob job{.task = "t.run",
                       .args = fmt::format(R"({{"ballast": "{}"}})", std::string(6000, 'b')),
                       .max_attempts = 9,
                       .tags = {name}};
      insist([&] {
        try {
          store_.enqueue({&job, 1});
        } catch (const Error& error) {
          if (!error.outcome_unknown()) throw;
        }
      });
    }
  }

  // What a lost reply has claimed is left to the rescue.
  std::vector<ClaimedJob> claim(const ClaimRequest& request) {
    return insist([&] { return store_.exchange({}, &request).claimed; });
  }

  void complete(const ClaimedJob& job, Outcome outcome) {
    Completion completion{.id = job.id, .epoch = job.epoch, .outcome = outcome};
    if (outcome == Outcome::kDone) completion.output = std::to_string(job.epoch.value);
    insist([&] { return store_.exchange({&completion, 1}, nullptr); });
  }

  RecordingStore& store_;
  int count_ = 0;
};

void fill_log(Store& store, const std::string& file) {
  const WorkerId worker = store.register_worker({.node = "filler"});
  while (std::filesystem::file_size(file + "-wal") < kAlmostFull) store.beat(worker, {});
}

int run(const std::string& file, const std::string& history, std::string_view phase,
        const test::DiskPlan& plan) {
  const StoreOptions options{.url = "sqlite:" + file};
  if (phase == "fill") {
    fill_log(*open_store(options), file);
    return 0;
  }
  test::install_failing_disk();
  if (phase == "open") test::arm_disk(plan);
  const std::unique_ptr<Store> real = insist([&] { return open_store(options); });
  if (phase == "work") test::arm_disk(plan);
  test::HistoryWriter writer{history};
  RecordingStore store{*real, writer};
  Work{store}.run();
  std::printf("%d\n", test::disk_calls());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  try {
    return run(argv[1], argv[2], argv[3],
               {.fault = static_cast<test::DiskFault>(std::atoi(argv[4])),
                .at = std::atoi(argv[5]),
                .lasting = std::atoi(argv[6]),
                .seed = static_cast<unsigned>(std::strtoul(argv[7], nullptr, 10))});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "disk_worker: %s\n", error.what());
    return 1;
  }
}
