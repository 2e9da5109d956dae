// A task whose output fills the disk of the store.
#include <sqlite3.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include "app/backends.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/grim_worker.hpp"
#include "support/small_disk.hpp"
#include "support/store_contract.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string check_integrity(const std::string& file) {
  sqlite3* opened = nullptr;
  EXPECT_EQ(::sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{opened, &::sqlite3_close};
  std::string found;
  const auto take = [](void* to, int /*columns*/, char** values, char** /*names*/) {
    *static_cast<std::string*>(to) += values[0];
    return 0;
  };
  ::sqlite3_exec(database.get(), "PRAGMA integrity_check", take, &found, nullptr);
  return found;
}

class FullDisk : public GrimWorker {
 protected:
  /// Enqueue, if the disk lets it.
  void try_to_enqueue(std::size_t bytes, std::vector<JobId>& acknowledged) {
    const json metadata{{"ballast", std::string(bytes, 'b')}};
    try {
      acknowledged.push_back(enqueue({.task = "g.fine", .metadata = metadata.dump()}));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << error.what();
      EXPECT_FALSE(error.outcome_unknown()) << error.what();
      ++refused_;
    }
  }

  int refused_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Stores, FullDisk, ::testing::Values("sqlite"), backend_name);

TEST_P(FullDisk, LosesNoJobAndGoesOnOnceThereIsRoom) {
  constexpr int kMegabytes = 12;
  const fs::path folder = fs::path{program.folder()} / "disk";
  const SmallDisk disk{folder, "6m"};
  if (!disk.problem().empty()) GTEST_SKIP() << "needs the right to mount: " << disk.problem();
  const std::string url = fmt::format("sqlite:{}/jobs.db", folder.string());
  open_schema({.url = url})->migrate();
  use_store(url);
  program.set("STINT_LIMITS_MAX_LOG", "33554432");

  std::vector<JobId> acknowledged{
      enqueue({.task = "g.print", .args = json{{"megabytes", kMegabytes}}.dump()})};
  const JobId printer = acknowledged.front();
  Process running{worker(2)};
  wait_for_start("print");
  ASSERT_TRUE(eventually([&] { return running.err().find("full") != std::string::npos; }))
      << running.err();
  disk.fill();
  EXPECT_EQ(state(printer), JobState::kRunning);
  // A little may fit into what the store's files have kept for later.
  for (int i = 0; i < 20 && refused_ == 0; ++i) try_to_enqueue(500'000, acknowledged);
  EXPECT_EQ(refused_, 1);
  EXPECT_FALSE(running.has_ended()) << running.err();

  disk.grow("200m");
  try_to_enqueue(1, acknowledged);
  EXPECT_EQ(refused_, 1);
  for (const JobId id : acknowledged) {
    const JobRecord job = wait_for(id);
    EXPECT_EQ(job.state, JobState::kDone) << job.task << ": " << job.error;
    EXPECT_EQ(job.crashes, 0);
  }
  const std::string log = program.output({"job", "logs", std::to_string(printer.value)});
  EXPECT_EQ(std::ranges::count(log, '\n') + 1, kMegabytes * 1024) << "every line is there";
  expect_end(running);
  store_.reset();
  EXPECT_EQ(check_integrity(folder / "jobs.db"), "ok");
}

TEST_P(FullDisk, IsGotOverEachTime) {
  const fs::path folder = fs::path{program.folder()} / "disk";
  const SmallDisk disk{folder, "100m"};
  if (!disk.problem().empty()) GTEST_SKIP() << "needs the right to mount: " << disk.problem();
  const std::string url = fmt::format("sqlite:{}/jobs.db", folder.string());
  open_schema({.url = url})->migrate();
  use_store(url);
  std::vector<JobId> acknowledged;
  Process running{worker(2)};
  const int cycles = is_full_size() ? 20 : 2;
  for (int cycle = 1; cycle <= cycles && !HasFailure(); ++cycle) {
    disk.fill();
    for (int i = 0; i < 40 && refused_ < cycle; ++i) try_to_enqueue(500'000, acknowledged);
    EXPECT_EQ(refused_, cycle);
    disk.make_room();
    try_to_enqueue(1, acknowledged);
    for (const JobId id : acknowledged) ASSERT_EQ(wait_for(id).state, JobState::kDone);
    EXPECT_FALSE(running.has_ended()) << running.err();
  }
  for (const JobId id : acknowledged) EXPECT_EQ(find(id).crashes, 0);
  std::printf("%d times full, %d refused, %zu acknowledged and done\n", cycles, refused_,
              acknowledged.size());
  expect_end(running);
  store_.reset();
  EXPECT_EQ(check_integrity(folder / "jobs.db"), "ok");
}

}  // namespace
}  // namespace stint::test
